// SPDX-License-Identifier: Apache-2.0
// What the verifier refuses: a case for each numbered constraint of PrimOps.td.
// RUN: dsc-opt %s --split-input-file --verify-diagnostics

func.func @dynamic_without_encoding(%x: tensor<?xf32>) {
  // expected-error @below {{has a dynamic dimension without #prim.shape}}
  %0 = prim.unary exp %x : tensor<?xf32> -> tensor<?xf32>
  return
}

// -----

func.func @index_expr_c1() {
  // expected-error @below {{(C1): not an integer element type}}
  %0 = prim.index_expr "d0" : tensor<4xf32>
  return
}

// -----

func.func @index_expr_c2() {
  // expected-error @below {{(C2): an index beyond the rank}}
  %0 = prim.index_expr "d1" : tensor<4xi64>
  return
}

// -----

func.func @exprs_c1() {
  // expected-error @below {{(C1): the number of elements differs}}
  %0 = prim.exprs ["a", 1] : tensor<3xi64>
  return
}

// -----

func.func @exprs_c2() {
  // expected-error @below {{(C2): not an integer element type}}
  %0 = prim.exprs ["a", 1] : tensor<2xf32>
  return
}

// -----

func.func @exprs_c3() {
  // expected-error @below {{(C3): an element depends on an index}}
  %0 = prim.exprs ["d0", 1] : tensor<2xi64>
  return
}

// -----

func.func @define_symbol_c1(%n: tensor<2xi64>) {
  // expected-error @below {{(C1): not one element}}
  prim.define_symbol "n" = %n : tensor<2xi64>
  return
}

// -----

func.func @define_symbol_c2(%n: tensor<i64>) {
  // expected-error @below {{(C2): not a symbol}}
  prim.define_symbol "n + 1" = %n : tensor<i64>
  return
}

// -----

func.func @unary_c1(%x: tensor<4xf32>) {
  // expected-error @below {{(C1): expected}}
  %0 = prim.unary exp %x : tensor<4xf32> -> tensor<4xf64>
  return
}

// -----

func.func @unary_c2(%x: tensor<4xi64>) {
  // expected-error @below {{(C2): the element type does not fit the kind}}
  %0 = prim.unary exp %x : tensor<4xi64> -> tensor<4xi64>
  return
}

// -----

func.func @compare_c2(%x: tensor<4xf32>) {
  // expected-error @below {{(C2): expected}}
  %0 = prim.compare lt %x, %x : tensor<4xf32> -> tensor<5xi1>
  return
}

// -----

func.func @select_c2(%c: tensor<3xi1>, %x: tensor<4xf32>) {
  // expected-error @below {{(C2): expected}}
  %0 = prim.select %c, %x, %x : tensor<3xi1>, tensor<4xf32>
  return
}

// -----

func.func @convert_c1(%x: tensor<4xf32>) {
  // expected-error @below {{(C1): expected}}
  %0 = prim.convert %x : tensor<4xf32> -> tensor<5xi64>
  return
}

// -----

func.func @bitcast_c2(%x: tensor<4xf32>) {
  // expected-error @below {{(C2): element types of different width}}
  %0 = prim.bitcast %x : tensor<4xf32> -> tensor<4xi64>
  return
}

// -----

func.func @broadcast_c1(%x: tensor<4xf32>) {
  // expected-error @below {{(C1): one entry per operand dimension}}
  %0 = prim.broadcast %x axes [0, 1] : tensor<4xf32> -> tensor<2x4xf32>
  return
}

// -----

func.func @broadcast_c2(%x: tensor<4xf32>) {
  // expected-error @below {{(C2): a dimension is neither 1 nor the result}}
  %0 = prim.broadcast %x axes [0] : tensor<4xf32> -> tensor<2x4xf32>
  return
}

// -----

func.func @reshape_c1(%x: tensor<4xf32>) {
  // expected-error @below {{(C1): element types differ}}
  %0 = prim.reshape %x : tensor<4xf32> -> tensor<2x2xf16>
  return
}

// -----

func.func @reshape_c2(%x: tensor<4xf32>) {
  // expected-error @below {{(C2): the number of elements differs}}
  %0 = prim.reshape %x : tensor<4xf32> -> tensor<5xf32>
  return
}

// -----

func.func @transpose_c1(%x: tensor<2x4xf32>) {
  // expected-error @below {{(C1): not a permutation}}
  %0 = prim.transpose %x perm [1, 1] : tensor<2x4xf32> -> tensor<4x4xf32>
  return
}

// -----

func.func @transpose_c2(%x: tensor<2x4xf32>) {
  // expected-error @below {{(C2): expected}}
  %0 = prim.transpose %x perm [1, 0] : tensor<2x4xf32> -> tensor<2x4xf32>
  return
}

// -----

func.func @slice_c1(%x: tensor<2x4xf32>) {
  // expected-error @below {{(C1): one start and step per dimension}}
  %0 = prim.slice %x starts [0] steps [1, 1] : tensor<2x4xf32> -> tensor<2x4xf32>
  return
}

