// SPDX-License-Identifier: Apache-2.0
#include "compiler/Pipeline.h"
#include "dialects/dsc/Dsc.h"
#include "dialects/onnx/ExternalData.h"
#include "dialects/plan/Plan.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Transforms/Passes.h"
#include "passes/Passes.h"
#include "passes/dsc/LatentForms.h"

using namespace mlir;

namespace dsc {

static void importOnnx(OpPassManager &pm, const CompileOptions &) { pm.addPass(createOnnxInlineFunctions()); }

static void lowerToPrim(OpPassManager &pm, const CompileOptions &) {
  pm.addPass(createOnnxToPrim());
  OpPassManager &entry = pm.nest<func::FuncOp>();
  entry.addPass(createCanonicalizerPass());
  entry.addPass(createResolveIntegers());
  entry.addPass(createCSEPass());
  entry.addPass(createScatterToConcat());
  entry.addPass(createScatterThroughTranspose());
  entry.addPass(createCanonicalizerPass());
  entry.addPass(createCSEPass());
}

static void recognizeCaches(OpPassManager &pm, const CompileOptions &options) {
  RecognizeCacheStatesOptions states;
  states.kv = options.kv == "io" ? "io" : "state";
  pm.addPass(createRecognizeCacheStates(states));
  if (options.kv == "latent")
    pm.addPass(createKeepLatentRows());
}

static void recognize(OpPassManager &pm, const CompileOptions &) {
  OpPassManager &entry = pm.nest<func::FuncOp>();
  entry.addPass(createRecognizeRouters());
  entry.addPass(createRecognizeExperts());
  entry.addPass(createRecognizeLatentAttention());
  entry.addPass(createRecognizeAttention());
  entry.addPass(createRecognizeSparseIndex());
  entry.addPass(createRecognizeFeedForward());
  entry.addPass(createRecognizeNorms());
  entry.addPass(createRecognizeRope());
  entry.addPass(createCanonicalizerPass());
  entry.addPass(createCSEPass());
}

/// The dsc operations that targets have kernels for.
static SmallVector<std::string> getKernels() {
  return {"dsc.attention", "dsc.attention_parts", "dsc.attention_combine", "dsc.latent_attention", "dsc.rms_norm", "dsc.layer_norm", "dsc.route"};
}

static void optimize(OpPassManager &pm, const CompileOptions &options) {
  OpPassManager &entry = pm.nest<func::FuncOp>();
  FormLatentAttentionOptions forms;
  forms.expandedQueries = getExpandedQueries(options.target);
  entry.addPass(createFormLatentAttention(forms));
  SplitAttentionOptions splits;
  if (options.target != "cpu") {
    // A GPU has hundreds of blocks to fill.
    splits.leastRows = 64;
    splits.mostSplits = 128;
    splits.mostItems = 64;
    splits.queryShare = 10;
  }
  entry.addPass(createSplitAttention(splits));
  DecomposeWithoutKernelOptions kernels;
  kernels.kernels = getKernels();
  if (options.target != "cpu")
    kernels.mostShared = 163 << 10; // of capability 8.0 and above
  entry.addPass(createDecomposeWithoutKernel(kernels));
  entry.addPass(createCanonicalizerPass());
  entry.addPass(createCSEPass());
  JoinProjectionsOptions join;
  join.panels = options.target == "cpu";
  pm.addPass(createJoinProjections(join));
  OpPassManager &joined = pm.nest<func::FuncOp>();
  joined.addPass(createCanonicalizerPass());
  joined.addPass(createCSEPass());
}

static void makePlan(OpPassManager &pm, const CompileOptions &options) {
  FormKernelsOptions kernels;
  kernels.packWeights = options.target == "cpu";
  if (options.target != "cpu")
    kernels.groupRows = 64;
  kernels.bf16Dot = options.numeric == "bf16-dot";
  pm.addPass(createFormKernels(kernels));
  pm.addNestedPass<func::FuncOp>(createPlanMemory());
}

ArrayRef<Phase> getPhases() {
  static const Phase phases[] = {
      {"onnx", "the graph as imported, functions inlined", importOnnx},
      {"prim", "tensor primitives with symbolic shapes, in canonical form", lowerToPrim},
      {"cache", "caches are states of the session", recognizeCaches},
      {"dsc", "latent attention and what else has been recognised", recognize},
      {"opt", "one form of each recognised part; what has no kernel is prim again", optimize},
      {"plan", "kernels, launches and memory", makePlan},
  };
  return phases;
}

int64_t getExpandedQueries(StringRef target) { return target == "cpu" ? 0 : gpuExpandedQueries; }

StringRef getCodePhase(StringRef target) { return target == "cuda" ? "cuda" : "llvm"; }

void registerDialects(DialectRegistry &registry) {
  registry.insert<func::FuncDialect, onnx::OnnxDialect, prim::PrimDialect, model::DscDialect, plan::PlanDialect>();
}

} // namespace dsc
