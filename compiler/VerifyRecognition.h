// SPDX-License-Identifier: Apache-2.0
// Recognition undone and compared: what --verify-recognition does.
#ifndef DSC_COMPILER_VERIFYRECOGNITION_H
#define DSC_COMPILER_VERIFYRECOGNITION_H

#include "mlir/IR/BuiltinOps.h"

namespace dsc {

/// Runs every entry of `before` (prim) and of `after` (with dsc operations, which the interpreter evaluates by what they stand for) on the same
/// random inputs: token ids and positions that repeat, masks with rows that are empty, sizes from 1 to 6. Fails, with a diagnostic at the entry, when
/// outputs differ by more than rounding does. An entry for which no inputs are found that it accepts gets a warning.
mlir::LogicalResult verifyRecognition(mlir::ModuleOp before, mlir::ModuleOp after);

} // namespace dsc

#endif
