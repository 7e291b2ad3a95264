// RUN: dsc-opt %s -split-input-file --recognize-norms --canonicalize | FileCheck %s
// SPDX-License-Identifier: Apache-2.0

// Reciprocal root, weight on the left.
// CHECK-LABEL: func.func @rms
// CHECK-NEXT:  %[[W:.*]] = prim.constant
// CHECK-NEXT:  %[[Y:.*]] = dsc.rms_norm %arg0 weight(%[[W]]) {epsilon = 1.250000e-01 : f64} : (tensor<?x8xf32, #prim.shape<"n", 8>>, tensor<8xf32>) -> tensor<?x8xf32, #prim.shape<"n", 8>>
// CHECK-NEXT:  return %[[Y]]
!rows = tensor<?x8xf32, #prim.shape<"n", 8>>
!row = tensor<?xf32, #prim.shape<"n">>
func.func @rms(%x: !rows) -> !rows {
  %w = prim.constant dense<[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]> : tensor<8xf32>
  %d = prim.constant dense<8.0> : tensor<f32>
  %e = prim.constant dense<0.125> : tensor<f32>
  %0 = prim.binary mul %x, %x : !rows
  %1 = prim.reduce sum %0 axes [1] : !rows -> !row
  %2 = prim.broadcast %d axes [] : tensor<f32> -> !row
  %3 = prim.binary div %1, %2 : !row
  %4 = prim.broadcast %e axes [] : tensor<f32> -> !row
  %5 = prim.binary add %3, %4 : !row
  %6 = prim.unary sqrt %5 : !row -> !row
  %7 = prim.unary reciprocal %6 : !row -> !row
  %8 = prim.broadcast %7 axes [0] : !row -> !rows
  %9 = prim.binary mul %x, %8 : !rows
  %10 = prim.broadcast %w axes [1] : tensor<8xf32> -> !rows
  %11 = prim.binary mul %10, %9 : !rows
  return %11 : !rows
}

// -----

// A square as power, the mean times 1/8, a quotient by the root under another shape, epsilon on the left, the weight 1 + w.
// CHECK-LABEL: func.func @rms_quotient
// CHECK:       %[[W:.*]] = prim.binary add
// CHECK:       dsc.rms_norm %arg0 weight(%[[W]]) {epsilon = 1.250000e-01 : f64} : {{.*}} -> tensor<2x3x8xf32>
func.func @rms_quotient(%x: tensor<2x3x8xf32>, %w: tensor<8xf32>) -> tensor<2x3x8xf32> {
  %eighth = prim.constant dense<0.125> : tensor<f32>
  %two = prim.constant dense<2.0> : tensor<f32>
  %one = prim.constant dense<1.0> : tensor<f32>
  %e = prim.constant dense<0.125> : tensor<f32>
  %t = prim.broadcast %two axes [] : tensor<f32> -> tensor<2x3x8xf32>
  %0 = prim.binary pow %x, %t : tensor<2x3x8xf32>
  %1 = prim.reduce sum %0 axes [2] : tensor<2x3x8xf32> -> tensor<2x3xf32>
  %2 = prim.reshape %1 : tensor<2x3xf32> -> tensor<2x3x1xf32>
  %3 = prim.broadcast %eighth axes [] : tensor<f32> -> tensor<2x3x1xf32>
  %4 = prim.binary mul %3, %2 : tensor<2x3x1xf32>
  %5 = prim.broadcast %e axes [] : tensor<f32> -> tensor<2x3x1xf32>
  %6 = prim.binary add %5, %4 : tensor<2x3x1xf32>
  %7 = prim.unary sqrt %6 : tensor<2x3x1xf32> -> tensor<2x3x1xf32>
  %8 = prim.broadcast %7 axes [0, 1, 2] : tensor<2x3x1xf32> -> tensor<2x3x8xf32>
  %9 = prim.binary div %x, %8 : tensor<2x3x8xf32>
  %10 = prim.broadcast %one axes [] : tensor<f32> -> tensor<8xf32>
  %11 = prim.binary add %w, %10 : tensor<8xf32>
  %12 = prim.broadcast %11 axes [2] : tensor<8xf32> -> tensor<2x3x8xf32>
  %13 = prim.binary mul %9, %12 : tensor<2x3x8xf32>
  return %13 : tensor<2x3x8xf32>
}

