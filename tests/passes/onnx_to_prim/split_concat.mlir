// RUN: dsc-opt %s --onnx-to-prim | FileCheck %s

// b and c must be equal: c is replaced.
// CHECK-LABEL: func.func @concat_unifies(
// CHECK-NEXT: %[[V0:.*]] = prim.concat %arg0, %arg1 axis 1 : (tensor<?x?x8xf32, #prim.shape<"b", "p", 8>>, tensor<?x?x8xf32, #prim.shape<"b", "s", 8>>) -> tensor<?x?x8xf32, #prim.shape<"b", "p + s", 8>>
// CHECK-NEXT: return %[[V0]]
func.func @concat_unifies(%x: tensor<?x?x8xf32> {onnx.name = "x", onnx.dims = ["b", "p", ""]}, %z: tensor<?x?x8xf32> {onnx.name = "z", onnx.dims = ["c", "s", ""]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Concat"(%x, %z) {axis = -2 : i64} : (tensor<?x?x8xf32>, tensor<?x?x8xf32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @split_sizes(
// CHECK-NEXT: %[[V0:.*]] = prim.slice %arg0 starts [0, 0] steps [1, 1] : tensor<?x40xf32, #prim.shape<"n", 40>> -> tensor<?x32xf32, #prim.shape<"n", 32>>
// CHECK-NEXT: %[[V1:.*]] = prim.slice %arg0 starts [0, 32] steps [1, 1] : tensor<?x40xf32, #prim.shape<"n", 40>> -> tensor<?x8xf32, #prim.shape<"n", 8>>
// CHECK-NEXT: return %[[V0]], %[[V1]]
func.func @split_sizes(%x: tensor<?x40xf32> {onnx.name = "x", onnx.dims = ["n", ""]}) -> (!onnx.any {onnx.name = "y0"}, !onnx.any {onnx.name = "y1"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %s = onnx.constant dense<[32, 8]> : tensor<2xi64>
  %y:2 = "onnx.Split"(%x, %s) {axis = -1 : i64} : (tensor<?x40xf32>, !onnx.any) -> (!onnx.any, !onnx.any)
  return %y#0, %y#1 : !onnx.any, !onnx.any
}

// CHECK-LABEL: func.func @split_attribute(
// CHECK-NEXT: %[[V0:.*]] = prim.slice %arg0 starts [0] steps [1] : tensor<5xf32> -> tensor<2xf32>
// CHECK-NEXT: %[[V1:.*]] = prim.slice %arg0 starts [2] steps [1] : tensor<5xf32> -> tensor<3xf32>
// CHECK-NEXT: return %[[V0]], %[[V1]]
func.func @split_attribute(%x: tensor<5xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y0"}, !onnx.any {onnx.name = "y1"}) attributes {onnx.opsets = {ai.onnx = 11 : i64}} {
  %y:2 = "onnx.Split"(%x) {split = array<i64: 2, 3>} : (tensor<5xf32>) -> (!onnx.any, !onnx.any)
  return %y#0, %y#1 : !onnx.any, !onnx.any
}

// The last piece is smaller.
// CHECK-LABEL: func.func @split_uneven(
// CHECK-NEXT: %[[V0:.*]] = prim.slice %arg0 starts [0] steps [1] : tensor<7xf32> -> tensor<3xf32>
// CHECK-NEXT: %[[V1:.*]] = prim.slice %arg0 starts [3] steps [1] : tensor<7xf32> -> tensor<3xf32>
// CHECK-NEXT: %[[V2:.*]] = prim.slice %arg0 starts [6] steps [1] : tensor<7xf32> -> tensor<1xf32>
// CHECK-NEXT: return %[[V0]], %[[V1]], %[[V2]]
func.func @split_uneven(%x: tensor<7xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y0"}, !onnx.any {onnx.name = "y1"}, !onnx.any {onnx.name = "y2"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y:3 = "onnx.Split"(%x) {num_outputs = 3 : i64} : (tensor<7xf32>) -> (!onnx.any, !onnx.any, !onnx.any)
  return %y#0, %y#1, %y#2 : !onnx.any, !onnx.any, !onnx.any
}

// ceil(n/2) and what is left.
// CHECK-LABEL: func.func @split_symbolic(
// CHECK-NEXT: %[[V0:.*]] = prim.slice %arg0 starts [0] steps [1] : tensor<?xf32, #prim.shape<"n">> -> tensor<?xf32, #prim.shape<"-floordiv(-n, 2)">>
// CHECK-NEXT: %[[V1:.*]] = prim.slice %arg0 starts ["min(n, -floordiv(-n, 2))"] steps [1] : tensor<?xf32, #prim.shape<"n">> -> tensor<?xf32, #prim.shape<"max(n + floordiv(-n, 2), 0)">>
// CHECK-NEXT: return %[[V0]], %[[V1]]
func.func @split_symbolic(%x: tensor<?xf32> {onnx.name = "x", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}, !onnx.any {onnx.name = "y1"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y:2 = "onnx.Split"(%x) {num_outputs = 2 : i64} : (tensor<?xf32>) -> (!onnx.any, !onnx.any)
  return %y#0, %y#1 : !onnx.any, !onnx.any
}

// CHECK-LABEL: func.func @split_even_symbolic(
// CHECK-NEXT: %[[V0:.*]] = prim.slice %arg0 starts [0] steps [1] : tensor<?xf32, #prim.shape<"2*n">> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V1:.*]] = prim.slice %arg0 starts ["n"] steps [1] : tensor<?xf32, #prim.shape<"2*n">> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: return %[[V0]], %[[V1]]
func.func @split_even_symbolic(%x: tensor<?xf32> {onnx.name = "x", onnx.dims = ["2*n"]}, %z: tensor<?xf32> {onnx.name = "z", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}, !onnx.any {onnx.name = "y1"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y:2 = "onnx.Split"(%x) {num_outputs = 2 : i64} : (tensor<?xf32>) -> (!onnx.any, !onnx.any)
  return %y#0, %y#1 : !onnx.any, !onnx.any
}
