// RUN: dsc-opt %s --decompose-without-kernel="kernels=dsc.attention,dsc.attention_parts,dsc.attention_combine,dsc.latent_attention most-shared=166912" | FileCheck %s
// SPDX-License-Identifier: Apache-2.0

// What a block keeps in shared memory bounds the widths: of f32, but not of bf16.
// CHECK-LABEL: func.func @wide
// CHECK:         dsc.attention queries(%arg2)
// CHECK-NOT:     dsc.
// CHECK:         prim.dot
func.func @wide(%q: tensor<1x1x4x1x1500xf32>, %k: tensor<1x1x6x1500xf32>, %p: tensor<1x1x4x1x1500xbf16>, %l: tensor<1x1x6x1500xbf16>)
    -> (tensor<1x1x4x1x1500xbf16>, tensor<1x1x4x1x1500xf32>) {
  %r = dsc.attention queries(%p) keys(%l) values(%l) {scale = 0.2 : f64} : (tensor<1x1x4x1x1500xbf16>, tensor<1x1x6x1500xbf16>, tensor<1x1x6x1500xbf16>) -> tensor<1x1x4x1x1500xbf16>
  %o = dsc.attention queries(%q) keys(%k) values(%k) {scale = 0.2 : f64} : (tensor<1x1x4x1x1500xf32>, tensor<1x1x6x1500xf32>, tensor<1x1x6x1500xf32>) -> tensor<1x1x4x1x1500xf32>
  return %r, %o : tensor<1x1x4x1x1500xbf16>, tensor<1x1x4x1x1500xf32>
}

// The expanded form of the widths of DeepSeek-V3 fits, of f64 it does not.
// CHECK-LABEL: func.func @latent
// CHECK:         dsc.latent_attention {{.*}}expanded{{.*}}xbf16>
// CHECK-NOT:     dsc.
func.func @latent(%q: tensor<1x4x40x128xbf16>, %c: tensor<1x60x512xbf16>, %wk: tensor<4x128x512xbf16>, %wv: tensor<4x128x512xbf16>,
                  %q2: tensor<1x4x40x128xf64>, %c2: tensor<1x60x512xf64>, %wk2: tensor<4x128x512xf64>, %wv2: tensor<4x128x512xf64>)
    -> (tensor<1x4x40x128xbf16>, tensor<1x4x40x128xf64>) {
  %o = dsc.latent_attention query(%q) latent(%c) weights(%wk, %wv) {expanded, scale = 0.2 : f64}
      : (tensor<1x4x40x128xbf16>, tensor<1x60x512xbf16>, tensor<4x128x512xbf16>, tensor<4x128x512xbf16>) -> tensor<1x4x40x128xbf16>
  %p = dsc.latent_attention query(%q2) latent(%c2) weights(%wk2, %wv2) {expanded, scale = 0.2 : f64}
      : (tensor<1x4x40x128xf64>, tensor<1x60x512xf64>, tensor<4x128x512xf64>, tensor<4x128x512xf64>) -> tensor<1x4x40x128xf64>
  return %o, %p : tensor<1x4x40x128xbf16>, tensor<1x4x40x128xf64>
}
