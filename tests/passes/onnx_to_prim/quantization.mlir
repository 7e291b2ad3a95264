// RUN: dsc-opt %s --onnx-to-prim | FileCheck %s

// CHECK-LABEL: func.func @quantize(
// CHECK-NEXT: %[[V0:.*]] = prim.broadcast %arg1 axes [] : tensor<f32> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V1:.*]] = prim.broadcast %arg2 axes [] : tensor<i8> -> tensor<?xi8, #prim.shape<"n">>
// CHECK-NEXT: %[[V2:.*]] = prim.binary div %arg0, %[[V0]] : tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V3:.*]] = prim.unary round_even %[[V2]] : tensor<?xf32, #prim.shape<"n">> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V4:.*]] = prim.constant dense<0x49800000> : tensor<f32>
// CHECK-NEXT: %[[V5:.*]] = prim.broadcast %[[V4]] axes [] : tensor<f32> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V6:.*]] = prim.binary min %[[V3]], %[[V5]] : tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V7:.*]] = prim.constant dense<0xC9800000> : tensor<f32>
// CHECK-NEXT: %[[V8:.*]] = prim.broadcast %[[V7]] axes [] : tensor<f32> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V9:.*]] = prim.binary max %[[V6]], %[[V8]] : tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V10:.*]] = prim.convert %[[V9]] : tensor<?xf32, #prim.shape<"n">> -> tensor<?xi32, #prim.shape<"n">>
// CHECK-NEXT: %[[V11:.*]] = prim.convert %[[V1]] : tensor<?xi8, #prim.shape<"n">> -> tensor<?xi32, #prim.shape<"n">>
// CHECK-NEXT: %[[V12:.*]] = prim.binary add %[[V10]], %[[V11]] : tensor<?xi32, #prim.shape<"n">>
// CHECK-NEXT: %[[V13:.*]] = prim.constant dense<127> : tensor<i32>
// CHECK-NEXT: %[[V14:.*]] = prim.broadcast %[[V13]] axes [] : tensor<i32> -> tensor<?xi32, #prim.shape<"n">>
// CHECK-NEXT: %[[V15:.*]] = prim.binary min %[[V12]], %[[V14]] : tensor<?xi32, #prim.shape<"n">>
// CHECK-NEXT: %[[V16:.*]] = prim.constant dense<-128> : tensor<i32>
// CHECK-NEXT: %[[V17:.*]] = prim.broadcast %[[V16]] axes [] : tensor<i32> -> tensor<?xi32, #prim.shape<"n">>
// CHECK-NEXT: %[[V18:.*]] = prim.binary max %[[V15]], %[[V17]] : tensor<?xi32, #prim.shape<"n">>
// CHECK-NEXT: %[[V19:.*]] = prim.convert %[[V18]] : tensor<?xi32, #prim.shape<"n">> -> tensor<?xi8, #prim.shape<"n">>
// CHECK-NEXT: return %[[V19]]
func.func @quantize(%a0: tensor<?xf32> {onnx.name = "a0", onnx.dims = ["n"]}, %a1: tensor<f32> {onnx.name = "a1"}, %a2: tensor<i8> {onnx.name = "a2"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.QuantizeLinear"(%a0, %a1, %a2) : (tensor<?xf32>, tensor<f32>, tensor<i8>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @dequantize_axis(
// CHECK-NEXT: %[[V0:.*]] = prim.broadcast %arg1 axes [1] : tensor<4xf32> -> tensor<?x4xf32, #prim.shape<"n", 4>>
// CHECK-NEXT: %[[V1:.*]] = prim.convert %arg0 : tensor<?x4xui8, #prim.shape<"n", 4>> -> tensor<?x4xi32, #prim.shape<"n", 4>>
// CHECK-NEXT: %[[V2:.*]] = prim.broadcast %arg2 axes [1] : tensor<4xui8> -> tensor<?x4xui8, #prim.shape<"n", 4>>
// CHECK-NEXT: %[[V3:.*]] = prim.convert %[[V2]] : tensor<?x4xui8, #prim.shape<"n", 4>> -> tensor<?x4xi32, #prim.shape<"n", 4>>
// CHECK-NEXT: %[[V4:.*]] = prim.binary sub %[[V1]], %[[V3]] : tensor<?x4xi32, #prim.shape<"n", 4>>
// CHECK-NEXT: %[[V5:.*]] = prim.convert %[[V4]] : tensor<?x4xi32, #prim.shape<"n", 4>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
// CHECK-NEXT: %[[V6:.*]] = prim.binary mul %[[V5]], %[[V0]] : tensor<?x4xf32, #prim.shape<"n", 4>>
// CHECK-NEXT: return %[[V6]]
func.func @dequantize_axis(%a0: tensor<?x4xui8> {onnx.name = "a0", onnx.dims = ["n", ""]}, %a1: tensor<4xf32> {onnx.name = "a1"}, %a2: tensor<4xui8> {onnx.name = "a2"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.DequantizeLinear"(%a0, %a1, %a2) : (tensor<?x4xui8>, tensor<4xf32>, tensor<4xui8>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @dequantize_blocks(
// CHECK-NEXT: %[[V0:.*]] = prim.reshape %arg1 : tensor<2x2xf32> -> tensor<2x2x1xf32>
// CHECK-NEXT: %[[V1:.*]] = prim.broadcast %[[V0]] axes [0, 1, 2] : tensor<2x2x1xf32> -> tensor<2x2x3xf32>
// CHECK-NEXT: %[[V2:.*]] = prim.reshape %[[V1]] : tensor<2x2x3xf32> -> tensor<2x6xf32>
// CHECK-NEXT: %[[V3:.*]] = prim.slice %[[V2]] starts [0, 0] steps [1, 1] : tensor<2x6xf32> -> tensor<2x5xf32>
// CHECK-NEXT: %[[V4:.*]] = prim.convert %arg0 : tensor<2x5xi8> -> tensor<2x5xi32>
// CHECK-NEXT: %[[V5:.*]] = prim.convert %[[V4]] : tensor<2x5xi32> -> tensor<2x5xf32>
// CHECK-NEXT: %[[V6:.*]] = prim.binary mul %[[V5]], %[[V3]] : tensor<2x5xf32>
// CHECK-NEXT: return %[[V6]]
func.func @dequantize_blocks(%a0: tensor<2x5xi8> {onnx.name = "a0"}, %a1: tensor<2x2xf32> {onnx.name = "a1"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 21 : i64}} {
  %y = "onnx.DequantizeLinear"(%a0, %a1) {block_size = 3 : i64} : (tensor<2x5xi8>, tensor<2x2xf32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @quantize_dynamic(
// CHECK-NEXT: %[[V0:.*]] = prim.reduce min %arg0 axes [0] : tensor<?xf32, #prim.shape<"n">> -> tensor<f32>
// CHECK-NEXT: %[[V1:.*]] = prim.constant dense<0.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[V2:.*]] = prim.binary min %[[V0]], %[[V1]] : tensor<f32>
// CHECK-NEXT: %[[V3:.*]] = prim.reduce max %arg0 axes [0] : tensor<?xf32, #prim.shape<"n">> -> tensor<f32>
// CHECK-NEXT: %[[V4:.*]] = prim.constant dense<0.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[V5:.*]] = prim.binary max %[[V3]], %[[V4]] : tensor<f32>
// CHECK-NEXT: %[[V6:.*]] = prim.binary sub %[[V5]], %[[V2]] : tensor<f32>
// CHECK-NEXT: %[[V7:.*]] = prim.constant dense<2.550000e+02> : tensor<f32>
// CHECK-NEXT: %[[V8:.*]] = prim.binary div %[[V6]], %[[V7]] : tensor<f32>
// CHECK-NEXT: %[[V9:.*]] = prim.binary div %[[V2]], %[[V8]] : tensor<f32>
// CHECK-NEXT: %[[V10:.*]] = prim.unary neg %[[V9]] : tensor<f32> -> tensor<f32>
// CHECK-NEXT: %[[V11:.*]] = prim.unary round_even %[[V10]] : tensor<f32> -> tensor<f32>
// CHECK-NEXT: %[[V12:.*]] = prim.constant dense<0x49800000> : tensor<f32>
// CHECK-NEXT: %[[V13:.*]] = prim.binary min %[[V11]], %[[V12]] : tensor<f32>
// CHECK-NEXT: %[[V14:.*]] = prim.constant dense<0xC9800000> : tensor<f32>
// CHECK-NEXT: %[[V15:.*]] = prim.binary max %[[V13]], %[[V14]] : tensor<f32>
// CHECK-NEXT: %[[V16:.*]] = prim.convert %[[V15]] : tensor<f32> -> tensor<i32>
// CHECK-NEXT: %[[V17:.*]] = prim.constant dense<255> : tensor<i32>
// CHECK-NEXT: %[[V18:.*]] = prim.binary min %[[V16]], %[[V17]] : tensor<i32>
// CHECK-NEXT: %[[V19:.*]] = prim.constant dense<0> : tensor<i32>
// CHECK-NEXT: %[[V20:.*]] = prim.binary max %[[V18]], %[[V19]] : tensor<i32>
// CHECK-NEXT: %[[V21:.*]] = prim.convert %[[V20]] : tensor<i32> -> tensor<ui8>
// CHECK-NEXT: %[[V22:.*]] = prim.broadcast %[[V8]] axes [] : tensor<f32> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V23:.*]] = prim.binary div %arg0, %[[V22]] : tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V24:.*]] = prim.broadcast %[[V21]] axes [] : tensor<ui8> -> tensor<?xui8, #prim.shape<"n">>
// CHECK-NEXT: %[[V25:.*]] = prim.unary round_even %[[V23]] : tensor<?xf32, #prim.shape<"n">> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V26:.*]] = prim.constant dense<0x49800000> : tensor<f32>
// CHECK-NEXT: %[[V27:.*]] = prim.broadcast %[[V26]] axes [] : tensor<f32> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V28:.*]] = prim.binary min %[[V25]], %[[V27]] : tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V29:.*]] = prim.constant dense<0xC9800000> : tensor<f32>
// CHECK-NEXT: %[[V30:.*]] = prim.broadcast %[[V29]] axes [] : tensor<f32> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V31:.*]] = prim.binary max %[[V28]], %[[V30]] : tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V32:.*]] = prim.convert %[[V31]] : tensor<?xf32, #prim.shape<"n">> -> tensor<?xi32, #prim.shape<"n">>
// CHECK-NEXT: %[[V33:.*]] = prim.convert %[[V24]] : tensor<?xui8, #prim.shape<"n">> -> tensor<?xi32, #prim.shape<"n">>
// CHECK-NEXT: %[[V34:.*]] = prim.binary add %[[V32]], %[[V33]] : tensor<?xi32, #prim.shape<"n">>
// CHECK-NEXT: %[[V35:.*]] = prim.constant dense<255> : tensor<i32>
// CHECK-NEXT: %[[V36:.*]] = prim.broadcast %[[V35]] axes [] : tensor<i32> -> tensor<?xi32, #prim.shape<"n">>
// CHECK-NEXT: %[[V37:.*]] = prim.binary min %[[V34]], %[[V36]] : tensor<?xi32, #prim.shape<"n">>
// CHECK-NEXT: %[[V38:.*]] = prim.constant dense<0> : tensor<i32>
// CHECK-NEXT: %[[V39:.*]] = prim.broadcast %[[V38]] axes [] : tensor<i32> -> tensor<?xi32, #prim.shape<"n">>
// CHECK-NEXT: %[[V40:.*]] = prim.binary max %[[V37]], %[[V39]] : tensor<?xi32, #prim.shape<"n">>
// CHECK-NEXT: %[[V41:.*]] = prim.convert %[[V40]] : tensor<?xi32, #prim.shape<"n">> -> tensor<?xui8, #prim.shape<"n">>
// CHECK-NEXT: return %[[V41]], %[[V8]], %[[V21]]
func.func @quantize_dynamic(%a0: tensor<?xf32> {onnx.name = "a0", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}, !onnx.any {onnx.name = "y1"}, !onnx.any {onnx.name = "y2"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y:3 = "onnx.DynamicQuantizeLinear"(%a0) : (tensor<?xf32>) -> (!onnx.any, !onnx.any, !onnx.any)
  return %y#0, %y#1, %y#2 : !onnx.any, !onnx.any, !onnx.any
}