// -----

// A contraction of each row with itself, the root as a power, no weight.
// CHECK-LABEL: func.func @rms_dot
// CHECK:       dsc.rms_norm %arg0 {epsilon = 1.250000e-01 : f64} : (tensor<2x8xf32>) -> tensor<2x8xf32>
func.func @rms_dot(%x: tensor<2x8xf32>) -> tensor<2x8xf32> {
  %d = prim.constant dense<8.0> : tensor<2xf32>
  %e = prim.constant dense<0.125> : tensor<2xf32>
  %h = prim.constant dense<-0.5> : tensor<2xf32>
  %0 = prim.dot %x, %x batch [0] x [0] contract [1] x [1] : tensor<2x8xf32>, tensor<2x8xf32> -> tensor<2xf32>
  %1 = prim.binary div %0, %d : tensor<2xf32>
  %2 = prim.binary add %1, %e : tensor<2xf32>
  %3 = prim.binary pow %2, %h : tensor<2xf32>
  %4 = prim.broadcast %3 axes [0] : tensor<2xf32> -> tensor<2x8xf32>
  %5 = prim.binary mul %4, %x : tensor<2x8xf32>
  return %5 : tensor<2x8xf32>
}

// -----

// 16 bits: rounded before the weight, after it, or by nothing but the result.
// CHECK-LABEL: func.func @rounded
// CHECK-DAG:   %[[A:.*]] = dsc.rms_norm %arg0 weight(%arg1) {epsilon = 1.250000e-01 : f64, rounded = bf16} : (tensor<2x8xbf16>, tensor<8xbf16>) -> tensor<2x8xbf16>
// CHECK-DAG:   %[[B:.*]] = dsc.rms_norm %arg0 weight(%arg1) {epsilon = 2.500000e-01 : f64} : (tensor<2x8xbf16>, tensor<8xbf16>) -> tensor<2x8xbf16>
// CHECK-DAG:   %[[C:.*]] = dsc.rms_norm %arg0 {epsilon = 5.000000e-01 : f64} : (tensor<2x8xbf16>) -> tensor<2x8xbf16>
// CHECK-DAG:   %[[D:.*]] = dsc.rms_norm %arg0 weight(%arg2) {epsilon = 1.000000e+00 : f64, rounded = bf16} : (tensor<2x8xbf16>, tensor<8xf32>) -> tensor<2x8xf32>
// CHECK:       return %[[A]], %[[B]], %[[C]], %[[D]]
func.func @rounded(%x: tensor<2x8xbf16>, %w: tensor<8xbf16>, %v: tensor<8xf32>) -> (tensor<2x8xbf16>, tensor<2x8xbf16>, tensor<2x8xbf16>, tensor<2x8xf32>) {
  %d = prim.constant dense<8.0> : tensor<2xf32>
  %e1 = prim.constant dense<0.125> : tensor<2xf32>
  %e2 = prim.constant dense<0.25> : tensor<2xf32>
  %e3 = prim.constant dense<0.5> : tensor<2xf32>
  %e4 = prim.constant dense<1.0> : tensor<2xf32>
  %wide = prim.convert %x : tensor<2x8xbf16> -> tensor<2x8xf32>
  %0 = prim.binary mul %wide, %wide : tensor<2x8xf32>
  %1 = prim.reduce sum %0 axes [1] : tensor<2x8xf32> -> tensor<2xf32>
  %2 = prim.binary div %1, %d : tensor<2xf32>
  %wb = prim.broadcast %w axes [1] : tensor<8xbf16> -> tensor<2x8xbf16>
  %w32 = prim.convert %w : tensor<8xbf16> -> tensor<8xf32>
  %wb32 = prim.broadcast %w32 axes [1] : tensor<8xf32> -> tensor<2x8xf32>
  %vb32 = prim.broadcast %v axes [1] : tensor<8xf32> -> tensor<2x8xf32>

  %3 = prim.binary add %2, %e1 : tensor<2xf32>
  %4 = prim.unary sqrt %3 : tensor<2xf32> -> tensor<2xf32>
  %5 = prim.broadcast %4 axes [0] : tensor<2xf32> -> tensor<2x8xf32>
  %6 = prim.binary div %wide, %5 : tensor<2x8xf32>
  %7 = prim.convert %6 : tensor<2x8xf32> -> tensor<2x8xbf16>
  %a = prim.binary mul %7, %wb : tensor<2x8xbf16>

  %8 = prim.binary add %2, %e2 : tensor<2xf32>
  %9 = prim.unary sqrt %8 : tensor<2xf32> -> tensor<2xf32>
  %10 = prim.broadcast %9 axes [0] : tensor<2xf32> -> tensor<2x8xf32>
  %11 = prim.binary div %wide, %10 : tensor<2x8xf32>
  %12 = prim.binary mul %11, %wb32 : tensor<2x8xf32>
  %b = prim.convert %12 : tensor<2x8xf32> -> tensor<2x8xbf16>

  %13 = prim.binary add %2, %e3 : tensor<2xf32>
  %14 = prim.unary sqrt %13 : tensor<2xf32> -> tensor<2xf32>
  %15 = prim.broadcast %14 axes [0] : tensor<2xf32> -> tensor<2x8xf32>
  %16 = prim.binary div %wide, %15 : tensor<2x8xf32>
  %c = prim.convert %16 : tensor<2x8xf32> -> tensor<2x8xbf16>

  %17 = prim.binary add %2, %e4 : tensor<2xf32>
  %18 = prim.unary sqrt %17 : tensor<2xf32> -> tensor<2xf32>
  %19 = prim.broadcast %18 axes [0] : tensor<2xf32> -> tensor<2x8xf32>
  %20 = prim.binary div %wide, %19 : tensor<2x8xf32>
  %21 = prim.convert %20 : tensor<2x8xf32> -> tensor<2x8xbf16>
  %22 = prim.convert %21 : tensor<2x8xbf16> -> tensor<2x8xf32>
  %f = prim.binary mul %22, %vb32 : tensor<2x8xf32>
  return %a, %b, %c, %f : tensor<2x8xbf16>, tensor<2x8xbf16>, tensor<2x8xbf16>, tensor<2x8xf32>
}

