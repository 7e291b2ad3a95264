// RUN: dsc-opt %s | dsc-opt | FileCheck %s

// Every operation in the form of its documentation.

// CHECK-LABEL: func.func @constants
func.func @constants() -> tensor<f32> {
  // CHECK: prim.constant dense<1.000000e+00> : tensor<f32>
  %0 = prim.constant dense<1.0> : tensor<f32>
  // CHECK: prim.index_expr "nonneg(past + d0 - d1)" : tensor<?x?xi1, #prim.shape<"seq", "past + seq">>
  %1 = prim.index_expr "nonneg(past + d0 - d1)" : tensor<?x?xi1, #prim.shape<"seq", "past + seq">>
  // CHECK: prim.exprs ["batch", -1, 64] : tensor<3xi64>
  %2 = prim.exprs ["batch", -1, 64] : tensor<3xi64>
  return %0 : tensor<f32>
}

// CHECK-LABEL: func.func @symbols
func.func @symbols(%count: tensor<i64>) {
  // CHECK: prim.define_symbol "rows_3" = %{{.*}} : tensor<i64>
  prim.define_symbol "rows_3" = %count : tensor<i64>
  // CHECK: prim.require "s43" equals "s44", "Add: operands have different sizes"
  prim.require "s43" equals "s44", "Add: operands have different sizes"
  return
}

// CHECK-LABEL: func.func @elementwise
func.func @elementwise(%a: tensor<?x4xf32, #prim.shape<"n", 4>>, %b: tensor<?x4xf32, #prim.shape<"n", 4>>) {
  // CHECK: prim.unary exp %{{.*}} : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  %0 = prim.unary exp %a : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xf32, #prim.shape<"n", 4>>
  // CHECK: prim.unary is_nan
  %1 = prim.unary is_nan %a : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xi1, #prim.shape<"n", 4>>
  // CHECK: prim.binary add %{{.*}}, %{{.*}} : tensor<?x4xf32, #prim.shape<"n", 4>>
  %2 = prim.binary add %a, %b : tensor<?x4xf32, #prim.shape<"n", 4>>
  // CHECK: prim.compare lt %{{.*}}, %{{.*}} : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xi1, #prim.shape<"n", 4>>
  %3 = prim.compare lt %a, %b : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xi1, #prim.shape<"n", 4>>
  // CHECK: prim.select %{{.*}}, %{{.*}}, %{{.*}} : tensor<?x4xi1, #prim.shape<"n", 4>>, tensor<?x4xf32, #prim.shape<"n", 4>>
  %4 = prim.select %3, %a, %b : tensor<?x4xi1, #prim.shape<"n", 4>>, tensor<?x4xf32, #prim.shape<"n", 4>>
  // CHECK: prim.convert
  %5 = prim.convert %a : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xi64, #prim.shape<"n", 4>>
  // CHECK: prim.bitcast
  %6 = prim.bitcast %a : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<?x4xi32, #prim.shape<"n", 4>>
  return
}

// CHECK-LABEL: func.func @layout
func.func @layout(%a: tensor<2x4xf32>, %v: tensor<f32>) {
  // CHECK: prim.broadcast %{{.*}} axes [1, 2] : tensor<2x4xf32> -> tensor<?x2x4xf32, #prim.shape<"b", 2, 4>>
  %0 = prim.broadcast %a axes [1, 2] : tensor<2x4xf32> -> tensor<?x2x4xf32, #prim.shape<"b", 2, 4>>
  // CHECK: prim.reshape %{{.*}} : tensor<2x4xf32> -> tensor<8xf32>
  %1 = prim.reshape %a : tensor<2x4xf32> -> tensor<8xf32>
  // CHECK: prim.transpose %{{.*}} perm [1, 0] : tensor<2x4xf32> -> tensor<4x2xf32>
  %2 = prim.transpose %a perm [1, 0] : tensor<2x4xf32> -> tensor<4x2xf32>
  // CHECK: prim.slice %{{.*}} starts [0, 3] steps [1, -2] : tensor<2x4xf32> -> tensor<2x2xf32>
  %3 = prim.slice %a starts [0, 3] steps [1, -2] : tensor<2x4xf32> -> tensor<2x2xf32>
  // CHECK: prim.concat %{{.*}}, %{{.*}} axis 0 : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<4x4xf32>
  %4 = prim.concat %a, %a axis 0 : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<4x4xf32>
  // CHECK: prim.pad %{{.*}}, %{{.*}} low [0, 1] : tensor<2x4xf32>, tensor<f32> -> tensor<2x6xf32>
  %5 = prim.pad %a, %v low [0, 1] : tensor<2x4xf32>, tensor<f32> -> tensor<2x6xf32>
  return
}

