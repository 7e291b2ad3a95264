// RUN: dsc-opt %s -split-input-file --recognize-routers | FileCheck %s
// SPDX-License-Identifier: Apache-2.0

// The values of the choice, divided by their sum.
// CHECK-LABEL: @softmax_renormalised
// CHECK: dsc.route  softmax %{{[^ ,)]*}} {renormalise = 0.000000e+00 : f64, scale = 1.000000e+00 : f64}
// CHECK-NOT: prim.top_k
func.func @softmax_renormalised(%arg0: tensor<?x4xf32, #prim.shape<"n", 4>>, %arg1: tensor<?x4xf32, #prim.shape<"n", 4>>) -> (tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>) {
  %0 = prim.reduce max %arg1 axes [1] : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?xf32, #prim.shape<"n">>
  %1 = prim.reshape %0 : tensor<?xf32, #prim.shape<"n">> -> tensor<?x1xf32, #prim.shape<"n", 1>>
  %2 = prim.broadcast %1 axes [0, 1] : tensor<?x1xf32, #prim.shape<"n", 1>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %3 = prim.binary sub %arg1, %2 : tensor<?x4xf32, #prim.shape<"n", 4>>
  %4 = prim.unary exp %3 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %5 = prim.reduce sum %4 axes [1] : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?xf32, #prim.shape<"n">>
  %6 = prim.reshape %5 : tensor<?xf32, #prim.shape<"n">> -> tensor<?x1xf32, #prim.shape<"n", 1>>
  %7 = prim.broadcast %6 axes [0, 1] : tensor<?x1xf32, #prim.shape<"n", 1>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %8 = prim.binary div %4, %7 : tensor<?x4xf32, #prim.shape<"n", 4>>
  %values, %indices = prim.top_k %8 largest : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>
  %9 = prim.reduce sum %values axes [1] : tensor<?x2xf32, #prim.shape<"n", 2>> -> tensor<?xf32, #prim.shape<"n">>
  %10 = prim.reshape %9 : tensor<?xf32, #prim.shape<"n">> -> tensor<?x1xf32, #prim.shape<"n", 1>>
  %11 = prim.broadcast %10 axes [0, 1] : tensor<?x1xf32, #prim.shape<"n", 1>> -> tensor<?x2xf32, #prim.shape<"n", 2>>
  %12 = prim.binary div %values, %11 : tensor<?x2xf32, #prim.shape<"n", 2>>
  return %12, %indices : tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>
}

// -----

