// SPDX-License-Identifier: Apache-2.0
#include "compiler/targets/cpu/ObjectCode.h"
#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVM.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "mlir/Transforms/DialectConversion.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"
#include <mutex>

using namespace mlir;

namespace dsc::cpu {

static const Isa isas[] = {
    {"x86-64-v3", "x86-64-v3", "", 8, 6, 1, 2, 2},
    {"x86-64-v4", "x86-64-v4", "", 16, 6, 4, 4, 4},
    {bf16DotIsa, "x86-64-v4", "+avx512bf16", 16, 6, 4, 4, 4},
};

const Isa *findIsa(llvm::StringRef name) {
  for (const Isa &isa : isas)
    if (isa.name == name)
      return &isa;
  return nullptr;
}

bool hostHasBf16Dot() { return hostIsa() == "x86-64-v4" && llvm::sys::getHostCPUFeatures().lookup("avx512bf16"); }

llvm::StringRef hostIsa() {
  // LLVM asks CPUID and XCR0: the system must save the registers too.
  auto features = llvm::sys::getHostCPUFeatures();
  auto has = [&](std::initializer_list<const char *> names) {
    return llvm::all_of(names, [&](const char *name) { return features.lookup(name); });
  };
  if (!has({"avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe"}))
    return "";
  return has({"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"}) ? "x86-64-v4"
                                                                          : "x86-64-v3";
}

LogicalResult lowerToLlvmDialect(ModuleOp module) {
  MLIRContext *context = module.getContext();
  {
    RewritePatternSet patterns(context);
    populateSCFToControlFlowConversionPatterns(patterns);
    ConversionTarget target(*context);
    target.addIllegalDialect<scf::SCFDialect>();
    target.markUnknownOpDynamicallyLegal([](Operation *) { return true; });
    if (failed(applyPartialConversion(module, target, std::move(patterns))))
      return failure();
  }
  LLVMTypeConverter types(context);
  RewritePatternSet patterns(context);
  arith::populateArithToLLVMConversionPatterns(types, patterns);
  populateMathToLLVMConversionPatterns(types, patterns);
  populateVectorToLLVMConversionPatterns(types, patterns);
  cf::populateControlFlowToLLVMConversionPatterns(types, patterns);
  LLVMConversionTarget target(*context);
  target.addLegalOp<ModuleOp>();
  return applyFullConversion(module, target, std::move(patterns));
}

static llvm::Expected<std::unique_ptr<llvm::TargetMachine>> makeMachine(const Isa &isa) {
  static std::once_flag once;
  std::call_once(once, [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
  });
  llvm::Triple triple("x86_64-unknown-linux-gnu");
  std::string error;
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!target)
    return llvm::createStringError(error);
  llvm::TargetOptions options;
  // Sums of products are written as fma where they shall be one; nothing else may be.
  options.AllowFPOpFusion = llvm::FPOpFusion::Strict;
  return std::unique_ptr<llvm::TargetMachine>(
      target->createTargetMachine(triple, isa.cpu, isa.features, options, llvm::Reloc::PIC_,
                                  llvm::CodeModel::Small, llvm::CodeGenOptLevel::Default));
}

llvm::Expected<LlvmModule> translate(ModuleOp module, const Isa &isa) {
  registerBuiltinDialectTranslation(*module.getContext());
  registerLLVMDialectTranslation(*module.getContext());
  LlvmModule result;
  result.context = std::make_unique<llvm::LLVMContext>();
  result.module = translateModuleToLLVMIR(module, *result.context, "kernels");
  if (!result.module)
    return llvm::createStringError("translation to LLVM IR failed");
  auto machine = makeMachine(isa);
  if (!machine)
    return machine.takeError();
  result.module->setTargetTriple((*machine)->getTargetTriple());
  result.module->setDataLayout((*machine)->createDataLayout());
  result.module->setPICLevel(llvm::PICLevel::BigPIC);
  for (llvm::Function &f : *result.module) {
    if (f.isDeclaration())
      continue;
    f.addFnAttr("target-cpu", isa.cpu);
    if (!isa.features.empty())
      f.addFnAttr("target-features", isa.features);
    f.addFnAttr("prefer-vector-width", isa.lanes == 16 ? "512" : "256");
    f.addFnAttr("min-legal-vector-width", isa.lanes == 16 ? "512" : "256");
    f.addFnAttr("no-builtins");
    f.addFnAttr(llvm::Attribute::NoUnwind);
  }
  return result;
}

llvm::Error optimize(LlvmModule &module, const Isa &isa) {
  auto machine = makeMachine(isa);
  if (!machine)
    return machine.takeError();
  // Loops are vectorised and unrolled as we want them already; unrolled further, dots spill their
  // accumulators.
  llvm::PipelineTuningOptions tuning;
  tuning.LoopVectorization = false;
  tuning.LoopInterleaving = false;
  tuning.LoopUnrolling = false;
  tuning.SLPVectorization = false;
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(machine->get(), tuning);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O2).run(*module.module, modules);
  return llvm::Error::success();
}

llvm::Expected<llvm::SmallVector<char, 0>> emitObject(LlvmModule &module, const Isa &isa) {
  auto machine = makeMachine(isa);
  if (!machine)
    return machine.takeError();
  llvm::SmallVector<char, 0> object;
  llvm::raw_svector_ostream stream(object);
  llvm::legacy::PassManager passes;
  if ((*machine)->addPassesToEmitFile(passes, stream, nullptr, llvm::CodeGenFileType::ObjectFile))
    return llvm::createStringError("the target emits no objects");
  passes.run(*module.module);
  return object;
}

} // namespace dsc::cpu