// -----

// The variance as the mean of squares of centered rows, and as mean(x^2) - mean(x)^2.
// CHECK-LABEL: func.func @layer
// CHECK:       %[[A:.*]] = dsc.layer_norm %arg0 weight(%arg1) bias(%arg2) {epsilon = 1.250000e-01 : f64} : (tensor<2x8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<2x8xf32>
// CHECK:       %[[B:.*]] = dsc.layer_norm %arg0 weight(%arg1) {epsilon = 2.500000e-01 : f64} : (tensor<2x8xf32>, tensor<8xf32>) -> tensor<2x8xf32>
// CHECK:       return %[[A]], %[[B]]
func.func @layer(%x: tensor<2x8xf32>, %w: tensor<8xf32>, %b: tensor<8xf32>) -> (tensor<2x8xf32>, tensor<2x8xf32>) {
  %d = prim.constant dense<8.0> : tensor<2xf32>
  %e1 = prim.constant dense<0.125> : tensor<2xf32>
  %e2 = prim.constant dense<0.25> : tensor<2xf32>
  %wb = prim.broadcast %w axes [1] : tensor<8xf32> -> tensor<2x8xf32>
  %bb = prim.broadcast %b axes [1] : tensor<8xf32> -> tensor<2x8xf32>
  %0 = prim.reduce sum %x axes [1] : tensor<2x8xf32> -> tensor<2xf32>
  %mean = prim.binary div %0, %d : tensor<2xf32>
  %1 = prim.broadcast %mean axes [0] : tensor<2xf32> -> tensor<2x8xf32>
  %centered = prim.binary sub %x, %1 : tensor<2x8xf32>

  %2 = prim.binary mul %centered, %centered : tensor<2x8xf32>
  %3 = prim.reduce sum %2 axes [1] : tensor<2x8xf32> -> tensor<2xf32>
  %4 = prim.binary div %3, %d : tensor<2xf32>
  %5 = prim.binary add %4, %e1 : tensor<2xf32>
  %6 = prim.unary sqrt %5 : tensor<2xf32> -> tensor<2xf32>
  %7 = prim.broadcast %6 axes [0] : tensor<2xf32> -> tensor<2x8xf32>
  %8 = prim.binary div %centered, %7 : tensor<2x8xf32>
  %9 = prim.binary mul %8, %wb : tensor<2x8xf32>
  %10 = prim.binary add %bb, %9 : tensor<2x8xf32>

  %11 = prim.binary mul %x, %x : tensor<2x8xf32>
  %12 = prim.reduce sum %11 axes [1] : tensor<2x8xf32> -> tensor<2xf32>
  %13 = prim.binary div %12, %d : tensor<2xf32>
  %14 = prim.binary mul %mean, %mean : tensor<2xf32>
  %15 = prim.binary sub %13, %14 : tensor<2xf32>
  %16 = prim.binary add %15, %e2 : tensor<2xf32>
  %17 = prim.unary sqrt %16 : tensor<2xf32> -> tensor<2xf32>
  %18 = prim.broadcast %17 axes [0] : tensor<2xf32> -> tensor<2x8xf32>
  %19 = prim.binary div %centered, %18 : tensor<2x8xf32>
  %20 = prim.binary mul %19, %wb : tensor<2x8xf32>
  return %10, %20 : tensor<2x8xf32>, tensor<2x8xf32>
}