// Groups by the sum of their two best, chosen with the bias, weighted without.
// CHECK-LABEL: @bias_and_groups
// CHECK: dsc.route  sigmoid %{{[^ ,)]*}} bias(%{{[^ ,)]*}}) groups 2 keep 1 by  top2_sum fill  neg_inf {renormalise = 9.9999996826552254E-21 : f64, scale = 2.500000e+00 : f64}
// CHECK-NOT: prim.top_k
func.func @bias_and_groups(%arg0: tensor<?x4xf32, #prim.shape<"n", 4>>, %arg1: tensor<?x4xf32, #prim.shape<"n", 4>>, %0: tensor<4xf32>) -> (tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>) {
  %1 = prim.constant dense<0.000000e+00> : tensor<f32>
  %2 = prim.constant dense<0xFF800000> : tensor<f32>
  %3 = prim.constant dense<9.99999968E-21> : tensor<f32>
  %4 = prim.constant dense<2.500000e+00> : tensor<f32>
  %5 = prim.unary neg %arg1 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %6 = prim.unary exp %5 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %7 = prim.constant dense<1.000000e+00> : tensor<f32>
  %8 = prim.broadcast %7 axes [] : tensor<f32> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %9 = prim.binary add %6, %8 : tensor<?x4xf32, #prim.shape<"n", 4>>
  %10 = prim.unary reciprocal %9 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %11 = prim.broadcast %0 axes [1] : tensor<4xf32> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %12 = prim.binary add %10, %11 : tensor<?x4xf32, #prim.shape<"n", 4>>
  %13 = prim.reshape %12 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x2x2xf32, #prim.shape<"n", 2, 2>>
  %values, %indices = prim.top_k %13 largest : tensor<?x2x2xf32, #prim.shape<"n", 2, 2>> -> tensor<?x2x2xf32, #prim.shape<"n", 2, 2>>, tensor<?x2x2xi64, #prim.shape<"n", 2, 2>>
  %14 = prim.reduce sum %values axes [2] : tensor<?x2x2xf32, #prim.shape<"n", 2, 2>> -> tensor<?x2xf32, #prim.shape<"n", 2>>
  %values_0, %indices_1 = prim.top_k %14 largest : tensor<?x2xf32, #prim.shape<"n", 2>> -> tensor<?x1xf32, #prim.shape<"n", 1>>, tensor<?x1xi64, #prim.shape<"n", 1>>
  %15 = prim.broadcast %7 axes [] : tensor<f32> -> tensor<?x1xf32, #prim.shape<"n", 1>>
  %16 = prim.broadcast %1 axes [] : tensor<f32> -> tensor<?x2xf32, #prim.shape<"n", 2>>
  %17 = prim.index_expr 0 : tensor<?x1xi64, #prim.shape<"n", 1>>
  %18 = prim.compare lt %indices_1, %17 : tensor<?x1xi64, #prim.shape<"n", 1>> -> tensor<?x1xi1, #prim.shape<"n", 1>>
  %19 = prim.index_expr 2 : tensor<?x1xi64, #prim.shape<"n", 1>>
  %20 = prim.binary add %indices_1, %19 : tensor<?x1xi64, #prim.shape<"n", 1>>
  %21 = prim.select %18, %20, %indices_1 : tensor<?x1xi1, #prim.shape<"n", 1>>, tensor<?x1xi64, #prim.shape<"n", 1>>
  %22 = prim.scatter_along_axis set %16, %21, %15 axis 1 : tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x1xi64, #prim.shape<"n", 1>>, tensor<?x1xf32, #prim.shape<"n", 1>>
  %23 = prim.reshape %22 : tensor<?x2xf32, #prim.shape<"n", 2>> -> tensor<?x2x1xf32, #prim.shape<"n", 2, 1>>
  %24 = prim.broadcast %23 axes [0, 1, 2] : tensor<?x2x1xf32, #prim.shape<"n", 2, 1>> -> tensor<?x2x2xf32, #prim.shape<"n", 2, 2>>
  %25 = prim.reshape %24 : tensor<?x2x2xf32, #prim.shape<"n", 2, 2>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %26 = prim.convert %25 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xi1, #prim.shape<"n", 4>>
  %27 = prim.unary not %26 : tensor<?x4xi1, #prim.shape<"n", 4>> -> tensor<?x4xi1, #prim.shape<"n", 4>>
  %28 = prim.broadcast %2 axes [] : tensor<f32> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %29 = prim.select %27, %28, %12 : tensor<?x4xi1, #prim.shape<"n", 4>>, tensor<?x4xf32, #prim.shape<"n", 4>>
  %values_2, %indices_3 = prim.top_k %29 largest : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>
  %30 = prim.index_expr 0 : tensor<?x2xi64, #prim.shape<"n", 2>>
  %31 = prim.compare lt %indices_3, %30 : tensor<?x2xi64, #prim.shape<"n", 2>> -> tensor<?x2xi1, #prim.shape<"n", 2>>
  %32 = prim.index_expr 4 : tensor<?x2xi64, #prim.shape<"n", 2>>
  %33 = prim.binary add %indices_3, %32 : tensor<?x2xi64, #prim.shape<"n", 2>>
  %34 = prim.select %31, %33, %indices_3 : tensor<?x2xi1, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>
  %35 = prim.take_along_axis %10, %34 axis 1 : tensor<?x4xf32, #prim.shape<"n", 4>>, tensor<?x2xi64, #prim.shape<"n", 2>> -> tensor<?x2xf32, #prim.shape<"n", 2>>
  %36 = prim.reduce sum %35 axes [1] : tensor<?x2xf32, #prim.shape<"n", 2>> -> tensor<?xf32, #prim.shape<"n">>
  %37 = prim.reshape %36 : tensor<?xf32, #prim.shape<"n">> -> tensor<?x1xf32, #prim.shape<"n", 1>>
  %38 = prim.broadcast %3 axes [] : tensor<f32> -> tensor<?x1xf32, #prim.shape<"n", 1>>
  %39 = prim.binary add %37, %38 : tensor<?x1xf32, #prim.shape<"n", 1>>
  %40 = prim.broadcast %39 axes [0, 1] : tensor<?x1xf32, #prim.shape<"n", 1>> -> tensor<?x2xf32, #prim.shape<"n", 2>>
  %41 = prim.binary div %35, %40 : tensor<?x2xf32, #prim.shape<"n", 2>>
  %42 = prim.broadcast %4 axes [] : tensor<f32> -> tensor<?x2xf32, #prim.shape<"n", 2>>
  %43 = prim.binary mul %41, %42 : tensor<?x2xf32, #prim.shape<"n", 2>>
  return %43, %indices_3 : tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>
}

// -----

