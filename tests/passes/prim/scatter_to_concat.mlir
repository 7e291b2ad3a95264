// RUN: dsc-opt %s -scatter-to-concat | FileCheck %s

// How an exporter writes torch.cat: two scatters into a transposed constant.
// CHECK-LABEL: func.func @concat
// CHECK-NEXT: %[[C:.*]] = prim.concat %arg0, %arg1 axis 1 : (tensor<?x2xf32, {{.*}}>, tensor<?x3xf32, {{.*}}>) -> tensor<?x5xf32
// CHECK-NEXT: return %[[C]]
func.func @concat(%a: tensor<?x2xf32, #prim.shape<"t", 2>>, %b: tensor<?x3xf32, #prim.shape<"t", 3>>) -> tensor<?x5xf32, #prim.shape<"t", 5>> {
  %c = prim.constant dense<0.0> : tensor<f32>
  %z = prim.broadcast %c axes [] : tensor<f32> -> tensor<?x5xf32, #prim.shape<"t", 5>>
  %zt = prim.transpose %z perm [1, 0] : tensor<?x5xf32, #prim.shape<"t", 5>> -> tensor<5x?xf32, #prim.shape<5, "t">>
  %i0 = prim.index_expr "d0" : tensor<2x1xi64>
  %at = prim.transpose %a perm [1, 0] : tensor<?x2xf32, #prim.shape<"t", 2>> -> tensor<2x?xf32, #prim.shape<2, "t">>
  %1 = prim.scatter_nd set %zt, %i0, %at axes [0] : tensor<5x?xf32, #prim.shape<5, "t">>, tensor<2x1xi64>, tensor<2x?xf32, #prim.shape<2, "t">>
  %i1 = prim.index_expr "d0 + 2" : tensor<3x1xi64>
  %bt = prim.transpose %b perm [1, 0] : tensor<?x3xf32, #prim.shape<"t", 3>> -> tensor<3x?xf32, #prim.shape<3, "t">>
  %2 = prim.scatter_nd set %1, %i1, %bt axes [0] : tensor<5x?xf32, #prim.shape<5, "t">>, tensor<3x1xi64>, tensor<3x?xf32, #prim.shape<3, "t">>
  %r = prim.transpose %2 perm [1, 0] : tensor<5x?xf32, #prim.shape<5, "t">> -> tensor<?x5xf32, #prim.shape<"t", 5>>
  return %r : tensor<?x5xf32, #prim.shape<"t", 5>>
}

// A gap keeps the fill.
// CHECK-LABEL: func.func @gap
// CHECK: prim.concat %arg0, %{{.*}} axis 0 : (tensor<2xf32>, tensor<3xf32>) -> tensor<5xf32>
func.func @gap(%a: tensor<2xf32>) -> tensor<5xf32> {
  %c = prim.constant dense<0.0> : tensor<f32>
  %z = prim.broadcast %c axes [] : tensor<f32> -> tensor<5xf32>
  %i = prim.index_expr "d0" : tensor<2x1xi64>
  %1 = prim.scatter_nd set %z, %i, %a axes [0] : tensor<5xf32>, tensor<2x1xi64>, tensor<2xf32>
  return %1 : tensor<5xf32>
}

// A cache keeps its update in place.
// CHECK-LABEL: func.func @cache
// CHECK-NEXT: prim.update_slice %arg0, %arg1 starts ["t", 0]
func.func @cache(%cache: tensor<8x4xf32>, %u: tensor<2x4xf32>) -> tensor<8x4xf32> {
  %i = prim.index_expr "d0 + t" : tensor<2x1xi64>
  %1 = prim.scatter_nd set %cache, %i, %u axes [0] : tensor<8x4xf32>, tensor<2x1xi64>, tensor<2x4xf32>
  return %1 : tensor<8x4xf32>
}

