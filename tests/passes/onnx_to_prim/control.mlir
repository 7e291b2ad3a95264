// RUN: dsc-opt %s --onnx-to-prim | FileCheck %s

// The condition follows from sizes: the other branch leaves no trace.
// CHECK-LABEL: func.func @if_known(
// CHECK-NEXT: %[[V0:.*]] = prim.unary neg %arg0 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
// CHECK-NEXT: return %[[V0]]
func.func @if_known(%x: tensor<?x4xf32> {onnx.name = "x", onnx.dims = ["n", ""]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %s = "onnx.Shape"(%x) {start = 1 : i64} : (tensor<?x4xf32>) -> !onnx.any
  %four = onnx.constant dense<4> : tensor<1xi64>
  %c = "onnx.Equal"(%s, %four) : (!onnx.any, !onnx.any) -> !onnx.any
  %y = "onnx.If"(%c) ({
    %0 = "onnx.Neg"(%x) : (tensor<?x4xf32>) -> !onnx.any
    onnx.yield %0 : !onnx.any
  }, {
    %0 = "onnx.Abs"(%x) : (tensor<?x4xf32>) -> !onnx.any
    onnx.yield %0 : !onnx.any
  }) {onnx.regions = ["then_branch", "else_branch"]} : (!onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @if_at_run_time(
// CHECK-NEXT: %[[V0:.*]] = prim.unary neg %arg1 : tensor<?xf32, #prim.shape<"n">> -> tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: %[[V1:.*]] = prim.broadcast %arg0 axes [] : tensor<i1> -> tensor<?xi1, #prim.shape<"n">>
// CHECK-NEXT: %[[V2:.*]] = prim.select %[[V1]], %[[V0]], %arg1 : tensor<?xi1, #prim.shape<"n">>, tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: return %[[V2]]
func.func @if_at_run_time(%c: tensor<i1> {onnx.name = "c"}, %x: tensor<?xf32> {onnx.name = "x", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.If"(%c) ({
    %0 = "onnx.Neg"(%x) : (tensor<?xf32>) -> !onnx.any
    onnx.yield %0 : !onnx.any
  }, {
    onnx.yield %x : tensor<?xf32>
  }) {onnx.regions = ["then_branch", "else_branch"]} : (tensor<i1>) -> !onnx.any
  return %y : !onnx.any
}

// Two iterations: x -> x + i, and a scan output of what each yields.
// CHECK-LABEL: func.func @loop(
// CHECK-NEXT: %[[V0:.*]] = prim.constant dense<0> : tensor<i64>
// CHECK-NEXT: %[[V1:.*]] = prim.broadcast %[[V0]] axes [] : tensor<i64> -> tensor<?xi64, #prim.shape<"n">>
// CHECK-NEXT: %[[V2:.*]] = prim.binary add %arg0, %[[V1]] : tensor<?xi64, #prim.shape<"n">>
// CHECK-NEXT: %[[V3:.*]] = prim.constant dense<1> : tensor<i64>
// CHECK-NEXT: %[[V4:.*]] = prim.broadcast %[[V3]] axes [] : tensor<i64> -> tensor<?xi64, #prim.shape<"n">>
// CHECK-NEXT: %[[V5:.*]] = prim.binary add %[[V2]], %[[V4]] : tensor<?xi64, #prim.shape<"n">>
// CHECK-NEXT: %[[V6:.*]] = prim.reshape %[[V2]] : tensor<?xi64, #prim.shape<"n">> -> tensor<1x?xi64, #prim.shape<1, "n">>
// CHECK-NEXT: %[[V7:.*]] = prim.reshape %[[V5]] : tensor<?xi64, #prim.shape<"n">> -> tensor<1x?xi64, #prim.shape<1, "n">>
// CHECK-NEXT: %[[V8:.*]] = prim.concat %[[V6]], %[[V7]] axis 0 : (tensor<1x?xi64, #prim.shape<1, "n">>, tensor<1x?xi64, #prim.shape<1, "n">>) -> tensor<2x?xi64, #prim.shape<2, "n">>
// CHECK-NEXT: return %[[V5]], %[[V8]]
func.func @loop(%x: tensor<?xi64> {onnx.name = "x", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y"}, !onnx.any {onnx.name = "z"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %m = onnx.constant dense<2> : tensor<i64>
  %none = onnx.none
  %y:2 = "onnx.Loop"(%m, %none, %x) ({
  ^bb0(%i: !onnx.any, %c: !onnx.any, %v: !onnx.any):
    %0 = "onnx.Add"(%v, %i) : (!onnx.any, !onnx.any) -> !onnx.any
    onnx.yield %c, %0, %0 : !onnx.any, !onnx.any, !onnx.any
  }) {onnx.regions = ["body"]} : (!onnx.any, none, tensor<?xi64>) -> (!onnx.any, !onnx.any)
  return %y#0, %y#1 : !onnx.any, !onnx.any
}

// The condition ends the loop after one iteration.
// CHECK-LABEL: func.func @loop_condition(
// CHECK-NEXT: %[[V0:.*]] = prim.binary add %arg0, %arg0 : tensor<?xi64, #prim.shape<"n">>
// CHECK-NEXT: return %[[V0]]
func.func @loop_condition(%x: tensor<?xi64> {onnx.name = "x", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %m = onnx.constant dense<1000> : tensor<i64>
  %t = onnx.constant dense<true> : tensor<i1>
  %y = "onnx.Loop"(%m, %t, %x) ({
  ^bb0(%i: !onnx.any, %c: !onnx.any, %v: !onnx.any):
    %0 = "onnx.Add"(%v, %v) : (!onnx.any, !onnx.any) -> !onnx.any
    %1 = onnx.constant dense<0> : tensor<i64>
    %2 = "onnx.Less"(%i, %1) : (!onnx.any, !onnx.any) -> !onnx.any
    onnx.yield %2, %0 : !onnx.any, !onnx.any
  }) {onnx.regions = ["body"]} : (!onnx.any, !onnx.any, tensor<?xi64>) -> !onnx.any
  return %y : !onnx.any
}

// A running sum over the rows, last row first; outputs in the order of the rows.
// CHECK-LABEL: func.func @scan(
// CHECK-NEXT: %[[V0:.*]] = prim.slice %arg1 starts [1, 0] steps [1, 1] : tensor<2x3xf32> -> tensor<1x3xf32>
// CHECK-NEXT: %[[V1:.*]] = prim.reshape %[[V0]] : tensor<1x3xf32> -> tensor<3xf32>
// CHECK-NEXT: %[[V2:.*]] = prim.binary add %arg0, %[[V1]] : tensor<3xf32>
// CHECK-NEXT: %[[V3:.*]] = prim.slice %arg1 starts [0, 0] steps [1, 1] : tensor<2x3xf32> -> tensor<1x3xf32>
// CHECK-NEXT: %[[V4:.*]] = prim.reshape %[[V3]] : tensor<1x3xf32> -> tensor<3xf32>
// CHECK-NEXT: %[[V5:.*]] = prim.binary add %[[V2]], %[[V4]] : tensor<3xf32>
// CHECK-NEXT: %[[V6:.*]] = prim.reshape %[[V5]] : tensor<3xf32> -> tensor<1x3xf32>
// CHECK-NEXT: %[[V7:.*]] = prim.reshape %[[V2]] : tensor<3xf32> -> tensor<1x3xf32>
// CHECK-NEXT: %[[V8:.*]] = prim.concat %[[V6]], %[[V7]] axis 0 : (tensor<1x3xf32>, tensor<1x3xf32>) -> tensor<2x3xf32>
// CHECK-NEXT: return %[[V5]], %[[V8]]
func.func @scan(%s: tensor<3xf32> {onnx.name = "s"}, %x: tensor<2x3xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "t"}, !onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y:2 = "onnx.Scan"(%s, %x) ({
  ^bb0(%sum: !onnx.any, %row: !onnx.any):
    %0 = "onnx.Add"(%sum, %row) : (!onnx.any, !onnx.any) -> !onnx.any
    onnx.yield %0, %0 : !onnx.any, !onnx.any
  }) {onnx.regions = ["body"], num_scan_inputs = 1 : i64, scan_input_directions = array<i64: 1>, scan_output_directions = array<i64: 1>} : (tensor<3xf32>, tensor<2x3xf32>) -> (!onnx.any, !onnx.any)
  return %y#0, %y#1 : !onnx.any, !onnx.any
}
