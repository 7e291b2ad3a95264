// RUN: dsc-opt %s -split-input-file --form-kernels | FileCheck %s
// SPDX-License-Identifier: Apache-2.0

// A router is one kernel behind its projection: what makes the logits of the products is computed as they are read, through the
// reshape to rows too. What becomes of the weights is another kernel.
// CHECK:       plan.kernel @dot_0
// CHECK:       plan.kernel @route_0 sizes ["s0", "s1"] strides [unit, unit, unit, unit, unit] aliases [-1, -1] {
// CHECK-NEXT:  ^bb0(%arg0: tensor<8xbf16>, %arg1: tensor<?x?x8xbf16, #prim.shape<"s0", "s1", 8>>, %arg2: tensor<8xf32>):
// CHECK-NEXT:    prim.convert %arg1
// CHECK-NEXT:    prim.broadcast %arg2
// CHECK-NEXT:    prim.binary add
// CHECK-NEXT:    prim.reshape
// CHECK-NEXT:    prim.convert %arg0
// CHECK-NEXT:    %[[WEIGHTS:.*]], %[[IDS:.*]] = dsc.route
// CHECK-NEXT:    plan.yield %[[WEIGHTS]], %[[IDS]]
// CHECK:       plan.kernel @convert_0
// CHECK-LABEL: func.func @behind_a_projection
// CHECK:         plan.launch @dot_0
// CHECK-NEXT:    plan.launch @route_0
// CHECK-NEXT:    plan.launch @convert_0
// CHECK-NOT:     plan.launch
!x = tensor<?x?x16xbf16, #prim.shape<"b", "n", 16>>
!logits = tensor<?x?x8xf32, #prim.shape<"b", "n", 8>>
!products = tensor<?x?x8xbf16, #prim.shape<"b", "n", 8>>
!rows = tensor<?x8xf32, #prim.shape<"b*n", 8>>
!weights = tensor<?x2xf32, #prim.shape<"b*n", 2>>
!ids = tensor<?x2xi64, #prim.shape<"b*n", 2>>
!half = tensor<?x2xbf16, #prim.shape<"b*n", 2>>
func.func @behind_a_projection(%x: !x, %w: tensor<8x16xbf16>, %p: tensor<8xf32>, %b: tensor<8xbf16>) -> (!half, !ids) {
  %0 = prim.dot %x, %w batch [] x [] contract [2] x [1] : !x, tensor<8x16xbf16> -> !products
  %1 = prim.convert %0 : !products -> !logits
  %2 = prim.broadcast %p axes [2] : tensor<8xf32> -> !logits
  %3 = prim.binary add %1, %2 : !logits
  %4 = prim.reshape %3 : !logits -> !rows
  %5 = prim.convert %b : tensor<8xbf16> -> tensor<8xf32>
  %weights, %ids = dsc.route sigmoid %4 bias(%5) {scale = 1.0 : f64} : (!rows, tensor<8xf32>) -> (!weights, !ids)
  %6 = prim.convert %weights : !weights -> !half
  return %6, %ids : !half, !ids
}

// -----

// Logits that something else reads, too, stand in memory; so does a bias that is costly, which each token reads.
// CHECK-DAG:   plan.kernel @convert_0
// CHECK-DAG:   plan.kernel @exp_0
// CHECK-LABEL: func.func @read_elsewhere
// CHECK-DAG:     %[[LOGITS:.*]] = plan.launch @convert_0
// CHECK-DAG:     %[[BIAS:.*]] = plan.launch @exp_0
// CHECK:         plan.launch @route_0 sizes ["n"](%[[LOGITS]], %[[BIAS]])
!stored = tensor<?x8xbf16, #prim.shape<"n", 8>>
!rows = tensor<?x8xf32, #prim.shape<"n", 8>>
!weights = tensor<?x2xf32, #prim.shape<"n", 2>>
!ids = tensor<?x2xi64, #prim.shape<"n", 2>>
func.func @read_elsewhere(%x: !stored, %b: tensor<8xf32>) -> (!weights, !ids, !rows) {
  %0 = prim.convert %x : !stored -> !rows
  %1 = prim.unary exp %b : tensor<8xf32> -> tensor<8xf32>
  %weights, %ids = dsc.route softmax %0 bias(%1) {scale = 1.0 : f64} : (!rows, tensor<8xf32>) -> (!weights, !ids)
  return %weights, %ids, %0 : !weights, !ids, !rows
}
