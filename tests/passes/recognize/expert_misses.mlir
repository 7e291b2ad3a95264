// RUN: dsc-opt %s -split-input-file --recognize-experts 2>%t.err | FileCheck %s
// RUN: FileCheck %s --check-prefix=WARNING <%t.err
// SPDX-License-Identifier: Apache-2.0

// The second projection is that of the other slot's expert.
// CHECK-LABEL: @experts_of_the_slot_before
// CHECK-SAME: expected = "one operand that is a weight", found = "dot", kind = "moe", stage = "experts"
// CHECK: dsc.route  softmax %{{[^ ,)]*}} {scale = 1.000000e+00 : f64}
func.func @experts_of_the_slot_before(%arg0: tensor<?x4xf32, #prim.shape<"n", 4>>, %arg1: tensor<?x4xf32, #prim.shape<"n", 4>>, %0: tensor<4x6x4xf32>, %1: tensor<4x4x3xf32>) -> (tensor<?x4xf32, #prim.shape<"n", 4>>) {
  %weights, %ids = dsc.route  softmax %arg1 {scale = 1.000000e+00 : f64} : (tensor<?x4xf32, #prim.shape<"n", 4>>) -> (tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>)
  %2 = prim.slice %ids starts [0, 0] steps [1, 1] : tensor<?x2xi64, #prim.shape<"n", 2>> -> tensor<?x1xi64, #prim.shape<"n", 1>>
  %3 = prim.slice %ids starts [0, 1] steps [1, 1] : tensor<?x2xi64, #prim.shape<"n", 2>> -> tensor<?x1xi64, #prim.shape<"n", 1>>
  %4 = prim.concat %3, %2 axis 1 : (tensor<?x1xi64, #prim.shape<"n", 1>>, tensor<?x1xi64, #prim.shape<"n", 1>>) -> tensor<?x2xi64, #prim.shape<"n", 2>>
  %5 = prim.reshape %ids : tensor<?x2xi64, #prim.shape<"n", 2>> -> tensor<?x1xi64, #prim.shape<"2*n", 1>>
  %6 = prim.index_expr 0 : tensor<?x1xi64, #prim.shape<"2*n", 1>>
  %7 = prim.compare lt %5, %6 : tensor<?x1xi64, #prim.shape<"2*n", 1>> -> tensor<?x1xi1, #prim.shape<"2*n", 1>>
  %8 = prim.index_expr 4 : tensor<?x1xi64, #prim.shape<"2*n", 1>>
  %9 = prim.binary add %5, %8 : tensor<?x1xi64, #prim.shape<"2*n", 1>>
  %10 = prim.select %7, %9, %5 : tensor<?x1xi1, #prim.shape<"2*n", 1>>, tensor<?x1xi64, #prim.shape<"2*n", 1>>
  %11 = prim.gather_nd %0, %10 batch 0 : tensor<4x6x4xf32>, tensor<?x1xi64, #prim.shape<"2*n", 1>> -> tensor<?x6x4xf32, #prim.shape<"2*n", 6, 4>>
  %12 = prim.reshape %arg0 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x1x4xf32, #prim.shape<"n", 1, 4>>
  %13 = prim.broadcast %12 axes [0, 1, 2] : tensor<?x1x4xf32, #prim.shape<"n", 1, 4>> -> tensor<?x2x4xf32, #prim.shape<"n", 2, 4>>
  %14 = prim.reshape %13 : tensor<?x2x4xf32, #prim.shape<"n", 2, 4>> -> tensor<?x4x1xf32, #prim.shape<"2*n", 4, 1>>
  %15 = prim.dot %11, %14 batch [0] x [0] contract [2] x [1] : tensor<?x6x4xf32, #prim.shape<"2*n", 6, 4>>, tensor<?x4x1xf32, #prim.shape<"2*n", 4, 1>> -> tensor<?x6x1xf32, #prim.shape<"2*n", 6, 1>>
  %16 = prim.reshape %15 : tensor<?x6x1xf32, #prim.shape<"2*n", 6, 1>> -> tensor<?x6xf32, #prim.shape<"2*n", 6>>
  %17 = prim.reshape %4 : tensor<?x2xi64, #prim.shape<"n", 2>> -> tensor<?x1xi64, #prim.shape<"2*n", 1>>
  %18 = prim.compare lt %17, %6 : tensor<?x1xi64, #prim.shape<"2*n", 1>> -> tensor<?x1xi1, #prim.shape<"2*n", 1>>
  %19 = prim.binary add %17, %8 : tensor<?x1xi64, #prim.shape<"2*n", 1>>
  %20 = prim.select %18, %19, %17 : tensor<?x1xi1, #prim.shape<"2*n", 1>>, tensor<?x1xi64, #prim.shape<"2*n", 1>>
  %21 = prim.gather_nd %1, %20 batch 0 : tensor<4x4x3xf32>, tensor<?x1xi64, #prim.shape<"2*n", 1>> -> tensor<?x4x3xf32, #prim.shape<"2*n", 4, 3>>
  %22 = prim.slice %16 starts [0, 0] steps [1, 1] : tensor<?x6xf32, #prim.shape<"2*n", 6>> -> tensor<?x3xf32, #prim.shape<"2*n", 3>>
  %23 = prim.slice %16 starts [0, 3] steps [1, 1] : tensor<?x6xf32, #prim.shape<"2*n", 6>> -> tensor<?x3xf32, #prim.shape<"2*n", 3>>
  %24 = prim.unary neg %22 : tensor<?x3xf32, #prim.shape<"2*n", 3>> -> tensor<?x3xf32, #prim.shape<"2*n", 3>>
  %25 = prim.unary exp %24 : tensor<?x3xf32, #prim.shape<"2*n", 3>> -> tensor<?x3xf32, #prim.shape<"2*n", 3>>
  %26 = prim.constant dense<1.000000e+00> : tensor<f32>
  %27 = prim.broadcast %26 axes [] : tensor<f32> -> tensor<?x3xf32, #prim.shape<"2*n", 3>>
  %28 = prim.binary add %25, %27 : tensor<?x3xf32, #prim.shape<"2*n", 3>>
  %29 = prim.unary reciprocal %28 : tensor<?x3xf32, #prim.shape<"2*n", 3>> -> tensor<?x3xf32, #prim.shape<"2*n", 3>>
  %30 = prim.binary mul %22, %29 : tensor<?x3xf32, #prim.shape<"2*n", 3>>
  %31 = prim.binary mul %30, %23 : tensor<?x3xf32, #prim.shape<"2*n", 3>>
  %32 = prim.reshape %31 : tensor<?x3xf32, #prim.shape<"2*n", 3>> -> tensor<?x3x1xf32, #prim.shape<"2*n", 3, 1>>
  %33 = prim.dot %21, %32 batch [0] x [0] contract [2] x [1] : tensor<?x4x3xf32, #prim.shape<"2*n", 4, 3>>, tensor<?x3x1xf32, #prim.shape<"2*n", 3, 1>> -> tensor<?x4x1xf32, #prim.shape<"2*n", 4, 1>>
  %34 = prim.reshape %33 : tensor<?x4x1xf32, #prim.shape<"2*n", 4, 1>> -> tensor<?x4xf32, #prim.shape<"2*n", 4>>
  %35 = prim.reshape %weights : tensor<?x2xf32, #prim.shape<"n", 2>> -> tensor<?x1xf32, #prim.shape<"2*n", 1>>
  %36 = prim.broadcast %35 axes [0, 1] : tensor<?x1xf32, #prim.shape<"2*n", 1>> -> tensor<?x4xf32, #prim.shape<"2*n", 4>>
  %37 = prim.binary mul %34, %36 : tensor<?x4xf32, #prim.shape<"2*n", 4>>
  %38 = prim.reshape %37 : tensor<?x4xf32, #prim.shape<"2*n", 4>> -> tensor<?x2x4xf32, #prim.shape<"n", 2, 4>>
  %39 = prim.reduce sum %38 axes [1] : tensor<?x2x4xf32, #prim.shape<"n", 2, 4>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  return %39 : tensor<?x4xf32, #prim.shape<"n", 4>>
}

// -----

// The slope of the activation is gathered by expert.
// CHECK-LABEL: @activation_of_the_expert
// CHECK-SAME: expected = "an activation of one projection, times another", found = "mul", kind = "moe", stage = "experts"
// CHECK: dsc.route  softmax %{{[^ ,)]*}} {scale = 1.000000e+00 : f64}
func.func @activation_of_the_expert(%arg0: tensor<?x4xf32, #prim.shape<"n", 4>>, %arg1: tensor<?x4xf32, #prim.shape<"n", 4>>, %0: tensor<4x1xf32>, %1: tensor<4x6x4xf32>, %2: tensor<4x4x3xf32>) -> (tensor<?x4xf32, #prim.shape<"n", 4>>) {
  %weights, %ids = dsc.route  softmax %arg1 {scale = 1.000000e+00 : f64} : (tensor<?x4xf32, #prim.shape<"n", 4>>) -> (tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>)
  %3 = prim.reshape %ids : tensor<?x2xi64, #prim.shape<"n", 2>> -> tensor<?x1xi64, #prim.shape<"2*n", 1>>
  %4 = prim.index_expr 0 : tensor<?x1xi64, #prim.shape<"2*n", 1>>
  %5 = prim.compare lt %3, %4 : tensor<?x1xi64, #prim.shape<"2*n", 1>> -> tensor<?x1xi1, #prim.shape<"2*n", 1>>
  %6 = prim.index_expr 4 : tensor<?x1xi64, #prim.shape<"2*n", 1>>
  %7 = prim.binary add %3, %6 : tensor<?x1xi64, #prim.shape<"2*n", 1>>
  %8 = prim.select %5, %7, %3 : tensor<?x1xi1, #prim.shape<"2*n", 1>>, tensor<?x1xi64, #prim.shape<"2*n", 1>>
  %9 = prim.gather_nd %0, %8 batch 0 : tensor<4x1xf32>, tensor<?x1xi64, #prim.shape<"2*n", 1>> -> tensor<?x1xf32, #prim.shape<"2*n", 1>>
  %10 = prim.gather_nd %1, %8 batch 0 : tensor<4x6x4xf32>, tensor<?x1xi64, #prim.shape<"2*n", 1>> -> tensor<?x6x4xf32, #prim.shape<"2*n", 6, 4>>
  %11 = prim.reshape %arg0 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x1x4xf32, #prim.shape<"n", 1, 4>>
  %12 = prim.broadcast %11 axes [0, 1, 2] : tensor<?x1x4xf32, #prim.shape<"n", 1, 4>> -> tensor<?x2x4xf32, #prim.shape<"n", 2, 4>>
  %13 = prim.reshape %12 : tensor<?x2x4xf32, #prim.shape<"n", 2, 4>> -> tensor<?x4x1xf32, #prim.shape<"2*n", 4, 1>>
  %14 = prim.dot %10, %13 batch [0] x [0] contract [2] x [1] : tensor<?x6x4xf32, #prim.shape<"2*n", 6, 4>>, tensor<?x4x1xf32, #prim.shape<"2*n", 4, 1>> -> tensor<?x6x1xf32, #prim.shape<"2*n", 6, 1>>
  %15 = prim.reshape %14 : tensor<?x6x1xf32, #prim.shape<"2*n", 6, 1>> -> tensor<?x6xf32, #prim.shape<"2*n", 6>>
  %16 = prim.slice %15 starts [0, 0] steps [1, 1] : tensor<?x6xf32, #prim.shape<"2*n", 6>> -> tensor<?x3xf32, #prim.shape<"2*n", 3>>
  %17 = prim.slice %15 starts [0, 3] steps [1, 1] : tensor<?x6xf32, #prim.shape<"2*n", 6>> -> tensor<?x3xf32, #prim.shape<"2*n", 3>>
  %18 = prim.broadcast %9 axes [0, 1] : tensor<?x1xf32, #prim.shape<"2*n", 1>> -> tensor<?x3xf32, #prim.shape<"2*n", 3>>
  %19 = prim.binary mul %16, %18 : tensor<?x3xf32, #prim.shape<"2*n", 3>>
  %20 = prim.unary neg %19 : tensor<?x3xf32, #prim.shape<"2*n", 3>> -> tensor<?x3xf32, #prim.shape<"2*n", 3>>
  %21 = prim.unary exp %20 : tensor<?x3xf32, #prim.shape<"2*n", 3>> -> tensor<?x3xf32, #prim.shape<"2*n", 3>>
  %22 = prim.constant dense<1.000000e+00> : tensor<f32>
  %23 = prim.broadcast %22 axes [] : tensor<f32> -> tensor<?x3xf32, #prim.shape<"2*n", 3>>
  %24 = prim.binary add %21, %23 : tensor<?x3xf32, #prim.shape<"2*n", 3>>
  %25 = prim.unary reciprocal %24 : tensor<?x3xf32, #prim.shape<"2*n", 3>> -> tensor<?x3xf32, #prim.shape<"2*n", 3>>
  %26 = prim.binary mul %16, %25 : tensor<?x3xf32, #prim.shape<"2*n", 3>>
  %27 = prim.binary mul %26, %17 : tensor<?x3xf32, #prim.shape<"2*n", 3>>
  %28 = prim.gather_nd %2, %8 batch 0 : tensor<4x4x3xf32>, tensor<?x1xi64, #prim.shape<"2*n", 1>> -> tensor<?x4x3xf32, #prim.shape<"2*n", 4, 3>>
  %29 = prim.reshape %27 : tensor<?x3xf32, #prim.shape<"2*n", 3>> -> tensor<?x3x1xf32, #prim.shape<"2*n", 3, 1>>
  %30 = prim.dot %28, %29 batch [0] x [0] contract [2] x [1] : tensor<?x4x3xf32, #prim.shape<"2*n", 4, 3>>, tensor<?x3x1xf32, #prim.shape<"2*n", 3, 1>> -> tensor<?x4x1xf32, #prim.shape<"2*n", 4, 1>>
  %31 = prim.reshape %30 : tensor<?x4x1xf32, #prim.shape<"2*n", 4, 1>> -> tensor<?x4xf32, #prim.shape<"2*n", 4>>
  %32 = prim.reshape %weights : tensor<?x2xf32, #prim.shape<"n", 2>> -> tensor<?x1xf32, #prim.shape<"2*n", 1>>
  %33 = prim.broadcast %32 axes [0, 1] : tensor<?x1xf32, #prim.shape<"2*n", 1>> -> tensor<?x4xf32, #prim.shape<"2*n", 4>>
  %34 = prim.binary mul %31, %33 : tensor<?x4xf32, #prim.shape<"2*n", 4>>
  %35 = prim.reshape %34 : tensor<?x4xf32, #prim.shape<"2*n", 4>> -> tensor<?x2x4xf32, #prim.shape<"n", 2, 4>>
  %36 = prim.reduce sum %35 axes [1] : tensor<?x2x4xf32, #prim.shape<"n", 2, 4>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  return %36 : tensor<?x4xf32, #prim.shape<"n", 4>>
}

// -----

// Expert e is counted as e + 1.
// CHECK-LABEL: @bins_one_too_high
// CHECK-SAME: expected = "one part per expert, cut where the expert of the sorted rows changes", found = "parts that are not proved to be that", kind = "moe", stage = "experts"
// CHECK: dsc.route  softmax %{{[^ ,)]*}} {scale = 1.000000e+00 : f64}
func.func @bins_one_too_high(%arg0: tensor<?x4xf32, #prim.shape<"n", 4>>, %arg1: tensor<?x2xf32, #prim.shape<"n", 2>>, %2: tensor<2x4x6xf32>, %3: tensor<2x3x4xf32>) -> (tensor<?x4xf32, #prim.shape<"n", 4>>) {
  %0 = prim.constant dense<1.000000e+00> : tensor<f32>
  %1 = prim.constant dense<0.000000e+00> : tensor<2xf32>
  %weights, %ids = dsc.route  softmax %arg1 {scale = 1.000000e+00 : f64} : (tensor<?x2xf32, #prim.shape<"n", 2>>) -> (tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>)
  %4 = prim.reshape %ids : tensor<?x2xi64, #prim.shape<"n", 2>> -> tensor<?xi64, #prim.shape<"2*n">>
  %values, %indices = prim.top_k %4 : tensor<?xi64, #prim.shape<"2*n">> -> tensor<?xi64, #prim.shape<"2*n">>, tensor<?xi64, #prim.shape<"2*n">>
  %5 = prim.index_expr 2 : tensor<?xi64, #prim.shape<"2*n">>
  %6 = prim.binary div %indices, %5 : tensor<?xi64, #prim.shape<"2*n">>
  %7 = prim.reshape %6 : tensor<?xi64, #prim.shape<"2*n">> -> tensor<?x1xi64, #prim.shape<"2*n", 1>>
  %8 = prim.index_expr 0 : tensor<?x1xi64, #prim.shape<"2*n", 1>>
  %9 = prim.compare lt %7, %8 : tensor<?x1xi64, #prim.shape<"2*n", 1>> -> tensor<?x1xi1, #prim.shape<"2*n", 1>>
  %10 = prim.index_expr "n" : tensor<?x1xi64, #prim.shape<"2*n", 1>>
  %11 = prim.binary add %7, %10 : tensor<?x1xi64, #prim.shape<"2*n", 1>>
  %12 = prim.select %9, %11, %7 : tensor<?x1xi1, #prim.shape<"2*n", 1>>, tensor<?x1xi64, #prim.shape<"2*n", 1>>
  %13 = prim.gather_nd %arg0, %12 batch 0 : tensor<?x4xf32, #prim.shape<"n", 4>>, tensor<?x1xi64, #prim.shape<"2*n", 1>> -> tensor<?x4xf32, #prim.shape<"2*n", 4>>
  %14 = prim.convert %values : tensor<?xi64, #prim.shape<"2*n">> -> tensor<?xf32, #prim.shape<"2*n">>
  %15 = prim.broadcast %0 axes [] : tensor<f32> -> tensor<?xf32, #prim.shape<"2*n">>
  %16 = prim.binary add %14, %15 : tensor<?xf32, #prim.shape<"2*n">>
  %17 = prim.convert %16 : tensor<?xf32, #prim.shape<"2*n">> -> tensor<?xi64, #prim.shape<"2*n">>
  %18 = prim.index_expr 0 : tensor<?xi64, #prim.shape<"2*n">>
  %19 = prim.binary max %17, %18 : tensor<?xi64, #prim.shape<"2*n">>
  %20 = prim.index_expr 1 : tensor<?xi64, #prim.shape<"2*n">>
  %21 = prim.binary min %19, %20 : tensor<?xi64, #prim.shape<"2*n">>
  %22 = prim.compare lt %21, %18 : tensor<?xi64, #prim.shape<"2*n">> -> tensor<?xi1, #prim.shape<"2*n">>
  %23 = prim.binary add %21, %5 : tensor<?xi64, #prim.shape<"2*n">>
  %24 = prim.select %22, %23, %21 : tensor<?xi1, #prim.shape<"2*n">>, tensor<?xi64, #prim.shape<"2*n">>
  %25 = prim.scatter_along_axis add %1, %24, %15 axis 0 : tensor<2xf32>, tensor<?xi64, #prim.shape<"2*n">>, tensor<?xf32, #prim.shape<"2*n">>
  %26 = prim.convert %25 : tensor<2xf32> -> tensor<2xi64>
  %27 = prim.cumsum %26 axis 0 : tensor<2xi64>
  %28 = prim.slice %27 starts [0] steps [1] : tensor<2xi64> -> tensor<1xi64>
  %29 = prim.slice %27 starts [1] steps [1] : tensor<2xi64> -> tensor<1xi64>
  %30 = prim.index_expr 0 : tensor<i64>
  %31 = prim.reshape %28 : tensor<1xi64> -> tensor<i64>
  %32 = prim.binary sub %31, %30 : tensor<i64>
  %33 = prim.constant dense<0> : tensor<i64>
  %34 = prim.binary max %32, %33 : tensor<i64>
  prim.define_symbol "range.0" = %34 : tensor<i64>
  %35 = prim.index_expr "d0" : tensor<?xi64, #prim.shape<"range.0">>
  %36 = prim.reshape %29 : tensor<1xi64> -> tensor<i64>
  %37 = prim.binary sub %36, %31 : tensor<i64>
  %38 = prim.binary max %37, %33 : tensor<i64>
  prim.define_symbol "range.1" = %38 : tensor<i64>
  %39 = prim.index_expr "d0" : tensor<?xi64, #prim.shape<"range.1">>
  %40 = prim.broadcast %31 axes [] : tensor<i64> -> tensor<?xi64, #prim.shape<"range.1">>
  %41 = prim.binary add %40, %39 : tensor<?xi64, #prim.shape<"range.1">>
  %42 = prim.slice %2 starts [0, 0, 0] steps [1, 1, 1] : tensor<2x4x6xf32> -> tensor<1x4x6xf32>
  %43 = prim.slice %2 starts [1, 0, 0] steps [1, 1, 1] : tensor<2x4x6xf32> -> tensor<1x4x6xf32>
  %44 = prim.take %13, %35 axis 0 : tensor<?x4xf32, #prim.shape<"2*n", 4>>, tensor<?xi64, #prim.shape<"range.0">> -> tensor<?x4xf32, #prim.shape<"range.0", 4>>
  %45 = prim.reshape %42 : tensor<1x4x6xf32> -> tensor<4x6xf32>
  %46 = prim.dot %44, %45 batch [] x [] contract [1] x [0] : tensor<?x4xf32, #prim.shape<"range.0", 4>>, tensor<4x6xf32> -> tensor<?x6xf32, #prim.shape<"range.0", 6>>
  %47 = prim.index_expr 0 : tensor<?xi64, #prim.shape<"range.1">>
  %48 = prim.compare lt %41, %47 : tensor<?xi64, #prim.shape<"range.1">> -> tensor<?xi1, #prim.shape<"range.1">>
  %49 = prim.index_expr "2*n" : tensor<?xi64, #prim.shape<"range.1">>
  %50 = prim.binary add %41, %49 : tensor<?xi64, #prim.shape<"range.1">>
  %51 = prim.select %48, %50, %41 : tensor<?xi1, #prim.shape<"range.1">>, tensor<?xi64, #prim.shape<"range.1">>
  %52 = prim.take %13, %51 axis 0 : tensor<?x4xf32, #prim.shape<"2*n", 4>>, tensor<?xi64, #prim.shape<"range.1">> -> tensor<?x4xf32, #prim.shape<"range.1", 4>>
  %53 = prim.reshape %43 : tensor<1x4x6xf32> -> tensor<4x6xf32>
  %54 = prim.dot %52, %53 batch [] x [] contract [1] x [0] : tensor<?x4xf32, #prim.shape<"range.1", 4>>, tensor<4x6xf32> -> tensor<?x6xf32, #prim.shape<"range.1", 6>>
  %55 = prim.slice %46 starts [0, 0] steps [1, 1] : tensor<?x6xf32, #prim.shape<"range.0", 6>> -> tensor<?x3xf32, #prim.shape<"range.0", 3>>
  %56 = prim.slice %54 starts [0, 0] steps [1, 1] : tensor<?x6xf32, #prim.shape<"range.1", 6>> -> tensor<?x3xf32, #prim.shape<"range.1", 3>>
  %57 = prim.concat %55, %56 axis 0 : (tensor<?x3xf32, #prim.shape<"range.0", 3>>, tensor<?x3xf32, #prim.shape<"range.1", 3>>) -> tensor<?x3xf32, #prim.shape<"range.0 + range.1", 3>>
  %58 = prim.slice %46 starts [0, 3] steps [1, 1] : tensor<?x6xf32, #prim.shape<"range.0", 6>> -> tensor<?x3xf32, #prim.shape<"range.0", 3>>
  %59 = prim.slice %54 starts [0, 3] steps [1, 1] : tensor<?x6xf32, #prim.shape<"range.1", 6>> -> tensor<?x3xf32, #prim.shape<"range.1", 3>>
  %60 = prim.concat %58, %59 axis 0 : (tensor<?x3xf32, #prim.shape<"range.0", 3>>, tensor<?x3xf32, #prim.shape<"range.1", 3>>) -> tensor<?x3xf32, #prim.shape<"range.0 + range.1", 3>>
  %61 = prim.unary neg %57 : tensor<?x3xf32, #prim.shape<"range.0 + range.1", 3>> -> tensor<?x3xf32, #prim.shape<"range.0 + range.1", 3>>
  %62 = prim.unary exp %61 : tensor<?x3xf32, #prim.shape<"range.0 + range.1", 3>> -> tensor<?x3xf32, #prim.shape<"range.0 + range.1", 3>>
  %63 = prim.broadcast %0 axes [] : tensor<f32> -> tensor<?x3xf32, #prim.shape<"range.0 + range.1", 3>>
  %64 = prim.binary add %62, %63 : tensor<?x3xf32, #prim.shape<"range.0 + range.1", 3>>
  %65 = prim.unary reciprocal %64 : tensor<?x3xf32, #prim.shape<"range.0 + range.1", 3>> -> tensor<?x3xf32, #prim.shape<"range.0 + range.1", 3>>
  %66 = prim.binary mul %57, %65 : tensor<?x3xf32, #prim.shape<"range.0 + range.1", 3>>
  %67 = prim.binary mul %66, %60 : tensor<?x3xf32, #prim.shape<"range.0 + range.1", 3>>
  %68 = prim.slice %3 starts [0, 0, 0] steps [1, 1, 1] : tensor<2x3x4xf32> -> tensor<1x3x4xf32>
  %69 = prim.slice %3 starts [1, 0, 0] steps [1, 1, 1] : tensor<2x3x4xf32> -> tensor<1x3x4xf32>
  %70 = prim.take %67, %35 axis 0 : tensor<?x3xf32, #prim.shape<"range.0 + range.1", 3>>, tensor<?xi64, #prim.shape<"range.0">> -> tensor<?x3xf32, #prim.shape<"range.0", 3>>
  %71 = prim.reshape %68 : tensor<1x3x4xf32> -> tensor<3x4xf32>
  %72 = prim.dot %70, %71 batch [] x [] contract [1] x [0] : tensor<?x3xf32, #prim.shape<"range.0", 3>>, tensor<3x4xf32> -> tensor<?x4xf32, #prim.shape<"range.0", 4>>
  %73 = prim.index_expr "range.0 + range.1" : tensor<?xi64, #prim.shape<"range.1">>
  %74 = prim.binary add %41, %73 : tensor<?xi64, #prim.shape<"range.1">>
  %75 = prim.select %48, %74, %41 : tensor<?xi1, #prim.shape<"range.1">>, tensor<?xi64, #prim.shape<"range.1">>
  %76 = prim.take %67, %75 axis 0 : tensor<?x3xf32, #prim.shape<"range.0 + range.1", 3>>, tensor<?xi64, #prim.shape<"range.1">> -> tensor<?x3xf32, #prim.shape<"range.1", 3>>
  %77 = prim.reshape %69 : tensor<1x3x4xf32> -> tensor<3x4xf32>
  %78 = prim.dot %76, %77 batch [] x [] contract [1] x [0] : tensor<?x3xf32, #prim.shape<"range.1", 3>>, tensor<3x4xf32> -> tensor<?x4xf32, #prim.shape<"range.1", 4>>
  %79 = prim.concat %72, %78 axis 0 : (tensor<?x4xf32, #prim.shape<"range.0", 4>>, tensor<?x4xf32, #prim.shape<"range.1", 4>>) -> tensor<?x4xf32, #prim.shape<"range.0 + range.1", 4>>
  %80 = prim.reshape %weights : tensor<?x2xf32, #prim.shape<"n", 2>> -> tensor<?x1xf32, #prim.shape<"2*n", 1>>
  %81 = prim.compare lt %indices, %18 : tensor<?xi64, #prim.shape<"2*n">> -> tensor<?xi1, #prim.shape<"2*n">>
  %82 = prim.index_expr "2*n" : tensor<?xi64, #prim.shape<"2*n">>
  %83 = prim.binary add %indices, %82 : tensor<?xi64, #prim.shape<"2*n">>
  %84 = prim.select %81, %83, %indices : tensor<?xi1, #prim.shape<"2*n">>, tensor<?xi64, #prim.shape<"2*n">>
  %85 = prim.take %80, %84 axis 0 : tensor<?x1xf32, #prim.shape<"2*n", 1>>, tensor<?xi64, #prim.shape<"2*n">> -> tensor<?x1xf32, #prim.shape<"2*n", 1>>
  prim.require "range.0 + range.1" equals "2*n", "Mul: sizes of operands along dimension 0"
  %86 = prim.reshape %79 : tensor<?x4xf32, #prim.shape<"range.0 + range.1", 4>> -> tensor<?x4xf32, #prim.shape<"2*n", 4>>
  %87 = prim.broadcast %85 axes [0, 1] : tensor<?x1xf32, #prim.shape<"2*n", 1>> -> tensor<?x4xf32, #prim.shape<"2*n", 4>>
  %88 = prim.binary mul %86, %87 : tensor<?x4xf32, #prim.shape<"2*n", 4>>
  %89 = prim.reshape %indices : tensor<?xi64, #prim.shape<"2*n">> -> tensor<?x1xi64, #prim.shape<"2*n", 1>>
  %90 = prim.index_expr "d0" : tensor<?xi64, #prim.shape<"2*n">>
  %91 = prim.compare lt %89, %8 : tensor<?x1xi64, #prim.shape<"2*n", 1>> -> tensor<?x1xi1, #prim.shape<"2*n", 1>>
  %92 = prim.index_expr "2*n" : tensor<?x1xi64, #prim.shape<"2*n", 1>>
  %93 = prim.binary add %89, %92 : tensor<?x1xi64, #prim.shape<"2*n", 1>>
  %94 = prim.select %91, %93, %89 : tensor<?x1xi1, #prim.shape<"2*n", 1>>, tensor<?x1xi64, #prim.shape<"2*n", 1>>
  %95 = prim.scatter_nd set %18, %94, %90 axes [0] : tensor<?xi64, #prim.shape<"2*n">>, tensor<?x1xi64, #prim.shape<"2*n", 1>>, tensor<?xi64, #prim.shape<"2*n">>
  %96 = prim.reshape %95 : tensor<?xi64, #prim.shape<"2*n">> -> tensor<?x1xi64, #prim.shape<"2*n", 1>>
  %97 = prim.compare lt %96, %8 : tensor<?x1xi64, #prim.shape<"2*n", 1>> -> tensor<?x1xi1, #prim.shape<"2*n", 1>>
  %98 = prim.binary add %96, %92 : tensor<?x1xi64, #prim.shape<"2*n", 1>>
  %99 = prim.select %97, %98, %96 : tensor<?x1xi1, #prim.shape<"2*n", 1>>, tensor<?x1xi64, #prim.shape<"2*n", 1>>
  %100 = prim.gather_nd %88, %99 batch 0 : tensor<?x4xf32, #prim.shape<"2*n", 4>>, tensor<?x1xi64, #prim.shape<"2*n", 1>> -> tensor<?x4xf32, #prim.shape<"2*n", 4>>
  %101 = prim.reshape %100 : tensor<?x4xf32, #prim.shape<"2*n", 4>> -> tensor<?x2x4xf32, #prim.shape<"n", 2, 4>>
  %102 = prim.reduce sum %101 axes [1] : tensor<?x2x4xf32, #prim.shape<"n", 2, 4>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  return %102 : tensor<?x4xf32, #prim.shape<"n", 4>>
}

// -----

// The router chooses from three experts, the graph has two.
// WARNING: warning: missing experts: the router chooses from 3, the graph holds only 2 of them
// CHECK-LABEL: @missing_expert
// CHECK-SAME: expected = "3 experts, as many as the router chooses from", found = "2", kind = "moe", stage = "missing experts"
// CHECK: dsc.route  softmax %{{[^ ,)]*}} {scale = 1.000000e+00 : f64}
func.func @missing_expert(%arg0: tensor<?x4xf32, #prim.shape<"n", 4>>, %arg1: tensor<?x3xf32, #prim.shape<"n", 3>>, %1: tensor<4x3xf32>, %2: tensor<4x3xf32>, %3: tensor<3x4xf32>, %4: tensor<4x3xf32>, %5: tensor<4x3xf32>, %6: tensor<3x4xf32>) -> (tensor<?x4xf32, #prim.shape<"n", 4>>) {
  %0 = prim.constant dense<0.000000e+00> : tensor<f32>
  %weights, %ids = dsc.route  softmax %arg1 {scale = 1.000000e+00 : f64} : (tensor<?x3xf32, #prim.shape<"n", 3>>) -> (tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>)
  %7 = prim.reshape %weights : tensor<?x2xf32, #prim.shape<"n", 2>> -> tensor<?x1xf32, #prim.shape<"2*n", 1>>
  %8 = prim.broadcast %0 axes [] : tensor<f32> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %9 = prim.index_expr 0 : tensor<?x2xi64, #prim.shape<"n", 2>>
  %10 = prim.compare eq %ids, %9 : tensor<?x2xi64, #prim.shape<"n", 2>> -> tensor<?x2xi1, #prim.shape<"n", 2>>
  %11 = prim.convert %10 : tensor<?x2xi1, #prim.shape<"n", 2>> -> tensor<?x2xi64, #prim.shape<"n", 2>>
  %12 = prim.reduce sum %11 axes [0, 1] : tensor<?x2xi64, #prim.shape<"n", 2>> -> tensor<i64>
  prim.define_symbol "nonzero.0" = %12 : tensor<i64>
  %13 = prim.nonzero %10 : tensor<?x2xi1, #prim.shape<"n", 2>> -> tensor<2x?xi64, #prim.shape<2, "nonzero.0">>
  %14 = prim.slice %13 starts [0, 0] steps [1, 1] : tensor<2x?xi64, #prim.shape<2, "nonzero.0">> -> tensor<1x?xi64, #prim.shape<1, "nonzero.0">>
  %15 = prim.slice %13 starts [1, 0] steps [1, 1] : tensor<2x?xi64, #prim.shape<2, "nonzero.0">> -> tensor<1x?xi64, #prim.shape<1, "nonzero.0">>
  %16 = prim.reshape %14 : tensor<1x?xi64, #prim.shape<1, "nonzero.0">> -> tensor<?xi64, #prim.shape<"nonzero.0">>
  %17 = prim.reshape %15 : tensor<1x?xi64, #prim.shape<1, "nonzero.0">> -> tensor<?xi64, #prim.shape<"nonzero.0">>
  %18 = prim.index_expr 2 : tensor<?xi64, #prim.shape<"nonzero.0">>
  %19 = prim.binary mul %16, %18 : tensor<?xi64, #prim.shape<"nonzero.0">>
  %20 = prim.binary add %19, %17 : tensor<?xi64, #prim.shape<"nonzero.0">>
  %21 = prim.index_expr 0 : tensor<?xi64, #prim.shape<"nonzero.0">>
  %22 = prim.compare lt %20, %21 : tensor<?xi64, #prim.shape<"nonzero.0">> -> tensor<?xi1, #prim.shape<"nonzero.0">>
  %23 = prim.index_expr "2*n" : tensor<?xi64, #prim.shape<"nonzero.0">>
  %24 = prim.binary add %20, %23 : tensor<?xi64, #prim.shape<"nonzero.0">>
  %25 = prim.select %22, %24, %20 : tensor<?xi1, #prim.shape<"nonzero.0">>, tensor<?xi64, #prim.shape<"nonzero.0">>
  %26 = prim.take %7, %25 axis 0 : tensor<?x1xf32, #prim.shape<"2*n", 1>>, tensor<?xi64, #prim.shape<"nonzero.0">> -> tensor<?x1xf32, #prim.shape<"nonzero.0", 1>>
  %27 = prim.compare lt %16, %21 : tensor<?xi64, #prim.shape<"nonzero.0">> -> tensor<?xi1, #prim.shape<"nonzero.0">>
  %28 = prim.index_expr "n" : tensor<?xi64, #prim.shape<"nonzero.0">>
  %29 = prim.binary add %16, %28 : tensor<?xi64, #prim.shape<"nonzero.0">>
  %30 = prim.select %27, %29, %16 : tensor<?xi1, #prim.shape<"nonzero.0">>, tensor<?xi64, #prim.shape<"nonzero.0">>
  %31 = prim.take %arg0, %30 axis 0 : tensor<?x4xf32, #prim.shape<"n", 4>>, tensor<?xi64, #prim.shape<"nonzero.0">> -> tensor<?x4xf32, #prim.shape<"nonzero.0", 4>>
  %32 = prim.dot %31, %1 batch [] x [] contract [1] x [0] : tensor<?x4xf32, #prim.shape<"nonzero.0", 4>>, tensor<4x3xf32> -> tensor<?x3xf32, #prim.shape<"nonzero.0", 3>>
  %33 = prim.unary neg %32 : tensor<?x3xf32, #prim.shape<"nonzero.0", 3>> -> tensor<?x3xf32, #prim.shape<"nonzero.0", 3>>
  %34 = prim.unary exp %33 : tensor<?x3xf32, #prim.shape<"nonzero.0", 3>> -> tensor<?x3xf32, #prim.shape<"nonzero.0", 3>>
  %35 = prim.constant dense<1.000000e+00> : tensor<f32>
  %36 = prim.broadcast %35 axes [] : tensor<f32> -> tensor<?x3xf32, #prim.shape<"nonzero.0", 3>>
  %37 = prim.binary add %34, %36 : tensor<?x3xf32, #prim.shape<"nonzero.0", 3>>
  %38 = prim.unary reciprocal %37 : tensor<?x3xf32, #prim.shape<"nonzero.0", 3>> -> tensor<?x3xf32, #prim.shape<"nonzero.0", 3>>
  %39 = prim.binary mul %32, %38 : tensor<?x3xf32, #prim.shape<"nonzero.0", 3>>
  %40 = prim.dot %31, %2 batch [] x [] contract [1] x [0] : tensor<?x4xf32, #prim.shape<"nonzero.0", 4>>, tensor<4x3xf32> -> tensor<?x3xf32, #prim.shape<"nonzero.0", 3>>
  %41 = prim.binary mul %39, %40 : tensor<?x3xf32, #prim.shape<"nonzero.0", 3>>
  %42 = prim.dot %41, %3 batch [] x [] contract [1] x [0] : tensor<?x3xf32, #prim.shape<"nonzero.0", 3>>, tensor<3x4xf32> -> tensor<?x4xf32, #prim.shape<"nonzero.0", 4>>
  %43 = prim.broadcast %26 axes [0, 1] : tensor<?x1xf32, #prim.shape<"nonzero.0", 1>> -> tensor<?x4xf32, #prim.shape<"nonzero.0", 4>>
  %44 = prim.binary mul %42, %43 : tensor<?x4xf32, #prim.shape<"nonzero.0", 4>>
  %45 = prim.reshape %14 : tensor<1x?xi64, #prim.shape<1, "nonzero.0">> -> tensor<?x1xi64, #prim.shape<"nonzero.0", 1>>
  %46 = prim.broadcast %45 axes [0, 1] : tensor<?x1xi64, #prim.shape<"nonzero.0", 1>> -> tensor<?x4xi64, #prim.shape<"nonzero.0", 4>>
  %47 = prim.index_expr 0 : tensor<?x4xi64, #prim.shape<"nonzero.0", 4>>
  %48 = prim.compare lt %46, %47 : tensor<?x4xi64, #prim.shape<"nonzero.0", 4>> -> tensor<?x4xi1, #prim.shape<"nonzero.0", 4>>
  %49 = prim.index_expr "n" : tensor<?x4xi64, #prim.shape<"nonzero.0", 4>>
  %50 = prim.binary add %46, %49 : tensor<?x4xi64, #prim.shape<"nonzero.0", 4>>
  %51 = prim.select %48, %50, %46 : tensor<?x4xi1, #prim.shape<"nonzero.0", 4>>, tensor<?x4xi64, #prim.shape<"nonzero.0", 4>>
  %52 = prim.scatter_along_axis set %8, %51, %44 axis 0 : tensor<?x4xf32, #prim.shape<"n", 4>>, tensor<?x4xi64, #prim.shape<"nonzero.0", 4>>, tensor<?x4xf32, #prim.shape<"nonzero.0", 4>>
  %53 = prim.binary add %8, %52 : tensor<?x4xf32, #prim.shape<"n", 4>>
  %54 = prim.index_expr 2 : tensor<?x2xi64, #prim.shape<"n", 2>>
  %55 = prim.compare eq %ids, %54 : tensor<?x2xi64, #prim.shape<"n", 2>> -> tensor<?x2xi1, #prim.shape<"n", 2>>
  %56 = prim.convert %55 : tensor<?x2xi1, #prim.shape<"n", 2>> -> tensor<?x2xi64, #prim.shape<"n", 2>>
  %57 = prim.reduce sum %56 axes [0, 1] : tensor<?x2xi64, #prim.shape<"n", 2>> -> tensor<i64>
  prim.define_symbol "nonzero.1" = %57 : tensor<i64>
  %58 = prim.nonzero %55 : tensor<?x2xi1, #prim.shape<"n", 2>> -> tensor<2x?xi64, #prim.shape<2, "nonzero.1">>
  %59 = prim.slice %58 starts [0, 0] steps [1, 1] : tensor<2x?xi64, #prim.shape<2, "nonzero.1">> -> tensor<1x?xi64, #prim.shape<1, "nonzero.1">>
  %60 = prim.slice %58 starts [1, 0] steps [1, 1] : tensor<2x?xi64, #prim.shape<2, "nonzero.1">> -> tensor<1x?xi64, #prim.shape<1, "nonzero.1">>
  %61 = prim.reshape %59 : tensor<1x?xi64, #prim.shape<1, "nonzero.1">> -> tensor<?xi64, #prim.shape<"nonzero.1">>
  %62 = prim.reshape %60 : tensor<1x?xi64, #prim.shape<1, "nonzero.1">> -> tensor<?xi64, #prim.shape<"nonzero.1">>
  %63 = prim.index_expr 2 : tensor<?xi64, #prim.shape<"nonzero.1">>
  %64 = prim.binary mul %61, %63 : tensor<?xi64, #prim.shape<"nonzero.1">>
  %65 = prim.binary add %64, %62 : tensor<?xi64, #prim.shape<"nonzero.1">>
  %66 = prim.index_expr 0 : tensor<?xi64, #prim.shape<"nonzero.1">>
  %67 = prim.compare lt %65, %66 : tensor<?xi64, #prim.shape<"nonzero.1">> -> tensor<?xi1, #prim.shape<"nonzero.1">>
  %68 = prim.index_expr "2*n" : tensor<?xi64, #prim.shape<"nonzero.1">>
  %69 = prim.binary add %65, %68 : tensor<?xi64, #prim.shape<"nonzero.1">>
  %70 = prim.select %67, %69, %65 : tensor<?xi1, #prim.shape<"nonzero.1">>, tensor<?xi64, #prim.shape<"nonzero.1">>
  %71 = prim.take %7, %70 axis 0 : tensor<?x1xf32, #prim.shape<"2*n", 1>>, tensor<?xi64, #prim.shape<"nonzero.1">> -> tensor<?x1xf32, #prim.shape<"nonzero.1", 1>>
  %72 = prim.compare lt %61, %66 : tensor<?xi64, #prim.shape<"nonzero.1">> -> tensor<?xi1, #prim.shape<"nonzero.1">>
  %73 = prim.index_expr "n" : tensor<?xi64, #prim.shape<"nonzero.1">>
  %74 = prim.binary add %61, %73 : tensor<?xi64, #prim.shape<"nonzero.1">>
  %75 = prim.select %72, %74, %61 : tensor<?xi1, #prim.shape<"nonzero.1">>, tensor<?xi64, #prim.shape<"nonzero.1">>
  %76 = prim.take %arg0, %75 axis 0 : tensor<?x4xf32, #prim.shape<"n", 4>>, tensor<?xi64, #prim.shape<"nonzero.1">> -> tensor<?x4xf32, #prim.shape<"nonzero.1", 4>>
  %77 = prim.dot %76, %4 batch [] x [] contract [1] x [0] : tensor<?x4xf32, #prim.shape<"nonzero.1", 4>>, tensor<4x3xf32> -> tensor<?x3xf32, #prim.shape<"nonzero.1", 3>>
  %78 = prim.unary neg %77 : tensor<?x3xf32, #prim.shape<"nonzero.1", 3>> -> tensor<?x3xf32, #prim.shape<"nonzero.1", 3>>
  %79 = prim.unary exp %78 : tensor<?x3xf32, #prim.shape<"nonzero.1", 3>> -> tensor<?x3xf32, #prim.shape<"nonzero.1", 3>>
  %80 = prim.broadcast %35 axes [] : tensor<f32> -> tensor<?x3xf32, #prim.shape<"nonzero.1", 3>>
  %81 = prim.binary add %79, %80 : tensor<?x3xf32, #prim.shape<"nonzero.1", 3>>
  %82 = prim.unary reciprocal %81 : tensor<?x3xf32, #prim.shape<"nonzero.1", 3>> -> tensor<?x3xf32, #prim.shape<"nonzero.1", 3>>
  %83 = prim.binary mul %77, %82 : tensor<?x3xf32, #prim.shape<"nonzero.1", 3>>
  %84 = prim.dot %76, %5 batch [] x [] contract [1] x [0] : tensor<?x4xf32, #prim.shape<"nonzero.1", 4>>, tensor<4x3xf32> -> tensor<?x3xf32, #prim.shape<"nonzero.1", 3>>
  %85 = prim.binary mul %83, %84 : tensor<?x3xf32, #prim.shape<"nonzero.1", 3>>
  %86 = prim.dot %85, %6 batch [] x [] contract [1] x [0] : tensor<?x3xf32, #prim.shape<"nonzero.1", 3>>, tensor<3x4xf32> -> tensor<?x4xf32, #prim.shape<"nonzero.1", 4>>
  %87 = prim.broadcast %71 axes [0, 1] : tensor<?x1xf32, #prim.shape<"nonzero.1", 1>> -> tensor<?x4xf32, #prim.shape<"nonzero.1", 4>>
  %88 = prim.binary mul %86, %87 : tensor<?x4xf32, #prim.shape<"nonzero.1", 4>>
  %89 = prim.reshape %59 : tensor<1x?xi64, #prim.shape<1, "nonzero.1">> -> tensor<?x1xi64, #prim.shape<"nonzero.1", 1>>
  %90 = prim.broadcast %89 axes [0, 1] : tensor<?x1xi64, #prim.shape<"nonzero.1", 1>> -> tensor<?x4xi64, #prim.shape<"nonzero.1", 4>>
  %91 = prim.index_expr 0 : tensor<?x4xi64, #prim.shape<"nonzero.1", 4>>
  %92 = prim.compare lt %90, %91 : tensor<?x4xi64, #prim.shape<"nonzero.1", 4>> -> tensor<?x4xi1, #prim.shape<"nonzero.1", 4>>
  %93 = prim.index_expr "n" : tensor<?x4xi64, #prim.shape<"nonzero.1", 4>>
  %94 = prim.binary add %90, %93 : tensor<?x4xi64, #prim.shape<"nonzero.1", 4>>
  %95 = prim.select %92, %94, %90 : tensor<?x4xi1, #prim.shape<"nonzero.1", 4>>, tensor<?x4xi64, #prim.shape<"nonzero.1", 4>>
  %96 = prim.scatter_along_axis set %8, %95, %88 axis 0 : tensor<?x4xf32, #prim.shape<"n", 4>>, tensor<?x4xi64, #prim.shape<"nonzero.1", 4>>, tensor<?x4xf32, #prim.shape<"nonzero.1", 4>>
  %97 = prim.binary add %53, %96 : tensor<?x4xf32, #prim.shape<"n", 4>>
  return %97 : tensor<?x4xf32, #prim.shape<"n", 4>>
}

// -----

// The second round replaces what the first has written.
// CHECK-LABEL: @overwritten
// CHECK-SAME: expected = "a sum over slots of what the chosen experts compute", found = "none", kind = "moe", stage = "experts"
// CHECK: dsc.route  softmax %{{[^ ,)]*}} {scale = 1.000000e+00 : f64}
func.func @overwritten(%arg0: tensor<?x4xf32, #prim.shape<"n", 4>>, %arg1: tensor<?x2xf32, #prim.shape<"n", 2>>, %1: tensor<4x3xf32>, %2: tensor<4x3xf32>, %3: tensor<3x4xf32>, %4: tensor<4x3xf32>, %5: tensor<4x3xf32>, %6: tensor<3x4xf32>) -> (tensor<?x4xf32, #prim.shape<"n", 4>>) {
  %0 = prim.constant dense<0.000000e+00> : tensor<f32>
  %weights, %ids = dsc.route  softmax %arg1 {scale = 1.000000e+00 : f64} : (tensor<?x2xf32, #prim.shape<"n", 2>>) -> (tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>)
  %7 = prim.reshape %weights : tensor<?x2xf32, #prim.shape<"n", 2>> -> tensor<?x1xf32, #prim.shape<"2*n", 1>>
  %8 = prim.broadcast %0 axes [] : tensor<f32> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %9 = prim.index_expr 0 : tensor<?x2xi64, #prim.shape<"n", 2>>
  %10 = prim.compare eq %ids, %9 : tensor<?x2xi64, #prim.shape<"n", 2>> -> tensor<?x2xi1, #prim.shape<"n", 2>>
  %11 = prim.convert %10 : tensor<?x2xi1, #prim.shape<"n", 2>> -> tensor<?x2xi64, #prim.shape<"n", 2>>
  %12 = prim.reduce sum %11 axes [0, 1] : tensor<?x2xi64, #prim.shape<"n", 2>> -> tensor<i64>
  prim.define_symbol "nonzero.0" = %12 : tensor<i64>
  %13 = prim.nonzero %10 : tensor<?x2xi1, #prim.shape<"n", 2>> -> tensor<2x?xi64, #prim.shape<2, "nonzero.0">>
  %14 = prim.slice %13 starts [0, 0] steps [1, 1] : tensor<2x?xi64, #prim.shape<2, "nonzero.0">> -> tensor<1x?xi64, #prim.shape<1, "nonzero.0">>
  %15 = prim.slice %13 starts [1, 0] steps [1, 1] : tensor<2x?xi64, #prim.shape<2, "nonzero.0">> -> tensor<1x?xi64, #prim.shape<1, "nonzero.0">>
  %16 = prim.reshape %14 : tensor<1x?xi64, #prim.shape<1, "nonzero.0">> -> tensor<?xi64, #prim.shape<"nonzero.0">>
  %17 = prim.reshape %15 : tensor<1x?xi64, #prim.shape<1, "nonzero.0">> -> tensor<?xi64, #prim.shape<"nonzero.0">>
  %18 = prim.index_expr 2 : tensor<?xi64, #prim.shape<"nonzero.0">>
  %19 = prim.binary mul %16, %18 : tensor<?xi64, #prim.shape<"nonzero.0">>
  %20 = prim.binary add %19, %17 : tensor<?xi64, #prim.shape<"nonzero.0">>
  %21 = prim.index_expr 0 : tensor<?xi64, #prim.shape<"nonzero.0">>
  %22 = prim.compare lt %20, %21 : tensor<?xi64, #prim.shape<"nonzero.0">> -> tensor<?xi1, #prim.shape<"nonzero.0">>
  %23 = prim.index_expr "2*n" : tensor<?xi64, #prim.shape<"nonzero.0">>
  %24 = prim.binary add %20, %23 : tensor<?xi64, #prim.shape<"nonzero.0">>
  %25 = prim.select %22, %24, %20 : tensor<?xi1, #prim.shape<"nonzero.0">>, tensor<?xi64, #prim.shape<"nonzero.0">>
  %26 = prim.take %7, %25 axis 0 : tensor<?x1xf32, #prim.shape<"2*n", 1>>, tensor<?xi64, #prim.shape<"nonzero.0">> -> tensor<?x1xf32, #prim.shape<"nonzero.0", 1>>
  %27 = prim.compare lt %16, %21 : tensor<?xi64, #prim.shape<"nonzero.0">> -> tensor<?xi1, #prim.shape<"nonzero.0">>
  %28 = prim.index_expr "n" : tensor<?xi64, #prim.shape<"nonzero.0">>
  %29 = prim.binary add %16, %28 : tensor<?xi64, #prim.shape<"nonzero.0">>
  %30 = prim.select %27, %29, %16 : tensor<?xi1, #prim.shape<"nonzero.0">>, tensor<?xi64, #prim.shape<"nonzero.0">>
  %31 = prim.take %arg0, %30 axis 0 : tensor<?x4xf32, #prim.shape<"n", 4>>, tensor<?xi64, #prim.shape<"nonzero.0">> -> tensor<?x4xf32, #prim.shape<"nonzero.0", 4>>
  %32 = prim.dot %31, %1 batch [] x [] contract [1] x [0] : tensor<?x4xf32, #prim.shape<"nonzero.0", 4>>, tensor<4x3xf32> -> tensor<?x3xf32, #prim.shape<"nonzero.0", 3>>
  %33 = prim.unary neg %32 : tensor<?x3xf32, #prim.shape<"nonzero.0", 3>> -> tensor<?x3xf32, #prim.shape<"nonzero.0", 3>>
  %34 = prim.unary exp %33 : tensor<?x3xf32, #prim.shape<"nonzero.0", 3>> -> tensor<?x3xf32, #prim.shape<"nonzero.0", 3>>
  %35 = prim.constant dense<1.000000e+00> : tensor<f32>
  %36 = prim.broadcast %35 axes [] : tensor<f32> -> tensor<?x3xf32, #prim.shape<"nonzero.0", 3>>
  %37 = prim.binary add %34, %36 : tensor<?x3xf32, #prim.shape<"nonzero.0", 3>>
  %38 = prim.unary reciprocal %37 : tensor<?x3xf32, #prim.shape<"nonzero.0", 3>> -> tensor<?x3xf32, #prim.shape<"nonzero.0", 3>>
  %39 = prim.binary mul %32, %38 : tensor<?x3xf32, #prim.shape<"nonzero.0", 3>>
  %40 = prim.dot %31, %2 batch [] x [] contract [1] x [0] : tensor<?x4xf32, #prim.shape<"nonzero.0", 4>>, tensor<4x3xf32> -> tensor<?x3xf32, #prim.shape<"nonzero.0", 3>>
  %41 = prim.binary mul %39, %40 : tensor<?x3xf32, #prim.shape<"nonzero.0", 3>>
  %42 = prim.dot %41, %3 batch [] x [] contract [1] x [0] : tensor<?x3xf32, #prim.shape<"nonzero.0", 3>>, tensor<3x4xf32> -> tensor<?x4xf32, #prim.shape<"nonzero.0", 4>>
  %43 = prim.broadcast %26 axes [0, 1] : tensor<?x1xf32, #prim.shape<"nonzero.0", 1>> -> tensor<?x4xf32, #prim.shape<"nonzero.0", 4>>
  %44 = prim.binary mul %42, %43 : tensor<?x4xf32, #prim.shape<"nonzero.0", 4>>
  %45 = prim.reshape %14 : tensor<1x?xi64, #prim.shape<1, "nonzero.0">> -> tensor<?x1xi64, #prim.shape<"nonzero.0", 1>>
  %46 = prim.broadcast %45 axes [0, 1] : tensor<?x1xi64, #prim.shape<"nonzero.0", 1>> -> tensor<?x4xi64, #prim.shape<"nonzero.0", 4>>
  %47 = prim.index_expr 0 : tensor<?x4xi64, #prim.shape<"nonzero.0", 4>>
  %48 = prim.compare lt %46, %47 : tensor<?x4xi64, #prim.shape<"nonzero.0", 4>> -> tensor<?x4xi1, #prim.shape<"nonzero.0", 4>>
  %49 = prim.index_expr "n" : tensor<?x4xi64, #prim.shape<"nonzero.0", 4>>
  %50 = prim.binary add %46, %49 : tensor<?x4xi64, #prim.shape<"nonzero.0", 4>>
  %51 = prim.select %48, %50, %46 : tensor<?x4xi1, #prim.shape<"nonzero.0", 4>>, tensor<?x4xi64, #prim.shape<"nonzero.0", 4>>
  %52 = prim.scatter_along_axis set %8, %51, %44 axis 0 : tensor<?x4xf32, #prim.shape<"n", 4>>, tensor<?x4xi64, #prim.shape<"nonzero.0", 4>>, tensor<?x4xf32, #prim.shape<"nonzero.0", 4>>
  %53 = prim.index_expr 1 : tensor<?x2xi64, #prim.shape<"n", 2>>
  %54 = prim.compare eq %ids, %53 : tensor<?x2xi64, #prim.shape<"n", 2>> -> tensor<?x2xi1, #prim.shape<"n", 2>>
  %55 = prim.convert %54 : tensor<?x2xi1, #prim.shape<"n", 2>> -> tensor<?x2xi64, #prim.shape<"n", 2>>
  %56 = prim.reduce sum %55 axes [0, 1] : tensor<?x2xi64, #prim.shape<"n", 2>> -> tensor<i64>
  prim.define_symbol "nonzero.1" = %56 : tensor<i64>
  %57 = prim.nonzero %54 : tensor<?x2xi1, #prim.shape<"n", 2>> -> tensor<2x?xi64, #prim.shape<2, "nonzero.1">>
  %58 = prim.slice %57 starts [0, 0] steps [1, 1] : tensor<2x?xi64, #prim.shape<2, "nonzero.1">> -> tensor<1x?xi64, #prim.shape<1, "nonzero.1">>
  %59 = prim.slice %57 starts [1, 0] steps [1, 1] : tensor<2x?xi64, #prim.shape<2, "nonzero.1">> -> tensor<1x?xi64, #prim.shape<1, "nonzero.1">>
  %60 = prim.reshape %58 : tensor<1x?xi64, #prim.shape<1, "nonzero.1">> -> tensor<?xi64, #prim.shape<"nonzero.1">>
  %61 = prim.reshape %59 : tensor<1x?xi64, #prim.shape<1, "nonzero.1">> -> tensor<?xi64, #prim.shape<"nonzero.1">>
  %62 = prim.index_expr 2 : tensor<?xi64, #prim.shape<"nonzero.1">>
  %63 = prim.binary mul %60, %62 : tensor<?xi64, #prim.shape<"nonzero.1">>
  %64 = prim.binary add %63, %61 : tensor<?xi64, #prim.shape<"nonzero.1">>
  %65 = prim.index_expr 0 : tensor<?xi64, #prim.shape<"nonzero.1">>
  %66 = prim.compare lt %64, %65 : tensor<?xi64, #prim.shape<"nonzero.1">> -> tensor<?xi1, #prim.shape<"nonzero.1">>
  %67 = prim.index_expr "2*n" : tensor<?xi64, #prim.shape<"nonzero.1">>
  %68 = prim.binary add %64, %67 : tensor<?xi64, #prim.shape<"nonzero.1">>
  %69 = prim.select %66, %68, %64 : tensor<?xi1, #prim.shape<"nonzero.1">>, tensor<?xi64, #prim.shape<"nonzero.1">>
  %70 = prim.take %7, %69 axis 0 : tensor<?x1xf32, #prim.shape<"2*n", 1>>, tensor<?xi64, #prim.shape<"nonzero.1">> -> tensor<?x1xf32, #prim.shape<"nonzero.1", 1>>
  %71 = prim.compare lt %60, %65 : tensor<?xi64, #prim.shape<"nonzero.1">> -> tensor<?xi1, #prim.shape<"nonzero.1">>
  %72 = prim.index_expr "n" : tensor<?xi64, #prim.shape<"nonzero.1">>
  %73 = prim.binary add %60, %72 : tensor<?xi64, #prim.shape<"nonzero.1">>
  %74 = prim.select %71, %73, %60 : tensor<?xi1, #prim.shape<"nonzero.1">>, tensor<?xi64, #prim.shape<"nonzero.1">>
  %75 = prim.take %arg0, %74 axis 0 : tensor<?x4xf32, #prim.shape<"n", 4>>, tensor<?xi64, #prim.shape<"nonzero.1">> -> tensor<?x4xf32, #prim.shape<"nonzero.1", 4>>
  %76 = prim.dot %75, %4 batch [] x [] contract [1] x [0] : tensor<?x4xf32, #prim.shape<"nonzero.1", 4>>, tensor<4x3xf32> -> tensor<?x3xf32, #prim.shape<"nonzero.1", 3>>
  %77 = prim.unary neg %76 : tensor<?x3xf32, #prim.shape<"nonzero.1", 3>> -> tensor<?x3xf32, #prim.shape<"nonzero.1", 3>>
  %78 = prim.unary exp %77 : tensor<?x3xf32, #prim.shape<"nonzero.1", 3>> -> tensor<?x3xf32, #prim.shape<"nonzero.1", 3>>
  %79 = prim.broadcast %35 axes [] : tensor<f32> -> tensor<?x3xf32, #prim.shape<"nonzero.1", 3>>
  %80 = prim.binary add %78, %79 : tensor<?x3xf32, #prim.shape<"nonzero.1", 3>>
  %81 = prim.unary reciprocal %80 : tensor<?x3xf32, #prim.shape<"nonzero.1", 3>> -> tensor<?x3xf32, #prim.shape<"nonzero.1", 3>>
  %82 = prim.binary mul %76, %81 : tensor<?x3xf32, #prim.shape<"nonzero.1", 3>>
  %83 = prim.dot %75, %5 batch [] x [] contract [1] x [0] : tensor<?x4xf32, #prim.shape<"nonzero.1", 4>>, tensor<4x3xf32> -> tensor<?x3xf32, #prim.shape<"nonzero.1", 3>>
  %84 = prim.binary mul %82, %83 : tensor<?x3xf32, #prim.shape<"nonzero.1", 3>>
  %85 = prim.dot %84, %6 batch [] x [] contract [1] x [0] : tensor<?x3xf32, #prim.shape<"nonzero.1", 3>>, tensor<3x4xf32> -> tensor<?x4xf32, #prim.shape<"nonzero.1", 4>>
  %86 = prim.broadcast %70 axes [0, 1] : tensor<?x1xf32, #prim.shape<"nonzero.1", 1>> -> tensor<?x4xf32, #prim.shape<"nonzero.1", 4>>
  %87 = prim.binary mul %85, %86 : tensor<?x4xf32, #prim.shape<"nonzero.1", 4>>
  %88 = prim.reshape %58 : tensor<1x?xi64, #prim.shape<1, "nonzero.1">> -> tensor<?x1xi64, #prim.shape<"nonzero.1", 1>>
  %89 = prim.broadcast %88 axes [0, 1] : tensor<?x1xi64, #prim.shape<"nonzero.1", 1>> -> tensor<?x4xi64, #prim.shape<"nonzero.1", 4>>
  %90 = prim.index_expr 0 : tensor<?x4xi64, #prim.shape<"nonzero.1", 4>>
  %91 = prim.compare lt %89, %90 : tensor<?x4xi64, #prim.shape<"nonzero.1", 4>> -> tensor<?x4xi1, #prim.shape<"nonzero.1", 4>>
  %92 = prim.index_expr "n" : tensor<?x4xi64, #prim.shape<"nonzero.1", 4>>
  %93 = prim.binary add %89, %92 : tensor<?x4xi64, #prim.shape<"nonzero.1", 4>>
  %94 = prim.select %91, %93, %89 : tensor<?x4xi1, #prim.shape<"nonzero.1", 4>>, tensor<?x4xi64, #prim.shape<"nonzero.1", 4>>
  %95 = prim.scatter_along_axis set %52, %94, %87 axis 0 : tensor<?x4xf32, #prim.shape<"n", 4>>, tensor<?x4xi64, #prim.shape<"nonzero.1", 4>>, tensor<?x4xf32, #prim.shape<"nonzero.1", 4>>
  return %95 : tensor<?x4xf32, #prim.shape<"n", 4>>
}
