// SPDX-License-Identifier: Apache-2.0
// RUN: split-file %s %t
// RUN: dsc compile %t/flat.mlir --target cuda --emit=cuda 2>/dev/null | FileCheck %s --check-prefix=FLAT
// RUN: dsc compile %t/odd.mlir --target cuda --emit=cuda 2>/dev/null | FileCheck %s --check-prefix=ODD
// RUN: dsc compile %t/rows.mlir --target cuda --emit=cuda 2>/dev/null | FileCheck %s --check-prefix=ROWS
// RUN: dsc compile %t/transposed.mlir --target cuda --emit=cuda 2>/dev/null | FileCheck %s --check-prefix=TRANSPOSED

// Dense and alike: one index over all elements, 16 bytes of each tensor a thread.
// FLAT: // exp_0: exp
// FLAT-NEXT: // in0: bf16 [s0, 64]
// FLAT: extern "C" __global__ void __launch_bounds__(128) exp_0(const unsigned short *__restrict__ in0, unsigned short *__restrict__ out0, long long s0, unsigned *fault) {
// FLAT-NEXT: const long long number_0 = (long long)blockIdx.x * 128 + threadIdx.x;
// FLAT: copy_16(in0_0, in0 + [[AT:at_[0-9]+]]);
// FLAT: for (int lane_0 = 0; lane_0 < 8; ++lane_0) {
// FLAT: expf(
// FLAT: copy_16(out0 + [[AT]], out0_0);

// The number of elements is no multiple of a vector.
// ODD: exp_0(
// ODD-NOT: copy_16
// ODD: const float in0_0 = from_bf16(in0[number_0]);

// A row beside a broadcast: both are read in vectors, what the row shares is read in front of them.
// ROWS: mul_0(
// ROWS: copy_16(in0_0, in0 + {{at_[0-9]+}});
// ROWS: copy_16(in1_0, in1 + {{at_[0-9]+}});
// ROWS: for (int lane_0 = 0; lane_0 < 4; ++lane_0) {

// Neighbours of the output are not neighbours of the input: only the stores are vectors.
// TRANSPOSED: transpose_0(
// TRANSPOSED-NOT: copy_16({{.*}}, in0
// TRANSPOSED: copy_16(out0

//--- flat.mlir
func.func @main(%a: tensor<?x64xbf16, #prim.shape<"s", 64>>) -> tensor<?x64xbf16, #prim.shape<"s", 64>> {
  %0 = prim.unary exp %a : tensor<?x64xbf16, #prim.shape<"s", 64>> -> tensor<?x64xbf16, #prim.shape<"s", 64>>
  func.return %0 : tensor<?x64xbf16, #prim.shape<"s", 64>>
}
//--- odd.mlir
func.func @main(%a: tensor<?xbf16, #prim.shape<"s">>) -> tensor<?xbf16, #prim.shape<"s">> {
  %0 = prim.unary exp %a : tensor<?xbf16, #prim.shape<"s">> -> tensor<?xbf16, #prim.shape<"s">>
  func.return %0 : tensor<?xbf16, #prim.shape<"s">>
}
//--- rows.mlir
func.func @main(%a: tensor<?x64xf32, #prim.shape<"s", 64>>, %b: tensor<64xf32>) -> tensor<?x64xf32, #prim.shape<"s", 64>> {
  %0 = prim.broadcast %b axes [1] : tensor<64xf32> -> tensor<?x64xf32, #prim.shape<"s", 64>>
  %1 = prim.binary mul %a, %0 : tensor<?x64xf32, #prim.shape<"s", 64>>
  func.return %1 : tensor<?x64xf32, #prim.shape<"s", 64>>
}
//--- transposed.mlir
func.func @main(%a: tensor<64x32xf32>) -> tensor<32x64xf32> {
  %0 = prim.transpose %a perm [1, 0] : tensor<64x32xf32> -> tensor<32x64xf32>
  func.return %0 : tensor<32x64xf32>
}
