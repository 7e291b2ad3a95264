// RUN: dsc-opt %s -split-input-file -verify-diagnostics

func.func @no_shape(%a: tensor<?xf32>) {
  // expected-error @below {{has a dynamic dimension without #prim.shape}}
  %0 = prim.unary exp %a : tensor<?xf32> -> tensor<?xf32>
  return
}

// -----

// expected-error @below {{#prim.shape has 2 dimensions, the tensor 1}}
func.func @rank_of_shape(%a: tensor<?xf32, #prim.shape<"n", 4>>) { return }

// -----

// expected-error @below {{dimension 1 of #prim.shape differs from the tensor's}}
func.func @static_dim(%a: tensor<?x4xf32, #prim.shape<"n", 5>>) { return }

// -----

// expected-error @below {{invalid expression: expression ends early at column 4}}
func.func @bad_expr(%a: tensor<?xf32, #prim.shape<"n +">>) { return }

// -----

func.func @index_rank() {
  // expected-error @below {{(C2): an index beyond the rank}}
  %0 = prim.index_expr "d1" : tensor<4xi64>
  return
}

// -----

func.func @exprs_count() {
  // expected-error @below {{(C1): the number of elements differs from the result's}}
  %0 = prim.exprs [1, 2] : tensor<3xi64>
  return
}

// -----

func.func @unary_kind(%a: tensor<4xi64>) {
  // expected-error @below {{(C2): the element type does not fit the kind}}
  %0 = prim.unary exp %a : tensor<4xi64> -> tensor<4xi64>
  return
}

// -----

func.func @broadcast_size(%a: tensor<3xf32>) {
  // expected-error @below {{(C2): a dimension is neither 1 nor the result's}}
  %0 = prim.broadcast %a axes [1] : tensor<3xf32> -> tensor<2x4xf32>
  return
}

// -----

func.func @reshape_count(%a: tensor<3xf32>) {
  // expected-error @below {{(C2): the number of elements differs}}
  %0 = prim.reshape %a : tensor<3xf32> -> tensor<4xf32>
  return
}

// -----

func.func @transpose_perm(%a: tensor<3x4xf32>) {
  // expected-error @below {{(C1): not a permutation}}
  %0 = prim.transpose %a perm [1, 1] : tensor<3x4xf32> -> tensor<4x4xf32>
  return
}

// -----

func.func @slice_range(%a: tensor<3xf32>) {
  // expected-error @below {{(C4): positions out of range}}
  %0 = prim.slice %a starts [1] steps [1] : tensor<3xf32> -> tensor<3xf32>
  return
}

// -----

func.func @concat_sum(%a: tensor<?xf32, #prim.shape<"n">>) {
  // expected-error @below {{(C4): the sizes do not add up}}
  %0 = prim.concat %a, %a axis 0 : (tensor<?xf32, #prim.shape<"n">>, tensor<?xf32, #prim.shape<"n">>) -> tensor<?xf32, #prim.shape<"n + 1">>
  return
}

// -----

func.func @dot_sizes(%a: tensor<2x3xf32>, %b: tensor<4x5xf32>) {
  // expected-error @below {{(C2): sizes differ}}
  %0 = prim.dot %a, %b batch [] x [] contract [1] x [0] : tensor<2x3xf32>, tensor<4x5xf32> -> tensor<2x5xf32>
  return
}

// -----

func.func @scatter_axes(%x: tensor<8x4xf32>, %i: tensor<3x2xi64>, %u: tensor<3xf32>) {
  // expected-error @below {{(C1): index vectors do not fit axes}}
  %0 = prim.scatter_nd set %x, %i, %u axes [0] : tensor<8x4xf32>, tensor<3x2xi64>, tensor<3xf32>
  return
}

// -----

func.func @take_type(%x: tensor<8x4xf32>, %i: tensor<3xi64>) {
  // expected-error @below {{(C2): expected 'tensor<3x4xf32>', found 'tensor<3x5xf32>'}}
  %0 = prim.take %x, %i axis 0 : tensor<8x4xf32>, tensor<3xi64> -> tensor<3x5xf32>
  return
}

// -----

func.func @reduce_axes(%x: tensor<8x4xf32>) {
  // expected-error @below {{(C1): axes not increasing or beyond the rank}}
  %0 = prim.reduce sum %x axes [1, 0] : tensor<8x4xf32> -> tensor<f32>
  return
}
