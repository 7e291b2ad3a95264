// SPDX-License-Identifier: Apache-2.0
// What the verifier refuses: a case for each numbered constraint of PlanOps.td.
// RUN: dsc-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{(C1): wrong number of strides or aliases}}
plan.kernel @strides sizes [] strides [unit] aliases [-1] {
^bb0(%a: tensor<4xf32>):
  plan.yield %a : tensor<4xf32>
}

// -----

// expected-error @below {{(C2): alias 1 is not an input}}
plan.kernel @alias sizes [] strides [unit, unit] aliases [1] {
^bb0(%a: tensor<4xf32>):
  plan.yield %a : tensor<4xf32>
}

// -----

// expected-error @below {{(C2): output 0 and the input it aliases differ in type}}
plan.kernel @alias_type sizes [] strides [unit, unit] aliases [0] {
^bb0(%a: tensor<4xf32>):
  %b = prim.convert %a : tensor<4xf32> -> tensor<4xi64>
  plan.yield %b : tensor<4xi64>
}

// -----

// expected-error @below {{(C3): symbol n is not among its sizes}}
plan.kernel @symbol sizes ["m"] strides [unit, unit] aliases [-1] {
^bb0(%a: tensor<?xf32, #prim.shape<"n">>):
  plan.yield %a : tensor<?xf32, #prim.shape<"n">>
}

// -----

func.func @no_kernel(%x: tensor<4xf32>) {
  // expected-error @below {{(C1): no kernel named nowhere}}
  %0 = plan.launch @nowhere sizes [] (%x) : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

plan.kernel @neg sizes ["n"] strides [unit, unit] aliases [-1] {
^bb0(%a: tensor<?xf32, #prim.shape<"n">>):
  %b = prim.unary neg %a : tensor<?xf32, #prim.shape<"n">> -> tensor<?xf32, #prim.shape<"n">>
  plan.yield %b : tensor<?xf32, #prim.shape<"n">>
}
func.func @counts(%x: tensor<4xf32>) {
  // expected-error @below {{(C2): operands, results or sizes do not match the kernel's in number}}
  %0 = plan.launch @neg sizes [] (%x) : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

plan.kernel @neg sizes ["n"] strides [unit, unit] aliases [-1] {
^bb0(%a: tensor<?xf32, #prim.shape<"n">>):
  %b = prim.unary neg %a : tensor<?xf32, #prim.shape<"n">> -> tensor<?xf32, #prim.shape<"n">>
  plan.yield %b : tensor<?xf32, #prim.shape<"n">>
}
func.func @types(%x: tensor<4xf32>) {
  // expected-error @below {{(C3): expected}}
  %0 = plan.launch @neg sizes [5] (%x) : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @no_constant(%x: tensor<4x8xf32>) {
  // expected-error @below {{(C1): the operand is not a constant}}
  %0 = plan.pack %x <columns = 1, contracted = [0], width = 8, group = 1> : tensor<4x8xf32>
  return
}

// -----

func.func @no_layout() {
  %w = prim.constant dense<1.0> : tensor<4x8xf32>
  // expected-error @below {{(C2): #plan.panels<columns = 1, contracted = [1], width = 8, group = 1> is no layout of 'tensor<4x8xf32>'}}
  %0 = plan.pack %w <columns = 1, contracted = [1], width = 8, group = 1> : tensor<4x8xf32>
  return
}

// -----

plan.kernel @copy sizes [] strides [#plan.panels<columns = 1, contracted = [0], width = 8, group = 1>, unit] aliases [-1] {
^bb0(%a: tensor<4x8xf32>):
  plan.yield %a : tensor<4x8xf32>
}
func.func @not_in_panels() {
  %w = prim.constant dense<1.0> : tensor<4x8xf32>
  // expected-error @below {{(C4): input 0 is not in the layout that the kernel reads}}
  %0 = plan.launch @copy sizes [] (%w) : (tensor<4x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @group_by_floats(%x: tensor<4xf32>) {
  // expected-error @below {{(C1): cannot group by 'tensor<4xf32>'}}
  %o, %g, %e = plan.group_rows %x of 3 most 2 : tensor<4xf32> -> tensor<4xi32>, tensor<5x2xi32>, tensor<4xi32>
  return
}

// -----

func.func @few_groups(%x: tensor<4xi64>) {
  // expected-error @below {{(C2): wrong types of results}}
  %o, %g, %e = plan.group_rows %x of 3 most 2 : tensor<4xi64> -> tensor<4xi32>, tensor<3x2xi32>, tensor<4xi32>
  return
}
