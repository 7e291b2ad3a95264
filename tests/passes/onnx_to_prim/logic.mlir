// RUN: dsc-opt %s --onnx-to-prim | FileCheck %s

// CHECK-LABEL: func.func @equal_bool(
// CHECK-NEXT: %[[V0:.*]] = prim.compare eq %arg0, %arg1 : tensor<?xi1, #prim.shape<"n">> -> tensor<?xi1, #prim.shape<"n">>
// CHECK-NEXT: return %[[V0]]
func.func @equal_bool(%a0: tensor<?xi1> {onnx.name = "a0", onnx.dims = ["n"]}, %a1: tensor<?xi1> {onnx.name = "a1", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Equal"(%a0, %a1) : (tensor<?xi1>, tensor<?xi1>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @less_or_equal(
// CHECK-NEXT: %[[V0:.*]] = prim.compare le %arg0, %arg1 : tensor<?xi64, #prim.shape<"n">> -> tensor<?xi1, #prim.shape<"n">>
// CHECK-NEXT: return %[[V0]]
func.func @less_or_equal(%a0: tensor<?xi64> {onnx.name = "a0", onnx.dims = ["n"]}, %a1: tensor<?xi64> {onnx.name = "a1", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 16 : i64}} {
  %y = "onnx.LessOrEqual"(%a0, %a1) : (tensor<?xi64>, tensor<?xi64>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @and(
// CHECK-NEXT: %[[V0:.*]] = prim.binary and %arg0, %arg1 : tensor<?xi1, #prim.shape<"n">>
// CHECK-NEXT: return %[[V0]]
func.func @and(%a0: tensor<?xi1> {onnx.name = "a0", onnx.dims = ["n"]}, %a1: tensor<?xi1> {onnx.name = "a1", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.And"(%a0, %a1) : (tensor<?xi1>, tensor<?xi1>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @not(
// CHECK-NEXT: %[[V0:.*]] = prim.unary not %arg0 : tensor<?xi1, #prim.shape<"n">> -> tensor<?xi1, #prim.shape<"n">>
// CHECK-NEXT: return %[[V0]]
func.func @not(%a0: tensor<?xi1> {onnx.name = "a0", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Not"(%a0) : (tensor<?xi1>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @where_broadcasts(
// CHECK-NEXT: %[[V0:.*]] = prim.broadcast %arg0 axes [0, 1] : tensor<?x1xi1, #prim.shape<"n", 1>> -> tensor<?x4xi1, #prim.shape<"n", 4>>
// CHECK-NEXT: %[[V1:.*]] = prim.broadcast %arg2 axes [] : tensor<f32> -> tensor<?x4xf32, #prim.shape<"n", 4>>
// CHECK-NEXT: %[[V2:.*]] = prim.select %[[V0]], %arg1, %[[V1]] : tensor<?x4xi1, #prim.shape<"n", 4>>, tensor<?x4xf32, #prim.shape<"n", 4>>
// CHECK-NEXT: return %[[V2]]
func.func @where_broadcasts(%a0: tensor<?x1xi1> {onnx.name = "a0", onnx.dims = ["n", ""]}, %a1: tensor<?x4xf32> {onnx.name = "a1", onnx.dims = ["n", ""]}, %a2: tensor<f32> {onnx.name = "a2"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Where"(%a0, %a1, %a2) : (tensor<?x1xi1>, tensor<?x4xf32>, tensor<f32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @shift_left(
// CHECK-NEXT: %[[V0:.*]] = prim.binary shl %arg0, %arg1 : tensor<4xui8>
// CHECK-NEXT: return %[[V0]]
func.func @shift_left(%a0: tensor<4xui8> {onnx.name = "a0"}, %a1: tensor<4xui8> {onnx.name = "a1"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.BitShift"(%a0, %a1) {direction = "LEFT"} : (tensor<4xui8>, tensor<4xui8>) -> !onnx.any
  return %y : !onnx.any
}

// Copies of the sign come in from the left.
// CHECK-LABEL: func.func @shift_right_signed(
// CHECK-NEXT: %[[V0:.*]] = prim.constant dense<0> : tensor<i32>
// CHECK-NEXT: %[[V1:.*]] = prim.broadcast %[[V0]] axes [] : tensor<i32> -> tensor<4xi32>
// CHECK-NEXT: %[[V2:.*]] = prim.constant dense<32> : tensor<i32>
// CHECK-NEXT: %[[V3:.*]] = prim.broadcast %[[V2]] axes [] : tensor<i32> -> tensor<4xi32>
// CHECK-NEXT: %[[V4:.*]] = prim.compare lt %arg1, %[[V1]] : tensor<4xi32> -> tensor<4xi1>
// CHECK-NEXT: %[[V5:.*]] = prim.select %[[V4]], %[[V3]], %arg1 : tensor<4xi1>, tensor<4xi32>
// CHECK-NEXT: %[[V6:.*]] = prim.binary shr %arg0, %[[V5]] : tensor<4xi32>
// CHECK-NEXT: %[[V7:.*]] = prim.unary not %arg0 : tensor<4xi32> -> tensor<4xi32>
// CHECK-NEXT: %[[V8:.*]] = prim.binary shr %[[V7]], %[[V5]] : tensor<4xi32>
// CHECK-NEXT: %[[V9:.*]] = prim.unary not %[[V8]] : tensor<4xi32> -> tensor<4xi32>
// CHECK-NEXT: %[[V10:.*]] = prim.compare lt %arg0, %[[V1]] : tensor<4xi32> -> tensor<4xi1>
// CHECK-NEXT: %[[V11:.*]] = prim.select %[[V10]], %[[V9]], %[[V6]] : tensor<4xi1>, tensor<4xi32>
// CHECK-NEXT: return %[[V11]]
func.func @shift_right_signed(%a0: tensor<4xi32> {onnx.name = "a0"}, %a1: tensor<4xi32> {onnx.name = "a1"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 28 : i64}} {
  %y = "onnx.BitShift"(%a0, %a1) {direction = "RIGHT"} : (tensor<4xi32>, tensor<4xi32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @bitwise_not(
// CHECK-NEXT: %[[V0:.*]] = prim.unary not %arg0 : tensor<4xui8> -> tensor<4xui8>
// CHECK-NEXT: return %[[V0]]
func.func @bitwise_not(%a0: tensor<4xui8> {onnx.name = "a0"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.BitwiseNot"(%a0) : (tensor<4xui8>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @is_inf(
// CHECK-NEXT: %[[V0:.*]] = prim.unary is_inf %arg0 : tensor<?xf32, #prim.shape<"n">> -> tensor<?xi1, #prim.shape<"n">>
// CHECK-NEXT: return %[[V0]]
func.func @is_inf(%a0: tensor<?xf32> {onnx.name = "a0", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.IsInf"(%a0) : (tensor<?xf32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @is_inf_negative(
// CHECK-NEXT: %[[V0:.*]] = prim.constant dense<0xFF800000> : tensor<f32>
// CHECK-NEXT: %[[V1:.*]] = prim.broadcast %[[V0]] axes [] : tensor<f32> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V2:.*]] = prim.compare eq %arg0, %[[V1]] : tensor<?xf32, #prim.shape<"n">> -> tensor<?xi1, #prim.shape<"n">>
// CHECK-NEXT: return %[[V2]]
func.func @is_inf_negative(%a0: tensor<?xf32> {onnx.name = "a0", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.IsInf"(%a0) {detect_positive = 0 : i64} : (tensor<?xf32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @is_nan(
// CHECK-NEXT: %[[V0:.*]] = prim.unary is_nan %arg0 : tensor<?xf32, #prim.shape<"n">> -> tensor<?xi1, #prim.shape<"n">>
// CHECK-NEXT: return %[[V0]]
func.func @is_nan(%a0: tensor<?xf32> {onnx.name = "a0", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.IsNaN"(%a0) : (tensor<?xf32>) -> !onnx.any
  return %y : !onnx.any
}
