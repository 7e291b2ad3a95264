// RUN: dsc-opt %s --onnx-to-prim | FileCheck %s

// Pieces of 2, 2, 1; the last one.
// CHECK-LABEL: func.func @split_and_at(
// CHECK-NEXT: %[[V0:.*]] = prim.slice %arg0 starts [4, 0] steps [1, 1] : tensor<5x?xf32, #prim.shape<5, "n">> -> tensor<1x?xf32, #prim.shape<1, "n">>
// CHECK-NEXT: return %[[V0]]
func.func @split_and_at(%x: tensor<5x?xf32> {onnx.name = "x", onnx.dims = ["", "n"]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %s = onnx.constant dense<2> : tensor<i64>
  %q = "onnx.SplitToSequence"(%x, %s) : (tensor<5x?xf32>, !onnx.any) -> !onnx.any
  %p = onnx.constant dense<-1> : tensor<i64>
  %y = "onnx.SequenceAt"(%q, %p) : (!onnx.any, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// keepdims = 0.
// CHECK-LABEL: func.func @split_one_by_one(
// CHECK-NEXT: %[[V0:.*]] = prim.slice %arg0 starts [1, 0] steps [1, 1] : tensor<2x?xf32, #prim.shape<2, "n">> -> tensor<1x?xf32, #prim.shape<1, "n">>
// CHECK-NEXT: %[[V1:.*]] = prim.reshape %[[V0]] : tensor<1x?xf32, #prim.shape<1, "n">> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: return %[[V1]]
func.func @split_one_by_one(%x: tensor<2x?xf32> {onnx.name = "x", onnx.dims = ["", "n"]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %q = "onnx.SplitToSequence"(%x) {keepdims = 0 : i64} : (tensor<2x?xf32>) -> !onnx.any
  %p = onnx.constant dense<1> : tensor<i64>
  %y = "onnx.SequenceAt"(%q, %p) : (!onnx.any, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @insert_erase_concat(
// CHECK-NEXT: %[[V0:.*]] = prim.reshape %arg0 : tensor<?xf32, #prim.shape<"n">> -> tensor<1x?xf32, #prim.shape<1, "n">>
// CHECK-NEXT: %[[V1:.*]] = prim.reshape %arg0 : tensor<?xf32, #prim.shape<"n">> -> tensor<1x?xf32, #prim.shape<1, "n">>
// CHECK-NEXT: %[[V2:.*]] = prim.concat %[[V0]], %[[V1]] axis 0 : (tensor<1x?xf32, #prim.shape<1, "n">>, tensor<1x?xf32, #prim.shape<1, "n">>) -> tensor<2x?xf32, #prim.shape<2, "n">>
// CHECK-NEXT: %[[V3:.*]] = prim.constant dense<2> : tensor<i64>
// CHECK-NEXT: return %[[V2]], %[[V3]]
func.func @insert_erase_concat(%x: tensor<?xf32> {onnx.name = "x", onnx.dims = ["n"]}, %z: tensor<?xf32> {onnx.name = "z", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y"}, !onnx.any {onnx.name = "n"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %q0 = "onnx.SequenceEmpty"() : () -> !onnx.any
  %q1 = "onnx.SequenceInsert"(%q0, %x) : (!onnx.any, tensor<?xf32>) -> !onnx.any
  %p = onnx.constant dense<0> : tensor<i64>
  %q2 = "onnx.SequenceInsert"(%q1, %z, %p) : (!onnx.any, tensor<?xf32>, !onnx.any) -> !onnx.any
  %q3 = "onnx.SequenceInsert"(%q2, %x) : (!onnx.any, tensor<?xf32>) -> !onnx.any
  %q4 = "onnx.SequenceErase"(%q3, %p) : (!onnx.any, !onnx.any) -> !onnx.any
  %y = "onnx.ConcatFromSequence"(%q4) {axis = 0 : i64, new_axis = 1 : i64} : (!onnx.any) -> !onnx.any
  %n = "onnx.SequenceLength"(%q4) : (!onnx.any) -> !onnx.any
  return %y, %n : !onnx.any, !onnx.any
}
