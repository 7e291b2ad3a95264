// RUN: dsc-opt %s --onnx-to-prim | FileCheck %s

// CHECK-LABEL: func.func @to_bool(
// CHECK-NEXT: %[[V0:.*]] = prim.convert %arg0 : tensor<?xf32, #prim.shape<"n">> -> tensor<?xi1, #prim.shape<"n">>
// CHECK-NEXT: return %[[V0]]
func.func @to_bool(%a0: tensor<?xf32> {onnx.name = "a0", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Cast"(%a0) {to = 9 : i64} : (tensor<?xf32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @to_bf16(
// CHECK-NEXT: %[[V0:.*]] = prim.convert %arg0 : tensor<?xf32, #prim.shape<"n">> -> tensor<?xbf16, #prim.shape<"n">>
// CHECK-NEXT: return %[[V0]]
func.func @to_bf16(%a0: tensor<?xf32> {onnx.name = "a0", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Cast"(%a0) {to = 16 : i64} : (tensor<?xf32>) -> !onnx.any
  return %y : !onnx.any
}

// Nothing is left of it.
// CHECK-LABEL: func.func @same(
// CHECK-NEXT: return %arg0
func.func @same(%a0: tensor<?xf32> {onnx.name = "a0", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Cast"(%a0) {to = 1 : i64} : (tensor<?xf32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @to_unsigned(
// CHECK-NEXT: %[[V0:.*]] = prim.convert %arg0 : tensor<?xi64, #prim.shape<"n">> -> tensor<?xui32, #prim.shape<"n">>
// CHECK-NEXT: return %[[V0]]
func.func @to_unsigned(%a0: tensor<?xi64> {onnx.name = "a0", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Cast"(%a0) {to = 12 : i64} : (tensor<?xi64>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @like(
// CHECK-NEXT: %[[V0:.*]] = prim.convert %arg0 : tensor<?xf32, #prim.shape<"n">> -> tensor<?xi1, #prim.shape<"n">>
// CHECK-NEXT: return %[[V0]]
func.func @like(%a0: tensor<?xf32> {onnx.name = "a0", onnx.dims = ["n"]}, %a1: tensor<?xi1> {onnx.name = "a1", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.CastLike"(%a0, %a1) : (tensor<?xf32>, tensor<?xi1>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @bits_of_bool(
// CHECK-NEXT: %[[V0:.*]] = prim.convert %arg0 : tensor<?xi1, #prim.shape<"n">> -> tensor<?xui8, #prim.shape<"n">>
// CHECK-NEXT: return %[[V0]]
func.func @bits_of_bool(%a0: tensor<?xi1> {onnx.name = "a0", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 26 : i64}} {
  %y = "onnx.BitCast"(%a0) {to = 2 : i64} : (tensor<?xi1>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @bits(
// CHECK-NEXT: %[[V0:.*]] = prim.bitcast %arg0 : tensor<?xf32, #prim.shape<"n">> -> tensor<?xi32, #prim.shape<"n">>
// CHECK-NEXT: return %[[V0]]
func.func @bits(%a0: tensor<?xf32> {onnx.name = "a0", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 26 : i64}} {
  %y = "onnx.BitCast"(%a0) {to = 6 : i64} : (tensor<?xf32>) -> !onnx.any
  return %y : !onnx.any
}

// Saturation is spelled out, the conversion itself overflows to NaN.
// CHECK-LABEL: @saturated
// CHECK: %[[LOW:.*]] = prim.binary min
// CHECK: %[[IN:.*]] = prim.binary max %[[LOW]]
// CHECK: prim.convert %[[IN]] : tensor<?xf32, #prim.shape<"n">> -> tensor<?xf8E4M3FN, #prim.shape<"n">>
func.func @saturated(%a0: tensor<?xf16> {onnx.name = "a0", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Cast"(%a0) {to = 17 : i64} : (tensor<?xf16>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: @unsaturated
// CHECK-NOT: prim.binary
// CHECK: prim.convert %{{.*}} : tensor<?xf16, #prim.shape<"n">> -> tensor<?xf8E5M2, #prim.shape<"n">>
func.func @unsaturated(%a0: tensor<?xf16> {onnx.name = "a0", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Cast"(%a0) {to = 19 : i64, saturate = 0 : i64} : (tensor<?xf16>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: @wraps
// CHECK: %[[WIDE:.*]] = prim.convert %{{.*}} -> tensor<?xi32, #prim.shape<"n">>
// CHECK: prim.convert %[[WIDE]] : tensor<?xi32, #prim.shape<"n">> -> tensor<?xui4, #prim.shape<"n">>
func.func @wraps(%a0: tensor<?xf32> {onnx.name = "a0", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Cast"(%a0) {to = 21 : i64} : (tensor<?xf32>) -> !onnx.any
  return %y : !onnx.any
}

// An exponent is worked out in integers and given its type by a bitcast.
// CHECK-LABEL: @exponents
// CHECK: prim.bitcast %{{.*}} : tensor<?xf32, #prim.shape<"n">> -> tensor<?xi32, #prim.shape<"n">>
// CHECK: prim.bitcast %{{.*}} : tensor<?xui8, #prim.shape<"n">> -> tensor<?xf8E8M0FNU, #prim.shape<"n">>
func.func @exponents(%a0: tensor<?xf32> {onnx.name = "a0", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 24 : i64}} {
  %y = "onnx.Cast"(%a0) {to = 24 : i64} : (tensor<?xf32>) -> !onnx.any
  return %y : !onnx.any
}
