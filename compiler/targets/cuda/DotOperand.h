// SPDX-License-Identifier: Apache-2.0
// An operand of a contraction or of attention as memory holds it: a buffer, the address of an
// element, and how many neighbours one load may take.
#ifndef DSC_COMPILER_TARGETS_CUDA_DOTOPERAND_H
#define DSC_COMPILER_TARGETS_CUDA_DOTOPERAND_H

#include "compiler/targets/cuda/KernelSource.h"

namespace dsc::cuda {

struct Place {
  unsigned buffer;
  Expr address; ///< in elements
};

/// Where the element `at` of `tensor` lies: `tensor` is an input under another layout, or rows of
/// one that indices choose. `chosen` gives the index that stands at a position of a tensor of
/// indices below a size. None where something is computed.
std::optional<Place>
findPlace(plan::KernelOp kernel, mlir::Value tensor, Indices at, llvm::ArrayRef<Expr> extents,
          llvm::function_ref<Expr(mlir::Value, llvm::ArrayRef<Expr>, Expr)> chosen);

/// `chosen` for a dry run: a symbol for each index.
Expr unknownIndex(mlir::Value indices, llvm::ArrayRef<Expr> at, Expr size);

/// How many neighbours along an index of `extent`, at most `most`, lie side by side and aligned: a
/// power of two, 0 where neighbours of the index are no neighbours in memory. `place(e)` is the
/// address over the index, other indices are in `extents`, to which more are added.
int64_t countNeighbours(Expr extent, int64_t most, llvm::SmallVectorImpl<Expr> &extents,
                        llvm::function_ref<Expr(Expr)> place);

/// The name of the skeletons' type for `type`: "Bf16", "F16", "F32", "F64"; empty for others.
llvm::StringRef typeTag(mlir::Type type);

} // namespace dsc::cuda

#endif
