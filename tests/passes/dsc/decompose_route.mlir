// RUN: dsc-opt %s --decompose-without-kernel=kernels=dsc.route | FileCheck %s
// SPDX-License-Identifier: Apache-2.0

// The largest routers that a warp holds: 32 experts a lane, 32 chosen, 32 groups.
// CHECK-LABEL: func.func @largest
// CHECK-COUNT-3: dsc.route
// CHECK-NOT:     prim.top_k
func.func @largest(%x: tensor<4x1024xf32>, %y: tensor<4x1024xf16>) -> (tensor<4x32xi64>, tensor<4x8xi64>, tensor<4x32xi64>) {
  %0, %1 = dsc.route softmax %x {scale = 1.0 : f64} : (tensor<4x1024xf32>) -> (tensor<4x32xf32>, tensor<4x32xi64>)
  %2, %3 = dsc.route none %y groups 16 keep 4 by max fill zero {scale = 1.0 : f64} : (tensor<4x1024xf16>) -> (tensor<4x8xf16>, tensor<4x8xi64>)
  %4, %5 = dsc.route sigmoid %x groups 32 keep 8 by top2_sum fill neg_inf {scale = 1.0 : f64} : (tensor<4x1024xf32>) -> (tensor<4x32xf32>, tensor<4x32xi64>)
  return %1, %3, %5 : tensor<4x32xi64>, tensor<4x8xi64>, tensor<4x32xi64>
}

// One expert more, one choice more, one group more, and groups that are too large for the lanes of one.
// CHECK-LABEL: func.func @larger
// CHECK-NOT:     dsc.route
// CHECK-COUNT-4: prim.top_k
func.func @larger(%x: tensor<4x1025xf32>, %y: tensor<4x66xf32>, %z: tensor<4x1023xf32>) -> (tensor<4x2xi64>, tensor<4x33xi64>, tensor<4x2xi64>, tensor<4x2xi64>) {
  %0, %1 = dsc.route softmax %x {scale = 1.0 : f64} : (tensor<4x1025xf32>) -> (tensor<4x2xf32>, tensor<4x2xi64>)
  %2, %3 = dsc.route softmax %y {scale = 1.0 : f64} : (tensor<4x66xf32>) -> (tensor<4x33xf32>, tensor<4x33xi64>)
  %4, %5 = dsc.route sigmoid %y groups 33 keep 2 by max fill zero {scale = 1.0 : f64} : (tensor<4x66xf32>) -> (tensor<4x2xf32>, tensor<4x2xi64>)
  %6, %7 = dsc.route sigmoid %z groups 11 keep 2 by max fill zero {scale = 1.0 : f64} : (tensor<4x1023xf32>) -> (tensor<4x2xf32>, tensor<4x2xi64>)
  return %1, %3, %5, %7 : tensor<4x2xi64>, tensor<4x33xi64>, tensor<4x2xi64>, tensor<4x2xi64>
}