// Weights are what competed: zero for an expert of another group.
// CHECK-LABEL: @groups_by_their_best
// CHECK: dsc.route  softmax %{{[^ ,)]*}} groups 2 keep 1 by  max fill  zero source  selection {scale = 1.000000e+00 : f64}
// CHECK-NOT: prim.top_k
func.func @groups_by_their_best(%arg0: tensor<?x4xf32, #prim.shape<"n", 4>>, %arg1: tensor<?x4xf32, #prim.shape<"n", 4>>) -> (tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>) {
  %0 = prim.constant dense<0.000000e+00> : tensor<f32>
  %1 = prim.reduce max %arg1 axes [1] : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?xf32, #prim.shape<"n">>
  %2 = prim.reshape %1 : tensor<?xf32, #prim.shape<"n">> -> tensor<?x1xf32, #prim.shape<"n", 1>>
  %3 = prim.broadcast %2 axes [0, 1] : tensor<?x1xf32, #prim.shape<"n", 1>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %4 = prim.binary sub %arg1, %3 : tensor<?x4xf32, #prim.shape<"n", 4>>
  %5 = prim.unary exp %4 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %6 = prim.reduce sum %5 axes [1] : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?xf32, #prim.shape<"n">>
  %7 = prim.reshape %6 : tensor<?xf32, #prim.shape<"n">> -> tensor<?x1xf32, #prim.shape<"n", 1>>
  %8 = prim.broadcast %7 axes [0, 1] : tensor<?x1xf32, #prim.shape<"n", 1>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %9 = prim.binary div %5, %8 : tensor<?x4xf32, #prim.shape<"n", 4>>
  %10 = prim.reshape %9 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x2x2xf32, #prim.shape<"n", 2, 2>>
  %11 = prim.reduce max %10 axes [2] : tensor<?x2x2xf32, #prim.shape<"n", 2, 2>> -> tensor<?x2xf32, #prim.shape<"n", 2>>
  %values, %indices = prim.top_k %11 largest : tensor<?x2xf32, #prim.shape<"n", 2>> -> tensor<?x1xf32, #prim.shape<"n", 1>>, tensor<?x1xi64, #prim.shape<"n", 1>>
  %12 = prim.constant dense<1.000000e+00> : tensor<f32>
  %13 = prim.broadcast %12 axes [] : tensor<f32> -> tensor<?x1xf32, #prim.shape<"n", 1>>
  %14 = prim.broadcast %0 axes [] : tensor<f32> -> tensor<?x2xf32, #prim.shape<"n", 2>>
  %15 = prim.index_expr 0 : tensor<?x1xi64, #prim.shape<"n", 1>>
  %16 = prim.compare lt %indices, %15 : tensor<?x1xi64, #prim.shape<"n", 1>> -> tensor<?x1xi1, #prim.shape<"n", 1>>
  %17 = prim.index_expr 2 : tensor<?x1xi64, #prim.shape<"n", 1>>
  %18 = prim.binary add %indices, %17 : tensor<?x1xi64, #prim.shape<"n", 1>>
  %19 = prim.select %16, %18, %indices : tensor<?x1xi1, #prim.shape<"n", 1>>, tensor<?x1xi64, #prim.shape<"n", 1>>
  %20 = prim.scatter_along_axis set %14, %19, %13 axis 1 : tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x1xi64, #prim.shape<"n", 1>>, tensor<?x1xf32, #prim.shape<"n", 1>>
  %21 = prim.reshape %20 : tensor<?x2xf32, #prim.shape<"n", 2>> -> tensor<?x2x1xf32, #prim.shape<"n", 2, 1>>
  %22 = prim.broadcast %21 axes [0, 1, 2] : tensor<?x2x1xf32, #prim.shape<"n", 2, 1>> -> tensor<?x2x2xf32, #prim.shape<"n", 2, 2>>
  %23 = prim.reshape %22 : tensor<?x2x2xf32, #prim.shape<"n", 2, 2>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %24 = prim.convert %23 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xi1, #prim.shape<"n", 4>>
  %25 = prim.unary not %24 : tensor<?x4xi1, #prim.shape<"n", 4>> -> tensor<?x4xi1, #prim.shape<"n", 4>>
  %26 = prim.broadcast %0 axes [] : tensor<f32> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %27 = prim.select %25, %26, %9 : tensor<?x4xi1, #prim.shape<"n", 4>>, tensor<?x4xf32, #prim.shape<"n", 4>>
  %values_0, %indices_1 = prim.top_k %27 largest : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>
  return %values_0, %indices_1 : tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>
}

// -----

