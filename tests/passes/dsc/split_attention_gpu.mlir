// RUN: dsc-opt %s --split-attention="least-rows=64 most-splits=128 most-items=64" | FileCheck %s
// SPDX-License-Identifier: Apache-2.0

// Splits of 64 rows; more rows only where there would be more than 128 splits.
// CHECK-LABEL: func.func @step
// CHECK:         dsc.attention_parts "max(-64*floordiv(-t, 8192), 64)" queries(%arg0)
// CHECK:         dsc.choose "nonneg(t - 65)"
func.func @step(%q: tensor<1x1x16x1x16xf32>, %k: tensor<1x1x?x16xf32, #prim.shape<1, 1, "t", 16>>) -> tensor<1x1x16x1x16xf32> {
  %o = dsc.attention queries(%q) keys(%k) values(%k) {scale = 0.2 : f64}
      : (tensor<1x1x16x1x16xf32>, tensor<1x1x?x16xf32, #prim.shape<1, 1, "t", 16>>, tensor<1x1x?x16xf32, #prim.shape<1, 1, "t", 16>>) -> tensor<1x1x16x1x16xf32>
  return %o : tensor<1x1x16x1x16xf32>
}

// 40 blocks of rows of scores: split here, not on a CPU; 80 are blocks enough.
// CHECK-LABEL: func.func @blocks
// CHECK:         dsc.attention_parts 64 queries(%arg0)
// CHECK:         dsc.attention_combine
// CHECK:         dsc.attention queries(%arg2)
func.func @blocks(%q: tensor<40x1x4x1x16xf32>, %k: tensor<40x1x128x16xf32>, %p: tensor<80x1x4x1x16xf32>, %l: tensor<80x1x128x16xf32>)
    -> (tensor<40x1x4x1x16xf32>, tensor<80x1x4x1x16xf32>) {
  %o = dsc.attention queries(%q) keys(%k) values(%k) {scale = 0.2 : f64} : (tensor<40x1x4x1x16xf32>, tensor<40x1x128x16xf32>, tensor<40x1x128x16xf32>) -> tensor<40x1x4x1x16xf32>
  %r = dsc.attention queries(%p) keys(%l) values(%l) {scale = 0.2 : f64} : (tensor<80x1x4x1x16xf32>, tensor<80x1x128x16xf32>, tensor<80x1x128x16xf32>) -> tensor<80x1x4x1x16xf32>
  return %o, %r : tensor<40x1x4x1x16xf32>, tensor<80x1x4x1x16xf32>
}
