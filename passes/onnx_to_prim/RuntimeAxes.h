// SPDX-License-Identifier: Apache-2.0
// Axes that are known only at run time.
//
// Each dimension D of the operand is seen as two, [a, b], of which one is D and the other 1, by a symbol that says whether the
// dimension is among the axes. An operation over all the b then has known axes.
#ifndef DSC_PASSES_ONNX_TO_PRIM_RUNTIMEAXES_H
#define DSC_PASSES_ONNX_TO_PRIM_RUNTIMEAXES_H

#include "passes/onnx_to_prim/Operands.h"

namespace dsc::onnx_to_prim {

/// Axes in [0, rank) from given ones in [-rank, rank), which a prim.require demands together with their being distinct.
/// Of axes whose number is open as well, the first `count` hold; the others become numbers of `rank` and above.
mlir::FailureOr<Dims> normalizeRuntimeAxes(Node &node, llvm::ArrayRef<Expr> axes, int64_t rank, Expr count = {});

/// The elements of a vector whose length `count` only the run knows: `most` of them, of which those behind the last are
/// `fill`. A prim.require sees that there are no more.
mlir::FailureOr<Dims> boundedIntegers(Node &node, Value value, const llvm::Twine &what, int64_t most, int64_t fill);
/// The length of a vector where it is open; null where it is constant.
Expr openLength(Value vector);

/// An operand of [D0, D1, ...] as [a0, b0, a1, b1, ...]. `getAxes` lists the b, `finish` gives the result of a reduction over
/// them its dimensions: [a0, a1, ...], or without those of the axes.
class RuntimeAxes {
public:
  /// Where `all` is 1, every dimension is an axis.
  RuntimeAxes(Lowering &lowering, llvm::ArrayRef<Expr> axes, llvm::ArrayRef<Expr> dims, Expr all = {});

  Value split(Value x) const;
  llvm::SmallVector<int64_t> getAxes() const;
  Value finish(Value reduced, bool keepDims) const;
  /// The dimensions that are not among the axes, in order.
  Dims keptDims() const;

private:
  Lowering &lowering;
  size_t axisCount;
  Dims isAxis;        ///< 0 or 1 for each dimension
  Dims kept, reduced; ///< a and b
};

/// x as [before, D, after] around an axis in [0, rank) that is known only at run time.
Value aroundAxis(Lowering &lowering, Value x, Expr axis);

} // namespace dsc::onnx_to_prim

#endif