// The machinery of groups keeps both of two: it says nothing.
// CHECK-LABEL: @all_groups_kept
// CHECK: dsc.route  sigmoid %{{[^ ,)]*}} bias(%{{[^ ,)]*}}) {scale = 1.000000e+00 : f64}
// CHECK-NOT: prim.top_k
func.func @all_groups_kept(%arg0: tensor<?x4xf32, #prim.shape<"n", 4>>, %arg1: tensor<?x4xf32, #prim.shape<"n", 4>>, %0: tensor<4xf32>) -> (tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>) {
  %1 = prim.constant dense<0.000000e+00> : tensor<f32>
  %2 = prim.constant dense<0xFF800000> : tensor<f32>
  %3 = prim.unary neg %arg1 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %4 = prim.unary exp %3 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %5 = prim.constant dense<1.000000e+00> : tensor<f32>
  %6 = prim.broadcast %5 axes [] : tensor<f32> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %7 = prim.binary add %4, %6 : tensor<?x4xf32, #prim.shape<"n", 4>>
  %8 = prim.unary reciprocal %7 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %9 = prim.broadcast %0 axes [1] : tensor<4xf32> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %10 = prim.binary add %8, %9 : tensor<?x4xf32, #prim.shape<"n", 4>>
  %11 = prim.reshape %10 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x2x2xf32, #prim.shape<"n", 2, 2>>
  %values, %indices = prim.top_k %11 largest : tensor<?x2x2xf32, #prim.shape<"n", 2, 2>> -> tensor<?x2x2xf32, #prim.shape<"n", 2, 2>>, tensor<?x2x2xi64, #prim.shape<"n", 2, 2>>
  %12 = prim.reduce sum %values axes [2] : tensor<?x2x2xf32, #prim.shape<"n", 2, 2>> -> tensor<?x2xf32, #prim.shape<"n", 2>>
  %values_0, %indices_1 = prim.top_k %12 largest : tensor<?x2xf32, #prim.shape<"n", 2>> -> tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>
  %13 = prim.broadcast %5 axes [] : tensor<f32> -> tensor<?x2xf32, #prim.shape<"n", 2>>
  %14 = prim.broadcast %1 axes [] : tensor<f32> -> tensor<?x2xf32, #prim.shape<"n", 2>>
  %15 = prim.index_expr 0 : tensor<?x2xi64, #prim.shape<"n", 2>>
  %16 = prim.compare lt %indices_1, %15 : tensor<?x2xi64, #prim.shape<"n", 2>> -> tensor<?x2xi1, #prim.shape<"n", 2>>
  %17 = prim.index_expr 2 : tensor<?x2xi64, #prim.shape<"n", 2>>
  %18 = prim.binary add %indices_1, %17 : tensor<?x2xi64, #prim.shape<"n", 2>>
  %19 = prim.select %16, %18, %indices_1 : tensor<?x2xi1, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>
  %20 = prim.scatter_along_axis set %14, %19, %13 axis 1 : tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>, tensor<?x2xf32, #prim.shape<"n", 2>>
  %21 = prim.reshape %20 : tensor<?x2xf32, #prim.shape<"n", 2>> -> tensor<?x2x1xf32, #prim.shape<"n", 2, 1>>
  %22 = prim.broadcast %21 axes [0, 1, 2] : tensor<?x2x1xf32, #prim.shape<"n", 2, 1>> -> tensor<?x2x2xf32, #prim.shape<"n", 2, 2>>
  %23 = prim.reshape %22 : tensor<?x2x2xf32, #prim.shape<"n", 2, 2>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %24 = prim.convert %23 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xi1, #prim.shape<"n", 4>>
  %25 = prim.unary not %24 : tensor<?x4xi1, #prim.shape<"n", 4>> -> tensor<?x4xi1, #prim.shape<"n", 4>>
  %26 = prim.broadcast %2 axes [] : tensor<f32> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %27 = prim.select %25, %26, %10 : tensor<?x4xi1, #prim.shape<"n", 4>>, tensor<?x4xf32, #prim.shape<"n", 4>>
  %values_2, %indices_3 = prim.top_k %27 largest : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>
  %28 = prim.compare lt %indices_3, %15 : tensor<?x2xi64, #prim.shape<"n", 2>> -> tensor<?x2xi1, #prim.shape<"n", 2>>
  %29 = prim.index_expr 4 : tensor<?x2xi64, #prim.shape<"n", 2>>
  %30 = prim.binary add %indices_3, %29 : tensor<?x2xi64, #prim.shape<"n", 2>>
  %31 = prim.select %28, %30, %indices_3 : tensor<?x2xi1, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>
  %32 = prim.take_along_axis %8, %31 axis 1 : tensor<?x4xf32, #prim.shape<"n", 4>>, tensor<?x2xi64, #prim.shape<"n", 2>> -> tensor<?x2xf32, #prim.shape<"n", 2>>
  return %32, %indices_3 : tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>
}

// -----

// The softmax comes after the choice.
// CHECK-LABEL: @softmax_of_chosen
// CHECK: dsc.route  softmax_of_chosen %{{[^ ,)]*}} {scale = 1.000000e+00 : f64}
// CHECK-NOT: prim.top_k
func.func @softmax_of_chosen(%arg0: tensor<?x4xf32, #prim.shape<"n", 4>>, %arg1: tensor<?x4xf32, #prim.shape<"n", 4>>) -> (tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>) {
  %values, %indices = prim.top_k %arg1 largest : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>
  %0 = prim.reduce max %values axes [1] : tensor<?x2xf32, #prim.shape<"n", 2>> -> tensor<?xf32, #prim.shape<"n">>
  %1 = prim.reshape %0 : tensor<?xf32, #prim.shape<"n">> -> tensor<?x1xf32, #prim.shape<"n", 1>>
  %2 = prim.broadcast %1 axes [0, 1] : tensor<?x1xf32, #prim.shape<"n", 1>> -> tensor<?x2xf32, #prim.shape<"n", 2>>
  %3 = prim.binary sub %values, %2 : tensor<?x2xf32, #prim.shape<"n", 2>>
  %4 = prim.unary exp %3 : tensor<?x2xf32, #prim.shape<"n", 2>> -> tensor<?x2xf32, #prim.shape<"n", 2>>
  %5 = prim.reduce sum %4 axes [1] : tensor<?x2xf32, #prim.shape<"n", 2>> -> tensor<?xf32, #prim.shape<"n">>
  %6 = prim.reshape %5 : tensor<?xf32, #prim.shape<"n">> -> tensor<?x1xf32, #prim.shape<"n", 1>>
  %7 = prim.broadcast %6 axes [0, 1] : tensor<?x1xf32, #prim.shape<"n", 1>> -> tensor<?x2xf32, #prim.shape<"n", 2>>
  %8 = prim.binary div %4, %7 : tensor<?x2xf32, #prim.shape<"n", 2>>
  return %8, %indices : tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>
}

// -----

