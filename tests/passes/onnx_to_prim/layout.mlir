// RUN: dsc-opt %s --onnx-to-prim | FileCheck %s

// CHECK-LABEL: func.func @reshape_zero_and_inferred(
// CHECK-NEXT: %[[V0:.*]] = prim.reshape %arg0 : tensor<?x?x64xf32, #prim.shape<"b", "s", 64>> -> tensor<?x?x4x16xf32, #prim.shape<"b", "s", 4, 16>>
// CHECK-NEXT: return %[[V0]]
func.func @reshape_zero_and_inferred(%x: tensor<?x?x64xf32> {onnx.name = "x", onnx.dims = ["b", "s", ""]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %s = onnx.constant dense<[0, 0, -1, 16]> : tensor<4xi64>
  %y = "onnx.Reshape"(%x, %s) : (tensor<?x?x64xf32>, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @reshape_flattened(
// CHECK-NEXT: %[[V0:.*]] = prim.reshape %arg0 : tensor<?x?x64xf32, #prim.shape<"b", "s", 64>> -> tensor<?x64xf32, #prim.shape<"b*s", 64>>
// CHECK-NEXT: return %[[V0]]
func.func @reshape_flattened(%x: tensor<?x?x64xf32> {onnx.name = "x", onnx.dims = ["b", "s", ""]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %s = onnx.constant dense<[-1, 64]> : tensor<2xi64>
  %y = "onnx.Reshape"(%x, %s) {allowzero = 1 : i64} : (tensor<?x?x64xf32>, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// -1 is an exact quotient of polynomials.
// CHECK-LABEL: func.func @reshape_sum(
// CHECK-NEXT: %[[V0:.*]] = prim.reshape %arg0 : tensor<?x?x4x16xf32, #prim.shape<"b", "p + s", 4, 16>> -> tensor<?x?x64xf32, #prim.shape<"b", "p + s", 64>>
// CHECK-NEXT: return %[[V0]]
func.func @reshape_sum(%x: tensor<?x?x4x16xf32> {onnx.name = "x", onnx.dims = ["b", "p + s", "", ""]}, %p: tensor<?xf32> {onnx.name = "p", onnx.dims = ["p"]}, %s: tensor<?xf32> {onnx.name = "s", onnx.dims = ["s"]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %t = "onnx.Shape"(%x) {start = 1 : i64, end = 2 : i64} : (tensor<?x?x4x16xf32>) -> !onnx.any
  %m = onnx.constant dense<-1> : tensor<1xi64>
  %h = onnx.constant dense<64> : tensor<1xi64>
  %sh = "onnx.Concat"(%m, %t, %h) {axis = 0 : i64} : (!onnx.any, !onnx.any, !onnx.any) -> !onnx.any
  %y = "onnx.Reshape"(%x, %sh) : (tensor<?x?x4x16xf32>, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// Both sides have four times a size: one symbol goes.
// CHECK-LABEL: func.func @reshape_unifies(
// CHECK-NEXT: %[[V0:.*]] = prim.reshape %arg0 : tensor<?x4xf32, #prim.shape<"a", 4>> -> tensor<?x2x2xf32, #prim.shape<"a", 2, 2>>
// CHECK-NEXT: return %[[V0]]
func.func @reshape_unifies(%x: tensor<?x4xf32> {onnx.name = "x", onnx.dims = ["a", ""]}, %z: tensor<?xf32> {onnx.name = "z", onnx.dims = ["c"]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %n = "onnx.Shape"(%z) : (tensor<?xf32>) -> !onnx.any
  %h = onnx.constant dense<[2, 2]> : tensor<2xi64>
  %sh = "onnx.Concat"(%n, %h) {axis = 0 : i64} : (!onnx.any, !onnx.any) -> !onnx.any
  %y = "onnx.Reshape"(%x, %sh) : (tensor<?x4xf32>, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// a = 2*c.
// CHECK-LABEL: func.func @reshape_solves(
// CHECK-NEXT: %[[V0:.*]] = prim.reshape %arg0 : tensor<?x4xf32, #prim.shape<"2*c", 4>> -> tensor<?x8xf32, #prim.shape<"c", 8>>
// CHECK-NEXT: return %[[V0]]
func.func @reshape_solves(%x: tensor<?x4xf32> {onnx.name = "x", onnx.dims = ["a", ""]}, %z: tensor<?xf32> {onnx.name = "z", onnx.dims = ["c"]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %n = "onnx.Shape"(%z) : (tensor<?xf32>) -> !onnx.any
  %h = onnx.constant dense<8> : tensor<1xi64>
  %sh = "onnx.Concat"(%n, %h) {axis = 0 : i64} : (!onnx.any, !onnx.any) -> !onnx.any
  %y = "onnx.Reshape"(%x, %sh) : (tensor<?x4xf32>, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// The shape is data: 0 and -1 are read at run time.
// CHECK-LABEL: func.func @reshape_at_run_time(
// CHECK-NEXT: %[[V0:.*]] = prim.constant dense<0> : tensor<i64>
// CHECK-NEXT: %[[V1:.*]] = prim.broadcast %[[V0]] axes [] : tensor<i64> -> tensor<2xi64>
// CHECK-NEXT: %[[V2:.*]] = prim.compare eq %arg1, %[[V1]] : tensor<2xi64> -> tensor<2xi1>
// CHECK-NEXT: %[[V3:.*]] = prim.exprs [2, 6] : tensor<2xi64>
// CHECK-NEXT: %[[V4:.*]] = prim.select %[[V2]], %[[V3]], %arg1 : tensor<2xi1>, tensor<2xi64>
// CHECK-NEXT: %[[V5:.*]] = prim.constant dense<-1> : tensor<i64>
// CHECK-NEXT: %[[V6:.*]] = prim.broadcast %[[V5]] axes [] : tensor<i64> -> tensor<2xi64>
// CHECK-NEXT: %[[V7:.*]] = prim.compare eq %[[V4]], %[[V6]] : tensor<2xi64> -> tensor<2xi1>
// CHECK-NEXT: %[[V8:.*]] = prim.constant dense<1> : tensor<i64>
// CHECK-NEXT: %[[V9:.*]] = prim.broadcast %[[V8]] axes [] : tensor<i64> -> tensor<2xi64>
// CHECK-NEXT: %[[V10:.*]] = prim.select %[[V7]], %[[V9]], %[[V4]] : tensor<2xi1>, tensor<2xi64>
// CHECK-NEXT: %[[V11:.*]] = prim.reduce prod %[[V10]] axes [0] : tensor<2xi64> -> tensor<i64>
// CHECK-NEXT: %[[V12:.*]] = prim.index_expr 12 : tensor<i64>
// CHECK-NEXT: %[[V13:.*]] = prim.binary div %[[V12]], %[[V11]] : tensor<i64>
// CHECK-NEXT: %[[V14:.*]] = prim.broadcast %[[V13]] axes [] : tensor<i64> -> tensor<2xi64>
// CHECK-NEXT: %[[V15:.*]] = prim.select %[[V7]], %[[V14]], %[[V4]] : tensor<2xi1>, tensor<2xi64>
// CHECK-NEXT: %[[V16:.*]] = prim.slice %[[V15]] starts [0] steps [1] : tensor<2xi64> -> tensor<1xi64>
// CHECK-NEXT: %[[V17:.*]] = prim.reshape %[[V16]] : tensor<1xi64> -> tensor<i64>
// CHECK-NEXT: prim.define_symbol "shape.0" = %[[V17]] : tensor<i64>
// CHECK-NEXT: %[[V18:.*]] = prim.slice %[[V15]] starts [1] steps [1] : tensor<2xi64> -> tensor<1xi64>
// CHECK-NEXT: %[[V19:.*]] = prim.reshape %[[V18]] : tensor<1xi64> -> tensor<i64>
// CHECK-NEXT: prim.define_symbol "shape.1" = %[[V19]] : tensor<i64>
// CHECK-NEXT: prim.require 12 equals "shape.0*shape.1", "Reshape: input and result have different numbers of elements"
// CHECK-NEXT: %[[V20:.*]] = prim.reshape %arg0 : tensor<2x6xf32> -> tensor<?x?xf32, #prim.shape<"shape.0", "shape.1">>
// CHECK-NEXT: return %[[V20]]
func.func @reshape_at_run_time(%x: tensor<2x6xf32> {onnx.name = "x"}, %s: tensor<2xi64> {onnx.name = "s"}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Reshape"(%x, %s) : (tensor<2x6xf32>, tensor<2xi64>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @flatten(
// CHECK-NEXT: %[[V0:.*]] = prim.reshape %arg0 : tensor<?x?x64xf32, #prim.shape<"b", "s", 64>> -> tensor<?x64xf32, #prim.shape<"b*s", 64>>
// CHECK-NEXT: return %[[V0]]
func.func @flatten(%x: tensor<?x?x64xf32> {onnx.name = "x", onnx.dims = ["b", "s", ""]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Flatten"(%x) {axis = -1 : i64} : (tensor<?x?x64xf32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @squeeze_attribute(
// CHECK-NEXT: %[[V0:.*]] = prim.reshape %arg0 : tensor<1x?x1xf32, #prim.shape<1, "n", 1>> -> tensor<1x?xf32, #prim.shape<1, "n">>
// CHECK-NEXT: return %[[V0]]
func.func @squeeze_attribute(%x: tensor<1x?x1xf32> {onnx.name = "x", onnx.dims = ["", "n", ""]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 11 : i64}} {
  %y = "onnx.Squeeze"(%x) {axes = array<i64: -1>} : (tensor<1x?x1xf32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @squeeze_all(
// CHECK-NEXT: %[[V0:.*]] = prim.reshape %arg0 : tensor<1x?x1xf32, #prim.shape<1, "n", 1>> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: return %[[V0]]
func.func @squeeze_all(%x: tensor<1x?x1xf32> {onnx.name = "x", onnx.dims = ["", "n", ""]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Squeeze"(%x) : (tensor<1x?x1xf32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @unsqueeze(
// CHECK-NEXT: %[[V0:.*]] = prim.reshape %arg0 : tensor<?x?x64xf32, #prim.shape<"b", "s", 64>> -> tensor<1x?x?x64x1xf32, #prim.shape<1, "b", "s", 64, 1>>
// CHECK-NEXT: return %[[V0]]
func.func @unsqueeze(%x: tensor<?x?x64xf32> {onnx.name = "x", onnx.dims = ["b", "s", ""]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %a = onnx.constant dense<[-1, 0]> : tensor<2xi64>
  %y = "onnx.Unsqueeze"(%x, %a) : (tensor<?x?x64xf32>, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @transpose_default(
// CHECK-NEXT: %[[V0:.*]] = prim.transpose %arg0 perm [2, 1, 0] : tensor<?x?x64xf32, #prim.shape<"b", "s", 64>> -> tensor<64x?x?xf32, #prim.shape<64, "s", "b">>
// CHECK-NEXT: return %[[V0]]
func.func @transpose_default(%x: tensor<?x?x64xf32> {onnx.name = "x", onnx.dims = ["b", "s", ""]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Transpose"(%x) : (tensor<?x?x64xf32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @depth_to_space(
// CHECK-NEXT: %[[V0:.*]] = prim.reshape %arg0 : tensor<?x8x2x3xf32, #prim.shape<"n", 8, 2, 3>> -> tensor<?x2x2x2x2x3xf32, #prim.shape<"n", 2, 2, 2, 2, 3>>
// CHECK-NEXT: %[[V1:.*]] = prim.transpose %[[V0]] perm [0, 1, 4, 2, 5, 3] : tensor<?x2x2x2x2x3xf32, #prim.shape<"n", 2, 2, 2, 2, 3>> -> tensor<?x2x2x2x3x2xf32, #prim.shape<"n", 2, 2, 2, 3, 2>>
// CHECK-NEXT: %[[V2:.*]] = prim.reshape %[[V1]] : tensor<?x2x2x2x3x2xf32, #prim.shape<"n", 2, 2, 2, 3, 2>> -> tensor<?x2x4x6xf32, #prim.shape<"n", 2, 4, 6>>
// CHECK-NEXT: return %[[V2]]
func.func @depth_to_space(%x: tensor<?x8x2x3xf32> {onnx.name = "x", onnx.dims = ["n", "", "", ""]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.DepthToSpace"(%x) {blocksize = 2 : i64, mode = "CRD"} : (tensor<?x8x2x3xf32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @space_to_depth(
// CHECK-NEXT: %[[V0:.*]] = prim.reshape %arg0 : tensor<?x2x4x6xf32, #prim.shape<"n", 2, 4, 6>> -> tensor<?x2x2x2x3x2xf32, #prim.shape<"n", 2, 2, 2, 3, 2>>
// CHECK-NEXT: %[[V1:.*]] = prim.transpose %[[V0]] perm [0, 3, 5, 1, 2, 4] : tensor<?x2x2x2x3x2xf32, #prim.shape<"n", 2, 2, 2, 3, 2>> -> tensor<?x2x2x2x2x3xf32, #prim.shape<"n", 2, 2, 2, 2, 3>>
// CHECK-NEXT: %[[V2:.*]] = prim.reshape %[[V1]] : tensor<?x2x2x2x2x3xf32, #prim.shape<"n", 2, 2, 2, 2, 3>> -> tensor<?x8x2x3xf32, #prim.shape<"n", 8, 2, 3>>
// CHECK-NEXT: return %[[V2]]
func.func @space_to_depth(%x: tensor<?x2x4x6xf32> {onnx.name = "x", onnx.dims = ["n", "", "", ""]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.SpaceToDepth"(%x) {blocksize = 2 : i64} : (tensor<?x2x4x6xf32>) -> !onnx.any
  return %y : !onnx.any
}

// A dimension of one is broadcast, others are repeated through a new dimension.
// CHECK-LABEL: func.func @tile(
// CHECK-NEXT: %[[V0:.*]] = prim.broadcast %arg0 axes [1, 2, 3] : tensor<?x1x64xf32, #prim.shape<"n", 1, 64>> -> tensor<2x?x3x64xf32, #prim.shape<2, "n", 3, 64>>
// CHECK-NEXT: %[[V1:.*]] = prim.reshape %[[V0]] : tensor<2x?x3x64xf32, #prim.shape<2, "n", 3, 64>> -> tensor<?x3x64xf32, #prim.shape<"2*n", 3, 64>>
// CHECK-NEXT: return %[[V1]]
func.func @tile(%x: tensor<?x1x64xf32> {onnx.name = "x", onnx.dims = ["n", "", ""]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %r = onnx.constant dense<[2, 3, 1]> : tensor<3xi64>
  %y = "onnx.Tile"(%x, %r) : (tensor<?x1x64xf32>, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @expand(
// CHECK-NEXT: %[[V0:.*]] = prim.broadcast %arg0 axes [1, 2] : tensor<?x1xf32, #prim.shape<"n", 1>> -> tensor<3x?x?xf32, #prim.shape<3, "n", "m">>
// CHECK-NEXT: return %[[V0]]
func.func @expand(%x: tensor<?x1xf32> {onnx.name = "x", onnx.dims = ["n", ""]}, %z: tensor<?xf32> {onnx.name = "z", onnx.dims = ["m"]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %m = "onnx.Shape"(%z) : (tensor<?xf32>) -> !onnx.any
  %o = onnx.constant dense<[3, 1]> : tensor<2xi64>
  %s = "onnx.Concat"(%o, %m) {axis = 0 : i64} : (!onnx.any, !onnx.any) -> !onnx.any
  %y = "onnx.Expand"(%x, %s) : (tensor<?x1xf32>, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// At most one row: the dimension stays, and the run checks.
// CHECK-LABEL: func.func @expand_by_rows_at_most_one(
// CHECK-NEXT: prim.require "n" equals "select(iszero(min(t, 1) - 1), n, min(t, 1))", "Expand: a dimension can be expanded only from 1"
// CHECK-NEXT: return %arg0
func.func @expand_by_rows_at_most_one(%x: tensor<?x64xf32> {onnx.name = "x", onnx.dims = ["n", ""]}, %z: tensor<?x64xf32> {onnx.name = "z", onnx.dims = ["t", ""]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %a = onnx.constant dense<0> : tensor<1xi64>
  %e = onnx.constant dense<1> : tensor<1xi64>
  %r = "onnx.Slice"(%z, %a, %e) : (tensor<?x64xf32>, !onnx.any, !onnx.any) -> !onnx.any
  %s = "onnx.Shape"(%r) : (!onnx.any) -> !onnx.any
  %y = "onnx.Expand"(%x, %s) : (tensor<?x64xf32>, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @expand_at_run_time(
// CHECK-NEXT: %[[V0:.*]] = prim.slice %arg1 starts [0] steps [1] : tensor<2xi64> -> tensor<1xi64>
// CHECK-NEXT: %[[V1:.*]] = prim.reshape %[[V0]] : tensor<1xi64> -> tensor<i64>
// CHECK-NEXT: prim.define_symbol "$shape.0" = %[[V1]] : tensor<i64>
// CHECK-NEXT: %[[V2:.*]] = prim.slice %arg1 starts [1] steps [1] : tensor<2xi64> -> tensor<1xi64>
// CHECK-NEXT: %[[V3:.*]] = prim.reshape %[[V2]] : tensor<1xi64> -> tensor<i64>
// CHECK-NEXT: prim.define_symbol "$shape.1" = %[[V3]] : tensor<i64>
// CHECK-NEXT: prim.require 3 equals "select(iszero($shape.0 - 1), 3, $shape.0)", "Expand: a dimension can be expanded only from 1"
// CHECK-NEXT: %[[V4:.*]] = prim.broadcast %arg0 axes [0, 1] : tensor<3x1xf32> -> tensor<3x?xf32, #prim.shape<3, "$shape.1">>
// CHECK-NEXT: return %[[V4]]
func.func @expand_at_run_time(%x: tensor<3x1xf32> {onnx.name = "x"}, %s: tensor<2xi64> {onnx.name = "s"}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Expand"(%x, %s) : (tensor<3x1xf32>, tensor<2xi64>) -> !onnx.any
  return %y : !onnx.any
}

// The rank follows from the number of axes, the sizes from their values.
// CHECK-LABEL: func.func @unsqueeze_runtime_axes(
// CHECK: prim.define_symbol "$axes
// CHECK: prim.require
// CHECK: prim.reshape %arg0 {{.*}} -> tensor<?x?x?xf32
func.func @unsqueeze_runtime_axes(%x: tensor<3x4xf32> {onnx.name = "x"}, %a: tensor<1xi64> {onnx.name = "a"}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Unsqueeze"(%x, %a) : (tensor<3x4xf32>, tensor<1xi64>) -> !onnx.any
  return %y : !onnx.any
}

// As many iterations as may run are written out; what one that does not run computes is dropped.
// CHECK-LABEL: func.func @open_loop(
// CHECK: prim.require "max(max($'the trip count.0', 0), 32)" equals 32, "Loop: more than 32 iterations, whose number is open"
// CHECK: prim.index_expr "nonneg(max(
// CHECK: prim.select
func.func @open_loop(%m: tensor<i64> {onnx.name = "m"}, %x: tensor<?xf32> {onnx.name = "x", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %none = onnx.none
  %y = "onnx.Loop"(%m, %none, %x) ({
  ^bb0(%i: !onnx.any, %c: !onnx.any, %v: !onnx.any):
    %s = "onnx.Add"(%v, %v) : (!onnx.any, !onnx.any) -> !onnx.any
    onnx.yield %c, %s : !onnx.any, !onnx.any
  }) {onnx.regions = ["body"]} : (tensor<i64>, none, tensor<?xf32>) -> !onnx.any
  return %y : !onnx.any
}
