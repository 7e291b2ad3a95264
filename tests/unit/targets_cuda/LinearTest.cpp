// SPDX-License-Identifier: Apache-2.0
// Contractions for few and for many rows.
#include "tests/unit/targets_cuda/KernelTest.h"
#include "tests/unit/targets_cuda/Workloads.h"

namespace dsc::cuda::test {
namespace {

using Linear = KernelTest;

/// Row counts at the edges of the classes and of their tiles.
std::vector<Case> rows(std::initializer_list<int64_t> counts, llvm::StringRef type) {
  std::vector<Case> cases;
  for (int64_t count : counts)
    cases.push_back({.sizes = {count},
                     .absolute = type == "bf16"  ? 2e-2
                                 : type == "f16" ? 4e-3
                                                 : 2e-5,
                     .relative = type == "f32" ? 1e-5 : 8e-3});
  return cases;
}

TEST_F(Linear, RowsKnownToTheRunOnly) {
  for (const char *type : {"f32", "f16", "bf16"})
    for (bool alongK : {true, false})
      check(linearText({.depth = 72, .columns = 136, .type = type, .alongK = alongK}),
            rows({0, 1, 2, 8, 9, 65}, type));
}

TEST_F(Linear, OddSizes) {
  struct Sizes {
    int64_t depth, columns;
  };
  for (const char *type : {"f32", "bf16"})
    for (bool alongK : {true, false})
      for (Sizes sizes : {Sizes{1, 1}, Sizes{7, 3}, Sizes{37, 17}, Sizes{300, 5}, Sizes{12, 70}})
        check(linearText(
                  {.depth = sizes.depth, .columns = sizes.columns, .type = type, .alongK = alongK}),
              rows({1, 7, 20}, type));
}

TEST_F(Linear, ChunksOfADeepWeight) {
  // Several chunks of the staged rows in either class of row counts.
  for (bool alongK : {true, false})
    check(linearText({.depth = 4616, .columns = 8, .type = "bf16", .alongK = alongK}),
          rows({1, 3}, "bf16"));
}

TEST_F(Linear, EightSchedules) {
  for (const char *type : {"f32", "bf16"})
    for (bool alongK : {true, false})
      check(linearText({.depth = 264, .columns = 40, .type = type, .alongK = alongK}),
            rows({1, 5, 70}, type), 8);
}

TEST_F(Linear, KnownRows) {
  for (int64_t count : {1, 3, 8, 9})
    check(linearText({.rows = count, .depth = 64, .columns = 24, .type = "bf16"}),
          rows({}, "bf16").empty() ? std::vector<Case>{{.absolute = 2e-2, .relative = 8e-3}}
                                   : rows({}, "bf16"));
}

/// A row's bits are the same whatever other rows of its class are beside it.
TEST_F(Linear, BitsDoNotDependOnTheRowsBeside) {
  if (!hasNvrtc())
    GTEST_SKIP() << "NVRTC is not installed";
  for (bool alongK : {true, false}) {
    CompiledKernel kernel(
        context, linearText({.depth = 520, .columns = 24, .type = "f32", .alongK = alongK}));
    for (auto [few, many] : {std::pair<int64_t, int64_t>{1, 8}, {9, 70}}) {
      KernelRun some(kernel, {.sizes = {few}, .absolute = 1e-4}),
          all(kernel, {.sizes = {many}, .absolute = 1e-4});
      size_t bytes = some.inputs[0].bytes().size();
      some.inputs[1] = all.inputs[1];
      ASSERT_EQ(all.inputs[0].bytes().take_front(bytes), some.inputs[0].bytes());
      (void)some.check();
      ASSERT_EQ(all.check(), "");
      EXPECT_TRUE(all.outputs()[0].bytes().take_front(some.outputs()[0].bytes().size()) ==
                  some.outputs()[0].bytes());
    }
  }
}

TEST_F(Linear, HeadsSlicesAndTransposes) {
  // Heads are batch; of each head's 24 rows the last 16, transposed.
  check(R"(sizes ["s"] strides [unit, unit, unit] aliases [-1] {
  ^bb0(%c: tensor<3x?x40xbf16, #prim.shape<3, "s", 40>>, %w: tensor<3x24x40xbf16>):
    %v = prim.slice %w starts [0, 8, 0] steps [1, 1, 1] : tensor<3x24x40xbf16> -> tensor<3x16x40xbf16>
    %t = prim.transpose %v perm [0, 2, 1] : tensor<3x16x40xbf16> -> tensor<3x40x16xbf16>
    %o = prim.dot %c, %t batch [0] x [0] contract [2] x [1] : tensor<3x?x40xbf16, #prim.shape<3, "s", 40>>, tensor<3x40x16xbf16> -> tensor<3x?x16xbf16, #prim.shape<3, "s", 16>>
    plan.yield %o : tensor<3x?x16xbf16, #prim.shape<3, "s", 16>>
  })",
        rows({1, 4, 12}, "bf16"));
}

TEST_F(Linear, WeightOnTheLeftAndRowsInTwoDimensions) {
  check(R"(sizes ["m"] strides [unit, unit, unit] aliases [-1] {
  ^bb0(%w: tensor<41x20xf32>, %x: tensor<20x?xf32, #prim.shape<20, "m">>):
    %c = prim.dot %w, %x batch [] x [] contract [1] x [0] : tensor<41x20xf32>, tensor<20x?xf32, #prim.shape<20, "m">> -> tensor<41x?xf32, #prim.shape<41, "m">>
    plan.yield %c : tensor<41x?xf32, #prim.shape<41, "m">>
  })",
        rows({1, 6, 40}, "f32"));
  std::vector<Case> cases;
  for (auto [b, s] : {std::pair<int64_t, int64_t>{1, 1}, {2, 3}, {3, 7}, {2, 0}})
    cases.push_back({.sizes = {b, s}});
  check(R"(sizes ["b", "s"] strides [unit, unit, unit, unit] aliases [-1] {
  ^bb0(%a: tensor<?x?x24xf32, #prim.shape<"b", "s", 24>>, %w: tensor<70x24xf32>, %bias: tensor<70xf32>):
    %c = prim.dot %a, %w batch [] x [] contract [2] x [1] : tensor<?x?x24xf32, #prim.shape<"b", "s", 24>>, tensor<70x24xf32> -> tensor<?x?x70xf32, #prim.shape<"b", "s", 70>>
    %d = prim.broadcast %bias axes [2] : tensor<70xf32> -> tensor<?x?x70xf32, #prim.shape<"b", "s", 70>>
    %e = prim.binary add %c, %d : tensor<?x?x70xf32, #prim.shape<"b", "s", 70>>
    plan.yield %e : tensor<?x?x70xf32, #prim.shape<"b", "s", 70>>
  })",
        cases);
}

