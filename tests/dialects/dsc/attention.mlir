// RUN: dsc-opt %s -split-input-file | dsc-opt -split-input-file | FileCheck %s
// RUN: dsc-opt %s -split-input-file --decompose | FileCheck %s --check-prefix=PRIM

// Keys in two parts, causal.
// CHECK-LABEL: @parts
// CHECK: dsc.attention queries(%{{.*}}, %{{.*}}) keys(%{{.*}}, %{{.*}}) values(%{{.*}}) {causal = #prim.expr<"p">, scale = 2.500000e-01 : f64}
// PRIM-LABEL: @parts
// PRIM: prim.dot {{.*}} batch [0, 1] x [0, 1] contract [4] x [3]
// PRIM: prim.dot {{.*}} batch [0, 1] x [0, 1] contract [4] x [3]
// PRIM: prim.index_expr "nonneg({{.*}}d3 - d4{{.*}}
// PRIM: prim.unary exp
// PRIM: prim.dot {{.*}} batch [0, 1] x [0, 1] contract [4] x [2]
func.func @parts(%q: tensor<1x1x4x2x16xf32>, %qr: tensor<1x1x4x2x8xf32>, %c: tensor<1x1x?x16xf32, #prim.shape<1, 1, "p + 2", 16>>,
                 %r: tensor<1x1x?x8xf32, #prim.shape<1, 1, "p + 2", 8>>) -> tensor<1x1x4x2x16xf32> {
  %o = dsc.attention queries(%q, %qr) keys(%c, %r) values(%c) {causal = #prim.expr<"p">, scale = 0.25 : f64}
      : (tensor<1x1x4x2x16xf32>, tensor<1x1x4x2x8xf32>, tensor<1x1x?x16xf32, #prim.shape<1, 1, "p + 2", 16>>, tensor<1x1x?x8xf32, #prim.shape<1, 1, "p + 2", 8>>,
         tensor<1x1x?x16xf32, #prim.shape<1, 1, "p + 2", 16>>) -> tensor<1x1x4x2x16xf32>
  return %o : tensor<1x1x4x2x16xf32>
}

// -----

// CHECK-LABEL: @latent
// CHECK: dsc.latent_attention query(%{{.*}}) rope(%{{.*}}, %{{.*}}) latent(%{{.*}}) weights(%{{.*}}, %{{.*}}) mask(%{{.*}}) {scale
// PRIM-LABEL: @latent
// PRIM: prim.dot %{{.*}}, %{{.*}} batch [] x [] contract [2] x [2]
// PRIM-NOT: dsc.
func.func @latent(%q: tensor<1x4x2x16xf32>, %qr: tensor<1x4x2x8xf32>, %c: tensor<1x6x32xf32>, %r: tensor<1x6x8xf32>, %wk: tensor<4x16x32xf32>,
                  %wv: tensor<4x12x32xf32>, %m: tensor<1x4x2x6xi1>) -> tensor<1x4x2x12xf32> {
  %o = dsc.latent_attention query(%q) rope(%qr, %r) latent(%c) weights(%wk, %wv) mask(%m) {scale = 0.2 : f64}
      : (tensor<1x4x2x16xf32>, tensor<1x4x2x8xf32>, tensor<1x6x8xf32>, tensor<1x6x32xf32>, tensor<4x16x32xf32>, tensor<4x12x32xf32>, tensor<1x4x2x6xi1>)
      -> tensor<1x4x2x12xf32>
  return %o : tensor<1x4x2x12xf32>
}

// -----

// CHECK-LABEL: @choose
// CHECK: dsc.choose "nonneg(-s + 169)" %{{.*}}, %{{.*}} : tensor<?xf32, #prim.shape<"s">>
// PRIM-LABEL: @choose
// PRIM: prim.select
func.func @choose(%a: tensor<?xf32, #prim.shape<"s">>, %b: tensor<?xf32, #prim.shape<"s">>) -> tensor<?xf32, #prim.shape<"s">> {
  %o = dsc.choose "nonneg(169 - s)" %a, %b : tensor<?xf32, #prim.shape<"s">>
  return %o : tensor<?xf32, #prim.shape<"s">>
}

// -----

// CHECK-LABEL: @parts_and_combine
// CHECK: dsc.attention_parts 256 queries(%{{.*}}) keys(%{{.*}}) values(%{{.*}}) {scale
// CHECK: dsc.attention_combine
// PRIM-LABEL: @parts_and_combine
// PRIM-NOT: dsc.
func.func @parts_and_combine(%q: tensor<1x1x4x1x16xf32>, %k: tensor<1x1x1000x16xf32>, %v: tensor<1x1x1000x8xf32>) -> tensor<1x1x4x1x8xf32> {
  %o, %m, %l = dsc.attention_parts "256" queries(%q) keys(%k) values(%v) {scale = 0.25 : f64}
      : (tensor<1x1x4x1x16xf32>, tensor<1x1x1000x16xf32>, tensor<1x1x1000x8xf32>) -> (tensor<4x1x1x4x1x8xf32>, tensor<4x1x1x4x1xf32>, tensor<4x1x1x4x1xf32>)
  %r = dsc.attention_combine %o, %m, %l : tensor<4x1x1x4x1x8xf32>, tensor<4x1x1x4x1xf32>, tensor<4x1x1x4x1xf32> -> tensor<1x1x4x1x8xf32>
  return %r : tensor<1x1x4x1x8xf32>
}
