// RUN: dsc-opt %s --onnx-to-prim | FileCheck %s

// CHECK-LABEL: func.func @matmul(
// CHECK-NEXT: %[[V0:.*]] = prim.dot %arg0, %arg1 batch [] x [] contract [2] x [0] : tensor<?x?x4xf32, #prim.shape<"b", "n", 4>>, tensor<4x5xf32> -> tensor<?x?x5xf32, #prim.shape<"b", "n", 5>>
// CHECK-NEXT: return %[[V0]]
func.func @matmul(%a0: tensor<?x?x4xf32> {onnx.name = "a0", onnx.dims = ["b", "n", ""]}, %a1: tensor<4x5xf32> {onnx.name = "a1"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.MatMul"(%a0, %a1) : (tensor<?x?x4xf32>, tensor<4x5xf32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @matmul_batched(
// CHECK-NEXT: %[[V0:.*]] = prim.broadcast %arg1 axes [0, 1, 2, 3] : tensor<?x1x4x5xf32, #prim.shape<"b", 1, 4, 5>> -> tensor<?x2x4x5xf32, #prim.shape<"b", 2, 4, 5>>
// CHECK-NEXT: %[[V1:.*]] = prim.dot %arg0, %[[V0]] batch [0, 1] x [0, 1] contract [3] x [2] : tensor<?x2x?x4xf32, #prim.shape<"b", 2, "n", 4>>, tensor<?x2x4x5xf32, #prim.shape<"b", 2, 4, 5>> -> tensor<?x2x?x5xf32, #prim.shape<"b", 2, "n", 5>>
// CHECK-NEXT: return %[[V1]]
func.func @matmul_batched(%a0: tensor<?x2x?x4xf32> {onnx.name = "a0", onnx.dims = ["b", "", "n", ""]}, %a1: tensor<?x1x4x5xf32> {onnx.name = "a1", onnx.dims = ["b", "", "", ""]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.MatMul"(%a0, %a1) : (tensor<?x2x?x4xf32>, tensor<?x1x4x5xf32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @gemm(
// CHECK-NEXT: %[[V0:.*]] = prim.dot %arg0, %arg1 batch [] x [] contract [1] x [1] : tensor<?x4xf32, #prim.shape<"n", 4>>, tensor<5x4xf32> -> tensor<?x5xf32, #prim.shape<"n", 5>>
// CHECK-NEXT: %[[V1:.*]] = prim.constant dense<2.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[V2:.*]] = prim.broadcast %[[V1]] axes [] : tensor<f32> -> tensor<?x5xf32, #prim.shape<"n", 5>>
// CHECK-NEXT: %[[V3:.*]] = prim.binary mul %[[V0]], %[[V2]] : tensor<?x5xf32, #prim.shape<"n", 5>>
// CHECK-NEXT: %[[V4:.*]] = prim.broadcast %arg2 axes [1] : tensor<5xf32> -> tensor<?x5xf32, #prim.shape<"n", 5>>
// CHECK-NEXT: %[[V5:.*]] = prim.binary add %[[V3]], %[[V4]] : tensor<?x5xf32, #prim.shape<"n", 5>>
// CHECK-NEXT: return %[[V5]]
func.func @gemm(%a0: tensor<?x4xf32> {onnx.name = "a0", onnx.dims = ["n", ""]}, %a1: tensor<5x4xf32> {onnx.name = "a1"}, %a2: tensor<5xf32> {onnx.name = "a2"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Gemm"(%a0, %a1, %a2) {transB = 1 : i64, alpha = 2.0 : f32} : (tensor<?x4xf32>, tensor<5x4xf32>, tensor<5xf32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @gemm_without_c(
// CHECK-NEXT: %[[V0:.*]] = prim.dot %arg0, %arg1 batch [] x [] contract [0] x [0] : tensor<4x?xf32, #prim.shape<4, "n">>, tensor<4x5xf32> -> tensor<?x5xf32, #prim.shape<"n", 5>>
// CHECK-NEXT: return %[[V0]]
func.func @gemm_without_c(%a0: tensor<4x?xf32> {onnx.name = "a0", onnx.dims = ["", "n"]}, %a1: tensor<4x5xf32> {onnx.name = "a1"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 13 : i64}} {
  %y = "onnx.Gemm"(%a0, %a1) {transA = 1 : i64} : (tensor<4x?xf32>, tensor<4x5xf32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @matmul_integer(
// CHECK-NEXT: %[[V0:.*]] = prim.convert %arg0 : tensor<?x4xui8, #prim.shape<"n", 4>> -> tensor<?x4xi32, #prim.shape<"n", 4>>
// CHECK-NEXT: %[[V1:.*]] = prim.convert %arg2 : tensor<ui8> -> tensor<i32>
// CHECK-NEXT: %[[V2:.*]] = prim.broadcast %[[V1]] axes [] : tensor<i32> -> tensor<?x4xi32, #prim.shape<"n", 4>>
// CHECK-NEXT: %[[V3:.*]] = prim.binary sub %[[V0]], %[[V2]] : tensor<?x4xi32, #prim.shape<"n", 4>>
// CHECK-NEXT: %[[V4:.*]] = prim.convert %arg1 : tensor<4x5xi8> -> tensor<4x5xi32>
// CHECK-NEXT: %[[V5:.*]] = prim.dot %[[V3]], %[[V4]] batch [] x [] contract [1] x [0] : tensor<?x4xi32, #prim.shape<"n", 4>>, tensor<4x5xi32> -> tensor<?x5xi32, #prim.shape<"n", 5>>
// CHECK-NEXT: return %[[V5]]
func.func @matmul_integer(%a0: tensor<?x4xui8> {onnx.name = "a0", onnx.dims = ["n", ""]}, %a1: tensor<4x5xi8> {onnx.name = "a1"}, %a2: tensor<ui8> {onnx.name = "a2"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.MatMulInteger"(%a0, %a1, %a2) : (tensor<?x4xui8>, tensor<4x5xi8>, tensor<ui8>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @einsum_contracts(
// CHECK-NEXT: %[[V0:.*]] = prim.dot %arg0, %arg1 batch [0] x [0] contract [2] x [1] : tensor<?x3x4xf32, #prim.shape<"b", 3, 4>>, tensor<?x4x5xf32, #prim.shape<"b", 4, 5>> -> tensor<?x3x5xf32, #prim.shape<"b", 3, 5>>
// CHECK-NEXT: return %[[V0]]
func.func @einsum_contracts(%a0: tensor<?x3x4xf32> {onnx.name = "a0", onnx.dims = ["b", "", ""]}, %a1: tensor<?x4x5xf32> {onnx.name = "a1", onnx.dims = ["b", "", ""]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Einsum"(%a0, %a1) {equation = "bij, bjk -> bik"} : (tensor<?x3x4xf32>, tensor<?x4x5xf32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @einsum_diagonal(
// CHECK-NEXT: %[[V0:.*]] = prim.constant dense<0.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[V1:.*]] = prim.broadcast %[[V0]] axes [] : tensor<f32> -> tensor<3x3xf32>
// CHECK-NEXT: %[[V2:.*]] = prim.index_expr "iszero(d0 - d1)" : tensor<3x3xi1>
// CHECK-NEXT: %[[V3:.*]] = prim.select %[[V2]], %arg0, %[[V1]] : tensor<3x3xi1>, tensor<3x3xf32>
// CHECK-NEXT: %[[V4:.*]] = prim.reduce sum %[[V3]] axes [1] : tensor<3x3xf32> -> tensor<3xf32>
// CHECK-NEXT: %[[V5:.*]] = prim.reduce sum %[[V4]] axes [0] : tensor<3xf32> -> tensor<f32>
// CHECK-NEXT: return %[[V5]]
func.func @einsum_diagonal(%a0: tensor<3x3xf32> {onnx.name = "a0"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Einsum"(%a0) {equation = "ii"} : (tensor<3x3xf32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @einsum_ellipsis(
// CHECK-NEXT: %[[V0:.*]] = prim.reshape %arg1 : tensor<1x4xf32> -> tensor<4xf32>
// CHECK-NEXT: %[[V1:.*]] = prim.dot %arg0, %[[V0]] batch [] x [] contract [2] x [0] : tensor<2x?x4xf32, #prim.shape<2, "n", 4>>, tensor<4xf32> -> tensor<2x?xf32, #prim.shape<2, "n">>
// CHECK-NEXT: return %[[V1]]
func.func @einsum_ellipsis(%a0: tensor<2x?x4xf32> {onnx.name = "a0", onnx.dims = ["", "n", ""]}, %a1: tensor<1x4xf32> {onnx.name = "a1"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Einsum"(%a0, %a1) {equation = "...i,...i"} : (tensor<2x?x4xf32>, tensor<1x4xf32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @einsum_outer(
// CHECK-NEXT: %[[V0:.*]] = prim.broadcast %arg0 axes [0] : tensor<3xf32> -> tensor<3x?xf32, #prim.shape<3, "n">>
// CHECK-NEXT: %[[V1:.*]] = prim.broadcast %arg1 axes [1] : tensor<?xf32, #prim.shape<"n">> -> tensor<3x?xf32, #prim.shape<3, "n">>
// CHECK-NEXT: %[[V2:.*]] = prim.binary mul %[[V0]], %[[V1]] : tensor<3x?xf32, #prim.shape<3, "n">>
// CHECK-NEXT: %[[V3:.*]] = prim.transpose %[[V2]] perm [1, 0] : tensor<3x?xf32, #prim.shape<3, "n">> -> tensor<?x3xf32, #prim.shape<"n", 3>>
// CHECK-NEXT: return %[[V3]]
func.func @einsum_outer(%a0: tensor<3xf32> {onnx.name = "a0"}, %a1: tensor<?xf32> {onnx.name = "a1", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Einsum"(%a0, %a1) {equation = "i,j->ji"} : (tensor<3xf32>, tensor<?xf32>) -> !onnx.any
  return %y : !onnx.any
}
