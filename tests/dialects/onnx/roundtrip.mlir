// SPDX-License-Identifier: Apache-2.0
// RUN: dsc-opt %s | dsc-opt | FileCheck %s

// CHECK-LABEL: func.func @nodes(%arg0: tensor<?x4xf32> {onnx.dims = ["n", "4"], onnx.name = "x"})
func.func @nodes(%x: tensor<?x4xf32> {onnx.dims = ["n", "4"], onnx.name = "x"})
    -> (!onnx.any {onnx.name = "y", onnx.type = f32}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  // CHECK: onnx.constant #onnx.external<"model.onnx.data", 4096, 64, "9f0a"> : tensor<4x4xf32>
  %w = onnx.constant #onnx.external<"model.onnx.data", 4096, 64, "9f0a"> : tensor<4x4xf32>
  // CHECK: onnx.constant dense<[1, -2]> : tensor<2xi4>
  %c = onnx.constant dense<[1, -2]> : tensor<2xi4>
  // CHECK: onnx.none
  %none = onnx.none
  // CHECK: "onnx.Gemm"(%arg0, %{{.*}}, %{{.*}}) {transB = 1 : i64} : (tensor<?x4xf32>, !onnx.any, none) -> !onnx.any
  %0 = "onnx.Gemm"(%x, %w, %none) {transB = 1 : i64} : (tensor<?x4xf32>, !onnx.any, none) -> !onnx.any
  // CHECK: "onnx.com.microsoft.MoE"
  %1 = "onnx.com.microsoft.MoE"(%0) {k = 2 : i64} : (!onnx.any) -> !onnx.any
  return %1 : !onnx.any
}

// A graph in an attribute uses a value around it.
// CHECK-LABEL: func.func @graphs
func.func @graphs(%c: tensor<i1>, %x: tensor<2xf32>) -> !onnx.any {
  // CHECK: "onnx.If"(%arg0) ({
  // CHECK:   "onnx.Neg"(%arg1)
  // CHECK:   onnx.yield %{{.*}} : !onnx.any
  // CHECK: }, {
  // CHECK:   onnx.yield %arg1 : tensor<2xf32>
  // CHECK: }) {onnx.regions = ["then_branch", "else_branch"]}
  %0 = "onnx.If"(%c) ({
    %1 = "onnx.Neg"(%x) : (tensor<2xf32>) -> !onnx.any
    onnx.yield %1 : !onnx.any
  }, {
    onnx.yield %x : tensor<2xf32>
  }) {onnx.regions = ["then_branch", "else_branch"]} : (tensor<i1>) -> !onnx.any
  return %0 : !onnx.any
}

// Element types below a byte, and bytes that only the importing process has.
// CHECK-LABEL: func.func private @types
// CHECK-SAME: a = #onnx.external<"w.bin", 0, 3, ""> : tensor<5xui4>
// CHECK-SAME: b = #onnx.external<"w.bin", 3, 3, ""> : tensor<4xf6E2M3FN>
// CHECK-SAME: c = #onnx.external<"memory:00ff", 0, 5, ""> : tensor<5xi1>
// CHECK-SAME: d = #onnx.external<"a \22quoted\22 name", 0, 16, ""> : tensor<2xcomplex<f32>>
// CHECK-SAME: e = #onnx.attribute_ref<"alpha">
func.func private @types() attributes {
  a = #onnx.external<"w.bin", 0, 3, ""> : tensor<5xui4>,
  b = #onnx.external<"w.bin", 3, 3, ""> : tensor<4xf6E2M3FN>,
  c = #onnx.external<"memory:00ff", 0, 5, ""> : tensor<5xi1>,
  d = #onnx.external<"a \22quoted\22 name", 0, 16, ""> : tensor<2xcomplex<f32>>,
  e = #onnx.attribute_ref<"alpha">}
