// SPDX-License-Identifier: Apache-2.0
// RUN: split-file %s %t
// RUN: dsc compile %t/warp.mlir --target cuda --emit=cuda 2>/dev/null | FileCheck %s --check-prefix=WARP
// RUN: dsc compile %t/block.mlir --target cuda --emit=cuda 2>/dev/null | FileCheck %s --check-prefix=BLOCK
// RUN: dsc compile %t/columns.mlir --target cuda --emit=cuda 2>/dev/null | FileCheck %s --check-prefix=COLUMNS
// RUN: dsc compile %t/short.mlir --target cuda --emit=cuda 2>/dev/null | FileCheck %s --check-prefix=SHORT

// A warp a row: no barrier.
// WARP: const long long row_0 = (long long)blockIdx.x * 4 + threadIdx.x / 32;
// WARP: for (int [[I:i_[0-9]+]] = lane_0; [[I]] < 128; [[I]] += 32) {
// WARP: __shfl_xor_sync
// WARP-NOT: __syncthreads
// WARP: if (lane_0 == 0) {

// BLOCK: for (int [[I:i_[0-9]+]] = lane_0; [[I]] < 1024; [[I]] += 256) {
// BLOCK: copy_16(
// BLOCK: __shared__ float of_warps_0[8];
// BLOCK: __syncthreads();

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