// The root of a softplus.
// CHECK-LABEL: @sqrt_softplus
// CHECK: dsc.route  sqrt_softplus %{{[^ ,)]*}} bias(%{{[^ ,)]*}}) {scale = 1.000000e+00 : f64}
// CHECK-NOT: prim.top_k
func.func @sqrt_softplus(%arg0: tensor<?x4xf32, #prim.shape<"n", 4>>, %arg1: tensor<?x4xf32, #prim.shape<"n", 4>>, %0: tensor<4xf32>) -> (tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>) {
  %1 = prim.unary abs %arg1 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %2 = prim.unary neg %1 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %3 = prim.unary exp %2 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %4 = prim.constant dense<0.000000e+00> : tensor<f32>
  %5 = prim.broadcast %4 axes [] : tensor<f32> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %6 = prim.binary max %arg1, %5 : tensor<?x4xf32, #prim.shape<"n", 4>>
  %7 = prim.constant dense<1.000000e+00> : tensor<f32>
  %8 = prim.broadcast %7 axes [] : tensor<f32> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %9 = prim.binary add %3, %8 : tensor<?x4xf32, #prim.shape<"n", 4>>
  %10 = prim.compare eq %9, %8 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xi1, #prim.shape<"n", 4>>
  %11 = prim.constant dense<-1.000000e+00> : tensor<f32>
  %12 = prim.broadcast %11 axes [] : tensor<f32> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %13 = prim.binary add %9, %12 : tensor<?x4xf32, #prim.shape<"n", 4>>
  %14 = prim.select %10, %8, %13 : tensor<?x4xi1, #prim.shape<"n", 4>>, tensor<?x4xf32, #prim.shape<"n", 4>>
  %15 = prim.unary log %9 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %16 = prim.binary mul %15, %3 : tensor<?x4xf32, #prim.shape<"n", 4>>
  %17 = prim.binary div %16, %14 : tensor<?x4xf32, #prim.shape<"n", 4>>
  %18 = prim.select %10, %3, %17 : tensor<?x4xi1, #prim.shape<"n", 4>>, tensor<?x4xf32, #prim.shape<"n", 4>>
  %19 = prim.binary add %6, %18 : tensor<?x4xf32, #prim.shape<"n", 4>>
  %20 = prim.unary sqrt %19 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %21 = prim.broadcast %0 axes [1] : tensor<4xf32> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %22 = prim.binary add %20, %21 : tensor<?x4xf32, #prim.shape<"n", 4>>
  %values, %indices = prim.top_k %22 largest : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>
  %23 = prim.index_expr 0 : tensor<?x2xi64, #prim.shape<"n", 2>>
  %24 = prim.compare lt %indices, %23 : tensor<?x2xi64, #prim.shape<"n", 2>> -> tensor<?x2xi1, #prim.shape<"n", 2>>
  %25 = prim.index_expr 4 : tensor<?x2xi64, #prim.shape<"n", 2>>
  %26 = prim.binary add %indices, %25 : tensor<?x2xi64, #prim.shape<"n", 2>>
  %27 = prim.select %24, %26, %indices : tensor<?x2xi1, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>
  %28 = prim.take_along_axis %20, %27 axis 1 : tensor<?x4xf32, #prim.shape<"n", 4>>, tensor<?x2xi64, #prim.shape<"n", 2>> -> tensor<?x2xf32, #prim.shape<"n", 2>>
  return %28, %indices : tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>
}

// -----

// Chosen by one projection, weighted by another.
// CHECK-LABEL: @weights_of_another_tensor
// CHECK-SAME: expected = "weights that are the scores of the chosen experts", found = "another tensor, by reciprocal", kind = "moe", stage = "router"
func.func @weights_of_another_tensor(%arg0: tensor<?x4xf32, #prim.shape<"n", 4>>, %arg1: tensor<?x4xf32, #prim.shape<"n", 4>>, %arg2: tensor<?x4xf32, #prim.shape<"n", 4>>, %0: tensor<4xf32>) -> (tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>) {
  %1 = prim.unary neg %arg1 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %2 = prim.unary exp %1 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %3 = prim.constant dense<1.000000e+00> : tensor<f32>
  %4 = prim.broadcast %3 axes [] : tensor<f32> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %5 = prim.binary add %2, %4 : tensor<?x4xf32, #prim.shape<"n", 4>>
  %6 = prim.unary reciprocal %5 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %7 = prim.broadcast %0 axes [1] : tensor<4xf32> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %8 = prim.binary add %6, %7 : tensor<?x4xf32, #prim.shape<"n", 4>>
  %values, %indices = prim.top_k %8 largest : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>
  %9 = prim.unary neg %arg2 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %10 = prim.unary exp %9 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %11 = prim.binary add %10, %4 : tensor<?x4xf32, #prim.shape<"n", 4>>
  %12 = prim.unary reciprocal %11 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %13 = prim.index_expr 0 : tensor<?x2xi64, #prim.shape<"n", 2>>
  %14 = prim.compare lt %indices, %13 : tensor<?x2xi64, #prim.shape<"n", 2>> -> tensor<?x2xi1, #prim.shape<"n", 2>>
  %15 = prim.index_expr 4 : tensor<?x2xi64, #prim.shape<"n", 2>>
  %16 = prim.binary add %indices, %15 : tensor<?x2xi64, #prim.shape<"n", 2>>
  %17 = prim.select %14, %16, %indices : tensor<?x2xi1, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>
  %18 = prim.take_along_axis %12, %17 axis 1 : tensor<?x4xf32, #prim.shape<"n", 4>>, tensor<?x2xi64, #prim.shape<"n", 2>> -> tensor<?x2xf32, #prim.shape<"n", 2>>
  return %18, %indices : tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>
}

