// RUN: dsc-opt %s --onnx-to-prim | FileCheck %s

// CHECK-LABEL: func.func @add_broadcasts(
// CHECK-NEXT: %[[V0:.*]] = prim.broadcast %arg1 axes [1] : tensor<4xf32> -> tensor<?x4xf32, #prim.shape<"n", 4>>
// CHECK-NEXT: %[[V1:.*]] = prim.binary add %arg0, %[[V0]] : tensor<?x4xf32, #prim.shape<"n", 4>>
// CHECK-NEXT: return %[[V1]]
func.func @add_broadcasts(%a0: tensor<?x4xf32> {onnx.name = "a0", onnx.dims = ["n", ""]}, %a1: tensor<4xf32> {onnx.name = "a1"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Add"(%a0, %a1) : (tensor<?x4xf32>, tensor<4xf32>) -> !onnx.any
  return %y : !onnx.any
}

// In a model, which has weights, sizes under two names are one size.
// CHECK-LABEL: func.func @sub_unifies(
// CHECK-NEXT: %[[V0:.*]] = prim.binary sub %arg0, %arg1 : tensor<?x4xf32, #prim.shape<"n", 4>>
// CHECK-NEXT: return %[[V0]]
func.func @sub_unifies(%a0: tensor<?x4xf32> {onnx.name = "a0", onnx.dims = ["n", ""]}, %a1: tensor<?x4xf32> {onnx.name = "a1", onnx.dims = ["m", ""]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %w = onnx.constant dense<1.0> : tensor<4x4xf32>
  %y = "onnx.Sub"(%a0, %a1) : (tensor<?x4xf32>, tensor<?x4xf32>) -> !onnx.any
  return %y : !onnx.any
}

// In a formula either may be 1 at run time.
// CHECK-LABEL: func.func @sub_stretches(
// CHECK-NEXT: prim.require "iszero(iszero(m - 1) + iszero(n - 1) + iszero(m - n))" equals 0, "Sub: sizes of operands along dimension 0: n and m differ, and neither is 1"
// CHECK-NEXT: %[[I0:.*]] = prim.index_expr "min(d0, n - 1)" : tensor<?xi64, #prim.shape<"select(iszero(n - 1), m, n)">>
// CHECK-NEXT: %[[V0:.*]] = prim.take %arg0, %[[I0]] axis 0
// CHECK-NEXT: %[[I1:.*]] = prim.index_expr "min(d0, m - 1)" : tensor<?xi64, #prim.shape<"select(iszero(n - 1), m, n)">>
// CHECK-NEXT: %[[V1:.*]] = prim.take %arg1, %[[I1]] axis 0
// CHECK-NEXT: prim.binary sub %[[V0]], %[[V1]] : tensor<?x4xf32, #prim.shape<"select(iszero(n - 1), m, n)", 4>>
func.func @sub_stretches(%a0: tensor<?x4xf32> {onnx.name = "a0", onnx.dims = ["n", ""]}, %a1: tensor<?x4xf32> {onnx.name = "a1", onnx.dims = ["m", ""]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Sub"(%a0, %a1) : (tensor<?x4xf32>, tensor<?x4xf32>) -> !onnx.any
  return %y : !onnx.any
}

// A constant size stays; the other is it or 1.
// CHECK-LABEL: func.func @stretch_to_constant(
// CHECK-NEXT: prim.require "iszero(iszero(m - 3) + iszero(m - 1))" equals 0
// CHECK-NEXT: %[[I:.*]] = prim.index_expr "min(d0, m - 1)" : tensor<3xi64>
// CHECK-NEXT: %[[V:.*]] = prim.take %arg1, %[[I]] axis 0
// CHECK-NEXT: prim.binary add %arg0, %[[V]] : tensor<3xf32>
func.func @stretch_to_constant(%a0: tensor<3xf32> {onnx.name = "a0"}, %a1: tensor<?xf32> {onnx.name = "a1", onnx.dims = ["m"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Add"(%a0, %a1) : (tensor<3xf32>, tensor<?xf32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @div_integers(
// CHECK-NEXT: %[[V0:.*]] = prim.binary div %arg0, %arg1 : tensor<?xi64, #prim.shape<"n">>
// CHECK-NEXT: return %[[V0]]
func.func @div_integers(%a0: tensor<?xi64> {onnx.name = "a0", onnx.dims = ["n"]}, %a1: tensor<?xi64> {onnx.name = "a1", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Div"(%a0, %a1) : (tensor<?xi64>, tensor<?xi64>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @mod(
// CHECK-NEXT: %[[V0:.*]] = prim.binary mod %arg0, %arg1 : tensor<?xi64, #prim.shape<"n">>
// CHECK-NEXT: return %[[V0]]
func.func @mod(%a0: tensor<?xi64> {onnx.name = "a0", onnx.dims = ["n"]}, %a1: tensor<?xi64> {onnx.name = "a1", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Mod"(%a0, %a1) : (tensor<?xi64>, tensor<?xi64>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @fmod(
// CHECK-NEXT: %[[V0:.*]] = prim.binary rem %arg0, %arg1 : tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: return %[[V0]]
func.func @fmod(%a0: tensor<?xf32> {onnx.name = "a0", onnx.dims = ["n"]}, %a1: tensor<?xf32> {onnx.name = "a1", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Mod"(%a0, %a1) {fmod = 1 : i64} : (tensor<?xf32>, tensor<?xf32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @pow_square(
// CHECK-NEXT: %[[V0:.*]] = prim.binary mul %arg0, %arg0 : tensor<?x4xf32, #prim.shape<"n", 4>>
// CHECK-NEXT: return %[[V0]]
func.func @pow_square(%x: tensor<?x4xf32> {onnx.name = "x", onnx.dims = ["n", ""]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %c = onnx.constant dense<2.0> : tensor<f32>
  %y = "onnx.Pow"(%x, %c) : (tensor<?x4xf32>, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// The exponent may have the higher rank.
// CHECK-LABEL: func.func @pow_root_of_higher_rank(
// CHECK-NEXT: %[[V0:.*]] = prim.broadcast %arg0 axes [1] : tensor<4xf32> -> tensor<2x4xf32>
// CHECK-NEXT: %[[V1:.*]] = prim.unary sqrt %[[V0]] : tensor<2x4xf32> -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V1]]
func.func @pow_root_of_higher_rank(%x: tensor<4xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %c = onnx.constant dense<0.5> : tensor<2x1xf32>
  %y = "onnx.Pow"(%x, %c) : (tensor<4xf32>, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// The result has the type of the base.
// CHECK-LABEL: func.func @pow_half_cube(
// CHECK-NEXT: %[[V0:.*]] = prim.constant dense<3.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[V1:.*]] = prim.broadcast %[[V0]] axes [] : tensor<f32> -> tensor<3xf32>
// CHECK-NEXT: %[[V2:.*]] = prim.convert %arg0 : tensor<3xf16> -> tensor<3xf32>
// CHECK-NEXT: %[[V3:.*]] = prim.binary pow %[[V2]], %[[V1]] : tensor<3xf32>
// CHECK-NEXT: %[[V4:.*]] = prim.convert %[[V3]] : tensor<3xf32> -> tensor<3xf16>
// CHECK-NEXT: return %[[V4]]
func.func @pow_half_cube(%x: tensor<3xf16> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %c = onnx.constant dense<3.0> : tensor<f32>
  %y = "onnx.Pow"(%x, %c) : (tensor<3xf16>, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @pow_integer_base(
// CHECK-NEXT: %[[V0:.*]] = prim.convert %arg0 : tensor<3xi32> -> tensor<3xf64>
// CHECK-NEXT: %[[V1:.*]] = prim.convert %arg1 : tensor<3xf32> -> tensor<3xf64>
// CHECK-NEXT: %[[V2:.*]] = prim.binary pow %[[V0]], %[[V1]] : tensor<3xf64>
// CHECK-NEXT: %[[V3:.*]] = prim.convert %[[V2]] : tensor<3xf64> -> tensor<3xi32>
// Where the exponent is an integer from 0 to 63 the power is exact: squares and products of integers.
// CHECK: prim.unary floor %arg1
// CHECK: %[[RANGE:.*]] = prim.binary and
// CHECK-NEXT: %[[EXACT:.*]] = prim.binary and %{{.*}}, %[[RANGE]] : tensor<3xi1>
// CHECK: %[[R:.*]] = prim.select %[[EXACT]], %{{.*}}, %[[V3]] : tensor<3xi1>, tensor<3xi32>
// CHECK-NEXT: return %[[R]]
func.func @pow_integer_base(%a0: tensor<3xi32> {onnx.name = "a0"}, %a1: tensor<3xf32> {onnx.name = "a1"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Pow"(%a0, %a1) : (tensor<3xi32>, tensor<3xf32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @max_of_three(
// CHECK-NEXT: %[[V0:.*]] = prim.broadcast %arg1 axes [1] : tensor<4xf32> -> tensor<?x4xf32, #prim.shape<"n", 4>>
// CHECK-NEXT: %[[V1:.*]] = prim.broadcast %arg2 axes [] : tensor<f32> -> tensor<?x4xf32, #prim.shape<"n", 4>>
// CHECK-NEXT: %[[V2:.*]] = prim.binary max %arg0, %[[V0]] : tensor<?x4xf32, #prim.shape<"n", 4>>
// CHECK-NEXT: %[[V3:.*]] = prim.binary max %[[V2]], %[[V1]] : tensor<?x4xf32, #prim.shape<"n", 4>>
// CHECK-NEXT: return %[[V3]]
func.func @max_of_three(%a0: tensor<?x4xf32> {onnx.name = "a0", onnx.dims = ["n", ""]}, %a1: tensor<4xf32> {onnx.name = "a1"}, %a2: tensor<f32> {onnx.name = "a2"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Max"(%a0, %a1, %a2) : (tensor<?x4xf32>, tensor<4xf32>, tensor<f32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @mean_of_two(
// CHECK-NEXT: %[[V0:.*]] = prim.broadcast %arg1 axes [1] : tensor<4xf32> -> tensor<?x4xf32, #prim.shape<"n", 4>>
// CHECK-NEXT: %[[V1:.*]] = prim.binary add %arg0, %[[V0]] : tensor<?x4xf32, #prim.shape<"n", 4>>
// CHECK-NEXT: %[[V2:.*]] = prim.constant dense<2.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[V3:.*]] = prim.broadcast %[[V2]] axes [] : tensor<f32> -> tensor<?x4xf32, #prim.shape<"n", 4>>
// CHECK-NEXT: %[[V4:.*]] = prim.binary div %[[V1]], %[[V3]] : tensor<?x4xf32, #prim.shape<"n", 4>>
// CHECK-NEXT: return %[[V4]]
func.func @mean_of_two(%a0: tensor<?x4xf32> {onnx.name = "a0", onnx.dims = ["n", ""]}, %a1: tensor<4xf32> {onnx.name = "a1"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Mean"(%a0, %a1) : (tensor<?x4xf32>, tensor<4xf32>) -> !onnx.any
  return %y : !onnx.any
}

// Many steps round once.
// CHECK-LABEL: func.func @sum_of_halves(
// CHECK-NEXT: %[[V0:.*]] = prim.convert %arg0 : tensor<3xf16> -> tensor<3xf32>
// CHECK-NEXT: %[[V1:.*]] = prim.convert %arg1 : tensor<3xf16> -> tensor<3xf32>
// CHECK-NEXT: %[[V2:.*]] = prim.binary add %[[V0]], %[[V1]] : tensor<3xf32>
// CHECK-NEXT: %[[V3:.*]] = prim.convert %arg2 : tensor<3xf16> -> tensor<3xf32>
// CHECK-NEXT: %[[V4:.*]] = prim.binary add %[[V2]], %[[V3]] : tensor<3xf32>
// CHECK-NEXT: %[[V5:.*]] = prim.convert %[[V4]] : tensor<3xf32> -> tensor<3xf16>
// CHECK-NEXT: return %[[V5]]
func.func @sum_of_halves(%a0: tensor<3xf16> {onnx.name = "a0"}, %a1: tensor<3xf16> {onnx.name = "a1"}, %a2: tensor<3xf16> {onnx.name = "a2"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Sum"(%a0, %a1, %a2) : (tensor<3xf16>, tensor<3xf16>, tensor<3xf16>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @clip_attributes(
// CHECK-NEXT: %[[V0:.*]] = prim.constant dense<-1.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[V1:.*]] = prim.constant dense<6.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[V2:.*]] = prim.broadcast %[[V0]] axes [] : tensor<f32> -> tensor<?x4xf32, #prim.shape<"n", 4>>
// CHECK-NEXT: %[[V3:.*]] = prim.binary max %arg0, %[[V2]] : tensor<?x4xf32, #prim.shape<"n", 4>>
// CHECK-NEXT: %[[V4:.*]] = prim.broadcast %[[V1]] axes [] : tensor<f32> -> tensor<?x4xf32, #prim.shape<"n", 4>>
// CHECK-NEXT: %[[V5:.*]] = prim.binary min %[[V3]], %[[V4]] : tensor<?x4xf32, #prim.shape<"n", 4>>
// CHECK-NEXT: return %[[V5]]
func.func @clip_attributes(%a0: tensor<?x4xf32> {onnx.name = "a0", onnx.dims = ["n", ""]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 6 : i64}} {
  %y = "onnx.Clip"(%a0) {min = -1.0 : f32, max = 6.0 : f32} : (tensor<?x4xf32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @clip_attribute_absent(
// CHECK-NEXT: %[[V0:.*]] = prim.constant dense<6.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[V1:.*]] = prim.broadcast %[[V0]] axes [] : tensor<f32> -> tensor<?x4xf32, #prim.shape<"n", 4>>
// CHECK-NEXT: %[[V2:.*]] = prim.binary min %arg0, %[[V1]] : tensor<?x4xf32, #prim.shape<"n", 4>>
// CHECK-NEXT: return %[[V2]]
func.func @clip_attribute_absent(%a0: tensor<?x4xf32> {onnx.name = "a0", onnx.dims = ["n", ""]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 6 : i64}} {
  %y = "onnx.Clip"(%a0) {max = 6.0 : f32} : (tensor<?x4xf32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @clip_without_minimum(
// CHECK-NEXT: %[[V0:.*]] = prim.broadcast %arg1 axes [] : tensor<f32> -> tensor<?x4xf32, #prim.shape<"n", 4>>
// CHECK-NEXT: %[[V1:.*]] = prim.binary min %arg0, %[[V0]] : tensor<?x4xf32, #prim.shape<"n", 4>>
// CHECK-NEXT: return %[[V1]]
func.func @clip_without_minimum(%x: tensor<?x4xf32> {onnx.name = "x", onnx.dims = ["n", ""]}, %high: tensor<f32> {onnx.name = "high"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %none = onnx.none
  %y = "onnx.Clip"(%x, %none, %high) : (tensor<?x4xf32>, none, tensor<f32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @round(
// CHECK-NEXT: %[[V0:.*]] = prim.unary round_even %arg0 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
// CHECK-NEXT: return %[[V0]]
func.func @round(%a0: tensor<?x4xf32> {onnx.name = "a0", onnx.dims = ["n", ""]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Round"(%a0) : (tensor<?x4xf32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @abs_integers(
// CHECK-NEXT: %[[V0:.*]] = prim.unary abs %arg0 : tensor<?xi64, #prim.shape<"n">> -> tensor<?xi64, #prim.shape<"n">>
// CHECK-NEXT: return %[[V0]]
func.func @abs_integers(%a0: tensor<?xi64> {onnx.name = "a0", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Abs"(%a0) : (tensor<?xi64>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @dropout_keeps_all(
// CHECK-NEXT: %[[V0:.*]] = prim.constant dense<true> : tensor<i1>
// CHECK-NEXT: %[[V1:.*]] = prim.broadcast %[[V0]] axes [] : tensor<i1> -> tensor<?x4xi1, #prim.shape<"n", 4>>
// CHECK-NEXT: return %arg0, %[[V1]]
func.func @dropout_keeps_all(%a0: tensor<?x4xf32> {onnx.name = "a0", onnx.dims = ["n", ""]}) -> (!onnx.any {onnx.name = "y0"}, !onnx.any {onnx.name = "y1"}) attributes {onnx.opsets = {ai.onnx = 13 : i64}} {
  %y:2 = "onnx.Dropout"(%a0) : (tensor<?x4xf32>) -> (!onnx.any, !onnx.any)
  return %y#0, %y#1 : !onnx.any, !onnx.any
}

// How many axes there are tells the rank that the file gives the result.
// CHECK-LABEL: func.func @reduce_open_axes(
// CHECK-SAME: %arg1: tensor<1xi64>
// CHECK: prim.reduce  sum
// CHECK: return %{{.*}} : tensor<?xf32,
func.func @reduce_open_axes(%x: tensor<?x4xf32> {onnx.name = "x", onnx.dims = ["n", ""]}, %a: tensor<?xi64> {onnx.name = "a", onnx.dims = ["k"]}) -> (!onnx.any {onnx.name = "y", onnx.dims = ["r"]}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.ReduceSum"(%x, %a) {keepdims = 0 : i64} : (tensor<?x4xf32>, tensor<?xi64>) -> !onnx.any
  return %y : !onnx.any
}

// No more starts than dimensions; those that are not there leave their dimension whole.
// CHECK-LABEL: func.func @slice_open_starts(
// CHECK: prim.require "max(k, 2)" equals 2, "Slice: starts has more than 2 elements"
// CHECK: prim.pad %arg1, %{{.*}} low [0] : tensor<?xi64, #prim.shape<"k">>, tensor<i64> -> tensor<2xi64>
// CHECK: prim.slice %arg0 starts ["select(
func.func @slice_open_starts(%x: tensor<3x4xf32> {onnx.name = "x"}, %s: tensor<?xi64> {onnx.name = "s", onnx.dims = ["k"]}, %e: tensor<?xi64> {onnx.name = "e", onnx.dims = ["l"]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Slice"(%x, %s, %e) : (tensor<3x4xf32>, tensor<?xi64>, tensor<?xi64>) -> !onnx.any
  return %y : !onnx.any
}
