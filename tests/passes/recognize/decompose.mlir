// RUN: dsc-opt %s --decompose | FileCheck %s
// SPDX-License-Identifier: Apache-2.0

// CHECK-LABEL: func.func @growing
func.func @growing(%past: tensor<1x?x64xf32, #prim.shape<1, "past", 64>>, %new: tensor<1x1x64xf32>) -> tensor<1x?x64xf32, #prim.shape<1, "past + 1", 64>> {
  // CHECK: prim.concat %arg0, %arg1 axis 1
  %0 = dsc.cache_append %past, %new axis 1 at "past" : tensor<1x?x64xf32, #prim.shape<1, "past", 64>>, tensor<1x1x64xf32> -> tensor<1x?x64xf32, #prim.shape<1, "past + 1", 64>>
  return %0 : tensor<1x?x64xf32, #prim.shape<1, "past + 1", 64>>
}

// CHECK-LABEL: func.func @static
func.func @static(%cache: tensor<1x24x64xf32>, %new: tensor<1x1x64xf32>) -> tensor<1x24x64xf32> {
  // CHECK: prim.update_slice %arg0, %arg1 starts [0, "t", 0]
  %0 = dsc.cache_append %cache, %new axis 1 at "t" : tensor<1x24x64xf32>, tensor<1x1x64xf32> -> tensor<1x24x64xf32>
  return %0 : tensor<1x24x64xf32>
}
