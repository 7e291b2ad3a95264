// RUN: dsc-opt %s -split-input-file --recognize-latent-attention --canonicalize | FileCheck %s
// SPDX-License-Identifier: Apache-2.0

// A row of 4 for 3 heads of width 2 + 1: the triangle becomes `causal`, the scale an attribute, the halves of the weight slices of it.
// CHECK-LABEL: func.func @plain
// CHECK-DAG: %[[W:.*]] = prim.constant dense<5.000000e-01> : tensor<4x12xf32>
// CHECK-DAG: %[[C:.*]] = prim.dot %arg0, %{{.*}} -> tensor<?x?x4xf32, #prim.shape<"batch", "seq", 4>>
// CHECK-DAG: %[[CUT:.*]] = prim.reshape %[[W]] : tensor<4x12xf32> -> tensor<4x3x4xf32>
// CHECK: dsc.latent_attention query(%{{.*}}) rope(%{{.*}}, %{{.*}}) latent(%[[C]]) weights(%{{.*}}, %{{.*}}) {causal = #prim.expr<0>, scale = 5.000000e-01 : f64}
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
func.func @plain(%arg0: !rows) -> !values {
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
  %14 = prim.broadcast %8 axes [0, 1, 2, 3] : !shared -> !column
  %15 = prim.concat %12, %14 axis 3 : (!values, !column) -> !keys
  %16 = prim.dot %arg0, %3 batch [] x [] contract [2] x [0] : !rows, tensor<4x9xf32> -> tensor<?x?x9xf32, #prim.shape<"batch", "seq", 9>>
  %17 = prim.reshape %16 : tensor<?x?x9xf32, #prim.shape<"batch", "seq", 9>> -> tensor<?x?x3x3xf32, #prim.shape<"batch", "seq", 3, 3>>
  %18 = prim.transpose %17 perm [0, 2, 1, 3] : tensor<?x?x3x3xf32, #prim.shape<"batch", "seq", 3, 3>> -> !keys
  %19 = prim.transpose %15 perm [0, 1, 3, 2] : !keys -> !transposed
  %20 = prim.dot %18, %19 batch [0, 1] x [0, 1] contract [3] x [2] : !keys, !transposed -> !scores
  %21 = prim.broadcast %4 axes [] : tensor<f32> -> !scores
  %22 = prim.binary mul %20, %21 : !scores
  %23 = prim.index_expr "nonneg(d2 - d3)" : !mask
  %24 = prim.broadcast %5 axes [] : tensor<f32> -> !scores
  %25 = prim.select %23, %22, %24 : !mask, !scores
  %26 = prim.reduce max %25 axes [3] : !scores -> !row
  %27 = prim.reshape %26 : !row -> !column
  %28 = prim.broadcast %27 axes [0, 1, 2, 3] : !column -> !scores
  %29 = prim.binary sub %25, %28 : !scores
  %30 = prim.unary exp %29 : !scores -> !scores
  %31 = prim.reduce sum %30 axes [3] : !scores -> !row
  %32 = prim.reshape %31 : !row -> !column
  %33 = prim.broadcast %32 axes [0, 1, 2, 3] : !column -> !scores
  %34 = prim.binary div %30, %33 : !scores
  %35 = prim.dot %34, %13 batch [0, 1] x [0, 1] contract [3] x [2] : !scores, !values -> !values
  return %35 : !values
}

// -----

// Keys that pass through an activation of their own are no linear image of the row. The miss says where.
// CHECK-LABEL: func.func @activation
// CHECK-SAME: dsc.misses = [{expected = "constant matrices of the head times the latent row, or elements that all heads share", found = "prim.unary tanh, which depends on the head", kind = "mla", stage = "keys"
// CHECK-NOT: dsc.latent_attention
// CHECK: prim.unary exp
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
func.func @activation(%arg0: !rows) -> !values {
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
