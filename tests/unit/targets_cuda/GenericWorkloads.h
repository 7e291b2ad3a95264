// SPDX-License-Identifier: Apache-2.0
// Kernels of every generic root, for the search for seeded faults.
#ifndef DSC_TESTS_UNIT_TARGETS_CUDA_GENERICWORKLOADS_H
#define DSC_TESTS_UNIT_TARGETS_CUDA_GENERICWORKLOADS_H

#include "tests/unit/targets_cuda/KernelTest.h"

namespace dsc::cuda::test {

struct GenericWorkload {
  const char *family;
  std::string name, text;
  std::vector<Case> cases;
};

/// Small, with sizes that end in every part of a kernel: tails, a second block, a second round.
std::vector<GenericWorkload> genericWorkloads();

} // namespace dsc::cuda::test

#endif