// -----

func.func @slice_c2(%x: tensor<4xf32>) {
  // expected-error @below {{(C2): a step of zero}}
  %0 = prim.slice %x starts [0] steps [0] : tensor<4xf32> -> tensor<2xf32>
  return
}

// -----

func.func @slice_c3(%x: tensor<4xf32>) {
  // expected-error @below {{(C3): ranks or element types differ}}
  %0 = prim.slice %x starts [0] steps [1] : tensor<4xf32> -> tensor<2xf16>
  return
}

// -----

func.func @slice_c4(%x: tensor<4xf32>) {
  // expected-error @below {{(C4): positions out of range}}
  %0 = prim.slice %x starts [2] steps [1] : tensor<4xf32> -> tensor<3xf32>
  return
}

// -----

func.func @concat_c3(%x: tensor<2x4xf32>, %y: tensor<2x5xf32>) {
  // expected-error @below {{(C3): a dimension differs}}
  %0 = prim.concat %x, %y axis 0 : (tensor<2x4xf32>, tensor<2x5xf32>) -> tensor<4x4xf32>
  return
}

// -----

func.func @concat_c4(%x: tensor<2xf32>) {
  // expected-error @below {{(C4): the sizes do not add up}}
  %0 = prim.concat %x, %x axis 0 : (tensor<2xf32>, tensor<2xf32>) -> tensor<5xf32>
  return
}

// -----

func.func @pad_c1(%x: tensor<2xf32>, %v: tensor<f32>) {
  // expected-error @below {{(C1): one low per dimension}}
  %0 = prim.pad %x, %v low [1, 1] : tensor<2xf32>, tensor<f32> -> tensor<4xf32>
  return
}

// -----

func.func @pad_c2(%x: tensor<2xf32>, %v: tensor<f16>) {
  // expected-error @below {{(C2): expected}}
  %0 = prim.pad %x, %v low [1] : tensor<2xf32>, tensor<f16> -> tensor<4xf32>
  return
}

// -----

func.func @take_c1(%x: tensor<8x4xf32>, %i: tensor<3xi64>) {
  // expected-error @below {{(C1): axis 2 of a tensor of rank 2}}
  %0 = prim.take %x, %i axis 2 : tensor<8x4xf32>, tensor<3xi64> -> tensor<3x4xf32>
  return
}

// -----

func.func @take_c2(%x: tensor<8x4xf32>, %i: tensor<3xi64>) {
  // expected-error @below {{(C2): expected}}
  %0 = prim.take %x, %i axis 0 : tensor<8x4xf32>, tensor<3xi64> -> tensor<8x3xf32>
  return
}

// -----

func.func @take_along_axis_c1(%x: tensor<8x4xf32>, %i: tensor<3xi64>) {
  // expected-error @below {{(C1): ranks differ}}
  %0 = prim.take_along_axis %x, %i axis 0 : tensor<8x4xf32>, tensor<3xi64> -> tensor<3xf32>
  return
}

// -----

func.func @gather_nd_c1(%x: tensor<8xf32>, %i: tensor<3x2xi64>) {
  // expected-error @below {{(C1): index vectors do not fit the operand}}
  %0 = prim.gather_nd %x, %i batch 0 : tensor<8xf32>, tensor<3x2xi64> -> tensor<3xf32>
  return
}

// -----

func.func @gather_nd_c2(%x: tensor<8x4xf32>, %i: tensor<3x1xi64>) {
  // expected-error @below {{(C2): batch dimensions differ}}
  %0 = prim.gather_nd %x, %i batch 1 : tensor<8x4xf32>, tensor<3x1xi64> -> tensor<3xf32>
  return
}

// -----

func.func @scatter_nd_c1(%x: tensor<8x4xf32>, %i: tensor<3x1xi64>, %u: tensor<3xf32>) {
  // expected-error @below {{(C1): index vectors do not fit axes}}
  %0 = prim.scatter_nd set %x, %i, %u axes [0, 1] : tensor<8x4xf32>, tensor<3x1xi64>, tensor<3xf32>
  return
}

// -----

func.func @scatter_nd_c3(%x: tensor<8x4xf32>, %i: tensor<3x1xi64>, %u: tensor<3xf32>) {
  // expected-error @below {{(C3): expected}}
  %0 = prim.scatter_nd set %x, %i, %u axes [0] : tensor<8x4xf32>, tensor<3x1xi64>, tensor<3xf32>
  return
}

// -----

func.func @scatter_along_axis_c2(%x: tensor<8xf32>, %i: tensor<3xi64>, %u: tensor<4xf32>) {
  // expected-error @below {{(C2): expected}}
  %0 = prim.scatter_along_axis add %x, %i, %u axis 0 : tensor<8xf32>, tensor<3xi64>, tensor<4xf32>
  return
}

// -----

func.func @update_slice_c1(%x: tensor<8x4xf32>, %u: tensor<1x4xf32>) {
  // expected-error @below {{(C1): one start per dimension}}
  %0 = prim.update_slice %x, %u starts [0] : tensor<8x4xf32>, tensor<1x4xf32>
  return
}

