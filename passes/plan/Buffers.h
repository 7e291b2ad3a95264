// SPDX-License-Identifier: Apache-2.0
// Which memory a value of a planned entry is.
#ifndef DSC_PASSES_PLAN_BUFFERS_H
#define DSC_PASSES_PLAN_BUFFERS_H

#include "dialects/plan/Plan.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace dsc::plan {

/// The argument, constant, plan.state or launch result whose buffer `value` is, through views, extensions and results
/// that alias an input.
mlir::Value getBufferRoot(mlir::Value value);

/// The symbol's value is an element of an input, known before the first step; otherwise defining it begins an epoch.
bool readsInput(prim::DefineSymbolOp define);

/// Bytes of a dense tensor of this type; an element takes one byte at least.
prim::Expr getBytes(mlir::Type type);

/// Bytes of the memory of a value that is dense: none where the launch that makes it does not run, and no other writes there.
prim::Expr getBytesNeeded(mlir::Value value);

} // namespace dsc::plan

#endif