TEST_F(Linear, SeveralContractedDimensionsAndStrides) {
  // Heads times features are contracted; the rows of x stand apart, as those of a state do.
  std::vector<Case> cases;
  for (int64_t s : {1, 5, 30})
    cases.push_back({.sizes = {s, 37}, .absolute = 2e-2, .relative = 8e-3});
  check(
      R"(sizes ["s", "capacity"] strides [#prim.shape<"8*capacity", 8, 1>, unit, unit] aliases [-1] {
  ^bb0(%a: tensor<4x?x8xbf16, #prim.shape<4, "s", 8>>, %w: tensor<4x8x40xbf16>):
    %o = prim.dot %a, %w batch [] x [] contract [0, 2] x [0, 1] : tensor<4x?x8xbf16, #prim.shape<4, "s", 8>>, tensor<4x8x40xbf16> -> tensor<?x40xbf16, #prim.shape<"s", 40>>
    plan.yield %o : tensor<?x40xbf16, #prim.shape<"s", 40>>
  })",
      cases);
}

TEST_F(Linear, NothingSpills) {
  if (!hasNvrtc())
    GTEST_SKIP() << "NVRTC is not installed";
  for (const char *type : {"f32", "f16", "bf16"})
    for (bool alongK : {true, false})
      EXPECT_EQ(
          CompiledKernel(
              context, linearText({.depth = 2048, .columns = 1408, .type = type, .alongK = alongK}))
              .spills(),
          0u)
          << type << " " << alongK;
}

} // namespace
} // namespace dsc::cuda::test
