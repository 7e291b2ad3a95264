// RUN: dsc-opt %s --onnx-to-prim | FileCheck %s

// CHECK-LABEL: func.func @constant_of_shape(
// CHECK-NEXT: %[[V0:.*]] = prim.constant dense<7> : tensor<i32>
// CHECK-NEXT: %[[V1:.*]] = prim.broadcast %[[V0]] axes [] : tensor<i32> -> tensor<?x?xi32, #prim.shape<"b", "s">>
// CHECK-NEXT: return %[[V1]]
func.func @constant_of_shape(%x: tensor<?x?x64xf32> {onnx.name = "x", onnx.dims = ["b", "s", ""]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %s = "onnx.Shape"(%x) {start = 0 : i64, end = -1 : i64} : (tensor<?x?x64xf32>) -> !onnx.any
  %y = "onnx.ConstantOfShape"(%s) {value = dense<7> : tensor<1xi32>} : (!onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @constant_of_shape_default(
// CHECK-NEXT: %[[V0:.*]] = prim.constant dense<0.000000e+00> : tensor<f32>
// CHECK-NEXT: return %[[V0]]
func.func @constant_of_shape_default() -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %s = onnx.constant dense<[]> : tensor<0xi64>
  %y = "onnx.ConstantOfShape"(%s) : (!onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @constant_floats(
// CHECK-NEXT: %[[V0:.*]] = prim.constant dense<[1.000000e+00, 2.500000e+00]> : tensor<2xf32>
// CHECK-NEXT: return %[[V0]]
func.func @constant_floats() -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Constant"() {value_floats = array<f32: 1.0, 2.5>} : () -> !onnx.any
  return %y : !onnx.any
}

// Bounds beyond the rank are clamped.
// CHECK-LABEL: func.func @shape_clamps(
// CHECK-NEXT: %[[V0:.*]] = prim.exprs ["s", 64] : tensor<2xi64>
// CHECK-NEXT: return %[[V0]]
func.func @shape_clamps(%x: tensor<?x?x64xf32> {onnx.name = "x", onnx.dims = ["b", "s", ""]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Shape"(%x) {start = -2 : i64, end = 7 : i64} : (tensor<?x?x64xf32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @size(
// CHECK-NEXT: %[[V0:.*]] = prim.index_expr "64*b*s" : tensor<i64>
// CHECK-NEXT: return %[[V0]]
func.func @size(%x: tensor<?x?x64xf32> {onnx.name = "x", onnx.dims = ["b", "s", ""]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Size"(%x) : (tensor<?x?x64xf32>) -> !onnx.any
  return %y : !onnx.any
}

// Bounds over sizes: the elements are an expression.
// CHECK-LABEL: func.func @range_symbolic(
// CHECK-NEXT: %[[V0:.*]] = prim.index_expr "2*d0 + 1" : tensor<?xi64, #prim.shape<"max(-floordiv(-s + 1, 2), 0)">>
// CHECK-NEXT: return %[[V0]]
func.func @range_symbolic(%x: tensor<?x?x64xf32> {onnx.name = "x", onnx.dims = ["b", "s", ""]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %s = "onnx.Shape"(%x) {start = 1 : i64, end = 2 : i64} : (tensor<?x?x64xf32>) -> !onnx.any
  %z = onnx.constant dense<0> : tensor<1xi64>
  %n = "onnx.Squeeze"(%s, %z) : (!onnx.any, !onnx.any) -> !onnx.any
  %from = onnx.constant dense<1> : tensor<i64>
  %step = onnx.constant dense<2> : tensor<i64>
  %y = "onnx.Range"(%from, %n, %step) : (!onnx.any, !onnx.any, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// Bounds over data: the length is a symbol of the run.
// CHECK-LABEL: func.func @range_data(
// CHECK-NEXT: %[[V0:.*]] = prim.binary sub %arg1, %arg0 : tensor<i64>
// CHECK-NEXT: %[[V1:.*]] = prim.constant dense<0> : tensor<i64>
// CHECK-NEXT: %[[V2:.*]] = prim.binary max %[[V0]], %[[V1]] : tensor<i64>
// CHECK-NEXT: prim.define_symbol "range.0" = %[[V2]] : tensor<i64>
// CHECK-NEXT: %[[V3:.*]] = prim.index_expr "d0" : tensor<?xi64, #prim.shape<"range.0">>
// CHECK-NEXT: %[[V4:.*]] = prim.broadcast %arg0 axes [] : tensor<i64> -> tensor<?xi64, #prim.shape<"range.0">>
// CHECK-NEXT: %[[V5:.*]] = prim.binary add %[[V4]], %[[V3]] : tensor<?xi64, #prim.shape<"range.0">>
// CHECK-NEXT: return %[[V5]]
func.func @range_data(%a: tensor<i64> {onnx.name = "a"}, %e: tensor<i64> {onnx.name = "e"}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %one = onnx.constant dense<1> : tensor<i64>
  %y = "onnx.Range"(%a, %e, %one) : (tensor<i64>, tensor<i64>, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @range_float(
// CHECK-NEXT: %[[V0:.*]] = prim.constant dense<0.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[V1:.*]] = prim.constant dense<2.500000e-01> : tensor<f32>
// CHECK-NEXT: %[[V2:.*]] = prim.index_expr "d0" : tensor<4xi64>
// CHECK-NEXT: %[[V3:.*]] = prim.convert %[[V2]] : tensor<4xi64> -> tensor<4xf32>
// CHECK-NEXT: %[[V4:.*]] = prim.broadcast %[[V1]] axes [] : tensor<f32> -> tensor<4xf32>
// CHECK-NEXT: %[[V5:.*]] = prim.binary mul %[[V3]], %[[V4]] : tensor<4xf32>
// CHECK-NEXT: %[[V6:.*]] = prim.broadcast %[[V0]] axes [] : tensor<f32> -> tensor<4xf32>
// CHECK-NEXT: %[[V7:.*]] = prim.binary add %[[V6]], %[[V5]] : tensor<4xf32>
// CHECK-NEXT: return %[[V7]]
func.func @range_float() -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %a = onnx.constant dense<0.0> : tensor<f32>
  %e = onnx.constant dense<1.0> : tensor<f32>
  %d = onnx.constant dense<0.25> : tensor<f32>
  %y = "onnx.Range"(%a, %e, %d) : (!onnx.any, !onnx.any, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @eye_like(
// CHECK-NEXT: %[[V0:.*]] = prim.index_expr "iszero(d0 - d1 + 1)" : tensor<2x3xi1>
// CHECK-NEXT: %[[V1:.*]] = prim.convert %[[V0]] : tensor<2x3xi1> -> tensor<2x3xf32>
// CHECK-NEXT: return %[[V1]]
func.func @eye_like(%x: tensor<2x3xi64> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.EyeLike"(%x) {k = 1 : i64, dtype = 1 : i64} : (tensor<2x3xi64>) -> !onnx.any
  return %y : !onnx.any
}

// Indices below zero count from the depth.
// CHECK-LABEL: func.func @one_hot(
// CHECK-NEXT: %[[V0:.*]] = prim.constant dense<[0.000000e+00, 1.000000e+00]> : tensor<2xf32>
// CHECK-NEXT: %[[V1:.*]] = prim.constant dense<0> : tensor<i64>
// CHECK-NEXT: %[[V2:.*]] = prim.constant dense<8> : tensor<i64>
// CHECK-NEXT: %[[V3:.*]] = prim.broadcast %[[V1]] axes [] : tensor<i64> -> tensor<?x2xi64, #prim.shape<"n", 2>>
// CHECK-NEXT: %[[V4:.*]] = prim.compare lt %arg0, %[[V3]] : tensor<?x2xi64, #prim.shape<"n", 2>> -> tensor<?x2xi1, #prim.shape<"n", 2>>
// CHECK-NEXT: %[[V5:.*]] = prim.broadcast %[[V2]] axes [] : tensor<i64> -> tensor<?x2xi64, #prim.shape<"n", 2>>
// CHECK-NEXT: %[[V6:.*]] = prim.binary add %arg0, %[[V5]] : tensor<?x2xi64, #prim.shape<"n", 2>>
// CHECK-NEXT: %[[V7:.*]] = prim.select %[[V4]], %[[V6]], %arg0 : tensor<?x2xi1, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>
// CHECK-NEXT: %[[V8:.*]] = prim.reshape %[[V7]] : tensor<?x2xi64, #prim.shape<"n", 2>> -> tensor<?x2x1xi64, #prim.shape<"n", 2, 1>>
// CHECK-NEXT: %[[V9:.*]] = prim.broadcast %[[V8]] axes [0, 1, 2] : tensor<?x2x1xi64, #prim.shape<"n", 2, 1>> -> tensor<?x2x8xi64, #prim.shape<"n", 2, 8>>
// CHECK-NEXT: %[[V10:.*]] = prim.index_expr "d2" : tensor<?x2x8xi64, #prim.shape<"n", 2, 8>>
// CHECK-NEXT: %[[V11:.*]] = prim.slice %[[V0]] starts [0] steps [1] : tensor<2xf32> -> tensor<1xf32>
// CHECK-NEXT: %[[V12:.*]] = prim.reshape %[[V11]] : tensor<1xf32> -> tensor<f32>
// CHECK-NEXT: %[[V13:.*]] = prim.broadcast %[[V12]] axes [] : tensor<f32> -> tensor<?x2x8xf32, #prim.shape<"n", 2, 8>>
// CHECK-NEXT: %[[V14:.*]] = prim.slice %[[V0]] starts [1] steps [1] : tensor<2xf32> -> tensor<1xf32>
// CHECK-NEXT: %[[V15:.*]] = prim.reshape %[[V14]] : tensor<1xf32> -> tensor<f32>
// CHECK-NEXT: %[[V16:.*]] = prim.broadcast %[[V15]] axes [] : tensor<f32> -> tensor<?x2x8xf32, #prim.shape<"n", 2, 8>>
// CHECK-NEXT: %[[V17:.*]] = prim.compare eq %[[V9]], %[[V10]] : tensor<?x2x8xi64, #prim.shape<"n", 2, 8>> -> tensor<?x2x8xi1, #prim.shape<"n", 2, 8>>
// CHECK-NEXT: %[[V18:.*]] = prim.select %[[V17]], %[[V16]], %[[V13]] : tensor<?x2x8xi1, #prim.shape<"n", 2, 8>>, tensor<?x2x8xf32, #prim.shape<"n", 2, 8>>
// CHECK-NEXT: return %[[V18]]
func.func @one_hot(%i: tensor<?x2xi64> {onnx.name = "i", onnx.dims = ["n", ""]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %d = onnx.constant dense<8> : tensor<1xi64>
  %v = onnx.constant dense<[0.0, 1.0]> : tensor<2xf32>
  %y = "onnx.OneHot"(%i, %d, %v) {axis = -1 : i64} : (tensor<?x2xi64>, !onnx.any, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// k = -1: strictly below the diagonal.
// CHECK-LABEL: func.func @trilu(
// CHECK-NEXT: %[[V0:.*]] = prim.constant dense<0.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[V1:.*]] = prim.broadcast %[[V0]] axes [] : tensor<f32> -> tensor<?x?xf32, #prim.shape<"n", "m">>
// CHECK-NEXT: %[[V2:.*]] = prim.index_expr "nonneg(d0 - d1 - 1)" : tensor<?x?xi1, #prim.shape<"n", "m">>
// CHECK-NEXT: %[[V3:.*]] = prim.select %[[V2]], %arg0, %[[V1]] : tensor<?x?xi1, #prim.shape<"n", "m">>, tensor<?x?xf32, #prim.shape<"n", "m">>
// CHECK-NEXT: return %[[V3]]
func.func @trilu(%x: tensor<?x?xf32> {onnx.name = "x", onnx.dims = ["n", "m"]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %k = onnx.constant dense<-1> : tensor<i64>
  %y = "onnx.Trilu"(%x, %k) {upper = 0 : i64} : (tensor<?x?xf32>, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}
