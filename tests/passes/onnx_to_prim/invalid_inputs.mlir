// RUN: dsc-opt %s -split-input-file -verify-diagnostics --onnx-to-prim

// What a lowering would trip over is refused before it runs.

func.func @missing(%x: tensor<4xf32> {onnx.name = "x", onnx.dims = ["4"]}) -> (!onnx.any {onnx.name = "y"})
    attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %none = onnx.none
  // expected-error @below {{Gather: input 1 is missing}}
  %0 = "onnx.Gather"(%x, %none) : (tensor<4xf32>, none) -> !onnx.any
  return %0 : !onnx.any
}

// -----

func.func @too_few(%x: tensor<4xf32> {onnx.name = "x", onnx.dims = ["4"]}) -> (!onnx.any {onnx.name = "y"})
    attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  // expected-error @below {{Gather: input 1 is missing}}
  %0 = "onnx.Gather"(%x) : (tensor<4xf32>) -> !onnx.any
  return %0 : !onnx.any
}

// -----

func.func @sequence(%x: tensor<4xf32> {onnx.name = "x", onnx.dims = ["4"]}) -> (!onnx.any {onnx.name = "y"})
    attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %s = "onnx.SequenceConstruct"(%x) : (tensor<4xf32>) -> !onnx.any
  // expected-error @below {{Relu: input 0 is a sequence, not a tensor}}
  %0 = "onnx.Relu"(%s) : (!onnx.any) -> !onnx.any
  return %0 : !onnx.any
}
