// RUN: dsc-opt %s -split-input-file --form-kernels=pack-weights | FileCheck %s
// SPDX-License-Identifier: Apache-2.0

// A constant operand of a contraction lies in panels, once for both launches; an operand that is no constant stays.
// CHECK:       plan.kernel @dot_0 {{.*}} strides [unit, #plan.panels<columns = 1, contracted = [0], width = 8, group = 1>, unit]
// CHECK:       plan.kernel @dot_1 {{.*}} strides [unit, unit, unit]
// CHECK-LABEL: func.func @linear
// CHECK:         %[[W:.*]] = prim.constant
// CHECK-NEXT:    %[[P:.*]] = plan.pack %[[W]] <columns = 1, contracted = [0], width = 8, group = 1> : tensor<2x6xf32>
// CHECK-NOT:     plan.pack
// CHECK:         %[[A:.*]] = plan.launch @dot_0 sizes ["n"](%arg0, %[[P]])
// CHECK-NEXT:    %[[B:.*]] = plan.launch @dot_0 sizes ["m"](%arg1, %[[P]])
// CHECK-NEXT:    %[[C:.*]] = plan.launch @dot_1 sizes ["n"](%arg0, %arg2)
func.func @linear(%x: tensor<?x2xf32, #prim.shape<"n", 2>>, %y: tensor<?x2xf32, #prim.shape<"m", 2>>, %v: tensor<2x6xf32>)
    -> (tensor<?x6xf32, #prim.shape<"n", 6>>, tensor<?x6xf32, #prim.shape<"m", 6>>, tensor<?x6xf32, #prim.shape<"n", 6>>) {
  %w = prim.constant dense<[[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [7.0, 8.0, 9.0, 0.0, 1.0, 2.0]]> : tensor<2x6xf32>
  %0 = prim.dot %x, %w batch [] x [] contract [1] x [0] : tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<2x6xf32> -> tensor<?x6xf32, #prim.shape<"n", 6>>
  %1 = prim.dot %y, %w batch [] x [] contract [1] x [0] : tensor<?x2xf32, #prim.shape<"m", 2>>, tensor<2x6xf32> -> tensor<?x6xf32, #prim.shape<"m", 6>>
  %2 = prim.dot %x, %v batch [] x [] contract [1] x [0] : tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<2x6xf32> -> tensor<?x6xf32, #prim.shape<"n", 6>>
  return %0, %1, %2 : tensor<?x6xf32, #prim.shape<"n", 6>>, tensor<?x6xf32, #prim.shape<"m", 6>>, tensor<?x6xf32, #prim.shape<"n", 6>>
}

// -----

// The weight on the left, its rows chosen by indices: experts are outer, and panels are read in place.
// CHECK:       plan.kernel @dot_0 {{.*}} strides [unit, #plan.panels<columns = 1, contracted = [2], width = 4, group = 1>, unit, unit, unit, unit]
// CHECK:         prim.gather_nd
// CHECK-LABEL: func.func @experts
// CHECK:         plan.pack
func.func @experts(%i: tensor<?x1xi64, #prim.shape<"t", 1>>, %x: tensor<?x3xf32, #prim.shape<"t", 3>>) -> tensor<?x4xf32, #prim.shape<"t", 4>> {
  %w = prim.constant dense<[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0], [1.0, 2.0, 3.0]], [[0.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0], [1.0, 2.0, 3.0]]]> : tensor<2x4x3xf32>
  %g = prim.gather_nd %w, %i batch 0 : tensor<2x4x3xf32>, tensor<?x1xi64, #prim.shape<"t", 1>> -> tensor<?x4x3xf32, #prim.shape<"t", 4, 3>>
  %0 = prim.dot %g, %x batch [0] x [0] contract [2] x [1] : tensor<?x4x3xf32, #prim.shape<"t", 4, 3>>, tensor<?x3xf32, #prim.shape<"t", 3>> -> tensor<?x4xf32, #prim.shape<"t", 4>>
  return %0 : tensor<?x4xf32, #prim.shape<"t", 4>>
}

// -----

