// RUN: dsc-opt %s --onnx-to-prim | FileCheck %s

// CHECK-LABEL: func.func @sum_attribute(
// CHECK-NEXT: %[[V0:.*]] = prim.reduce sum %arg0 axes [2] : tensor<?x3x4xf32, #prim.shape<"n", 3, 4>> -> tensor<?x3xf32, #prim.shape<"n", 3>>
// CHECK-NEXT: %[[V1:.*]] = prim.reshape %[[V0]] : tensor<?x3xf32, #prim.shape<"n", 3>> -> tensor<?x3x1xf32, #prim.shape<"n", 3, 1>>
// CHECK-NEXT: return %[[V1]]
func.func @sum_attribute(%a0: tensor<?x3x4xf32> {onnx.name = "a0", onnx.dims = ["n", "", ""]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 11 : i64}} {
  %y = "onnx.ReduceSum"(%a0) {axes = array<i64: -1>} : (tensor<?x3x4xf32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @sum_input(
// CHECK-NEXT: %[[V0:.*]] = prim.reduce sum %arg0 axes [1, 2] : tensor<?x3x4xf32, #prim.shape<"n", 3, 4>> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: return %[[V0]]
func.func @sum_input(%x: tensor<?x3x4xf32> {onnx.name = "x", onnx.dims = ["n", "", ""]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 13 : i64}} {
  %axes = onnx.constant dense<[-1, 1]> : tensor<2xi64>
  %y = "onnx.ReduceSum"(%x, %axes) {keepdims = 0 : i64} : (tensor<?x3x4xf32>, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @sum_all(
// CHECK-NEXT: %[[V0:.*]] = prim.reduce sum %arg0 axes [0, 1, 2] : tensor<?x3x4xf32, #prim.shape<"n", 3, 4>> -> tensor<f32>
// CHECK-NEXT: return %[[V0]]
func.func @sum_all(%a0: tensor<?x3x4xf32> {onnx.name = "a0", onnx.dims = ["n", "", ""]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 13 : i64}} {
  %y = "onnx.ReduceSum"(%a0) {keepdims = 0 : i64} : (tensor<?x3x4xf32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @sum_none(
// CHECK-NEXT: return %arg0
func.func @sum_none(%a0: tensor<?x3x4xf32> {onnx.name = "a0", onnx.dims = ["n", "", ""]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 13 : i64}} {
  %y = "onnx.ReduceSum"(%a0) {noop_with_empty_axes = 1 : i64} : (tensor<?x3x4xf32>) -> !onnx.any
  return %y : !onnx.any
}

// No reduction, but the function of the elements.
// CHECK-LABEL: func.func @square_none(
// CHECK-NEXT: %[[V0:.*]] = prim.binary mul %arg0, %arg0 : tensor<?x3x4xf32, #prim.shape<"n", 3, 4>>
// CHECK-NEXT: return %[[V0]]
func.func @square_none(%a0: tensor<?x3x4xf32> {onnx.name = "a0", onnx.dims = ["n", "", ""]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 18 : i64}} {
  %y = "onnx.ReduceSumSquare"(%a0) {noop_with_empty_axes = 1 : i64} : (tensor<?x3x4xf32>) -> !onnx.any
  return %y : !onnx.any
}

// A sum beyond the range of f16 is none of the mean.
// CHECK-LABEL: func.func @mean_half(
// CHECK-NEXT: %[[V0:.*]] = prim.convert %arg0 : tensor<?xf16, #prim.shape<"n">> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V1:.*]] = prim.reduce sum %[[V0]] axes [0] : tensor<?xf32, #prim.shape<"n">> -> tensor<f32>
// CHECK-NEXT: %[[V2:.*]] = prim.exprs ["n"] : tensor<1xi64>
// CHECK-NEXT: %[[V3:.*]] = prim.reshape %[[V2]] : tensor<1xi64> -> tensor<i64>
// CHECK-NEXT: %[[V4:.*]] = prim.convert %[[V3]] : tensor<i64> -> tensor<f32>
// CHECK-NEXT: %[[V5:.*]] = prim.binary div %[[V1]], %[[V4]] : tensor<f32>
// CHECK-NEXT: %[[V6:.*]] = prim.convert %[[V5]] : tensor<f32> -> tensor<f16>
// CHECK-NEXT: return %[[V6]]
func.func @mean_half(%x: tensor<?xf16> {onnx.name = "x", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 18 : i64}} {
  %axes = onnx.constant dense<[0]> : tensor<1xi64>
  %y = "onnx.ReduceMean"(%x, %axes) {keepdims = 0 : i64} : (tensor<?xf16>, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @max_bool(
// CHECK-NEXT: %[[V0:.*]] = prim.reduce max %arg0 axes [1] : tensor<?x4xi1, #prim.shape<"n", 4>> -> tensor<?xi1, #prim.shape<"n">>
// CHECK-NEXT: return %[[V0]]
func.func @max_bool(%x: tensor<?x4xi1> {onnx.name = "x", onnx.dims = ["n", ""]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %axes = onnx.constant dense<[1]> : tensor<1xi64>
  %y = "onnx.ReduceMax"(%x, %axes) {keepdims = 0 : i64} : (tensor<?x4xi1>, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @l2(
// CHECK-NEXT: %[[V0:.*]] = prim.binary mul %arg0, %arg0 : tensor<?x3x4xf32, #prim.shape<"n", 3, 4>>
// CHECK-NEXT: %[[V1:.*]] = prim.reduce sum %[[V0]] axes [2] : tensor<?x3x4xf32, #prim.shape<"n", 3, 4>> -> tensor<?x3xf32, #prim.shape<"n", 3>>
// CHECK-NEXT: %[[V2:.*]] = prim.reshape %[[V1]] : tensor<?x3xf32, #prim.shape<"n", 3>> -> tensor<?x3x1xf32, #prim.shape<"n", 3, 1>>
// CHECK-NEXT: %[[V3:.*]] = prim.unary sqrt %[[V2]] : tensor<?x3x1xf32, #prim.shape<"n", 3, 1>> -> tensor<?x3x1xf32, #prim.shape<"n", 3, 1>>
// CHECK-NEXT: return %[[V3]]
func.func @l2(%x: tensor<?x3x4xf32> {onnx.name = "x", onnx.dims = ["n", "", ""]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 18 : i64}} {
  %axes = onnx.constant dense<[2]> : tensor<1xi64>
  %y = "onnx.ReduceL2"(%x, %axes) : (tensor<?x3x4xf32>, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @log_sum_exp(
// CHECK-NEXT: %[[V0:.*]] = prim.reduce max %arg0 axes [2] : tensor<?x3x4xf32, #prim.shape<"n", 3, 4>> -> tensor<?x3xf32, #prim.shape<"n", 3>>
// CHECK-NEXT: %[[V1:.*]] = prim.reshape %[[V0]] : tensor<?x3xf32, #prim.shape<"n", 3>> -> tensor<?x3x1xf32, #prim.shape<"n", 3, 1>>
// CHECK-NEXT: %[[V2:.*]] = prim.constant dense<0.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[V3:.*]] = prim.broadcast %[[V2]] axes [] : tensor<f32> -> tensor<?x3x1xf32, #prim.shape<"n", 3, 1>>
// CHECK-NEXT: %[[V4:.*]] = prim.unary is_inf %[[V1]] : tensor<?x3x1xf32, #prim.shape<"n", 3, 1>> -> tensor<?x3x1xi1, #prim.shape<"n", 3, 1>>
// CHECK-NEXT: %[[V5:.*]] = prim.select %[[V4]], %[[V3]], %[[V1]] : tensor<?x3x1xi1, #prim.shape<"n", 3, 1>>, tensor<?x3x1xf32, #prim.shape<"n", 3, 1>>
// CHECK-NEXT: %[[V6:.*]] = prim.broadcast %[[V5]] axes [0, 1, 2] : tensor<?x3x1xf32, #prim.shape<"n", 3, 1>> -> tensor<?x3x4xf32, #prim.shape<"n", 3, 4>>
// CHECK-NEXT: %[[V7:.*]] = prim.binary sub %arg0, %[[V6]] : tensor<?x3x4xf32, #prim.shape<"n", 3, 4>>
// CHECK-NEXT: %[[V8:.*]] = prim.unary exp %[[V7]] : tensor<?x3x4xf32, #prim.shape<"n", 3, 4>> -> tensor<?x3x4xf32, #prim.shape<"n", 3, 4>>
// CHECK-NEXT: %[[V9:.*]] = prim.reduce sum %[[V8]] axes [2] : tensor<?x3x4xf32, #prim.shape<"n", 3, 4>> -> tensor<?x3xf32, #prim.shape<"n", 3>>
// CHECK-NEXT: %[[V10:.*]] = prim.reshape %[[V9]] : tensor<?x3xf32, #prim.shape<"n", 3>> -> tensor<?x3x1xf32, #prim.shape<"n", 3, 1>>
// CHECK-NEXT: %[[V11:.*]] = prim.unary log %[[V10]] : tensor<?x3x1xf32, #prim.shape<"n", 3, 1>> -> tensor<?x3x1xf32, #prim.shape<"n", 3, 1>>
// CHECK-NEXT: %[[V12:.*]] = prim.binary add %[[V11]], %[[V5]] : tensor<?x3x1xf32, #prim.shape<"n", 3, 1>>
// CHECK-NEXT: return %[[V12]]
func.func @log_sum_exp(%x: tensor<?x3x4xf32> {onnx.name = "x", onnx.dims = ["n", "", ""]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 18 : i64}} {
  %axes = onnx.constant dense<[2]> : tensor<1xi64>
  %y = "onnx.ReduceLogSumExp"(%x, %axes) : (tensor<?x3x4xf32>, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @axes_at_run_time(
// CHECK-NEXT: %[[V0:.*]] = prim.reshape %arg1 : tensor<1xi64> -> tensor<i64>
// CHECK-NEXT: prim.define_symbol "$axes.0" = %[[V0]] : tensor<i64>
// CHECK-NEXT: prim.require "nonneg($axes.0 + 2)*nonneg(-$axes.0 + 1)" equals 1, "ReduceSum: axes out of range or given twice"
// CHECK-NEXT: %[[V1:.*]] = prim.reshape %arg0 : tensor<2x3xf32> -> tensor<?x?x?x?xf32, #prim.shape<"select(iszero(select(nonneg(-$axes.0 - 1), $axes.0 + 2, $axes.0)), 1, 2)", "select(iszero(select(nonneg(-$axes.0 - 1), $axes.0 + 2, $axes.0)), 2, 1)", "select(iszero(select(nonneg(-$axes.0 - 1), $axes.0 + 2, $axes.0) - 1), 1, 3)", "select(iszero(select(nonneg(-$axes.0 - 1), $axes.0 + 2, $axes.0) - 1), 3, 1)">>
// CHECK-NEXT: %[[V2:.*]] = prim.reduce sum %[[V1]] axes [1, 3] : tensor<?x?x?x?xf32, #prim.shape<"select(iszero(select(nonneg(-$axes.0 - 1), $axes.0 + 2, $axes.0)), 1, 2)", "select(iszero(select(nonneg(-$axes.0 - 1), $axes.0 + 2, $axes.0)), 2, 1)", "select(iszero(select(nonneg(-$axes.0 - 1), $axes.0 + 2, $axes.0) - 1), 1, 3)", "select(iszero(select(nonneg(-$axes.0 - 1), $axes.0 + 2, $axes.0) - 1), 3, 1)">> -> tensor<?x?xf32, #prim.shape<"select(iszero(select(nonneg(-$axes.0 - 1), $axes.0 + 2, $axes.0)), 1, 2)", "select(iszero(select(nonneg(-$axes.0 - 1), $axes.0 + 2, $axes.0) - 1), 1, 3)">>
// CHECK-NEXT: return %[[V2]]
func.func @axes_at_run_time(%x: tensor<2x3xf32> {onnx.name = "x"}, %axes: tensor<1xi64> {onnx.name = "axes"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 13 : i64}} {
  %y = "onnx.ReduceSum"(%x, %axes) : (tensor<2x3xf32>, tensor<1xi64>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @axes_at_run_time_dropped(
// CHECK-NEXT: %[[V0:.*]] = prim.reshape %arg1 : tensor<1xi64> -> tensor<i64>
// CHECK-NEXT: prim.define_symbol "$axes.0" = %[[V0]] : tensor<i64>
// CHECK-NEXT: prim.require "nonneg($axes.0 + 2)*nonneg(-$axes.0 + 1)" equals 1, "ReduceMax: axes out of range or given twice"
// CHECK-NEXT: %[[V1:.*]] = prim.reshape %arg0 : tensor<2x3xf32> -> tensor<?x?x?x?xf32, #prim.shape<"select(iszero(select(nonneg(-$axes.0 - 1), $axes.0 + 2, $axes.0)), 1, 2)", "select(iszero(select(nonneg(-$axes.0 - 1), $axes.0 + 2, $axes.0)), 2, 1)", "select(iszero(select(nonneg(-$axes.0 - 1), $axes.0 + 2, $axes.0) - 1), 1, 3)", "select(iszero(select(nonneg(-$axes.0 - 1), $axes.0 + 2, $axes.0) - 1), 3, 1)">>
// CHECK-NEXT: %[[V2:.*]] = prim.reduce max %[[V1]] axes [1, 3] : tensor<?x?x?x?xf32, #prim.shape<"select(iszero(select(nonneg(-$axes.0 - 1), $axes.0 + 2, $axes.0)), 1, 2)", "select(iszero(select(nonneg(-$axes.0 - 1), $axes.0 + 2, $axes.0)), 2, 1)", "select(iszero(select(nonneg(-$axes.0 - 1), $axes.0 + 2, $axes.0) - 1), 1, 3)", "select(iszero(select(nonneg(-$axes.0 - 1), $axes.0 + 2, $axes.0) - 1), 3, 1)">> -> tensor<?x?xf32, #prim.shape<"select(iszero(select(nonneg(-$axes.0 - 1), $axes.0 + 2, $axes.0)), 1, 2)", "select(iszero(select(nonneg(-$axes.0 - 1), $axes.0 + 2, $axes.0) - 1), 1, 3)">>
// CHECK-NEXT: %[[V3:.*]] = prim.reshape %[[V2]] : tensor<?x?xf32, #prim.shape<"select(iszero(select(nonneg(-$axes.0 - 1), $axes.0 + 2, $axes.0)), 1, 2)", "select(iszero(select(nonneg(-$axes.0 - 1), $axes.0 + 2, $axes.0) - 1), 1, 3)">> -> tensor<?xf32, #prim.shape<"select(iszero(select(nonneg(-$axes.0 - 1), $axes.0 + 2, $axes.0)) - iszero(select(nonneg(-$axes.0 - 1), $axes.0 + 2, $axes.0))*iszero(select(nonneg(-$axes.0 - 1), $axes.0 + 2, $axes.0) - 1), select(iszero(select(nonneg(-$axes.0 - 1), $axes.0 + 2, $axes.0) - 1), 1, 3), select(-iszero(select(nonneg(-$axes.0 - 1), $axes.0 + 2, $axes.0)) + 1, select(iszero(select(nonneg(-$axes.0 - 1), $axes.0 + 2, $axes.0)), 1, 2), 1))">>
// CHECK-NEXT: return %[[V3]]
func.func @axes_at_run_time_dropped(%x: tensor<2x3xf32> {onnx.name = "x"}, %axes: tensor<1xi64> {onnx.name = "axes"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.ReduceMax"(%x, %axes) {keepdims = 0 : i64} : (tensor<2x3xf32>, tensor<1xi64>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @argmax(
// CHECK-NEXT: %[[V0:.*]] = prim.arg_reduce max %arg0 axis 2 : tensor<?x3x4xf32, #prim.shape<"n", 3, 4>> -> tensor<?x3xi64, #prim.shape<"n", 3>>
// CHECK-NEXT: %[[V1:.*]] = prim.reshape %[[V0]] : tensor<?x3xi64, #prim.shape<"n", 3>> -> tensor<?x3x1xi64, #prim.shape<"n", 3, 1>>
// CHECK-NEXT: return %[[V1]]
func.func @argmax(%a0: tensor<?x3x4xf32> {onnx.name = "a0", onnx.dims = ["n", "", ""]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.ArgMax"(%a0) {axis = -1 : i64} : (tensor<?x3x4xf32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @argmin_last(
// CHECK-NEXT: %[[V0:.*]] = prim.arg_reduce min %arg0 axis 1 last : tensor<?x3x4xf32, #prim.shape<"n", 3, 4>> -> tensor<?x4xi64, #prim.shape<"n", 4>>
// CHECK-NEXT: return %[[V0]]
func.func @argmin_last(%a0: tensor<?x3x4xf32> {onnx.name = "a0", onnx.dims = ["n", "", ""]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.ArgMin"(%a0) {axis = 1 : i64, keepdims = 0 : i64, select_last_index = 1 : i64} : (tensor<?x3x4xf32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @cumsum(
// CHECK-NEXT: %[[V0:.*]] = prim.cumsum %arg0 axis 1 exclusive reverse : tensor<?x4xf32, #prim.shape<"n", 4>>
// CHECK-NEXT: return %[[V0]]
func.func @cumsum(%x: tensor<?x4xf32> {onnx.name = "x", onnx.dims = ["n", ""]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %c = onnx.constant dense<-1> : tensor<i64>
  %y = "onnx.CumSum"(%x, %c) {exclusive = 1 : i64, reverse = 1 : i64} : (tensor<?x4xf32>, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @cumsum_axis_at_run_time(
// CHECK-NEXT: %[[V0:.*]] = prim.reshape %arg1 : tensor<i64> -> tensor<1xi64>
// CHECK-NEXT: %[[V1:.*]] = prim.reshape %[[V0]] : tensor<1xi64> -> tensor<i64>
// CHECK-NEXT: prim.define_symbol "$axis.0" = %[[V1]] : tensor<i64>
// CHECK-NEXT: prim.require "nonneg($axis.0 + 2)*nonneg(-$axis.0 + 1)" equals 1, "CumSum: axes out of range or given twice"
// CHECK-NEXT: %[[V2:.*]] = prim.reshape %arg0 : tensor<2x3xf32> -> tensor<?x?x?xf32, #prim.shape<"select(nonneg(select(nonneg(-$axis.0 - 1), $axis.0 + 2, $axis.0) - 2), 3, 1)*select(nonneg(select(nonneg(-$axis.0 - 1), $axis.0 + 2, $axis.0) - 1), 2, 1)", "select(iszero(select(nonneg(-$axis.0 - 1), $axis.0 + 2, $axis.0)), 2, 1)*select(iszero(select(nonneg(-$axis.0 - 1), $axis.0 + 2, $axis.0) - 1), 3, 1)", "select(nonneg(-select(nonneg(-$axis.0 - 1), $axis.0 + 2, $axis.0)), 3, 1)*select(nonneg(-select(nonneg(-$axis.0 - 1), $axis.0 + 2, $axis.0) - 1), 2, 1)">>
// CHECK-NEXT: %[[V3:.*]] = prim.cumsum %[[V2]] axis 1 : tensor<?x?x?xf32, #prim.shape<"select(nonneg(select(nonneg(-$axis.0 - 1), $axis.0 + 2, $axis.0) - 2), 3, 1)*select(nonneg(select(nonneg(-$axis.0 - 1), $axis.0 + 2, $axis.0) - 1), 2, 1)", "select(iszero(select(nonneg(-$axis.0 - 1), $axis.0 + 2, $axis.0)), 2, 1)*select(iszero(select(nonneg(-$axis.0 - 1), $axis.0 + 2, $axis.0) - 1), 3, 1)", "select(nonneg(-select(nonneg(-$axis.0 - 1), $axis.0 + 2, $axis.0)), 3, 1)*select(nonneg(-select(nonneg(-$axis.0 - 1), $axis.0 + 2, $axis.0) - 1), 2, 1)">>
// CHECK-NEXT: %[[V4:.*]] = prim.reshape %[[V3]] : tensor<?x?x?xf32, #prim.shape<"select(nonneg(select(nonneg(-$axis.0 - 1), $axis.0 + 2, $axis.0) - 2), 3, 1)*select(nonneg(select(nonneg(-$axis.0 - 1), $axis.0 + 2, $axis.0) - 1), 2, 1)", "select(iszero(select(nonneg(-$axis.0 - 1), $axis.0 + 2, $axis.0)), 2, 1)*select(iszero(select(nonneg(-$axis.0 - 1), $axis.0 + 2, $axis.0) - 1), 3, 1)", "select(nonneg(-select(nonneg(-$axis.0 - 1), $axis.0 + 2, $axis.0)), 3, 1)*select(nonneg(-select(nonneg(-$axis.0 - 1), $axis.0 + 2, $axis.0) - 1), 2, 1)">> -> tensor<2x3xf32>
// CHECK-NEXT: return %[[V4]]
func.func @cumsum_axis_at_run_time(%x: tensor<2x3xf32> {onnx.name = "x"}, %axis: tensor<i64> {onnx.name = "axis"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.CumSum"(%x, %axis) : (tensor<2x3xf32>, tensor<i64>) -> !onnx.any
  return %y : !onnx.any
}
