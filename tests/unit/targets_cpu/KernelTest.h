// SPDX-License-Identifier: Apache-2.0
// Runs a kernel's native code for every instruction set of this machine, over several partitions of
// its grid, and compares with the reference interpreter.
#ifndef DSC_TESTS_UNIT_TARGETS_CPU_KERNELTEST_H
#define DSC_TESTS_UNIT_TARGETS_CPU_KERNELTEST_H

#include "compiler/reference/Tensor.h"
#include "compiler/targets/cpu/CpuTarget.h"
#include "dialects/plan/Plan.h"
#include "mlir/IR/MLIRContext.h"
#include <gtest/gtest.h>
#include <map>
#include <random>

namespace dsc::cpu::test {

using reference::Tensor;
using KernelFunction = void (*)(void *const *, const int64_t *, int64_t, int64_t, uint32_t *);

/// A shared object loaded from memory.
class LoadedCode {
public:
  explicit LoadedCode(const std::vector<char> &elf);
  ~LoadedCode();
  LoadedCode(const LoadedCode &) = delete;
  KernelFunction find(const char *name) const;

private:
  void *handle = nullptr;
};

struct Case {
  /// Values of the kernel's sizes, in order.
  std::vector<int64_t> sizes = {};
  /// Range of the elements of integer inputs, by input.
  std::map<unsigned, std::pair<int64_t, int64_t>> range = {};
  /// Floats lie in [-scale, scale].
  double scale = 2;
  /// |got - want| <= absolute + relative |want|; both 0: the same bits.
  double absolute = 0, relative = 0;
};

class KernelTest : public ::testing::Test {
protected:
  KernelTest();
  /// `text`: sizes, strides, aliases and body of a kernel after its name.
  mlir::OwningOpRef<mlir::ModuleOp> parse(llvm::StringRef text);
  /// Compiles, runs with random inputs and compares with the interpreter.
  void check(llvm::StringRef text, const Case &test = {});
  /// Compiles, runs and gives the outputs, which the partitions of the grid agree on; sets `fault`.
  std::vector<Tensor> run(mlir::ModuleOp module, llvm::StringRef isa, llvm::ArrayRef<Tensor> inputs,
                          llvm::ArrayRef<int64_t> sizes);
  std::vector<Tensor> run(llvm::StringRef text, llvm::ArrayRef<Tensor> inputs,
                          llvm::ArrayRef<int64_t> sizes = {});
  std::vector<llvm::StringRef> isas() const;

  mlir::MLIRContext context;
  uint32_t fault = 0;
  std::mt19937 random{7};
};

} // namespace dsc::cpu::test

#endif
