// RUN: dsc-opt %s --onnx-to-prim | FileCheck %s

// Negative indices count from the end.
// CHECK-LABEL: func.func @gather(
// CHECK-NEXT: %[[V0:.*]] = prim.convert %arg1 : tensor<?xi32, #prim.shape<"n">> -> tensor<?xi64, #prim.shape<"n">>
// CHECK-NEXT: %[[V1:.*]] = prim.constant dense<0> : tensor<i64>
// CHECK-NEXT: %[[V2:.*]] = prim.constant dense<8> : tensor<i64>
// CHECK-NEXT: %[[V3:.*]] = prim.broadcast %[[V1]] axes [] : tensor<i64> -> tensor<?xi64, #prim.shape<"n">>
// CHECK-NEXT: %[[V4:.*]] = prim.compare lt %[[V0]], %[[V3]] : tensor<?xi64, #prim.shape<"n">> -> tensor<?xi1, #prim.shape<"n">>
// CHECK-NEXT: %[[V5:.*]] = prim.broadcast %[[V2]] axes [] : tensor<i64> -> tensor<?xi64, #prim.shape<"n">>
// CHECK-NEXT: %[[V6:.*]] = prim.binary add %[[V0]], %[[V5]] : tensor<?xi64, #prim.shape<"n">>
// CHECK-NEXT: %[[V7:.*]] = prim.select %[[V4]], %[[V6]], %[[V0]] : tensor<?xi1, #prim.shape<"n">>, tensor<?xi64, #prim.shape<"n">>
// CHECK-NEXT: %[[V8:.*]] = prim.take %arg0, %[[V7]] axis 0 : tensor<8x64xf32>, tensor<?xi64, #prim.shape<"n">> -> tensor<?x64xf32, #prim.shape<"n", 64>>
// CHECK-NEXT: return %[[V8]]
func.func @gather(%x: tensor<8x64xf32> {onnx.name = "x"}, %i: tensor<?xi32> {onnx.name = "i", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Gather"(%x, %i) : (tensor<8x64xf32>, tensor<?xi32>) -> !onnx.any
  return %y : !onnx.any
}

// A constant index is not negative.
// CHECK-LABEL: func.func @gather_of_range(
// CHECK-NEXT: %[[V0:.*]] = prim.constant dense<2> : tensor<i64>
// CHECK-NEXT: %[[V1:.*]] = prim.take %arg0, %[[V0]] axis 2 : tensor<?x?x64xf32, #prim.shape<"b", "s", 64>>, tensor<i64> -> tensor<?x?xf32, #prim.shape<"b", "s">>
// CHECK-NEXT: return %[[V1]]
func.func @gather_of_range(%x: tensor<?x?x64xf32> {onnx.name = "x", onnx.dims = ["b", "s", ""]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %i = onnx.constant dense<2> : tensor<i64>
  %y = "onnx.Gather"(%x, %i) {axis = -1 : i64} : (tensor<?x?x64xf32>, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @gather_elements(
// CHECK-NEXT: %[[V0:.*]] = prim.constant dense<0> : tensor<i64>
// CHECK-NEXT: %[[V1:.*]] = prim.constant dense<8> : tensor<i64>
// CHECK-NEXT: %[[V2:.*]] = prim.broadcast %[[V0]] axes [] : tensor<i64> -> tensor<?x2xi64, #prim.shape<"n", 2>>
// CHECK-NEXT: %[[V3:.*]] = prim.compare lt %arg1, %[[V2]] : tensor<?x2xi64, #prim.shape<"n", 2>> -> tensor<?x2xi1, #prim.shape<"n", 2>>
// CHECK-NEXT: %[[V4:.*]] = prim.broadcast %[[V1]] axes [] : tensor<i64> -> tensor<?x2xi64, #prim.shape<"n", 2>>
// CHECK-NEXT: %[[V5:.*]] = prim.binary add %arg1, %[[V4]] : tensor<?x2xi64, #prim.shape<"n", 2>>
// CHECK-NEXT: %[[V6:.*]] = prim.select %[[V3]], %[[V5]], %arg1 : tensor<?x2xi1, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>
// CHECK-NEXT: %[[V7:.*]] = prim.take_along_axis %arg0, %[[V6]] axis 1 : tensor<?x8xf32, #prim.shape<"n", 8>>, tensor<?x2xi64, #prim.shape<"n", 2>> -> tensor<?x2xf32, #prim.shape<"n", 2>>
// CHECK-NEXT: return %[[V7]]
func.func @gather_elements(%x: tensor<?x8xf32> {onnx.name = "x", onnx.dims = ["n", ""]}, %i: tensor<?x2xi64> {onnx.name = "i", onnx.dims = ["n", ""]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.GatherElements"(%x, %i) {axis = 1 : i64} : (tensor<?x8xf32>, tensor<?x2xi64>) -> !onnx.any
  return %y : !onnx.any
}

// Each component has a size of its own.
// CHECK-LABEL: func.func @gather_nd_pairs(
// CHECK-NEXT: %[[V0:.*]] = prim.slice %arg1 starts [0, 0] steps [1, 1] : tensor<3x2xi64> -> tensor<3x1xi64>
// CHECK-NEXT: %[[V1:.*]] = prim.constant dense<0> : tensor<i64>
// CHECK-NEXT: %[[V2:.*]] = prim.exprs ["n"] : tensor<1xi64>
// CHECK-NEXT: %[[V3:.*]] = prim.reshape %[[V2]] : tensor<1xi64> -> tensor<i64>
// CHECK-NEXT: %[[V4:.*]] = prim.broadcast %[[V1]] axes [] : tensor<i64> -> tensor<3x1xi64>
// CHECK-NEXT: %[[V5:.*]] = prim.compare lt %[[V0]], %[[V4]] : tensor<3x1xi64> -> tensor<3x1xi1>
// CHECK-NEXT: %[[V6:.*]] = prim.broadcast %[[V3]] axes [] : tensor<i64> -> tensor<3x1xi64>
// CHECK-NEXT: %[[V7:.*]] = prim.binary add %[[V0]], %[[V6]] : tensor<3x1xi64>
// CHECK-NEXT: %[[V8:.*]] = prim.select %[[V5]], %[[V7]], %[[V0]] : tensor<3x1xi1>, tensor<3x1xi64>
// CHECK-NEXT: %[[V9:.*]] = prim.slice %arg1 starts [0, 1] steps [1, 1] : tensor<3x2xi64> -> tensor<3x1xi64>
// CHECK-NEXT: %[[V10:.*]] = prim.constant dense<0> : tensor<i64>
// CHECK-NEXT: %[[V11:.*]] = prim.constant dense<8> : tensor<i64>
// CHECK-NEXT: %[[V12:.*]] = prim.broadcast %[[V10]] axes [] : tensor<i64> -> tensor<3x1xi64>
// CHECK-NEXT: %[[V13:.*]] = prim.compare lt %[[V9]], %[[V12]] : tensor<3x1xi64> -> tensor<3x1xi1>
// CHECK-NEXT: %[[V14:.*]] = prim.broadcast %[[V11]] axes [] : tensor<i64> -> tensor<3x1xi64>
// CHECK-NEXT: %[[V15:.*]] = prim.binary add %[[V9]], %[[V14]] : tensor<3x1xi64>
// CHECK-NEXT: %[[V16:.*]] = prim.select %[[V13]], %[[V15]], %[[V9]] : tensor<3x1xi1>, tensor<3x1xi64>
// CHECK-NEXT: %[[V17:.*]] = prim.concat %[[V8]], %[[V16]] axis 1 : (tensor<3x1xi64>, tensor<3x1xi64>) -> tensor<3x2xi64>
// CHECK-NEXT: %[[V18:.*]] = prim.gather_nd %arg0, %[[V17]] batch 0 : tensor<?x8xf32, #prim.shape<"n", 8>>, tensor<3x2xi64> -> tensor<3xf32>
// CHECK-NEXT: return %[[V18]]
func.func @gather_nd_pairs(%x: tensor<?x8xf32> {onnx.name = "x", onnx.dims = ["n", ""]}, %i: tensor<3x2xi64> {onnx.name = "i"}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.GatherND"(%x, %i) : (tensor<?x8xf32>, tensor<3x2xi64>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @gather_nd_batch(
// CHECK-NEXT: %[[V0:.*]] = prim.constant dense<0> : tensor<i64>
// CHECK-NEXT: %[[V1:.*]] = prim.constant dense<8> : tensor<i64>
// CHECK-NEXT: %[[V2:.*]] = prim.broadcast %[[V0]] axes [] : tensor<i64> -> tensor<?x3x1xi64, #prim.shape<"b", 3, 1>>
// CHECK-NEXT: %[[V3:.*]] = prim.compare lt %arg1, %[[V2]] : tensor<?x3x1xi64, #prim.shape<"b", 3, 1>> -> tensor<?x3x1xi1, #prim.shape<"b", 3, 1>>
// CHECK-NEXT: %[[V4:.*]] = prim.broadcast %[[V1]] axes [] : tensor<i64> -> tensor<?x3x1xi64, #prim.shape<"b", 3, 1>>
// CHECK-NEXT: %[[V5:.*]] = prim.binary add %arg1, %[[V4]] : tensor<?x3x1xi64, #prim.shape<"b", 3, 1>>
// CHECK-NEXT: %[[V6:.*]] = prim.select %[[V3]], %[[V5]], %arg1 : tensor<?x3x1xi1, #prim.shape<"b", 3, 1>>, tensor<?x3x1xi64, #prim.shape<"b", 3, 1>>
// CHECK-NEXT: %[[V7:.*]] = prim.gather_nd %arg0, %[[V6]] batch 1 : tensor<?x8x4xf32, #prim.shape<"b", 8, 4>>, tensor<?x3x1xi64, #prim.shape<"b", 3, 1>> -> tensor<?x3x4xf32, #prim.shape<"b", 3, 4>>
// CHECK-NEXT: return %[[V7]]
func.func @gather_nd_batch(%x: tensor<?x8x4xf32> {onnx.name = "x", onnx.dims = ["b", "", ""]}, %i: tensor<?x3x1xi64> {onnx.name = "i", onnx.dims = ["c", "", ""]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.GatherND"(%x, %i) {batch_dims = 1 : i64} : (tensor<?x8x4xf32>, tensor<?x3x1xi64>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @scatter_elements_add(
// CHECK-NEXT: %[[V0:.*]] = prim.constant dense<0> : tensor<i64>
// CHECK-NEXT: %[[V1:.*]] = prim.constant dense<8> : tensor<i64>
// CHECK-NEXT: %[[V2:.*]] = prim.broadcast %[[V0]] axes [] : tensor<i64> -> tensor<?xi64, #prim.shape<"n">>
// CHECK-NEXT: %[[V3:.*]] = prim.compare lt %arg1, %[[V2]] : tensor<?xi64, #prim.shape<"n">> -> tensor<?xi1, #prim.shape<"n">>
// CHECK-NEXT: %[[V4:.*]] = prim.broadcast %[[V1]] axes [] : tensor<i64> -> tensor<?xi64, #prim.shape<"n">>
// CHECK-NEXT: %[[V5:.*]] = prim.binary add %arg1, %[[V4]] : tensor<?xi64, #prim.shape<"n">>
// CHECK-NEXT: %[[V6:.*]] = prim.select %[[V3]], %[[V5]], %arg1 : tensor<?xi1, #prim.shape<"n">>, tensor<?xi64, #prim.shape<"n">>
// CHECK-NEXT: %[[V7:.*]] = prim.scatter_along_axis add %arg0, %[[V6]], %arg2 axis 0 : tensor<8xf32>, tensor<?xi64, #prim.shape<"n">>, tensor<?xf32, #prim.shape<"n">>
// CHECK-NEXT: return %[[V7]]
func.func @scatter_elements_add(%x: tensor<8xf32> {onnx.name = "x"}, %i: tensor<?xi64> {onnx.name = "i", onnx.dims = ["n"]}, %u: tensor<?xf32> {onnx.name = "u", onnx.dims = ["m"]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.ScatterElements"(%x, %i, %u) {reduction = "add"} : (tensor<8xf32>, tensor<?xi64>, tensor<?xf32>) -> !onnx.any
  return %y : !onnx.any
}

// An exporter's way to write rows 0..15.
// CHECK-LABEL: func.func @scatter_nd_of_range(
// CHECK-NEXT: %[[V0:.*]] = prim.index_expr "d0" : tensor<16xi64>
// CHECK-NEXT: %[[V1:.*]] = prim.reshape %[[V0]] : tensor<16xi64> -> tensor<16x1xi64>
// CHECK-NEXT: %[[V2:.*]] = prim.scatter_nd set %arg0, %[[V1]], %arg1 axes [0] : tensor<24x?xf32, #prim.shape<24, "b">>, tensor<16x1xi64>, tensor<16x?xf32, #prim.shape<16, "b">>
// CHECK-NEXT: return %[[V2]]
func.func @scatter_nd_of_range(%x: tensor<24x?xf32> {onnx.name = "x", onnx.dims = ["", "b"]}, %u: tensor<16x?xf32> {onnx.name = "u", onnx.dims = ["", "b"]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %z = onnx.constant dense<0> : tensor<i64>
  %e = onnx.constant dense<16> : tensor<i64>
  %o = onnx.constant dense<1> : tensor<i64>
  %r = "onnx.Range"(%z, %e, %o) : (!onnx.any, !onnx.any, !onnx.any) -> !onnx.any
  %a = onnx.constant dense<-1> : tensor<1xi64>
  %i = "onnx.Unsqueeze"(%r, %a) : (!onnx.any, !onnx.any) -> !onnx.any
  %y = "onnx.ScatterND"(%x, %i, %u) : (tensor<24x?xf32>, !onnx.any, tensor<16x?xf32>) -> !onnx.any
  return %y : !onnx.any
}

// Index vectors [batch, row].
// CHECK-LABEL: func.func @tensor_scatter_circular(
// CHECK-NEXT: %[[V0:.*]] = prim.index_expr "d1" : tensor<?x?xi64, #prim.shape<"b", "s">>
// CHECK-NEXT: %[[V1:.*]] = prim.broadcast %arg2 axes [0] : tensor<?xi64, #prim.shape<"b">> -> tensor<?x?xi64, #prim.shape<"b", "s">>
// CHECK-NEXT: %[[V2:.*]] = prim.binary add %[[V0]], %[[V1]] : tensor<?x?xi64, #prim.shape<"b", "s">>
// CHECK-NEXT: %[[V3:.*]] = prim.exprs [24] : tensor<1xi64>
// CHECK-NEXT: %[[V4:.*]] = prim.reshape %[[V3]] : tensor<1xi64> -> tensor<i64>
// CHECK-NEXT: %[[V5:.*]] = prim.broadcast %[[V4]] axes [] : tensor<i64> -> tensor<?x?xi64, #prim.shape<"b", "s">>
// CHECK-NEXT: %[[V6:.*]] = prim.binary mod %[[V2]], %[[V5]] : tensor<?x?xi64, #prim.shape<"b", "s">>
// CHECK-NEXT: %[[V7:.*]] = prim.index_expr "d0" : tensor<?x?xi64, #prim.shape<"b", "s">>
// CHECK-NEXT: %[[V8:.*]] = prim.reshape %[[V7]] : tensor<?x?xi64, #prim.shape<"b", "s">> -> tensor<?x?x1xi64, #prim.shape<"b", "s", 1>>
// CHECK-NEXT: %[[V9:.*]] = prim.reshape %[[V6]] : tensor<?x?xi64, #prim.shape<"b", "s">> -> tensor<?x?x1xi64, #prim.shape<"b", "s", 1>>
// CHECK-NEXT: %[[V10:.*]] = prim.concat %[[V8]], %[[V9]] axis 2 : (tensor<?x?x1xi64, #prim.shape<"b", "s", 1>>, tensor<?x?x1xi64, #prim.shape<"b", "s", 1>>) -> tensor<?x?x2xi64, #prim.shape<"b", "s", 2>>
// CHECK-NEXT: %[[V11:.*]] = prim.scatter_nd set %arg0, %[[V10]], %arg1 axes [0, 1] : tensor<?x24x8xf32, #prim.shape<"b", 24, 8>>, tensor<?x?x2xi64, #prim.shape<"b", "s", 2>>, tensor<?x?x8xf32, #prim.shape<"b", "s", 8>>
// CHECK-NEXT: return %[[V11]]
func.func @tensor_scatter_circular(%c: tensor<?x24x8xf32> {onnx.name = "c", onnx.dims = ["b", "", ""]}, %u: tensor<?x?x8xf32> {onnx.name = "u", onnx.dims = ["b", "s", ""]}, %w: tensor<?xi64> {onnx.name = "w", onnx.dims = ["b"]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 24 : i64}} {
  %y = "onnx.TensorScatter"(%c, %u, %w) {mode = "circular"} : (tensor<?x24x8xf32>, tensor<?x?x8xf32>, tensor<?xi64>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @tensor_scatter_at_begin(
// CHECK-NEXT: %[[V0:.*]] = prim.update_slice %arg0, %arg1 starts [0, 0, 0] : tensor<2x24x8xf32>, tensor<2x3x8xf32>
// CHECK-NEXT: return %[[V0]]
func.func @tensor_scatter_at_begin(%c: tensor<2x24x8xf32> {onnx.name = "c"}, %u: tensor<2x3x8xf32> {onnx.name = "u"}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 24 : i64}} {
  %y = "onnx.TensorScatter"(%c, %u) : (tensor<2x24x8xf32>, tensor<2x3x8xf32>) -> !onnx.any
  return %y : !onnx.any
}

// Always in order, whatever `sorted` says.
// CHECK-LABEL: func.func @top_k_axis(
// CHECK-NEXT: %[[V0:.*]] = prim.transpose %arg0 perm [1, 0] : tensor<8x?xf32, #prim.shape<8, "n">> -> tensor<?x8xf32, #prim.shape<"n", 8>>
// CHECK-NEXT: %[[VVALUES:.*]], %[[VINDICES:.*]] = prim.top_k %[[V0]] largest : tensor<?x8xf32, #prim.shape<"n", 8>> -> tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>
// CHECK-NEXT: %[[V1:.*]] = prim.transpose %[[VVALUES]] perm [1, 0] : tensor<?x2xf32, #prim.shape<"n", 2>> -> tensor<2x?xf32, #prim.shape<2, "n">>
// CHECK-NEXT: %[[V2:.*]] = prim.transpose %[[VINDICES]] perm [1, 0] : tensor<?x2xi64, #prim.shape<"n", 2>> -> tensor<2x?xi64, #prim.shape<2, "n">>
// CHECK-NEXT: return %[[V1]], %[[V2]]
func.func @top_k_axis(%x: tensor<8x?xf32> {onnx.name = "x", onnx.dims = ["", "n"]}) -> (!onnx.any {onnx.name = "y0"}, !onnx.any {onnx.name = "y1"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %k = onnx.constant dense<2> : tensor<1xi64>
  %y:2 = "onnx.TopK"(%x, %k) {axis = 0 : i64, sorted = 0 : i64} : (tensor<8x?xf32>, !onnx.any) -> (!onnx.any, !onnx.any)
  return %y#0, %y#1 : !onnx.any, !onnx.any
}

// k = n: an exporter's way to sort.
// CHECK-LABEL: func.func @top_k_sorts(
// CHECK-NEXT: %[[VVALUES:.*]], %[[VINDICES:.*]] = prim.top_k %arg0 : tensor<?xi64, #prim.shape<"n">> -> tensor<?xi64, #prim.shape<"n">>, tensor<?xi64, #prim.shape<"n">>
// CHECK-NEXT: return %[[VVALUES]], %[[VINDICES]]
func.func @top_k_sorts(%x: tensor<?xi64> {onnx.name = "x", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}, !onnx.any {onnx.name = "y1"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %k = "onnx.Shape"(%x) : (tensor<?xi64>) -> !onnx.any
  %y:2 = "onnx.TopK"(%x, %k) {largest = 0 : i64} : (tensor<?xi64>, !onnx.any) -> (!onnx.any, !onnx.any)
  return %y#0, %y#1 : !onnx.any, !onnx.any
}

// The number of true elements is a symbol of the run.
// CHECK-LABEL: func.func @nonzero(
// CHECK-NEXT: %[[V0:.*]] = prim.convert %arg0 : tensor<?x8xf32, #prim.shape<"n", 8>> -> tensor<?x8xi1, #prim.shape<"n", 8>>
// CHECK-NEXT: %[[V1:.*]] = prim.convert %[[V0]] : tensor<?x8xi1, #prim.shape<"n", 8>> -> tensor<?x8xi64, #prim.shape<"n", 8>>
// CHECK-NEXT: %[[V2:.*]] = prim.reduce sum %[[V1]] axes [0, 1] : tensor<?x8xi64, #prim.shape<"n", 8>> -> tensor<i64>
// CHECK-NEXT: prim.define_symbol "nonzero.0" = %[[V2]] : tensor<i64>
// CHECK-NEXT: %[[V3:.*]] = prim.nonzero %[[V0]] : tensor<?x8xi1, #prim.shape<"n", 8>> -> tensor<2x?xi64, #prim.shape<2, "nonzero.0">>
// CHECK-NEXT: return %[[V3]]
func.func @nonzero(%x: tensor<?x8xf32> {onnx.name = "x", onnx.dims = ["n", ""]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.NonZero"(%x) : (tensor<?x8xf32>) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @nonzero_constant(
// CHECK-NEXT: %[[V0:.*]] = prim.exprs [0, 1, 1, 0, 0, 1] : tensor<6xi64>
// CHECK-NEXT: %[[V1:.*]] = prim.reshape %[[V0]] : tensor<6xi64> -> tensor<2x3xi64>
// CHECK-NEXT: return %[[V1]]
func.func @nonzero_constant() -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %x = onnx.constant dense<[[true, false], [true, true]]> : tensor<2x2xi1>
  %y = "onnx.NonZero"(%x) : (!onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// CHECK-LABEL: func.func @compress(
// CHECK-NEXT: %[[V0:.*]] = prim.convert %arg1 : tensor<3xi1> -> tensor<3xi64>
// CHECK-NEXT: %[[V1:.*]] = prim.reduce sum %[[V0]] axes [0] : tensor<3xi64> -> tensor<i64>
// CHECK-NEXT: prim.define_symbol "nonzero.0" = %[[V1]] : tensor<i64>
// CHECK-NEXT: %[[V2:.*]] = prim.nonzero %arg1 : tensor<3xi1> -> tensor<1x?xi64, #prim.shape<1, "nonzero.0">>
// CHECK-NEXT: %[[V3:.*]] = prim.reshape %[[V2]] : tensor<1x?xi64, #prim.shape<1, "nonzero.0">> -> tensor<?xi64, #prim.shape<"nonzero.0">>
// CHECK-NEXT: %[[V4:.*]] = prim.take %arg0, %[[V3]] axis 0 : tensor<3x4xf32>, tensor<?xi64, #prim.shape<"nonzero.0">> -> tensor<?x4xf32, #prim.shape<"nonzero.0", 4>>
// CHECK-NEXT: return %[[V4]]
func.func @compress(%x: tensor<3x4xf32> {onnx.name = "x"}, %c: tensor<3xi1> {onnx.name = "c"}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %y = "onnx.Compress"(%x, %c) {axis = 0 : i64} : (tensor<3x4xf32>, tensor<3xi1>) -> !onnx.any
  return %y : !onnx.any
}
