// RUN: dsc-opt %s -split-input-file --recognize-experts | FileCheck %s
// SPDX-License-Identifier: Apache-2.0

// The weights of each slot's expert are gathered; gate and up are halves of one tensor.
// CHECK-LABEL: @gathered
// CHECK: dsc.route  softmax %{{[^ ,)]*}} {scale = 1.000000e+00 : f64}
// CHECK: dsc.experts  silu %{{[^ ,)]*}} ids(%{{[^ ,)]*}}) weights(%{{[^ ,)]*}}) gate(%{{[^ ,)]*}}) up(%{{[^ ,)]*}}) down(%{{[^ ,)]*}}) {dsc.encoding = "batched"}
// CHECK-NOT: prim.top_k
func.func @gathered(%arg0: tensor<?x4xf32, #prim.shape<"n", 4>>, %arg1: tensor<?x4xf32, #prim.shape<"n", 4>>, %0: tensor<4x6x4xf32>, %1: tensor<4x4x3xf32>) -> (tensor<?x4xf32, #prim.shape<"n", 4>>) {
  %weights, %ids = dsc.route  softmax %arg1 {scale = 1.000000e+00 : f64} : (tensor<?x4xf32, #prim.shape<"n", 4>>) -> (tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>)
  %2 = prim.reshape %ids : tensor<?x2xi64, #prim.shape<"n", 2>> -> tensor<?x1xi64, #prim.shape<"2*n", 1>>
  %3 = prim.index_expr 0 : tensor<?x1xi64, #prim.shape<"2*n", 1>>
  %4 = prim.compare lt %2, %3 : tensor<?x1xi64, #prim.shape<"2*n", 1>> -> tensor<?x1xi1, #prim.shape<"2*n", 1>>
  %5 = prim.index_expr 4 : tensor<?x1xi64, #prim.shape<"2*n", 1>>
  %6 = prim.binary add %2, %5 : tensor<?x1xi64, #prim.shape<"2*n", 1>>
  %7 = prim.select %4, %6, %2 : tensor<?x1xi1, #prim.shape<"2*n", 1>>, tensor<?x1xi64, #prim.shape<"2*n", 1>>
  %8 = prim.gather_nd %0, %7 batch 0 : tensor<4x6x4xf32>, tensor<?x1xi64, #prim.shape<"2*n", 1>> -> tensor<?x6x4xf32, #prim.shape<"2*n", 6, 4>>
  %9 = prim.reshape %arg0 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x1x4xf32, #prim.shape<"n", 1, 4>>
  %10 = prim.broadcast %9 axes [0, 1, 2] : tensor<?x1x4xf32, #prim.shape<"n", 1, 4>> -> tensor<?x2x4xf32, #prim.shape<"n", 2, 4>>
  %11 = prim.reshape %10 : tensor<?x2x4xf32, #prim.shape<"n", 2, 4>> -> tensor<?x4x1xf32, #prim.shape<"2*n", 4, 1>>
  %12 = prim.dot %8, %11 batch [0] x [0] contract [2] x [1] : tensor<?x6x4xf32, #prim.shape<"2*n", 6, 4>>, tensor<?x4x1xf32, #prim.shape<"2*n", 4, 1>> -> tensor<?x6x1xf32, #prim.shape<"2*n", 6, 1>>
  %13 = prim.reshape %12 : tensor<?x6x1xf32, #prim.shape<"2*n", 6, 1>> -> tensor<?x6xf32, #prim.shape<"2*n", 6>>
  %14 = prim.slice %13 starts [0, 0] steps [1, 1] : tensor<?x6xf32, #prim.shape<"2*n", 6>> -> tensor<?x3xf32, #prim.shape<"2*n", 3>>
  %15 = prim.slice %13 starts [0, 3] steps [1, 1] : tensor<?x6xf32, #prim.shape<"2*n", 6>> -> tensor<?x3xf32, #prim.shape<"2*n", 3>>
  %16 = prim.unary neg %14 : tensor<?x3xf32, #prim.shape<"2*n", 3>> -> tensor<?x3xf32, #prim.shape<"2*n", 3>>
  %17 = prim.unary exp %16 : tensor<?x3xf32, #prim.shape<"2*n", 3>> -> tensor<?x3xf32, #prim.shape<"2*n", 3>>
  %18 = prim.constant dense<1.000000e+00> : tensor<f32>
  %19 = prim.broadcast %18 axes [] : tensor<f32> -> tensor<?x3xf32, #prim.shape<"2*n", 3>>
  %20 = prim.binary add %17, %19 : tensor<?x3xf32, #prim.shape<"2*n", 3>>
  %21 = prim.unary reciprocal %20 : tensor<?x3xf32, #prim.shape<"2*n", 3>> -> tensor<?x3xf32, #prim.shape<"2*n", 3>>
  %22 = prim.binary mul %14, %21 : tensor<?x3xf32, #prim.shape<"2*n", 3>>
  %23 = prim.binary mul %22, %15 : tensor<?x3xf32, #prim.shape<"2*n", 3>>
  %24 = prim.gather_nd %1, %7 batch 0 : tensor<4x4x3xf32>, tensor<?x1xi64, #prim.shape<"2*n", 1>> -> tensor<?x4x3xf32, #prim.shape<"2*n", 4, 3>>
  %25 = prim.reshape %23 : tensor<?x3xf32, #prim.shape<"2*n", 3>> -> tensor<?x3x1xf32, #prim.shape<"2*n", 3, 1>>
  %26 = prim.dot %24, %25 batch [0] x [0] contract [2] x [1] : tensor<?x4x3xf32, #prim.shape<"2*n", 4, 3>>, tensor<?x3x1xf32, #prim.shape<"2*n", 3, 1>> -> tensor<?x4x1xf32, #prim.shape<"2*n", 4, 1>>
  %27 = prim.reshape %26 : tensor<?x4x1xf32, #prim.shape<"2*n", 4, 1>> -> tensor<?x4xf32, #prim.shape<"2*n", 4>>
  %28 = prim.reshape %weights : tensor<?x2xf32, #prim.shape<"n", 2>> -> tensor<?x1xf32, #prim.shape<"2*n", 1>>
  %29 = prim.broadcast %28 axes [0, 1] : tensor<?x1xf32, #prim.shape<"2*n", 1>> -> tensor<?x4xf32, #prim.shape<"2*n", 4>>
  %30 = prim.binary mul %27, %29 : tensor<?x4xf32, #prim.shape<"2*n", 4>>
  %31 = prim.reshape %30 : tensor<?x4xf32, #prim.shape<"2*n", 4>> -> tensor<?x2x4xf32, #prim.shape<"n", 2, 4>>
  %32 = prim.reduce sum %31 axes [1] : tensor<?x2x4xf32, #prim.shape<"n", 2, 4>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  return %32 : tensor<?x4xf32, #prim.shape<"n", 4>>
}

// -----

// Rows are sorted by expert and cut; bins are computed in floats.
// CHECK-LABEL: @sorted
// CHECK: dsc.route  softmax %{{[^ ,)]*}} {scale = 1.000000e+00 : f64}
// CHECK: dsc.experts  silu %{{[^ ,)]*}} ids(%{{[^ ,)]*}}) weights(%{{[^ ,)]*}}) gate(%{{[^ ,)]*}}) up(%{{[^ ,)]*}}) down(%{{[^ ,)]*}}) {dsc.encoding = "grouped"}
// CHECK-NOT: prim.top_k
func.func @sorted(%arg0: tensor<?x4xf32, #prim.shape<"n", 4>>, %arg1: tensor<?x2xf32, #prim.shape<"n", 2>>, %3: tensor<2x4x6xf32>, %4: tensor<2x3x4xf32>) -> (tensor<?x4xf32, #prim.shape<"n", 4>>) {
  %0 = prim.constant dense<5.000000e-01> : tensor<f32>
  %1 = prim.constant dense<1.000000e+00> : tensor<f32>
  %2 = prim.constant dense<0.000000e+00> : tensor<2xf32>
  %weights, %ids = dsc.route  softmax %arg1 {scale = 1.000000e+00 : f64} : (tensor<?x2xf32, #prim.shape<"n", 2>>) -> (tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>)
  %5 = prim.reshape %ids : tensor<?x2xi64, #prim.shape<"n", 2>> -> tensor<?xi64, #prim.shape<"2*n">>
  %values, %indices = prim.top_k %5 : tensor<?xi64, #prim.shape<"2*n">> -> tensor<?xi64, #prim.shape<"2*n">>, tensor<?xi64, #prim.shape<"2*n">>
  %6 = prim.index_expr 2 : tensor<?xi64, #prim.shape<"2*n">>
  %7 = prim.binary div %indices, %6 : tensor<?xi64, #prim.shape<"2*n">>
  %8 = prim.reshape %7 : tensor<?xi64, #prim.shape<"2*n">> -> tensor<?x1xi64, #prim.shape<"2*n", 1>>
  %9 = prim.index_expr 0 : tensor<?x1xi64, #prim.shape<"2*n", 1>>
  %10 = prim.compare lt %8, %9 : tensor<?x1xi64, #prim.shape<"2*n", 1>> -> tensor<?x1xi1, #prim.shape<"2*n", 1>>
  %11 = prim.index_expr "n" : tensor<?x1xi64, #prim.shape<"2*n", 1>>
  %12 = prim.binary add %8, %11 : tensor<?x1xi64, #prim.shape<"2*n", 1>>
  %13 = prim.select %10, %12, %8 : tensor<?x1xi1, #prim.shape<"2*n", 1>>, tensor<?x1xi64, #prim.shape<"2*n", 1>>
  %14 = prim.gather_nd %arg0, %13 batch 0 : tensor<?x4xf32, #prim.shape<"n", 4>>, tensor<?x1xi64, #prim.shape<"2*n", 1>> -> tensor<?x4xf32, #prim.shape<"2*n", 4>>
  %15 = prim.convert %values : tensor<?xi64, #prim.shape<"2*n">> -> tensor<?xf32, #prim.shape<"2*n">>
  %16 = prim.broadcast %0 axes [] : tensor<f32> -> tensor<?xf32, #prim.shape<"2*n">>
  %17 = prim.binary div %15, %16 : tensor<?xf32, #prim.shape<"2*n">>
  %18 = prim.convert %17 : tensor<?xf32, #prim.shape<"2*n">> -> tensor<?xi64, #prim.shape<"2*n">>
  %19 = prim.index_expr 0 : tensor<?xi64, #prim.shape<"2*n">>
  %20 = prim.binary max %18, %19 : tensor<?xi64, #prim.shape<"2*n">>
  %21 = prim.index_expr 1 : tensor<?xi64, #prim.shape<"2*n">>
  %22 = prim.binary min %20, %21 : tensor<?xi64, #prim.shape<"2*n">>
  %23 = prim.broadcast %1 axes [] : tensor<f32> -> tensor<?xf32, #prim.shape<"2*n">>
  %24 = prim.compare lt %22, %19 : tensor<?xi64, #prim.shape<"2*n">> -> tensor<?xi1, #prim.shape<"2*n">>
  %25 = prim.binary add %22, %6 : tensor<?xi64, #prim.shape<"2*n">>
  %26 = prim.select %24, %25, %22 : tensor<?xi1, #prim.shape<"2*n">>, tensor<?xi64, #prim.shape<"2*n">>
  %27 = prim.scatter_along_axis add %2, %26, %23 axis 0 : tensor<2xf32>, tensor<?xi64, #prim.shape<"2*n">>, tensor<?xf32, #prim.shape<"2*n">>
  %28 = prim.convert %27 : tensor<2xf32> -> tensor<2xi64>
  %29 = prim.cumsum %28 axis 0 : tensor<2xi64>
  %30 = prim.slice %29 starts [0] steps [1] : tensor<2xi64> -> tensor<1xi64>
  %31 = prim.slice %29 starts [1] steps [1] : tensor<2xi64> -> tensor<1xi64>
  %32 = prim.index_expr 0 : tensor<i64>
  %33 = prim.reshape %30 : tensor<1xi64> -> tensor<i64>
  %34 = prim.binary sub %33, %32 : tensor<i64>
  %35 = prim.constant dense<0> : tensor<i64>
  %36 = prim.binary max %34, %35 : tensor<i64>
  prim.define_symbol "range.0" = %36 : tensor<i64>
  %37 = prim.index_expr "d0" : tensor<?xi64, #prim.shape<"range.0">>
  %38 = prim.reshape %31 : tensor<1xi64> -> tensor<i64>
  %39 = prim.binary sub %38, %33 : tensor<i64>
  %40 = prim.binary max %39, %35 : tensor<i64>
  prim.define_symbol "range.1" = %40 : tensor<i64>
  %41 = prim.index_expr "d0" : tensor<?xi64, #prim.shape<"range.1">>
  %42 = prim.broadcast %33 axes [] : tensor<i64> -> tensor<?xi64, #prim.shape<"range.1">>
  %43 = prim.binary add %42, %41 : tensor<?xi64, #prim.shape<"range.1">>
  %44 = prim.slice %3 starts [0, 0, 0] steps [1, 1, 1] : tensor<2x4x6xf32> -> tensor<1x4x6xf32>
  %45 = prim.slice %3 starts [1, 0, 0] steps [1, 1, 1] : tensor<2x4x6xf32> -> tensor<1x4x6xf32>
  %46 = prim.take %14, %37 axis 0 : tensor<?x4xf32, #prim.shape<"2*n", 4>>, tensor<?xi64, #prim.shape<"range.0">> -> tensor<?x4xf32, #prim.shape<"range.0", 4>>
  %47 = prim.reshape %44 : tensor<1x4x6xf32> -> tensor<4x6xf32>
  %48 = prim.dot %46, %47 batch [] x [] contract [1] x [0] : tensor<?x4xf32, #prim.shape<"range.0", 4>>, tensor<4x6xf32> -> tensor<?x6xf32, #prim.shape<"range.0", 6>>
  %49 = prim.index_expr 0 : tensor<?xi64, #prim.shape<"range.1">>
  %50 = prim.compare lt %43, %49 : tensor<?xi64, #prim.shape<"range.1">> -> tensor<?xi1, #prim.shape<"range.1">>
  %51 = prim.index_expr "2*n" : tensor<?xi64, #prim.shape<"range.1">>
  %52 = prim.binary add %43, %51 : tensor<?xi64, #prim.shape<"range.1">>
  %53 = prim.select %50, %52, %43 : tensor<?xi1, #prim.shape<"range.1">>, tensor<?xi64, #prim.shape<"range.1">>
  %54 = prim.take %14, %53 axis 0 : tensor<?x4xf32, #prim.shape<"2*n", 4>>, tensor<?xi64, #prim.shape<"range.1">> -> tensor<?x4xf32, #prim.shape<"range.1", 4>>
  %55 = prim.reshape %45 : tensor<1x4x6xf32> -> tensor<4x6xf32>
  %56 = prim.dot %54, %55 batch [] x [] contract [1] x [0] : tensor<?x4xf32, #prim.shape<"range.1", 4>>, tensor<4x6xf32> -> tensor<?x6xf32, #prim.shape<"range.1", 6>>
  %57 = prim.slice %48 starts [0, 0] steps [1, 1] : tensor<?x6xf32, #prim.shape<"range.0", 6>> -> tensor<?x3xf32, #prim.shape<"range.0", 3>>
  %58 = prim.slice %56 starts [0, 0] steps [1, 1] : tensor<?x6xf32, #prim.shape<"range.1", 6>> -> tensor<?x3xf32, #prim.shape<"range.1", 3>>
  %59 = prim.concat %57, %58 axis 0 : (tensor<?x3xf32, #prim.shape<"range.0", 3>>, tensor<?x3xf32, #prim.shape<"range.1", 3>>) -> tensor<?x3xf32, #prim.shape<"range.0 + range.1", 3>>
  %60 = prim.slice %48 starts [0, 3] steps [1, 1] : tensor<?x6xf32, #prim.shape<"range.0", 6>> -> tensor<?x3xf32, #prim.shape<"range.0", 3>>
  %61 = prim.slice %56 starts [0, 3] steps [1, 1] : tensor<?x6xf32, #prim.shape<"range.1", 6>> -> tensor<?x3xf32, #prim.shape<"range.1", 3>>
  %62 = prim.concat %60, %61 axis 0 : (tensor<?x3xf32, #prim.shape<"range.0", 3>>, tensor<?x3xf32, #prim.shape<"range.1", 3>>) -> tensor<?x3xf32, #prim.shape<"range.0 + range.1", 3>>
  %63 = prim.unary neg %59 : tensor<?x3xf32, #prim.shape<"range.0 + range.1", 3>> -> tensor<?x3xf32, #prim.shape<"range.0 + range.1", 3>>
  %64 = prim.unary exp %63 : tensor<?x3xf32, #prim.shape<"range.0 + range.1", 3>> -> tensor<?x3xf32, #prim.shape<"range.0 + range.1", 3>>
  %65 = prim.broadcast %1 axes [] : tensor<f32> -> tensor<?x3xf32, #prim.shape<"range.0 + range.1", 3>>
  %66 = prim.binary add %64, %65 : tensor<?x3xf32, #prim.shape<"range.0 + range.1", 3>>
  %67 = prim.unary reciprocal %66 : tensor<?x3xf32, #prim.shape<"range.0 + range.1", 3>> -> tensor<?x3xf32, #prim.shape<"range.0 + range.1", 3>>
  %68 = prim.binary mul %59, %67 : tensor<?x3xf32, #prim.shape<"range.0 + range.1", 3>>
  %69 = prim.binary mul %68, %62 : tensor<?x3xf32, #prim.shape<"range.0 + range.1", 3>>
  %70 = prim.slice %4 starts [0, 0, 0] steps [1, 1, 1] : tensor<2x3x4xf32> -> tensor<1x3x4xf32>
  %71 = prim.slice %4 starts [1, 0, 0] steps [1, 1, 1] : tensor<2x3x4xf32> -> tensor<1x3x4xf32>
  %72 = prim.take %69, %37 axis 0 : tensor<?x3xf32, #prim.shape<"range.0 + range.1", 3>>, tensor<?xi64, #prim.shape<"range.0">> -> tensor<?x3xf32, #prim.shape<"range.0", 3>>
  %73 = prim.reshape %70 : tensor<1x3x4xf32> -> tensor<3x4xf32>
  %74 = prim.dot %72, %73 batch [] x [] contract [1] x [0] : tensor<?x3xf32, #prim.shape<"range.0", 3>>, tensor<3x4xf32> -> tensor<?x4xf32, #prim.shape<"range.0", 4>>
  %75 = prim.index_expr "range.0 + range.1" : tensor<?xi64, #prim.shape<"range.1">>
  %76 = prim.binary add %43, %75 : tensor<?xi64, #prim.shape<"range.1">>
  %77 = prim.select %50, %76, %43 : tensor<?xi1, #prim.shape<"range.1">>, tensor<?xi64, #prim.shape<"range.1">>
  %78 = prim.take %69, %77 axis 0 : tensor<?x3xf32, #prim.shape<"range.0 + range.1", 3>>, tensor<?xi64, #prim.shape<"range.1">> -> tensor<?x3xf32, #prim.shape<"range.1", 3>>
  %79 = prim.reshape %71 : tensor<1x3x4xf32> -> tensor<3x4xf32>
  %80 = prim.dot %78, %79 batch [] x [] contract [1] x [0] : tensor<?x3xf32, #prim.shape<"range.1", 3>>, tensor<3x4xf32> -> tensor<?x4xf32, #prim.shape<"range.1", 4>>
  %81 = prim.concat %74, %80 axis 0 : (tensor<?x4xf32, #prim.shape<"range.0", 4>>, tensor<?x4xf32, #prim.shape<"range.1", 4>>) -> tensor<?x4xf32, #prim.shape<"range.0 + range.1", 4>>
  %82 = prim.reshape %weights : tensor<?x2xf32, #prim.shape<"n", 2>> -> tensor<?x1xf32, #prim.shape<"2*n", 1>>
  %83 = prim.compare lt %indices, %19 : tensor<?xi64, #prim.shape<"2*n">> -> tensor<?xi1, #prim.shape<"2*n">>
  %84 = prim.index_expr "2*n" : tensor<?xi64, #prim.shape<"2*n">>
  %85 = prim.binary add %indices, %84 : tensor<?xi64, #prim.shape<"2*n">>
  %86 = prim.select %83, %85, %indices : tensor<?xi1, #prim.shape<"2*n">>, tensor<?xi64, #prim.shape<"2*n">>
  %87 = prim.take %82, %86 axis 0 : tensor<?x1xf32, #prim.shape<"2*n", 1>>, tensor<?xi64, #prim.shape<"2*n">> -> tensor<?x1xf32, #prim.shape<"2*n", 1>>
  prim.require "range.0 + range.1" equals "2*n", "Mul: sizes of operands along dimension 0"
  %88 = prim.reshape %81 : tensor<?x4xf32, #prim.shape<"range.0 + range.1", 4>> -> tensor<?x4xf32, #prim.shape<"2*n", 4>>
  %89 = prim.broadcast %87 axes [0, 1] : tensor<?x1xf32, #prim.shape<"2*n", 1>> -> tensor<?x4xf32, #prim.shape<"2*n", 4>>
  %90 = prim.binary mul %88, %89 : tensor<?x4xf32, #prim.shape<"2*n", 4>>
  %91 = prim.reshape %indices : tensor<?xi64, #prim.shape<"2*n">> -> tensor<?x1xi64, #prim.shape<"2*n", 1>>
  %92 = prim.index_expr "d0" : tensor<?xi64, #prim.shape<"2*n">>
  %93 = prim.compare lt %91, %9 : tensor<?x1xi64, #prim.shape<"2*n", 1>> -> tensor<?x1xi1, #prim.shape<"2*n", 1>>
  %94 = prim.index_expr "2*n" : tensor<?x1xi64, #prim.shape<"2*n", 1>>
  %95 = prim.binary add %91, %94 : tensor<?x1xi64, #prim.shape<"2*n", 1>>
  %96 = prim.select %93, %95, %91 : tensor<?x1xi1, #prim.shape<"2*n", 1>>, tensor<?x1xi64, #prim.shape<"2*n", 1>>
  %97 = prim.scatter_nd set %19, %96, %92 axes [0] : tensor<?xi64, #prim.shape<"2*n">>, tensor<?x1xi64, #prim.shape<"2*n", 1>>, tensor<?xi64, #prim.shape<"2*n">>
  %98 = prim.reshape %97 : tensor<?xi64, #prim.shape<"2*n">> -> tensor<?x1xi64, #prim.shape<"2*n", 1>>
  %99 = prim.compare lt %98, %9 : tensor<?x1xi64, #prim.shape<"2*n", 1>> -> tensor<?x1xi1, #prim.shape<"2*n", 1>>
  %100 = prim.binary add %98, %94 : tensor<?x1xi64, #prim.shape<"2*n", 1>>
  %101 = prim.select %99, %100, %98 : tensor<?x1xi1, #prim.shape<"2*n", 1>>, tensor<?x1xi64, #prim.shape<"2*n", 1>>
  %102 = prim.gather_nd %90, %101 batch 0 : tensor<?x4xf32, #prim.shape<"2*n", 4>>, tensor<?x1xi64, #prim.shape<"2*n", 1>> -> tensor<?x4xf32, #prim.shape<"2*n", 4>>
  %103 = prim.reshape %102 : tensor<?x4xf32, #prim.shape<"2*n", 4>> -> tensor<?x2x4xf32, #prim.shape<"n", 2, 4>>
  %104 = prim.reduce sum %103 axes [1] : tensor<?x2x4xf32, #prim.shape<"n", 2, 4>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  return %104 : tensor<?x4xf32, #prim.shape<"n", 4>>
}

// -----

// Per expert the tokens that have chosen it, with weights of its own.
// CHECK-LABEL: @loop
// CHECK: dsc.route  softmax %{{[^ ,)]*}} {scale = 1.000000e+00 : f64}
// CHECK: dsc.experts  silu %{{[^ ,)]*}} ids(%{{[^ ,)]*}}) weights(%{{[^ ,)]*}}) gate(%{{[^ ,)]*}}) up(%{{[^ ,)]*}}) down(%{{[^ ,)]*}}) {dsc.encoding = "loop"}
// CHECK-NOT: prim.top_k
func.func @loop(%arg0: tensor<?x4xf32, #prim.shape<"n", 4>>, %arg1: tensor<?x2xf32, #prim.shape<"n", 2>>, %1: tensor<4x3xf32>, %2: tensor<4x3xf32>, %3: tensor<3x4xf32>, %4: tensor<4x3xf32>, %5: tensor<4x3xf32>, %6: tensor<3x4xf32>) -> (tensor<?x4xf32, #prim.shape<"n", 4>>) {
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
  %53 = prim.binary add %8, %52 : tensor<?x4xf32, #prim.shape<"n", 4>>
  %54 = prim.index_expr 1 : tensor<?x2xi64, #prim.shape<"n", 2>>
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

// Every expert for every token, times a table of weights.
// CHECK-LABEL: @dense
// CHECK: dsc.route  softmax %{{[^ ,)]*}} {scale = 1.000000e+00 : f64}
// CHECK: dsc.experts  silu %{{[^ ,)]*}} ids(%{{[^ ,)]*}}) weights(%{{[^ ,)]*}}) gate(%{{[^ ,)]*}}) up(%{{[^ ,)]*}}) down(%{{[^ ,)]*}}) {dsc.encoding = "dense"}
// CHECK-NOT: prim.top_k
func.func @dense(%arg0: tensor<?x4xf32, #prim.shape<"n", 4>>, %arg1: tensor<?x2xf32, #prim.shape<"n", 2>>, %1: tensor<4x3xf32>, %2: tensor<4x3xf32>, %3: tensor<3x4xf32>, %4: tensor<4x3xf32>, %5: tensor<4x3xf32>, %6: tensor<3x4xf32>) -> (tensor<?x4xf32, #prim.shape<"n", 4>>) {
  %0 = prim.constant dense<0.000000e+00> : tensor<f32>
  %weights, %ids = dsc.route  softmax %arg1 {scale = 1.000000e+00 : f64} : (tensor<?x2xf32, #prim.shape<"n", 2>>) -> (tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>)
  %7 = prim.broadcast %0 axes [] : tensor<f32> -> tensor<?x2xf32, #prim.shape<"n", 2>>
  %8 = prim.index_expr 0 : tensor<?x2xi64, #prim.shape<"n", 2>>
  %9 = prim.compare lt %ids, %8 : tensor<?x2xi64, #prim.shape<"n", 2>> -> tensor<?x2xi1, #prim.shape<"n", 2>>
  %10 = prim.index_expr 2 : tensor<?x2xi64, #prim.shape<"n", 2>>
  %11 = prim.binary add %ids, %10 : tensor<?x2xi64, #prim.shape<"n", 2>>
  %12 = prim.select %9, %11, %ids : tensor<?x2xi1, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>
  %13 = prim.scatter_along_axis set %7, %12, %weights axis 1 : tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<?x2xi64, #prim.shape<"n", 2>>, tensor<?x2xf32, #prim.shape<"n", 2>>
  %14 = prim.broadcast %0 axes [] : tensor<f32> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %15 = prim.slice %13 starts [0, 0] steps [1, 1] : tensor<?x2xf32, #prim.shape<"n", 2>> -> tensor<?x1xf32, #prim.shape<"n", 1>>
  %16 = prim.dot %arg0, %1 batch [] x [] contract [1] x [0] : tensor<?x4xf32, #prim.shape<"n", 4>>, tensor<4x3xf32> -> tensor<?x3xf32, #prim.shape<"n", 3>>
  %17 = prim.unary neg %16 : tensor<?x3xf32, #prim.shape<"n", 3>> -> tensor<?x3xf32, #prim.shape<"n", 3>>
  %18 = prim.unary exp %17 : tensor<?x3xf32, #prim.shape<"n", 3>> -> tensor<?x3xf32, #prim.shape<"n", 3>>
  %19 = prim.constant dense<1.000000e+00> : tensor<f32>
  %20 = prim.broadcast %19 axes [] : tensor<f32> -> tensor<?x3xf32, #prim.shape<"n", 3>>
  %21 = prim.binary add %18, %20 : tensor<?x3xf32, #prim.shape<"n", 3>>
  %22 = prim.unary reciprocal %21 : tensor<?x3xf32, #prim.shape<"n", 3>> -> tensor<?x3xf32, #prim.shape<"n", 3>>
  %23 = prim.binary mul %16, %22 : tensor<?x3xf32, #prim.shape<"n", 3>>
  %24 = prim.dot %arg0, %2 batch [] x [] contract [1] x [0] : tensor<?x4xf32, #prim.shape<"n", 4>>, tensor<4x3xf32> -> tensor<?x3xf32, #prim.shape<"n", 3>>
  %25 = prim.binary mul %23, %24 : tensor<?x3xf32, #prim.shape<"n", 3>>
  %26 = prim.dot %25, %3 batch [] x [] contract [1] x [0] : tensor<?x3xf32, #prim.shape<"n", 3>>, tensor<3x4xf32> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %27 = prim.broadcast %15 axes [0, 1] : tensor<?x1xf32, #prim.shape<"n", 1>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %28 = prim.binary mul %26, %27 : tensor<?x4xf32, #prim.shape<"n", 4>>
  %29 = prim.binary add %14, %28 : tensor<?x4xf32, #prim.shape<"n", 4>>
  %30 = prim.slice %13 starts [0, 1] steps [1, 1] : tensor<?x2xf32, #prim.shape<"n", 2>> -> tensor<?x1xf32, #prim.shape<"n", 1>>
  %31 = prim.dot %arg0, %4 batch [] x [] contract [1] x [0] : tensor<?x4xf32, #prim.shape<"n", 4>>, tensor<4x3xf32> -> tensor<?x3xf32, #prim.shape<"n", 3>>
  %32 = prim.unary neg %31 : tensor<?x3xf32, #prim.shape<"n", 3>> -> tensor<?x3xf32, #prim.shape<"n", 3>>
  %33 = prim.unary exp %32 : tensor<?x3xf32, #prim.shape<"n", 3>> -> tensor<?x3xf32, #prim.shape<"n", 3>>
  %34 = prim.binary add %33, %20 : tensor<?x3xf32, #prim.shape<"n", 3>>
  %35 = prim.unary reciprocal %34 : tensor<?x3xf32, #prim.shape<"n", 3>> -> tensor<?x3xf32, #prim.shape<"n", 3>>
  %36 = prim.binary mul %31, %35 : tensor<?x3xf32, #prim.shape<"n", 3>>
  %37 = prim.dot %arg0, %5 batch [] x [] contract [1] x [0] : tensor<?x4xf32, #prim.shape<"n", 4>>, tensor<4x3xf32> -> tensor<?x3xf32, #prim.shape<"n", 3>>
  %38 = prim.binary mul %36, %37 : tensor<?x3xf32, #prim.shape<"n", 3>>
  %39 = prim.dot %38, %6 batch [] x [] contract [1] x [0] : tensor<?x3xf32, #prim.shape<"n", 3>>, tensor<3x4xf32> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %40 = prim.broadcast %30 axes [0, 1] : tensor<?x1xf32, #prim.shape<"n", 1>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %41 = prim.binary mul %39, %40 : tensor<?x4xf32, #prim.shape<"n", 4>>
  %42 = prim.binary add %29, %41 : tensor<?x4xf32, #prim.shape<"n", 4>>
  return %42 : tensor<?x4xf32, #prim.shape<"n", 4>>
}
