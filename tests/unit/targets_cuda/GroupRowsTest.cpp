// SPDX-License-Identifier: Apache-2.0
// plan.group_rows, which the interpreter does not know, against a sort.
#include "tests/unit/ptxsim/Gpu.h"
#include "tests/unit/targets_cuda/KernelTest.h"
#include "llvm/Support/FormatVariadic.h"

namespace dsc::cuda::test {
namespace {

using ptxsim::test::upload;
using GroupRows = KernelTest;

std::string textOf(int64_t matrices, int64_t most) {
  std::string groups = llvm::formatv("tensor<?x2xi32, #prim.shape<\"floordiv(p, {0}) + min(p, {1})\", 2>>", most, matrices);
  std::string results = llvm::formatv("tensor<?xi32, #prim.shape<\"p\">>, {0}, tensor<{1}xi32>", groups, matrices + 1);
  return llvm::formatv("sizes [\"p\"] strides [unit, unit, unit, unit] aliases [-1, -1, -1] {{\n^bb0(%i: tensor<?xi64, #prim.shape<\"p\">>):\n"
                       "  %o, %g, %e = plan.group_rows %i of {0} most {1} : tensor<?xi64, #prim.shape<\"p\">> -> {2}\n"
                       "  plan.yield %o, %g, %e : {2}\n}",
                       matrices, most, results);
}

struct Sorted {
  std::vector<int> order, groups, ends;
};

Sorted sorted(const std::vector<int64_t> &ids, int64_t matrices, int64_t most) {
  Sorted result;
  result.ends.push_back(0);
  for (int64_t e = 0; e < matrices; ++e) {
    int begin = result.order.size();
    for (size_t row = 0; row < ids.size(); ++row)
      if (ids[row] == e)
        result.order.push_back(row);
    int end = result.order.size();
    for (int first = begin; first < end; first += most)
      result.groups.insert(result.groups.end(), {first, std::min<int>(end - first, most)});
    result.ends.push_back(end);
  }
  result.groups.resize(2 * (ids.size() / most + std::min<size_t>(ids.size(), matrices)));
  return result;
}

TEST_F(GroupRows, AsASortWould) {
  if (!hasNvrtc())
    GTEST_SKIP() << "NVRTC is not installed";
  ptxsim::test::openDevice();
  for (auto [matrices, most] : {std::pair<int64_t, int64_t>{1, 4}, {5, 3}, {40, 8}, {1100, 2}}) {
    CompiledKernel kernel(context, textOf(matrices, most));
    ASSERT_TRUE(kernel.isCompiled());
    ptxsim::test::Module module(kernel.ptx());
    for (int64_t rows : {1, 7, 90}) {
      std::vector<int64_t> ids(rows);
      for (int64_t i = 0; i < rows; ++i)
        ids[i] = i % 3 ? i * i % matrices : matrices - 1;
      Sorted want = sorted(ids, matrices, most);
      auto in = upload(ids);
      auto order = upload(std::vector<int>(rows)), groups = upload(std::vector<int>(want.groups.size())),
           ends = upload(std::vector<int>(matrices + 1)), fault = upload(std::vector<unsigned>{0});
      ptxsim::test::Shape shape;
      shape.blockX = kernel.threads();
      ASSERT_EQ(module.launch("k", shape, ptxsim::test::Arguments(in, order, groups, ends, (long long)rows, fault)), 0)
          << ptxsim::test::takeReport();
      EXPECT_EQ(order.values<int>(), want.order) << matrices << " " << rows;
      EXPECT_EQ(groups.values<int>(), want.groups) << matrices << " " << rows;
      EXPECT_EQ(ends.values<int>(), want.ends) << matrices << " " << rows;
      EXPECT_EQ(fault.values<unsigned>()[0], 0u);
    }
  }
}

} // namespace
} // namespace dsc::cuda::test
