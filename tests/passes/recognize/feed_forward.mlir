// RUN: dsc-opt %s -split-input-file --recognize-feed-forward | FileCheck %s
// SPDX-License-Identifier: Apache-2.0

// CHECK-LABEL: func.func @gated
// CHECK:       prim.dot %{{.*}} {dsc.feed_forward = {activation = "silu", inputs = 8 : i64, width = 4 : i64}}
// CHECK-NOT:   dsc.feed_forward
!rows = tensor<?x8xf32, #prim.shape<"n", 8>>
!hidden = tensor<?x4xf32, #prim.shape<"n", 4>>
func.func @gated(%x: !rows) -> !rows {
  %gate = prim.constant dense<0.5> : tensor<8x4xf32>
  %up = prim.constant dense<0.25> : tensor<8x4xf32>
  %down = prim.constant dense<0.125> : tensor<4x8xf32>
  %one = prim.constant dense<1.0> : tensor<f32>
  %g = prim.dot %x, %gate batch [] x [] contract [1] x [0] : !rows, tensor<8x4xf32> -> !hidden
  %u = prim.dot %x, %up batch [] x [] contract [1] x [0] : !rows, tensor<8x4xf32> -> !hidden
  %n = prim.unary neg %g : !hidden -> !hidden
  %e = prim.unary exp %n : !hidden -> !hidden
  %ones = prim.broadcast %one axes [] : tensor<f32> -> !hidden
  %d = prim.binary add %ones, %e : !hidden
  %s = prim.unary reciprocal %d : !hidden -> !hidden
  %a = prim.binary mul %g, %s : !hidden
  %h = prim.binary mul %a, %u : !hidden
  %y = prim.dot %h, %down batch [] x [] contract [1] x [0] : !hidden, tensor<4x8xf32> -> !rows
  return %y : !rows
}

// -----

// Near misses: the sigmoid of another projection than the one it multiplies, and projections of two inputs.
// CHECK-LABEL: func.func @misses
// CHECK-NOT:   dsc.feed_forward
!rows = tensor<?x8xf32, #prim.shape<"n", 8>>
!hidden = tensor<?x4xf32, #prim.shape<"n", 4>>
func.func @misses(%x: !rows, %z: !rows) -> (!rows, !rows) {
  %gate = prim.constant dense<0.5> : tensor<8x4xf32>
  %up = prim.constant dense<0.25> : tensor<8x4xf32>
  %third = prim.constant dense<0.75> : tensor<8x4xf32>
  %down = prim.constant dense<0.125> : tensor<4x8xf32>
  %one = prim.constant dense<1.0> : tensor<f32>
  %g = prim.dot %x, %gate batch [] x [] contract [1] x [0] : !rows, tensor<8x4xf32> -> !hidden
  %u = prim.dot %x, %up batch [] x [] contract [1] x [0] : !rows, tensor<8x4xf32> -> !hidden
  %t = prim.dot %x, %third batch [] x [] contract [1] x [0] : !rows, tensor<8x4xf32> -> !hidden
  %v = prim.dot %z, %up batch [] x [] contract [1] x [0] : !rows, tensor<8x4xf32> -> !hidden
  %n = prim.unary neg %g : !hidden -> !hidden
  %e = prim.unary exp %n : !hidden -> !hidden
  %ones = prim.broadcast %one axes [] : tensor<f32> -> !hidden
  %d = prim.binary add %ones, %e : !hidden
  %s = prim.unary reciprocal %d : !hidden -> !hidden
  %a = prim.binary mul %t, %s : !hidden
  %h = prim.binary mul %a, %u : !hidden
  %y = prim.dot %h, %down batch [] x [] contract [1] x [0] : !hidden, tensor<4x8xf32> -> !rows
  %b = prim.binary mul %g, %s : !hidden
  %k = prim.binary mul %b, %v : !hidden
  %w = prim.dot %k, %down batch [] x [] contract [1] x [0] : !hidden, tensor<4x8xf32> -> !rows
  return %y, %w : !rows, !rows
}
