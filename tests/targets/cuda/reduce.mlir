// SPDX-License-Identifier: Apache-2.0
// RUN: split-file %s %t
// RUN: dsc compile %t/warp.mlir --target cuda --emit=cuda 2>/dev/null | FileCheck %s --check-prefix=WARP
// RUN: dsc compile %t/block.mlir --target cuda --emit=cuda 2>/dev/null | FileCheck %s --check-prefix=BLOCK
// RUN: dsc compile %t/ragged.mlir --target cuda --emit=cuda 2>/dev/null | FileCheck %s --check-prefix=RAGGED
// RUN: dsc compile %t/norm.mlir --target cuda --emit=cuda 2>/dev/null | FileCheck %s --check-prefix=NORM
// RUN: dsc compile %t/columns.mlir --target cuda --emit=cuda 2>/dev/null | FileCheck %s --check-prefix=COLUMNS
// RUN: dsc compile %t/short.mlir --target cuda --emit=cuda 2>/dev/null | FileCheck %s --check-prefix=SHORT

// A warp a row: no barrier.
// WARP: const long long row_0 = (long long)blockIdx.x * 4 + threadIdx.x / 32;
// WARP: for (int [[R:round_[0-9]+]] = 0; [[R]] < 4; ++[[R]]) {
// WARP: = lane_0 + [[R]] * 32;
// WARP: __shfl_xor_sync
// WARP-NOT: __syncthreads
// WARP: if (lane_0 == 0) {

// BLOCK: for (int [[R:round_[0-9]+]] = 0; [[R]] < 4; ++[[R]]) {
// BLOCK: = lane_0 + [[R]] * 256;
// BLOCK: copy_16(
// BLOCK: __shared__ float of_warps_0[8];
// BLOCK: __syncthreads();

// Some threads have a round less.
// RAGGED: for (int [[I:i_[0-9]+]] = lane_0; [[I]] < 1025; [[I]] += 256) {

// The row is loaded once, for the sum and for the result.
// NORM: __align__(16) float [[X:in0_[0-9]+]][2][4];
// NORM: for (int [[R:round_[0-9]+]] = 0; [[R]] < 2; ++[[R]]) {
// NORM: copy_16([[X]]{{\[}}[[R]]], in0 +
// NORM: __syncthreads();
// NORM: for (int [[S:round_[0-9]+]] = 0; [[S]] < 2; ++[[S]]) {
// NORM-NOT: in0 +
// NORM: copy_16({{.*}}, in1 +
// NORM-NOT: in0 +
// NORM: = [[X]]{{\[}}[[S]]][lane

// Neighbours in memory belong to different sums: a thread each.
// COLUMNS-NOT: __shfl_xor_sync
// COLUMNS: for (int [[I:i_[0-9]+]] = 0; [[I]] < 512; ++[[I]]) {

// SHORT-NOT: __shfl_xor_sync
// SHORT: for (int [[I:i_[0-9]+]] = 0; [[I]] < 8; ++[[I]]) {

//--- warp.mlir
func.func @main(%a: tensor<?x512xf32, #prim.shape<"s", 512>>) -> tensor<?xf32, #prim.shape<"s">> {
  %0 = prim.reduce sum %a axes [1] : tensor<?x512xf32, #prim.shape<"s", 512>> -> tensor<?xf32, #prim.shape<"s">>
  func.return %0 : tensor<?xf32, #prim.shape<"s">>
}
//--- block.mlir
func.func @main(%a: tensor<?x4096xf32, #prim.shape<"s", 4096>>) -> tensor<?xf32, #prim.shape<"s">> {
  %0 = prim.reduce max %a axes [1] : tensor<?x4096xf32, #prim.shape<"s", 4096>> -> tensor<?xf32, #prim.shape<"s">>
  func.return %0 : tensor<?xf32, #prim.shape<"s">>
}
//--- ragged.mlir
func.func @main(%a: tensor<?x4100xf32, #prim.shape<"s", 4100>>) -> tensor<?xf32, #prim.shape<"s">> {
  %0 = prim.reduce max %a axes [1] : tensor<?x4100xf32, #prim.shape<"s", 4100>> -> tensor<?xf32, #prim.shape<"s">>
  func.return %0 : tensor<?xf32, #prim.shape<"s">>
}
//--- norm.mlir
func.func @main(%x: tensor<?x2048xf32, #prim.shape<"s", 2048>>, %w: tensor<2048xf32>) -> tensor<?x2048xf32, #prim.shape<"s", 2048>> {
  %0 = dsc.rms_norm %x weight(%w) {epsilon = 1.0e-6 : f64} : (tensor<?x2048xf32, #prim.shape<"s", 2048>>, tensor<2048xf32>) -> tensor<?x2048xf32, #prim.shape<"s", 2048>>
  func.return %0 : tensor<?x2048xf32, #prim.shape<"s", 2048>>
}
//--- columns.mlir
func.func @main(%a: tensor<512x40xf32>) -> tensor<40xf32> {
  %0 = prim.reduce sum %a axes [0] : tensor<512x40xf32> -> tensor<40xf32>
  func.return %0 : tensor<40xf32>
}
//--- short.mlir
func.func @main(%a: tensor<40x8xf32>) -> tensor<40xf32> {
  %0 = prim.reduce sum %a axes [1] : tensor<40x8xf32> -> tensor<40xf32>
  func.return %0 : tensor<40xf32>
}
