// RUN: dsc-opt %s -verify-diagnostics --recognize-cache-states | FileCheck %s
// SPDX-License-Identifier: Apache-2.0

// Near misses: rows in front of the cache; something else under the name.
// CHECK-LABEL: func.func @misses
// CHECK-NOT:     dsc.state
// expected-remark@+2 {{'input.c' and 'output.c' stay an input and an output: the result is not the input with rows appended, and differs from it in type}}
// expected-remark@+1 {{'input.n' and 'output.n' stay an input and an output: the result is not the input with something added}}
func.func @misses(%x: tensor<1x8xf32> {onnx.name = "x"}, %c: tensor<?x8xf32, #prim.shape<"p", 8>> {onnx.name = "input.c"}, %n: tensor<i64> {onnx.name = "input.n"})
    -> (tensor<?x8xf32, #prim.shape<"p + 1", 8>> {onnx.name = "output.c"}, tensor<i64> {onnx.name = "output.n"}) {
  %0 = prim.concat %x, %c axis 0 : (tensor<1x8xf32>, tensor<?x8xf32, #prim.shape<"p", 8>>) -> tensor<?x8xf32, #prim.shape<"p + 1", 8>>
  %1 = prim.unary neg %n : tensor<i64> -> tensor<i64>
  return %0, %1 : tensor<?x8xf32, #prim.shape<"p + 1", 8>>, tensor<i64>
}
