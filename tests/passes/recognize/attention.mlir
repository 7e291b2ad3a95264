// RUN: dsc-opt %s -split-input-file --recognize-attention --canonicalize | FileCheck %s
// SPDX-License-Identifier: Apache-2.0

// Per-head keys: a group per head.
// CHECK-LABEL: func.func @heads
// CHECK: dsc.attention queries(%{{.*}}) keys(%{{.*}}) values(%{{.*}}) {causal = #prim.expr<0>, scale = 5.000000e-01 : f64}
// CHECK-NOT: prim.unary exp
!scores = tensor<?x3x?x?xf32, #prim.shape<"batch", 3, "seq", "seq">>
!mask = tensor<?x3x?x?xi1, #prim.shape<"batch", 3, "seq", "seq">>
!rows = tensor<?x?x4xf32, #prim.shape<"batch", "seq", 4>>
!values = tensor<?x3x?x2xf32, #prim.shape<"batch", 3, "seq", 2>>
!keys = tensor<?x3x?x3xf32, #prim.shape<"batch", 3, "seq", 3>>
!row = tensor<?x3x?xf32, #prim.shape<"batch", 3, "seq">>
!column = tensor<?x3x?x1xf32, #prim.shape<"batch", 3, "seq", 1>>
!shared = tensor<?x1x?x1xf32, #prim.shape<"batch", 1, "seq", 1>>
!expanded = tensor<?x3x?x4xf32, #prim.shape<"batch", 3, "seq", 4>>
!transposed = tensor<?x3x3x?xf32, #prim.shape<"batch", 3, 3, "seq">>
func.func @heads(%arg0: !rows) -> !values {
  %0 = prim.constant dense<0.5> : tensor<4x4xf32>
  %1 = prim.constant dense<0.5> : tensor<4x1xf32>
  %2 = prim.constant dense<0.5> : tensor<4x12xf32>
  %3 = prim.constant dense<0.5> : tensor<4x9xf32>
  %4 = prim.constant dense<5.000000e-01> : tensor<f32>
  %5 = prim.constant dense<0xFF800000> : tensor<f32>
  %6 = prim.dot %arg0, %0 batch [] x [] contract [2] x [0] : !rows, tensor<4x4xf32> -> !rows
  %7 = prim.dot %arg0, %1 batch [] x [] contract [2] x [0] : !rows, tensor<4x1xf32> -> tensor<?x?x1xf32, #prim.shape<"batch", "seq", 1>>
  %8 = prim.reshape %7 : tensor<?x?x1xf32, #prim.shape<"batch", "seq", 1>> -> !shared
  %9 = prim.dot %6, %2 batch [] x [] contract [2] x [0] : !rows, tensor<4x12xf32> -> tensor<?x?x12xf32, #prim.shape<"batch", "seq", 12>>
  %10 = prim.reshape %9 : tensor<?x?x12xf32, #prim.shape<"batch", "seq", 12>> -> tensor<?x?x3x4xf32, #prim.shape<"batch", "seq", 3, 4>>
  %11 = prim.transpose %10 perm [0, 2, 1, 3] : tensor<?x?x3x4xf32, #prim.shape<"batch", "seq", 3, 4>> -> !expanded
  %12 = prim.slice %11 starts [0, 0, 0, 0] steps [1, 1, 1, 1] : !expanded -> !values
  %13 = prim.slice %11 starts [0, 0, 0, 2] steps [1, 1, 1, 1] : !expanded -> !values
  %14 = prim.unary tanh %12 : !values -> !values
  %15 = prim.broadcast %8 axes [0, 1, 2, 3] : !shared -> !column
  %16 = prim.concat %14, %15 axis 3 : (!values, !column) -> !keys
  %17 = prim.dot %arg0, %3 batch [] x [] contract [2] x [0] : !rows, tensor<4x9xf32> -> tensor<?x?x9xf32, #prim.shape<"batch", "seq", 9>>
  %18 = prim.reshape %17 : tensor<?x?x9xf32, #prim.shape<"batch", "seq", 9>> -> tensor<?x?x3x3xf32, #prim.shape<"batch", "seq", 3, 3>>
  %19 = prim.transpose %18 perm [0, 2, 1, 3] : tensor<?x?x3x3xf32, #prim.shape<"batch", "seq", 3, 3>> -> !keys
  %20 = prim.transpose %16 perm [0, 1, 3, 2] : !keys -> !transposed
  %21 = prim.dot %19, %20 batch [0, 1] x [0, 1] contract [3] x [2] : !keys, !transposed -> !scores
  %22 = prim.broadcast %4 axes [] : tensor<f32> -> !scores
  %23 = prim.binary mul %21, %22 : !scores
  %24 = prim.index_expr "nonneg(d2 - d3)" : !mask
  %25 = prim.broadcast %5 axes [] : tensor<f32> -> !scores
  %26 = prim.select %24, %23, %25 : !mask, !scores
  %27 = prim.reduce max %26 axes [3] : !scores -> !row
  %28 = prim.reshape %27 : !row -> !column
  %29 = prim.broadcast %28 axes [0, 1, 2, 3] : !column -> !scores
  %30 = prim.binary sub %26, %29 : !scores
  %31 = prim.unary exp %30 : !scores -> !scores
  %32 = prim.reduce sum %31 axes [3] : !scores -> !row
  %33 = prim.reshape %32 : !row -> !column
  %34 = prim.broadcast %33 axes [0, 1, 2, 3] : !column -> !scores
  %35 = prim.binary div %31, %34 : !scores
  %36 = prim.dot %35, %13 batch [0, 1] x [0, 1] contract [3] x [2] : !scores, !values -> !values
  return %36 : !values
}

