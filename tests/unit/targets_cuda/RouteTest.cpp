// SPDX-License-Identifier: Apache-2.0
// Routing: a warp a token.
#include "tests/unit/RouteKernels.h"
#include "tests/unit/targets_cuda/KernelTest.h"

namespace dsc::cuda::test {
namespace {

using dsc::test::RouteShape, dsc::test::routeText;
using Route = KernelTest;

std::vector<Case> tokens(std::initializer_list<int64_t> counts, const RouteShape &shape) {
  double tolerance = dsc::test::routeTolerance(shape);
  std::vector<Case> cases;
  for (int64_t count : counts)
    cases.push_back(
        {.sizes = {count}, .scale = 2, .absolute = tolerance / 10, .relative = tolerance});
  return cases;
}

TEST_F(Route, Grid) {
  for (const RouteShape &shape : dsc::test::routeGrid())
    check(routeText(shape), tokens({0, 6}, shape));
}

/// The registers of a lane hold all that a kernel may have.
TEST_F(Route, SpillsNothing) {
  if (!hasNvrtc())
    GTEST_SKIP() << "NVRTC is not installed";
  for (std::string type : {"f32", "f64"})
    for (int groups : {1, 16}) {
      RouteShape shape{.score = "sigmoid",
                       .type = type,
                       .experts = 1024,
                       .k = 32,
                       .groups = groups,
                       .kept = groups > 1 ? 8 : 1,
                       .groupScore = "top2_sum",
                       .bias = true,
                       .renormalise = "0.0"};
      CompiledKernel kernel(context, routeText(shape));
      EXPECT_EQ(kernel.spills(), 0u) << kernel.source();
      check(routeText(shape), tokens({3}, shape));
    }
}

} // namespace
} // namespace dsc::cuda::test