// Near misses: too few columns for lanes, and integers.
// CHECK-LABEL: func.func @not_packed
// CHECK-NOT:     plan.pack
func.func @not_packed(%x: tensor<?x2xf32, #prim.shape<"n", 2>>, %y: tensor<?x2xi32, #prim.shape<"n", 2>>)
    -> (tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x4xi32, #prim.shape<"n", 4>>) {
  %w = prim.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %v = prim.constant dense<[[1, 2, 3, 4], [5, 6, 7, 8]]> : tensor<2x4xi32>
  %0 = prim.dot %x, %w batch [] x [] contract [1] x [0] : tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<2x2xf32> -> tensor<?x2xf32, #prim.shape<"n", 2>>
  %1 = prim.dot %y, %v batch [] x [] contract [1] x [0] : tensor<?x2xi32, #prim.shape<"n", 2>>, tensor<2x4xi32> -> tensor<?x4xi32, #prim.shape<"n", 4>>
  return %0, %1 : tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x4xi32, #prim.shape<"n", 4>>
}

// -----

// Rows that choose their matrix are grouped, once for both contractions that use the indices.
// CHECK:       plan.kernel @group_rows_0 sizes ["s0"]
// CHECK:         plan.group_rows %{{.*}} of 2 most 48
// CHECK:       plan.kernel @dot_0
// CHECK:         %[[I:.*]] = plan.in_groups
// CHECK-NEXT:    prim.take %{{.*}}, %[[I]]
// CHECK-LABEL: func.func @grouped
// CHECK:         %[[G:.*]]:3 = plan.launch @group_rows_0 sizes ["t"](%arg0)
// CHECK:         plan.launch @dot_0 {{.*}}%[[G]]#0, %[[G]]#1
// CHECK-NOT:     @group_rows
// CHECK:         plan.launch @dot_0 {{.*}}%[[G]]#0, %[[G]]#1
func.func @grouped(%i: tensor<?xi64, #prim.shape<"t">>, %x: tensor<?x4xf32, #prim.shape<"t", 4>>) -> tensor<?x4xf32, #prim.shape<"t", 4>> {
  %w = prim.constant dense<[[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], [7.0, 8.0, 9.0, 1.0], [1.0, 2.0, 3.0, 4.0]], [[0.0, 2.0, 3.0, 4.0], [4.0, 5.0, 6.0, 7.0], [7.0, 8.0, 9.0, 1.0], [1.0, 2.0, 3.0, 4.0]]]> : tensor<2x4x4xf32>
  %g = prim.take %w, %i axis 0 : tensor<2x4x4xf32>, tensor<?xi64, #prim.shape<"t">> -> tensor<?x4x4xf32, #prim.shape<"t", 4, 4>>
  %0 = prim.dot %g, %x batch [0] x [0] contract [2] x [1] : tensor<?x4x4xf32, #prim.shape<"t", 4, 4>>, tensor<?x4xf32, #prim.shape<"t", 4>> -> tensor<?x4xf32, #prim.shape<"t", 4>>
  %h = prim.take %w, %i axis 0 : tensor<2x4x4xf32>, tensor<?xi64, #prim.shape<"t">> -> tensor<?x4x4xf32, #prim.shape<"t", 4, 4>>
  %1 = prim.dot %h, %0 batch [0] x [0] contract [2] x [1] : tensor<?x4x4xf32, #prim.shape<"t", 4, 4>>, tensor<?x4xf32, #prim.shape<"t", 4>> -> tensor<?x4xf32, #prim.shape<"t", 4>>
  return %1 : tensor<?x4xf32, #prim.shape<"t", 4>>
}

// -----

// Near miss: several vectors for each choice are a contraction of their own.
// CHECK-LABEL: func.func @several
// CHECK-NOT:     @group_rows
func.func @several(%i: tensor<?xi64, #prim.shape<"t">>, %x: tensor<?x3x4xf32, #prim.shape<"t", 3, 4>>) -> tensor<?x3x4xf32, #prim.shape<"t", 3, 4>> {
  %w = prim.constant dense<[[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], [7.0, 8.0, 9.0, 1.0], [1.0, 2.0, 3.0, 4.0]], [[0.0, 2.0, 3.0, 4.0], [4.0, 5.0, 6.0, 7.0], [7.0, 8.0, 9.0, 1.0], [1.0, 2.0, 3.0, 4.0]]]> : tensor<2x4x4xf32>
  %g = prim.take %w, %i axis 0 : tensor<2x4x4xf32>, tensor<?xi64, #prim.shape<"t">> -> tensor<?x4x4xf32, #prim.shape<"t", 4, 4>>
  %0 = prim.dot %x, %g batch [0] x [0] contract [2] x [2] : tensor<?x3x4xf32, #prim.shape<"t", 3, 4>>, tensor<?x4x4xf32, #prim.shape<"t", 4, 4>> -> tensor<?x3x4xf32, #prim.shape<"t", 3, 4>>
  return %0 : tensor<?x3x4xf32, #prim.shape<"t", 3, 4>>
}

// -----

// Key and value weights of the expanded form are parts of one tensor in panels.
// CHECK:       plan.kernel @latent_attention_0 sizes ["s0"] strides [unit, unit, #plan.panels<columns = 2, contracted = [0], width = 16, group = 1>, unit]
// CHECK-LABEL: func.func @expanded
// CHECK:         %[[P:.*]] = plan.pack %{{.*}} <columns = 2, contracted = [0], width = 16, group = 1>
// CHECK-NEXT:    plan.launch @latent_attention_0 sizes ["s"](%arg0, %arg1, %[[P]])
func.func @expanded(%q: tensor<1x4x?x16xf32, #prim.shape<1, 4, "s", 16>>, %c: tensor<1x?x32xf32, #prim.shape<1, "s", 32>>) -> tensor<1x4x?x16xf32, #prim.shape<1, 4, "s", 16>> {
  %w = prim.constant dense_resource<w> : tensor<32x4x32xf32>
  %k = prim.slice %w starts [0, 0, 0] steps [1, 1, 1] : tensor<32x4x32xf32> -> tensor<32x4x16xf32>
  %kt = prim.transpose %k perm [1, 2, 0] : tensor<32x4x16xf32> -> tensor<4x16x32xf32>
  %v = prim.slice %w starts [0, 0, 16] steps [1, 1, 1] : tensor<32x4x32xf32> -> tensor<32x4x16xf32>
  %vt = prim.transpose %v perm [1, 2, 0] : tensor<32x4x16xf32> -> tensor<4x16x32xf32>
  %o = dsc.latent_attention query(%q) latent(%c) weights(%kt, %vt) {expanded, scale = 0.2 : f64}
      : (tensor<1x4x?x16xf32, #prim.shape<1, 4, "s", 16>>, tensor<1x?x32xf32, #prim.shape<1, "s", 32>>, tensor<4x16x32xf32>, tensor<4x16x32xf32>)
      -> tensor<1x4x?x16xf32, #prim.shape<1, 4, "s", 16>>
  return %o : tensor<1x4x?x16xf32, #prim.shape<1, 4, "s", 16>>
}
