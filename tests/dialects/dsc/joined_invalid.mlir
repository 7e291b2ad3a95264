// RUN: dsc-opt %s -split-input-file -verify-diagnostics
// SPDX-License-Identifier: Apache-2.0

// expected-error @below {{(C1): the parts are not tensors of one element type}}
func.func private @types() attributes {a = #dsc.joined<[dense<0.0> : tensor<4xf32>, dense<0.0> : tensor<4xf16>] axis 0> : tensor<8xf32>}

// -----

// expected-error @below {{(C1): the parts are not tensors of one element type}}
func.func private @nested() attributes {a = #dsc.joined<[#dsc.joined<[dense<0.0> : tensor<4xf32>] axis 0> : tensor<4xf32>] axis 0> : tensor<4xf32>}

// -----

// expected-error @below {{(C2): the parts have no dimension 1}}
func.func private @no_axis() attributes {a = #dsc.joined<[dense<0.0> : tensor<4xf32>, dense<0.0> : tensor<2xf32>] axis 1> : tensor<6xf32>}

// -----

// expected-error @below {{(C2): 'tensor<2xf32>' does not fit beside 'tensor<4xf32>'}}
func.func private @stack_of_other_sizes() attributes {a = #dsc.joined<[dense<0.0> : tensor<4xf32>, dense<0.0> : tensor<2xf32>] axis 0> : tensor<2x4xf32>}

// -----

// expected-error @below {{(C2): 'tensor<3x2xf32>' does not fit beside 'tensor<2x4xf32>'}}
func.func private @other_rows() attributes {a = #dsc.joined<[dense<0.0> : tensor<2x4xf32>, dense<0.0> : tensor<3x2xf32>] axis 1> : tensor<2x6xf32>}

// -----

// expected-error @below {{(C3): the parts together are 'tensor<2x4xf32>', not 'tensor<3x4xf32>'}}
func.func private @too_few() attributes {a = #dsc.joined<[dense<0.0> : tensor<4xf32>, dense<1.0> : tensor<4xf32>] axis 0> : tensor<3x4xf32>}

// -----

// expected-error @below {{(C3): the parts together are 'tensor<2x6xf32>', not 'tensor<2x7xf32>'}}
func.func private @too_wide() attributes {a = #dsc.joined<[dense<0.0> : tensor<2x4xf32>, dense<0.0> : tensor<2x2xf32>] axis 1> : tensor<2x7xf32>}
