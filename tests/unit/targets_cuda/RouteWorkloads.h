// SPDX-License-Identifier: Apache-2.0
// Kernels of dsc.route for the search for seeded faults.
#ifndef DSC_TESTS_UNIT_TARGETS_CUDA_ROUTEWORKLOADS_H
#define DSC_TESTS_UNIT_TARGETS_CUDA_ROUTEWORKLOADS_H

#include "tests/unit/targets_cuda/GenericWorkloads.h"

namespace dsc::cuda::test {

/// Family "route".
std::vector<GenericWorkload> routeWorkloads();

} // namespace dsc::cuda::test

#endif