// -----

// Two key heads of four query heads each: the head's index h is 4 * group + query.
// CHECK-LABEL: func.func @grouped
// CHECK: dsc.attention queries(%{{.*}}) keys(%arg1) values(%arg2) {scale = 2.500000e-01 : f64} : (tensor<1x2x4x5x16xf32>, tensor<1x2x7x16xf32>, tensor<1x2x7x8xf32>)
func.func @grouped(%q: tensor<1x8x5x16xf32>, %k: tensor<1x2x7x16xf32>, %v: tensor<1x2x7x8xf32>) -> tensor<1x8x5x8xf32> {
  %k5 = prim.broadcast %k axes [0, 1, 3, 4] : tensor<1x2x7x16xf32> -> tensor<1x2x4x7x16xf32>
  %k8 = prim.reshape %k5 : tensor<1x2x4x7x16xf32> -> tensor<1x8x7x16xf32>
  %v5 = prim.broadcast %v axes [0, 1, 3, 4] : tensor<1x2x7x8xf32> -> tensor<1x2x4x7x8xf32>
  %v8 = prim.reshape %v5 : tensor<1x2x4x7x8xf32> -> tensor<1x8x7x8xf32>
  %s = prim.dot %q, %k8 batch [0, 1] x [0, 1] contract [3] x [3] : tensor<1x8x5x16xf32>, tensor<1x8x7x16xf32> -> tensor<1x8x5x7xf32>
  %c = prim.constant dense<0.25> : tensor<f32>
  %c4 = prim.broadcast %c axes [] : tensor<f32> -> tensor<1x8x5x7xf32>
  %x = prim.binary mul %s, %c4 : tensor<1x8x5x7xf32>
  %m = prim.reduce max %x axes [3] : tensor<1x8x5x7xf32> -> tensor<1x8x5xf32>
  %m4 = prim.broadcast %m axes [0, 1, 2] : tensor<1x8x5xf32> -> tensor<1x8x5x7xf32>
  %d = prim.binary sub %x, %m4 : tensor<1x8x5x7xf32>
  %e = prim.unary exp %d : tensor<1x8x5x7xf32> -> tensor<1x8x5x7xf32>
  %t = prim.reduce sum %e axes [3] : tensor<1x8x5x7xf32> -> tensor<1x8x5xf32>
  %t4 = prim.broadcast %t axes [0, 1, 2] : tensor<1x8x5xf32> -> tensor<1x8x5x7xf32>
  %p = prim.binary div %e, %t4 : tensor<1x8x5x7xf32>
  %o = prim.dot %p, %v8 batch [0, 1] x [0, 1] contract [3] x [2] : tensor<1x8x5x7xf32>, tensor<1x8x7x8xf32> -> tensor<1x8x5x8xf32>
  return %o : tensor<1x8x5x8xf32>
}

// -----

// The sum is one of other numbers: no softmax.
// CHECK-LABEL: func.func @other_sum
// CHECK-NOT: dsc.attention
// CHECK: return
func.func @other_sum(%q: tensor<1x2x5x16xf32>, %k: tensor<1x2x7x16xf32>, %v: tensor<1x2x7x8xf32>) -> tensor<1x2x5x8xf32> {
  %s = prim.dot %q, %k batch [0, 1] x [0, 1] contract [3] x [3] : tensor<1x2x5x16xf32>, tensor<1x2x7x16xf32> -> tensor<1x2x5x7xf32>
  %e = prim.unary exp %s : tensor<1x2x5x7xf32> -> tensor<1x2x5x7xf32>
  %e2 = prim.binary mul %e, %e : tensor<1x2x5x7xf32>
  %t = prim.reduce sum %e2 axes [3] : tensor<1x2x5x7xf32> -> tensor<1x2x5xf32>
  %t4 = prim.broadcast %t axes [0, 1, 2] : tensor<1x2x5xf32> -> tensor<1x2x5x7xf32>
  %p = prim.binary div %e, %t4 : tensor<1x2x5x7xf32>
  %o = prim.dot %p, %v batch [0, 1] x [0, 1] contract [3] x [2] : tensor<1x2x5x7xf32>, tensor<1x2x7x8xf32> -> tensor<1x2x5x8xf32>
  return %o : tensor<1x2x5x8xf32>
}
