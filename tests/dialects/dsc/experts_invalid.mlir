// RUN: dsc-opt %s -split-input-file -verify-diagnostics
// SPDX-License-Identifier: Apache-2.0

func.func @route_c1(%x: tensor<3x8xf32>, %b: tensor<4xf32>) {
  // expected-error@+1 {{(C1): expected a bias [E] of the logits' type: the logits are 3 x 8 x f32}}
  %w, %i = dsc.route sigmoid %x bias(%b) {scale = 1.0 : f64} : (tensor<3x8xf32>, tensor<4xf32>) -> (tensor<3x2xf32>, tensor<3x2xi64>)
  return
}

// -----

func.func @route_c2(%x: tensor<3x8xf32>) {
  // expected-error@+1 {{(C2): expected weights and ids [N, k] with 0 < k <= E}}
  %w, %i = dsc.route sigmoid %x {scale = 1.0 : f64} : (tensor<3x8xf32>) -> (tensor<3x9xf32>, tensor<3x9xi64>)
  return
}

// -----

func.func @route_c3(%x: tensor<3x8xf32>) {
  // expected-error@+1 {{(C3): expected groups that divide E, of which some but not all are kept}}
  %w, %i = dsc.route sigmoid %x groups 8 keep 2 by top2_sum fill zero {scale = 1.0 : f64} : (tensor<3x8xf32>) -> (tensor<3x2xf32>, tensor<3x2xi64>)
  return
}

// -----

func.func @route_c3_all(%x: tensor<3x8xf32>) {
  // expected-error@+1 {{(C3): expected groups that divide E, of which some but not all are kept}}
  %w, %i = dsc.route sigmoid %x groups 4 keep 4 by max fill zero {scale = 1.0 : f64} : (tensor<3x8xf32>) -> (tensor<3x2xf32>, tensor<3x2xi64>)
  return
}

// -----

func.func @route_c4(%x: tensor<3x8xf32>) {
  // expected-error@+1 {{(C4): expected at most as many experts as the kept groups have}}
  %w, %i = dsc.route sigmoid %x groups 4 keep 1 by max fill zero {scale = 1.0 : f64} : (tensor<3x8xf32>) -> (tensor<3x3xf32>, tensor<3x3xi64>)
  return
}

// -----

func.func @route_c5(%x: tensor<3x8xf32>) {
  // expected-error@+1 {{(C5): expected a bias or groups, or weights by score}}
  %w, %i = dsc.route sigmoid %x source selection {scale = 1.0 : f64} : (tensor<3x8xf32>) -> (tensor<3x2xf32>, tensor<3x2xi64>)
  return
}

// -----

func.func @experts_c1(%x: tensor<4x64xf32>, %i: tensor<3x2xi64>, %w: tensor<3x2xf32>, %g: tensor<8x16x64xf32>, %d: tensor<8x64x16xf32>) {
  // expected-error@+1 {{(C1): expected x [N, H], ids and weights [N, k], found 4 x 64 x f32, 3 x 2 x i64 and 3 x 2 x f32}}
  %y = dsc.experts silu %x ids(%i) weights(%w) gate(%g) down(%d) : (tensor<4x64xf32>, tensor<3x2xi64>, tensor<3x2xf32>, tensor<8x16x64xf32>, tensor<8x64x16xf32>) -> tensor<4x64xf32>
  return
}

// -----

func.func @experts_c2(%x: tensor<3x64xf32>, %i: tensor<3x2xi64>, %w: tensor<3x2xf32>, %g: tensor<8x16x64xf32>, %d: tensor<8x16x64xf32>) {
  // expected-error@+1 {{(C2): sizes of the experts' weights do not agree with gate, 8 x 16 x 64 x f32}}
  %y = dsc.experts silu %x ids(%i) weights(%w) gate(%g) down(%d) : (tensor<3x64xf32>, tensor<3x2xi64>, tensor<3x2xf32>, tensor<8x16x64xf32>, tensor<8x16x64xf32>) -> tensor<3x64xf32>
  return
}

// -----

func.func @experts_c3(%x: tensor<3x64xf32>, %i: tensor<3x2xi64>, %w: tensor<3x2xf32>, %g: tensor<8x16x64xf32>, %d: tensor<8x64x16xf32>, %sg: tensor<16x64xf32>, %sd: tensor<64x12xf32>) {
  // expected-error@+1 {{(C3): sizes of the shared experts' weights do not agree}}
  %y = dsc.experts silu %x ids(%i) weights(%w) gate(%g) down(%d) shared_gate(%sg) shared_down(%sd)
      : (tensor<3x64xf32>, tensor<3x2xi64>, tensor<3x2xf32>, tensor<8x16x64xf32>, tensor<8x64x16xf32>, tensor<16x64xf32>, tensor<64x12xf32>) -> tensor<3x64xf32>
  return
}

// -----

func.func @experts_c4(%x: tensor<3x64xf32>, %i: tensor<3x2xi64>, %w: tensor<3x2xf32>, %g: tensor<8x16x64xf32>, %d: tensor<8x64x16xf32>) {
  // expected-error@+1 {{(C4): alpha belongs to silu}}
  %y = dsc.experts relu %x ids(%i) weights(%w) gate(%g) down(%d) {alpha = 2.0 : f64} : (tensor<3x64xf32>, tensor<3x2xi64>, tensor<3x2xf32>, tensor<8x16x64xf32>, tensor<8x64x16xf32>) -> tensor<3x64xf32>
  return
}

// -----

func.func @experts_c5(%x: tensor<3x64xf32>, %i: tensor<3x2xi64>, %w: tensor<3x2xf16>, %g: tensor<8x16x64xf32>, %d: tensor<8x64x16xf32>) {
  // expected-error@+1 {{(C5): x is 3 x 64 x f32, weights are 3 x 2 x f16}}
  %y = dsc.experts silu %x ids(%i) weights(%w) gate(%g) down(%d) : (tensor<3x64xf32>, tensor<3x2xi64>, tensor<3x2xf16>, tensor<8x16x64xf32>, tensor<8x64x16xf32>) -> tensor<3x64xf32>
  return
}
