// RUN: dsc-opt %s | dsc-opt | FileCheck %s
// SPDX-License-Identifier: Apache-2.0

// CHECK-LABEL: @stacked
// CHECK: prim.constant #dsc.joined<[dense<0.000000e+00> : tensor<4xf32>, #onnx.external<"w", 0, 16, ""> : tensor<4xf32>] axis 0> : tensor<2x4xf32>
func.func @stacked() -> tensor<2x4xf32> {
  %0 = prim.constant #dsc.joined<[dense<0.0> : tensor<4xf32>, #onnx.external<"w", 0, 16, ""> : tensor<4xf32>] axis 0> : tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// CHECK-LABEL: @stacked_inside
// CHECK: #dsc.joined<[dense<0> : tensor<4xi8>, dense<1> : tensor<4xi8>] axis 1> : tensor<4x2xi8>
func.func private @stacked_inside() attributes {a = #dsc.joined<[dense<0> : tensor<4xi8>, dense<1> : tensor<4xi8>] axis 1> : tensor<4x2xi8>}

// CHECK-LABEL: @side_by_side
// CHECK: #dsc.joined<[dense<0.000000e+00> : tensor<2x4xf32>, #onnx.external<"w", 0, 24, ""> : tensor<2x3xf32>] axis 1> : tensor<2x7xf32>
func.func private @side_by_side() attributes {a = #dsc.joined<[dense<0.0> : tensor<2x4xf32>, #onnx.external<"w", 0, 24, ""> : tensor<2x3xf32>] axis 1> : tensor<2x7xf32>}
