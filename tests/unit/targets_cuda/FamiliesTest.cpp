// SPDX-License-Identifier: Apache-2.0
// Kernels without faults: no report and no wrong result under 8 schedules (orders of blocks and
// warps, moments at which copies land). Of families with many cases every so many.
#include "tests/unit/targets_cuda/Families.h"
#include "tests/unit/ptxsim/Gpu.h"
#include <set>

namespace dsc::cuda::test {
namespace {

constexpr unsigned schedules = 8;
constexpr size_t mostCases = 12;

using Families = KernelTest;

TEST_F(Families, NoReportUnderEightSchedules) {
  if (!hasNvrtc())
    GTEST_SKIP() << "NVRTC is not installed";
  ptxsim::test::openDevice();
  std::set<std::string> families;
  for (const Workload &workload : kernelFamilies()) {
    families.insert(workload.family);
    CompiledKernel kernel(context, workload.text);
    ASSERT_TRUE(kernel.isCompiled()) << workload.name;
    ptxsim::test::Module module(kernel.ptx());
    size_t step = (workload.cases.size() + mostCases - 1) / mostCases;
    for (size_t i = 0; i < workload.cases.size(); i += step) {
      KernelRun run(kernel, workload.cases[i]);
      for (unsigned seed = 0; seed < schedules; ++seed) {
        ptxsim::test::setSeed(seed);
        ASSERT_EQ(run.check(module), "")
            << workload.name << ", case " << i << ", schedule " << seed;
      }
    }
  }
  EXPECT_GE(families.size(), 12u);
}

} // namespace
} // namespace dsc::cuda::test
