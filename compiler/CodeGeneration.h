// SPDX-License-Identifier: Apache-2.0
// A planned module -> code of the target.
#ifndef DSC_COMPILER_CODEGENERATION_H
#define DSC_COMPILER_CODEGENERATION_H

#include "compiler/Compiler.h"
#include "compiler/engine/EngineWriter.h"

namespace dsc {

class CodeGeneration {
public:
  explicit CodeGeneration(const CompileOptions &options);
  ~CodeGeneration();

  /// Sets the grids of the kernels and compiles them.
  mlir::LogicalResult run(mlir::ModuleOp module);
  /// Valid as long as this object.
  const EngineCode &getCode() const { return code; }
  /// What --emit=llvm or --emit=cuda prints.
  llvm::StringRef getText() const { return text; }

private:
  mlir::LogicalResult runCpu(mlir::ModuleOp module);
  mlir::LogicalResult runCuda(mlir::ModuleOp module);

  struct Storage;
  const CompileOptions &options;
  std::unique_ptr<Storage> storage;
  EngineCode code;
  std::string text;
};

} // namespace dsc

#endif