// -----

// What others read stays: the row before its weight.
// CHECK-LABEL: func.func @read_between
// CHECK:       %[[Y:.*]] = dsc.rms_norm %arg0 {epsilon = 1.250000e-01 : f64} : (tensor<2x8xf32>) -> tensor<2x8xf32>
// CHECK:       %[[Z:.*]] = prim.binary mul %[[Y]],
// CHECK:       return %[[Y]], %[[Z]]
func.func @read_between(%x: tensor<2x8xf32>, %w: tensor<8xf32>) -> (tensor<2x8xf32>, tensor<2x8xf32>) {
  %d = prim.constant dense<8.0> : tensor<2xf32>
  %e = prim.constant dense<0.125> : tensor<2xf32>
  %0 = prim.binary mul %x, %x : tensor<2x8xf32>
  %1 = prim.reduce sum %0 axes [1] : tensor<2x8xf32> -> tensor<2xf32>
  %2 = prim.binary div %1, %d : tensor<2xf32>
  %3 = prim.binary add %2, %e : tensor<2xf32>
  %4 = prim.unary sqrt %3 : tensor<2xf32> -> tensor<2xf32>
  %5 = prim.broadcast %4 axes [0] : tensor<2xf32> -> tensor<2x8xf32>
  %6 = prim.binary div %x, %5 : tensor<2x8xf32>
  %7 = prim.broadcast %w axes [1] : tensor<8xf32> -> tensor<2x8xf32>
  %8 = prim.binary mul %6, %7 : tensor<2x8xf32>
  return %6, %8 : tensor<2x8xf32>, tensor<2x8xf32>
}

// -----

