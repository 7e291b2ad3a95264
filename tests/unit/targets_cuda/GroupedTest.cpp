// SPDX-License-Identifier: Apache-2.0
// Contractions of rows that choose their weight: a few, and tiles of those that chose the same.
#include "tests/unit/targets_cuda/Workloads.h"

namespace dsc::cuda::test {
namespace {

using Grouped = KernelTest;

std::vector<int64_t> someIds(int64_t rows, int64_t matrices, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<int64_t> ids(rows);
  for (int64_t &id : ids)
    // One matrix is left out, one is chosen often.
    id = random() % 3 ? random() % matrices : 1;
  for (int64_t &id : ids)
    id = id == 2 ? 1 : id;
  return ids;
}

TEST_F(Grouped, FewAndManyRows) {
  for (const char *type : {"f32", "bf16"})
    for (bool alongK : {true, false}) {
      GroupedText shape{.depth = 72, .columns = 40, .type = type, .alongK = alongK};
      std::vector<Case> cases;
      for (int64_t rows : {0, 1, 6, 40, 64, 65, 200})
        cases.push_back(groupedCase(shape, someIds(rows, shape.matrices, rows)));
      check(groupedText(shape), cases);
    }
}

TEST_F(Grouped, OddSizesAndOneRowForEachMatrix) {
  GroupedText shape{.matrices = 7, .depth = 37, .columns = 21, .type = "f16"};
  std::vector<Case> cases;
  for (int64_t rows : {7, 90})
    cases.push_back(groupedCase(shape, someIds(rows, shape.matrices, rows)));
  std::vector<int64_t> each(7);
  for (int64_t i = 0; i < 7; ++i)
    each[i] = 6 - i;
  cases.push_back(groupedCase(shape, each));
  check(groupedText(shape), cases, 8);
}

TEST_F(Grouped, NothingSpills) {
  if (!hasNvrtc())
    GTEST_SKIP() << "NVRTC is not installed";
  for (const char *type : {"f32", "bf16"})
    for (bool alongK : {true, false})
      EXPECT_EQ(
          CompiledKernel(
              context,
              groupedText(
                  {.matrices = 64, .depth = 2048, .columns = 1408, .type = type, .alongK = alongK}))
              .spills(),
          0u)
          << type << " " << alongK;
}

} // namespace
} // namespace dsc::cuda::test
