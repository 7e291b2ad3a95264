// SPDX-License-Identifier: Apache-2.0
#ifndef DSC_COMPILER_REPORT_EXPERTREPORT_H
#define DSC_COMPILER_REPORT_EXPERTREPORT_H

#include "dialects/dsc/Dsc.h"
#include "llvm/Support/JSON.h"

namespace dsc {

/// The parameters of a layer of experts and of its router, without its place.
llvm::json::Object describeExperts(model::ExpertsOp op);
/// Those of a router whose choice leaves the entry: the export of a router by itself. None where something in the entry uses it.
std::optional<llvm::json::Object> describeRouter(model::RouteOp op);

} // namespace dsc

#endif
