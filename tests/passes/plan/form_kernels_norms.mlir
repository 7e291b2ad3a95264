// RUN: dsc-opt %s -split-input-file --form-kernels | FileCheck %s
// SPDX-License-Identifier: Apache-2.0

// A row is read twice: what is cheap is computed as it is read, what is not stands in memory.
// CHECK:       plan.kernel @rms_norm_0
// CHECK:         prim.binary add
// CHECK:         prim.convert
// CHECK:         dsc.rms_norm
// CHECK-NEXT:    plan.yield
// CHECK:       plan.kernel @exp_0
// CHECK:       plan.kernel @layer_norm_0
// CHECK:         dsc.layer_norm %arg0
// CHECK-LABEL: func.func @reads
!rows = tensor<?x64xf32, #prim.shape<"n", 64>>
func.func @reads(%x: !rows, %y: !rows, %w: tensor<64xbf16>) -> (!rows, !rows) {
  %0 = prim.binary add %x, %y : !rows
  %v = prim.convert %w : tensor<64xbf16> -> tensor<64xf32>
  %1 = dsc.rms_norm %0 weight(%v) {epsilon = 1.0e-6 : f64} : (!rows, tensor<64xf32>) -> !rows
  %2 = prim.unary exp %y : !rows -> !rows
  %3 = dsc.layer_norm %2 {epsilon = 1.0e-6 : f64} : (!rows) -> !rows
  return %1, %3 : !rows, !rows
}

// -----

// The norm of new rows writes them into the state.
// CHECK:       plan.kernel @update_slice_0
// CHECK:         dsc.rms_norm
// CHECK:         prim.update_slice
// CHECK-LABEL: func.func @into_state
// CHECK:         plan.launch @update_slice_0
// CHECK-NOT:     plan.launch
!past = tensor<1x1x?x64xf32, #prim.shape<1, 1, "p", 64>>
!cache = tensor<1x1x?x64xf32, #prim.shape<1, 1, "p + 1", 64>>
func.func @into_state(%past: !past {dsc.state = "c", dsc.state_axis = 2 : i64}, %x: tensor<1x1x64xf32>) -> (!cache {dsc.state = "c", dsc.state_axis = 2 : i64}) {
  %0 = dsc.rms_norm %x {epsilon = 1.0e-6 : f64} : (tensor<1x1x64xf32>) -> tensor<1x1x64xf32>
  %1 = prim.reshape %0 : tensor<1x1x64xf32> -> tensor<1x1x1x64xf32>
  %2 = dsc.cache_append %past, %1 axis 2 at "p" : !past, tensor<1x1x1x64xf32> -> !cache
  return %2 : !cache
}

// -----

// With another reader they stand in memory, too.
// CHECK:       plan.kernel @update_slice_0
// CHECK-NOT:     dsc.rms_norm
// CHECK-LABEL: func.func @read_twice
// CHECK:         plan.launch @rms_norm_0
// CHECK:         plan.launch @update_slice_0
!past = tensor<1x1x?x64xf32, #prim.shape<1, 1, "p", 64>>
!cache = tensor<1x1x?x64xf32, #prim.shape<1, 1, "p + 1", 64>>
func.func @read_twice(%past: !past {dsc.state = "c", dsc.state_axis = 2 : i64}, %x: tensor<1x1x64xf32>)
    -> (!cache {dsc.state = "c", dsc.state_axis = 2 : i64}, tensor<1x1x64xf32>) {
  %0 = dsc.rms_norm %x {epsilon = 1.0e-6 : f64} : (tensor<1x1x64xf32>) -> tensor<1x1x64xf32>
  %1 = prim.reshape %0 : tensor<1x1x64xf32> -> tensor<1x1x1x64xf32>
  %2 = dsc.cache_append %past, %1 axis 2 at "p" : !past, tensor<1x1x1x64xf32> -> !cache
  return %2, %0 : !cache, tensor<1x1x64xf32>
}

// -----

// A concatenation that reads the state it goes into stands in memory first; one that does not is written into it.
// CHECK:       plan.kernel @update_slice_0
// CHECK-NOT:     prim.concat
// CHECK:       plan.yield
// CHECK-LABEL: func.func @shift
// CHECK:         plan.launch @concat_0
// CHECK:         plan.launch @update_slice_0
func.func @shift(%past: tensor<1x4xf32> {dsc.state = "c"}, %new: tensor<1x1xf32>) -> (tensor<1x4xf32> {dsc.state = "c"}) {
  %0 = prim.slice %past starts [0, 1] steps [1, 1] : tensor<1x4xf32> -> tensor<1x3xf32>
  %1 = prim.concat %0, %new axis 1 : (tensor<1x3xf32>, tensor<1x1xf32>) -> tensor<1x4xf32>
  return %1 : tensor<1x4xf32>
}

// -----

// CHECK:       plan.kernel @update_slice_0
// CHECK:         prim.concat
// CHECK:         prim.update_slice
// CHECK-LABEL: func.func @rotated
// CHECK-NOT:     plan.launch @concat
!past = tensor<1x1x?x64xf32, #prim.shape<1, 1, "p", 64>>
!cache = tensor<1x1x?x64xf32, #prim.shape<1, 1, "p + 1", 64>>
func.func @rotated(%past: !past {dsc.state = "c", dsc.state_axis = 2 : i64}, %a: tensor<1x1x1x32xf32>, %b: tensor<1x1x1x32xf32>) -> (!cache {dsc.state = "c", dsc.state_axis = 2 : i64}) {
  %0 = prim.binary add %a, %b : tensor<1x1x1x32xf32>
  %1 = prim.concat %0, %b axis 3 : (tensor<1x1x1x32xf32>, tensor<1x1x1x32xf32>) -> tensor<1x1x1x64xf32>
  %2 = dsc.cache_append %past, %1 axis 2 at "p" : !past, tensor<1x1x1x64xf32> -> !cache
  return %2 : !cache
}
