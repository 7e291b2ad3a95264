// SPDX-License-Identifier: Apache-2.0
#include "compiler/targets/cuda/CudaTarget.h"
#include "compiler/targets/cuda/KernelRoot.h"

using namespace mlir;

namespace dsc::cuda {

LogicalResult assignGrids(ModuleOp plan) {
  bool ok = true;
  plan.walk([&](plan::KernelOp kernel) {
    auto root = makeRoot(kernel);
    ok &= succeeded(root);
    if (succeeded(root))
      kernel.setGridAttr((*root)->launch().grid);
  });
  return success(ok);
}

FailureOr<std::vector<GeneratedKernel>> generateSources(ModuleOp plan) {
  std::vector<GeneratedKernel> result;
  bool ok = true;
  for (auto kernel : plan.getOps<plan::KernelOp>()) {
    auto root = makeRoot(kernel);
    if (failed(root)) {
      ok = false;
      continue;
    }
    LaunchShape shape = (*root)->launch();
    KernelSource source(kernel);
    (*root)->emit(source);
    ok &= !source.failed;
    if (!source.failed)
      result.push_back({kernel.getSymName().str(), source.finish(shape.threads), shape.threads, shape.sharedBytes});
  }
  if (!ok)
    return failure();
  return result;
}

} // namespace dsc::cuda
