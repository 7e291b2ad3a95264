// SPDX-License-Identifier: Apache-2.0
#include "compiler/CodeGeneration.h"
#include "compiler/Pipeline.h"
#include "compiler/targets/cpu/CpuTarget.h"
#include "compiler/targets/cuda/CudaTarget.h"

using namespace mlir;

namespace dsc {

struct CodeGeneration::Storage {
  std::vector<cpu::CodeObject> objects;
};

CodeGeneration::CodeGeneration(const CompileOptions &options) : options(options), storage(new Storage) {}
CodeGeneration::~CodeGeneration() = default;

LogicalResult CodeGeneration::runCuda(ModuleOp module) {
  if (failed(cuda::assignGrids(module)))
    return failure();
  auto kernels = cuda::generateSources(module);
  if (failed(kernels))
    return failure();
  if (options.emit == getCodePhase(options.target)) {
    for (const cuda::GeneratedKernel &kernel : *kernels)
      text += (text.empty() ? "" : "\n") + kernel.source;
    return success();
  }
  return emitError(UnknownLoc::get(module.getContext())) << "engines for the target cuda cannot be written";
}

LogicalResult CodeGeneration::run(ModuleOp module) {
  if (options.target == "cuda")
    return runCuda(module);
  auto fail = [&](llvm::Error error) {
    return emitError(UnknownLoc::get(module.getContext())) << llvm::toString(std::move(error));
  };
  if (failed(cpu::assignGrids(module)))
    return failure();
  if (options.emit == getCodePhase(options.target)) {
    auto printed = cpu::printLlvmDialect(module, options.isas.empty() ? "x86-64-v3" : options.isas.front());
    if (!printed)
      return fail(printed.takeError());
    text = std::move(*printed);
    return success();
  }
  cpu::CpuOptions cpuOptions;
  cpuOptions.isas = options.isas;
  auto compiled = cpu::compileKernels(module, cpuOptions);
  if (!compiled)
    return fail(compiled.takeError());
  storage->objects = std::move(*compiled);
  for (const cpu::CodeObject &object : storage->objects)
    objects.push_back({object.isa, object.elf});
  return success();
}

} // namespace dsc
