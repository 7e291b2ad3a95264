// RUN: dsc-opt %s --split-attention | FileCheck %s
// SPDX-License-Identifier: Apache-2.0

// One query of 16 heads over a past that only the run knows: in parts from the second split on.
// CHECK-LABEL: func.func @step
// CHECK:         %[[W:.*]] = dsc.attention queries(%arg0) keys(%arg1) values(%arg1)
// CHECK:         %[[S:.*]], %[[M:.*]], %[[L:.*]] = dsc.attention_parts "max({{.*}}, 256)" queries(%arg0) keys(%arg1) values(%arg1)
// CHECK:         %[[P:.*]] = dsc.attention_combine %[[S]], %[[M]], %[[L]]
// CHECK:         %[[C:.*]] = dsc.choose "nonneg(t - 257)" %[[P]], %[[W]]
// CHECK:         return %[[C]]
func.func @step(%q: tensor<1x1x16x1x16xf32>, %k: tensor<1x1x?x16xf32, #prim.shape<1, 1, "t", 16>>) -> tensor<1x1x16x1x16xf32> {
  %o = dsc.attention queries(%q) keys(%k) values(%k) {scale = 0.2 : f64}
      : (tensor<1x1x16x1x16xf32>, tensor<1x1x?x16xf32, #prim.shape<1, 1, "t", 16>>, tensor<1x1x?x16xf32, #prim.shape<1, 1, "t", 16>>) -> tensor<1x1x16x1x16xf32>
  return %o : tensor<1x1x16x1x16xf32>
}

// Sizes that are known: one form. Four splits; a past of one split; blocks of queries enough.
// CHECK-LABEL: func.func @known
// CHECK:         dsc.attention_parts 256 {{.*}} -> (tensor<4x1x1x16x1x16xf32>, tensor<4x1x1x16x1xf32>, tensor<4x1x1x16x1xf32>)
// CHECK-NEXT:    dsc.attention_combine
// CHECK-NEXT:    dsc.attention queries(%arg0) keys(%arg2)
// CHECK-NEXT:    dsc.attention queries(%arg3) keys(%arg1)
// CHECK-NEXT:    return
func.func @known(%q: tensor<1x1x16x1x16xf32>, %k: tensor<1x1x1000x16xf32>, %short: tensor<1x1x256x16xf32>, %many: tensor<1x1x16x40x16xf32>)
    -> (tensor<1x1x16x1x16xf32>, tensor<1x1x16x1x16xf32>, tensor<1x1x16x40x16xf32>) {
  %o = dsc.attention queries(%q) keys(%k) values(%k) {scale = 0.2 : f64} : (tensor<1x1x16x1x16xf32>, tensor<1x1x1000x16xf32>, tensor<1x1x1000x16xf32>) -> tensor<1x1x16x1x16xf32>
  %p = dsc.attention queries(%q) keys(%short) values(%short) {scale = 0.2 : f64} : (tensor<1x1x16x1x16xf32>, tensor<1x1x256x16xf32>, tensor<1x1x256x16xf32>) -> tensor<1x1x16x1x16xf32>
  %r = dsc.attention queries(%many) keys(%k) values(%k) {scale = 0.2 : f64} : (tensor<1x1x16x40x16xf32>, tensor<1x1x1000x16xf32>, tensor<1x1x1000x16xf32>) -> tensor<1x1x16x40x16xf32>
  return %o, %p, %r : tensor<1x1x16x1x16xf32>, tensor<1x1x16x1x16xf32>, tensor<1x1x16x40x16xf32>
}
