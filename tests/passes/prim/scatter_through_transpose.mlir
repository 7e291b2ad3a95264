// RUN: dsc-opt %s --scatter-through-transpose | FileCheck %s
// SPDX-License-Identifier: Apache-2.0

// A static cache is written along axis 2, as exporters write it.
// CHECK-LABEL: func.func @static_cache
func.func @static_cache(%cache: tensor<2x1x24x8xf32>, %i: tensor<3x1xi64>, %new: tensor<3x2x1x8xf32>) -> tensor<2x1x24x8xf32> {
  // The updates have the index first, then the other dimensions of the cache in order: nothing moves.
  // CHECK-NEXT: %[[S:.*]] = prim.scatter_nd set %arg0, %arg1, %arg2 axes [2]
  // CHECK-NEXT: return %[[S]]
  %t = prim.transpose %cache perm [2, 0, 1, 3] : tensor<2x1x24x8xf32> -> tensor<24x2x1x8xf32>
  %s = prim.scatter_nd set %t, %i, %new axes [0] : tensor<24x2x1x8xf32>, tensor<3x1xi64>, tensor<3x2x1x8xf32>
  %r = prim.transpose %s perm [1, 2, 0, 3] : tensor<24x2x1x8xf32> -> tensor<2x1x24x8xf32>
  return %r : tensor<2x1x24x8xf32>
}

// CHECK-LABEL: func.func @updates_move
func.func @updates_move(%cache: tensor<2x5x24xf32>, %i: tensor<3x1xi64>, %new: tensor<3x5x2xf32>) -> tensor<2x5x24xf32> {
  // CHECK-NEXT: %[[U:.*]] = prim.transpose %arg2 perm [0, 2, 1]
  // CHECK-NEXT: prim.scatter_nd set %arg0, %arg1, %[[U]] axes [2]
  %t = prim.transpose %cache perm [2, 1, 0] : tensor<2x5x24xf32> -> tensor<24x5x2xf32>
  %s = prim.scatter_nd set %t, %i, %new axes [0] : tensor<24x5x2xf32>, tensor<3x1xi64>, tensor<3x5x2xf32>
  %r = prim.transpose %s perm [2, 1, 0] : tensor<24x5x2xf32> -> tensor<2x5x24xf32>
  return %r : tensor<2x5x24xf32>
}

// CHECK-LABEL: func.func @update_slice
func.func @update_slice(%cache: tensor<2x5x24xf32>, %new: tensor<1x2x5xf32>) -> tensor<2x5x24xf32> {
  // CHECK-NEXT: %[[U:.*]] = prim.transpose %arg1 perm [1, 2, 0]
  // CHECK-NEXT: prim.update_slice %arg0, %[[U]] starts [0, 0, "t"]
  %t = prim.transpose %cache perm [2, 0, 1] : tensor<2x5x24xf32> -> tensor<24x2x5xf32>
  %s = prim.update_slice %t, %new starts ["t", 0, 0] : tensor<24x2x5xf32>, tensor<1x2x5xf32>
  %r = prim.transpose %s perm [1, 2, 0] : tensor<24x2x5xf32> -> tensor<2x5x24xf32>
  return %r : tensor<2x5x24xf32>
}

// A near miss: the result is not transposed back.
// CHECK-LABEL: func.func @other_order
func.func @other_order(%cache: tensor<2x5x24xf32>, %i: tensor<3x1xi64>, %new: tensor<3x2x5xf32>) -> tensor<5x2x24xf32> {
  // CHECK: prim.scatter_nd set %{{.*}}, %arg1, %arg2 axes [0]
  %t = prim.transpose %cache perm [2, 0, 1] : tensor<2x5x24xf32> -> tensor<24x2x5xf32>
  %s = prim.scatter_nd set %t, %i, %new axes [0] : tensor<24x2x5xf32>, tensor<3x1xi64>, tensor<3x2x5xf32>
  %r = prim.transpose %s perm [2, 1, 0] : tensor<24x2x5xf32> -> tensor<5x2x24xf32>
  return %r : tensor<5x2x24xf32>
}