// Rows in another order are no block; adding is no assignment.
// CHECK-LABEL: func.func @not_rows
// CHECK-COUNT-2: prim.scatter_nd
func.func @not_rows(%x: tensor<8xf32>, %u: tensor<2xf32>) -> tensor<8xf32> {
  %i = prim.index_expr "1 - d0" : tensor<2x1xi64>
  %1 = prim.scatter_nd set %x, %i, %u axes [0] : tensor<8xf32>, tensor<2x1xi64>, tensor<2xf32>
  %j = prim.index_expr "d0" : tensor<2x1xi64>
  %2 = prim.scatter_nd add %1, %j, %u axes [0] : tensor<8xf32>, tensor<2x1xi64>, tensor<2xf32>
  return %2 : tensor<8xf32>
}

// Rows written one by one, as an unrolled loop does: each adds one piece, nothing is quadratic.
// CHECK-LABEL: func.func @unrolled
// CHECK-COUNT-11: prim.concat
// CHECK-NEXT: return
func.func @unrolled(%r: tensor<1xf32>) -> tensor<12xf32> {
  %c = prim.constant dense<0.0> : tensor<f32>
  %0 = prim.broadcast %c axes [] : tensor<f32> -> tensor<12xf32>
  %i0 = prim.index_expr 0 : tensor<1x1xi64>
  %1 = prim.scatter_nd set %0, %i0, %r axes [0] : tensor<12xf32>, tensor<1x1xi64>, tensor<1xf32>
  %i1 = prim.index_expr 1 : tensor<1x1xi64>
  %2 = prim.scatter_nd set %1, %i1, %r axes [0] : tensor<12xf32>, tensor<1x1xi64>, tensor<1xf32>
  %i2 = prim.index_expr 2 : tensor<1x1xi64>
  %3 = prim.scatter_nd set %2, %i2, %r axes [0] : tensor<12xf32>, tensor<1x1xi64>, tensor<1xf32>
  %i3 = prim.index_expr 3 : tensor<1x1xi64>
  %4 = prim.scatter_nd set %3, %i3, %r axes [0] : tensor<12xf32>, tensor<1x1xi64>, tensor<1xf32>
  %i4 = prim.index_expr 4 : tensor<1x1xi64>
  %5 = prim.scatter_nd set %4, %i4, %r axes [0] : tensor<12xf32>, tensor<1x1xi64>, tensor<1xf32>
  %i5 = prim.index_expr 5 : tensor<1x1xi64>
  %6 = prim.scatter_nd set %5, %i5, %r axes [0] : tensor<12xf32>, tensor<1x1xi64>, tensor<1xf32>
  %i6 = prim.index_expr 6 : tensor<1x1xi64>
  %7 = prim.scatter_nd set %6, %i6, %r axes [0] : tensor<12xf32>, tensor<1x1xi64>, tensor<1xf32>
  %i7 = prim.index_expr 7 : tensor<1x1xi64>
  %8 = prim.scatter_nd set %7, %i7, %r axes [0] : tensor<12xf32>, tensor<1x1xi64>, tensor<1xf32>
  %i8 = prim.index_expr 8 : tensor<1x1xi64>
  %9 = prim.scatter_nd set %8, %i8, %r axes [0] : tensor<12xf32>, tensor<1x1xi64>, tensor<1xf32>
  %i9 = prim.index_expr 9 : tensor<1x1xi64>
  %10 = prim.scatter_nd set %9, %i9, %r axes [0] : tensor<12xf32>, tensor<1x1xi64>, tensor<1xf32>
  %i10 = prim.index_expr 10 : tensor<1x1xi64>
  %11 = prim.scatter_nd set %10, %i10, %r axes [0] : tensor<12xf32>, tensor<1x1xi64>, tensor<1xf32>
  %i11 = prim.index_expr 11 : tensor<1x1xi64>
  %12 = prim.scatter_nd set %11, %i11, %r axes [0] : tensor<12xf32>, tensor<1x1xi64>, tensor<1xf32>
  return %12 : tensor<12xf32>
}
