// SPDX-License-Identifier: Apache-2.0
// Attention whole, in parts, from latent rows, and the sum of parts.
#include "tests/unit/targets_cuda/Workloads.h"

namespace dsc::cuda::test {
namespace {

double toleranceOf(const std::string &type) {
  return type == "f64" ? 1e-11 : type == "f32" ? 2e-5 : type == "f16" ? 4e-3 : 2e-2;
}

class Attention : public KernelTest {
protected:
  void checkSizes(const AttentionText &shape, std::vector<std::pair<int64_t, int64_t>> sizes,
                  llvm::StringRef masking = "", llvm::StringRef arguments = "",
                  unsigned seeds = 2) {
    double tolerance = toleranceOf(shape.type);
    std::vector<Case> cases;
    for (auto [s, t] : sizes)
      cases.push_back({.sizes = {s, t, std::max<int64_t>(t - s, 0)},
                       .absolute = tolerance,
                       .relative = tolerance});
    check(attentionText(shape, masking, arguments), cases, seeds);
  }
};

TEST_F(Attention, LatentRowsAreKeysAndValues) {
  for (const char *type : {"f32", "bf16"})
    checkSizes(
        {.heads = 16, .parts = {32, 8}, .value = 32, .type = type, .causal = "c", .absorbed = true},
        {{1, 1}, {1, 65}, {2, 70}, {5, 5}, {1, 0}, {0, 3}});
}

TEST_F(Attention, GroupsAndOddWidths) {
  for (const char *type : {"f32", "f16"}) {
    checkSizes({.batch = 2, .groups = 3, .heads = 2, .parts = {7, 3}, .value = 5, .type = type},
               {{1, 1}, {3, 17}, {9, 70}});
    checkSizes({.groups = 2, .heads = 3, .parts = {1}, .value = 1, .type = type, .causal = "c"},
               {{1, 9}, {17, 17}});
  }
}

TEST_F(Attention, ManyQueriesAndHeads) {
  for (const char *type : {"f32", "bf16"}) {
    checkSizes({.batch = 2, .groups = 2, .parts = {12}, .value = 20, .type = type, .causal = "c"},
               {{16, 16}, {33, 67}, {70, 70}});
    checkSizes(
        {.heads = 48, .parts = {16}, .value = 16, .type = type, .causal = "c", .queries = "1"},
        {{1, 90}});
    checkSizes({.heads = 4, .parts = {16}, .value = 272, .type = type, .queries = "1"}, {{1, 33}});
  }
}

TEST_F(Attention, ElementTypes) {
  for (const char *type : {"f64", "f16", "bf16"})
    for (bool absorbed : {true, false})
      checkSizes({.heads = 16,
                  .parts = {24, 5},
                  .value = 24,
                  .type = type,
                  .causal = "c",
                  .absorbed = absorbed},
                 {{1, 40}, {3, 70}});
}

TEST_F(Attention, MasksAndBiases) {
  const std::string scores = R"(tensor<1x1x2x?x?xf32, #prim.shape<1, 1, 2, "s", "t">>)",
                    truths = R"(tensor<1x1x2x?x?xi1, #prim.shape<1, 1, 2, "s", "t">>)";
  checkSizes({.heads = 2, .parts = {8}, .value = 8}, {{3, 40}, {2, 5}},
             "%bias = prim.unary neg %b : " + scores + " -> " + scores, "%b: " + scores);
  checkSizes({.heads = 2, .parts = {8}, .value = 8, .type = "bf16", .causal = "c"},
             {{3, 40}, {2, 5}}, "%mask = prim.unary not %b : " + truths + " -> " + truths,
             "%b: " + truths);
  // Nothing is attended to in some rows: zero.
  checkSizes({.heads = 2, .parts = {8}, .value = 8}, {{4, 2}},
             "%mask = prim.index_expr \"nonneg(d3 - 2)\" : " + truths, "");
}

TEST_F(Attention, PartsOfThePast) {
  for (const char *type : {"f32", "bf16", "f64"})
    checkSizes({.heads = 16,
                .parts = {32, 8},
                .value = 32,
                .type = type,
                .causal = "c",
                .absorbed = true,
                .split = "64"},
               {{1, 1}, {1, 64}, {1, 65}, {2, 200}, {3, 130}});
  checkSizes({.batch = 2,
              .groups = 2,
              .heads = 2,
              .parts = {16},
              .value = 12,
              .type = "f16",
              .split = "64"},
             {{1, 70}, {9, 130}});
}

TEST_F(Attention, EightSchedules) {
  for (const char *type : {"f32", "bf16"}) {
    checkSizes({.heads = 16,
                .parts = {32, 8},
                .value = 32,
                .type = type,
                .causal = "c",
                .absorbed = true,
                .split = "64"},
               {{2, 130}}, "", "", 8);
    checkSizes({.groups = 2, .parts = {16}, .value = 24, .type = type, .causal = "c"}, {{40, 70}},
               "", "", 8);
  }
}

TEST_F(Attention, SumOfParts) {
  for (const char *type : {"f32", "bf16", "f64"})
    for (int64_t width : {1, 40, 300}) {
      double tolerance = toleranceOf(type);
      std::vector<Case> cases;
      for (int64_t n : {1, 7, 40, 300})
        cases.push_back(
            {.sizes = {n}, .scale = 3, .absolute = 40 * tolerance, .relative = 40 * tolerance});
      check(combineText(3, width, type), cases);
    }
}

TEST_F(Attention, ExpandedFromLatentRows) {
  auto checkLatent = [&](const LatentText &shape, std::vector<std::pair<int64_t, int64_t>> sizes,
                         unsigned seeds = 2) {
    // Keys and values are rounded to the element type, as a graph that makes them rounds them.
    double tolerance = shape.type == "bf16" ? 6e-2 : toleranceOf(shape.type);
    std::vector<Case> cases;
    for (auto [s, t] : sizes)
      cases.push_back({.sizes = {s, t, std::max<int64_t>(t - s, 0)},
                       .absolute = tolerance,
                       .relative = tolerance});
    check(latentText(shape), cases, seeds);
  };
  for (const char *type : {"f32", "bf16", "f16", "f64"})
    for (bool joined : {true, false})
      checkLatent({.batch = 2, .heads = 2, .type = type, .causal = "c", .joined = joined},
                  {{1, 1}, {5, 20}, {18, 40}});
  checkLatent({.heads = 3, .nope = 7, .rope = 3, .latent = 9, .value = 5}, {{4, 9}, {40, 40}});
  checkLatent({.heads = 1,
               .nope = 16,
               .rope = 8,
               .latent = 40,
               .value = 16,
               .type = "bf16",
               .joined = true},
              {{130, 70}}, 8);
}

TEST_F(Attention, NothingSpills) {
  if (!hasNvrtc())
    GTEST_SKIP() << "NVRTC is not installed";
  auto expect = [&](const std::string &text) {
    EXPECT_EQ(CompiledKernel(context, text).spills(), 0u) << text;
  };
  for (const char *type : {"f32", "f16", "bf16"}) {
    expect(attentionText({.heads = 16,
                          .parts = {512, 64},
                          .value = 512,
                          .type = type,
                          .causal = "c",
                          .absorbed = true,
                          .split = "64"}));
    expect(attentionText(
        {.groups = 16, .parts = {128, 64}, .value = 128, .type = type, .causal = "c"}));
    expect(latentText({.heads = 16,
                       .nope = 128,
                       .rope = 64,
                       .latent = 512,
                       .value = 128,
                       .type = type,
                       .causal = "c",
                       .joined = true}));
    expect(combineText(16, 512, type));
  }
}

} // namespace
} // namespace dsc::cuda::test
