// SPDX-License-Identifier: Apache-2.0
// Kernels of every root with cases of their own, by family: for the search for seeded faults, and
// for runs under many schedules.
#ifndef DSC_TESTS_UNIT_TARGETS_CUDA_FAMILIES_H
#define DSC_TESTS_UNIT_TARGETS_CUDA_FAMILIES_H

#include "tests/unit/targets_cuda/KernelTest.h"

namespace dsc::cuda::test {

struct Workload {
  const char *family;
  std::string name, text;
  /// Small, with sizes that end in every part of the kernel: tails, a second block, a second round.
  std::vector<Case> cases;
};

/// Contractions and attention.
std::vector<Workload> skeletonWorkloads();
/// Maps, reductions, orders, scatters.
std::vector<Workload> genericWorkloads();
/// Routers.
std::vector<Workload> routeWorkloads();

/// All of them.
std::vector<Workload> kernelFamilies();

} // namespace dsc::cuda::test

#endif
