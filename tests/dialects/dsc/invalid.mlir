// RUN: dsc-opt %s -split-input-file -verify-diagnostics
// SPDX-License-Identifier: Apache-2.0

func.func @c1(%past: tensor<1x?x64xf32, #prim.shape<1, "p", 64>>, %new: tensor<1x64xf32>) {
  // expected-error@+1 {{(C1): operands and result differ in rank or element type, or the axis is not one of theirs}}
  %0 = dsc.cache_append %past, %new axis 1 at "p" : tensor<1x?x64xf32, #prim.shape<1, "p", 64>>, tensor<1x64xf32> -> tensor<1x?x64xf32, #prim.shape<1, "p + 1", 64>>
  return
}

// -----

func.func @c2(%past: tensor<1x?x64xf32, #prim.shape<1, "p", 64>>, %new: tensor<1x1x32xf32>) {
  // expected-error@+1 {{(C2): dimension 2 is not the same in operands and result}}
  %0 = dsc.cache_append %past, %new axis 1 at "p" : tensor<1x?x64xf32, #prim.shape<1, "p", 64>>, tensor<1x1x32xf32> -> tensor<1x?x64xf32, #prim.shape<1, "p + 1", 64>>
  return
}

// -----

func.func @c3_at(%past: tensor<1x?x64xf32, #prim.shape<1, "p", 64>>, %new: tensor<1x1x64xf32>) {
  // expected-error@+1 {{(C3): a growing cache has p rows, new ones cannot begin at 3}}
  %0 = dsc.cache_append %past, %new axis 1 at 3 : tensor<1x?x64xf32, #prim.shape<1, "p", 64>>, tensor<1x1x64xf32> -> tensor<1x?x64xf32, #prim.shape<1, "p + 1", 64>>
  return
}

// -----

func.func @c3_rows(%past: tensor<1x?x64xf32, #prim.shape<1, "p", 64>>, %new: tensor<1x1x64xf32>) {
  // expected-error@+1 {{(C3): expected p + 1 rows, found p + 2}}
  %0 = dsc.cache_append %past, %new axis 1 at "p" : tensor<1x?x64xf32, #prim.shape<1, "p", 64>>, tensor<1x1x64xf32> -> tensor<1x?x64xf32, #prim.shape<1, "p + 2", 64>>
  return
}

// -----

func.func @parts(%q: tensor<1x1x4x1x16xf32>, %k: tensor<1x1x1000x16xf32>, %v: tensor<1x1x1000x8xf32>) {
  // expected-error@+1 {{(C4): a result is 3 x 1 x 1 x 4 x 1 x 8 x f32}}
  %o, %m, %l = dsc.attention_parts "256" queries(%q) keys(%k) values(%v) {scale = 0.25 : f64}
      : (tensor<1x1x4x1x16xf32>, tensor<1x1x1000x16xf32>, tensor<1x1x1000x8xf32>) -> (tensor<3x1x1x4x1x8xf32>, tensor<4x1x1x4x1xf32>, tensor<4x1x1x4x1xf32>)
  return
}

// -----

func.func @combine(%o: tensor<4x1x1x4x1x8xf32>, %m: tensor<4x1x1x4x1xf32>, %l: tensor<3x1x1x4x1xf32>) {
  // expected-error@+1 {{(C1): sizes do not agree}}
  %r = dsc.attention_combine %o, %m, %l : tensor<4x1x1x4x1x8xf32>, tensor<4x1x1x4x1xf32>, tensor<3x1x1x4x1xf32> -> tensor<1x1x4x1x8xf32>
  return
}

// -----

func.func @norm_c1(%x: tensor<2x?xf32, #prim.shape<2, "d">>) {
  // expected-error@+1 {{(C1): x is 2 x d x f32, the result 2 x d x f32}}
  %0 = dsc.rms_norm %x {epsilon = 1.0e-6 : f64} : (tensor<2x?xf32, #prim.shape<2, "d">>) -> tensor<2x?xf32, #prim.shape<2, "d">>
  return
}

// -----

func.func @norm_c2(%x: tensor<2x64xf32>, %w: tensor<32xf32>) {
  // expected-error@+1 {{(C2): weight or bias is 32 x f32}}
  %0 = dsc.rms_norm %x weight(%w) {epsilon = 1.0e-6 : f64} : (tensor<2x64xf32>, tensor<32xf32>) -> tensor<2x64xf32>
  return
}

// -----

func.func @norm_c3(%x: tensor<2x64xf64>) {
  // expected-error@+1 {{(C3): x is 2 x 64 x f64, the result 2 x 64 x f32}}
  %0 = dsc.rms_norm %x {epsilon = 1.0e-6 : f64} : (tensor<2x64xf64>) -> tensor<2x64xf32>
  return
}

// -----

func.func @norm_c4(%x: tensor<2x64xbf16>) {
  // expected-error@+1 {{(C4): rounded to 'bf16' before nothing}}
  %0 = dsc.rms_norm %x {epsilon = 1.0e-6 : f64, rounded = bf16} : (tensor<2x64xbf16>) -> tensor<2x64xbf16>
  return
}

// -----

func.func @norm_c5(%x: tensor<2x64xf32>, %b: tensor<64xf32>) {
  // expected-error@+1 {{(C5): epsilon is}}
  %0 = dsc.layer_norm %x bias(%b) {epsilon = -1.0 : f64} : (tensor<2x64xf32>, tensor<64xf32>) -> tensor<2x64xf32>
  return
}

// -----

func.func @rope_c1(%x: tensor<2x7xf32>, %t: tensor<2x3xf32>) {
  // expected-error@+1 {{(C1): x is 2 x 7 x f32}}
  %0 = dsc.rope %x, %t, %t half to half : tensor<2x7xf32>, tensor<2x3xf32>
  return
}

// -----

func.func @rope_c2(%x: tensor<2x8xf32>, %t: tensor<3x4xf32>) {
  // expected-error@+1 {{(C2): x is 2 x 8 x f32, the tables are 3 x 4 x f32}}
  %0 = dsc.rope %x, %t, %t half to half : tensor<2x8xf32>, tensor<3x4xf32>
  return
}
