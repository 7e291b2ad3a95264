// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/RouteKernels.h"
#include "tests/unit/targets_cpu/KernelTest.h"

namespace dsc::cpu::test {
namespace {

using dsc::test::RouteShape, dsc::test::routeText;
using Route = KernelTest;

Case tokens(int64_t count, const RouteShape &shape) {
  double tolerance = dsc::test::routeTolerance(shape);
  return {.sizes = {count}, .absolute = tolerance / 10, .relative = tolerance};
}

TEST_F(Route, Grid) {
  for (const RouteShape &shape : dsc::test::routeGrid())
    check(routeText(shape), tokens(5, shape));
}

TEST_F(Route, NoTokensAndMany) {
  RouteShape shape{.score = "sigmoid",
                   .experts = 64,
                   .k = 6,
                   .groups = 8,
                   .kept = 3,
                   .groupScore = "top2_sum",
                   .bias = true,
                   .renormalise = "1.0e-20"};
  check(routeText(shape), tokens(0, shape));
  check(routeText(shape), tokens(300, shape));
}

TEST_F(Route, TheMostThatAKernelHolds) {
  RouteShape shape{.score = "sqrt_softplus", .experts = 1024, .k = 32, .renormalise = "0.0"};
  check(routeText(shape), tokens(2, shape));
}

} // namespace
} // namespace dsc::cpu::test
