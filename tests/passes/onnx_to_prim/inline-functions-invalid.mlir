// SPDX-License-Identifier: Apache-2.0
// RUN: dsc-opt %s -split-input-file -onnx-inline-functions -verify-diagnostics

func.func @recursion(%x: tensor<2xf32>) -> !onnx.any {
  %0 = "onnx.local.F"(%x) : (tensor<2xf32>) -> !onnx.any
  return %0 : !onnx.any
}
func.func private @"local::F"(%x: !onnx.any) -> !onnx.any attributes {onnx.parameters = [], onnx.defaults = {}} {
  %0 = "onnx.local.G"(%x) : (!onnx.any) -> !onnx.any
  return %0 : !onnx.any
}
func.func private @"local::G"(%x: !onnx.any) -> !onnx.any attributes {onnx.parameters = [], onnx.defaults = {}} {
  // expected-error @below {{the function 'local::F' calls itself, directly or through others}}
  %0 = "onnx.local.F"(%x) : (!onnx.any) -> !onnx.any
  return %0 : !onnx.any
}

// -----

func.func @attribute(%x: tensor<2xf32>) -> !onnx.any {
  // expected-error @below {{the function has no attribute 'beta'}}
  %0 = "onnx.local.F"(%x) {beta = 1 : i64} : (tensor<2xf32>) -> !onnx.any
  return %0 : !onnx.any
}
func.func private @"local::F"(%x: !onnx.any) -> !onnx.any attributes {onnx.parameters = ["alpha"], onnx.defaults = {}} {
  return %x : !onnx.any
}

// -----

func.func @constant() -> !onnx.any {
  // expected-error @below {{a Constant in the function has no value that is supported}}
  %0 = "onnx.local.F"() {v = "text"} : () -> !onnx.any
  return %0 : !onnx.any
}
func.func private @"local::F"() -> !onnx.any attributes {onnx.parameters = ["v"], onnx.defaults = {}} {
  %0 = "onnx.Constant"() {value_string = #onnx.attribute_ref<"v">} : () -> !onnx.any
  return %0 : !onnx.any
}
