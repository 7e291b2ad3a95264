// SPDX-License-Identifier: Apache-2.0
// The CUDA target: plan.kernel -> CUDA C++. Each kernel is one source that includes nothing, with one function of the kernel's name:
//   extern "C" __global__ void name(T0 *in0, ..., Tn *outn, long long s0, ..., long long sm, unsigned *fault)
// in0, ...: inputs then outputs, aligned to 256 bytes; s0, ...: the values of the kernel's `sizes`. An index out of range sets *fault
// to 1. The order of blocks does not change a bit of the results.
#ifndef DSC_COMPILER_TARGETS_CUDA_CUDATARGET_H
#define DSC_COMPILER_TARGETS_CUDA_CUDATARGET_H

#include "compiler/targets/cuda/CubinResources.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace dsc::cuda {

/// One kernel of the plan.
struct GeneratedKernel {
  std::string name, source;
  unsigned threads;     // of a block
  unsigned sharedBytes; // dynamic shared memory of a block
};

/// Sets `grid` of every plan.kernel: the number of blocks, an expression over its sizes. Fails with a diagnostic at the operation for
/// which there is no kernel.
mlir::LogicalResult assignGrids(mlir::ModuleOp plan);

/// The sources of all kernels, in order. Fails with a diagnostic at an operation without code.
mlir::FailureOr<std::vector<GeneratedKernel>> generateSources(mlir::ModuleOp plan);

struct CudaOptions {
  /// "sm_90a", ...: each gets a cubin; empty: sm_90a.
  std::vector<std::string> architectures;
  unsigned threads = 0; // 0: one a core
  /// Line information in the PTX and the cubins.
  bool lineInfo = false;
};

/// An image for each kernel, in order, behind a table of them (runtime/format/layout.h).
struct ImageSection {
  std::string tag; // "sm_90a", "compute_80", "cuda"
  std::vector<char> bytes;
};

struct CompiledKernels {
  std::vector<ImageSection> code; // cubins of the architectures, then PTX for what is newer
  ImageSection source;
  /// By kernel, one for each architecture.
  std::vector<std::vector<std::pair<std::string, KernelResources>>> resources;
};

/// Compiles with NVRTC, through its cache on disk; equal sources once. Fails without NVRTC, and with its message at the line that it
/// refuses.
llvm::Expected<CompiledKernels> compileKernels(llvm::ArrayRef<GeneratedKernel> kernels, const CudaOptions &options);

} // namespace dsc::cuda

#endif
