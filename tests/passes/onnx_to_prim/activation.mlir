// RUN: dsc-opt %s --onnx-to-prim | FileCheck %s

// CHECK-LABEL: func.func @sigmoid(
// CHECK-NEXT: %[[V0:.*]] = prim.unary neg %arg0 : tensor<?xf32, #prim.shape<"n">> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V1:.*]] = prim.unary exp %[[V0]] : tensor<?xf32, #prim.shape<"n">> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V2:.*]] = prim.constant dense<1.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[V3:.*]] = prim.broadcast %[[V2]] axes [] : tensor<f32> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V4:.*]] = prim.binary add %[[V1]], %[[V3]] : tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V5:.*]] = prim.unary reciprocal %[[V4]] : tensor<?xf32, #prim.shape<"n">> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: return %[[V5]]
func.func @sigmoid(%a0: tensor<?xf32> {onnx.name = "a0", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Sigmoid"(%a0) : (tensor<?xf32>) -> !onnx.any
  return %y : !onnx.any
}

// Computed in f32, rounded once.
// CHECK-LABEL: func.func @sigmoid_half(
// CHECK-NEXT: %[[V0:.*]] = prim.convert %arg0 : tensor<3xf16> -> tensor<3xf32>
// CHECK-NEXT: %[[V1:.*]] = prim.unary neg %[[V0]] : tensor<3xf32> -> tensor<3xf32>
// CHECK-NEXT: %[[V2:.*]] = prim.unary exp %[[V1]] : tensor<3xf32> -> tensor<3xf32>
// CHECK-NEXT: %[[V3:.*]] = prim.constant dense<1.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[V4:.*]] = prim.broadcast %[[V3]] axes [] : tensor<f32> -> tensor<3xf32>
// CHECK-NEXT: %[[V5:.*]] = prim.binary add %[[V2]], %[[V4]] : tensor<3xf32>
// CHECK-NEXT: %[[V6:.*]] = prim.unary reciprocal %[[V5]] : tensor<3xf32> -> tensor<3xf32>
// CHECK-NEXT: %[[V7:.*]] = prim.convert %[[V6]] : tensor<3xf32> -> tensor<3xf16>
// CHECK-NEXT: return %[[V7]]
func.func @sigmoid_half(%a0: tensor<3xf16> {onnx.name = "a0"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Sigmoid"(%a0) : (tensor<3xf16>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @relu_integers(
// CHECK-NEXT: %[[V0:.*]] = prim.constant dense<0> : tensor<i64>
// CHECK-NEXT: %[[V1:.*]] = prim.broadcast %[[V0]] axes [] : tensor<i64> -> tensor<?xi64, #prim.shape<"n">>
// CHECK-NEXT: %[[V2:.*]] = prim.binary max %arg0, %[[V1]] : tensor<?xi64, #prim.shape<"n">>
// CHECK-NEXT: return %[[V2]]
func.func @relu_integers(%a0: tensor<?xi64> {onnx.name = "a0", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Relu"(%a0) : (tensor<?xi64>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @leaky_relu(
// CHECK-NEXT: %[[V0:.*]] = prim.constant dense<1.000000e-01> : tensor<f32>
// CHECK-NEXT: %[[V1:.*]] = prim.broadcast %[[V0]] axes [] : tensor<f32> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V2:.*]] = prim.binary mul %arg0, %[[V1]] : tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V3:.*]] = prim.constant dense<0.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[V4:.*]] = prim.broadcast %[[V3]] axes [] : tensor<f32> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V5:.*]] = prim.compare lt %arg0, %[[V4]] : tensor<?xf32, #prim.shape<"n">> -> tensor<?xi1, #prim.shape<"n">>
// CHECK-NEXT: %[[V6:.*]] = prim.select %[[V5]], %[[V2]], %arg0 : tensor<?xi1, #prim.shape<"n">>, tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: return %[[V6]]
func.func @leaky_relu(%a0: tensor<?xf32> {onnx.name = "a0", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.LeakyRelu"(%a0) {alpha = 0.1 : f32} : (tensor<?xf32>) -> !onnx.any
  return %y : !onnx.any
}

// max(x, 0) + log(1 + exp(-|x|)), the logarithm corrected for the rounding of its operand.
// CHECK-LABEL: func.func @softplus(
// CHECK-NEXT: %[[V0:.*]] = prim.unary abs %arg0 : tensor<?xf32, #prim.shape<"n">> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V1:.*]] = prim.unary neg %[[V0]] : tensor<?xf32, #prim.shape<"n">> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V2:.*]] = prim.unary exp %[[V1]] : tensor<?xf32, #prim.shape<"n">> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V3:.*]] = prim.constant dense<0.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[V4:.*]] = prim.broadcast %[[V3]] axes [] : tensor<f32> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V5:.*]] = prim.binary max %arg0, %[[V4]] : tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V6:.*]] = prim.constant dense<1.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[V7:.*]] = prim.broadcast %[[V6]] axes [] : tensor<f32> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V8:.*]] = prim.binary add %[[V2]], %[[V7]] : tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V9:.*]] = prim.constant dense<1.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[V10:.*]] = prim.broadcast %[[V9]] axes [] : tensor<f32> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V11:.*]] = prim.compare eq %[[V8]], %[[V10]] : tensor<?xf32, #prim.shape<"n">> -> tensor<?xi1, #prim.shape<"n">>
// CHECK-NEXT: %[[V12:.*]] = prim.constant dense<-1.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[V13:.*]] = prim.broadcast %[[V12]] axes [] : tensor<f32> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V14:.*]] = prim.binary add %[[V8]], %[[V13]] : tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V15:.*]] = prim.select %[[V11]], %[[V10]], %[[V14]] : tensor<?xi1, #prim.shape<"n">>, tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V16:.*]] = prim.unary log %[[V8]] : tensor<?xf32, #prim.shape<"n">> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V17:.*]] = prim.binary mul %[[V16]], %[[V2]] : tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V18:.*]] = prim.binary div %[[V17]], %[[V15]] : tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V19:.*]] = prim.select %[[V11]], %[[V2]], %[[V18]] : tensor<?xi1, #prim.shape<"n">>, tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V20:.*]] = prim.binary add %[[V5]], %[[V19]] : tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: return %[[V20]]
func.func @softplus(%a0: tensor<?xf32> {onnx.name = "a0", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Softplus"(%a0) : (tensor<?xf32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @gelu(
// CHECK-NEXT: %[[V0:.*]] = prim.constant dense<0.707106769> : tensor<f32>
// CHECK-NEXT: %[[V1:.*]] = prim.broadcast %[[V0]] axes [] : tensor<f32> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V2:.*]] = prim.binary mul %arg0, %[[V1]] : tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V3:.*]] = prim.unary erf %[[V2]] : tensor<?xf32, #prim.shape<"n">> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V4:.*]] = prim.constant dense<5.000000e-01> : tensor<f32>
// CHECK-NEXT: %[[V5:.*]] = prim.broadcast %[[V4]] axes [] : tensor<f32> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V6:.*]] = prim.binary mul %arg0, %[[V5]] : tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V7:.*]] = prim.constant dense<1.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[V8:.*]] = prim.broadcast %[[V7]] axes [] : tensor<f32> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V9:.*]] = prim.binary add %[[V3]], %[[V8]] : tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V10:.*]] = prim.binary mul %[[V6]], %[[V9]] : tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: return %[[V10]]
func.func @gelu(%a0: tensor<?xf32> {onnx.name = "a0", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Gelu"(%a0) : (tensor<?xf32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @gelu_tanh(
// CHECK-NEXT: %[[V0:.*]] = prim.binary mul %arg0, %arg0 : tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V1:.*]] = prim.binary mul %[[V0]], %arg0 : tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V2:.*]] = prim.constant dense<4.471500e-02> : tensor<f32>
// CHECK-NEXT: %[[V3:.*]] = prim.broadcast %[[V2]] axes [] : tensor<f32> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V4:.*]] = prim.binary mul %[[V1]], %[[V3]] : tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V5:.*]] = prim.binary add %arg0, %[[V4]] : tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V6:.*]] = prim.constant dense<0.797884583> : tensor<f32>
// CHECK-NEXT: %[[V7:.*]] = prim.broadcast %[[V6]] axes [] : tensor<f32> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V8:.*]] = prim.binary mul %[[V5]], %[[V7]] : tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V9:.*]] = prim.constant dense<5.000000e-01> : tensor<f32>
// CHECK-NEXT: %[[V10:.*]] = prim.broadcast %[[V9]] axes [] : tensor<f32> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V11:.*]] = prim.binary mul %arg0, %[[V10]] : tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V12:.*]] = prim.unary tanh %[[V8]] : tensor<?xf32, #prim.shape<"n">> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V13:.*]] = prim.constant dense<1.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[V14:.*]] = prim.broadcast %[[V13]] axes [] : tensor<f32> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V15:.*]] = prim.binary add %[[V12]], %[[V14]] : tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V16:.*]] = prim.binary mul %[[V11]], %[[V15]] : tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: return %[[V16]]
func.func @gelu_tanh(%a0: tensor<?xf32> {onnx.name = "a0", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Gelu"(%a0) {approximate = "tanh"} : (tensor<?xf32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @swish(
// CHECK-NEXT: %[[V0:.*]] = prim.constant dense<2.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[V1:.*]] = prim.broadcast %[[V0]] axes [] : tensor<f32> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V2:.*]] = prim.binary mul %arg0, %[[V1]] : tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V3:.*]] = prim.unary neg %[[V2]] : tensor<?xf32, #prim.shape<"n">> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V4:.*]] = prim.unary exp %[[V3]] : tensor<?xf32, #prim.shape<"n">> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V5:.*]] = prim.constant dense<1.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[V6:.*]] = prim.broadcast %[[V5]] axes [] : tensor<f32> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V7:.*]] = prim.binary add %[[V4]], %[[V6]] : tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V8:.*]] = prim.unary reciprocal %[[V7]] : tensor<?xf32, #prim.shape<"n">> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V9:.*]] = prim.binary mul %arg0, %[[V8]] : tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: return %[[V9]]
func.func @swish(%a0: tensor<?xf32> {onnx.name = "a0", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 24 : i64}} {
  %y = "onnx.Swish"(%a0) {alpha = 2.0 : f32} : (tensor<?xf32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @swiglu(
// CHECK-NEXT: %[[V0:.*]] = prim.unary neg %arg0 : tensor<?xf32, #prim.shape<"n">> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V1:.*]] = prim.unary exp %[[V0]] : tensor<?xf32, #prim.shape<"n">> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V2:.*]] = prim.constant dense<1.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[V3:.*]] = prim.broadcast %[[V2]] axes [] : tensor<f32> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V4:.*]] = prim.binary add %[[V1]], %[[V3]] : tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V5:.*]] = prim.unary reciprocal %[[V4]] : tensor<?xf32, #prim.shape<"n">> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V6:.*]] = prim.binary mul %arg0, %[[V5]] : tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V7:.*]] = prim.binary mul %[[V6]], %arg1 : tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: return %[[V7]]
func.func @swiglu(%a0: tensor<?xf32> {onnx.name = "a0", onnx.dims = ["n"]}, %a1: tensor<?xf32> {onnx.name = "a1", onnx.dims = ["m"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 28 : i64}} {
  %y = "onnx.SwiGLU"(%a0, %a1) : (tensor<?xf32>, tensor<?xf32>) -> !onnx.any
  return %y : !onnx.any
}