// Near misses: a sum of squares that is no mean, epsilon outside of the root, the squares of another tensor, a mean over the rows, squares in 16 bits.
// CHECK-LABEL: func.func @misses
// CHECK-NOT:   dsc.
func.func @misses(%x: tensor<8x8xf32>, %y: tensor<8x8xf32>, %h: tensor<8x8xf16>) -> (tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>) {
  %d = prim.constant dense<8.0> : tensor<8xf32>
  %e = prim.constant dense<0.125> : tensor<8xf32>
  %xx = prim.binary mul %x, %x : tensor<8x8xf32>
  %sum = prim.reduce sum %xx axes [1] : tensor<8x8xf32> -> tensor<8xf32>
  %mean = prim.binary div %sum, %d : tensor<8xf32>

  %0 = prim.binary add %sum, %e : tensor<8xf32>
  %1 = prim.unary sqrt %0 : tensor<8xf32> -> tensor<8xf32>
  %2 = prim.broadcast %1 axes [0] : tensor<8xf32> -> tensor<8x8xf32>
  %l2 = prim.binary div %x, %2 : tensor<8x8xf32>

  %3 = prim.unary sqrt %mean : tensor<8xf32> -> tensor<8xf32>
  %4 = prim.binary add %3, %e : tensor<8xf32>
  %5 = prim.broadcast %4 axes [0] : tensor<8xf32> -> tensor<8x8xf32>
  %outside = prim.binary div %x, %5 : tensor<8x8xf32>

  %6 = prim.binary add %mean, %e : tensor<8xf32>
  %7 = prim.unary sqrt %6 : tensor<8xf32> -> tensor<8xf32>
  %8 = prim.broadcast %7 axes [0] : tensor<8xf32> -> tensor<8x8xf32>
  %other = prim.binary div %y, %8 : tensor<8x8xf32>

  %9 = prim.reduce sum %xx axes [0] : tensor<8x8xf32> -> tensor<8xf32>
  %10 = prim.binary div %9, %d : tensor<8xf32>
  %11 = prim.binary add %10, %e : tensor<8xf32>
  %12 = prim.unary sqrt %11 : tensor<8xf32> -> tensor<8xf32>
  %13 = prim.broadcast %12 axes [0] : tensor<8xf32> -> tensor<8x8xf32>
  %column = prim.binary div %x, %13 : tensor<8x8xf32>

  %14 = prim.binary mul %h, %h : tensor<8x8xf16>
  %15 = prim.convert %14 : tensor<8x8xf16> -> tensor<8x8xf32>
  %16 = prim.reduce sum %15 axes [1] : tensor<8x8xf32> -> tensor<8xf32>
  %17 = prim.binary div %16, %d : tensor<8xf32>
  %18 = prim.binary add %17, %e : tensor<8xf32>
  %19 = prim.unary sqrt %18 : tensor<8xf32> -> tensor<8xf32>
  %20 = prim.broadcast %19 axes [0] : tensor<8xf32> -> tensor<8x8xf32>
  %21 = prim.convert %h : tensor<8x8xf16> -> tensor<8x8xf32>
  %narrow = prim.binary div %21, %20 : tensor<8x8xf32>
  return %l2, %outside, %other, %column, %narrow : tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>
}

// -----

// Not the norm's weight: a gate that differs from row to row, and one that is computed from data. A second mean is none of the rows.
// CHECK-LABEL: func.func @not_parameters
// CHECK:       %[[Y:.*]] = dsc.rms_norm %arg0 {epsilon = 1.250000e-01 : f64} : (tensor<1x8xf32>) -> tensor<1x8xf32>
// CHECK:       prim.binary mul %[[Y]], %arg1
// CHECK:       %[[C:.*]] = prim.binary sub %arg0,
// CHECK:       dsc.rms_norm %[[C]] {epsilon
func.func @not_parameters(%x: tensor<1x8xf32>, %gate: tensor<1x8xf32>) -> (tensor<1x8xf32>, tensor<1x8xf32>) {
  %d = prim.constant dense<8.0> : tensor<1xf32>
  %e = prim.constant dense<0.125> : tensor<1xf32>
  %0 = prim.binary mul %x, %x : tensor<1x8xf32>
  %1 = prim.reduce sum %0 axes [1] : tensor<1x8xf32> -> tensor<1xf32>
  %2 = prim.binary div %1, %d : tensor<1xf32>
  %3 = prim.binary add %2, %e : tensor<1xf32>
  %4 = prim.unary sqrt %3 : tensor<1xf32> -> tensor<1xf32>
  %5 = prim.broadcast %4 axes [0] : tensor<1xf32> -> tensor<1x8xf32>
  %6 = prim.binary div %x, %5 : tensor<1x8xf32>
  %7 = prim.binary mul %6, %gate : tensor<1x8xf32>
  %8 = prim.reduce sum %gate axes [1] : tensor<1x8xf32> -> tensor<1xf32>
  %9 = prim.binary div %8, %d : tensor<1xf32>
  %10 = prim.broadcast %9 axes [0] : tensor<1xf32> -> tensor<1x8xf32>
  %11 = prim.binary sub %x, %10 : tensor<1x8xf32>
  %12 = prim.binary mul %11, %11 : tensor<1x8xf32>
  %13 = prim.reduce sum %12 axes [1] : tensor<1x8xf32> -> tensor<1xf32>
  %14 = prim.binary div %13, %d : tensor<1xf32>
  %15 = prim.binary add %14, %e : tensor<1xf32>
  %16 = prim.unary sqrt %15 : tensor<1xf32> -> tensor<1xf32>
  %17 = prim.broadcast %16 axes [0] : tensor<1xf32> -> tensor<1x8xf32>
  %18 = prim.binary div %11, %17 : tensor<1x8xf32>
  return %7, %18 : tensor<1x8xf32>, tensor<1x8xf32>
}
