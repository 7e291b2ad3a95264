// RUN: dsc-opt %s --split-attention="least-rows=64 most-splits=128 most-items=64 query-share=10" | FileCheck %s
// SPDX-License-Identifier: Apache-2.0

// 16 heads of 512 + 64 features, bf16: every split reads 18,432 bytes of queries; 160 rows (1,152 bytes) and 32,768 bytes of sums are ten times that, 128 are not.
// CHECK-LABEL: func.func @latent
// CHECK:         dsc.attention_parts "max(-64*floordiv(-t, 8192), 160)"
// CHECK:         dsc.choose "nonneg(t - 161)"
func.func @latent(%q: tensor<1x1x16x1x512xbf16>, %r: tensor<1x1x16x1x64xbf16>, %c: tensor<1x1x?x512xbf16, #prim.shape<1, 1, "t", 512>>,
                  %k: tensor<1x1x?x64xbf16, #prim.shape<1, 1, "t", 64>>) -> tensor<1x1x16x1x512xbf16> {
  %o = dsc.attention queries(%q, %r) keys(%c, %k) values(%c) {scale = 0.2 : f64}
      : (tensor<1x1x16x1x512xbf16>, tensor<1x1x16x1x64xbf16>, tensor<1x1x?x512xbf16, #prim.shape<1, 1, "t", 512>>,
         tensor<1x1x?x64xbf16, #prim.shape<1, 1, "t", 64>>, tensor<1x1x?x512xbf16, #prim.shape<1, 1, "t", 512>>) -> tensor<1x1x16x1x512xbf16>
  return %o : tensor<1x1x16x1x512xbf16>
}

// A group of 4 heads with values of its own: 64 rows are enough.
// CHECK-LABEL: func.func @grouped
// CHECK:         dsc.attention_parts "max(-64*floordiv(-t, 8192), 64)"
func.func @grouped(%q: tensor<1x2x4x1x128xbf16>, %k: tensor<1x2x?x128xbf16, #prim.shape<1, 2, "t", 128>>,
                   %v: tensor<1x2x?x128xbf16, #prim.shape<1, 2, "t", 128>>) -> tensor<1x2x4x1x128xbf16> {
  %o = dsc.attention queries(%q) keys(%k) values(%v) {scale = 0.2 : f64}
      : (tensor<1x2x4x1x128xbf16>, tensor<1x2x?x128xbf16, #prim.shape<1, 2, "t", 128>>, tensor<1x2x?x128xbf16, #prim.shape<1, 2, "t", 128>>) -> tensor<1x2x4x1x128xbf16>
  return %o : tensor<1x2x4x1x128xbf16>
}
