// SPDX-License-Identifier: Apache-2.0
// What the report says of rotated rows.
#ifndef DSC_COMPILER_REPORT_ROPEREPORT_H
#define DSC_COMPILER_REPORT_ROPEREPORT_H

#include "dialects/dsc/Dsc.h"
#include "llvm/Support/JSON.h"

namespace dsc {

/// "half", "interleaved", or "interleaved to half" where pairs are placed otherwise in the result.
std::string pairingText(model::RopeOp op);
/// width and pairing; none for other operations.
std::optional<llvm::json::Object> describeRope(mlir::Operation *op);
/// The rotation of which `value` is made by layout operations, conversions and factors; null when there is none.
model::RopeOp findRope(mlir::Value value);

} // namespace dsc

#endif
