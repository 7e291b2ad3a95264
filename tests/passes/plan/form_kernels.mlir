// RUN: dsc-opt %s -split-input-file --form-kernels | FileCheck %s
// SPDX-License-Identifier: Apache-2.0

// Elementwise operations fold into their consumer; a value with two consumers stands in memory; constants that are one
// number are baked in.
// CHECK:       plan.kernel @exp_0 sizes ["s0"] strides [unit, unit, unit] aliases [-1]
// CHECK:         prim.binary add
// CHECK-NEXT:    prim.unary exp
// CHECK-NEXT:    plan.yield
// CHECK:       plan.kernel @reduce_sum_0
// CHECK:       plan.kernel @mul_0 sizes ["s0"] strides [unit, unit, unit] aliases [-1]
// CHECK-NEXT:  ^bb0(%{{.*}}: tensor<?xf32, #prim.shape<"s0">>, %{{.*}}: tensor<f32>)
// CHECK-NEXT:    prim.broadcast
// CHECK-NEXT:    prim.binary div
// CHECK-NEXT:    prim.constant dense<2.000000e+00>
// CHECK-LABEL: func.func @softmax
// CHECK-NEXT:    %[[E:.*]] = plan.launch @exp_0 sizes ["n"](%arg0, %arg1)
// CHECK-NEXT:    %[[S:.*]] = plan.launch @reduce_sum_0 sizes ["n"](%[[E]])
// CHECK-NEXT:    %[[Y:.*]] = plan.launch @mul_0 sizes ["n"](%[[E]], %[[S]])
// CHECK-NEXT:    return %[[Y]]
func.func @softmax(%a: tensor<?xf32, #prim.shape<"n">>, %b: tensor<?xf32, #prim.shape<"n">>) -> tensor<?xf32, #prim.shape<"n">> {
  %0 = prim.binary add %a, %b : tensor<?xf32, #prim.shape<"n">>
  %1 = prim.unary exp %0 : tensor<?xf32, #prim.shape<"n">> -> tensor<?xf32, #prim.shape<"n">>
  %s = prim.reduce sum %1 axes [0] : tensor<?xf32, #prim.shape<"n">> -> tensor<f32>
  %bs = prim.broadcast %s axes [] : tensor<f32> -> tensor<?xf32, #prim.shape<"n">>
  %2 = prim.binary div %1, %bs : tensor<?xf32, #prim.shape<"n">>
  %c = prim.constant dense<2.0> : tensor<f32>
  %cb = prim.broadcast %c axes [] : tensor<f32> -> tensor<?xf32, #prim.shape<"n">>
  %3 = prim.binary mul %2, %cb : tensor<?xf32, #prim.shape<"n">>
  return %3 : tensor<?xf32, #prim.shape<"n">>
}

// -----

