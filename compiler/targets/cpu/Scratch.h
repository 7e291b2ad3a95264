// SPDX-License-Identifier: Apache-2.0
// Memory of one call of a kernel, on the stack of its thread: bounded at compile time, a few
// hundred KiB at most. Accesses stay in the order in which they are emitted.
#ifndef DSC_COMPILER_TARGETS_CPU_SCRATCH_H
#define DSC_COMPILER_TARGETS_CPU_SCRATCH_H

#include "compiler/targets/cpu/KernelCode.h"

namespace dsc::cpu {

class Scratch {
public:
  Scratch() = default;
  /// Room for `count` elements of `type` (a register type), aligned to a cache line.
  Scratch(KernelCode &code, mlir::Type type, int64_t count);

  /// `lanes` neighbours from element `at`, or a scalar for 0.
  mlir::Value read(mlir::Value at, unsigned lanes) const;
  void write(mlir::Value at, mlir::Value v) const;
  mlir::Value pointer() const { return base; }
  /// The memory from element `first` on.
  Scratch from(mlir::Value first) const;

private:
  mlir::Value address(mlir::Value at) const;

  KernelCode *code = nullptr;
  mlir::Type type;
  mlir::Value base;
};

} // namespace dsc::cpu

#endif
