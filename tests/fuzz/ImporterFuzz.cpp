// SPDX-License-Identifier: Apache-2.0
// Any bytes are imported or refused with an error.
#include "FuzzContext.h"
#include "compiler/import/Import.h"
#include "mlir/IR/Diagnostics.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  FuzzContext fuzz(bytes, size);
  mlir::MLIRContext &context = fuzz.getContext();
  unsigned errors = 0;
  mlir::ScopedDiagnosticHandler handler(&context, [&](mlir::Diagnostic &diagnostic) {
    errors += diagnostic.getSeverity() == mlir::DiagnosticSeverity::Error;
  });
  auto module = dsc::importModel(fuzz.getPath(), {}, context);
  if (!module && !errors)
    __builtin_trap(); // refused without a word
  return 0;
}
