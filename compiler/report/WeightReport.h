// SPDX-License-Identifier: Apache-2.0
#ifndef DSC_COMPILER_REPORT_WEIGHTREPORT_H
#define DSC_COMPILER_REPORT_WEIGHTREPORT_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/JSON.h"

namespace dsc {

/// {"entry", "bytes", "read_per_token"}: what the constants of an entry take, and how much of it one token needs: of a table that is looked up one
/// row, of the experts those chosen.
llvm::json::Object describeWeights(mlir::func::FuncOp entry);

} // namespace dsc

#endif