// -----

// Groups are chosen without the bias, experts with it.
// CHECK-LABEL: @groups_by_other_scores
// CHECK-SAME: expected = "groups chosen by the scores that experts are chosen by", found = "other scores", kind = "moe", stage = "router"
func.func @groups_by_other_scores(%arg0: tensor<?x4xf32, #prim.shape<"n", 4>>, %arg1: tensor<?x4xf32, #prim.shape<"n", 4>>, %0: tensor<4xf32>) -> (tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>) {
  %1 = prim.constant dense<0.000000e+00> : tensor<f32>
  %2 = prim.constant dense<0xFF800000> : tensor<f32>
  %3 = prim.unary neg %arg1 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %4 = prim.unary exp %3 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %5 = prim.constant dense<1.000000e+00> : tensor<f32>
  %6 = prim.broadcast %5 axes [] : tensor<f32> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %7 = prim.binary add %4, %6 : tensor<?x4xf32, #prim.shape<"n", 4>>
  %8 = prim.unary reciprocal %7 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %9 = prim.broadcast %0 axes [1] : tensor<4xf32> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %10 = prim.binary add %8, %9 : tensor<?x4xf32, #prim.shape<"n", 4>>
  %11 = prim.reshape %8 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x2x2xf32, #prim.shape<"n", 2, 2>>
  %values, %indices = prim.top_k %11 largest : tensor<?x2x2xf32, #prim.shape<"n", 2, 2>> -> tensor<?x2x2xf32, #prim.shape<"n", 2, 2>>, tensor<?x2x2xi64, #prim.shape<"n", 2, 2>>
  %12 = prim.reduce sum %values axes [2] : tensor<?x2x2xf32, #prim.shape<"n", 2, 2>> -> tensor<?x2xf32, #prim.shape<"n", 2>>
  %values_0, %indices_1 = prim.top_k %12 largest : tensor<?x2xf32, #prim.shape<"n", 2>> -> tensor<?x1xf32, #prim.shape<"n", 1>>, tensor<?x1xi64, #prim.shape<"n", 1>>
  %13 = prim.broadcast %5 axes [] : tensor<f32> -> tensor<?x1xf32, #prim.shape<"n", 1>>
  %14 = prim.broadcast %1 axes [] : tensor<f32> -> tensor<?x2xf32, #prim.shape<"n", 2>>
  %15 = prim.index_expr 0 : tensor<?x1xi64, #prim.shape<"n", 1>>
  %16 = prim.compare lt %indices_1, %15 : tensor<?x1xi64, #prim.shape<"n", 1>> -> tensor<?x1xi1, #prim.shape<"n", 1>>
  %17 = prim.index_expr 2 : tensor<?x1xi64, #prim.shape<"n", 1>>
  %18 = prim.binary add %indices_1, %17 : tensor<?x1xi64, #prim.shape<"n", 1>>
  %19 = prim.select %16, %18, %indices_1 : tensor<?x1xi1, #prim.shape<"n", 1>>, tensor<?x1xi64, #prim.shape<"n", 1>>
  %20 = prim.scatter_along_axis set %14, %19, %13 axis 1 : tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x1xi64, #prim.shape<"n", 1>>, tensor<?x1xf32, #prim.shape<"n", 1>>
  %21 = prim.reshape %20 : tensor<?x2xf32, #prim.shape<"n", 2>> -> tensor<?x2x1xf32, #prim.shape<"n", 2, 1>>
  %22 = prim.broadcast %21 axes [0, 1, 2] : tensor<?x2x1xf32, #prim.shape<"n", 2, 1>> -> tensor<?x2x2xf32, #prim.shape<"n", 2, 2>>
  %23 = prim.reshape %22 : tensor<?x2x2xf32, #prim.shape<"n", 2, 2>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %24 = prim.convert %23 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xi1, #prim.shape<"n", 4>>
  %25 = prim.unary not %24 : tensor<?x4xi1, #prim.shape<"n", 4>> -> tensor<?x4xi1, #prim.shape<"n", 4>>
  %26 = prim.broadcast %2 axes [] : tensor<f32> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %27 = prim.select %25, %26, %10 : tensor<?x4xi1, #prim.shape<"n", 4>>, tensor<?x4xf32, #prim.shape<"n", 4>>
  %values_2, %indices_3 = prim.top_k %27 largest : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>
  %28 = prim.index_expr 0 : tensor<?x2xi64, #prim.shape<"n", 2>>
  %29 = prim.compare lt %indices_3, %28 : tensor<?x2xi64, #prim.shape<"n", 2>> -> tensor<?x2xi1, #prim.shape<"n", 2>>
  %30 = prim.index_expr 4 : tensor<?x2xi64, #prim.shape<"n", 2>>
  %31 = prim.binary add %indices_3, %30 : tensor<?x2xi64, #prim.shape<"n", 2>>
  %32 = prim.select %29, %31, %indices_3 : tensor<?x2xi1, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>
  %33 = prim.take_along_axis %8, %32 axis 1 : tensor<?x4xf32, #prim.shape<"n", 4>>, tensor<?x2xi64, #prim.shape<"n", 2>> -> tensor<?x2xf32, #prim.shape<"n", 2>>
  return %33, %indices_3 : tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>
}

// -----

