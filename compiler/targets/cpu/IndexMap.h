// SPDX-License-Identifier: Apache-2.0
// Where an element of a result lies in the operands of the operations that only move elements, and
// where an element lies in memory. Positions are expressions over loop indices: the normal form of
// expressions cancels what reshapes and transposes of one another do.
#ifndef DSC_COMPILER_TARGETS_CPU_INDEXMAP_H
#define DSC_COMPILER_TARGETS_CPU_INDEXMAP_H

#include "dialects/plan/Plan.h"

namespace dsc::cpu {

using prim::Expr;
using Indices = llvm::SmallVector<Expr, 4>;

/// `extents[i]` is the size of the range of index d_i.
Indices broadcastIndices(prim::BroadcastOp op, llvm::ArrayRef<Expr> at);
Indices transposeIndices(prim::TransposeOp op, llvm::ArrayRef<Expr> at);
Indices sliceIndices(prim::SliceOp op, llvm::ArrayRef<Expr> at);
Indices reshapeIndices(prim::ReshapeOp op, llvm::ArrayRef<Expr> at, llvm::ArrayRef<Expr> extents);

/// Positions of the operands of a dot, given those of its result and of the contracted dimensions.
void dotIndices(prim::DotOp op, llvm::ArrayRef<Expr> at, llvm::ArrayRef<Expr> contracted,
                Indices &lhs, Indices &rhs);

/// Distances in elements of neighbours along each dimension of a dense row-major tensor.
Indices denseStrides(mlir::MLIRContext *context, llvm::ArrayRef<Expr> dims);
/// Of operand `operand` (inputs, then outputs) of a kernel.
Indices bufferStrides(plan::KernelOp kernel, unsigned operand);
mlir::Type bufferType(plan::KernelOp kernel, unsigned operand);
/// Distance in elements from the start of the buffer.
Expr bufferAddress(plan::KernelOp kernel, unsigned operand, llvm::ArrayRef<Expr> at,
                   llvm::ArrayRef<Expr> extents);

} // namespace dsc::cpu

#endif
