// SPDX-License-Identifier: Apache-2.0
// Every operation of plan prints what it parses.
// RUN: dsc-opt %s | dsc-opt | FileCheck %s

// CHECK: plan.kernel @add sizes ["s0"] strides [unit, unit, unit] aliases [-1]
plan.kernel @add sizes ["s0"] strides [unit, unit, unit] aliases [-1] {
^bb0(%a: tensor<?xf32, #prim.shape<"s0">>, %b: tensor<?xf32, #prim.shape<"s0">>):
  %c = prim.binary add %a, %b : tensor<?xf32, #prim.shape<"s0">>
  // CHECK: plan.yield %{{.*}} : tensor<?xf32, #prim.shape<"s0">>
  plan.yield %c : tensor<?xf32, #prim.shape<"s0">>
}

// CHECK: plan.kernel @in_place sizes ["s0", "row"] strides [#prim.shape<"row", 1>, #prim.shape<"row", 1>] aliases [0] grid "s0"
plan.kernel @in_place sizes ["s0", "row"] strides [#prim.shape<"row", 1>, #prim.shape<"row", 1>] aliases [0] grid "s0" {
^bb0(%a: tensor<?x4xf32, #prim.shape<"s0", 4>>):
  %b = prim.unary neg %a : tensor<?x4xf32, #prim.shape<"s0", 4>> -> tensor<?x4xf32, #prim.shape<"s0", 4>>
  plan.yield %b : tensor<?x4xf32, #prim.shape<"s0", 4>>
}

// CHECK-LABEL: func.func @entry
func.func @entry(%x: tensor<?xf32, #prim.shape<"n">>) -> tensor<?xf32, #prim.shape<"n">> {
  // CHECK: plan.launch @add sizes ["n"](%{{.*}}, %{{.*}}) slots [0] : (tensor<?xf32, #prim.shape<"n">>, tensor<?xf32, #prim.shape<"n">>) -> tensor<?xf32, #prim.shape<"n">>
  %0 = plan.launch @add sizes ["n"] (%x, %x) slots [0] : (tensor<?xf32, #prim.shape<"n">>, tensor<?xf32, #prim.shape<"n">>) -> tensor<?xf32, #prim.shape<"n">>
  // CHECK: plan.state "keys.0" : tensor<1x?x64xf32, #prim.shape<1, "n", 64>>
  %1 = plan.state "keys.0" : tensor<1x?x64xf32, #prim.shape<1, "n", 64>>
  // CHECK: plan.extend %{{.*}} axis 1 : tensor<1x?x64xf32, #prim.shape<1, "n", 64>> -> tensor<1x?x64xf32, #prim.shape<1, "n + 1", 64>>
  %2 = plan.extend %1 axis 1 : tensor<1x?x64xf32, #prim.shape<1, "n", 64>> -> tensor<1x?x64xf32, #prim.shape<1, "n + 1", 64>>
  return %0 : tensor<?xf32, #prim.shape<"n">>
}

// CHECK-LABEL: func.func @pack
// CHECK:         plan.pack %{{.*}} <columns = 1, contracted = [0], width = 8, group = 1> : tensor<4x8xf32>
func.func @pack() -> tensor<4x8xf32> {
  %w = prim.constant dense<1.0> : tensor<4x8xf32>
  %0 = plan.pack %w <columns = 1, contracted = [0], width = 8, group = 1> : tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// CHECK-LABEL: func.func @groups
// CHECK:         plan.group_rows %{{.*}} of 3 most 2 : tensor<4xi64> -> tensor<4xi32>, tensor<5x2xi32>, tensor<4xi32>
// CHECK:         plan.in_groups %{{.*}} by %{{.*}}, %{{.*}} : tensor<4xi64>, tensor<4xi32>, tensor<5x2xi32>
func.func @groups(%ids: tensor<4xi64>) -> tensor<4xi64> {
  %o, %g, %e = plan.group_rows %ids of 3 most 2 : tensor<4xi64> -> tensor<4xi32>, tensor<5x2xi32>, tensor<4xi32>
  %0 = plan.in_groups %ids by %o, %g : tensor<4xi64>, tensor<4xi32>, tensor<5x2xi32>
  return %0 : tensor<4xi64>
}
