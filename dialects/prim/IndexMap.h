// SPDX-License-Identifier: Apache-2.0
// Where an element of a result lies in the operands of the operations that only move elements. Positions are expressions over
// indices: the normal form of expressions cancels what reshapes and transposes of one another do.
#ifndef DSC_DIALECTS_PRIM_INDEXMAP_H
#define DSC_DIALECTS_PRIM_INDEXMAP_H

#include "dialects/prim/Prim.h"

namespace dsc::prim {

using Indices = llvm::SmallVector<Expr, 4>;

/// `extents[i]` is the size of the range of index d_i.
Indices broadcastIndices(BroadcastOp op, llvm::ArrayRef<Expr> at);
Indices transposeIndices(TransposeOp op, llvm::ArrayRef<Expr> at);
Indices sliceIndices(SliceOp op, llvm::ArrayRef<Expr> at);
Indices reshapeIndices(ReshapeOp op, llvm::ArrayRef<Expr> at, llvm::ArrayRef<Expr> extents);

/// Positions of the operands of a dot, given those of its result and of the contracted dimensions.
void dotIndices(DotOp op, llvm::ArrayRef<Expr> at, llvm::ArrayRef<Expr> contracted,
                Indices &lhs, Indices &rhs);

/// The position in the operand of the element at `at` of an operation that only moves elements: a broadcast, reshape, transpose or
/// slice. None for any other.
std::optional<Indices> layoutIndices(mlir::Operation *op, llvm::ArrayRef<Expr> at,
                                     llvm::ArrayRef<Expr> extents);

/// Whether each dimension of the operand becomes one or several of the result's, ones aside: positions are sums of products, without a division.
bool onlySplits(ReshapeOp op);

/// Distances in elements of neighbours along each dimension of a dense row-major tensor.
Indices denseStrides(mlir::MLIRContext *context, llvm::ArrayRef<Expr> dims);

} // namespace dsc::prim

#endif
