// RUN: dsc-opt %s -split-input-file -verify-diagnostics --keep-latent-rows | FileCheck %s
// SPDX-License-Identifier: Apache-2.0

// Keys: an image of %c for each head beside %r, which all heads share. Values: another image of %c. Two heads, a batch of three.
// CHECK-LABEL: func.func @decode
// CHECK-SAME:    (%arg0: tensor<3x2x3xf32>, %arg1: tensor<3x2x5xf32>,
// CHECK-SAME:     %arg2: tensor<3x?x3xf32, #prim.shape<3, "past", 3>> {dsc.state = "k.latent", dsc.state_axis = 1 : i64},
// CHECK-SAME:     %arg3: tensor<3x?x5xf32, #prim.shape<3, "past", 5>> {dsc.state = "k.shared", dsc.state_axis = 1 : i64})
// CHECK-DAG:     %[[C:.*]] = dsc.cache_append %arg2, %arg0 axis 1 at "past"
// CHECK-DAG:     %[[R:.*]] = dsc.cache_append %arg3, %arg1 axis 1 at "past"
// CHECK:         prim.dot %[[C]], {{.*}} contract [2] x [2]
// CHECK:         prim.broadcast %[[R]]
// CHECK:         %[[K:.*]] = prim.concat {{.*}} axis 3
// CHECK:         %[[VT:.*]] = prim.dot %[[C]]
// CHECK:         %[[V:.*]] = prim.transpose %[[VT]]
// CHECK:         prim.unary neg %[[K]]
// CHECK:         prim.unary neg %[[V]]
// CHECK:         return %{{.*}}, %{{.*}}, %[[C]], %[[R]]
func.func @decode(%c: tensor<3x2x3xf32>, %r: tensor<3x2x5xf32>,
                  %pk: tensor<3x2x?x9xf32, #prim.shape<3, 2, "past", 9>> {dsc.state = "k", dsc.state_axis = 2 : i64},
                  %pv: tensor<3x2x?x4xf32, #prim.shape<3, 2, "past", 4>> {dsc.state = "v", dsc.state_axis = 2 : i64})
    -> (tensor<3x2x?x9xf32, #prim.shape<3, 2, "past + 2", 9>>, tensor<3x2x?x4xf32, #prim.shape<3, 2, "past + 2", 4>>,
        tensor<3x2x?x9xf32, #prim.shape<3, 2, "past + 2", 9>> {dsc.state = "k", dsc.state_axis = 2 : i64},
        tensor<3x2x?x4xf32, #prim.shape<3, 2, "past + 2", 4>> {dsc.state = "v", dsc.state_axis = 2 : i64}) {
  %w = prim.constant dense<[[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0],
                            [2.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0],
                            [3.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]]> : tensor<3x16xf32>
  %x = prim.dot %c, %w batch [] x [] contract [2] x [0] : tensor<3x2x3xf32>, tensor<3x16xf32> -> tensor<3x2x16xf32>
  %h = prim.reshape %x : tensor<3x2x16xf32> -> tensor<3x2x2x8xf32>
  %t = prim.transpose %h perm [0, 2, 1, 3] : tensor<3x2x2x8xf32> -> tensor<3x2x2x8xf32>
  %kn = prim.slice %t starts [0, 0, 0, 0] steps [1, 1, 1, 1] : tensor<3x2x2x8xf32> -> tensor<3x2x2x4xf32>
  %v = prim.slice %t starts [0, 0, 0, 4] steps [1, 1, 1, 1] : tensor<3x2x2x8xf32> -> tensor<3x2x2x4xf32>
  %kr = prim.broadcast %r axes [0, 2, 3] : tensor<3x2x5xf32> -> tensor<3x2x2x5xf32>
  %k = prim.concat %kn, %kr axis 3 : (tensor<3x2x2x4xf32>, tensor<3x2x2x5xf32>) -> tensor<3x2x2x9xf32>
  %ck = dsc.cache_append %pk, %k axis 2 at "past" : tensor<3x2x?x9xf32, #prim.shape<3, 2, "past", 9>>, tensor<3x2x2x9xf32> -> tensor<3x2x?x9xf32, #prim.shape<3, 2, "past + 2", 9>>
  %cv = dsc.cache_append %pv, %v axis 2 at "past" : tensor<3x2x?x4xf32, #prim.shape<3, 2, "past", 4>>, tensor<3x2x2x4xf32> -> tensor<3x2x?x4xf32, #prim.shape<3, 2, "past + 2", 4>>
  %y = prim.unary neg %ck : tensor<3x2x?x9xf32, #prim.shape<3, 2, "past + 2", 9>> -> tensor<3x2x?x9xf32, #prim.shape<3, 2, "past + 2", 9>>
  %z = prim.unary neg %cv : tensor<3x2x?x4xf32, #prim.shape<3, 2, "past + 2", 4>> -> tensor<3x2x?x4xf32, #prim.shape<3, 2, "past + 2", 4>>
  return %y, %z, %ck, %cv : tensor<3x2x?x9xf32, #prim.shape<3, 2, "past + 2", 9>>, tensor<3x2x?x4xf32, #prim.shape<3, 2, "past + 2", 4>>, tensor<3x2x?x9xf32, #prim.shape<3, 2, "past + 2", 9>>, tensor<3x2x?x4xf32, #prim.shape<3, 2, "past + 2", 4>>
}

// -----

// What is appended is no image of a row that heads share: each head has its own.
// CHECK-LABEL: func.func @own_rows
// CHECK-SAME:    dsc.state = "k"
func.func @own_rows(%c: tensor<1x2x1x4xf32>, %pk: tensor<1x2x?x4xf32, #prim.shape<1, 2, "past", 4>> {dsc.state = "k", dsc.state_axis = 2 : i64})
    -> (tensor<1x2x?x4xf32, #prim.shape<1, 2, "past + 1", 4>> {dsc.state = "k", dsc.state_axis = 2 : i64}) {
  // expected-remark @+1 {{state 'k' keeps its form: its rows are not constant matrices of the head times one row per token, nor the same for all heads}}
  %k = prim.unary neg %c : tensor<1x2x1x4xf32> -> tensor<1x2x1x4xf32>
  %ck = dsc.cache_append %pk, %k axis 2 at "past" : tensor<1x2x?x4xf32, #prim.shape<1, 2, "past", 4>>, tensor<1x2x1x4xf32> -> tensor<1x2x?x4xf32, #prim.shape<1, 2, "past + 1", 4>>
  return %ck : tensor<1x2x?x4xf32, #prim.shape<1, 2, "past + 1", 4>>
}

// -----

// The rows would be as wide as what is made from them: nothing is gained.
// CHECK-LABEL: func.func @wide_rows
// CHECK-SAME:    dsc.state = "k"
func.func @wide_rows(%c: tensor<1x1x9xf32>, %pk: tensor<1x2x?x4xf32, #prim.shape<1, 2, "past", 4>> {dsc.state = "k", dsc.state_axis = 2 : i64})
    -> (tensor<1x2x?x4xf32, #prim.shape<1, 2, "past + 1", 4>> {dsc.state = "k", dsc.state_axis = 2 : i64}) {
  %w = prim.constant dense<1.0> : tensor<9x2x4xf32>
  %x = prim.dot %c, %w batch [] x [] contract [2] x [0] : tensor<1x1x9xf32>, tensor<9x2x4xf32> -> tensor<1x1x2x4xf32>
  %k = prim.transpose %x perm [0, 2, 1, 3] : tensor<1x1x2x4xf32> -> tensor<1x2x1x4xf32>
  %ck = dsc.cache_append %pk, %k axis 2 at "past" : tensor<1x2x?x4xf32, #prim.shape<1, 2, "past", 4>>, tensor<1x2x1x4xf32> -> tensor<1x2x?x4xf32, #prim.shape<1, 2, "past + 1", 4>>
  return %ck : tensor<1x2x?x4xf32, #prim.shape<1, 2, "past + 1", 4>>
}
