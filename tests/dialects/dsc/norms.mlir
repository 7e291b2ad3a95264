// RUN: dsc-opt %s | dsc-opt | FileCheck %s
// RUN: dsc-opt %s --decompose --canonicalize | FileCheck %s --check-prefix=PRIM
// RUN: dsc-opt %s --decompose --cse --canonicalize --recognize-norms --canonicalize | FileCheck %s
// SPDX-License-Identifier: Apache-2.0

// What a norm decomposes to is recognised as that norm again.
// CHECK-LABEL: func.func @rms
// CHECK:       dsc.rms_norm %arg0 weight(%arg1) {epsilon = 1.250000e-01 : f64} : (tensor<2x64xf32>, tensor<64xf32>) -> tensor<2x64xf32>
// PRIM-LABEL:  func.func @rms
// PRIM:        prim.reduce sum %{{.*}} axes [1] : tensor<2x64xf32> -> tensor<2xf32>
// PRIM:        %[[N:.*]] = prim.binary mul %arg0,
// PRIM:        prim.binary mul %[[N]],
func.func @rms(%x: tensor<2x64xf32>, %w: tensor<64xf32>) -> tensor<2x64xf32> {
  %0 = dsc.rms_norm %x weight(%w) {epsilon = 0.125 : f64} : (tensor<2x64xf32>, tensor<64xf32>) -> tensor<2x64xf32>
  return %0 : tensor<2x64xf32>
}

// Rounded before the weight, which is multiplied in f32 and rounded again.
// CHECK-LABEL: func.func @rounded
// CHECK:       dsc.rms_norm %arg0 weight(%arg1) {epsilon = 1.250000e-01 : f64, rounded = bf16} : (tensor<2x64xbf16>, tensor<64xbf16>) -> tensor<2x64xbf16>
// PRIM-LABEL:  func.func @rounded
// PRIM:        prim.convert %{{.*}} : tensor<2x64xf32> -> tensor<2x64xbf16>
// PRIM:        prim.convert %{{.*}} : tensor<2x64xbf16> -> tensor<2x64xf32>
// PRIM:        prim.binary mul
// PRIM-NEXT:   prim.convert %{{.*}} : tensor<2x64xf32> -> tensor<2x64xbf16>
func.func @rounded(%x: tensor<2x64xbf16>, %w: tensor<64xbf16>) -> tensor<2x64xbf16> {
  %0 = dsc.rms_norm %x weight(%w) {epsilon = 0.125 : f64, rounded = bf16} : (tensor<2x64xbf16>, tensor<64xbf16>) -> tensor<2x64xbf16>
  return %0 : tensor<2x64xbf16>
}

// CHECK-LABEL: func.func @layer
// CHECK:       dsc.layer_norm %arg0 weight(%arg1) bias(%arg2) {epsilon = 2.500000e-01 : f64} : (tensor<?x3x64xf64, #prim.shape<"n", 3, 64>>, tensor<64xf64>, tensor<64xf64>)
func.func @layer(%x: tensor<?x3x64xf64, #prim.shape<"n", 3, 64>>, %w: tensor<64xf64>, %b: tensor<64xf64>) -> tensor<?x3x64xf64, #prim.shape<"n", 3, 64>> {
  %0 = dsc.layer_norm %x weight(%w) bias(%b) {epsilon = 0.25 : f64}
      : (tensor<?x3x64xf64, #prim.shape<"n", 3, 64>>, tensor<64xf64>, tensor<64xf64>) -> tensor<?x3x64xf64, #prim.shape<"n", 3, 64>>
  return %0 : tensor<?x3x64xf64, #prim.shape<"n", 3, 64>>
}
