// RUN: dsc-opt %s -split-input-file --form-kernels --plan-memory | FileCheck %s
// SPDX-License-Identifier: Apache-2.0

// What one form needs runs, and has memory, where it is chosen; both forms are written to one buffer, the second as an alias of the first.
// CHECK:       plan.kernel @[[FIRST:exp_0]] {{.*}} aliases [-1]
// CHECK:       plan.kernel @[[SECOND:tanh_0]] {{.*}} aliases [1]
// CHECK-LABEL: func.func @lazy
// CHECK-SAME:    plan.slot_bytes = #prim.shape<"max(4*s*nonneg(s - 170), 4*s*nonneg(-s + 169))", "4*s">
// CHECK:         %[[A:.*]] = plan.launch @cumsum_0 sizes ["s"] if "nonneg(-s + 169)"(%arg0) slots [0]
// CHECK:         %[[X:.*]] = plan.launch @[[FIRST]] sizes ["s"] if "nonneg(-s + 169)"(%[[A]]) slots [1]
// CHECK:         %[[B:.*]] = plan.launch @cumsum_1 sizes ["s"] if "nonneg(s - 170)"(%arg0) slots [0]
// CHECK:         %[[Y:.*]] = plan.launch @[[SECOND]] sizes ["s"] if "nonneg(s - 170)"(%[[B]], %[[X]]) slots [-1]
// CHECK-NOT:     dsc.
// CHECK:         plan.launch @cumsum_0 sizes ["s"](%[[Y]])
func.func @lazy(%a: tensor<?xf32, #prim.shape<"s">>) -> tensor<?xf32, #prim.shape<"s">> {
  %0 = prim.cumsum %a axis 0 : tensor<?xf32, #prim.shape<"s">>
  %1 = prim.unary exp %0 : tensor<?xf32, #prim.shape<"s">> -> tensor<?xf32, #prim.shape<"s">>
  %2 = prim.cumsum %a axis 0 reverse : tensor<?xf32, #prim.shape<"s">>
  %3 = prim.unary tanh %2 : tensor<?xf32, #prim.shape<"s">> -> tensor<?xf32, #prim.shape<"s">>
  %4 = dsc.choose "nonneg(169 - s)" %1, %3 : tensor<?xf32, #prim.shape<"s">>
  %5 = prim.cumsum %4 axis 0 : tensor<?xf32, #prim.shape<"s">>
  return %5 : tensor<?xf32, #prim.shape<"s">>
}

// -----

// A value that both forms need, or another reader does, is always computed; an argument is copied.
// CHECK-LABEL: func.func @shared
// CHECK:         %[[A:.*]] = plan.launch @cumsum_0 sizes ["s"](%arg0)
// CHECK:         %[[X:.*]] = plan.launch @exp_0 sizes ["s"] if "nonneg(-s + 169)"(%[[A]])
// CHECK:         %[[Y:.*]] = plan.launch @slice_0 sizes ["s"] if "nonneg(s - 170)"(%arg0, %[[X]])
// CHECK:         return %[[Y]], %[[A]]
func.func @shared(%a: tensor<?xf32, #prim.shape<"s">>) -> (tensor<?xf32, #prim.shape<"s">>, tensor<?xf32, #prim.shape<"s">>) {
  %0 = prim.cumsum %a axis 0 : tensor<?xf32, #prim.shape<"s">>
  %1 = prim.unary exp %0 : tensor<?xf32, #prim.shape<"s">> -> tensor<?xf32, #prim.shape<"s">>
  %4 = dsc.choose "nonneg(169 - s)" %1, %a : tensor<?xf32, #prim.shape<"s">>
  return %4, %0 : tensor<?xf32, #prim.shape<"s">>, tensor<?xf32, #prim.shape<"s">>
}

// -----

// Forms under different shapes: views of one buffer.
// CHECK-LABEL: func.func @reshaped
// CHECK:         %[[X:.*]] = plan.launch @exp_0
// CHECK:         %[[V:.*]] = prim.reshape %[[X]] : tensor<2x3xf32> -> tensor<6xf32>
// CHECK:         %[[Y:.*]] = plan.launch @cumsum_0 sizes [] if {{.*}}(%arg1, %[[V]])
// CHECK:         %[[R:.*]] = prim.reshape %[[Y]] : tensor<6xf32> -> tensor<3x2xf32>
// CHECK:         return %[[R]]
func.func @reshaped(%a: tensor<2x3xf32>, %b: tensor<6xf32>, %c: tensor<?xi8, #prim.shape<"s">>) -> tensor<3x2xf32> {
  %0 = prim.unary exp %a : tensor<2x3xf32> -> tensor<2x3xf32>
  %1 = prim.reshape %0 : tensor<2x3xf32> -> tensor<3x2xf32>
  %2 = prim.cumsum %b axis 0 : tensor<6xf32>
  %3 = prim.reshape %2 : tensor<6xf32> -> tensor<3x2xf32>
  %4 = dsc.choose "nonneg(s - 1)" %1, %3 : tensor<3x2xf32>
  return %4 : tensor<3x2xf32>
}