// -----

func.func @update_slice_c2(%x: tensor<8x4xf32>, %u: tensor<4xf32>) {
  // expected-error @below {{(C2): ranks or element types differ}}
  %0 = prim.update_slice %x, %u starts [0, 0] : tensor<8x4xf32>, tensor<4xf32>
  return
}

// -----

func.func @reduce_c1(%x: tensor<2x4xf32>) {
  // expected-error @below {{(C1): axes not increasing or beyond the rank}}
  %0 = prim.reduce sum %x axes [1, 0] : tensor<2x4xf32> -> tensor<f32>
  return
}

// -----

func.func @reduce_c2(%x: tensor<2x4xf32>) {
  // expected-error @below {{(C2): expected}}
  %0 = prim.reduce sum %x axes [1] : tensor<2x4xf32> -> tensor<4xf32>
  return
}

// -----

func.func @arg_reduce_c1(%x: tensor<2x4xf32>) {
  // expected-error @below {{(C1): neither min nor max}}
  %0 = prim.arg_reduce sum %x axis 1 : tensor<2x4xf32> -> tensor<2xi64>
  return
}

// -----

func.func @arg_reduce_c2(%x: tensor<2x4xf32>) {
  // expected-error @below {{(C2): axis 2 of a tensor of rank 2}}
  %0 = prim.arg_reduce min %x axis 2 : tensor<2x4xf32> -> tensor<2xi64>
  return
}

// -----

func.func @cumsum_c1(%x: tensor<2x4xi64>) {
  // expected-error @below {{(C1): axis 2 of a tensor of rank 2}}
  %0 = prim.cumsum %x axis 2 : tensor<2x4xi64>
  return
}

// -----

func.func @dot_c1(%a: tensor<2x3x4xf32>, %b: tensor<3x4x5xf32>) {
  // expected-error @below {{(C1): sizes differ}}
  %0 = prim.dot %a, %b batch [0] x [0] contract [2] x [1] : tensor<2x3x4xf32>, tensor<3x4x5xf32> -> tensor<2x3x5xf32>
  return
}

// -----

func.func @dot_c2(%a: tensor<3x4xf32>, %b: tensor<5x6xf32>) {
  // expected-error @below {{(C2): sizes differ}}
  %0 = prim.dot %a, %b batch [] x [] contract [1] x [0] : tensor<3x4xf32>, tensor<5x6xf32> -> tensor<3x6xf32>
  return
}

// -----

func.func @dot_c3(%a: tensor<4x4xf32>, %b: tensor<4x4xf32>) {
  // expected-error @below {{(C3): a dimension is listed twice}}
  %0 = prim.dot %a, %b batch [0] x [0] contract [0] x [1] : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4xf32>
  return
}

// -----

func.func @dot_c4(%a: tensor<3x4xf32>, %b: tensor<4x6xf32>) {
  // expected-error @below {{(C4): expected}}
  %0 = prim.dot %a, %b batch [] x [] contract [1] x [0] : tensor<3x4xf32>, tensor<4x6xf32> -> tensor<6x3xf32>
  return
}

// -----

func.func @dot_c5(%a: tensor<3x4xf32>, %b: tensor<4x6xf16>) {
  // expected-error @below {{(C5): element types differ}}
  %0 = prim.dot %a, %b batch [] x [] contract [1] x [0] : tensor<3x4xf32>, tensor<4x6xf16> -> tensor<3x6xf32>
  return
}

// -----

func.func @top_k_c1(%x: tensor<2x8xf32>) {
  // expected-error @below {{(C1): expected}}
  %0, %1 = prim.top_k %x : tensor<2x8xf32> -> tensor<2x4xf16>, tensor<2x4xi64>
  return
}

// -----

func.func @top_k_c2(%x: tensor<2x8xf32>) {
  // expected-error @below {{(C2): a dimension other than the last differs}}
  %0, %1 = prim.top_k %x : tensor<2x8xf32> -> tensor<3x4xf32>, tensor<3x4xi64>
  return
}

// -----

func.func @nonzero_c1(%x: tensor<2x4xi1>) {
  // expected-error @below {{(C1): the result is not [rank, count]}}
  %0 = prim.nonzero %x : tensor<2x4xi1> -> tensor<3x8xi64>
  return
}

// -----

// expected-error @below {{#prim.shape has 2 dimensions, the tensor 1}}
func.func private @shape_rank(tensor<?xf32, #prim.shape<"a", "b">>)

// -----

// expected-error @below {{dimension 0 of #prim.shape differs from the tensor's}}
func.func private @shape_size(tensor<4x?xf32, #prim.shape<5, "b">>)

// -----

// expected-error @below {{dimension 0 of #prim.shape depends on an index}}
func.func private @shape_index(tensor<?xf32, #prim.shape<"d0">>)

// -----

func.func @expression_syntax() {
  // expected-error @below {{invalid expression}}
  %0 = prim.index_expr "d0 +" : tensor<4xi64>
  return
}
