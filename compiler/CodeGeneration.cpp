// SPDX-License-Identifier: Apache-2.0
#include "compiler/CodeGeneration.h"
#include "compiler/Pipeline.h"
#include "compiler/targets/cpu/CpuTarget.h"
#include "compiler/targets/cuda/CudaTarget.h"

using namespace mlir;

namespace dsc {

struct CodeGeneration::Storage {
  std::vector<cpu::CodeObject> objects;
  cuda::CompiledKernels compiled;
};

CodeGeneration::CodeGeneration(const CompileOptions &options) : options(options), storage(new Storage) {}
CodeGeneration::~CodeGeneration() = default;

static LogicalResult fail(ModuleOp module, llvm::Error error) {
  return emitError(UnknownLoc::get(module.getContext())) << llvm::toString(std::move(error));
}

LogicalResult CodeGeneration::run(ModuleOp module) { return options.target == "cuda" ? runCuda(module) : runCpu(module); }

LogicalResult CodeGeneration::runCpu(ModuleOp module) {
  if (failed(cpu::assignGrids(module)))
    return failure();
  if (options.emit == getCodePhase(options.target)) {
    auto printed = cpu::printLlvmDialect(module, options.isas.empty() ? "x86-64-v3" : options.isas.front());
    if (!printed)
      return fail(module, printed.takeError());
    text = std::move(*printed);
    return success();
  }
  cpu::CpuOptions cpuOptions;
  cpuOptions.isas = options.isas;
  auto compiled = cpu::compileKernels(module, cpuOptions);
  if (!compiled)
    return fail(module, compiled.takeError());
  storage->objects = std::move(*compiled);
  for (const cpu::CodeObject &object : storage->objects)
    code.code.push_back({object.isa, object.elf});
  return success();
}

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
  cuda::CudaOptions cudaOptions;
  cudaOptions.architectures = options.architectures;
  cudaOptions.lineInfo = options.lineInfo;
  auto compiled = cuda::compileKernels(*kernels, cudaOptions);
  if (!compiled)
    return fail(module, compiled.takeError());
  storage->compiled = std::move(*compiled);
  code.isCuda = true;
  for (const cuda::ImageSection &section : storage->compiled.code)
    code.code.push_back({section.tag, section.bytes});
  code.sources.push_back({storage->compiled.source.tag, storage->compiled.source.bytes});
  for (auto [kernel, resources] : llvm::zip(*kernels, storage->compiled.resources)) {
    KernelCodeInfo &info = code.kernels.emplace_back();
    info.threads = kernel.threads;
    info.sharedBytes = kernel.sharedBytes;
    for (const auto &[target, r] : resources)
      info.resources.push_back({target, r.registers, r.spillBytes, r.sharedBytes});
  }
  return success();
}

} // namespace dsc
