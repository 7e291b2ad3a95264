// SPDX-License-Identifier: Apache-2.0
// Which inputs of a kernel are weights that stand in the engine in panels.
#ifndef DSC_PASSES_PLAN_WEIGHTPANELS_H
#define DSC_PASSES_PLAN_WEIGHTPANELS_H

#include "dialects/plan/Plan.h"
#include "passes/plan/Fusion.h"

namespace dsc::plan {

/// The layout in which the contraction or the expanded attention at the root of `tree` reads `input`; null where that is no constant of floats, or is read
/// otherwise too. The columns are the last dimension that only the weight gives to the result, and lie in the lanes.
/// With `bf16Dot`, bf16 weights of one contracted dimension of even size are in pairs.
PanelsAttr choosePanels(const Fusion::Tree &tree, mlir::Value input, bool bf16Dot);

/// Contractions of a weight that indices choose for each row with one vector a row: their indices get a `plan.in_groups`, so that
/// rows of one choice are done together, `most` at a time.
void groupChosenRows(mlir::func::FuncOp func, int64_t most);

} // namespace dsc::plan

#endif
