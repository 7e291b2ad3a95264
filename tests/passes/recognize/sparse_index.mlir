// RUN: dsc-opt %s -split-input-file --recognize-sparse-index | FileCheck %s
// SPDX-License-Identifier: Apache-2.0

// The 2 rows of highest sum over heads of w relu(q k) are attended to.
// CHECK-LABEL: func.func @chosen
// CHECK: dsc.latent_attention {{.*}} mask(%{{.*}}) {dsc.sparse_index = {dim = 8 : i64, heads = 4 : i64, top_k = 2 : i64}, scale
func.func @chosen(%q: tensor<1x3x5x16xf32>, %c: tensor<1x5x32xf32>, %wk: tensor<3x16x32xf32>, %wv: tensor<3x12x32xf32>,
                  %qi: tensor<1x5x4x8xf32>, %ki: tensor<1x5x8xf32>, %w: tensor<1x5x4xf32>) -> tensor<1x3x5x12xf32> {
  %s = prim.dot %qi, %ki batch [0] x [0] contract [3] x [2] : tensor<1x5x4x8xf32>, tensor<1x5x8xf32> -> tensor<1x5x4x5xf32>
  %c0 = prim.constant dense<0.0> : tensor<f32>
  %zero = prim.broadcast %c0 axes [] : tensor<f32> -> tensor<1x5x4x5xf32>
  %r = prim.binary max %s, %zero : tensor<1x5x4x5xf32>
  %sum = prim.dot %w, %r batch [0, 1] x [0, 1] contract [2] x [2] : tensor<1x5x4xf32>, tensor<1x5x4x5xf32> -> tensor<1x5x5xf32>
  %v, %i = prim.top_k %sum largest : tensor<1x5x5xf32> -> tensor<1x5x2xf32>, tensor<1x5x2xi64>
  %none = prim.index_expr 0 : tensor<1x5x5xi1>
  %yes = prim.index_expr 1 : tensor<1x5x2xi1>
  %m = prim.scatter_along_axis set %none, %i, %yes axis 2 : tensor<1x5x5xi1>, tensor<1x5x2xi64>, tensor<1x5x2xi1>
  %m4 = prim.broadcast %m axes [0, 2, 3] : tensor<1x5x5xi1> -> tensor<1x3x5x5xi1>
  %o = dsc.latent_attention query(%q) latent(%c) weights(%wk, %wv) mask(%m4) {scale = 0.2 : f64}
      : (tensor<1x3x5x16xf32>, tensor<1x5x32xf32>, tensor<3x16x32xf32>, tensor<3x12x32xf32>, tensor<1x3x5x5xi1>) -> tensor<1x3x5x12xf32>
  return %o : tensor<1x3x5x12xf32>
}

// -----

// Scores without relu are another indexer: a miss, and nothing is named.
// CHECK-LABEL: func.func @without_relu
// CHECK-SAME: dsc.misses = [{expected = "a weighted sum over heads of relu(q k)", found = "scores of another kind", kind = "dsa", stage = "index scores"
// CHECK-NOT: dsc.sparse_index
// CHECK: return
func.func @without_relu(%q: tensor<1x3x5x16xf32>, %c: tensor<1x5x32xf32>, %wk: tensor<3x16x32xf32>, %wv: tensor<3x12x32xf32>,
                        %qi: tensor<1x5x4x8xf32>, %ki: tensor<1x5x8xf32>, %w: tensor<1x5x4xf32>) -> tensor<1x3x5x12xf32> {
  %s = prim.dot %qi, %ki batch [0] x [0] contract [3] x [2] : tensor<1x5x4x8xf32>, tensor<1x5x8xf32> -> tensor<1x5x4x5xf32>
  %sum = prim.dot %w, %s batch [0, 1] x [0, 1] contract [2] x [2] : tensor<1x5x4xf32>, tensor<1x5x4x5xf32> -> tensor<1x5x5xf32>
  %v, %i = prim.top_k %sum largest : tensor<1x5x5xf32> -> tensor<1x5x2xf32>, tensor<1x5x2xi64>
  %none = prim.index_expr 0 : tensor<1x5x5xi1>
  %yes = prim.index_expr 1 : tensor<1x5x2xi1>
  %m = prim.scatter_along_axis set %none, %i, %yes axis 2 : tensor<1x5x5xi1>, tensor<1x5x2xi64>, tensor<1x5x2xi1>
  %m4 = prim.broadcast %m axes [0, 2, 3] : tensor<1x5x5xi1> -> tensor<1x3x5x5xi1>
  %o = dsc.latent_attention query(%q) latent(%c) weights(%wk, %wv) mask(%m4) {scale = 0.2 : f64}
      : (tensor<1x3x5x16xf32>, tensor<1x5x32xf32>, tensor<3x16x32xf32>, tensor<3x12x32xf32>, tensor<1x3x5x5xi1>) -> tensor<1x3x5x12xf32>
  return %o : tensor<1x3x5x12xf32>
}
