// SPDX-License-Identifier: Apache-2.0
// The phases of a compilation, as data.
#ifndef DSC_COMPILER_PIPELINE_H
#define DSC_COMPILER_PIPELINE_H

#include "compiler/Compiler.h"
#include "mlir/Pass/PassManager.h"

namespace dsc {

struct Phase {
  /// As in --emit, --dump-dir and the progress line.
  llvm::StringRef name;
  llvm::StringRef summary;
  void (*addPasses)(mlir::OpPassManager &, const CompileOptions &);
};

/// In order. The first stands for one model at a time, before models are joined; code generation follows the last.
llvm::ArrayRef<Phase> getPhases();

/// The phase after the last of these: code of the target, "llvm" or "cuda".
llvm::StringRef getCodePhase(llvm::StringRef target);

/// Option `expanded-queries` of form-latent-attention for a target.
int64_t getExpandedQueries(llvm::StringRef target);

/// All dialects that the phases use.
void registerDialects(mlir::DialectRegistry &registry);

} // namespace dsc

#endif
