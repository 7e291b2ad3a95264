// RUN: dsc-opt %s --form-latent-attention | FileCheck %s
// SPDX-License-Identifier: Apache-2.0

// Key weights move to the query, value weights to the result; the latent rows are keys and values of one head.
// CHECK-LABEL: func.func @absorbed
// CHECK:         %[[Q:.*]] = prim.dot %arg0, %arg4 batch [1] x [0] contract [3] x [1]
// CHECK-NEXT:    %[[V:.*]] = prim.reshape %[[Q]] : tensor<16x1x1x512xf32> -> tensor<1x16x1x1x512xf32>
// CHECK-NEXT:    %[[T:.*]] = prim.transpose %[[V]] perm [2, 0, 1, 3, 4]
// CHECK-NEXT:    %[[C:.*]] = prim.reshape %arg2
// CHECK-NEXT:    %[[QR:.*]] = prim.reshape %arg1
// CHECK-NEXT:    %[[KR:.*]] = prim.reshape %arg3
// CHECK-NEXT:    %[[O:.*]] = dsc.attention queries(%[[T]], %[[QR]]) keys(%[[C]], %[[KR]]) values(%[[C]]) {causal = #prim.expr<"p">, scale = 2.000000e-01 : f64}
// CHECK-NEXT:    %[[R:.*]] = prim.reshape %[[O]] : tensor<1x1x16x1x512xf32> -> tensor<1x16x1x512xf32>
// CHECK-NEXT:    %[[D:.*]] = prim.dot %[[R]], %arg5 batch [1] x [0] contract [3] x [2]
// CHECK-NEXT:    prim.transpose %[[D]] perm [1, 0, 2, 3]
func.func @absorbed(%q: tensor<1x16x1x128xf32>, %qr: tensor<1x16x1x64xf32>, %c: tensor<1x?x512xf32, #prim.shape<1, "p + 1", 512>>,
                    %r: tensor<1x?x64xf32, #prim.shape<1, "p + 1", 64>>, %wk: tensor<16x128x512xf32>, %wv: tensor<16x128x512xf32>) -> tensor<1x16x1x128xf32> {
  %o = dsc.latent_attention query(%q) rope(%qr, %r) latent(%c) weights(%wk, %wv) {causal = #prim.expr<"p">, scale = 0.2 : f64}
      : (tensor<1x16x1x128xf32>, tensor<1x16x1x64xf32>, tensor<1x?x64xf32, #prim.shape<1, "p + 1", 64>>, tensor<1x?x512xf32, #prim.shape<1, "p + 1", 512>>,
         tensor<16x128x512xf32>, tensor<16x128x512xf32>) -> tensor<1x16x1x128xf32>
  return %o : tensor<1x16x1x128xf32>
}

// Without a rotated part, with a mask.
// CHECK-LABEL: func.func @no_rope
// CHECK:         %[[M:.*]] = prim.reshape %arg4 : tensor<2x4x1x6xi1> -> tensor<2x1x4x1x6xi1>
// CHECK-NEXT:    dsc.attention queries(%{{[^,]*}}) keys(%[[C:.*]]) values(%[[C]]) mask(%[[M]]) {scale
func.func @no_rope(%q: tensor<2x4x1x16xf32>, %c: tensor<2x6x32xf32>, %wk: tensor<4x16x32xf32>, %wv: tensor<4x12x32xf32>, %m: tensor<2x4x1x6xi1>) -> tensor<2x4x1x12xf32> {
  %o = dsc.latent_attention query(%q) latent(%c) weights(%wk, %wv) mask(%m) {scale = 0.2 : f64}
      : (tensor<2x4x1x16xf32>, tensor<2x6x32xf32>, tensor<4x16x32xf32>, tensor<4x12x32xf32>, tensor<2x4x1x6xi1>) -> tensor<2x4x1x12xf32>
  return %o : tensor<2x4x1x12xf32>
}

// A mask that is computed stays computed.
// CHECK-LABEL: func.func @computed_mask
// CHECK-DAG:     %[[P:.*]] = prim.broadcast %arg4 axes [0, 4] : tensor<2x6xi1> -> tensor<2x1x4x3x6xi1>
// CHECK-DAG:     %[[W:.*]] = prim.index_expr "nonneg(d3 - d4 + 3)" : tensor<2x1x4x3x6xi1>
// CHECK:         %[[M:.*]] = prim.binary and %[[W]], %[[P]] : tensor<2x1x4x3x6xi1>
// CHECK:         dsc.attention {{.*}} mask(%[[M]])
func.func @computed_mask(%q: tensor<2x4x3x16xf32>, %c: tensor<2x6x32xf32>, %wk: tensor<4x16x32xf32>, %wv: tensor<4x12x32xf32>, %m: tensor<2x6xi1>) -> tensor<2x4x3x12xf32> {
  %p = prim.broadcast %m axes [0, 3] : tensor<2x6xi1> -> tensor<2x4x3x6xi1>
  %w = prim.index_expr "nonneg(3 + d2 - d3)" : tensor<2x4x3x6xi1>
  %a = prim.binary and %w, %p : tensor<2x4x3x6xi1>
  %o = dsc.latent_attention query(%q) latent(%c) weights(%wk, %wv) mask(%a) {scale = 0.2 : f64}
      : (tensor<2x4x3x16xf32>, tensor<2x6x32xf32>, tensor<4x16x32xf32>, tensor<4x12x32xf32>, tensor<2x4x3x6xi1>) -> tensor<2x4x3x12xf32>
  return %o : tensor<2x4x3x12xf32>
}

// New tokens that only the run knows: both forms, up to R*(n + v) / (2*R - n - v) = 170 the absorbed one. The transpose that follows
// belongs to each.
// CHECK-LABEL: func.func @both
// CHECK:         %[[A:.*]] = dsc.attention
// CHECK:         %[[D:.*]] = prim.dot %{{.*}}, %arg5
// CHECK:         %[[T:.*]] = prim.transpose %[[D]] perm [1, 0, 2, 3]
// CHECK:         %[[X:.*]] = prim.transpose %[[T]] perm [0, 2, 1, 3]
// CHECK:         %[[E:.*]] = dsc.latent_attention query(%arg0) rope(%arg1, %arg3) latent(%arg2) weights(%arg4, %arg5) {causal = #prim.expr<"p">, expanded, scale
// CHECK:         %[[Y:.*]] = prim.transpose %[[E]] perm [0, 2, 1, 3]
// CHECK:         %[[C:.*]] = dsc.choose "nonneg(-s + 170)" %[[X]], %[[Y]]
// CHECK:         return %[[C]]
func.func @both(%q: tensor<1x16x?x128xf32, #prim.shape<1, 16, "s", 128>>, %qr: tensor<1x16x?x64xf32, #prim.shape<1, 16, "s", 64>>,
                %c: tensor<1x?x512xf32, #prim.shape<1, "p + s", 512>>, %r: tensor<1x?x64xf32, #prim.shape<1, "p + s", 64>>, %wk: tensor<16x128x512xf32>,
                %wv: tensor<16x128x512xf32>) -> tensor<1x?x16x128xf32, #prim.shape<1, "s", 16, 128>> {
  %o = dsc.latent_attention query(%q) rope(%qr, %r) latent(%c) weights(%wk, %wv) {causal = #prim.expr<"p">, scale = 0.2 : f64}
      : (tensor<1x16x?x128xf32, #prim.shape<1, 16, "s", 128>>, tensor<1x16x?x64xf32, #prim.shape<1, 16, "s", 64>>, tensor<1x?x64xf32, #prim.shape<1, "p + s", 64>>,
         tensor<1x?x512xf32, #prim.shape<1, "p + s", 512>>, tensor<16x128x512xf32>, tensor<16x128x512xf32>) -> tensor<1x16x?x128xf32, #prim.shape<1, 16, "s", 128>>
  %t = prim.transpose %o perm [0, 2, 1, 3] : tensor<1x16x?x128xf32, #prim.shape<1, 16, "s", 128>> -> tensor<1x?x16x128xf32, #prim.shape<1, "s", 16, 128>>
  return %t : tensor<1x?x16x128xf32, #prim.shape<1, "s", 16, 128>>
}

// Without a past: up to 32*(n + r + v) / (2*R + r) = 12.
// CHECK-LABEL: func.func @no_past
// CHECK:         dsc.choose "nonneg(-s + 12)"
func.func @no_past(%q: tensor<1x4x?x16xf32, #prim.shape<1, 4, "s", 16>>, %c: tensor<1x?x32xf32, #prim.shape<1, "s", 32>>, %wk: tensor<4x16x32xf32>,
                   %wv: tensor<4x8x32xf32>) -> tensor<1x4x?x8xf32, #prim.shape<1, 4, "s", 8>> {
  %o = dsc.latent_attention query(%q) latent(%c) weights(%wk, %wv) {causal = #prim.expr<"0">, scale = 0.2 : f64}
      : (tensor<1x4x?x16xf32, #prim.shape<1, 4, "s", 16>>, tensor<1x?x32xf32, #prim.shape<1, "s", 32>>, tensor<4x16x32xf32>, tensor<4x8x32xf32>)
      -> tensor<1x4x?x8xf32, #prim.shape<1, 4, "s", 8>>
  return %o : tensor<1x4x?x8xf32, #prim.shape<1, 4, "s", 8>>
}

// Many tokens, known: the expanded form only. A latent row no wider than key and value: the absorbed form only.
// CHECK-LABEL: func.func @known
// CHECK-NOT:     dsc.attention
// CHECK:         dsc.latent_attention {{.*}}expanded
// CHECK-NOT:     dsc.latent_attention
// CHECK:         dsc.attention
// CHECK-NOT:     dsc.
// CHECK:         return
func.func @known(%q: tensor<1x4x40x16xf32>, %c: tensor<1x60x32xf32>, %wk: tensor<4x16x32xf32>, %wv: tensor<4x8x32xf32>, %n: tensor<1x60x8xf32>,
                 %nk: tensor<4x16x8xf32>, %nv: tensor<4x8x8xf32>) -> (tensor<1x4x40x8xf32>, tensor<1x4x40x8xf32>) {
  %o = dsc.latent_attention query(%q) latent(%c) weights(%wk, %wv) {scale = 0.2 : f64}
      : (tensor<1x4x40x16xf32>, tensor<1x60x32xf32>, tensor<4x16x32xf32>, tensor<4x8x32xf32>) -> tensor<1x4x40x8xf32>
  %p = dsc.latent_attention query(%q) latent(%n) weights(%nk, %nv) {scale = 0.2 : f64}
      : (tensor<1x4x40x16xf32>, tensor<1x60x8xf32>, tensor<4x16x8xf32>, tensor<4x8x8xf32>) -> tensor<1x4x40x8xf32>
  return %o, %p : tensor<1x4x40x8xf32>, tensor<1x4x40x8xf32>
}
