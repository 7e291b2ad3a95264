// SPDX-License-Identifier: Apache-2.0
// RUN: dsc-opt %s -split-input-file -onnx-inline-functions -mlir-print-debuginfo -mlir-print-local-scope | FileCheck %s

// An attribute of the call, a default, one that is left out; another version of ai.onnx than the entry's.
// CHECK-LABEL: func.func @attributes
// CHECK: "onnx.Selu"(%arg0) {alpha = 2.000000e+00 : f32, gamma = 3.000000e+00 : f32, onnx.opset = 18 : i64}
// CHECK-SAME: loc("call/inner"("model.mlp"))
// CHECK-NOT: onnx.local
func.func @attributes(%x: tensor<2xf32>) -> !onnx.any attributes {onnx.opsets = {ai.onnx = 20 : i64, local = 1 : i64}} {
  %0 = "onnx.local.F"(%x) {a = 2.0 : f32} : (tensor<2xf32>) -> !onnx.any loc("call"("model.mlp"))
  return %0 : !onnx.any
}
func.func private @"local::F"(%x: !onnx.any) -> !onnx.any
    attributes {onnx.opsets = {ai.onnx = 18 : i64}, onnx.parameters = ["a", "d"], onnx.defaults = {g = 3.0 : f32}} {
  %0 = "onnx.Selu"(%x) {alpha = #onnx.attribute_ref<"a">, gamma = #onnx.attribute_ref<"g">, delta = #onnx.attribute_ref<"d">}
      : (!onnx.any) -> !onnx.any loc("inner")
  return %0 : !onnx.any
}

// -----

// A function in a function hands its attribute on; equal versions leave no mark; an absent operand is onnx.none; an
// argument that is returned keeps the type of results.
// CHECK-LABEL: func.func @nested
// CHECK: %[[NONE:.*]] = onnx.none
// CHECK: %[[CLIP:.*]] = "onnx.Clip"(%arg0, %[[NONE]]) {max = 6 : i64} : (tensor<2xf32>, none) -> !onnx.any
// CHECK: %[[SAME:.*]] = "onnx.Identity"(%arg0) : (tensor<2xf32>) -> !onnx.any
// CHECK: return %[[CLIP]], %[[SAME]]
// CHECK-NOT: func.func
func.func @nested(%x: tensor<2xf32>) -> (!onnx.any, !onnx.any) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %0:2 = "onnx.local.Outer"(%x) {top = 6 : i64} : (tensor<2xf32>) -> (!onnx.any, !onnx.any)
  return %0#0, %0#1 : !onnx.any, !onnx.any
}
func.func private @"local::Outer"(%x: !onnx.any, %low: !onnx.any) -> (!onnx.any, !onnx.any)
    attributes {onnx.opsets = {ai.onnx = 20 : i64}, onnx.parameters = ["top"], onnx.defaults = {}} {
  %0 = "onnx.local.Inner"(%x, %low) {max = #onnx.attribute_ref<"top">} : (!onnx.any, !onnx.any) -> !onnx.any
  return %0, %x : !onnx.any, !onnx.any
}
func.func private @"local::Inner"(%x: !onnx.any, %low: !onnx.any) -> !onnx.any
    attributes {onnx.opsets = {ai.onnx = 20 : i64}, onnx.parameters = ["max"], onnx.defaults = {}} {
  %0 = "onnx.Clip"(%x, %low) {max = #onnx.attribute_ref<"max">} : (!onnx.any, !onnx.any) -> !onnx.any
  return %0 : !onnx.any
}

// -----

// A Constant whose value is an attribute of the call.
// CHECK-LABEL: func.func @constants
// CHECK: onnx.constant dense<[4, 5]> : tensor<2xi64>
// CHECK: onnx.constant dense<1.500000e+00> : tensor<f32>
func.func @constants() -> (!onnx.any, !onnx.any) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %0:2 = "onnx.local.C"() {l = array<i64: 4, 5>, f = 1.5 : f32} : () -> (!onnx.any, !onnx.any)
  return %0#0, %0#1 : !onnx.any, !onnx.any
}
func.func private @"local::C"() -> (!onnx.any, !onnx.any)
    attributes {onnx.opsets = {ai.onnx = 20 : i64}, onnx.parameters = ["l", "f"], onnx.defaults = {}} {
  %0 = "onnx.Constant"() {value_ints = #onnx.attribute_ref<"l">} : () -> !onnx.any
  %1 = "onnx.Constant"() {value_float = #onnx.attribute_ref<"f">} : () -> !onnx.any
  return %0, %1 : !onnx.any, !onnx.any
}

// -----

// A graph passed as an attribute uses a value around the call; a graph in the function uses its argument.
// CHECK-LABEL: func.func @graphs
// CHECK: "onnx.If"(%arg0) ({
// CHECK:   "onnx.Abs"(%arg1)
// CHECK: }, {
// CHECK:   "onnx.Neg"(%arg1)
// CHECK: }) {onnx.regions = ["else_branch", "then_branch"]}
func.func @graphs(%c: tensor<i1>, %x: tensor<2xf32>) -> !onnx.any attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %0 = "onnx.local.Choose"(%c, %x) ({
    %1 = "onnx.Neg"(%x) : (tensor<2xf32>) -> !onnx.any
    onnx.yield %1 : !onnx.any
  }) {onnx.regions = ["body"]} : (tensor<i1>, tensor<2xf32>) -> !onnx.any
  return %0 : !onnx.any
}
func.func private @"local::Choose"(%c: !onnx.any, %x: !onnx.any) -> !onnx.any
    attributes {onnx.opsets = {ai.onnx = 20 : i64}, onnx.parameters = ["body"], onnx.defaults = {}} {
  %0 = "onnx.If"(%c) ({
    %1 = "onnx.Abs"(%x) : (!onnx.any) -> !onnx.any
    onnx.yield %1 : !onnx.any
  }) {onnx.regions = ["else_branch"], then_branch = #onnx.attribute_ref<"body">} : (!onnx.any) -> !onnx.any
  return %0 : !onnx.any
}

// -----

// Overloads are functions of their own; a call in a graph is inlined there. A function of ai.onnx replaces the operator.
// CHECK-LABEL: func.func @overloads
// CHECK: "onnx.If"
// CHECK:   "onnx.Sqrt"
// CHECK:   "onnx.Exp"
func.func @overloads(%c: tensor<i1>, %x: tensor<2xf32>) -> !onnx.any attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %0 = "onnx.If"(%c) ({
    %1 = "onnx.local.F"(%x) {onnx.overload = "b"} : (tensor<2xf32>) -> !onnx.any
    onnx.yield %1 : !onnx.any
  }, {
    %1 = "onnx.Mish"(%x) : (tensor<2xf32>) -> !onnx.any
    onnx.yield %1 : !onnx.any
  }) {onnx.regions = ["then_branch", "else_branch"]} : (tensor<i1>) -> !onnx.any
  return %0 : !onnx.any
}
func.func private @"local::F::a"(%x: !onnx.any) -> !onnx.any attributes {onnx.parameters = [], onnx.defaults = {}} {
  %0 = "onnx.Neg"(%x) : (!onnx.any) -> !onnx.any
  return %0 : !onnx.any
}
func.func private @"local::F::b"(%x: !onnx.any) -> !onnx.any attributes {onnx.parameters = [], onnx.defaults = {}} {
  %0 = "onnx.Sqrt"(%x) : (!onnx.any) -> !onnx.any
  return %0 : !onnx.any
}
func.func private @"::Mish"(%x: !onnx.any) -> !onnx.any attributes {onnx.parameters = [], onnx.defaults = {}} {
  %0 = "onnx.Exp"(%x) : (!onnx.any) -> !onnx.any
  return %0 : !onnx.any
}
