// SPDX-License-Identifier: Apache-2.0
// From an ONNX file to the onnx dialect.
#ifndef DSC_COMPILER_IMPORT_IMPORT_H
#define DSC_COMPILER_IMPORT_IMPORT_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include <string>

namespace dsc {

struct ImportOptions {
  /// Name of the entry's func.func; the stem of the file if empty.
  std::string entry;
  /// Whether references to weights carry the hash of their bytes, which reads them all once.
  bool digestWeights = true;
};

/// Imports the model at `path`: a module with one public func.func, the entry, and a private one for each model-local function
/// (the pass onnx-inline-functions removes those). Weights above 1 KiB become #onnx.external references, valid as long as the
/// context. Every problem is an error diagnostic that names the node or the value; then the result is null. IR versions 3 to
/// 14 are known, a newer one is a warning; opsets 7 to 28, and older ones for operators that
/// opset 7 defines alike.
mlir::OwningOpRef<mlir::ModuleOp> importModel(llvm::StringRef path, const ImportOptions &options,
                                              mlir::MLIRContext &context);

} // namespace dsc

#endif
