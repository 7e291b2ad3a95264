// RUN: dsc-opt %s -split-input-file --recognize-cache-states | FileCheck %s
// RUN: dsc-opt %s -split-input-file "--recognize-cache-states=kv=io" | FileCheck %s --check-prefix=IO
// SPDX-License-Identifier: Apache-2.0

// Pairs by name and structure; all growing states share one length; a prefill entry starts them.
// CHECK-LABEL: func.func @decode
// CHECK-SAME:    %arg1: tensor<?x?x8xf32, #prim.shape<"b", "s36", 8>> {dsc.state = "c", dsc.state_axis = 1 : i64, onnx.name = "input.c"}
// CHECK-SAME:    %arg2: tensor<?x?x8xf32, #prim.shape<"b", "s36", 8>> {dsc.state = "d", dsc.state_axis = 1 : i64, onnx.name = "input.d"}
// CHECK:         dsc.cache_append %arg1, %arg0 axis 1 at "s36"
// CHECK:         dsc.cache_append %arg2, %arg0 axis 1 at "s36"
// CHECK-NOT:     prim.require
// CHECK:         return
// CHECK-LABEL: func.func @prefill
// CHECK-SAME:    -> (tensor<?x?x8xf32, {{.*}}> {dsc.state = "c", dsc.state_axis = 1 : i64, onnx.name = "c"}
// IO-NOT: dsc.state
// IO: prim.concat
func.func @decode(%x: tensor<?x1x8xf32, #prim.shape<"b", 1, 8>> {onnx.name = "x"}, %c: tensor<?x?x8xf32, #prim.shape<"b", "s36", 8>> {onnx.name = "input.c"},
                  %d: tensor<?x?x8xf32, #prim.shape<"b", "s37", 8>> {onnx.name = "input.d"})
    -> (tensor<?x?x8xf32, #prim.shape<"b", "s36 + 1", 8>> {onnx.name = "output.c"}, tensor<?x?x8xf32, #prim.shape<"b", "s37 + 1", 8>> {onnx.name = "output.d"}) {
  %0 = prim.concat %c, %x axis 1 : (tensor<?x?x8xf32, #prim.shape<"b", "s36", 8>>, tensor<?x1x8xf32, #prim.shape<"b", 1, 8>>) -> tensor<?x?x8xf32, #prim.shape<"b", "s36 + 1", 8>>
  %1 = prim.concat %d, %x axis 1 : (tensor<?x?x8xf32, #prim.shape<"b", "s37", 8>>, tensor<?x1x8xf32, #prim.shape<"b", 1, 8>>) -> tensor<?x?x8xf32, #prim.shape<"b", "s37 + 1", 8>>
  prim.require "s36" equals "s37", "Add: sizes differ"
  return %0, %1 : tensor<?x?x8xf32, #prim.shape<"b", "s36 + 1", 8>>, tensor<?x?x8xf32, #prim.shape<"b", "s37 + 1", 8>>
}
func.func @prefill(%x: tensor<?x?x8xf32, #prim.shape<"B", "S", 8>> {onnx.name = "x"})
    -> (tensor<?x?x8xf32, #prim.shape<"B", "S", 8>> {onnx.name = "c"}, tensor<?x?x8xf32, #prim.shape<"B", "S", 8>> {onnx.name = "d"}) {
  %n = prim.unary neg %x : tensor<?x?x8xf32, #prim.shape<"B", "S", 8>> -> tensor<?x?x8xf32, #prim.shape<"B", "S", 8>>
  return %x, %n : tensor<?x?x8xf32, #prim.shape<"B", "S", 8>>, tensor<?x?x8xf32, #prim.shape<"B", "S", 8>>
}

// -----

// Names of other exporters.
// CHECK-LABEL: func.func @names
// CHECK-SAME:    dsc.state = "past_key_values.0.key"
// CHECK-SAME:    dsc.state = "latent"
func.func @names(%x: tensor<1x8xf32> {onnx.name = "x"}, %c: tensor<?x8xf32, #prim.shape<"p", 8>> {onnx.name = "past_key_values.0.key"},
                 %d: tensor<?x8xf32, #prim.shape<"p", 8>> {onnx.name = "past_latent"})
    -> (tensor<?x8xf32, #prim.shape<"p + 1", 8>> {onnx.name = "present.0.key"}, tensor<?x8xf32, #prim.shape<"p + 1", 8>> {onnx.name = "present_latent"}) {
  %0 = prim.concat %c, %x axis 0 : (tensor<?x8xf32, #prim.shape<"p", 8>>, tensor<1x8xf32>) -> tensor<?x8xf32, #prim.shape<"p + 1", 8>>
  %1 = prim.concat %d, %x axis 0 : (tensor<?x8xf32, #prim.shape<"p", 8>>, tensor<1x8xf32>) -> tensor<?x8xf32, #prim.shape<"p + 1", 8>>
  return %0, %1 : tensor<?x8xf32, #prim.shape<"p + 1", 8>>, tensor<?x8xf32, #prim.shape<"p + 1", 8>>
}

// -----

// A static cache with its counter; as data and as a symbol's expression.
// CHECK-LABEL: func.func @static
// CHECK-SAME:    dsc.state = "k", onnx.name = "input.k"
// CHECK-SAME:    dsc.state = "n", onnx.name = "input.n"
// CHECK-SAME:    dsc.state = "m", onnx.name = "input.m"
func.func @static(%x: tensor<1x8xf32> {onnx.name = "x"}, %k: tensor<24x8xf32> {onnx.name = "input.k"}, %n: tensor<i64> {onnx.name = "input.n"}, %m: tensor<i64> {onnx.name = "input.m"})
    -> (tensor<24x8xf32> {onnx.name = "output.k"}, tensor<i64> {onnx.name = "output.n"}, tensor<i64> {onnx.name = "output.m"}) {
  %one = prim.exprs [1] : tensor<i64>
  %i = prim.reshape %n : tensor<i64> -> tensor<1x1xi64>
  %0 = prim.scatter_nd set %k, %i, %x axes [0] : tensor<24x8xf32>, tensor<1x1xi64>, tensor<1x8xf32>
  %1 = prim.binary add %n, %one : tensor<i64>
  prim.define_symbol "$m" = %m : tensor<i64>
  %2 = prim.exprs ["$m + 1"] : tensor<i64>
  return %0, %1, %2 : tensor<24x8xf32>, tensor<i64>, tensor<i64>
}
