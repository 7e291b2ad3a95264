// RUN: dsc-opt %s --onnx-to-prim | FileCheck %s

// CHECK-LABEL: func.func @depthwise_padded(
// CHECK-NEXT: %[[V0:.*]] = prim.constant dense<0.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[V1:.*]] = prim.pad %arg0, %[[V0]] low [0, 0, 1] : tensor<?x4x?xf32, #prim.shape<"b", 4, "s">>, tensor<f32> -> tensor<?x4x?xf32, #prim.shape<"b", 4, "s + 2">>
// CHECK-NEXT: %[[V2:.*]] = prim.reshape %arg1 : tensor<4x1x2xf32> -> tensor<4x2xf32>
// CHECK-NEXT: %[[V3:.*]] = prim.slice %[[V1]] starts [0, 0, 0] steps [1, 1, 1] : tensor<?x4x?xf32, #prim.shape<"b", 4, "s + 2">> -> tensor<?x4x?xf32, #prim.shape<"b", 4, "s + 1">>
// CHECK-NEXT: %[[V4:.*]] = prim.slice %[[V2]] starts [0, 0] steps [1, 1] : tensor<4x2xf32> -> tensor<4x1xf32>
// CHECK-NEXT: %[[V5:.*]] = prim.reshape %[[V4]] : tensor<4x1xf32> -> tensor<4xf32>
// CHECK-NEXT: %[[V6:.*]] = prim.broadcast %[[V5]] axes [1] : tensor<4xf32> -> tensor<?x4x?xf32, #prim.shape<"b", 4, "s + 1">>
// CHECK-NEXT: %[[V7:.*]] = prim.binary mul %[[V3]], %[[V6]] : tensor<?x4x?xf32, #prim.shape<"b", 4, "s + 1">>
// CHECK-NEXT: %[[V8:.*]] = prim.slice %[[V1]] starts [0, 0, 1] steps [1, 1, 1] : tensor<?x4x?xf32, #prim.shape<"b", 4, "s + 2">> -> tensor<?x4x?xf32, #prim.shape<"b", 4, "s + 1">>
// CHECK-NEXT: %[[V9:.*]] = prim.slice %[[V2]] starts [0, 1] steps [1, 1] : tensor<4x2xf32> -> tensor<4x1xf32>
// CHECK-NEXT: %[[V10:.*]] = prim.reshape %[[V9]] : tensor<4x1xf32> -> tensor<4xf32>
// CHECK-NEXT: %[[V11:.*]] = prim.broadcast %[[V10]] axes [1] : tensor<4xf32> -> tensor<?x4x?xf32, #prim.shape<"b", 4, "s + 1">>
// CHECK-NEXT: %[[V12:.*]] = prim.binary mul %[[V8]], %[[V11]] : tensor<?x4x?xf32, #prim.shape<"b", 4, "s + 1">>
// CHECK-NEXT: %[[V13:.*]] = prim.binary add %[[V7]], %[[V12]] : tensor<?x4x?xf32, #prim.shape<"b", 4, "s + 1">>
// CHECK-NEXT: return %[[V13]]
func.func @depthwise_padded(%a0: tensor<?x4x?xf32> {onnx.name = "a0", onnx.dims = ["b", "", "s"]}, %a1: tensor<4x1x2xf32> {onnx.name = "a1"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Conv"(%a0, %a1) {group = 4 : i64, pads = array<i64: 1, 1>} : (tensor<?x4x?xf32>, tensor<4x1x2xf32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @strided_2d(
// CHECK-NEXT: %[[V0:.*]] = prim.slice %arg0 starts [0, 0, 0, 0] steps [1, 1, 2, 2] : tensor<1x4x5x5xf32> -> tensor<1x4x1x2xf32>
// CHECK-NEXT: %[[V1:.*]] = prim.reshape %[[V0]] : tensor<1x4x1x2xf32> -> tensor<1x4x1x1x2xf32>
// CHECK-NEXT: %[[V2:.*]] = prim.slice %arg0 starts [0, 0, 0, 1] steps [1, 1, 2, 2] : tensor<1x4x5x5xf32> -> tensor<1x4x1x2xf32>
// CHECK-NEXT: %[[V3:.*]] = prim.reshape %[[V2]] : tensor<1x4x1x2xf32> -> tensor<1x4x1x1x2xf32>
// CHECK-NEXT: %[[V4:.*]] = prim.slice %arg0 starts [0, 0, 0, 2] steps [1, 1, 2, 2] : tensor<1x4x5x5xf32> -> tensor<1x4x1x2xf32>
// CHECK-NEXT: %[[V5:.*]] = prim.reshape %[[V4]] : tensor<1x4x1x2xf32> -> tensor<1x4x1x1x2xf32>
// CHECK-NEXT: %[[V6:.*]] = prim.slice %arg0 starts [0, 0, 2, 0] steps [1, 1, 2, 2] : tensor<1x4x5x5xf32> -> tensor<1x4x1x2xf32>
// CHECK-NEXT: %[[V7:.*]] = prim.reshape %[[V6]] : tensor<1x4x1x2xf32> -> tensor<1x4x1x1x2xf32>
// CHECK-NEXT: %[[V8:.*]] = prim.slice %arg0 starts [0, 0, 2, 1] steps [1, 1, 2, 2] : tensor<1x4x5x5xf32> -> tensor<1x4x1x2xf32>
// CHECK-NEXT: %[[V9:.*]] = prim.reshape %[[V8]] : tensor<1x4x1x2xf32> -> tensor<1x4x1x1x2xf32>
// CHECK-NEXT: %[[V10:.*]] = prim.slice %arg0 starts [0, 0, 2, 2] steps [1, 1, 2, 2] : tensor<1x4x5x5xf32> -> tensor<1x4x1x2xf32>
// CHECK-NEXT: %[[V11:.*]] = prim.reshape %[[V10]] : tensor<1x4x1x2xf32> -> tensor<1x4x1x1x2xf32>
// CHECK-NEXT: %[[V12:.*]] = prim.slice %arg0 starts [0, 0, 4, 0] steps [1, 1, 2, 2] : tensor<1x4x5x5xf32> -> tensor<1x4x1x2xf32>
// CHECK-NEXT: %[[V13:.*]] = prim.reshape %[[V12]] : tensor<1x4x1x2xf32> -> tensor<1x4x1x1x2xf32>
// CHECK-NEXT: %[[V14:.*]] = prim.slice %arg0 starts [0, 0, 4, 1] steps [1, 1, 2, 2] : tensor<1x4x5x5xf32> -> tensor<1x4x1x2xf32>
// CHECK-NEXT: %[[V15:.*]] = prim.reshape %[[V14]] : tensor<1x4x1x2xf32> -> tensor<1x4x1x1x2xf32>
// CHECK-NEXT: %[[V16:.*]] = prim.slice %arg0 starts [0, 0, 4, 2] steps [1, 1, 2, 2] : tensor<1x4x5x5xf32> -> tensor<1x4x1x2xf32>
// CHECK-NEXT: %[[V17:.*]] = prim.reshape %[[V16]] : tensor<1x4x1x2xf32> -> tensor<1x4x1x1x2xf32>
// CHECK-NEXT: %[[V18:.*]] = prim.reshape %arg1 : tensor<6x2x3x3xf32> -> tensor<2x3x18xf32>
// CHECK-NEXT: %[[V19:.*]] = prim.concat %[[V1]], %[[V3]], %[[V5]], %[[V7]], %[[V9]], %[[V11]], %[[V13]], %[[V15]], %[[V17]] axis 2 : (tensor<1x4x1x1x2xf32>, tensor<1x4x1x1x2xf32>, tensor<1x4x1x1x2xf32>, tensor<1x4x1x1x2xf32>, tensor<1x4x1x1x2xf32>, tensor<1x4x1x1x2xf32>, tensor<1x4x1x1x2xf32>, tensor<1x4x1x1x2xf32>, tensor<1x4x1x1x2xf32>) -> tensor<1x4x9x1x2xf32>
// CHECK-NEXT: %[[V20:.*]] = prim.reshape %[[V19]] : tensor<1x4x9x1x2xf32> -> tensor<1x2x18x1x2xf32>
// CHECK-NEXT: %[[V21:.*]] = prim.dot %[[V18]], %[[V20]] batch [0] x [1] contract [2] x [2] : tensor<2x3x18xf32>, tensor<1x2x18x1x2xf32> -> tensor<2x3x1x1x2xf32>
// CHECK-NEXT: %[[V22:.*]] = prim.transpose %[[V21]] perm [2, 0, 1, 3, 4] : tensor<2x3x1x1x2xf32> -> tensor<1x2x3x1x2xf32>
// CHECK-NEXT: %[[V23:.*]] = prim.reshape %[[V22]] : tensor<1x2x3x1x2xf32> -> tensor<1x6x1x2xf32>
// CHECK-NEXT: %[[V24:.*]] = prim.broadcast %arg2 axes [1] : tensor<6xf32> -> tensor<1x6x1x2xf32>
// CHECK-NEXT: %[[V25:.*]] = prim.binary add %[[V23]], %[[V24]] : tensor<1x6x1x2xf32>
// CHECK-NEXT: return %[[V25]]
func.func @strided_2d(%a0: tensor<1x4x5x5xf32> {onnx.name = "a0"}, %a1: tensor<6x2x3x3xf32> {onnx.name = "a1"}, %a2: tensor<6xf32> {onnx.name = "a2"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Conv"(%a0, %a1, %a2) {group = 2 : i64, strides = array<i64: 2, 2>, dilations = array<i64: 2, 1>, kernel_shape = array<i64: 3, 3>} : (tensor<1x4x5x5xf32>, tensor<6x2x3x3xf32>, tensor<6xf32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @causal_with_state(
// CHECK-NEXT: %[[V0:.*]] = prim.concat %arg3, %arg0 axis 2 : (tensor<1x2x2xf32>, tensor<1x2x?xf32, #prim.shape<1, 2, "s">>) -> tensor<1x2x?xf32, #prim.shape<1, 2, "s + 2">>
// CHECK-NEXT: %[[V1:.*]] = prim.slice %[[V0]] starts [0, 0, 0] steps [1, 1, 1] : tensor<1x2x?xf32, #prim.shape<1, 2, "s + 2">> -> tensor<1x2x?xf32, #prim.shape<1, 2, "s">>
// CHECK-NEXT: %[[V2:.*]] = prim.slice %arg1 starts [0, 0, 0] steps [1, 1, 1] : tensor<2x1x3xf32> -> tensor<2x1x1xf32>
// CHECK-NEXT: %[[V3:.*]] = prim.reshape %[[V2]] : tensor<2x1x1xf32> -> tensor<2xf32>
// CHECK-NEXT: %[[V4:.*]] = prim.broadcast %[[V3]] axes [1] : tensor<2xf32> -> tensor<1x2x?xf32, #prim.shape<1, 2, "s">>
// CHECK-NEXT: %[[V5:.*]] = prim.binary mul %[[V1]], %[[V4]] : tensor<1x2x?xf32, #prim.shape<1, 2, "s">>
// CHECK-NEXT: %[[V6:.*]] = prim.slice %[[V0]] starts [0, 0, 1] steps [1, 1, 1] : tensor<1x2x?xf32, #prim.shape<1, 2, "s + 2">> -> tensor<1x2x?xf32, #prim.shape<1, 2, "s">>
// CHECK-NEXT: %[[V7:.*]] = prim.slice %arg1 starts [0, 0, 1] steps [1, 1, 1] : tensor<2x1x3xf32> -> tensor<2x1x1xf32>
// CHECK-NEXT: %[[V8:.*]] = prim.reshape %[[V7]] : tensor<2x1x1xf32> -> tensor<2xf32>
// CHECK-NEXT: %[[V9:.*]] = prim.broadcast %[[V8]] axes [1] : tensor<2xf32> -> tensor<1x2x?xf32, #prim.shape<1, 2, "s">>
// CHECK-NEXT: %[[V10:.*]] = prim.binary mul %[[V6]], %[[V9]] : tensor<1x2x?xf32, #prim.shape<1, 2, "s">>
// CHECK-NEXT: %[[V11:.*]] = prim.binary add %[[V5]], %[[V10]] : tensor<1x2x?xf32, #prim.shape<1, 2, "s">>
// CHECK-NEXT: %[[V12:.*]] = prim.slice %[[V0]] starts [0, 0, 2] steps [1, 1, 1] : tensor<1x2x?xf32, #prim.shape<1, 2, "s + 2">> -> tensor<1x2x?xf32, #prim.shape<1, 2, "s">>
// CHECK-NEXT: %[[V13:.*]] = prim.slice %arg1 starts [0, 0, 2] steps [1, 1, 1] : tensor<2x1x3xf32> -> tensor<2x1x1xf32>
// CHECK-NEXT: %[[V14:.*]] = prim.reshape %[[V13]] : tensor<2x1x1xf32> -> tensor<2xf32>
// CHECK-NEXT: %[[V15:.*]] = prim.broadcast %[[V14]] axes [1] : tensor<2xf32> -> tensor<1x2x?xf32, #prim.shape<1, 2, "s">>
// CHECK-NEXT: %[[V16:.*]] = prim.binary mul %[[V12]], %[[V15]] : tensor<1x2x?xf32, #prim.shape<1, 2, "s">>
// CHECK-NEXT: %[[V17:.*]] = prim.binary add %[[V11]], %[[V16]] : tensor<1x2x?xf32, #prim.shape<1, 2, "s">>
// CHECK-NEXT: %[[V18:.*]] = prim.broadcast %arg2 axes [1] : tensor<2xf32> -> tensor<1x2x?xf32, #prim.shape<1, 2, "s">>
// CHECK-NEXT: %[[V19:.*]] = prim.binary add %[[V17]], %[[V18]] : tensor<1x2x?xf32, #prim.shape<1, 2, "s">>
// CHECK-NEXT: %[[V20:.*]] = prim.unary neg %[[V19]] : tensor<1x2x?xf32, #prim.shape<1, 2, "s">> -> tensor<1x2x?xf32, #prim.shape<1, 2, "s">>
// CHECK-NEXT: %[[V21:.*]] = prim.unary exp %[[V20]] : tensor<1x2x?xf32, #prim.shape<1, 2, "s">> -> tensor<1x2x?xf32, #prim.shape<1, 2, "s">>
// CHECK-NEXT: %[[V22:.*]] = prim.constant dense<1.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[V23:.*]] = prim.broadcast %[[V22]] axes [] : tensor<f32> -> tensor<1x2x?xf32, #prim.shape<1, 2, "s">>
// CHECK-NEXT: %[[V24:.*]] = prim.binary add %[[V21]], %[[V23]] : tensor<1x2x?xf32, #prim.shape<1, 2, "s">>
// CHECK-NEXT: %[[V25:.*]] = prim.binary div %[[V19]], %[[V24]] : tensor<1x2x?xf32, #prim.shape<1, 2, "s">>
// CHECK-NEXT: %[[V26:.*]] = prim.slice %[[V0]] starts [0, 0, "s"] steps [1, 1, 1] : tensor<1x2x?xf32, #prim.shape<1, 2, "s + 2">> -> tensor<1x2x2xf32>
// CHECK-NEXT: return %[[V25]], %[[V26]]
func.func @causal_with_state(%a0: tensor<1x2x?xf32> {onnx.name = "a0", onnx.dims = ["", "", "s"]}, %a1: tensor<2x1x3xf32> {onnx.name = "a1"}, %a2: tensor<2xf32> {onnx.name = "a2"}, %a3: tensor<1x2x2xf32> {onnx.name = "a3"}) -> (!onnx.any {onnx.name = "y0"}, !onnx.any {onnx.name = "y1"}) attributes {onnx.opsets = {ai.onnx = 27 : i64}} {
  %y:2 = "onnx.CausalConvWithState"(%a0, %a1, %a2, %a3) {activation = "silu"} : (tensor<1x2x?xf32>, tensor<2x1x3xf32>, tensor<2xf32>, tensor<1x2x2xf32>) -> (!onnx.any, !onnx.any)
  return %y#0, %y#1 : !onnx.any, !onnx.any
}

// CHECK-LABEL: func.func @same_upper(
// CHECK-NEXT: %[[V0:.*]] = prim.constant dense<0.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[V1:.*]] = prim.pad %arg0, %[[V0]] low [0, 0, "-floordiv(-s, 2) + floordiv(-s + 1, 2)"] : tensor<1x1x?xf32, #prim.shape<1, 1, "s">>, tensor<f32> -> tensor<1x1x?xf32, #prim.shape<1, 1, "-2*floordiv(-s, 2) + 1">>
// CHECK-NEXT: %[[V2:.*]] = prim.slice %[[V1]] starts [0, 0, 0] steps [1, 1, 2] : tensor<1x1x?xf32, #prim.shape<1, 1, "-2*floordiv(-s, 2) + 1">> -> tensor<1x1x?xf32, #prim.shape<1, 1, "-floordiv(-s, 2)">>
// CHECK-NEXT: %[[V3:.*]] = prim.reshape %[[V2]] : tensor<1x1x?xf32, #prim.shape<1, 1, "-floordiv(-s, 2)">> -> tensor<1x1x1x?xf32, #prim.shape<1, 1, 1, "-floordiv(-s, 2)">>
// CHECK-NEXT: %[[V4:.*]] = prim.slice %[[V1]] starts [0, 0, 1] steps [1, 1, 2] : tensor<1x1x?xf32, #prim.shape<1, 1, "-2*floordiv(-s, 2) + 1">> -> tensor<1x1x?xf32, #prim.shape<1, 1, "-floordiv(-s, 2)">>
// CHECK-NEXT: %[[V5:.*]] = prim.reshape %[[V4]] : tensor<1x1x?xf32, #prim.shape<1, 1, "-floordiv(-s, 2)">> -> tensor<1x1x1x?xf32, #prim.shape<1, 1, 1, "-floordiv(-s, 2)">>
// CHECK-NEXT: %[[V6:.*]] = prim.slice %[[V1]] starts [0, 0, 2] steps [1, 1, 2] : tensor<1x1x?xf32, #prim.shape<1, 1, "-2*floordiv(-s, 2) + 1">> -> tensor<1x1x?xf32, #prim.shape<1, 1, "-floordiv(-s, 2)">>
// CHECK-NEXT: %[[V7:.*]] = prim.reshape %[[V6]] : tensor<1x1x?xf32, #prim.shape<1, 1, "-floordiv(-s, 2)">> -> tensor<1x1x1x?xf32, #prim.shape<1, 1, 1, "-floordiv(-s, 2)">>
// CHECK-NEXT: %[[V8:.*]] = prim.reshape %arg1 : tensor<2x1x3xf32> -> tensor<1x2x3xf32>
// CHECK-NEXT: %[[V9:.*]] = prim.concat %[[V3]], %[[V5]], %[[V7]] axis 2 : (tensor<1x1x1x?xf32, #prim.shape<1, 1, 1, "-floordiv(-s, 2)">>, tensor<1x1x1x?xf32, #prim.shape<1, 1, 1, "-floordiv(-s, 2)">>, tensor<1x1x1x?xf32, #prim.shape<1, 1, 1, "-floordiv(-s, 2)">>) -> tensor<1x1x3x?xf32, #prim.shape<1, 1, 3, "-floordiv(-s, 2)">>
// CHECK-NEXT: %[[V10:.*]] = prim.dot %[[V8]], %[[V9]] batch [0] x [1] contract [2] x [2] : tensor<1x2x3xf32>, tensor<1x1x3x?xf32, #prim.shape<1, 1, 3, "-floordiv(-s, 2)">> -> tensor<1x2x1x?xf32, #prim.shape<1, 2, 1, "-floordiv(-s, 2)">>
// CHECK-NEXT: %[[V11:.*]] = prim.transpose %[[V10]] perm [2, 0, 1, 3] : tensor<1x2x1x?xf32, #prim.shape<1, 2, 1, "-floordiv(-s, 2)">> -> tensor<1x1x2x?xf32, #prim.shape<1, 1, 2, "-floordiv(-s, 2)">>
// CHECK-NEXT: %[[V12:.*]] = prim.reshape %[[V11]] : tensor<1x1x2x?xf32, #prim.shape<1, 1, 2, "-floordiv(-s, 2)">> -> tensor<1x2x?xf32, #prim.shape<1, 2, "-floordiv(-s, 2)">>
// CHECK-NEXT: return %[[V12]]
func.func @same_upper(%a0: tensor<1x1x?xf32> {onnx.name = "a0", onnx.dims = ["", "", "s"]}, %a1: tensor<2x1x3xf32> {onnx.name = "a1"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Conv"(%a0, %a1) {strides = array<i64: 2>, auto_pad = "SAME_UPPER"} : (tensor<1x1x?xf32>, tensor<2x1x3xf32>) -> !onnx.any
  return %y : !onnx.any
}
