// SPDX-License-Identifier: Apache-2.0
// RUN: dsc-opt %s -split-input-file -verify-diagnostics

// expected-error @below {{(C1): #onnx.external needs the type of a tensor with constant dimensions}}
func.func private @f() attributes {a = #onnx.external<"w.bin", 0, 4, ""> : tensor<?xf32>}

// -----

// expected-error @below {{(C1): #onnx.external needs the type of a tensor with constant dimensions}}
func.func private @f() attributes {a = #onnx.external<"w.bin", 0, 4, ""> : f32}

// -----

// expected-error @below {{(C2): 'tensor<3xf32>' takes 12 bytes, not 4}}
func.func private @f() attributes {a = #onnx.external<"w.bin", 0, 4, ""> : tensor<3xf32>}

// -----

// expected-error @below {{(C2): 'tensor<3xui4>' takes 2 bytes, not 3}}
func.func private @f() attributes {a = #onnx.external<"w.bin", 0, 3, ""> : tensor<3xui4>}

// -----

// expected-error @below {{(C3): offset -4 is out of range}}
func.func private @f() attributes {a = #onnx.external<"w.bin", -4, 4, ""> : tensor<1xf32>}

// -----

// expected-error @below {{(C3): offset 9223372036854775807 is out of range}}
func.func private @f() attributes {a = #onnx.external<"w.bin", 9223372036854775807, 4, ""> : tensor<1xf32>}

// -----

func.func @f() -> !onnx.any {
  // expected-error @below {{(C1): the value is neither a dense tensor nor #onnx.external}}
  %0 = onnx.constant 1.0 : f32
  return %0 : !onnx.any
}
