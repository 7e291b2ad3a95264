// SPDX-License-Identifier: Apache-2.0
// The CPU target: plan.kernel -> native code. Kernels become freestanding ELF shared objects, one
// per instruction set, that call and need nothing. Each kernel is a symbol of its name with the C
// signature
//   void name(void *const *buffers, const int64_t *sizes, int64_t begin, int64_t end, uint32_t
//   *fault)
// buffers: inputs then outputs; sizes: the values of the kernel's `sizes`; [begin, end): a part of
// the grid. Any partition of the grid gives the same bits. An index out of range sets *fault to 1.
#ifndef DSC_COMPILER_TARGETS_CPU_CPUTARGET_H
#define DSC_COMPILER_TARGETS_CPU_CPUTARGET_H

#include "compiler/targets/cpu/Isa.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"
#include <functional>
#include <string>
#include <vector>

namespace dsc::cpu {

struct CodeObject {
  /// "x86-64-v3", "x86-64-v4" or "x86-64-v4+avx512bf16".
  std::string isa;
  /// The bytes of the shared object.
  std::vector<char> elf;
};

struct CpuOptions {
  /// Instruction sets to compile for; empty: x86-64-v3, and x86-64-v4 where this machine has it. Kernels of the numeric class
  /// bf16-dot run on x86-64-v4+avx512bf16 alone: nothing else gives its bits.
  std::vector<std::string> isas;
  unsigned threads = 2;
  /// Receives the LLVM dialect of each variant, in parts.
  std::function<void(llvm::StringRef isa, mlir::ModuleOp part)> dumpLlvmDialect;
  /// Receives the LLVM IR, after optimisation, of each variant, in parts; calls do not overlap.
  std::function<void(llvm::StringRef isa, llvm::StringRef text)> dumpLlvmIr;
};

/// Sets `grid` of every plan.kernel: an expression over its sizes. Fails with a diagnostic at the
/// operation for which there is no code.
mlir::LogicalResult assignGrids(mlir::ModuleOp plan);

/// Compiles all kernels of `plan`. Diagnostics are emitted at operations without code; the error
/// then says so.
llvm::Expected<std::vector<CodeObject>> compileKernels(mlir::ModuleOp plan,
                                                       const CpuOptions &options = {});

/// The LLVM dialect of all kernels for one instruction set, as text: `--emit=llvm`.
llvm::Expected<std::string> printLlvmDialect(mlir::ModuleOp plan, llvm::StringRef isa);

} // namespace dsc::cpu

#endif
