// SPDX-License-Identifier: Apache-2.0
// Any bytes that are imported become prim or are refused with an error.
#include "FuzzContext.h"
#include "compiler/import/Import.h"
#include "dialects/onnx/Onnx.h"
#include "dialects/prim/Prim.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Pass/PassManager.h"
#include "passes/Passes.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  FuzzContext fuzz(bytes, size);
  mlir::MLIRContext &context = fuzz.getContext();
  unsigned errors = 0;
  mlir::ScopedDiagnosticHandler handler(&context, [&](mlir::Diagnostic &diagnostic) {
    errors += diagnostic.getSeverity() == mlir::DiagnosticSeverity::Error;
  });
  context.loadDialect<dsc::onnx::OnnxDialect, dsc::prim::PrimDialect, mlir::func::FuncDialect>();
  dsc::ImportOptions options;
  options.digestWeights = false;
  auto module = dsc::importModel(fuzz.getPath(), options, context);
  if (!module)
    return 0;
  mlir::PassManager passes(&context);
  passes.addPass(dsc::createOnnxInlineFunctions());
  passes.addPass(dsc::createOnnxToPrim());
  if (failed(passes.run(*module)) && !errors)
    __builtin_trap(); // refused without a word
  return 0;
}
