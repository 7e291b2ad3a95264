// SPDX-License-Identifier: Apache-2.0
// mlir-opt with the dialects and passes of dsc.
#include "dialects/dsc/Dsc.h"
#include "dialects/onnx/ExternalData.h"
#include "dialects/plan/Plan.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/InitAllDialects.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"
#include "passes/Passes.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  registry.insert<dsc::prim::PrimDialect, dsc::model::DscDialect, dsc::plan::PlanDialect, dsc::onnx::OnnxDialect>();
  mlir::registerCanonicalizerPass();
  mlir::registerCSEPass();
  dsc::registerOnnxInlineFunctions();
  dsc::registerOnnxToPrim();
  dsc::registerResolveIntegers();
  dsc::registerScatterToConcat();
  dsc::registerScatterThroughTranspose();
  dsc::registerRecognizeCacheStates();
  dsc::registerKeepLatentRows();
  dsc::registerRecognizeRouters();
  dsc::registerRecognizeExperts();
  dsc::registerDecompose();
  dsc::registerRecognizeAttention();
  dsc::registerRecognizeLatentAttention();
  dsc::registerRecognizeSparseIndex();
  dsc::registerRecognizeNorms();
  dsc::registerRecognizeFeedForward();
  dsc::registerRecognizeRope();
  dsc::registerFormLatentAttention();
  dsc::registerSplitAttention();
  dsc::registerDecomposeWithoutKernel();
  dsc::registerJoinProjections();
  dsc::registerFormKernels();
  dsc::registerPlanMemory();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "dsc-opt\n", registry));
}
