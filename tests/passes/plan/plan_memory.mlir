// RUN: dsc-opt %s -split-input-file --form-kernels --plan-memory | FileCheck %s
// SPDX-License-Identifier: Apache-2.0

// Two slots are enough for a chain; an equal size is preferred; outputs need none.
// CHECK-LABEL: func.func @chain
// CHECK-SAME:    plan.slot_bytes = #prim.shape<"4*n", "4*n">, plan.slot_epochs = array<i64: 0, 0>
// CHECK:         plan.launch @cumsum_0 {{.*}} slots [0]
// CHECK:         plan.launch @cumsum_0 {{.*}} slots [1]
// CHECK:         plan.launch @cumsum_0 {{.*}} slots [0]
// CHECK:         plan.launch @cumsum_0 {{.*}} slots [-1]
func.func @chain(%a: tensor<?xf32, #prim.shape<"n">>) -> tensor<?xf32, #prim.shape<"n">> {
  %0 = prim.cumsum %a axis 0 : tensor<?xf32, #prim.shape<"n">>
  %1 = prim.cumsum %0 axis 0 : tensor<?xf32, #prim.shape<"n">>
  %2 = prim.cumsum %1 axis 0 : tensor<?xf32, #prim.shape<"n">>
  %3 = prim.cumsum %2 axis 0 : tensor<?xf32, #prim.shape<"n">>
  return %3 : tensor<?xf32, #prim.shape<"n">>
}

// -----

// A view keeps its slot alive; a smaller value fits into a larger slot.
// CHECK-LABEL: func.func @views
// CHECK-SAME:    plan.slot_bytes = #prim.shape<"16*n", "4*n">
// CHECK:         plan.launch @cumsum_0 {{.*}} slots [0]
// CHECK:         prim.reshape
// CHECK:         plan.launch @reduce_sum_0 {{.*}} slots [1]
// CHECK:         plan.launch @cumsum_1 {{.*}} slots [0]
func.func @views(%a: tensor<?x4xf32, #prim.shape<"n", 4>>) -> tensor<?xf32, #prim.shape<"n">> {
  %0 = prim.cumsum %a axis 0 : tensor<?x4xf32, #prim.shape<"n", 4>>
  %1 = prim.reshape %0 : tensor<?x4xf32, #prim.shape<"n", 4>> -> tensor<4x?xf32, #prim.shape<4, "n">>
  %2 = prim.reduce sum %1 axes [0] : tensor<4x?xf32, #prim.shape<4, "n">> -> tensor<?xf32, #prim.shape<"n">>
  %3 = prim.cumsum %2 axis 0 : tensor<?xf32, #prim.shape<"n">>
  %4 = prim.cumsum %3 axis 0 : tensor<?xf32, #prim.shape<"n">>
  return %4 : tensor<?xf32, #prim.shape<"n">>
}

// -----

// A size that is computed in mid-run begins an epoch with slots of its own.
// CHECK-LABEL: func.func @epochs
// CHECK-SAME:    plan.slot_epochs = array<i64: 0, 1>
func.func @epochs(%m: tensor<?xi1, #prim.shape<"n">>) -> tensor<1x?xi64, #prim.shape<1, "k">> {
  %w = prim.convert %m : tensor<?xi1, #prim.shape<"n">> -> tensor<?xi64, #prim.shape<"n">>
  %c = prim.reduce sum %w axes [0] : tensor<?xi64, #prim.shape<"n">> -> tensor<i64>
  prim.define_symbol "k" = %c : tensor<i64>
  %p = prim.nonzero %m : tensor<?xi1, #prim.shape<"n">> -> tensor<1x?xi64, #prim.shape<1, "k">>
  %s = prim.cumsum %p axis 1 : tensor<1x?xi64, #prim.shape<1, "k">>
  return %s : tensor<1x?xi64, #prim.shape<1, "k">>
}
