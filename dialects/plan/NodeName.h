// SPDX-License-Identifier: Apache-2.0
#ifndef DSC_DIALECTS_PLAN_NODENAME_H
#define DSC_DIALECTS_PLAN_NODENAME_H

#include "mlir/IR/Location.h"
#include <string>

namespace dsc::plan {

/// The name of the ONNX node in a location; "" when there is none.
std::string getNodeName(mlir::Location loc);

} // namespace dsc::plan

#endif
