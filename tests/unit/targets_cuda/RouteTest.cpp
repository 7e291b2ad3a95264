// SPDX-License-Identifier: Apache-2.0
// Routing: a warp a token.
#include "tests/unit/RouteKernels.h"
#include "tests/unit/ptxsim/Gpu.h"
#include "tests/unit/targets_cuda/KernelTest.h"
#include "llvm/Support/JSON.h"

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

/// Of one token: it is the end of a chain of small launches, so that its length is what it costs.
TEST_F(Route, TakesFewInstructions) {
  if (!hasNvrtc())
    GTEST_SKIP() << "NVRTC is not installed";
  RouteShape v2lite{.score = "softmax", .experts = 64, .k = 6},
      gptOss{.score = "softmax_of_chosen", .experts = 128, .k = 4},
      v3{.score = "sigmoid",
         .experts = 256,
         .k = 8,
         .groups = 8,
         .kept = 4,
         .groupScore = "top2_sum",
         .bias = true,
         .renormalise = "1.0e-20",
         .scale = "2.5"};
  // 366, 365 and 972 when this was written.
  for (auto [shape, most] : {std::pair{v2lite, 420}, {gptOss, 420}, {v3, 1120}}) {
    CompiledKernel kernel(context, routeText(shape));
    KernelRun run(kernel, tokens({1}, shape)[0]);
    ptxsim_reset_counters();
    ASSERT_EQ(run.check(), "");
    auto counters = llvm::json::parse(ptxsim_counters("k"));
    ASSERT_TRUE(bool(counters));
    auto *ofKernel = counters->getAsObject()->getObject("k");
    ASSERT_TRUE(ofKernel);
    EXPECT_LE(ofKernel->getInteger("warp_instructions").value_or(INT64_MAX), most);
  }
}

} // namespace
} // namespace dsc::cuda::test
