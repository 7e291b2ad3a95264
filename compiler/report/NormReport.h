// SPDX-License-Identifier: Apache-2.0
// What the report says of norms.
#ifndef DSC_COMPILER_REPORT_NORMREPORT_H
#define DSC_COMPILER_REPORT_NORMREPORT_H

#include "dialects/dsc/Dsc.h"
#include "llvm/Support/JSON.h"

namespace dsc {

/// kind (rms or layer), width, epsilon, and whether there are a weight and a bias; none for other operations.
std::optional<llvm::json::Object> describeNorm(mlir::Operation *op);

} // namespace dsc

#endif
