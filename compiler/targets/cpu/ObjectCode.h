// SPDX-License-Identifier: Apache-2.0
// From the LLVM dialect to a shared object.
#ifndef DSC_COMPILER_TARGETS_CPU_OBJECTCODE_H
#define DSC_COMPILER_TARGETS_CPU_OBJECTCODE_H

#include "compiler/targets/cpu/Isa.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"
#include <vector>

namespace dsc::cpu {

/// Replaces scf, arith, math and vector in `module` by the LLVM dialect.
mlir::LogicalResult lowerToLlvmDialect(mlir::ModuleOp module);

/// A module with the context that it lives in.
struct LlvmModule {
  std::unique_ptr<llvm::LLVMContext> context;
  std::unique_ptr<llvm::Module> module;
};

/// Translates; every function is marked for the instruction set, and free of calls to a library.
llvm::Expected<LlvmModule> translate(mlir::ModuleOp module, const Isa &isa);

/// Optimises in place.
llvm::Error optimize(LlvmModule &module, const Isa &isa);

/// A relocatable object. Threads may work on different modules at the same time.
llvm::Expected<llvm::SmallVector<char, 0>> emitObject(LlvmModule &module, const Isa &isa);

/// Links objects into one shared object that needs no other; fails when a symbol is undefined.
llvm::Expected<std::vector<char>> link(llvm::ArrayRef<llvm::SmallVector<char, 0>> objects);

} // namespace dsc::cpu

#endif
