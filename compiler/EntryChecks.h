// SPDX-License-Identifier: Apache-2.0
// What the command line demands of all entries together.
#ifndef DSC_COMPILER_ENTRYCHECKS_H
#define DSC_COMPILER_ENTRYCHECKS_H

#include "compiler/Compiler.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/ArrayRef.h"

namespace dsc {

/// Graphs of one folder are one model: most bytes of their float weights have the same element type. An error otherwise.
mlir::LogicalResult checkOneWeightType(mlir::ModuleOp module, llvm::ArrayRef<llvm::StringRef> entries);

/// A dimension with one possible size becomes a constant, others get a prim.require. A name that no entry has is an error.
mlir::LogicalResult applyDimRanges(mlir::ModuleOp module, llvm::ArrayRef<DimRange> ranges);

} // namespace dsc

#endif
