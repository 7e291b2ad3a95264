// SPDX-License-Identifier: Apache-2.0
// Runs a generated CUDA kernel on the simulator of a GPU and compares with the reference
// interpreter.
#ifndef DSC_TESTS_UNIT_TARGETS_CUDA_KERNELTEST_H
#define DSC_TESTS_UNIT_TARGETS_CUDA_KERNELTEST_H

#include "compiler/reference/Tensor.h"
#include "compiler/targets/cuda/CudaTarget.h"
#include "dialects/plan/Plan.h"
#include "mlir/IR/MLIRContext.h"
#include <gtest/gtest.h>
#include <map>
#include <optional>
#include <random>

namespace ptxsim::test {
class Module;
}

namespace dsc::cuda::test {

using reference::Tensor;

struct Case {
  /// Values of the kernel's sizes, in order.
  std::vector<int64_t> sizes = {};
  /// Range of the elements of integer inputs, by input.
  std::map<unsigned, std::pair<int64_t, int64_t>> range = {};
  /// Integer inputs with these elements, by input.
  std::map<unsigned, std::vector<int64_t>> given = {};
  /// Floats lie in [middle - scale, middle + scale].
  double scale = 1, middle = 0;
  /// Elements, by their number in each input, that lie above all others.
  std::vector<int64_t> peaks = {};
  /// What all floats of an input are.
  std::map<unsigned, double> filled = {};
  /// |got - want| <= absolute + relative |want|.
  double absolute = 1e-5, relative = 1e-5;
  /// Of the random elements.
  unsigned seed = 7;
  /// Integer results, where the interpreter does not know the operation.
  std::vector<std::vector<int64_t>> wanted = {};
  /// An index is out of range: the kernel says so, and nothing else is wrong.
  bool faulty = false;
};

/// A kernel of the plan as PTX, and how it is launched.
class CompiledKernel {
public:
  /// `text`: sizes, strides, aliases and body of a kernel after its name. Without NVRTC ptx() is
  /// empty.
  CompiledKernel(mlir::MLIRContext &context, const std::string &text);
  const std::string &ptx() const { return code; }
  const std::string &source() const { return generated.source; }
  plan::KernelOp op() const { return kernel; }
  unsigned threads() const { return generated.threads; }
  bool isCompiled() const { return !code.empty(); }
  /// Bytes of spilled registers of a thread at sm_90a.
  unsigned spills() const;

private:
  friend class KernelRun;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  plan::KernelOp kernel;
  GeneratedKernel generated;
  std::string code;
};

/// Inputs for a kernel, and what the interpreter makes of them.
class KernelRun {
public:
  KernelRun(const CompiledKernel &kernel, const Case &test);
  /// Runs on the simulator with the options that it has; "" when the results agree, else what is
  /// wrong.
  std::string check() const;
  /// The same with a module that is loaded already.
  std::string check(const ptxsim::test::Module &module) const;
  /// Bytes that are read or written at least: every input and output once.
  uint64_t leastBytes() const;
  /// The outputs of the last check.
  const std::vector<Tensor> &outputs() const { return got; }
  std::vector<Tensor> inputs;

private:
  const CompiledKernel &compiled;
  Case test;
  std::vector<Tensor> want;
  mutable std::vector<Tensor> got;
};

class KernelTest : public ::testing::Test {
protected:
  KernelTest();
  /// Compiles, runs with every case under `seeds` schedules and expects what the interpreter says.
  void check(const std::string &text, std::initializer_list<Case> cases, unsigned seeds = 2);
  void check(const std::string &text, const std::vector<Case> &cases, unsigned seeds = 2);

  mlir::MLIRContext context;
};

/// What kernels and the functions that the interpreter runs are written in.
void loadDialects(mlir::MLIRContext &context);

/// Whether sources can be compiled here; else tests of kernels skip.
bool hasNvrtc();

} // namespace dsc::cuda::test

#endif