// Other groups compete with a number of their own.
// CHECK-LABEL: @filled_with_a_number
// CHECK-SAME: expected = "experts of other groups filled with 0 or minus infinity", found = "filled with -1000000000.000000", kind = "moe", stage = "router"
func.func @filled_with_a_number(%arg0: tensor<?x4xf32, #prim.shape<"n", 4>>, %arg1: tensor<?x4xf32, #prim.shape<"n", 4>>, %0: tensor<4xf32>) -> (tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>) {
  %1 = prim.constant dense<0.000000e+00> : tensor<f32>
  %2 = prim.constant dense<-1.000000e+09> : tensor<f32>
  %3 = prim.unary neg %arg1 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %4 = prim.unary exp %3 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %5 = prim.constant dense<1.000000e+00> : tensor<f32>
  %6 = prim.broadcast %5 axes [] : tensor<f32> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %7 = prim.binary add %4, %6 : tensor<?x4xf32, #prim.shape<"n", 4>>
  %8 = prim.unary reciprocal %7 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %9 = prim.broadcast %0 axes [1] : tensor<4xf32> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %10 = prim.binary add %8, %9 : tensor<?x4xf32, #prim.shape<"n", 4>>
  %11 = prim.reshape %10 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x2x2xf32, #prim.shape<"n", 2, 2>>
  %values, %indices = prim.top_k %11 largest : tensor<?x2x2xf32, #prim.shape<"n", 2, 2>> -> tensor<?x2x2xf32, #prim.shape<"n", 2, 2>>, tensor<?x2x2xi64, #prim.shape<"n", 2, 2>>
  %12 = prim.reduce sum %values axes [2] : tensor<?x2x2xf32, #prim.shape<"n", 2, 2>> -> tensor<?x2xf32, #prim.shape<"n", 2>>
  %values_0, %indices_1 = prim.top_k %12 largest : tensor<?x2xf32, #prim.shape<"n", 2>> -> tensor<?x1xf32, #prim.shape<"n", 1>>, tensor<?x1xi64, #prim.shape<"n", 1>>
  %13 = prim.broadcast %5 axes [] : tensor<f32> -> tensor<?x1xf32, #prim.shape<"n", 1>>
  %14 = prim.broadcast %1 axes [] : tensor<f32> -> tensor<?x2xf32, #prim.shape<"n", 2>>
  %15 = prim.index_expr 0 : tensor<?x1xi64, #prim.shape<"n", 1>>
  %16 = prim.compare lt %indices_1, %15 : tensor<?x1xi64, #prim.shape<"n", 1>> -> tensor<?x1xi1, #prim.shape<"n", 1>>
  %17 = prim.index_expr 2 : tensor<?x1xi64, #prim.shape<"n", 1>>
  %18 = prim.binary add %indices_1, %17 : tensor<?x1xi64, #prim.shape<"n", 1>>
  %19 = prim.select %16, %18, %indices_1 : tensor<?x1xi1, #prim.shape<"n", 1>>, tensor<?x1xi64, #prim.shape<"n", 1>>
  %20 = prim.scatter_along_axis set %14, %19, %13 axis 1 : tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x1xi64, #prim.shape<"n", 1>>, tensor<?x1xf32, #prim.shape<"n", 1>>
  %21 = prim.reshape %20 : tensor<?x2xf32, #prim.shape<"n", 2>> -> tensor<?x2x1xf32, #prim.shape<"n", 2, 1>>
  %22 = prim.broadcast %21 axes [0, 1, 2] : tensor<?x2x1xf32, #prim.shape<"n", 2, 1>> -> tensor<?x2x2xf32, #prim.shape<"n", 2, 2>>
  %23 = prim.reshape %22 : tensor<?x2x2xf32, #prim.shape<"n", 2, 2>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %24 = prim.convert %23 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xi1, #prim.shape<"n", 4>>
  %25 = prim.unary not %24 : tensor<?x4xi1, #prim.shape<"n", 4>> -> tensor<?x4xi1, #prim.shape<"n", 4>>
  %26 = prim.broadcast %2 axes [] : tensor<f32> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %27 = prim.select %25, %26, %10 : tensor<?x4xi1, #prim.shape<"n", 4>>, tensor<?x4xf32, #prim.shape<"n", 4>>
  %values_2, %indices_3 = prim.top_k %27 largest : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>
  %28 = prim.index_expr 0 : tensor<?x2xi64, #prim.shape<"n", 2>>
  %29 = prim.compare lt %indices_3, %28 : tensor<?x2xi64, #prim.shape<"n", 2>> -> tensor<?x2xi1, #prim.shape<"n", 2>>
  %30 = prim.index_expr 4 : tensor<?x2xi64, #prim.shape<"n", 2>>
  %31 = prim.binary add %indices_3, %30 : tensor<?x2xi64, #prim.shape<"n", 2>>
  %32 = prim.select %29, %31, %indices_3 : tensor<?x2xi1, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>
  %33 = prim.take_along_axis %8, %32 axis 1 : tensor<?x4xf32, #prim.shape<"n", 4>>, tensor<?x2xi64, #prim.shape<"n", 2>> -> tensor<?x2xf32, #prim.shape<"n", 2>>
  return %33, %indices_3 : tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>
}

// -----

