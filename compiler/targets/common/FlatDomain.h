// SPDX-License-Identifier: Apache-2.0
// Maps whose tensors are all dense and alike: one loop over the elements in memory order.
#ifndef DSC_COMPILER_TARGETS_COMMON_FLATDOMAIN_H
#define DSC_COMPILER_TARGETS_COMMON_FLATDOMAIN_H

#include "compiler/targets/common/AccessScan.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace dsc::target {

/// Whether an element of the domain `dims` lies at its row-major number in everything that is read and written. `visit` scans what is
/// read at a position and returns the address that is written.
bool isFlat(plan::KernelOp kernel, llvm::ArrayRef<Expr> dims,
            llvm::function_ref<Expr(AccessScan &, llvm::ArrayRef<Expr>)> visit);

/// The position of element `number` of a flat domain: beyond its dimension, but at the right address.
Indices flatPosition(llvm::ArrayRef<Expr> dims, Expr number);

} // namespace dsc::target

#endif