// CHECK-LABEL: func.func @indexing
func.func @indexing(%x: tensor<8x4xf32>, %i: tensor<3x1xi64>, %e: tensor<3x4xi64>, %u: tensor<3x4xf32>) {
  // CHECK: prim.take %{{.*}}, %{{.*}} axis 1 : tensor<8x4xf32>, tensor<3x1xi64> -> tensor<8x3x1xf32>
  %0 = prim.take %x, %i axis 1 : tensor<8x4xf32>, tensor<3x1xi64> -> tensor<8x3x1xf32>
  // CHECK: prim.take_along_axis %{{.*}}, %{{.*}} axis 0
  %1 = prim.take_along_axis %x, %e axis 0 : tensor<8x4xf32>, tensor<3x4xi64> -> tensor<3x4xf32>
  // CHECK: prim.gather_nd %{{.*}}, %{{.*}} batch 0
  %2 = prim.gather_nd %x, %i batch 0 : tensor<8x4xf32>, tensor<3x1xi64> -> tensor<3x4xf32>
  // CHECK: prim.scatter_nd set %{{.*}}, %{{.*}}, %{{.*}} axes [0] : tensor<8x4xf32>, tensor<3x1xi64>, tensor<3x4xf32>
  %3 = prim.scatter_nd set %x, %i, %u axes [0] : tensor<8x4xf32>, tensor<3x1xi64>, tensor<3x4xf32>
  // CHECK: prim.scatter_along_axis add %{{.*}}, %{{.*}}, %{{.*}} axis 0 : tensor<8x4xf32>, tensor<3x4xi64>, tensor<3x4xf32>
  %4 = prim.scatter_along_axis add %x, %e, %u axis 0 : tensor<8x4xf32>, tensor<3x4xi64>, tensor<3x4xf32>
  // CHECK: prim.update_slice %{{.*}}, %{{.*}} starts ["t", 0] : tensor<8x4xf32>, tensor<3x4xf32>
  %5 = prim.update_slice %x, %u starts ["t", 0] : tensor<8x4xf32>, tensor<3x4xf32>
  return
}

// CHECK-LABEL: func.func @reductions
func.func @reductions(%a: tensor<2x3x4xf32>, %b: tensor<2x4x5xf32>, %c: tensor<2x4xi1>) {
  // CHECK: prim.reduce sum %{{.*}} axes [0, 2] : tensor<2x3x4xf32> -> tensor<3xf32>
  %0 = prim.reduce sum %a axes [0, 2] : tensor<2x3x4xf32> -> tensor<3xf32>
  // CHECK: prim.arg_reduce max %{{.*}} axis 1 last : tensor<2x3x4xf32> -> tensor<2x4xi64>
  %1 = prim.arg_reduce max %a axis 1 last : tensor<2x3x4xf32> -> tensor<2x4xi64>
  // CHECK: prim.cumsum %{{.*}} axis 1 exclusive reverse : tensor<2x3x4xf32>
  %2 = prim.cumsum %a axis 1 exclusive reverse : tensor<2x3x4xf32>
  // CHECK: prim.dot %{{.*}}, %{{.*}} batch [0] x [0] contract [2] x [1] : tensor<2x3x4xf32>, tensor<2x4x5xf32> -> tensor<2x3x5xf32>
  %3 = prim.dot %a, %b batch [0] x [0] contract [2] x [1] : tensor<2x3x4xf32>, tensor<2x4x5xf32> -> tensor<2x3x5xf32>
  // CHECK: prim.top_k %{{.*}} largest : tensor<2x3x4xf32> -> tensor<2x3x2xf32>, tensor<2x3x2xi64>
  %v, %i = prim.top_k %a largest : tensor<2x3x4xf32> -> tensor<2x3x2xf32>, tensor<2x3x2xi64>
  // CHECK: prim.nonzero %{{.*}} : tensor<2x4xi1> -> tensor<2x?xi64, #prim.shape<2, "n0">>
  %4 = prim.nonzero %c : tensor<2x4xi1> -> tensor<2x?xi64, #prim.shape<2, "n0">>
  return
}

// A size given by a lower bound, a signed symbol, a name that is no identifier.
// CHECK-LABEL: func.func @names
// CHECK-SAME: tensor<?x?x?xf32, #prim.shape<"n + $start", "[1]m", "'past length'">>
func.func @names(%a: tensor<?x?x?xf32, #prim.shape<"n + $start", "[1]m", "'past length'">>) {
  return
}
