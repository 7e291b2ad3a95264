// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/targets_cuda/Families.h"
#include "llvm/ADT/STLExtras.h"

namespace dsc::cuda::test {

std::vector<Workload> kernelFamilies() {
  std::vector<Workload> all = skeletonWorkloads();
  llvm::append_range(all, genericWorkloads());
  llvm::append_range(all, routeWorkloads());
  return all;
}

} // namespace dsc::cuda::test
