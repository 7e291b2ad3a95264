// RUN: dsc-opt %s --onnx-to-prim -split-input-file -verify-diagnostics
// Layout, indexing, sequences, control flow.

func.func @main(%x: tensor<2x6xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %s = onnx.constant dense<[-1, -1]> : tensor<2xi64>
  // expected-error @+1 {{Reshape: the shape has more than one -1}}
  %y = "onnx.Reshape"(%x, %s) : (tensor<2x6xf32>, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @main(%x: tensor<2x6xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %s = onnx.constant dense<[5, -1]> : tensor<2xi64>
  // expected-error @+1 {{Reshape: the shape does not divide the number of elements: 12 by 5}}
  %y = "onnx.Reshape"(%x, %s) : (tensor<2x6xf32>, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @main(%x: tensor<2x6xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %s = onnx.constant dense<[3, 5]> : tensor<2xi64>
  // expected-error @+1 {{Reshape: input and result have different numbers of elements: 4 and 5 can never be equal}}
  %y = "onnx.Reshape"(%x, %s) : (tensor<2x6xf32>, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @main(%x: tensor<2x6xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %s = onnx.constant dense<[0, 0, 0]> : tensor<3xi64>
  // expected-error @+1 {{Reshape: dimension 2 of the shape is 0, but the input has only 2}}
  %y = "onnx.Reshape"(%x, %s) : (tensor<2x6xf32>, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @main(%x: tensor<2x6xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %s = onnx.constant dense<[0, -1]> : tensor<2xi64>
  // expected-error @+1 {{Reshape: -1 in the shape has no definite value: the other dimensions have no elements}}
  %y = "onnx.Reshape"(%x, %s) {allowzero = 1 : i64} : (tensor<2x6xf32>, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @main(%x: tensor<2x6xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %s = onnx.constant dense<1> : tensor<1xi64>
  // expected-error @+1 {{Squeeze: a squeezed dimension must be 1: 6 and 1 can never be equal}}
  %y = "onnx.Squeeze"(%x, %s) : (tensor<2x6xf32>, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @main(%x: tensor<2x6xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  // expected-error @+1 {{Transpose: axis 0 is given twice}}
  %y = "onnx.Transpose"(%x) {perm = array<i64: 0, 0>} : (tensor<2x6xf32>) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @main(%x: tensor<2x6xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %s = onnx.constant dense<[4, 6]> : tensor<2xi64>
  // expected-error @+1 {{Expand: a dimension can be expanded only from 1: 2 and 4 can never be equal}}
  %y = "onnx.Expand"(%x, %s) : (tensor<2x6xf32>, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @main(%x: tensor<2x6xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %r = onnx.constant dense<2> : tensor<1xi64>
  // expected-error @+1 {{Tile: repeats has 1 entries for a tensor of rank 2}}
  %y = "onnx.Tile"(%x, %r) : (tensor<2x6xf32>, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @main(%x: tensor<?x6xf32> {onnx.name = "x", onnx.dims = ["n", ""]}, %a: tensor<?xi64> {onnx.name = "a", onnx.dims = ["k"]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  // expected-error @+1 {{their number must be constant}}
  %y = "onnx.Unsqueeze"(%x, %a) : (tensor<?x6xf32>, tensor<?xi64>) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @main(%x: tensor<2x6xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %z = onnx.constant dense<0> : tensor<1xi64>
  // expected-error @+1 {{Slice: a step is 0}}
  %y = "onnx.Slice"(%x, %z, %z, %z, %z) : (tensor<2x6xf32>, !onnx.any, !onnx.any, !onnx.any, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @main(%x: tensor<2x6xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %p = onnx.constant dense<[-3, 0, 0, 0]> : tensor<4xi64>
  // expected-error @+1 {{Pad: negative pads remove more than dimension 0 has}}
  %y = "onnx.Pad"(%x, %p) : (tensor<2x6xf32>, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @main(%x: tensor<2x6xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %p = onnx.constant dense<[0, 1, 0, 1]> : tensor<4xi64>
  // expected-error @+1 {{Pad: mode must be constant, edge, reflect or wrap, not 'mirror'}}
  %y = "onnx.Pad"(%x, %p) {mode = "mirror"} : (tensor<2x6xf32>, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @main(%x: tensor<2x6xf32> {onnx.name = "x"}, %z: tensor<3x5xf32> {onnx.name = "z"}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  // expected-error @+1 {{Concat: joined tensors differ in size: 6 and 5 can never be equal}}
  %y = "onnx.Concat"(%x, %z) {axis = 0 : i64} : (tensor<2x6xf32>, tensor<3x5xf32>) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @main(%x: tensor<2x6xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %s = onnx.constant dense<[3, 4]> : tensor<2xi64>
  // expected-error @+1 {{Split: the sizes of the pieces do not add up to the dimension: 7 and 6 can never be equal}}
  %y0, %y = "onnx.Split"(%x, %s) {axis = 1 : i64} : (tensor<2x6xf32>, !onnx.any) -> (!onnx.any, !onnx.any)
  return %y : !onnx.any
}

// -----

func.func @main(%x: tensor<2x6xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  // expected-error @+1 {{Gather: axis 2 of a tensor of rank 2}}
  %y = "onnx.Gather"(%x, %x) {axis = 2 : i64} : (tensor<2x6xf32>, tensor<2x6xf32>) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @main(%x: tensor<2x6xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %i = onnx.constant dense<[[0, 0, 0]]> : tensor<1x3xi64>
  // expected-error @+1 {{GatherND: index vectors of 3 entries do not fit a tensor of rank 2}}
  %y = "onnx.GatherND"(%x, %i) : (tensor<2x6xf32>, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @main(%x: tensor<2x6xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 16 : i64}} {
  %i = onnx.constant dense<[[0]]> : tensor<1x1xi64>
  // expected-error @+1 {{ScatterND: reduction 'max' does not exist in opset 16}}
  %y = "onnx.ScatterND"(%x, %i, %x) {reduction = "max"} : (tensor<2x6xf32>, !onnx.any, tensor<2x6xf32>) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @main(%x: tensor<2x6xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %k = onnx.constant dense<7> : tensor<1xi64>
  // expected-error @+1 {{TopK: k = 7 is not between 0 and the size 6}}
  %y0, %y = "onnx.TopK"(%x, %k) : (tensor<2x6xf32>, !onnx.any) -> (!onnx.any, !onnx.any)
  return %y : !onnx.any
}

// -----

func.func @main() -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %a = onnx.constant dense<0> : tensor<i64>
  %e = onnx.constant dense<4> : tensor<i64>
  // expected-error @+1 {{Range: delta must not be zero}}
  %y = "onnx.Range"(%a, %e, %a) : (!onnx.any, !onnx.any, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @main(%x: tensor<?x6xf32> {onnx.name = "x", onnx.dims = ["n", ""]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  // expected-error @+1 {{SplitToSequence: the number of pieces must be known at compile time; dimension 0 has n elements, a piece 1}}
  %q = "onnx.SplitToSequence"(%x) : (tensor<?x6xf32>) -> !onnx.any
  %p = onnx.constant dense<0> : tensor<i64>
  %y = "onnx.SequenceAt"(%q, %p) : (!onnx.any, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @main(%x: tensor<2x6xf32> {onnx.name = "x"}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %q = "onnx.SequenceConstruct"(%x) : (tensor<2x6xf32>) -> !onnx.any
  %p = onnx.constant dense<1> : tensor<i64>
  // expected-error @+1 {{SequenceAt: the position is out of range for a sequence of 1}}
  %y = "onnx.SequenceAt"(%q, %p) : (!onnx.any, !onnx.any) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @main(%c: tensor<i1> {onnx.name = "c"}, %x: tensor<?xf32> {onnx.name = "x", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  // expected-error @+1 {{If: the condition is known only at run time, and result 0 is n x f32 in one branch and f32 in the other}}
  %y = "onnx.If"(%c) ({
    onnx.yield %x : tensor<?xf32>
  }, {
    %0 = onnx.constant dense<0.0> : tensor<f32>
    onnx.yield %0 : !onnx.any
  }) {onnx.regions = ["then_branch", "else_branch"]} : (tensor<i1>) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @main(%c: tensor<i1> {onnx.name = "c"}, %x: tensor<?xf32> {onnx.name = "x", onnx.dims = ["n"]}, %i: tensor<?xi64> {onnx.name = "i", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  // expected-error @+1 {{If: the condition is known only at run time, and a branch has an operation that may fail (prim.take): both branches would be computed}}
  %y = "onnx.If"(%c) ({
    onnx.yield %x : tensor<?xf32>
  }, {
    %0 = "onnx.Gather"(%x, %i) : (tensor<?xf32>, tensor<?xi64>) -> !onnx.any
    onnx.yield %0 : !onnx.any
  }) {onnx.regions = ["then_branch", "else_branch"]} : (tensor<i1>) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @main(%c: tensor<i1> {onnx.name = "c"}, %x: tensor<?xf32> {onnx.name = "x", onnx.dims = ["n"]}, %z: tensor<?xf32> {onnx.name = "z", onnx.dims = ["m"]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %w = onnx.constant dense<1.0> : tensor<2x2xf32>
  // expected-error @+1 {{If: the condition is known only at run time, and a branch fixes sizes of the inputs}}
  %y = "onnx.If"(%c) ({
    onnx.yield %x : tensor<?xf32>
  }, {
    %0 = "onnx.Add"(%x, %z) : (tensor<?xf32>, tensor<?xf32>) -> !onnx.any
    onnx.yield %0 : !onnx.any
  }) {onnx.regions = ["then_branch", "else_branch"]} : (tensor<i1>) -> !onnx.any
  return %y : !onnx.any
}

// -----

// Of an open number of iterations, what is carried around must keep its rank.
func.func @main(%m: tensor<i64> {onnx.name = "m"}, %x: tensor<?xf32> {onnx.name = "x", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %none = onnx.none
  // expected-error @+1 {{Loop: the number of iterations is open, and what is carried around changes from n x f32 to 1 x n x f32}}
  %y = "onnx.Loop"(%m, %none, %x) ({
  ^bb0(%i: !onnx.any, %c: !onnx.any, %v: !onnx.any):
    %a = onnx.constant dense<0> : tensor<1xi64>
    %u = "onnx.Unsqueeze"(%v, %a) : (!onnx.any, !onnx.any) -> !onnx.any
    onnx.yield %c, %u : !onnx.any, !onnx.any
  }) {onnx.regions = ["body"]} : (tensor<i64>, none, tensor<?xf32>) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @main(%m: tensor<1xi64> {onnx.name = "m"}, %b: tensor<i1> {onnx.name = "b"}, %x: tensor<?xf32> {onnx.name = "x", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %none = onnx.none
  // expected-error @+1 {{Loop: the condition must be known at compile time}}
  %y = "onnx.Loop"(%m, %none, %x) ({
  ^bb0(%i: !onnx.any, %c: !onnx.any, %v: !onnx.any):
    onnx.yield %b, %v : tensor<i1>, !onnx.any
  }) {onnx.regions = ["body"]} : (tensor<1xi64>, none, tensor<?xf32>) -> !onnx.any
  return %y : !onnx.any
}

// -----

func.func @main(%x: tensor<?xf32> {onnx.name = "x", onnx.dims = ["n"]}) -> (!onnx.any {onnx.name = "y"}) attributes {onnx.opsets = {ai.onnx = 20 : i64}} {
  %none = onnx.none
  %m = onnx.constant dense<65> : tensor<i64>
  // expected-error @+1 {{Loop: loops of more than 64 iterations are not supported}}
  %y = "onnx.Loop"(%m, %none, %x) ({
  ^bb0(%i: !onnx.any, %c: !onnx.any, %v: !onnx.any):
    onnx.yield %c, %v : !onnx.any, !onnx.any
  }) {onnx.regions = ["body"]} : (!onnx.any, none, tensor<?xf32>) -> !onnx.any
  return %y : !onnx.any
}
