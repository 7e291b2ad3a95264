// RUN: dsc-opt %s --form-latent-attention="expanded-queries=128" | FileCheck %s
// SPDX-License-Identifier: Apache-2.0

// R*(n + v) = 131072 multiplications make a row's key and value, once for 128 queries; 2*R - n - v = 768 are saved for each of them. The absorbed form up to 16
// tokens; then where twice the rows of a query, 2*p + s + 1, make the first more than the second by what its projections cost.
// CHECK-LABEL: func.func @both
// CHECK:         %[[A:.*]] = prim.transpose
// CHECK:         %[[E:.*]] = dsc.latent_attention query(%arg0) {{.*}}expanded
// CHECK:         dsc.choose "nonneg(max(-s + 16, {{.*131072\*s\*floordiv\(-s, 128\).*}}))"
func.func @both(%q: tensor<1x16x?x128xbf16, #prim.shape<1, 16, "s", 128>>, %qr: tensor<1x16x?x64xbf16, #prim.shape<1, 16, "s", 64>>,
                %c: tensor<1x?x512xbf16, #prim.shape<1, "p + s", 512>>, %r: tensor<1x?x64xbf16, #prim.shape<1, "p + s", 64>>, %wk: tensor<16x128x512xbf16>,
                %wv: tensor<16x128x512xbf16>) -> tensor<1x16x?x128xbf16, #prim.shape<1, 16, "s", 128>> {
  %o = dsc.latent_attention query(%q) rope(%qr, %r) latent(%c) weights(%wk, %wv) {causal = #prim.expr<"p">, scale = 0.2 : f64}
      : (tensor<1x16x?x128xbf16, #prim.shape<1, 16, "s", 128>>, tensor<1x16x?x64xbf16, #prim.shape<1, 16, "s", 64>>, tensor<1x?x64xbf16, #prim.shape<1, "p + s", 64>>,
         tensor<1x?x512xbf16, #prim.shape<1, "p + s", 512>>, tensor<16x128x512xbf16>, tensor<16x128x512xbf16>) -> tensor<1x16x?x128xbf16, #prim.shape<1, 16, "s", 128>>
  return %o : tensor<1x16x?x128xbf16, #prim.shape<1, 16, "s", 128>>
}

// A block of 128 queries: the expanded form against 511 rows, the absorbed one against 512, where both need the same.
// CHECK-LABEL: func.func @known
// CHECK:         dsc.latent_attention {{.*}}expanded
// CHECK:         dsc.attention
// CHECK-NOT:     expanded
// CHECK:         return
func.func @known(%q: tensor<1x1x128x128xbf16>, %c: tensor<1x511x512xbf16>, %d: tensor<1x512x512xbf16>, %wk: tensor<1x128x512xbf16>)
    -> (tensor<1x1x128x128xbf16>, tensor<1x1x128x128xbf16>) {
  %o = dsc.latent_attention query(%q) latent(%c) weights(%wk, %wk) {scale = 0.2 : f64}
      : (tensor<1x1x128x128xbf16>, tensor<1x511x512xbf16>, tensor<1x128x512xbf16>, tensor<1x128x512xbf16>) -> tensor<1x1x128x128xbf16>
  %p = dsc.latent_attention query(%q) latent(%d) weights(%wk, %wk) {scale = 0.2 : f64}
      : (tensor<1x1x128x128xbf16>, tensor<1x512x512xbf16>, tensor<1x128x512xbf16>, tensor<1x128x512xbf16>) -> tensor<1x1x128x128xbf16>
  return %o, %p : tensor<1x1x128x128xbf16>, tensor<1x1x128x128xbf16>
}

// f32: a quarter of the queries. 32 of them against 39 rows, then 40.
// CHECK-LABEL: func.func @wide
// CHECK:         dsc.latent_attention {{.*}}expanded
// CHECK:         dsc.attention
// CHECK-NOT:     expanded
// CHECK:         return
func.func @wide(%q: tensor<1x1x32x128xf32>, %c: tensor<1x39x512xf32>, %d: tensor<1x40x512xf32>, %wk: tensor<1x128x512xf32>)
    -> (tensor<1x1x32x128xf32>, tensor<1x1x32x128xf32>) {
  %o = dsc.latent_attention query(%q) latent(%c) weights(%wk, %wk) {scale = 0.2 : f64}
      : (tensor<1x1x32x128xf32>, tensor<1x39x512xf32>, tensor<1x128x512xf32>, tensor<1x128x512xf32>) -> tensor<1x1x32x128xf32>
  %p = dsc.latent_attention query(%q) latent(%d) weights(%wk, %wk) {scale = 0.2 : f64}
      : (tensor<1x1x32x128xf32>, tensor<1x40x512xf32>, tensor<1x128x512xf32>, tensor<1x128x512xf32>) -> tensor<1x1x32x128xf32>
  return %o, %p : tensor<1x1x32x128xf32>, tensor<1x1x32x128xf32>
}

// One new token: the absorbed form only, whatever the past.
// CHECK-LABEL: func.func @step
// CHECK-NOT:     dsc.choose
// CHECK:         dsc.attention
// CHECK-NOT:     dsc.
// CHECK:         return
func.func @step(%q: tensor<1x16x1x128xbf16>, %c: tensor<1x?x512xbf16, #prim.shape<1, "p + 1", 512>>, %wk: tensor<16x128x512xbf16>) -> tensor<1x16x1x128xbf16> {
  %o = dsc.latent_attention query(%q) latent(%c) weights(%wk, %wk) {causal = #prim.expr<"p">, scale = 0.2 : f64}
      : (tensor<1x16x1x128xbf16>, tensor<1x?x512xbf16, #prim.shape<1, "p + 1", 512>>, tensor<16x128x512xbf16>, tensor<16x128x512xbf16>) -> tensor<1x16x1x128xbf16>
  return %o : tensor<1x16x1x128xbf16>
}
