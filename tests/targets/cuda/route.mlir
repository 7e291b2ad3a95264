// SPDX-License-Identifier: Apache-2.0
// RUN: dsc compile %s --target cuda --emit=cuda 2>/dev/null | FileCheck %s

// A warp a token: what is routed is known at compile time, the logits and scores are lambdas.
// CHECK: // route_0: convert dsc.route
// CHECK-NEXT: // in0: f32 [256]
// CHECK-NEXT: // in1: bf16 [s0, 256]
// CHECK-NEXT: // out0: f32 [s0, 8]
// CHECK-NEXT: // out1: i64 [s0, 8]
// CHECK: static constexpr int experts = 256, groups = 8, kept = 4, chosen = 8;
// CHECK-NEXT: softmax = false, softmaxOfChosen = false, top2Sum = true, fillZero = false;
// CHECK-NEXT: bySelection = false, renormalise = true;
// CHECK-NEXT: epsilon = 9.99999968e-21f, scale = 2.5f;
// CHECK: __launch_bounds__(128) route_0(
// CHECK: const long long token_0 = (long long)blockIdx.x * 4 + threadIdx.x / 32;
// CHECK: auto logit = [&](int expert) -> float {
// CHECK: from_bf16(in1[
// CHECK: auto score = [&](float x) -> float {
// CHECK-NEXT: const float neg_0 = -x;
// CHECK-NEXT: const float exp_0 = expf(neg_0);
// CHECK-NEXT: const float add_0 = exp_0 + 1.0f;
// CHECK-NEXT: const float reciprocal_0 = 1.0f / add_0;
// CHECK-NEXT: return reciprocal_0;
// CHECK: auto candidate = [&](float score, int expert) -> float {
// CHECK-NEXT: const float in0_0 = in0[expert];
// CHECK-NEXT: const float add_1 = score + in0_0;
// CHECK: routeToken<Router>(logit, score, candidate, write);
!stored = tensor<?x256xbf16, #prim.shape<"n", 256>>
!rows = tensor<?x256xf32, #prim.shape<"n", 256>>
!weights = tensor<?x8xf32, #prim.shape<"n", 8>>
!ids = tensor<?x8xi64, #prim.shape<"n", 8>>
func.func @model(%x: !stored {onnx.name = "x"}, %b: tensor<256xf32> {onnx.name = "b"}) -> (!weights {onnx.name = "w"}, !ids {onnx.name = "i"}) {
  %0 = prim.convert %x : !stored -> !rows
  %w, %i = dsc.route sigmoid %0 bias(%b) groups 8 keep 4 by top2_sum fill neg_inf {renormalise = 1.0e-20 : f64, scale = 2.5 : f64}
      : (!rows, tensor<256xf32>) -> (!weights, !ids)
  return %w, %i : !weights, !ids
}
