// SPDX-License-Identifier: Apache-2.0
// A planned module and its code -> an engine file (docs/engine-format.md).
#ifndef DSC_COMPILER_ENGINE_ENGINEWRITER_H
#define DSC_COMPILER_ENGINE_ENGINEWRITER_H

#include "compiler/engine/OutputFile.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Support/LogicalResult.h"
#include <string>
#include <vector>

namespace dsc {

/// Code of all kernels for one instruction set or architecture.
struct EngineSection {
  std::string tag; // "x86-64-v3", "sm_90a", ...
  llvm::ArrayRef<char> bytes;
};

/// What the manifest says about a kernel's code on CUDA.
struct KernelCodeInfo {
  struct Resources {
    std::string target;
    uint32_t registers, spillBytes, sharedBytes;
  };
  uint32_t threads, sharedBytes;
  std::vector<Resources> resources;
};

/// Code of all kernels of a plan.
struct EngineCode {
  bool isCuda = false;
  std::vector<EngineSection> code;
  std::vector<EngineSection> sources;
  std::vector<KernelCodeInfo> kernels; // by kernel; empty for a CPU
};

struct EngineSummary {
  uint64_t bytes = 0, weightBytes = 0;
  unsigned entries = 0, kernels = 0, weights = 0, states = 0;
};

/// Writes the engine of `module`, which is in plan form with grids and slots, and commits `file`. Weights are streamed from where
/// they lie. Problems are diagnostics; then nothing is written.
mlir::FailureOr<EngineSummary> writeEngine(mlir::ModuleOp module, const EngineCode &code, OutputFile &file);

} // namespace dsc

#endif
