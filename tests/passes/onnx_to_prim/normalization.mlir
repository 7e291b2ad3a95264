// RUN: dsc-opt %s --onnx-to-prim | FileCheck %s

// CHECK-LABEL: func.func @softmax(
// CHECK-NEXT: %[[V0:.*]] = prim.reduce max %arg0 axes [2] : tensor<?x?x4xf32, #prim.shape<"b", "n", 4>> -> tensor<?x?xf32, #prim.shape<"b", "n">>
// CHECK-NEXT: %[[V1:.*]] = prim.reshape %[[V0]] : tensor<?x?xf32, #prim.shape<"b", "n">> -> tensor<?x?x1xf32, #prim.shape<"b", "n", 1>>
// CHECK-NEXT: %[[V2:.*]] = prim.broadcast %[[V1]] axes [0, 1, 2] : tensor<?x?x1xf32, #prim.shape<"b", "n", 1>> -> tensor<?x?x4xf32, #prim.shape<"b", "n", 4>>
// CHECK-NEXT: %[[V3:.*]] = prim.binary sub %arg0, %[[V2]] : tensor<?x?x4xf32, #prim.shape<"b", "n", 4>>
// CHECK-NEXT: %[[V4:.*]] = prim.unary exp %[[V3]] : tensor<?x?x4xf32, #prim.shape<"b", "n", 4>> -> tensor<?x?x4xf32, #prim.shape<"b", "n", 4>>
// CHECK-NEXT: %[[V5:.*]] = prim.reduce sum %[[V4]] axes [2] : tensor<?x?x4xf32, #prim.shape<"b", "n", 4>> -> tensor<?x?xf32, #prim.shape<"b", "n">>
// CHECK-NEXT: %[[V6:.*]] = prim.reshape %[[V5]] : tensor<?x?xf32, #prim.shape<"b", "n">> -> tensor<?x?x1xf32, #prim.shape<"b", "n", 1>>
// CHECK-NEXT: %[[V7:.*]] = prim.broadcast %[[V6]] axes [0, 1, 2] : tensor<?x?x1xf32, #prim.shape<"b", "n", 1>> -> tensor<?x?x4xf32, #prim.shape<"b", "n", 4>>
// CHECK-NEXT: %[[V8:.*]] = prim.binary div %[[V4]], %[[V7]] : tensor<?x?x4xf32, #prim.shape<"b", "n", 4>>
// CHECK-NEXT: return %[[V8]]
func.func @softmax(%a0: tensor<?x?x4xf32> {onnx.name = "a0", onnx.dims = ["b", "n", ""]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Softmax"(%a0) : (tensor<?x?x4xf32>) -> !onnx.any
  return %y : !onnx.any
}

// Before opset 13 all dimensions from the axis on are one.
// CHECK-LABEL: func.func @softmax_flat(
// CHECK-NEXT: %[[V0:.*]] = prim.reshape %arg0 : tensor<?x3x4xf32, #prim.shape<"b", 3, 4>> -> tensor<?x12xf32, #prim.shape<"b", 12>>
// CHECK-NEXT: %[[V1:.*]] = prim.reduce max %[[V0]] axes [1] : tensor<?x12xf32, #prim.shape<"b", 12>> -> tensor<?xf32, #prim.shape<"b">>
// CHECK-NEXT: %[[V2:.*]] = prim.reshape %[[V1]] : tensor<?xf32, #prim.shape<"b">> -> tensor<?x1xf32, #prim.shape<"b", 1>>
// CHECK-NEXT: %[[V3:.*]] = prim.broadcast %[[V2]] axes [0, 1] : tensor<?x1xf32, #prim.shape<"b", 1>> -> tensor<?x12xf32, #prim.shape<"b", 12>>
// CHECK-NEXT: %[[V4:.*]] = prim.binary sub %[[V0]], %[[V3]] : tensor<?x12xf32, #prim.shape<"b", 12>>
// CHECK-NEXT: %[[V5:.*]] = prim.unary exp %[[V4]] : tensor<?x12xf32, #prim.shape<"b", 12>> -> tensor<?x12xf32, #prim.shape<"b", 12>>
// CHECK-NEXT: %[[V6:.*]] = prim.reduce sum %[[V5]] axes [1] : tensor<?x12xf32, #prim.shape<"b", 12>> -> tensor<?xf32, #prim.shape<"b">>
// CHECK-NEXT: %[[V7:.*]] = prim.reshape %[[V6]] : tensor<?xf32, #prim.shape<"b">> -> tensor<?x1xf32, #prim.shape<"b", 1>>
// CHECK-NEXT: %[[V8:.*]] = prim.broadcast %[[V7]] axes [0, 1] : tensor<?x1xf32, #prim.shape<"b", 1>> -> tensor<?x12xf32, #prim.shape<"b", 12>>
// CHECK-NEXT: %[[V9:.*]] = prim.binary div %[[V5]], %[[V8]] : tensor<?x12xf32, #prim.shape<"b", 12>>
// CHECK-NEXT: %[[V10:.*]] = prim.reshape %[[V9]] : tensor<?x12xf32, #prim.shape<"b", 12>> -> tensor<?x3x4xf32, #prim.shape<"b", 3, 4>>
// CHECK-NEXT: return %[[V10]]
func.func @softmax_flat(%a0: tensor<?x3x4xf32> {onnx.name = "a0", onnx.dims = ["b", "", ""]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 11 : i64}} {
  %y = "onnx.Softmax"(%a0) : (tensor<?x3x4xf32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @log_softmax(
// CHECK-NEXT: %[[V0:.*]] = prim.reduce max %arg0 axes [1] : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V1:.*]] = prim.reshape %[[V0]] : tensor<?xf32, #prim.shape<"n">> -> tensor<?x1xf32, #prim.shape<"n", 1>>
// CHECK-NEXT: %[[V2:.*]] = prim.broadcast %[[V1]] axes [0, 1] : tensor<?x1xf32, #prim.shape<"n", 1>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
// CHECK-NEXT: %[[V3:.*]] = prim.binary sub %arg0, %[[V2]] : tensor<?x4xf32, #prim.shape<"n", 4>>
// CHECK-NEXT: %[[V4:.*]] = prim.unary exp %[[V3]] : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
// CHECK-NEXT: %[[V5:.*]] = prim.reduce sum %[[V4]] axes [1] : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V6:.*]] = prim.reshape %[[V5]] : tensor<?xf32, #prim.shape<"n">> -> tensor<?x1xf32, #prim.shape<"n", 1>>
// CHECK-NEXT: %[[V7:.*]] = prim.unary log %[[V6]] : tensor<?x1xf32, #prim.shape<"n", 1>> -> tensor<?x1xf32, #prim.shape<"n", 1>>
// CHECK-NEXT: %[[V8:.*]] = prim.broadcast %[[V7]] axes [0, 1] : tensor<?x1xf32, #prim.shape<"n", 1>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
// CHECK-NEXT: %[[V9:.*]] = prim.binary sub %[[V3]], %[[V8]] : tensor<?x4xf32, #prim.shape<"n", 4>>
// CHECK-NEXT: return %[[V9]]
func.func @log_softmax(%a0: tensor<?x4xf32> {onnx.name = "a0", onnx.dims = ["n", ""]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 13 : i64}} {
  %y = "onnx.LogSoftmax"(%a0) : (tensor<?x4xf32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @layer_norm(
// CHECK-NEXT: %[[V0:.*]] = prim.broadcast %arg1 axes [1] : tensor<4xf16> -> tensor<?x4xf16, #prim.shape<"n", 4>>
// CHECK-NEXT: %[[V1:.*]] = prim.broadcast %arg2 axes [1] : tensor<4xf16> -> tensor<?x4xf16, #prim.shape<"n", 4>>
// CHECK-NEXT: %[[V2:.*]] = prim.convert %arg0 : tensor<?x4xf16, #prim.shape<"n", 4>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
// CHECK-NEXT: %[[V3:.*]] = prim.reduce sum %[[V2]] axes [1] : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V4:.*]] = prim.reshape %[[V3]] : tensor<?xf32, #prim.shape<"n">> -> tensor<?x1xf32, #prim.shape<"n", 1>>
// CHECK-NEXT: %[[V5:.*]] = prim.constant dense<4.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[V6:.*]] = prim.broadcast %[[V5]] axes [] : tensor<f32> -> tensor<?x1xf32, #prim.shape<"n", 1>>
// CHECK-NEXT: %[[V7:.*]] = prim.binary div %[[V4]], %[[V6]] : tensor<?x1xf32, #prim.shape<"n", 1>>
// CHECK-NEXT: %[[V8:.*]] = prim.broadcast %[[V7]] axes [0, 1] : tensor<?x1xf32, #prim.shape<"n", 1>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
// CHECK-NEXT: %[[V9:.*]] = prim.binary sub %[[V2]], %[[V8]] : tensor<?x4xf32, #prim.shape<"n", 4>>
// CHECK-NEXT: %[[V10:.*]] = prim.binary mul %[[V9]], %[[V9]] : tensor<?x4xf32, #prim.shape<"n", 4>>
// CHECK-NEXT: %[[V11:.*]] = prim.reduce sum %[[V10]] axes [1] : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V12:.*]] = prim.reshape %[[V11]] : tensor<?xf32, #prim.shape<"n">> -> tensor<?x1xf32, #prim.shape<"n", 1>>
// CHECK-NEXT: %[[V13:.*]] = prim.constant dense<4.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[V14:.*]] = prim.broadcast %[[V13]] axes [] : tensor<f32> -> tensor<?x1xf32, #prim.shape<"n", 1>>
// CHECK-NEXT: %[[V15:.*]] = prim.binary div %[[V12]], %[[V14]] : tensor<?x1xf32, #prim.shape<"n", 1>>
// CHECK-NEXT: %[[V16:.*]] = prim.constant dense<9.99999974E-6> : tensor<f32>
// CHECK-NEXT: %[[V17:.*]] = prim.broadcast %[[V16]] axes [] : tensor<f32> -> tensor<?x1xf32, #prim.shape<"n", 1>>
// CHECK-NEXT: %[[V18:.*]] = prim.binary add %[[V15]], %[[V17]] : tensor<?x1xf32, #prim.shape<"n", 1>>
// CHECK-NEXT: %[[V19:.*]] = prim.unary sqrt %[[V18]] : tensor<?x1xf32, #prim.shape<"n", 1>> -> tensor<?x1xf32, #prim.shape<"n", 1>>
// CHECK-NEXT: %[[V20:.*]] = prim.unary reciprocal %[[V19]] : tensor<?x1xf32, #prim.shape<"n", 1>> -> tensor<?x1xf32, #prim.shape<"n", 1>>
// CHECK-NEXT: %[[V21:.*]] = prim.broadcast %[[V20]] axes [0, 1] : tensor<?x1xf32, #prim.shape<"n", 1>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
// CHECK-NEXT: %[[V22:.*]] = prim.binary mul %[[V9]], %[[V21]] : tensor<?x4xf32, #prim.shape<"n", 4>>
// CHECK-NEXT: %[[V23:.*]] = prim.convert %[[V22]] : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xf16, #prim.shape<"n", 4>>
// CHECK-NEXT: %[[V24:.*]] = prim.binary mul %[[V23]], %[[V0]] : tensor<?x4xf16, #prim.shape<"n", 4>>
// CHECK-NEXT: %[[V25:.*]] = prim.binary add %[[V24]], %[[V1]] : tensor<?x4xf16, #prim.shape<"n", 4>>
// CHECK-NEXT: return %[[V25]], %[[V7]], %[[V20]]
func.func @layer_norm(%a0: tensor<?x4xf16> {onnx.name = "a0", onnx.dims = ["n", ""]}, %a1: tensor<4xf16> {onnx.name = "a1"}, %a2: tensor<4xf16> {onnx.name = "a2"}) -> (!onnx.any {onnx.name = "y0"}, !onnx.any {onnx.name = "y1"}, !onnx.any {onnx.name = "y2"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y:3 = "onnx.LayerNormalization"(%a0, %a1, %a2) : (tensor<?x4xf16>, tensor<4xf16>, tensor<4xf16>) -> (!onnx.any, !onnx.any, !onnx.any)
  return %y#0, %y#1, %y#2 : !onnx.any, !onnx.any, !onnx.any
}

// CHECK-LABEL: func.func @rms_norm(
// CHECK-NEXT: %[[V0:.*]] = prim.broadcast %arg1 axes [2] : tensor<4xf32> -> tensor<?x?x4xf32, #prim.shape<"b", "n", 4>>
// CHECK-NEXT: %[[V1:.*]] = prim.binary mul %arg0, %arg0 : tensor<?x?x4xf32, #prim.shape<"b", "n", 4>>
// CHECK-NEXT: %[[V2:.*]] = prim.reduce sum %[[V1]] axes [2] : tensor<?x?x4xf32, #prim.shape<"b", "n", 4>> -> tensor<?x?xf32, #prim.shape<"b", "n">>
// CHECK-NEXT: %[[V3:.*]] = prim.reshape %[[V2]] : tensor<?x?xf32, #prim.shape<"b", "n">> -> tensor<?x?x1xf32, #prim.shape<"b", "n", 1>>
// CHECK-NEXT: %[[V4:.*]] = prim.constant dense<4.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[V5:.*]] = prim.broadcast %[[V4]] axes [] : tensor<f32> -> tensor<?x?x1xf32, #prim.shape<"b", "n", 1>>
// CHECK-NEXT: %[[V6:.*]] = prim.binary div %[[V3]], %[[V5]] : tensor<?x?x1xf32, #prim.shape<"b", "n", 1>>
// CHECK-NEXT: %[[V7:.*]] = prim.constant dense<9.99999997E-7> : tensor<f32>
// CHECK-NEXT: %[[V8:.*]] = prim.broadcast %[[V7]] axes [] : tensor<f32> -> tensor<?x?x1xf32, #prim.shape<"b", "n", 1>>
// CHECK-NEXT: %[[V9:.*]] = prim.binary add %[[V6]], %[[V8]] : tensor<?x?x1xf32, #prim.shape<"b", "n", 1>>
// CHECK-NEXT: %[[V10:.*]] = prim.unary sqrt %[[V9]] : tensor<?x?x1xf32, #prim.shape<"b", "n", 1>> -> tensor<?x?x1xf32, #prim.shape<"b", "n", 1>>
// CHECK-NEXT: %[[V11:.*]] = prim.broadcast %[[V10]] axes [0, 1, 2] : tensor<?x?x1xf32, #prim.shape<"b", "n", 1>> -> tensor<?x?x4xf32, #prim.shape<"b", "n", 4>>
// CHECK-NEXT: %[[V12:.*]] = prim.binary div %arg0, %[[V11]] : tensor<?x?x4xf32, #prim.shape<"b", "n", 4>>
// CHECK-NEXT: %[[V13:.*]] = prim.binary mul %[[V12]], %[[V0]] : tensor<?x?x4xf32, #prim.shape<"b", "n", 4>>
// CHECK-NEXT: return %[[V13]]
func.func @rms_norm(%a0: tensor<?x?x4xf32> {onnx.name = "a0", onnx.dims = ["b", "n", ""]}, %a1: tensor<4xf32> {onnx.name = "a1"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 23 : i64}} {
  %y = "onnx.RMSNormalization"(%a0, %a1) {epsilon = 1.0e-6 : f32} : (tensor<?x?x4xf32>, tensor<4xf32>) -> !onnx.any
  return %y : !onnx.any
}