// The groups of smallest value stay.
// CHECK-LABEL: @worst_groups
// CHECK-SAME: expected = "a group's maximum or the sum of its two largest", found = "neg", kind = "moe", stage = "router"
func.func @worst_groups(%arg0: tensor<?x4xf32, #prim.shape<"n", 4>>, %arg1: tensor<?x4xf32, #prim.shape<"n", 4>>, %0: tensor<4xf32>) -> (tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>) {
  %1 = prim.constant dense<0.000000e+00> : tensor<f32>
  %2 = prim.constant dense<0xFF800000> : tensor<f32>
  %3 = prim.unary neg %arg1 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %4 = prim.unary exp %3 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %5 = prim.constant dense<1.000000e+00> : tensor<f32>
  %6 = prim.broadcast %5 axes [] : tensor<f32> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %7 = prim.binary add %4, %6 : tensor<?x4xf32, #prim.shape<"n", 4>>
  %8 = prim.unary reciprocal %7 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %9 = prim.broadcast %0 axes [1] : tensor<4xf32> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %10 = prim.binary add %8, %9 : tensor<?x4xf32, #prim.shape<"n", 4>>
  %11 = prim.reshape %10 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x2x2xf32, #prim.shape<"n", 2, 2>>
  %values, %indices = prim.top_k %11 largest : tensor<?x2x2xf32, #prim.shape<"n", 2, 2>> -> tensor<?x2x2xf32, #prim.shape<"n", 2, 2>>, tensor<?x2x2xi64, #prim.shape<"n", 2, 2>>
  %12 = prim.reduce sum %values axes [2] : tensor<?x2x2xf32, #prim.shape<"n", 2, 2>> -> tensor<?x2xf32, #prim.shape<"n", 2>>
  %13 = prim.unary neg %12 : tensor<?x2xf32, #prim.shape<"n", 2>> -> tensor<?x2xf32, #prim.shape<"n", 2>>
  %values_0, %indices_1 = prim.top_k %13 largest : tensor<?x2xf32, #prim.shape<"n", 2>> -> tensor<?x1xf32, #prim.shape<"n", 1>>, tensor<?x1xi64, #prim.shape<"n", 1>>
  %14 = prim.broadcast %5 axes [] : tensor<f32> -> tensor<?x1xf32, #prim.shape<"n", 1>>
  %15 = prim.broadcast %1 axes [] : tensor<f32> -> tensor<?x2xf32, #prim.shape<"n", 2>>
  %16 = prim.index_expr 0 : tensor<?x1xi64, #prim.shape<"n", 1>>
  %17 = prim.compare lt %indices_1, %16 : tensor<?x1xi64, #prim.shape<"n", 1>> -> tensor<?x1xi1, #prim.shape<"n", 1>>
  %18 = prim.index_expr 2 : tensor<?x1xi64, #prim.shape<"n", 1>>
  %19 = prim.binary add %indices_1, %18 : tensor<?x1xi64, #prim.shape<"n", 1>>
  %20 = prim.select %17, %19, %indices_1 : tensor<?x1xi1, #prim.shape<"n", 1>>, tensor<?x1xi64, #prim.shape<"n", 1>>
  %21 = prim.scatter_along_axis set %15, %20, %14 axis 1 : tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x1xi64, #prim.shape<"n", 1>>, tensor<?x1xf32, #prim.shape<"n", 1>>
  %22 = prim.reshape %21 : tensor<?x2xf32, #prim.shape<"n", 2>> -> tensor<?x2x1xf32, #prim.shape<"n", 2, 1>>
  %23 = prim.broadcast %22 axes [0, 1, 2] : tensor<?x2x1xf32, #prim.shape<"n", 2, 1>> -> tensor<?x2x2xf32, #prim.shape<"n", 2, 2>>
  %24 = prim.reshape %23 : tensor<?x2x2xf32, #prim.shape<"n", 2, 2>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %25 = prim.convert %24 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xi1, #prim.shape<"n", 4>>
  %26 = prim.unary not %25 : tensor<?x4xi1, #prim.shape<"n", 4>> -> tensor<?x4xi1, #prim.shape<"n", 4>>
  %27 = prim.broadcast %2 axes [] : tensor<f32> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %28 = prim.select %26, %27, %10 : tensor<?x4xi1, #prim.shape<"n", 4>>, tensor<?x4xf32, #prim.shape<"n", 4>>
  %values_2, %indices_3 = prim.top_k %28 largest : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>
  %29 = prim.index_expr 0 : tensor<?x2xi64, #prim.shape<"n", 2>>
  %30 = prim.compare lt %indices_3, %29 : tensor<?x2xi64, #prim.shape<"n", 2>> -> tensor<?x2xi1, #prim.shape<"n", 2>>
  %31 = prim.index_expr 4 : tensor<?x2xi64, #prim.shape<"n", 2>>
  %32 = prim.binary add %indices_3, %31 : tensor<?x2xi64, #prim.shape<"n", 2>>
  %33 = prim.select %30, %32, %indices_3 : tensor<?x2xi1, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>
  %34 = prim.take_along_axis %8, %33 axis 1 : tensor<?x4xf32, #prim.shape<"n", 4>>, tensor<?x2xi64, #prim.shape<"n", 2>> -> tensor<?x2xf32, #prim.shape<"n", 2>>
  return %34, %indices_3 : tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>
}
