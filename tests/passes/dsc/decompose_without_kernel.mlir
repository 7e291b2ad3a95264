// RUN: dsc-opt %s --decompose-without-kernel=kernels=dsc.attention,dsc.latent_attention,dsc.rms_norm | FileCheck %s
// SPDX-License-Identifier: Apache-2.0

// CHECK-LABEL: func.func @stays
// CHECK: dsc.attention
func.func @stays(%q: tensor<1x1x4x1x16xf32>, %k: tensor<1x1x6x16xf32>, %v: tensor<1x1x6x8xf32>) -> tensor<1x1x4x1x8xf32> {
  %o = dsc.attention queries(%q) keys(%k) values(%v) {scale = 0.2 : f64} : (tensor<1x1x4x1x16xf32>, tensor<1x1x6x16xf32>, tensor<1x1x6x8xf32>) -> tensor<1x1x4x1x8xf32>
  return %o : tensor<1x1x4x1x8xf32>
}

// A width that only the run knows, and one that is too large for a kernel's scratch.
// CHECK-LABEL: func.func @unknown_width
// CHECK-NOT: dsc.
// CHECK: prim.dot
func.func @unknown_width(%q: tensor<1x1x4x1x?xf32, #prim.shape<1, 1, 4, 1, "d">>, %k: tensor<1x1x6x?xf32, #prim.shape<1, 1, 6, "d">>, %v: tensor<1x1x6x8xf32>) -> tensor<1x1x4x1x8xf32> {
  %o = dsc.attention queries(%q) keys(%k) values(%v) {scale = 0.2 : f64} : (tensor<1x1x4x1x?xf32, #prim.shape<1, 1, 4, 1, "d">>, tensor<1x1x6x?xf32, #prim.shape<1, 1, 6, "d">>, tensor<1x1x6x8xf32>) -> tensor<1x1x4x1x8xf32>
  return %o : tensor<1x1x4x1x8xf32>
}

// CHECK-LABEL: func.func @too_wide
// CHECK-NOT: dsc.
func.func @too_wide(%q: tensor<1x1x4x1x16xf32>, %k: tensor<1x1x6x16xf32>, %v: tensor<1x1x6x2048xf32>) -> tensor<1x1x4x1x2048xf32> {
  %o = dsc.attention queries(%q) keys(%k) values(%v) {scale = 0.2 : f64} : (tensor<1x1x4x1x16xf32>, tensor<1x1x6x16xf32>, tensor<1x1x6x2048xf32>) -> tensor<1x1x4x1x2048xf32>
  return %o : tensor<1x1x4x1x2048xf32>
}

// Latent attention in its expanded form has a kernel, in no form it has none.
// CHECK-LABEL: func.func @latent
// CHECK:         dsc.latent_attention {{.*}}expanded
// CHECK-NOT:     dsc.
func.func @latent(%q: tensor<1x4x40x16xf32>, %c: tensor<1x60x32xf32>, %wk: tensor<4x16x32xf32>, %wv: tensor<4x8x32xf32>) -> (tensor<1x4x40x8xf32>, tensor<1x4x40x8xf32>) {
  %o = dsc.latent_attention query(%q) latent(%c) weights(%wk, %wv) {expanded, scale = 0.2 : f64}
      : (tensor<1x4x40x16xf32>, tensor<1x60x32xf32>, tensor<4x16x32xf32>, tensor<4x8x32xf32>) -> tensor<1x4x40x8xf32>
  %p = dsc.latent_attention query(%q) latent(%c) weights(%wk, %wv) {scale = 0.2 : f64}
      : (tensor<1x4x40x16xf32>, tensor<1x60x32xf32>, tensor<4x16x32xf32>, tensor<4x8x32xf32>) -> tensor<1x4x40x8xf32>
  return %o, %p : tensor<1x4x40x8xf32>, tensor<1x4x40x8xf32>
}

// Named among the kernels, or not.
// CHECK-LABEL: func.func @norms
// CHECK:         dsc.rms_norm
// CHECK-NOT:     dsc.
func.func @norms(%x: tensor<2x64xf32>) -> (tensor<2x64xf32>, tensor<2x64xf32>) {
  %0 = dsc.rms_norm %x {epsilon = 1.0e-6 : f64} : (tensor<2x64xf32>) -> tensor<2x64xf32>
  %1 = dsc.layer_norm %x {epsilon = 1.0e-6 : f64} : (tensor<2x64xf32>) -> tensor<2x64xf32>
  return %0, %1 : tensor<2x64xf32>, tensor<2x64xf32>
}
