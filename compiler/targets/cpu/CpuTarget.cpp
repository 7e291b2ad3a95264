// SPDX-License-Identifier: Apache-2.0
#include "compiler/targets/cpu/CpuTarget.h"
#include "compiler/targets/cpu/KernelRoot.h"
#include "compiler/targets/cpu/ObjectCode.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/ThreadPool.h"
#include <mutex>

using namespace mlir;
using llvm::SmallVector;

namespace dsc::cpu {

LogicalResult assignGrids(ModuleOp plan) {
  bool ok = true;
  plan.walk([&](plan::KernelOp kernel) {
    auto root = makeRoot(kernel);
    ok &= succeeded(root);
    if (succeeded(root))
      kernel.setGridAttr((*root)->grid());
  });
  return success(ok);
}

/// The kernels in the LLVM dialect, as a module of their own; null after a diagnostic.
static OwningOpRef<ModuleOp> emitKernels(llvm::ArrayRef<plan::KernelOp> kernels, const Isa &isa) {
  plan::KernelOp head = kernels.front();
  MLIRContext *context = head.getContext();
  context->loadDialect<arith::ArithDialect, math::MathDialect, scf::SCFDialect,
                       vector::VectorDialect, cf::ControlFlowDialect, LLVM::LLVMDialect>();
  OwningOpRef<ModuleOp> module = ModuleOp::create(head.getLoc());
  for (plan::KernelOp kernel : kernels) {
    auto root = makeRoot(kernel);
    if (failed(root))
      return nullptr;
    KernelCode code(kernel, isa, *module);
    (*root)->emit(code);
    if (code.failed)
      return nullptr;
  }
  if (failed(lowerToLlvmDialect(*module)))
    return nullptr;
  return module;
}

namespace {

/// A part of one variant: compiled on its own, linked with the others of the variant.
struct Part {
  const Isa *isa;
  LlvmModule module;
  llvm::SmallVector<char, 0> object;
  llvm::Error error = llvm::Error::success();
};

llvm::Error compilePart(Part &part, const CpuOptions &options, std::mutex &dumpMutex) {
  if (llvm::Error error = optimize(part.module, *part.isa))
    return error;
  if (options.dumpLlvmIr) {
    std::string text;
    llvm::raw_string_ostream stream(text);
    part.module.module->print(stream, nullptr);
    std::lock_guard<std::mutex> lock(dumpMutex);
    options.dumpLlvmIr(part.isa->name, text);
  }
  auto object = emitObject(part.module, *part.isa);
  if (!object)
    return object.takeError();
  part.object = std::move(*object);
  // The module before the context that it lives in.
  part.module.module.reset();
  part.module.context.reset();
  return llvm::Error::success();
}

/// Whether a kernel reads weights in pairs along the contracted dimension.
bool usesBf16Dot(ModuleOp plan) {
  return llvm::any_of(plan.getOps<plan::KernelOp>(), [](plan::KernelOp kernel) {
    return llvm::any_of(llvm::seq(0u, kernel.getNumInputs()), [&](unsigned i) {
      auto layout = kernel.getOperandPanels(i);
      return layout && layout.getGroup() == 2;
    });
  });
}

llvm::Expected<SmallVector<const Isa *>> chooseIsas(ModuleOp plan, const CpuOptions &options) {
  SmallVector<const Isa *> result;
  if (usesBf16Dot(plan)) {
    for (const std::string &name : options.isas)
      if (name != bf16DotIsa)
        return llvm::createStringError("the numeric class bf16-dot needs " + bf16DotIsa + ", not " + name);
    result.push_back(findIsa(bf16DotIsa));
    return result;
  }
  if (options.isas.empty()) {
    result.push_back(findIsa("x86-64-v3"));
    if (hostIsa() == "x86-64-v4")
      result.push_back(findIsa("x86-64-v4"));
  }
  for (const std::string &name : options.isas) {
    result.push_back(findIsa(name));
    if (!result.back())
      return llvm::createStringError("unknown instruction set '" + name +
                                     "': x86-64-v3, x86-64-v4 and " + bf16DotIsa + " are supported");
  }
  return result;
}

} // namespace

llvm::Expected<std::vector<CodeObject>> compileKernels(ModuleOp plan, const CpuOptions &options) {
  auto isas = chooseIsas(plan, options);
  if (!isas)
    return isas.takeError();
  SmallVector<plan::KernelOp> kernels(plan.getOps<plan::KernelOp>());
  // Small modules compile in parallel and keep the memory low.
  constexpr size_t partSize = 16;
  std::deque<Part> parts;
  std::mutex dumpMutex;
  bool emitted = true;
  {
    llvm::DefaultThreadPool pool(llvm::hardware_concurrency(std::max(1u, options.threads)));
    for (size_t first = 0; first < kernels.size() && emitted; first += partSize)
      for (const Isa *isa : *isas) {
        auto slice =
            llvm::ArrayRef(kernels).slice(first, std::min(partSize, kernels.size() - first));
        auto module = emitKernels(slice, *isa);
        if (!module) {
          emitted = false;
          break;
        }
        if (options.dumpLlvmDialect)
          options.dumpLlvmDialect(isa->name, *module);
        auto translated = translate(*module, *isa);
        Part &part = parts.emplace_back();
        part.isa = isa;
        if (!translated) {
          part.error = translated.takeError();
          continue;
        }
        part.module = std::move(*translated);
        pool.async(
            [&part, &options, &dumpMutex] { part.error = compilePart(part, options, dumpMutex); });
      }
    pool.wait();
  }
  llvm::Error error = llvm::Error::success();
  for (Part &part : parts)
    error = llvm::joinErrors(std::move(error), std::move(part.error));
  if (!emitted)
    error = llvm::joinErrors(std::move(error),
                             llvm::createStringError("the plan has kernels without CPU code"));
  if (error)
    return error;
  std::vector<CodeObject> result;
  for (const Isa *isa : *isas) {
    std::vector<llvm::SmallVector<char, 0>> objects;
    for (Part &part : parts)
      if (part.isa == isa)
        objects.push_back(std::move(part.object));
    if (objects.empty())
      return llvm::createStringError("the plan has no kernels");
    auto elf = link(objects);
    if (!elf)
      return elf.takeError();
    result.push_back({isa->name.str(), std::move(*elf)});
  }
  return result;
}

llvm::Expected<std::string> printLlvmDialect(ModuleOp plan, llvm::StringRef isaName) {
  const Isa *isa = findIsa(isaName);
  if (!isa)
    return llvm::createStringError("unknown instruction set '" + isaName + "'");
  SmallVector<plan::KernelOp> kernels(plan.getOps<plan::KernelOp>());
  if (kernels.empty())
    return std::string();
  auto module = emitKernels(kernels, *isa);
  if (!module)
    return llvm::createStringError("the plan has kernels without CPU code");
  std::string text;
  llvm::raw_string_ostream stream(text);
  module->print(stream);
  return text;
}

} // namespace dsc::cpu
