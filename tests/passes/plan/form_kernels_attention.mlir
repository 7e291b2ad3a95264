// RUN: dsc-opt %s -split-input-file --form-kernels | FileCheck %s
// SPDX-License-Identifier: Apache-2.0

// Keys and values are rows of the state, under another shape; the mask is computed in the kernel. A scaled query stands in memory,
// since each block of the kernel reads it, its layout does not.
// CHECK:       plan.kernel @update_slice_0
// CHECK:       plan.kernel @mul_0
// CHECK:       plan.kernel @attention_0 sizes ["s0", "s1"] strides [#prim.shape<"32*s1", 32, 1>, unit, unit, unit]
// CHECK:         prim.transpose
// CHECK:         %[[K:.*]] = prim.reshape %arg0
// CHECK:         prim.broadcast %arg1
// CHECK:         dsc.attention queries(%{{.*}}) keys(%[[K]]) values(%[[K]]) mask
// CHECK-LABEL: func.func @step
// CHECK:         plan.launch @update_slice_0
// CHECK:         plan.launch @mul_0
// CHECK-NOT:     prim.transpose
// CHECK:         plan.launch @attention_0
// CHECK-NEXT:    return
func.func @step(%q: tensor<2x1x4x32xf32>, %new: tensor<2x1x32xf32>, %pad: tensor<2x?xi1, #prim.shape<2, "p + 1">>,
                %past: tensor<2x?x32xf32, #prim.shape<2, "p", 32>> {dsc.state = "c", dsc.state_axis = 1})
    -> (tensor<2x?x32xf32, #prim.shape<2, "p + 1", 32>> {dsc.state = "c", dsc.state_axis = 1}, tensor<2x1x4x1x32xf32>) {
  %c = dsc.cache_append %past, %new axis 1 at "p" : tensor<2x?x32xf32, #prim.shape<2, "p", 32>>, tensor<2x1x32xf32> -> tensor<2x?x32xf32, #prim.shape<2, "p + 1", 32>>
  %two = prim.binary mul %q, %q : tensor<2x1x4x32xf32>
  %q5 = prim.reshape %two : tensor<2x1x4x32xf32> -> tensor<2x1x1x4x32xf32>
  %qt = prim.transpose %q5 perm [0, 1, 3, 2, 4] : tensor<2x1x1x4x32xf32> -> tensor<2x1x4x1x32xf32>
  %k = prim.reshape %c : tensor<2x?x32xf32, #prim.shape<2, "p + 1", 32>> -> tensor<2x1x?x32xf32, #prim.shape<2, 1, "p + 1", 32>>
  %m = prim.broadcast %pad axes [0, 4] : tensor<2x?xi1, #prim.shape<2, "p + 1">> -> tensor<2x1x4x1x?xi1, #prim.shape<2, 1, 4, 1, "p + 1">>
  %o = dsc.attention queries(%qt) keys(%k) values(%k) mask(%m) {scale = 0.2 : f64}
      : (tensor<2x1x4x1x32xf32>, tensor<2x1x?x32xf32, #prim.shape<2, 1, "p + 1", 32>>, tensor<2x1x?x32xf32, #prim.shape<2, 1, "p + 1", 32>>,
         tensor<2x1x4x1x?xi1, #prim.shape<2, 1, 4, 1, "p + 1">>) -> tensor<2x1x4x1x32xf32>
  return %c, %o : tensor<2x?x32xf32, #prim.shape<2, "p + 1", 32>>, tensor<2x1x4x1x32xf32>
}
