// SPDX-License-Identifier: Apache-2.0
// A node against the schema table.
#ifndef DSC_COMPILER_IMPORT_NODECHECK_H
#define DSC_COMPILER_IMPORT_NODECHECK_H

#include "compiler/import/ImportState.h"

namespace dsc {

/// "" for the default domain, in whichever way it is spelled.
llvm::StringRef getDomain(llvm::StringRef domain);

/// Emits an error if the operator does not exist at the declared opset (too young, or removed), or if it has a number of inputs or outputs that its
/// definition excludes. Operators that the table does not know at all pass: the lowering lists what it does not support.
void checkNode(ImportState &state, const ::onnx::NodeProto &node, int64_t opset, mlir::Location location);

} // namespace dsc

#endif
