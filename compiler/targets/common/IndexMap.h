// SPDX-License-Identifier: Apache-2.0
// Where an element lies in memory.
#ifndef DSC_COMPILER_TARGETS_COMMON_INDEXMAP_H
#define DSC_COMPILER_TARGETS_COMMON_INDEXMAP_H

#include "dialects/plan/Plan.h"
#include "dialects/prim/IndexMap.h"

namespace dsc::target {

using prim::Expr;
using prim::Indices;

/// Position `number` of the row-major order over `dims`.
Indices delinearize(Expr number, llvm::ArrayRef<Expr> dims, llvm::ArrayRef<Expr> extents);

/// Of operand `operand` (inputs, then outputs) of a kernel.
Indices bufferStrides(plan::KernelOp kernel, unsigned operand);
mlir::Type bufferType(plan::KernelOp kernel, unsigned operand);
/// Of a tensor of `type` in panels: distance in elements from its start.
Expr panelAddress(plan::PanelsAttr layout, mlir::RankedTensorType type, llvm::ArrayRef<Expr> at,
                  llvm::ArrayRef<Expr> extents);
/// Distance in elements from the start of the buffer.
Expr bufferAddress(plan::KernelOp kernel, unsigned operand, llvm::ArrayRef<Expr> at,
                   llvm::ArrayRef<Expr> extents);

} // namespace dsc::target

#endif
