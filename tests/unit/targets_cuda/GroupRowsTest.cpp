// SPDX-License-Identifier: Apache-2.0
// plan.group_rows, which the interpreter does not know, against a sort.
#include "tests/unit/targets_cuda/Workloads.h"

namespace dsc::cuda::test {
namespace {

using GroupRows = KernelTest;

TEST_F(GroupRows, AsASortWould) {
  for (auto [matrices, most] : {std::pair<int64_t, int64_t>{1, 4}, {5, 3}, {40, 8}, {1100, 2}}) {
    std::vector<Case> cases;
    for (int64_t rows : {1, 7, 90}) {
      std::vector<int64_t> ids(rows);
      for (int64_t i = 0; i < rows; ++i)
        ids[i] = i % 3 ? i * i % matrices : matrices - 1;
      cases.push_back(groupRowsCase(ids, matrices, most));
    }
    check(groupRowsText(matrices, most), cases);
  }
}

} // namespace
} // namespace dsc::cuda::test
