// RUN: dsc-opt %s --onnx-to-prim | FileCheck %s

// CHECK-LABEL: func.func @plain(
// CHECK-NEXT: %[[V0:.*]] = prim.constant dense<0.594603539> : tensor<f32>
// CHECK-NEXT: %[[V1:.*]] = prim.broadcast %[[V0]] axes [] : tensor<f32> -> tensor<?x4x?x8xf32, #prim.shape<"b", 4, "s", 8>>
// CHECK-NEXT: %[[V2:.*]] = prim.binary mul %arg0, %[[V1]] : tensor<?x4x?x8xf32, #prim.shape<"b", 4, "s", 8>>
// CHECK-NEXT: %[[V3:.*]] = prim.constant dense<0.594603539> : tensor<f32>
// CHECK-NEXT: %[[V4:.*]] = prim.broadcast %[[V3]] axes [] : tensor<f32> -> tensor<?x4x?x8xf32, #prim.shape<"b", 4, "t", 8>>
// CHECK-NEXT: %[[V5:.*]] = prim.binary mul %arg1, %[[V4]] : tensor<?x4x?x8xf32, #prim.shape<"b", 4, "t", 8>>
// CHECK-NEXT: %[[V6:.*]] = prim.dot %[[V2]], %[[V5]] batch [0, 1] x [0, 1] contract [3] x [3] : tensor<?x4x?x8xf32, #prim.shape<"b", 4, "s", 8>>, tensor<?x4x?x8xf32, #prim.shape<"b", 4, "t", 8>> -> tensor<?x4x?x?xf32, #prim.shape<"b", 4, "s", "t">>
// CHECK-NEXT: %[[V7:.*]] = prim.reduce max %[[V6]] axes [3] : tensor<?x4x?x?xf32, #prim.shape<"b", 4, "s", "t">> -> tensor<?x4x?xf32, #prim.shape<"b", 4, "s">>
// CHECK-NEXT: %[[V8:.*]] = prim.reshape %[[V7]] : tensor<?x4x?xf32, #prim.shape<"b", 4, "s">> -> tensor<?x4x?x1xf32, #prim.shape<"b", 4, "s", 1>>
// CHECK-NEXT: %[[V9:.*]] = prim.broadcast %[[V8]] axes [0, 1, 2, 3] : tensor<?x4x?x1xf32, #prim.shape<"b", 4, "s", 1>> -> tensor<?x4x?x?xf32, #prim.shape<"b", 4, "s", "t">>
// CHECK-NEXT: %[[V10:.*]] = prim.binary sub %[[V6]], %[[V9]] : tensor<?x4x?x?xf32, #prim.shape<"b", 4, "s", "t">>
// CHECK-NEXT: %[[V11:.*]] = prim.unary exp %[[V10]] : tensor<?x4x?x?xf32, #prim.shape<"b", 4, "s", "t">> -> tensor<?x4x?x?xf32, #prim.shape<"b", 4, "s", "t">>
// CHECK-NEXT: %[[V12:.*]] = prim.reduce sum %[[V11]] axes [3] : tensor<?x4x?x?xf32, #prim.shape<"b", 4, "s", "t">> -> tensor<?x4x?xf32, #prim.shape<"b", 4, "s">>
// CHECK-NEXT: %[[V13:.*]] = prim.reshape %[[V12]] : tensor<?x4x?xf32, #prim.shape<"b", 4, "s">> -> tensor<?x4x?x1xf32, #prim.shape<"b", 4, "s", 1>>
// CHECK-NEXT: %[[V14:.*]] = prim.broadcast %[[V13]] axes [0, 1, 2, 3] : tensor<?x4x?x1xf32, #prim.shape<"b", 4, "s", 1>> -> tensor<?x4x?x?xf32, #prim.shape<"b", 4, "s", "t">>
// CHECK-NEXT: %[[V15:.*]] = prim.binary div %[[V11]], %[[V14]] : tensor<?x4x?x?xf32, #prim.shape<"b", 4, "s", "t">>
// CHECK-NEXT: %[[V16:.*]] = prim.dot %[[V15]], %arg2 batch [0, 1] x [0, 1] contract [3] x [2] : tensor<?x4x?x?xf32, #prim.shape<"b", 4, "s", "t">>, tensor<?x4x?x6xf32, #prim.shape<"b", 4, "t", 6>> -> tensor<?x4x?x6xf32, #prim.shape<"b", 4, "s", 6>>
// CHECK-NEXT: return %[[V16]]
func.func @plain(%a0: tensor<?x4x?x8xf32> {onnx.name = "a0", onnx.dims = ["b", "", "s", ""]}, %a1: tensor<?x4x?x8xf32> {onnx.name = "a1", onnx.dims = ["b", "", "t", ""]}, %a2: tensor<?x4x?x6xf32> {onnx.name = "a2", onnx.dims = ["b", "", "t", ""]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 23 : i64}} {
  %y = "onnx.Attention"(%a0, %a1, %a2) : (tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x6xf32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @grouped_flat_causal(
// CHECK-NEXT: %[[V0:.*]] = prim.reshape %arg0 : tensor<?x?x32xf32, #prim.shape<"b", "s", 32>> -> tensor<?x?x4x8xf32, #prim.shape<"b", "s", 4, 8>>
// CHECK-NEXT: %[[V1:.*]] = prim.transpose %[[V0]] perm [0, 2, 1, 3] : tensor<?x?x4x8xf32, #prim.shape<"b", "s", 4, 8>> -> tensor<?x4x?x8xf32, #prim.shape<"b", 4, "s", 8>>
// CHECK-NEXT: %[[V2:.*]] = prim.reshape %arg1 : tensor<?x?x16xf32, #prim.shape<"b", "s", 16>> -> tensor<?x?x2x8xf32, #prim.shape<"b", "s", 2, 8>>
// CHECK-NEXT: %[[V3:.*]] = prim.transpose %[[V2]] perm [0, 2, 1, 3] : tensor<?x?x2x8xf32, #prim.shape<"b", "s", 2, 8>> -> tensor<?x2x?x8xf32, #prim.shape<"b", 2, "s", 8>>
// CHECK-NEXT: %[[V4:.*]] = prim.reshape %arg2 : tensor<?x?x16xf32, #prim.shape<"b", "s", 16>> -> tensor<?x?x2x8xf32, #prim.shape<"b", "s", 2, 8>>
// CHECK-NEXT: %[[V5:.*]] = prim.transpose %[[V4]] perm [0, 2, 1, 3] : tensor<?x?x2x8xf32, #prim.shape<"b", "s", 2, 8>> -> tensor<?x2x?x8xf32, #prim.shape<"b", 2, "s", 8>>
// CHECK-NEXT: %[[V6:.*]] = prim.index_expr "nonneg(d2 - d3)" : tensor<1x1x?x?xi1, #prim.shape<1, 1, "s", "s">>
// CHECK-NEXT: %[[V7:.*]] = prim.reshape %[[V1]] : tensor<?x4x?x8xf32, #prim.shape<"b", 4, "s", 8>> -> tensor<?x2x2x?x8xf32, #prim.shape<"b", 2, 2, "s", 8>>
// CHECK-NEXT: %[[V8:.*]] = prim.dot %[[V7]], %[[V3]] batch [0, 1] x [0, 1] contract [4] x [3] : tensor<?x2x2x?x8xf32, #prim.shape<"b", 2, 2, "s", 8>>, tensor<?x2x?x8xf32, #prim.shape<"b", 2, "s", 8>> -> tensor<?x2x2x?x?xf32, #prim.shape<"b", 2, 2, "s", "s">>
// CHECK-NEXT: %[[V9:.*]] = prim.reshape %[[V8]] : tensor<?x2x2x?x?xf32, #prim.shape<"b", 2, 2, "s", "s">> -> tensor<?x4x?x?xf32, #prim.shape<"b", 4, "s", "s">>
// CHECK-NEXT: %[[V10:.*]] = prim.broadcast %[[V6]] axes [0, 1, 2, 3] : tensor<1x1x?x?xi1, #prim.shape<1, 1, "s", "s">> -> tensor<?x4x?x?xi1, #prim.shape<"b", 4, "s", "s">>
// CHECK-NEXT: %[[V11:.*]] = prim.constant dense<0xFF800000> : tensor<f32>
// CHECK-NEXT: %[[V12:.*]] = prim.broadcast %[[V11]] axes [] : tensor<f32> -> tensor<?x4x?x?xf32, #prim.shape<"b", 4, "s", "s">>
// CHECK-NEXT: %[[V13:.*]] = prim.select %[[V10]], %[[V9]], %[[V12]] : tensor<?x4x?x?xi1, #prim.shape<"b", 4, "s", "s">>, tensor<?x4x?x?xf32, #prim.shape<"b", 4, "s", "s">>
// CHECK-NEXT: %[[V14:.*]] = prim.reduce max %[[V13]] axes [3] : tensor<?x4x?x?xf32, #prim.shape<"b", 4, "s", "s">> -> tensor<?x4x?xf32, #prim.shape<"b", 4, "s">>
// CHECK-NEXT: %[[V15:.*]] = prim.reshape %[[V14]] : tensor<?x4x?xf32, #prim.shape<"b", 4, "s">> -> tensor<?x4x?x1xf32, #prim.shape<"b", 4, "s", 1>>
// CHECK-NEXT: %[[V16:.*]] = prim.broadcast %[[V15]] axes [0, 1, 2, 3] : tensor<?x4x?x1xf32, #prim.shape<"b", 4, "s", 1>> -> tensor<?x4x?x?xf32, #prim.shape<"b", 4, "s", "s">>
// CHECK-NEXT: %[[V17:.*]] = prim.binary sub %[[V13]], %[[V16]] : tensor<?x4x?x?xf32, #prim.shape<"b", 4, "s", "s">>
// CHECK-NEXT: %[[V18:.*]] = prim.unary exp %[[V17]] : tensor<?x4x?x?xf32, #prim.shape<"b", 4, "s", "s">> -> tensor<?x4x?x?xf32, #prim.shape<"b", 4, "s", "s">>
// CHECK-NEXT: %[[V19:.*]] = prim.reduce sum %[[V18]] axes [3] : tensor<?x4x?x?xf32, #prim.shape<"b", 4, "s", "s">> -> tensor<?x4x?xf32, #prim.shape<"b", 4, "s">>
// CHECK-NEXT: %[[V20:.*]] = prim.reshape %[[V19]] : tensor<?x4x?xf32, #prim.shape<"b", 4, "s">> -> tensor<?x4x?x1xf32, #prim.shape<"b", 4, "s", 1>>
// CHECK-NEXT: %[[V21:.*]] = prim.broadcast %[[V20]] axes [0, 1, 2, 3] : tensor<?x4x?x1xf32, #prim.shape<"b", 4, "s", 1>> -> tensor<?x4x?x?xf32, #prim.shape<"b", 4, "s", "s">>
// CHECK-NEXT: %[[V22:.*]] = prim.binary div %[[V18]], %[[V21]] : tensor<?x4x?x?xf32, #prim.shape<"b", 4, "s", "s">>
// CHECK-NEXT: %[[V23:.*]] = prim.reshape %[[V22]] : tensor<?x4x?x?xf32, #prim.shape<"b", 4, "s", "s">> -> tensor<?x2x2x?x?xf32, #prim.shape<"b", 2, 2, "s", "s">>
// CHECK-NEXT: %[[V24:.*]] = prim.dot %[[V23]], %[[V5]] batch [0, 1] x [0, 1] contract [4] x [2] : tensor<?x2x2x?x?xf32, #prim.shape<"b", 2, 2, "s", "s">>, tensor<?x2x?x8xf32, #prim.shape<"b", 2, "s", 8>> -> tensor<?x2x2x?x8xf32, #prim.shape<"b", 2, 2, "s", 8>>
// CHECK-NEXT: %[[V25:.*]] = prim.reshape %[[V24]] : tensor<?x2x2x?x8xf32, #prim.shape<"b", 2, 2, "s", 8>> -> tensor<?x4x?x8xf32, #prim.shape<"b", 4, "s", 8>>
// CHECK-NEXT: %[[V26:.*]] = prim.transpose %[[V25]] perm [0, 2, 1, 3] : tensor<?x4x?x8xf32, #prim.shape<"b", 4, "s", 8>> -> tensor<?x?x4x8xf32, #prim.shape<"b", "s", 4, 8>>
// CHECK-NEXT: %[[V27:.*]] = prim.reshape %[[V26]] : tensor<?x?x4x8xf32, #prim.shape<"b", "s", 4, 8>> -> tensor<?x?x32xf32, #prim.shape<"b", "s", 32>>
// CHECK-NEXT: return %[[V27]]
func.func @grouped_flat_causal(%a0: tensor<?x?x32xf32> {onnx.name = "a0", onnx.dims = ["b", "s", ""]}, %a1: tensor<?x?x16xf32> {onnx.name = "a1", onnx.dims = ["b", "s", ""]}, %a2: tensor<?x?x16xf32> {onnx.name = "a2", onnx.dims = ["b", "s", ""]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 23 : i64}} {
  %y = "onnx.Attention"(%a0, %a1, %a2) {is_causal = 1 : i64, q_num_heads = 4 : i64, kv_num_heads = 2 : i64, scale = 1.0 : f32} : (tensor<?x?x32xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @past_and_window(
// CHECK-NEXT: %[[V0:.*]] = prim.concat %arg3, %arg1 axis 2 : (tensor<1x2x?x8xf32, #prim.shape<1, 2, "p", 8>>, tensor<1x2x?x8xf32, #prim.shape<1, 2, "s", 8>>) -> tensor<1x2x?x8xf32, #prim.shape<1, 2, "p + s", 8>>
// CHECK-NEXT: %[[V1:.*]] = prim.concat %arg4, %arg2 axis 2 : (tensor<1x2x?x8xf32, #prim.shape<1, 2, "p", 8>>, tensor<1x2x?x8xf32, #prim.shape<1, 2, "s", 8>>) -> tensor<1x2x?x8xf32, #prim.shape<1, 2, "p + s", 8>>
// CHECK-NEXT: %[[V2:.*]] = prim.index_expr "nonneg(p + d2 - d3)" : tensor<1x1x?x?xi1, #prim.shape<1, 1, "s", "p + s">>
// CHECK-NEXT: %[[V3:.*]] = prim.index_expr "nonneg(-p - d2 + d3 + 3)" : tensor<1x1x?x?xi1, #prim.shape<1, 1, "s", "p + s">>
// CHECK-NEXT: %[[V4:.*]] = prim.binary and %[[V2]], %[[V3]] : tensor<1x1x?x?xi1, #prim.shape<1, 1, "s", "p + s">>
// CHECK-NEXT: %[[V5:.*]] = prim.dot %arg0, %[[V0]] batch [0, 1] x [0, 1] contract [3] x [3] : tensor<1x2x?x8xf32, #prim.shape<1, 2, "s", 8>>, tensor<1x2x?x8xf32, #prim.shape<1, 2, "p + s", 8>> -> tensor<1x2x?x?xf32, #prim.shape<1, 2, "s", "p + s">>
// CHECK-NEXT: %[[V6:.*]] = prim.broadcast %[[V4]] axes [0, 1, 2, 3] : tensor<1x1x?x?xi1, #prim.shape<1, 1, "s", "p + s">> -> tensor<1x2x?x?xi1, #prim.shape<1, 2, "s", "p + s">>
// CHECK-NEXT: %[[V7:.*]] = prim.constant dense<0xFF800000> : tensor<f32>
// CHECK-NEXT: %[[V8:.*]] = prim.broadcast %[[V7]] axes [] : tensor<f32> -> tensor<1x2x?x?xf32, #prim.shape<1, 2, "s", "p + s">>
// CHECK-NEXT: %[[V9:.*]] = prim.select %[[V6]], %[[V5]], %[[V8]] : tensor<1x2x?x?xi1, #prim.shape<1, 2, "s", "p + s">>, tensor<1x2x?x?xf32, #prim.shape<1, 2, "s", "p + s">>
// CHECK-NEXT: %[[V10:.*]] = prim.reduce max %[[V9]] axes [3] : tensor<1x2x?x?xf32, #prim.shape<1, 2, "s", "p + s">> -> tensor<1x2x?xf32, #prim.shape<1, 2, "s">>
// CHECK-NEXT: %[[V11:.*]] = prim.reshape %[[V10]] : tensor<1x2x?xf32, #prim.shape<1, 2, "s">> -> tensor<1x2x?x1xf32, #prim.shape<1, 2, "s", 1>>
// CHECK-NEXT: %[[V12:.*]] = prim.broadcast %[[V11]] axes [0, 1, 2, 3] : tensor<1x2x?x1xf32, #prim.shape<1, 2, "s", 1>> -> tensor<1x2x?x?xf32, #prim.shape<1, 2, "s", "p + s">>
// CHECK-NEXT: %[[V13:.*]] = prim.binary sub %[[V9]], %[[V12]] : tensor<1x2x?x?xf32, #prim.shape<1, 2, "s", "p + s">>
// CHECK-NEXT: %[[V14:.*]] = prim.unary exp %[[V13]] : tensor<1x2x?x?xf32, #prim.shape<1, 2, "s", "p + s">> -> tensor<1x2x?x?xf32, #prim.shape<1, 2, "s", "p + s">>
// CHECK-NEXT: %[[V15:.*]] = prim.reduce sum %[[V14]] axes [3] : tensor<1x2x?x?xf32, #prim.shape<1, 2, "s", "p + s">> -> tensor<1x2x?xf32, #prim.shape<1, 2, "s">>
// CHECK-NEXT: %[[V16:.*]] = prim.reshape %[[V15]] : tensor<1x2x?xf32, #prim.shape<1, 2, "s">> -> tensor<1x2x?x1xf32, #prim.shape<1, 2, "s", 1>>
// CHECK-NEXT: %[[V17:.*]] = prim.broadcast %[[V16]] axes [0, 1, 2, 3] : tensor<1x2x?x1xf32, #prim.shape<1, 2, "s", 1>> -> tensor<1x2x?x?xf32, #prim.shape<1, 2, "s", "p + s">>
// CHECK-NEXT: %[[V18:.*]] = prim.binary div %[[V14]], %[[V17]] : tensor<1x2x?x?xf32, #prim.shape<1, 2, "s", "p + s">>
// CHECK-NEXT: %[[V19:.*]] = prim.reduce max %[[V4]] axes [3] : tensor<1x1x?x?xi1, #prim.shape<1, 1, "s", "p + s">> -> tensor<1x1x?xi1, #prim.shape<1, 1, "s">>
// CHECK-NEXT: %[[V20:.*]] = prim.reshape %[[V19]] : tensor<1x1x?xi1, #prim.shape<1, 1, "s">> -> tensor<1x1x?x1xi1, #prim.shape<1, 1, "s", 1>>
// CHECK-NEXT: %[[V21:.*]] = prim.broadcast %[[V20]] axes [0, 1, 2, 3] : tensor<1x1x?x1xi1, #prim.shape<1, 1, "s", 1>> -> tensor<1x2x?x?xi1, #prim.shape<1, 2, "s", "p + s">>
// CHECK-NEXT: %[[V22:.*]] = prim.constant dense<0.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[V23:.*]] = prim.broadcast %[[V22]] axes [] : tensor<f32> -> tensor<1x2x?x?xf32, #prim.shape<1, 2, "s", "p + s">>
// CHECK-NEXT: %[[V24:.*]] = prim.select %[[V21]], %[[V18]], %[[V23]] : tensor<1x2x?x?xi1, #prim.shape<1, 2, "s", "p + s">>, tensor<1x2x?x?xf32, #prim.shape<1, 2, "s", "p + s">>
// CHECK-NEXT: %[[V25:.*]] = prim.dot %[[V24]], %[[V1]] batch [0, 1] x [0, 1] contract [3] x [2] : tensor<1x2x?x?xf32, #prim.shape<1, 2, "s", "p + s">>, tensor<1x2x?x8xf32, #prim.shape<1, 2, "p + s", 8>> -> tensor<1x2x?x8xf32, #prim.shape<1, 2, "s", 8>>
// CHECK-NEXT: return %[[V25]], %[[V0]], %[[V1]]
func.func @past_and_window(%q: tensor<1x2x?x8xf32> {onnx.name = "q", onnx.dims = ["", "", "s", ""]}, %k: tensor<1x2x?x8xf32> {onnx.name = "k", onnx.dims = ["", "", "s", ""]}, %v: tensor<1x2x?x8xf32> {onnx.name = "v", onnx.dims = ["", "", "s", ""]}, %pk: tensor<1x2x?x8xf32> {onnx.name = "pk", onnx.dims = ["", "", "p", ""]}, %pv: tensor<1x2x?x8xf32> {onnx.name = "pv", onnx.dims = ["", "", "p", ""]}) -> (!onnx.any {onnx.name = "y0"}, !onnx.any {onnx.name = "y1"}, !onnx.any {onnx.name = "y2"}) attributes {onnx.opsets = {ai.onnx = 25 : i64}} {
  %none = onnx.none
  %y:3 = "onnx.Attention"(%q, %k, %v, %none, %pk, %pv) {is_causal = 1 : i64, left_window_size = 3 : i64, scale = 1.0 : f32} : (tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>, none, tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>) -> (!onnx.any, !onnx.any, !onnx.any)
  return %y#0, %y#1, %y#2 : !onnx.any, !onnx.any, !onnx.any
}

// CHECK-LABEL: func.func @float_mask_softcap(
// CHECK-NEXT: %[[V0:.*]] = prim.dot %arg0, %arg1 batch [0, 1] x [0, 1] contract [3] x [3] : tensor<1x2x3x8xf32>, tensor<1x2x5x8xf32> -> tensor<1x2x3x5xf32>
// CHECK-NEXT: %[[V1:.*]] = prim.constant dense<2.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[V2:.*]] = prim.broadcast %[[V1]] axes [] : tensor<f32> -> tensor<1x2x3x5xf32>
// CHECK-NEXT: %[[V3:.*]] = prim.binary div %[[V0]], %[[V2]] : tensor<1x2x3x5xf32>
// CHECK-NEXT: %[[V4:.*]] = prim.unary tanh %[[V3]] : tensor<1x2x3x5xf32> -> tensor<1x2x3x5xf32>
// CHECK-NEXT: %[[V5:.*]] = prim.constant dense<2.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[V6:.*]] = prim.broadcast %[[V5]] axes [] : tensor<f32> -> tensor<1x2x3x5xf32>
// CHECK-NEXT: %[[V7:.*]] = prim.binary mul %[[V4]], %[[V6]] : tensor<1x2x3x5xf32>
// CHECK-NEXT: %[[V8:.*]] = prim.broadcast %arg3 axes [2, 3] : tensor<3x5xf32> -> tensor<1x2x3x5xf32>
// CHECK-NEXT: %[[V9:.*]] = prim.binary add %[[V7]], %[[V8]] : tensor<1x2x3x5xf32>
// CHECK-NEXT: %[[V10:.*]] = prim.reduce max %[[V9]] axes [3] : tensor<1x2x3x5xf32> -> tensor<1x2x3xf32>
// CHECK-NEXT: %[[V11:.*]] = prim.reshape %[[V10]] : tensor<1x2x3xf32> -> tensor<1x2x3x1xf32>
// CHECK-NEXT: %[[V12:.*]] = prim.broadcast %[[V11]] axes [0, 1, 2, 3] : tensor<1x2x3x1xf32> -> tensor<1x2x3x5xf32>
// CHECK-NEXT: %[[V13:.*]] = prim.binary sub %[[V9]], %[[V12]] : tensor<1x2x3x5xf32>
// CHECK-NEXT: %[[V14:.*]] = prim.unary exp %[[V13]] : tensor<1x2x3x5xf32> -> tensor<1x2x3x5xf32>
// CHECK-NEXT: %[[V15:.*]] = prim.reduce sum %[[V14]] axes [3] : tensor<1x2x3x5xf32> -> tensor<1x2x3xf32>
// CHECK-NEXT: %[[V16:.*]] = prim.reshape %[[V15]] : tensor<1x2x3xf32> -> tensor<1x2x3x1xf32>
// CHECK-NEXT: %[[V17:.*]] = prim.broadcast %[[V16]] axes [0, 1, 2, 3] : tensor<1x2x3x1xf32> -> tensor<1x2x3x5xf32>
// CHECK-NEXT: %[[V18:.*]] = prim.binary div %[[V14]], %[[V17]] : tensor<1x2x3x5xf32>
// CHECK-NEXT: %[[V19:.*]] = prim.reduce max %arg3 axes [1] : tensor<3x5xf32> -> tensor<3xf32>
// CHECK-NEXT: %[[V20:.*]] = prim.reshape %[[V19]] : tensor<3xf32> -> tensor<3x1xf32>
// CHECK-NEXT: %[[V21:.*]] = prim.constant dense<0xFF800000> : tensor<f32>
// CHECK-NEXT: %[[V22:.*]] = prim.broadcast %[[V21]] axes [] : tensor<f32> -> tensor<3x1xf32>
// CHECK-NEXT: %[[V23:.*]] = prim.compare ne %[[V20]], %[[V22]] : tensor<3x1xf32> -> tensor<3x1xi1>
// CHECK-NEXT: %[[V24:.*]] = prim.broadcast %[[V23]] axes [2, 3] : tensor<3x1xi1> -> tensor<1x2x3x5xi1>
// CHECK-NEXT: %[[V25:.*]] = prim.constant dense<0.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[V26:.*]] = prim.broadcast %[[V25]] axes [] : tensor<f32> -> tensor<1x2x3x5xf32>
// CHECK-NEXT: %[[V27:.*]] = prim.select %[[V24]], %[[V18]], %[[V26]] : tensor<1x2x3x5xi1>, tensor<1x2x3x5xf32>
// CHECK-NEXT: %[[V28:.*]] = prim.dot %[[V27]], %arg2 batch [0, 1] x [0, 1] contract [3] x [2] : tensor<1x2x3x5xf32>, tensor<1x2x5x8xf32> -> tensor<1x2x3x8xf32>
// CHECK-NEXT: return %[[V28]]
func.func @float_mask_softcap(%a0: tensor<1x2x3x8xf32> {onnx.name = "a0"}, %a1: tensor<1x2x5x8xf32> {onnx.name = "a1"}, %a2: tensor<1x2x5x8xf32> {onnx.name = "a2"}, %a3: tensor<3x5xf32> {onnx.name = "a3"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 23 : i64}} {
  %y = "onnx.Attention"(%a0, %a1, %a2, %a3) {softcap = 2.0 : f32, scale = 1.0 : f32} : (tensor<1x2x3x8xf32>, tensor<1x2x5x8xf32>, tensor<1x2x5x8xf32>, tensor<3x5xf32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @lengths_and_short_mask(
// CHECK-NEXT: %[[V0:.*]] = prim.constant dense<false> : tensor<i1>
// CHECK-NEXT: %[[V1:.*]] = prim.pad %arg3, %[[V0]] low [0, 0] : tensor<3x4xi1>, tensor<i1> -> tensor<3x6xi1>
// CHECK-NEXT: %[[V2:.*]] = prim.reshape %arg4 : tensor<2xi64> -> tensor<2x1x1x1xi64>
// CHECK-NEXT: %[[V3:.*]] = prim.index_expr "-d2 + d3 + 3" : tensor<2x1x3x6xi64>
// CHECK-NEXT: %[[V4:.*]] = prim.broadcast %[[V2]] axes [0, 1, 2, 3] : tensor<2x1x1x1xi64> -> tensor<2x1x3x6xi64>
// CHECK-NEXT: %[[V5:.*]] = prim.compare ge %[[V4]], %[[V3]] : tensor<2x1x3x6xi64> -> tensor<2x1x3x6xi1>
// CHECK-NEXT: %[[V6:.*]] = prim.index_expr "d3" : tensor<2x1x1x6xi64>
// CHECK-NEXT: %[[V7:.*]] = prim.broadcast %[[V2]] axes [0, 1, 2, 3] : tensor<2x1x1x1xi64> -> tensor<2x1x1x6xi64>
// CHECK-NEXT: %[[V8:.*]] = prim.compare lt %[[V6]], %[[V7]] : tensor<2x1x1x6xi64> -> tensor<2x1x1x6xi1>
// CHECK-NEXT: %[[V9:.*]] = prim.broadcast %[[V1]] axes [2, 3] : tensor<3x6xi1> -> tensor<2x1x3x6xi1>
// CHECK-NEXT: %[[V10:.*]] = prim.binary and %[[V9]], %[[V5]] : tensor<2x1x3x6xi1>
// CHECK-NEXT: %[[V11:.*]] = prim.broadcast %[[V8]] axes [0, 1, 2, 3] : tensor<2x1x1x6xi1> -> tensor<2x1x3x6xi1>
// CHECK-NEXT: %[[V12:.*]] = prim.binary and %[[V10]], %[[V11]] : tensor<2x1x3x6xi1>
// CHECK-NEXT: %[[V13:.*]] = prim.dot %arg0, %arg1 batch [0, 1] x [0, 1] contract [3] x [3] : tensor<2x1x3x8xf32>, tensor<2x1x6x8xf32> -> tensor<2x1x3x6xf32>
// CHECK-NEXT: %[[V14:.*]] = prim.constant dense<0xFF800000> : tensor<f32>
// CHECK-NEXT: %[[V15:.*]] = prim.broadcast %[[V14]] axes [] : tensor<f32> -> tensor<2x1x3x6xf32>
// CHECK-NEXT: %[[V16:.*]] = prim.select %[[V12]], %[[V13]], %[[V15]] : tensor<2x1x3x6xi1>, tensor<2x1x3x6xf32>
// CHECK-NEXT: %[[V17:.*]] = prim.reduce max %[[V16]] axes [3] : tensor<2x1x3x6xf32> -> tensor<2x1x3xf32>
// CHECK-NEXT: %[[V18:.*]] = prim.reshape %[[V17]] : tensor<2x1x3xf32> -> tensor<2x1x3x1xf32>
// CHECK-NEXT: %[[V19:.*]] = prim.broadcast %[[V18]] axes [0, 1, 2, 3] : tensor<2x1x3x1xf32> -> tensor<2x1x3x6xf32>
// CHECK-NEXT: %[[V20:.*]] = prim.binary sub %[[V16]], %[[V19]] : tensor<2x1x3x6xf32>
// CHECK-NEXT: %[[V21:.*]] = prim.unary exp %[[V20]] : tensor<2x1x3x6xf32> -> tensor<2x1x3x6xf32>
// CHECK-NEXT: %[[V22:.*]] = prim.reduce sum %[[V21]] axes [3] : tensor<2x1x3x6xf32> -> tensor<2x1x3xf32>
// CHECK-NEXT: %[[V23:.*]] = prim.reshape %[[V22]] : tensor<2x1x3xf32> -> tensor<2x1x3x1xf32>
// CHECK-NEXT: %[[V24:.*]] = prim.broadcast %[[V23]] axes [0, 1, 2, 3] : tensor<2x1x3x1xf32> -> tensor<2x1x3x6xf32>
// CHECK-NEXT: %[[V25:.*]] = prim.binary div %[[V21]], %[[V24]] : tensor<2x1x3x6xf32>
// CHECK-NEXT: %[[V26:.*]] = prim.reduce max %[[V12]] axes [3] : tensor<2x1x3x6xi1> -> tensor<2x1x3xi1>
// CHECK-NEXT: %[[V27:.*]] = prim.reshape %[[V26]] : tensor<2x1x3xi1> -> tensor<2x1x3x1xi1>
// CHECK-NEXT: %[[V28:.*]] = prim.broadcast %[[V27]] axes [0, 1, 2, 3] : tensor<2x1x3x1xi1> -> tensor<2x1x3x6xi1>
// CHECK-NEXT: %[[V29:.*]] = prim.constant dense<0.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[V30:.*]] = prim.broadcast %[[V29]] axes [] : tensor<f32> -> tensor<2x1x3x6xf32>
// CHECK-NEXT: %[[V31:.*]] = prim.select %[[V28]], %[[V25]], %[[V30]] : tensor<2x1x3x6xi1>, tensor<2x1x3x6xf32>
// CHECK-NEXT: %[[V32:.*]] = prim.dot %[[V31]], %arg2 batch [0, 1] x [0, 1] contract [3] x [2] : tensor<2x1x3x6xf32>, tensor<2x1x6x8xf32> -> tensor<2x1x3x8xf32>
// CHECK-NEXT: return %[[V32]]
func.func @lengths_and_short_mask(%q: tensor<2x1x3x8xf32> {onnx.name = "q"}, %k: tensor<2x1x6x8xf32> {onnx.name = "k"}, %v: tensor<2x1x6x8xf32> {onnx.name = "v"}, %m: tensor<3x4xi1> {onnx.name = "m"}, %n: tensor<2xi64> {onnx.name = "n"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 24 : i64}} {
  %none = onnx.none
  %y = "onnx.Attention"(%q, %k, %v, %m, %none, %none, %n) {is_causal = 1 : i64, scale = 1.0 : f32} : (tensor<2x1x3x8xf32>, tensor<2x1x6x8xf32>, tensor<2x1x6x8xf32>, tensor<3x4xi1>, none, none, tensor<2xi64>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @rotary_halves(
// CHECK-NEXT: %[[V0:.*]] = prim.reshape %arg1 : tensor<?x?x4xf32, #prim.shape<"b", "s", 4>> -> tensor<?x1x?x4xf32, #prim.shape<"b", 1, "s", 4>>
// CHECK-NEXT: %[[V1:.*]] = prim.reshape %arg2 : tensor<?x?x4xf32, #prim.shape<"b", "s", 4>> -> tensor<?x1x?x4xf32, #prim.shape<"b", 1, "s", 4>>
// CHECK-NEXT: %[[V2:.*]] = prim.slice %arg0 starts [0, 0, 0, 0] steps [1, 1, 1, 1] : tensor<?x2x?x8xf32, #prim.shape<"b", 2, "s", 8>> -> tensor<?x2x?x4xf32, #prim.shape<"b", 2, "s", 4>>
// CHECK-NEXT: %[[V3:.*]] = prim.slice %arg0 starts [0, 0, 0, 4] steps [1, 1, 1, 1] : tensor<?x2x?x8xf32, #prim.shape<"b", 2, "s", 8>> -> tensor<?x2x?x4xf32, #prim.shape<"b", 2, "s", 4>>
// CHECK-NEXT: %[[V4:.*]] = prim.broadcast %[[V0]] axes [0, 1, 2, 3] : tensor<?x1x?x4xf32, #prim.shape<"b", 1, "s", 4>> -> tensor<?x2x?x4xf32, #prim.shape<"b", 2, "s", 4>>
// CHECK-NEXT: %[[V5:.*]] = prim.broadcast %[[V1]] axes [0, 1, 2, 3] : tensor<?x1x?x4xf32, #prim.shape<"b", 1, "s", 4>> -> tensor<?x2x?x4xf32, #prim.shape<"b", 2, "s", 4>>
// CHECK-NEXT: %[[V6:.*]] = prim.binary mul %[[V2]], %[[V4]] : tensor<?x2x?x4xf32, #prim.shape<"b", 2, "s", 4>>
// CHECK-NEXT: %[[V7:.*]] = prim.binary mul %[[V3]], %[[V5]] : tensor<?x2x?x4xf32, #prim.shape<"b", 2, "s", 4>>
// CHECK-NEXT: %[[V8:.*]] = prim.binary sub %[[V6]], %[[V7]] : tensor<?x2x?x4xf32, #prim.shape<"b", 2, "s", 4>>
// CHECK-NEXT: %[[V9:.*]] = prim.binary mul %[[V2]], %[[V5]] : tensor<?x2x?x4xf32, #prim.shape<"b", 2, "s", 4>>
// CHECK-NEXT: %[[V10:.*]] = prim.binary mul %[[V3]], %[[V4]] : tensor<?x2x?x4xf32, #prim.shape<"b", 2, "s", 4>>
// CHECK-NEXT: %[[V11:.*]] = prim.binary add %[[V9]], %[[V10]] : tensor<?x2x?x4xf32, #prim.shape<"b", 2, "s", 4>>
// CHECK-NEXT: %[[V12:.*]] = prim.concat %[[V8]], %[[V11]] axis 3 : (tensor<?x2x?x4xf32, #prim.shape<"b", 2, "s", 4>>, tensor<?x2x?x4xf32, #prim.shape<"b", 2, "s", 4>>) -> tensor<?x2x?x8xf32, #prim.shape<"b", 2, "s", 8>>
// CHECK-NEXT: return %[[V12]]
func.func @rotary_halves(%a0: tensor<?x2x?x8xf32> {onnx.name = "a0", onnx.dims = ["b", "", "s", ""]}, %a1: tensor<?x?x4xf32> {onnx.name = "a1", onnx.dims = ["b", "s", ""]}, %a2: tensor<?x?x4xf32> {onnx.name = "a2", onnx.dims = ["b", "s", ""]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 23 : i64}} {
  %y = "onnx.RotaryEmbedding"(%a0, %a1, %a2) : (tensor<?x2x?x8xf32>, tensor<?x?x4xf32>, tensor<?x?x4xf32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @rotary_pairs_flat_partial(
// CHECK-NEXT: %[[V0:.*]] = prim.reshape %arg0 : tensor<1x3x16xf32> -> tensor<1x3x2x8xf32>
// CHECK-NEXT: %[[V1:.*]] = prim.constant dense<0> : tensor<i64>
// CHECK-NEXT: %[[V2:.*]] = prim.constant dense<50> : tensor<i64>
// CHECK-NEXT: %[[V3:.*]] = prim.broadcast %[[V1]] axes [] : tensor<i64> -> tensor<1x3xi64>
// CHECK-NEXT: %[[V4:.*]] = prim.compare lt %arg3, %[[V3]] : tensor<1x3xi64> -> tensor<1x3xi1>
// CHECK-NEXT: %[[V5:.*]] = prim.broadcast %[[V2]] axes [] : tensor<i64> -> tensor<1x3xi64>
// CHECK-NEXT: %[[V6:.*]] = prim.binary add %arg3, %[[V5]] : tensor<1x3xi64>
// CHECK-NEXT: %[[V7:.*]] = prim.select %[[V4]], %[[V6]], %arg3 : tensor<1x3xi1>, tensor<1x3xi64>
// CHECK-NEXT: %[[V8:.*]] = prim.take %arg1, %[[V7]] axis 0 : tensor<50x2xf32>, tensor<1x3xi64> -> tensor<1x3x2xf32>
// CHECK-NEXT: %[[V9:.*]] = prim.reshape %[[V8]] : tensor<1x3x2xf32> -> tensor<1x3x1x2xf32>
// CHECK-NEXT: %[[V10:.*]] = prim.constant dense<0> : tensor<i64>
// CHECK-NEXT: %[[V11:.*]] = prim.constant dense<50> : tensor<i64>
// CHECK-NEXT: %[[V12:.*]] = prim.broadcast %[[V10]] axes [] : tensor<i64> -> tensor<1x3xi64>
// CHECK-NEXT: %[[V13:.*]] = prim.compare lt %arg3, %[[V12]] : tensor<1x3xi64> -> tensor<1x3xi1>
// CHECK-NEXT: %[[V14:.*]] = prim.broadcast %[[V11]] axes [] : tensor<i64> -> tensor<1x3xi64>
// CHECK-NEXT: %[[V15:.*]] = prim.binary add %arg3, %[[V14]] : tensor<1x3xi64>
// CHECK-NEXT: %[[V16:.*]] = prim.select %[[V13]], %[[V15]], %arg3 : tensor<1x3xi1>, tensor<1x3xi64>
// CHECK-NEXT: %[[V17:.*]] = prim.take %arg2, %[[V16]] axis 0 : tensor<50x2xf32>, tensor<1x3xi64> -> tensor<1x3x2xf32>
// CHECK-NEXT: %[[V18:.*]] = prim.reshape %[[V17]] : tensor<1x3x2xf32> -> tensor<1x3x1x2xf32>
// CHECK-NEXT: %[[V19:.*]] = prim.slice %[[V0]] starts [0, 0, 0, 0] steps [1, 1, 1, 1] : tensor<1x3x2x8xf32> -> tensor<1x3x2x4xf32>
// CHECK-NEXT: %[[V20:.*]] = prim.slice %[[V19]] starts [0, 0, 0, 0] steps [1, 1, 1, 2] : tensor<1x3x2x4xf32> -> tensor<1x3x2x2xf32>
// CHECK-NEXT: %[[V21:.*]] = prim.slice %[[V19]] starts [0, 0, 0, 1] steps [1, 1, 1, 2] : tensor<1x3x2x4xf32> -> tensor<1x3x2x2xf32>
// CHECK-NEXT: %[[V22:.*]] = prim.broadcast %[[V9]] axes [0, 1, 2, 3] : tensor<1x3x1x2xf32> -> tensor<1x3x2x2xf32>
// CHECK-NEXT: %[[V23:.*]] = prim.broadcast %[[V18]] axes [0, 1, 2, 3] : tensor<1x3x1x2xf32> -> tensor<1x3x2x2xf32>
// CHECK-NEXT: %[[V24:.*]] = prim.binary mul %[[V20]], %[[V22]] : tensor<1x3x2x2xf32>
// CHECK-NEXT: %[[V25:.*]] = prim.binary mul %[[V21]], %[[V23]] : tensor<1x3x2x2xf32>
// CHECK-NEXT: %[[V26:.*]] = prim.binary sub %[[V24]], %[[V25]] : tensor<1x3x2x2xf32>
// CHECK-NEXT: %[[V27:.*]] = prim.binary mul %[[V20]], %[[V23]] : tensor<1x3x2x2xf32>
// CHECK-NEXT: %[[V28:.*]] = prim.binary mul %[[V21]], %[[V22]] : tensor<1x3x2x2xf32>
// CHECK-NEXT: %[[V29:.*]] = prim.binary add %[[V27]], %[[V28]] : tensor<1x3x2x2xf32>
// CHECK-NEXT: %[[V30:.*]] = prim.reshape %[[V26]] : tensor<1x3x2x2xf32> -> tensor<1x3x2x2x1xf32>
// CHECK-NEXT: %[[V31:.*]] = prim.reshape %[[V29]] : tensor<1x3x2x2xf32> -> tensor<1x3x2x2x1xf32>
// CHECK-NEXT: %[[V32:.*]] = prim.concat %[[V30]], %[[V31]] axis 4 : (tensor<1x3x2x2x1xf32>, tensor<1x3x2x2x1xf32>) -> tensor<1x3x2x2x2xf32>
// CHECK-NEXT: %[[V33:.*]] = prim.reshape %[[V32]] : tensor<1x3x2x2x2xf32> -> tensor<1x3x2x4xf32>
// CHECK-NEXT: %[[V34:.*]] = prim.slice %[[V0]] starts [0, 0, 0, 4] steps [1, 1, 1, 1] : tensor<1x3x2x8xf32> -> tensor<1x3x2x4xf32>
// CHECK-NEXT: %[[V35:.*]] = prim.concat %[[V33]], %[[V34]] axis 3 : (tensor<1x3x2x4xf32>, tensor<1x3x2x4xf32>) -> tensor<1x3x2x8xf32>
// CHECK-NEXT: %[[V36:.*]] = prim.reshape %[[V35]] : tensor<1x3x2x8xf32> -> tensor<1x3x16xf32>
// CHECK-NEXT: return %[[V36]]
func.func @rotary_pairs_flat_partial(%a0: tensor<1x3x16xf32> {onnx.name = "a0"}, %a1: tensor<50x2xf32> {onnx.name = "a1"}, %a2: tensor<50x2xf32> {onnx.name = "a2"}, %a3: tensor<1x3xi64> {onnx.name = "a3"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 23 : i64}} {
  %y = "onnx.RotaryEmbedding"(%a0, %a1, %a2, %a3) {interleaved = 1 : i64, num_heads = 2 : i64, rotary_embedding_dim = 4 : i64} : (tensor<1x3x16xf32>, tensor<50x2xf32>, tensor<50x2xf32>, tensor<1x3xi64>) -> !onnx.any
  return %y : !onnx.any
}
