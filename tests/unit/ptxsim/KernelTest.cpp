// SPDX-License-Identifier: Apache-2.0
// Realistic kernels: right results and no report under 8 schedules, from the committed PTX and,
// where NVRTC is at hand, from PTX compiled now for two architectures.
#include "tests/unit/ptxsim/Nvrtc.h"
#include "tests/unit/ptxsim/Workloads.h"

#include <gtest/gtest.h>

namespace ptxsim::test {
namespace {

class Kernel : public testing::TestWithParam<Workload> {};

TEST_P(Kernel, golden) {
  Module module(golden(GetParam().name + std::string(".ptx")));
  for (unsigned seed = 0; seed < 8; ++seed) {
    setSeed(seed);
    EXPECT_EQ(GetParam().check(module), "") << "seed " << seed;
  }
  setSeed(0);
}

TEST_P(Kernel, compiledNow) {
  for (const char *architecture : {"compute_80", "compute_90a"}) {
    auto text = compiled(GetParam().name + std::string(".cu"), architecture);
    if (!text)
      GTEST_SKIP() << "no NVRTC on this machine";
    Module module(*text);
    EXPECT_EQ(GetParam().check(module), "") << architecture;
  }
}

INSTANTIATE_TEST_SUITE_P(Realistic, Kernel, testing::ValuesIn(workloads()),
                         [](const auto &info) { return std::string(info.param.name); });

} // namespace
} // namespace ptxsim::test
