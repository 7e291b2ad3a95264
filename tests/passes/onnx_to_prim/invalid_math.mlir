// RUN: dsc-opt %s --onnx-to-prim -split-input-file -verify-diagnostics

func.func @types(%a0: tensor<?xf32> {onnx.name = "a0", onnx.dims = ["n"]}, %a1: tensor<?xi64> {onnx.name = "a1", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  // expected-error @+1 {{Add: operands differ in element type: 'f32' and 'i64'}}
  %y = "onnx.Add"(%a0, %a1) : (tensor<?xf32>, tensor<?xi64>) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @sizes(%a0: tensor<2xf32> {onnx.name = "a0"}, %a1: tensor<3xf32> {onnx.name = "a1"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  // expected-error @+1 {{can never be equal}}
  %y = "onnx.Add"(%a0, %a1) : (tensor<2xf32>, tensor<3xf32>) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @bool(%a0: tensor<?xi1> {onnx.name = "a0", onnx.dims = ["n"]}, %a1: tensor<?xi1> {onnx.name = "a1", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  // expected-error @+1 {{Add: input 0 of element type 'i1' where a number is expected}}
  %y = "onnx.Add"(%a0, %a1) : (tensor<?xi1>, tensor<?xi1>) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @missing(%a0: tensor<?xi1> {onnx.name = "a0", onnx.dims = ["n"]}, %a1: tensor<?xf32> {onnx.name = "a1", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  // expected-error @+1 {{Where: input 2 is missing}}
  %y = "onnx.Where"(%a0, %a1) : (tensor<?xi1>, tensor<?xf32>) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @many(%a0: tensor<?xf32> {onnx.name = "a0", onnx.dims = ["n"]}, %a1: tensor<?xf32> {onnx.name = "a1", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  // expected-error @+1 {{Sqrt: takes at most 1 inputs, not 2}}
  %y = "onnx.Sqrt"(%a0, %a1) : (tensor<?xf32>, tensor<?xf32>) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @strings(%a0: tensor<?xf32> {onnx.name = "a0", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  // expected-error @+1 {{Cast: element type string (to = 8) is not supported}}
  %y = "onnx.Cast"(%a0) {to = 8 : i64} : (tensor<?xf32>) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @width(%a0: tensor<?xf32> {onnx.name = "a0", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 26 : i64}} {
  // expected-error @+1 {{BitCast: 'f32' and 'i64' differ in width}}
  %y = "onnx.BitCast"(%a0) {to = 7 : i64} : (tensor<?xf32>) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @direction(%a0: tensor<4xui8> {onnx.name = "a0"}, %a1: tensor<4xui8> {onnx.name = "a1"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  // expected-error @+1 {{direction must be LEFT or RIGHT, not ''}}
  %y = "onnx.BitShift"(%a0, %a1) : (tensor<4xui8>, tensor<4xui8>) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @gelu(%a0: tensor<?xf32> {onnx.name = "a0", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  // expected-error @+1 {{unknown approximation 'fast'}}
  %y = "onnx.Gelu"(%a0) {approximate = "fast"} : (tensor<?xf32>) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @reduce_axis(%a0: tensor<?xf32> {onnx.name = "a0", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 11 : i64}} {
  // expected-error @+1 {{ReduceSum: axis 1 of a tensor of rank 1}}
  %y = "onnx.ReduceSum"(%a0) {axes = array<i64: 1>} : (tensor<?xf32>) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @reduce_twice(%a0: tensor<?x4xf32> {onnx.name = "a0", onnx.dims = ["n", ""]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 11 : i64}} {
  // expected-error @+1 {{ReduceSum: axis -1 is given twice}}
  %y = "onnx.ReduceSum"(%a0) {axes = array<i64: 1, -1>} : (tensor<?x4xf32>) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @inner(%a0: tensor<2x3xf32> {onnx.name = "a0"}, %a1: tensor<4x5xf32> {onnx.name = "a1"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  // expected-error @+1 {{MatMul: inner sizes of the product: 3 and 4 can never be equal}}
  %y = "onnx.MatMul"(%a0, %a1) : (tensor<2x3xf32>, tensor<4x5xf32>) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @gemm_rank(%a0: tensor<?x3x4xf32> {onnx.name = "a0", onnx.dims = ["n", "", ""]}, %a1: tensor<4x5xf32> {onnx.name = "a1"}, %a2: tensor<4xf32> {onnx.name = "a2"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  // expected-error @+1 {{Gemm: input 0 has rank 3, not 2}}
  %y = "onnx.Gemm"(%a0, %a1, %a2) : (tensor<?x3x4xf32>, tensor<4x5xf32>, tensor<4xf32>) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @einsum_terms(%a0: tensor<?xf32> {onnx.name = "a0", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  // expected-error @+1 {{the equation has 2 terms for 1 inputs}}
  %y = "onnx.Einsum"(%a0) {equation = "i,j"} : (tensor<?xf32>) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @einsum_rank(%a0: tensor<?xf32> {onnx.name = "a0", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  // expected-error @+1 {{input 0 of rank 1 does not fit the term 'ij'}}
  %y = "onnx.Einsum"(%a0) {equation = "ij->i"} : (tensor<?xf32>) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @einsum_result(%a0: tensor<?xf32> {onnx.name = "a0", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  // expected-error @+1 {{the result of the equation has a label that no input has}}
  %y = "onnx.Einsum"(%a0) {equation = "i->j"} : (tensor<?xf32>) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @einsum_character(%a0: tensor<?xf32> {onnx.name = "a0", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  // expected-error @+1 {{unexpected '1' in the equation}}
  %y = "onnx.Einsum"(%a0) {equation = "1->"} : (tensor<?xf32>) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @scale(%a0: tensor<?x4xf32> {onnx.name = "a0", onnx.dims = ["n", ""]}, %a1: tensor<3xf32> {onnx.name = "a1"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 23 : i64}} {
  // expected-error @+1 {{can never be equal}}
  %y = "onnx.RMSNormalization"(%a0, %a1) : (tensor<?x4xf32>, tensor<3xf32>) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @heads(%a0: tensor<1x3x8xf32> {onnx.name = "a0"}, %a1: tensor<1x3x8xf32> {onnx.name = "a1"}, %a2: tensor<1x3x8xf32> {onnx.name = "a2"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 23 : i64}} {
  // expected-error @+1 {{a 3-D input needs a positive number of heads}}
  %y = "onnx.Attention"(%a0, %a1, %a2) : (tensor<1x3x8xf32>, tensor<1x3x8xf32>, tensor<1x3x8xf32>) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @groups(%a0: tensor<1x3x4x8xf32> {onnx.name = "a0"}, %a1: tensor<1x2x4x8xf32> {onnx.name = "a1"}, %a2: tensor<1x2x4x8xf32> {onnx.name = "a2"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 23 : i64}} {
  // expected-error @+1 {{query heads do not divide into key heads: 3 and 2}}
  %y = "onnx.Attention"(%a0, %a1, %a2) : (tensor<1x3x4x8xf32>, tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @past(%a0: tensor<1x2x4x8xf32> {onnx.name = "a0"}, %a1: tensor<1x2x4x8xf32> {onnx.name = "a1"}, %a2: tensor<1x2x4x8xf32> {onnx.name = "a2"}, %a3: tensor<4x4xf32> {onnx.name = "a3"}, %a4: tensor<1x2x4x8xf32> {onnx.name = "a4"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 23 : i64}} {
  // expected-error @+1 {{past_key and past_value must be given together}}
  %y = "onnx.Attention"(%a0, %a1, %a2, %a3, %a4) : (tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>, tensor<4x4xf32>, tensor<1x2x4x8xf32>) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @odd_rotary(%a0: tensor<1x2x4x8xf32> {onnx.name = "a0"}, %a1: tensor<1x4x4xf32> {onnx.name = "a1"}, %a2: tensor<1x4x4xf32> {onnx.name = "a2"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 23 : i64}} {
  // expected-error @+1 {{the rotary size is odd: 5 and 2}}
  %y = "onnx.RotaryEmbedding"(%a0, %a1, %a2) {rotary_embedding_dim = 5 : i64} : (tensor<1x2x4x8xf32>, tensor<1x4x4xf32>, tensor<1x4x4xf32>) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @quantize_type(%a0: tensor<?xf32> {onnx.name = "a0", onnx.dims = ["n"]}, %a1: tensor<f32> {onnx.name = "a1"}, %a2: tensor<i32> {onnx.name = "a2"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  // expected-error @+1 {{quantization to 'i32' is not supported}}
  %y = "onnx.QuantizeLinear"(%a0, %a1, %a2) : (tensor<?xf32>, tensor<f32>, tensor<i32>) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @blocks(%a0: tensor<2x5xi8> {onnx.name = "a0"}, %a1: tensor<2x2xf32> {onnx.name = "a1"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 21 : i64}} {
  // expected-error @+1 {{scales of rank 2 without block_size}}
  %y = "onnx.DequantizeLinear"(%a0, %a1) : (tensor<2x5xi8>, tensor<2x2xf32>) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @channels(%a0: tensor<1x3x5xf32> {onnx.name = "a0"}, %a1: tensor<4x2x3xf32> {onnx.name = "a1"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  // expected-error @+1 {{Conv: input channels: 3 and 2 can never be equal}}
  %y = "onnx.Conv"(%a0, %a1) : (tensor<1x3x5xf32>, tensor<4x2x3xf32>) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @kernel(%a0: tensor<1x2x2xf32> {onnx.name = "a0"}, %a1: tensor<4x2x3xf32> {onnx.name = "a1"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  // expected-error @+1 {{the kernel is larger than the padded input}}
  %y = "onnx.Conv"(%a0, %a1) : (tensor<1x2x2xf32>, tensor<4x2x3xf32>) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @pads(%a0: tensor<1x2x5xf32> {onnx.name = "a0"}, %a1: tensor<4x2x3xf32> {onnx.name = "a1"}) -> (!onnx.any {onnx.name = "y0"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  // expected-error @+1 {{pads must be 2 numbers, none of them negative}}
  %y = "onnx.Conv"(%a0, %a1) {pads = array<i64: -1, 0>} : (tensor<1x2x5xf32>, tensor<4x2x3xf32>) -> !onnx.any
  return %y : !onnx.any
}
