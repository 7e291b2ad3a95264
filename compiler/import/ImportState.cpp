// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/ImportState.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace dsc;

static constexpr unsigned kShownErrors = 100;

ImportState::ImportState(llvm::StringRef path, const ImportOptions &options, MLIRContext &context)
    : context(&context), builder(&context), options(options), data(dsc::onnx::ExternalData::get(&context)),
      path(path.str()), folder(llvm::sys::path::parent_path(path).str()),
      fileLocation(FileLineColLoc::get(&context, path, 0, 0)),
      counter(&context, [this](Diagnostic &diagnostic) {
        // Success means that the diagnostic goes no further.
        return success(diagnostic.getSeverity() == DiagnosticSeverity::Error && ++errors > kShownErrors);
      }) {}

void ImportState::finish() {
  if (errors <= kShownErrors)
    return;
  unsigned hidden = std::exchange(errors, 0) - kShownErrors;
  emitError(fileLocation) << hidden << " more errors are not shown";
}

Location ImportState::at(llvm::StringRef name) {
  if (name.empty())
    return fileLocation;
  return NameLoc::get(builder.getStringAttr(name), fileLocation);
}
