// RUN: dsc-opt %s --onnx-to-prim | FileCheck %s

// CHECK-LABEL: func.func @slice_attributes(
// CHECK-NEXT: %[[V0:.*]] = prim.slice %arg0 starts [1, 4] steps [1, 1] : tensor<4x6xf32> -> tensor<2x2xf32>
// CHECK-NEXT: return %[[V0]]
func.func @slice_attributes(%x: tensor<4x6xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 9 : i64}} {
  %y = "onnx.Slice"(%x) {starts = array<i64: 1, -2>, ends = array<i64: 3, 1000>} : (tensor<4x6xf32>) -> !onnx.any
  return %y : !onnx.any
}

// INT64_MAX, a negative axis, a step.
// CHECK-LABEL: func.func @slice_to_the_end(
// CHECK-NEXT: %[[V0:.*]] = prim.slice %arg0 starts [0, 0, 1] steps [1, 1, 2] : tensor<?x?x64xf32, #prim.shape<"b", "s", 64>> -> tensor<?x?x32xf32, #prim.shape<"b", "s", 32>>
// CHECK-NEXT: return %[[V0]]
func.func @slice_to_the_end(%x: tensor<?x?x64xf32> {onnx.name = "x", onnx.dims = ["b", "s", ""]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %s = onnx.constant dense<1> : tensor<1xi64>
  %e = onnx.constant dense<9223372036854775807> : tensor<1xi64>
  %a = onnx.constant dense<-1> : tensor<1xi64>
  %t = onnx.constant dense<2> : tensor<1xi64>
  %y = "onnx.Slice"(%x, %s, %e, %a, %t) : (tensor<?x?x64xf32>, !onnx.any, !onnx.any, !onnx.any, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @slice_last(
// CHECK-NEXT: %[[V0:.*]] = prim.slice %arg0 starts ["max(n - 1, 0)"] steps [1] : tensor<?xf32, #prim.shape<"n">> -> tensor<?xf32, #prim.shape<"n - max(n - 1, 0)">>
// CHECK-NEXT: return %[[V0]]
func.func @slice_last(%x: tensor<?xf32> {onnx.name = "x", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %s = onnx.constant dense<-1> : tensor<1xi64>
  %e = onnx.constant dense<9223372036854775807> : tensor<1xi64>
  %y = "onnx.Slice"(%x, %s, %e) : (tensor<?xf32>, !onnx.any, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// Down to INT64_MIN: everything, backwards.
// CHECK-LABEL: func.func @slice_reversed(
// CHECK-NEXT: %[[V0:.*]] = prim.slice %arg0 starts ["n - 1", 4] steps [-1, -2] : tensor<?x5xf32, #prim.shape<"n", 5>> -> tensor<?x3xf32, #prim.shape<"n", 3>>
// CHECK-NEXT: return %[[V0]]
func.func @slice_reversed(%x: tensor<?x5xf32> {onnx.name = "x", onnx.dims = ["n", ""]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %s = onnx.constant dense<[-1, -1]> : tensor<2xi64>
  %e = onnx.constant dense<-9223372036854775808> : tensor<2xi64>
  %a = onnx.constant dense<[0, 1]> : tensor<2xi64>
  %t = onnx.constant dense<[-1, -2]> : tensor<2xi64>
  %y = "onnx.Slice"(%x, %s, %e, %a, %t) : (tensor<?x5xf32>, !onnx.any, !onnx.any, !onnx.any, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// From the past length on, what is left is the new length.
// CHECK-LABEL: func.func @slice_by_size(
// CHECK-NEXT: %[[V0:.*]] = prim.slice %arg0 starts ["p", 0] steps [1, 1] : tensor<?x8xf32, #prim.shape<"p + s", 8>> -> tensor<?x8xf32, #prim.shape<"s", 8>>
// CHECK-NEXT: return %[[V0]]
func.func @slice_by_size(%x: tensor<?x8xf32> {onnx.name = "x", onnx.dims = ["p + s", ""]}, %p: tensor<?xf32> {onnx.name = "p", onnx.dims = ["p"]}, %q: tensor<?xf32> {onnx.name = "q", onnx.dims = ["s"]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %n = "onnx.Shape"(%p) : (tensor<?xf32>) -> !onnx.any
  %e = onnx.constant dense<9223372036854775807> : tensor<1xi64>
  %y = "onnx.Slice"(%x, %n, %e) : (tensor<?x8xf32>, !onnx.any, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @slice_at_run_time(
// CHECK-NEXT: %[[V0:.*]] = prim.reshape %arg1 : tensor<1xi64> -> tensor<i64>
// CHECK-NEXT: prim.define_symbol "$starts.0" = %[[V0]] : tensor<i64>
// CHECK-NEXT: %[[V1:.*]] = prim.slice %arg0 starts ["max(min(select(nonneg($starts.0), $starts.0, $starts.0 + 8), 8), 0)"] steps [1] : tensor<8xf32> -> tensor<?xf32, #prim.shape<"-max(min(select(nonneg($starts.0), $starts.0, $starts.0 + 8), 8), 0) + 8">>
// CHECK-NEXT: return %[[V1]]
func.func @slice_at_run_time(%x: tensor<8xf32> {onnx.name = "x"}, %s: tensor<1xi64> {onnx.name = "s"}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %e = onnx.constant dense<8> : tensor<1xi64>
  %y = "onnx.Slice"(%x, %s, %e) : (tensor<8xf32>, tensor<1xi64>, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// Negative amounts cut.
// CHECK-LABEL: func.func @pad_constant(
// CHECK-NEXT: %[[V0:.*]] = prim.constant dense<5.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[V1:.*]] = prim.slice %arg0 starts [0, 1] steps [1, 1] : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x3xf32, #prim.shape<"n", 3>>
// CHECK-NEXT: %[[V2:.*]] = prim.pad %[[V1]], %[[V0]] low [1, 0] : tensor<?x3xf32, #prim.shape<"n", 3>>, tensor<f32> -> tensor<?x3xf32, #prim.shape<"n + 3", 3>>
// CHECK-NEXT: return %[[V2]]
func.func @pad_constant(%x: tensor<?x4xf32> {onnx.name = "x", onnx.dims = ["n", ""]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %p = onnx.constant dense<[1, -1, 2, 0]> : tensor<4xi64>
  %v = onnx.constant dense<5.0> : tensor<f32>
  %y = "onnx.Pad"(%x, %p, %v) : (tensor<?x4xf32>, !onnx.any, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @pad_axes(
// CHECK-NEXT: %[[V0:.*]] = prim.constant dense<0.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[V1:.*]] = prim.pad %arg0, %[[V0]] low [0, 0, 0] : tensor<?x?x64xf32, #prim.shape<"b", "s", 64>>, tensor<f32> -> tensor<?x?x64xf32, #prim.shape<"b", "s + 3", 64>>
// CHECK-NEXT: return %[[V1]]
func.func @pad_axes(%x: tensor<?x?x64xf32> {onnx.name = "x", onnx.dims = ["b", "s", ""]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %p = onnx.constant dense<[0, 3]> : tensor<2xi64>
  %n = onnx.none
  %a = onnx.constant dense<-2> : tensor<1xi64>
  %y = "onnx.Pad"(%x, %p, %n, %a) : (tensor<?x?x64xf32>, !onnx.any, none, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// The other modes are a take.
// CHECK-LABEL: func.func @pad_edge(
// CHECK-NEXT: %[[V0:.*]] = prim.index_expr "max(min(d0 - 1, 3), 0)" : tensor<7xi64>
// CHECK-NEXT: %[[V1:.*]] = prim.take %arg0, %[[V0]] axis 1 : tensor<?x4xf32, #prim.shape<"n", 4>>, tensor<7xi64> -> tensor<?x7xf32, #prim.shape<"n", 7>>
// CHECK-NEXT: return %[[V1]]
func.func @pad_edge(%x: tensor<?x4xf32> {onnx.name = "x", onnx.dims = ["n", ""]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %p = onnx.constant dense<[0, 1, 0, 2]> : tensor<4xi64>
  %y = "onnx.Pad"(%x, %p) {mode = "edge"} : (tensor<?x4xf32>, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @pad_reflect(
// CHECK-NEXT: %[[V0:.*]] = prim.index_expr "min(mod(d0 - 2, 4), -mod(d0 - 2, 4) + 4)" : tensor<7xi64>
// CHECK-NEXT: %[[V1:.*]] = prim.take %arg0, %[[V0]] axis 0 : tensor<3xf32>, tensor<7xi64> -> tensor<7xf32>
// CHECK-NEXT: return %[[V1]]
func.func @pad_reflect(%x: tensor<3xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 10 : i64}} {
  %y = "onnx.Pad"(%x) {mode = "reflect", pads = array<i64: 2, 2>} : (tensor<3xf32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @pad_wrap(
// CHECK-NEXT: %[[V0:.*]] = prim.index_expr "mod(d0 - 1, 3)" : tensor<6xi64>
// CHECK-NEXT: %[[V1:.*]] = prim.take %arg0, %[[V0]] axis 0 : tensor<3xf32>, tensor<6xi64> -> tensor<6xf32>
// CHECK-NEXT: return %[[V1]]
func.func @pad_wrap(%x: tensor<3xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %p = onnx.constant dense<[1, 2]> : tensor<2xi64>
  %y = "onnx.Pad"(%x, %p) {mode = "wrap"} : (tensor<3xf32>, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @reverse_sequence(
// CHECK-NEXT: %[[V0:.*]] = prim.broadcast %arg1 axes [1] : tensor<?xi64, #prim.shape<"b">> -> tensor<4x?xi64, #prim.shape<4, "b">>
// CHECK-NEXT: %[[V1:.*]] = prim.index_expr "d0" : tensor<4x?xi64, #prim.shape<4, "b">>
// CHECK-NEXT: %[[V2:.*]] = prim.binary sub %[[V0]], %[[V1]] : tensor<4x?xi64, #prim.shape<4, "b">>
// CHECK-NEXT: %[[V3:.*]] = prim.constant dense<1> : tensor<i64>
// CHECK-NEXT: %[[V4:.*]] = prim.broadcast %[[V3]] axes [] : tensor<i64> -> tensor<4x?xi64, #prim.shape<4, "b">>
// CHECK-NEXT: %[[V5:.*]] = prim.binary sub %[[V2]], %[[V4]] : tensor<4x?xi64, #prim.shape<4, "b">>
// CHECK-NEXT: %[[V6:.*]] = prim.compare lt %[[V1]], %[[V0]] : tensor<4x?xi64, #prim.shape<4, "b">> -> tensor<4x?xi1, #prim.shape<4, "b">>
// CHECK-NEXT: %[[V7:.*]] = prim.select %[[V6]], %[[V5]], %[[V1]] : tensor<4x?xi1, #prim.shape<4, "b">>, tensor<4x?xi64, #prim.shape<4, "b">>
// CHECK-NEXT: %[[V8:.*]] = prim.take_along_axis %arg0, %[[V7]] axis 0 : tensor<4x?xf32, #prim.shape<4, "b">>, tensor<4x?xi64, #prim.shape<4, "b">> -> tensor<4x?xf32, #prim.shape<4, "b">>
// CHECK-NEXT: return %[[V8]]
func.func @reverse_sequence(%x: tensor<4x?xf32> {onnx.name = "x", onnx.dims = ["", "b"]}, %l: tensor<?xi64> {onnx.name = "l", onnx.dims = ["b"]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.ReverseSequence"(%x, %l) : (tensor<4x?xf32>, tensor<?xi64>) -> !onnx.any
  return %y : !onnx.any
}

// Axes and steps that only the run knows: a start and a count for every dimension, positions to take.
// CHECK-LABEL: func.func @slice_runtime_axes(
// CHECK: prim.require
// CHECK: prim.take
// CHECK: prim.take
func.func @slice_runtime_axes(%x: tensor<3x4xf32> {onnx.name = "x"}, %s: tensor<1xi64> {onnx.name = "s"}, %e: tensor<1xi64> {onnx.name = "e"}, %a: tensor<1xi64> {onnx.name = "a"}, %t: tensor<1xi64> {onnx.name = "t"}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Slice"(%x, %s, %e, %a, %t) : (tensor<3x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> !onnx.any
  return %y : !onnx.any
}