// Equal kernels over other sizes and other weights are one; weights are operands; reshapes are views.
// CHECK:       plan.kernel @dot_0 sizes ["s0"]
// CHECK-NOT:   plan.kernel
// CHECK-LABEL: func.func @linear
// CHECK-DAG:     %[[V:.*]] = prim.constant dense<[{{.*}}5.0{{.*}}
// CHECK-DAG:     %[[W:.*]] = prim.constant dense<[{{.*}}1.0{{.*}}
// CHECK:         %[[A:.*]] = plan.launch @dot_0 sizes ["n"](%arg0, %[[W]])
// CHECK-NEXT:    %[[R:.*]] = prim.reshape %[[A]]
// CHECK-NEXT:    %[[B:.*]] = plan.launch @dot_0 sizes ["m"](%arg1, %[[V]])
// CHECK-NEXT:    return %[[R]], %[[B]]
func.func @linear(%x: tensor<?x2xf32, #prim.shape<"n", 2>>, %y: tensor<?x2xf32, #prim.shape<"m", 2>>)
    -> (tensor<1x?x2xf32, #prim.shape<1, "n", 2>>, tensor<?x2xf32, #prim.shape<"m", 2>>) {
  %w = prim.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %v = prim.constant dense<[[5.0, 6.0], [7.0, 8.0]]> : tensor<2x2xf32>
  %0 = prim.dot %x, %w batch [] x [] contract [1] x [0] : tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<2x2xf32> -> tensor<?x2xf32, #prim.shape<"n", 2>>
  %1 = prim.reshape %0 : tensor<?x2xf32, #prim.shape<"n", 2>> -> tensor<1x?x2xf32, #prim.shape<1, "n", 2>>
  %2 = prim.dot %y, %v batch [] x [] contract [1] x [0] : tensor<?x2xf32, #prim.shape<"m", 2>>, tensor<2x2xf32> -> tensor<?x2xf32, #prim.shape<"m", 2>>
  return %1, %2 : tensor<1x?x2xf32, #prim.shape<1, "n", 2>>, tensor<?x2xf32, #prim.shape<"m", 2>>
}

// -----

// A contraction reads through a transpose; what else its operands are made of stands in memory.
// CHECK:       plan.kernel @neg_0
// CHECK:       plan.kernel @dot_0
// CHECK-NEXT:  ^bb0(%[[A:.*]]: tensor<4x3xf32>, %[[B:.*]]: tensor<5x4xf32>)
// CHECK-NEXT:    %[[T:.*]] = prim.transpose %[[B]]
// CHECK-NEXT:    prim.dot %{{.*}}, %{{.*}}
// CHECK-LABEL: func.func @operands
func.func @operands(%a: tensor<4x3xf32>, %b: tensor<5x4xf32>) -> tensor<3x5xf32> {
  %n = prim.unary neg %a : tensor<4x3xf32> -> tensor<4x3xf32>
  %t = prim.transpose %b perm [1, 0] : tensor<5x4xf32> -> tensor<4x5xf32>
  %d = prim.dot %n, %t batch [] x [] contract [0] x [0] : tensor<4x3xf32>, tensor<4x5xf32> -> tensor<3x5xf32>
  return %d : tensor<3x5xf32>
}

// -----

// A contraction reads the weights of each batch item's expert where they stand; what computes the indices, once for both
// contractions, stands in memory.
// CHECK-NOT:   plan.kernel @gather_nd
// CHECK:       plan.kernel @add_0
// CHECK:       plan.kernel @dot_0
// CHECK-NEXT:  ^bb0(%[[X:.*]]: tensor<?x16xf32{{.*}}>, %[[W:.*]]: tensor<4x8x16xf32>, %[[I:.*]]: tensor<?x1xi64{{.*}}>):
// CHECK-NEXT:    %[[G:.*]] = prim.gather_nd %[[W]], %[[I]] batch 0
// CHECK-NEXT:    prim.dot %[[G]], %[[X]] batch [0] x [0]
// CHECK:       plan.kernel @dot_1
// CHECK:         prim.take
// CHECK-NEXT:    prim.transpose
// CHECK-NEXT:    prim.dot
// CHECK-NOT:   plan.kernel
// CHECK-LABEL: func.func @experts
func.func @experts(%w: tensor<4x8x16xf32>, %v: tensor<4x8x16xf32>, %i: tensor<?x1xi64, #prim.shape<"n", 1>>, %x: tensor<?x16xf32, #prim.shape<"n", 16>>)
    -> (tensor<?x8xf32, #prim.shape<"n", 8>>, tensor<?x16xf32, #prim.shape<"n", 16>>) {
  %j = prim.binary add %i, %i : tensor<?x1xi64, #prim.shape<"n", 1>>
  %g = prim.gather_nd %w, %j batch 0 : tensor<4x8x16xf32>, tensor<?x1xi64, #prim.shape<"n", 1>> -> tensor<?x8x16xf32, #prim.shape<"n", 8, 16>>
  %0 = prim.dot %g, %x batch [0] x [0] contract [2] x [1] : tensor<?x8x16xf32, #prim.shape<"n", 8, 16>>, tensor<?x16xf32, #prim.shape<"n", 16>> -> tensor<?x8xf32, #prim.shape<"n", 8>>
  %k = prim.reshape %j : tensor<?x1xi64, #prim.shape<"n", 1>> -> tensor<?xi64, #prim.shape<"n">>
  %t = prim.take %v, %k axis 0 : tensor<4x8x16xf32>, tensor<?xi64, #prim.shape<"n">> -> tensor<?x8x16xf32, #prim.shape<"n", 8, 16>>
  %u = prim.transpose %t perm [2, 0, 1] : tensor<?x8x16xf32, #prim.shape<"n", 8, 16>> -> tensor<16x?x8xf32, #prim.shape<16, "n", 8>>
  %1 = prim.dot %0, %u batch [0] x [1] contract [1] x [2] : tensor<?x8xf32, #prim.shape<"n", 8>>, tensor<16x?x8xf32, #prim.shape<16, "n", 8>> -> tensor<?x16xf32, #prim.shape<"n", 16>>
  return %0, %1 : tensor<?x8xf32, #prim.shape<"n", 8>>, tensor<?x16xf32, #prim.shape<"n", 16>>
}

// -----

// Rows that are chosen along a dimension of the result, and single elements, are copied first.
// CHECK:       plan.kernel @take_0
// CHECK:       plan.kernel @dot_0
// CHECK-NEXT:  ^bb0
// CHECK-NEXT:    prim.dot
// CHECK:       plan.kernel @gather_nd_0
// CHECK:       plan.kernel @dot_1
// CHECK-NEXT:  ^bb0
// CHECK-NEXT:    prim.dot
// CHECK-LABEL: func.func @tokens
func.func @tokens(%x: tensor<9x16xf32>, %i: tensor<5xi64>, %w: tensor<16x8xf32>, %p: tensor<9xf32>, %j: tensor<5x1xi64>, %y: tensor<5x3xf32>)
    -> (tensor<5x8xf32>, tensor<5x3xf32>) {
  %t = prim.take %x, %i axis 0 : tensor<9x16xf32>, tensor<5xi64> -> tensor<5x16xf32>
  %0 = prim.dot %t, %w batch [] x [] contract [1] x [0] : tensor<5x16xf32>, tensor<16x8xf32> -> tensor<5x8xf32>
  %g = prim.gather_nd %p, %j batch 0 : tensor<9xf32>, tensor<5x1xi64> -> tensor<5xf32>
  %1 = prim.dot %g, %y batch [0] x [0] contract [] x [] : tensor<5xf32>, tensor<5x3xf32> -> tensor<5x3xf32>
  return %0, %1 : tensor<5x8xf32>, tensor<5x3xf32>
}

// -----

// An expensive function is not computed anew for every element that it is broadcast to.
// CHECK:       plan.kernel @sqrt_0
// CHECK:       plan.kernel @mul_0
// CHECK-LABEL: func.func @broadcast
func.func @broadcast(%a: tensor<4xf32>, %b: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %r = prim.unary sqrt %a : tensor<4xf32> -> tensor<4xf32>
  %n = prim.unary neg %r : tensor<4xf32> -> tensor<4xf32>
  %e = prim.broadcast %n axes [0] : tensor<4xf32> -> tensor<4x8xf32>
  %m = prim.binary mul %b, %e : tensor<4x8xf32>
  return %m : tensor<4x8xf32>
}

// -----

// Slices with several consumers are read through.
// CHECK:       plan.kernel @add_0
// CHECK:         prim.slice
// CHECK:         prim.slice
// CHECK-NOT:   plan.kernel @slice
// CHECK-LABEL: func.func @slices
func.func @slices(%a: tensor<8xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %l = prim.slice %a starts [0] steps [1] : tensor<8xf32> -> tensor<4xf32>
  %h = prim.slice %a starts [4] steps [1] : tensor<8xf32> -> tensor<4xf32>
  %s = prim.binary add %l, %h : tensor<4xf32>
  %d = prim.binary sub %l, %h : tensor<4xf32>
  return %s, %d : tensor<4xf32>, tensor<4xf32>
}

// -----

// A reshape that splits the columns of a slice is read through, as its consumers' index maps; one that merges dimensions is a view of a copy.
// CHECK-LABEL: func.func @heads_of_a_slice
// CHECK-DAG:     plan.launch @transpose_0 sizes [](%arg0)
// CHECK-DAG:     plan.launch @neg_0 sizes [](%arg0)
// CHECK-DAG:     %[[C:.*]] = plan.launch @slice_0 sizes [](%arg0)
// CHECK-DAG:     %[[V:.*]] = prim.reshape %[[C]]
// CHECK-DAG:     plan.launch @exp_0 sizes [](%[[V]])
func.func @heads_of_a_slice(%a: tensor<3x20xf32>) -> (tensor<2x3x4xf32>, tensor<3x2x4xf32>, tensor<24xf32>) {
  %s = prim.slice %a starts [0, 4] steps [1, 1] : tensor<3x20xf32> -> tensor<3x8xf32>
  %h = prim.reshape %s : tensor<3x8xf32> -> tensor<3x2x4xf32>
  %t = prim.transpose %h perm [1, 0, 2] : tensor<3x2x4xf32> -> tensor<2x3x4xf32>
  %n = prim.unary neg %h : tensor<3x2x4xf32> -> tensor<3x2x4xf32>
  %r = prim.slice %a starts [0, 12] steps [1, 1] : tensor<3x20xf32> -> tensor<3x8xf32>
  %f = prim.reshape %r : tensor<3x8xf32> -> tensor<24xf32>
  %e = prim.unary exp %f : tensor<24xf32> -> tensor<24xf32>
  return %t, %n, %e : tensor<2x3x4xf32>, tensor<3x2x4xf32>, tensor<24xf32>
}

// -----

// A bias is added where heads are split off; where rows are split, the sum stands in memory.
// CHECK-LABEL: func.func @heads_with_bias
// CHECK:         plan.launch @transpose_0 sizes [](%arg0, %arg1) {{.*}} -> tensor<2x4x4xf32>
// CHECK:         %[[S:.*]] = plan.launch @sub_0 sizes [](%arg0, %arg1)
// CHECK:         %[[V:.*]] = prim.reshape %[[S]]
// CHECK:         plan.launch @transpose_1 sizes [](%[[V]])
func.func @heads_with_bias(%a: tensor<4x8xf32>, %bias: tensor<8xf32>) -> (tensor<2x4x4xf32>, tensor<2x8x2xf32>) {
  %b = prim.broadcast %bias axes [1] : tensor<8xf32> -> tensor<4x8xf32>
  %s = prim.binary add %a, %b : tensor<4x8xf32>
  %h = prim.reshape %s : tensor<4x8xf32> -> tensor<4x2x4xf32>
  %t = prim.transpose %h perm [1, 0, 2] : tensor<4x2x4xf32> -> tensor<2x4x4xf32>
  %m = prim.binary sub %a, %b : tensor<4x8xf32>
  %r = prim.reshape %m : tensor<4x8xf32> -> tensor<2x2x8xf32>
  %u = prim.transpose %r perm [0, 2, 1] : tensor<2x2x8xf32> -> tensor<2x8x2xf32>
  return %t, %u : tensor<2x4x4xf32>, tensor<2x8x2xf32>
}

// -----

// Every output has a buffer of its own: arguments, constants and repeated values are copied.
// CHECK-LABEL: func.func @identities
// CHECK:         %[[N:.*]] = plan.launch @neg_0
// CHECK-DAG:     %[[A:.*]] = plan.launch @slice_0 sizes [](%arg0)
// CHECK-DAG:     %[[C:.*]] = plan.launch @slice_0 sizes [](%{{.*}})
// CHECK-DAG:     %[[B:.*]] = plan.launch @slice_0 sizes [](%[[N]])
// CHECK:         return %[[N]], %{{.*}}, %{{.*}}, %{{.*}}
func.func @identities(%a: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) {
  %c = prim.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %n = prim.unary neg %a : tensor<2xf32> -> tensor<2xf32>
  return %n, %a, %c, %n : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
}

// -----

// A slice that is read through is found to be so after its consumers: the reshape of its broadcast is a view all the same,
// and the broadcast stands in memory.
// CHECK-LABEL: func.func @view_of_a_shared_slice
// CHECK:         %[[B:.*]] = plan.launch @broadcast_0
// CHECK:         prim.reshape %[[B]]
func.func @view_of_a_shared_slice(%a: tensor<8xf32>) -> (tensor<4xf32>, tensor<8xf32>) {
  %h = prim.slice %a starts [4] steps [1] : tensor<8xf32> -> tensor<4xf32>
  %n = prim.unary neg %h : tensor<4xf32> -> tensor<4xf32>
  %b = prim.broadcast %h axes [1] : tensor<4xf32> -> tensor<2x4xf32>
  %r = prim.reshape %b : tensor<2x4xf32> -> tensor<8xf32>
  return %n, %r : tensor<4xf32>, tensor<8xf32>
}

// -----

// The output has its sizes only after the sum has been computed: no buffer for it is there yet.
// CHECK-LABEL: func.func @sized_later
// CHECK:         %[[S:.*]] = plan.launch @add_0
// CHECK:         prim.define_symbol "n"
// CHECK:         %[[R:.*]] = prim.reshape %[[S]]
// CHECK:         %[[C:.*]] = plan.launch @slice_0 sizes ["n"](%[[R]])
// CHECK:         return %[[C]]
func.func @sized_later(%a: tensor<8xf32>, %m: tensor<8xi64>) -> tensor<?xf32, #prim.shape<"n">> {
  %s = prim.binary add %a, %a : tensor<8xf32>
  %c = prim.reduce sum %m axes [0] : tensor<8xi64> -> tensor<i64>
  prim.define_symbol "n" = %c : tensor<i64>
  prim.require "n" equals 8, "sizes differ"
  %r = prim.reshape %s : tensor<8xf32> -> tensor<?xf32, #prim.shape<"n">>
  return %r : tensor<?xf32, #prim.shape<"n">>
}

// -----

// A reshape that only adds ones keeps nothing in memory between two elementwise operations; one with another reader is a view.
// CHECK:       plan.kernel @add_0
// CHECK:         prim.unary exp
// CHECK-NEXT:    prim.reshape
// CHECK-NEXT:    prim.binary add
// CHECK-LABEL: func.func @unit_reshape
// CHECK-NEXT:    plan.launch @add_0
// CHECK-NEXT:    plan.launch @tanh_0
// CHECK-NEXT:    prim.reshape
// CHECK-NEXT:    plan.launch
func.func @unit_reshape(%a: tensor<?x8xf32, #prim.shape<"n", 8>>, %b: tensor<?x1x8xf32, #prim.shape<"n", 1, 8>>)
    -> (tensor<?x1x8xf32, #prim.shape<"n", 1, 8>>, tensor<?x8xf32, #prim.shape<"n", 8>>, tensor<?x1x8xf32, #prim.shape<"n", 1, 8>>) {
  %0 = prim.unary exp %a : tensor<?x8xf32, #prim.shape<"n", 8>> -> tensor<?x8xf32, #prim.shape<"n", 8>>
  %1 = prim.reshape %0 : tensor<?x8xf32, #prim.shape<"n", 8>> -> tensor<?x1x8xf32, #prim.shape<"n", 1, 8>>
  %2 = prim.binary add %1, %b : tensor<?x1x8xf32, #prim.shape<"n", 1, 8>>
  %3 = prim.unary tanh %a : tensor<?x8xf32, #prim.shape<"n", 8>> -> tensor<?x8xf32, #prim.shape<"n", 8>>
  %4 = prim.reshape %3 : tensor<?x8xf32, #prim.shape<"n", 8>> -> tensor<?x1x8xf32, #prim.shape<"n", 1, 8>>
  %5 = prim.binary mul %4, %b : tensor<?x1x8xf32, #prim.shape<"n", 1, 8>>
  return %2, %3, %5 : tensor<?x1x8xf32, #prim.shape<"n", 1, 8>>, tensor<?x8xf32, #prim.shape<"n", 8>>, tensor<?x1x8xf32, #prim.shape<"n", 1, 8>>
}
