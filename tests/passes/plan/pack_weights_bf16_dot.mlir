// RUN: dsc-opt %s -split-input-file --form-kernels="pack-weights bf16-dot" | FileCheck %s
// SPDX-License-Identifier: Apache-2.0

// In the numeric class bf16-dot, bf16 weights stand in pairs along the contracted dimension.
// CHECK-LABEL: func.func @pairs
// CHECK:         plan.pack %{{.*}} <columns = 1, contracted = [0], width = 16, group = 2> : tensor<2x16xbf16>
func.func @pairs(%x: tensor<?x2xbf16, #prim.shape<"n", 2>>) -> tensor<?x16xbf16, #prim.shape<"n", 16>> {
  %w = prim.constant dense<"0x01080F161D242B323940474E555C63060D141B222930373E454C535A61040B121920272E353C434A51585F020910171E252C333A41484F565D00070E151C232A"> : tensor<2x16xbf16>
  %0 = prim.dot %x, %w batch [] x [] contract [1] x [0] : tensor<?x2xbf16, #prim.shape<"n", 2>>, tensor<2x16xbf16> -> tensor<?x16xbf16, #prim.shape<"n", 16>>
  return %0 : tensor<?x16xbf16, #prim.shape<"n", 16>>
}

// -----

// Near misses: f32 weights have one class; an odd depth has no pairs; neither has a part of the depth.
// CHECK-LABEL: func.func @singles
// CHECK-NOT:     group = 2
func.func @singles(%x: tensor<?x2xf32, #prim.shape<"n", 2>>, %y: tensor<?x3xbf16, #prim.shape<"n", 3>>, %z: tensor<?x2xbf16, #prim.shape<"n", 2>>)
    -> (tensor<?x16xf32, #prim.shape<"n", 16>>, tensor<?x16xbf16, #prim.shape<"n", 16>>, tensor<?x16xbf16, #prim.shape<"n", 16>>) {
  %w = prim.constant dense<"0x01080F161D242B323940474E555C63060D141B222930373E454C535A61040B121920272E353C434A51585F020910171E252C333A41484F565D00070E151C232A31383F464D545B62050C131A21282F363D444B525960030A11181F262D343B424950575E01080F161D242B323940474E555C63060D141B222930373E454C535A"> : tensor<2x16xf32>
  %v = prim.constant dense<"0x01080F161D242B323940474E555C63060D141B222930373E454C535A61040B121920272E353C434A51585F020910171E252C333A41484F565D00070E151C232A31383F464D545B62050C131A21282F363D444B525960030A11181F262D343B42"> : tensor<3x16xbf16>
  %u = prim.constant dense<"0x01080F161D242B323940474E555C63060D141B222930373E454C535A61040B121920272E353C434A51585F020910171E252C333A41484F565D00070E151C232A31383F464D545B62050C131A21282F363D444B525960030A11181F262D343B424950575E01080F161D242B323940474E555C63060D141B222930373E454C535A"> : tensor<4x16xbf16>
  %p = prim.slice %u starts [1, 0] steps [1, 1] : tensor<4x16xbf16> -> tensor<2x16xbf16>
  %0 = prim.dot %x, %w batch [] x [] contract [1] x [0] : tensor<?x2xf32, #prim.shape<"n", 2>>, tensor<2x16xf32> -> tensor<?x16xf32, #prim.shape<"n", 16>>
  %1 = prim.dot %y, %v batch [] x [] contract [1] x [0] : tensor<?x3xbf16, #prim.shape<"n", 3>>, tensor<3x16xbf16> -> tensor<?x16xbf16, #prim.shape<"n", 16>>
  %2 = prim.dot %z, %p batch [] x [] contract [1] x [0] : tensor<?x2xbf16, #prim.shape<"n", 2>>, tensor<2x16xbf16> -> tensor<?x16xbf16, #prim.shape<"n", 16>>
  return %0, %1, %2 : tensor<?x16xf32, #prim.shape<"n", 16>>, tensor<?x16xbf16, #prim.shape<"n", 16>>, tensor<?x16xbf16, #prim.shape<"n", 16>>
}
