// SPDX-License-Identifier: Apache-2.0
// Where the states of an entry are written.
#ifndef DSC_PASSES_PLAN_PLACESTATES_H
#define DSC_PASSES_PLAN_PLACESTATES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace dsc::plan {

/// Rewrites an entry so that every state result is written in the state's buffer by an operation marked `plan.in_place`:
/// appends become plan.extend and an update of the new rows, started states become plan.state and an update of
/// everything, updates of a fixed state are marked where no one reads the old contents, else copied at the end.
void placeStates(mlir::func::FuncOp func);

} // namespace dsc::plan

#endif
