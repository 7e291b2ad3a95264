// SPDX-License-Identifier: Apache-2.0
// Loops whose number of iterations only the run knows.
//
// A program has no jumps: `most` iterations are written out, and those from `count` on are computed for nothing. Their inputs are
// zeros, and what they carry on is dropped.
#ifndef DSC_PASSES_ONNX_TO_PRIM_OPENITERATIONS_H
#define DSC_PASSES_ONNX_TO_PRIM_OPENITERATIONS_H

#include "passes/onnx_to_prim/Operands.h"

namespace dsc::onnx_to_prim {

class OpenIterations {
public:
  static constexpr int64_t most = 32;

  /// `count` >= 0; a prim.require refuses runs of more than `most`.
  OpenIterations(Node &node, Lowering &lowering, Expr count);

  /// The number of iterations, in terms of the symbols that are left.
  Expr getCount() const { return lowering.current(count); }
  /// `x` with `most` entries along the axis, of which there are `count`.
  Value padded(Value x, int64_t axis);
  /// What is carried behind iteration `i`: `next` where it runs, else `before`. They have equal shapes; a diagnostic where they
  /// cannot, a prim.require where only the run tells.
  mlir::FailureOr<Value> keep(Value next, Value before, int64_t i);
  /// The entries that ran, of `most` along the axis.
  Value ran(Value stacked, int64_t axis) { return lowering.sliceAxis(stacked, axis, lowering.size(0), getCount()); }

private:
  Node &node;
  Lowering &lowering;
  Expr count;
};

} // namespace dsc::onnx_to_prim

#endif
