// SPDX-License-Identifier: Apache-2.0
// The CUDA target: plan.kernel -> CUDA C++. Each kernel is one source that includes nothing, with one function of the kernel's name:
//   extern "C" __global__ void name(T0 *in0, ..., Tn *outn, long long s0, ..., long long sm, unsigned *fault)
// in0, ...: inputs then outputs, aligned to 256 bytes; s0, ...: the values of the kernel's `sizes`. An index out of range sets *fault
// to 1. The order of blocks does not change a bit of the results.
#ifndef DSC_COMPILER_TARGETS_CUDA_CUDATARGET_H
#define DSC_COMPILER_TARGETS_CUDA_CUDATARGET_H

#include "mlir/IR/BuiltinOps.h"
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

} // namespace dsc::cuda

#endif
