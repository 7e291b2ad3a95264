// RUN: dsc-opt %s -split-input-file | dsc-opt -split-input-file | FileCheck %s
// RUN: dsc-opt %s -split-input-file --decompose | FileCheck %s --check-prefix=PRIM
// SPDX-License-Identifier: Apache-2.0

// CHECK-LABEL: @greedy
// CHECK: dsc.route softmax %arg0 {scale = 1.000000e+00 : f64} : (tensor<?x8xf32, #prim.shape<"n", 8>>)
// The values of the choice are the weights, in descending order.
// PRIM-LABEL: @greedy
// PRIM: %[[P:.*]] = prim.binary  div
// PRIM: %[[V:.*]], %[[I:.*]] = prim.top_k %[[P]] largest
// PRIM-NEXT: return %[[V]], %[[I]]
func.func @greedy(%x: tensor<?x8xf32, #prim.shape<"n", 8>>) -> (tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>) {
  %w, %i = dsc.route softmax %x {scale = 1.0 : f64}
      : (tensor<?x8xf32, #prim.shape<"n", 8>>) -> (tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>)
  return %w, %i : tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>
}

// -----

// The bias chooses, the score weights.
// CHECK-LABEL: @groups
// CHECK: dsc.route sigmoid %arg0 bias(%arg1) groups 4 keep 2 by top2_sum fill neg_inf {renormalise = 9.9999999999999995E-21 : f64, scale = 2.500000e+00 : f64}
// PRIM-LABEL: @groups
// PRIM: %[[S:.*]] = prim.unary  reciprocal
// PRIM: %[[C:.*]] = prim.binary  add %[[S]]
// PRIM: %[[G:.*]] = prim.reshape %[[C]] : tensor<3x8xf32> -> tensor<3x4x2xf32>
// PRIM: prim.top_k %[[G]] largest
// PRIM: prim.reduce  sum
// PRIM: prim.scatter_along_axis  set
// PRIM: 0xFF800000
// PRIM: prim.top_k
// PRIM: prim.take_along_axis %[[S]]
// PRIM: prim.binary  div
// PRIM: prim.binary  mul
func.func @groups(%x: tensor<3x8xf32>, %b: tensor<8xf32>) -> (tensor<3x2xf32>, tensor<3x2xi64>) {
  %w, %i = dsc.route sigmoid %x bias(%b) groups 4 keep 2 by top2_sum fill neg_inf {renormalise = 1.0e-20 : f64, scale = 2.5 : f64}
      : (tensor<3x8xf32>, tensor<8xf32>) -> (tensor<3x2xf32>, tensor<3x2xi64>)
  return %w, %i : tensor<3x2xf32>, tensor<3x2xi64>
}

// -----

// CHECK-LABEL: @selection
// CHECK: dsc.route softmax %arg0 groups 4 keep 2 by max fill zero source selection {scale = 1.600000e+01 : f64}
// PRIM-LABEL: @selection
// PRIM: prim.reduce  max {{.*}} axes [2]
// PRIM: dense<0.000000e+00>
// PRIM: %[[V:.*]], %{{.*}} = prim.top_k {{.*}}8xf32> -> tensor<3x2xf32>
// PRIM: prim.binary  mul %[[V]]
func.func @selection(%x: tensor<3x8xf32>) -> (tensor<3x2xf32>, tensor<3x2xi64>) {
  %w, %i = dsc.route softmax %x groups 4 keep 2 by max fill zero source selection {scale = 16.0 : f64} : (tensor<3x8xf32>) -> (tensor<3x2xf32>, tensor<3x2xi64>)
  return %w, %i : tensor<3x2xf32>, tensor<3x2xi64>
}

// -----

// CHECK-LABEL: @of_chosen
// CHECK: dsc.route softmax_of_chosen
// PRIM-LABEL: @of_chosen
// PRIM: prim.top_k %arg0 largest
// PRIM: prim.unary  exp
func.func @of_chosen(%x: tensor<3x8xf32>) -> (tensor<3x2xf32>, tensor<3x2xi64>) {
  %w, %i = dsc.route softmax_of_chosen %x {scale = 1.0 : f64} : (tensor<3x8xf32>) -> (tensor<3x2xf32>, tensor<3x2xi64>)
  return %w, %i : tensor<3x2xf32>, tensor<3x2xi64>
}

// -----

// Gate and up are halves of one stored tensor: it is read once, where it stands, and its products are sliced.
// CHECK-LABEL: @halves
// CHECK: dsc.experts silu %arg0 ids(%arg1) weights(%arg2) gate(%{{.*}}) up(%{{.*}}) down(%arg4) :
// PRIM-LABEL: @halves
// PRIM: %[[W:.*]] = prim.take %arg3, %{{.*}} axis 0 : tensor<8x32x64xf32>
// PRIM: prim.dot %[[W]], %{{.*}} batch [0] x [0] contract [2] x [1]
// PRIM: prim.slice {{.*}} starts [0, 0] steps [1, 1] : tensor<6x32xf32> -> tensor<6x16xf32>
// PRIM: prim.slice {{.*}} starts [0, 16] steps [1, 1] : tensor<6x32xf32> -> tensor<6x16xf32>
// PRIM: prim.take %arg4
// PRIM: prim.reduce  sum {{.*}} axes [1]
func.func @halves(%x: tensor<3x64xf32>, %i: tensor<3x2xi64>, %w: tensor<3x2xf32>, %gu: tensor<8x32x64xf32>, %d: tensor<8x64x16xf32>) -> tensor<3x64xf32> {
  %g = prim.slice %gu starts [0, 0, 0] steps [1, 1, 1] : tensor<8x32x64xf32> -> tensor<8x16x64xf32>
  %u = prim.slice %gu starts [0, 16, 0] steps [1, 1, 1] : tensor<8x32x64xf32> -> tensor<8x16x64xf32>
  %y = dsc.experts silu %x ids(%i) weights(%w) gate(%g) up(%u) down(%d)
      : (tensor<3x64xf32>, tensor<3x2xi64>, tensor<3x2xf32>, tensor<8x16x64xf32>, tensor<8x16x64xf32>, tensor<8x64x16xf32>) -> tensor<3x64xf32>
  return %y : tensor<3x64xf32>
}

// -----

// Even and odd columns of weights stored the other way round, biases, clamped: every product is of the stored tensors.
// CHECK-LABEL: @interleaved
// CHECK: dsc.experts silu %arg0 ids(%arg1) weights(%arg2) gate(%{{.*}}, %{{.*}}) up(%{{.*}}, %{{.*}}) down(%{{.*}}, %arg6) {alpha = 1.702000e+00 : f64, limit = 7.000000e+00 : f64, up_offset = 1.000000e+00 : f64}
// PRIM-LABEL: @interleaved
// PRIM: %[[W:.*]] = prim.take %arg3, %{{.*}} axis 0 : tensor<8x64x32xf32>
// PRIM: prim.dot %[[W]], %{{.*}} batch [0] x [0] contract [1] x [1]
// PRIM: prim.slice {{.*}} starts [0, 0] steps [1, 2]
// PRIM: prim.slice {{.*}} starts [0, 1] steps [1, 2]
// PRIM: prim.binary  min
// PRIM: %[[D:.*]] = prim.take %arg5
// PRIM: prim.dot %[[D]], %{{.*}} batch [0] x [0] contract [1] x [1]
func.func @interleaved(%x: tensor<3x64xf32>, %i: tensor<3x2xi64>, %w: tensor<3x2xf32>, %gu: tensor<8x64x32xf32>, %b: tensor<8x32xf32>,
                       %d: tensor<8x16x64xf32>, %db: tensor<8x64xf32>) -> tensor<3x64xf32> {
  %t = prim.transpose %gu perm [0, 2, 1] : tensor<8x64x32xf32> -> tensor<8x32x64xf32>
  %g = prim.slice %t starts [0, 0, 0] steps [1, 2, 1] : tensor<8x32x64xf32> -> tensor<8x16x64xf32>
  %s = prim.slice %gu starts [0, 0, 1] steps [1, 1, 2] : tensor<8x64x32xf32> -> tensor<8x64x16xf32>
  %u = prim.transpose %s perm [0, 2, 1] : tensor<8x64x16xf32> -> tensor<8x16x64xf32>
  %gb = prim.slice %b starts [0, 0] steps [1, 2] : tensor<8x32xf32> -> tensor<8x16xf32>
  %ub = prim.slice %b starts [0, 1] steps [1, 2] : tensor<8x32xf32> -> tensor<8x16xf32>
  %dt = prim.transpose %d perm [0, 2, 1] : tensor<8x16x64xf32> -> tensor<8x64x16xf32>
  %y = dsc.experts silu %x ids(%i) weights(%w) gate(%g, %gb) up(%u, %ub) down(%dt, %db) {alpha = 1.702 : f64, limit = 7.0 : f64, up_offset = 1.0 : f64}
      : (tensor<3x64xf32>, tensor<3x2xi64>, tensor<3x2xf32>, tensor<8x16x64xf32>, tensor<8x16xf32>, tensor<8x16x64xf32>, tensor<8x16xf32>,
         tensor<8x64x16xf32>, tensor<8x64xf32>) -> tensor<3x64xf32>
  return %y : tensor<3x64xf32>
}

// -----

// A shared expert comes last; the sum over slots is kept in the type of the weights.
// CHECK-LABEL: @shared
// CHECK: dsc.experts gelu {{.*}} shared_gate(%arg5) shared_down(%arg6)
// PRIM-LABEL: @shared
// PRIM: prim.convert {{.*}} -> tensor<6x64xf32>
// PRIM: %[[S:.*]] = prim.reduce  sum {{.*}} -> tensor<3x64xf32>
// PRIM: %[[Y:.*]] = prim.convert %[[S]]
// PRIM: %[[H:.*]] = prim.dot {{.*}} tensor<64x24xbf16>
// PRIM: prim.binary  add %[[Y]], %[[H]]
func.func @shared(%x: tensor<3x64xbf16>, %i: tensor<3x2xi64>, %w: tensor<3x2xf32>, %g: tensor<8x16x64xbf16>, %d: tensor<8x64x16xbf16>,
                  %sg: tensor<24x64xbf16>, %sd: tensor<64x24xbf16>) -> tensor<3x64xbf16> {
  %y = dsc.experts gelu %x ids(%i) weights(%w) gate(%g) down(%d) shared_gate(%sg) shared_down(%sd)
      : (tensor<3x64xbf16>, tensor<3x2xi64>, tensor<3x2xf32>, tensor<8x16x64xbf16>, tensor<8x64x16xbf16>, tensor<24x64xbf16>, tensor<64x24xbf16>) -> tensor<3x64xbf16>
  return %y : tensor<3x64xbf16>
}
