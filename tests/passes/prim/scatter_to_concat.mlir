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
