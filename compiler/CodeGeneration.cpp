// SPDX-License-Identifier: Apache-2.0
#include "compiler/CodeGeneration.h"

using namespace mlir;

namespace dsc {

struct CodeGeneration::Storage {};

CodeGeneration::CodeGeneration(const CompileOptions &options) : options(options) {}
CodeGeneration::~CodeGeneration() = default;

LogicalResult CodeGeneration::run(ModuleOp module) {
  return emitError(UnknownLoc::get(module.getContext())) << "no code generator for " << options.target << " in this build";
}

} // namespace dsc
