// SPDX-License-Identifier: Apache-2.0
// Where an element lies in memory.
#ifndef DSC_COMPILER_TARGETS_CPU_INDEXMAP_H
#define DSC_COMPILER_TARGETS_CPU_INDEXMAP_H

#include "dialects/plan/Plan.h"
#include "dialects/prim/IndexMap.h"

namespace dsc::cpu {

using prim::Expr;
using prim::Indices;

/// Of operand `operand` (inputs, then outputs) of a kernel.
Indices bufferStrides(plan::KernelOp kernel, unsigned operand);
mlir::Type bufferType(plan::KernelOp kernel, unsigned operand);
/// Distance in elements from the start of the buffer.
Expr bufferAddress(plan::KernelOp kernel, unsigned operand, llvm::ArrayRef<Expr> at,
                   llvm::ArrayRef<Expr> extents);

} // namespace dsc::cpu

#endif
