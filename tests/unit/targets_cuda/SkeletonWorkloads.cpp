// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/targets_cuda/Families.h"
#include "tests/unit/targets_cuda/Workloads.h"

namespace dsc::cuda::test {

static Case sized(std::vector<int64_t> sizes, double tolerance) {
  return {.sizes = std::move(sizes), .absolute = tolerance, .relative = tolerance};
}

/// Small, and with every edge that a kernel treats in its own way: tails, a second chunk, a second
/// block.
std::vector<Workload> skeletonWorkloads() {
  std::vector<Workload> all;
  for (const char *type : {"bf16", "f32"}) {
    bool half = type[0] == 'b';
    double tolerance = half ? 8e-3 : 1e-5, exact = half ? 5e-5 : 1e-5;
    auto named = [&](const std::string &name) { return name + " " + type; };
    for (bool alongK : {true, false}) {
      // Depths that end in each of the loads under way and in a chunk of their own; columns and
      // rows that end in each part of a tile.
      std::vector<Case> depths, tiles;
      for (int64_t k : {0,   1,   9,   17,  31,  33,  49,  64,  66,  81, 97,
                        113, 127, 128, 129, 145, 165, 200, 256, 257, 384})
        depths.push_back(sized({0, k % 3 + 1, k}, tolerance));
      for (int64_t m = 0; m < 64; ++m)
        tiles.push_back(sized({m, m % 18 + 1, (m * 7) % 17 + 1}, tolerance));
      for (int64_t n : {9, 10, 11, 12, 13, 14, 15, 16, 17})
        tiles.push_back(sized({n, n, n % 5 * 4}, tolerance));
      for (int64_t n : {25, 30, 32})
        tiles.push_back(sized({n, n, 9}, tolerance));
      const char *form = alongK ? "k" : "n";
      all.push_back({"linear_few", named(std::string("few ") + form),
                     linearText({.rows = 3, .type = type, .alongK = alongK, .symbolic = true}),
                     depths});
      all.push_back({"linear_many", named(std::string("many ") + form),
                     linearText({.type = type, .alongK = alongK, .symbolic = true}), tiles});
    }
    GroupedText grouped{.type = type, .alongK = !half, .symbolic = true};
    std::vector<Case> groups;
    auto addGroups = [&](int64_t rows, int64_t n, int64_t k) {
      std::vector<int64_t> ids(rows);
      for (int64_t i = 0; i < rows; ++i)
        ids[i] = i % 5 == 4 ? 3 : i % 7 < 5 ? 1 : 0;
      groups.push_back(groupedCase(grouped, ids));
      groups.back().sizes = {rows, n, k};
      groups.back().absolute = groups.back().relative = tolerance;
    };
    for (int64_t k : {0, 1, 17, 33, 49, 66, 97, 127, 128, 129, 200, 256, 512, 513, 600, 1024})
      addGroups(1, k % 3 + 1, k);
    for (int64_t k : {0, 1, 9, 17, 33, 49, 66, 97, 128, 129, 200, 256, 257})
      addGroups(6 + k % 7, k % 3 + 1, k);
    for (int64_t rows : {64, 65, 70, 85, 90, 95, 100, 110, 120, 130, 150, 180})
      addGroups(rows, rows % 17 + 1, rows % 23);
    auto add = [&](std::vector<int64_t> ids, int64_t n, int64_t k) {
      groups.push_back(groupedCase(grouped, ids));
      groups.back().sizes = {int64_t(ids.size()), n, k};
      groups.back().absolute = groups.back().relative = tolerance;
    };
    // Groups that end with a part of eight rows, all numbers of rows, one row beside many.
    for (int64_t rows : {2, 8, 16, 24})
      add(std::vector<int64_t>(rows, 3), 2, 9);
    for (int64_t rows : {1, 2, 3, 4, 5, 11, 12, 19, 27, 36, 44, 52, 60, 63}) {
      std::vector<int64_t> ids(rows + 66, 2);
      for (int64_t i = 0; i < rows; ++i)
        ids[i * 2] = 1;
      add(ids, 1, rows % 9 + 1);
    }
    std::vector<int64_t> beside(80, 1);
    for (int64_t place : {0, 40, 79}) {
      beside[place] = 0, beside[(place + 7) % 80] = 3;
      add(beside, 17, 12);
    }
    add(std::vector<int64_t>(70, 1), 27, 21);
    // Weights that do not exist, for few rows and for many.
    for (int64_t rows : {1, 5, 12, 80})
      for (int64_t bad : {4, -1}) {
        add(std::vector<int64_t>(rows, 0), 2, 9);
        groups.back().given[1][0] = bad;
        groups.back().faulty = true;
      }
    all.push_back({"grouped", named("grouped"), groupedText(grouped), groups});
    std::vector<Case> parts, whole, latent;
    for (auto *cases : {&parts, &whole, &latent})
      cases->push_back(sized({2, 0, 1000}, tolerance));
    for (int64_t s = 4; s <= 8; ++s)
      parts.push_back(sized({s, 70, 1000}, exact));
    for (int64_t t : {1, 2, 130, 150, 256, 257})
      parts.push_back(sized({t % 3 + 1, t, t - t % 3 - 1 > 0 ? t - t % 3 - 1 : 0}, exact));
    for (int64_t t = 64; t <= 98; t += t < 68 ? 1 : 3)
      parts.push_back(sized({t % 3 + 1, t, t - t % 3 - 1}, exact));
    for (int64_t t = 63; t <= 98; t += t < 68 ? 1 : 3)
      parts.push_back(sized({t % 3 + 1, t, 1000}, exact));
    for (int64_t t : {127, 128})
      parts.push_back(sized({3, t, 1000}, exact));
    parts.push_back(sized({3, 70, 20}, exact));
    all.push_back({"attention", named("parts"),
                   attentionText({.heads = 20,
                                  .parts = {48, 16},
                                  .value = 48,
                                  .type = type,
                                  .causal = "c",
                                  .queries = "s",
                                  .absorbed = true,
                                  .split = "128"}),
                   parts});
    for (int64_t s = 1; s <= 70; s += s < 4 || s > 62 ? 1 : 3)
      whole.push_back(sized({s, s % 2 ? s + 20 : s, s % 3 ? 1000 : s % 2 * 20}, tolerance));
    // Scores are far below 0, which is that of a row that does not exist.
    for (int64_t t = 20; t <= 53; ++t) {
      whole.push_back(sized({2, t, 1000}, tolerance));
      whole.back().filled = {{0, 1}, {1, -1}};
    }
    all.push_back(
        {"attention", named("whole"),
         attentionText(
             {.batch = 2, .groups = 2, .parts = {32}, .value = 48, .type = type, .causal = "c"}),
         whole});
    for (int64_t s = 1; s <= (half ? 137 : 39); s += s < 40 ? 3 : 7)
      latent.push_back(sized({s, s % 41 + 40, s % 2 ? 1000 : 37}, half ? 2e-2 : 1e-5));
    for (int64_t t = 1; t <= 68; t += t < 32 ? 8 : 2) {
      latent.push_back(sized({2, t, 1000}, half ? 2e-2 : 1e-5));
      latent.back().filled = {{1, 1}, {2, -1}};
    }
    all.push_back({"latent", named("expanded"),
                   latentText({.heads = 2,
                               .nope = 32,
                               .rope = 16,
                               .latent = 72,
                               .value = 48,
                               .type = type,
                               .causal = "c",
                               .joined = half}),
                   latent});
    std::vector<Case> combined;
    for (int64_t n : {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 95, 96, 97, 98, 99, 100, 191, 192, 193, 230})
      combined.push_back(sized({n}, tolerance));
    // No split has a row that counts.
    combined.push_back({.sizes = {5}, .filled = {{1, -INFINITY}}});
    // The largest exponent anywhere: a smaller one makes the others infinite.
    for (int64_t n : {7, 230, 300})
      for (int64_t split : {0, 1, 31, 32, 63, 64, 95, 96, 97, 191, 192, 193, 229, 299})
        if (split < n) {
          combined.push_back(sized({n}, 1e-2));
          combined.back().scale = 300;
          combined.back().peaks = {3 * split + split % 3};
        }
    all.push_back({"combine", named("combine"), combineText(3, 70, type), combined});
  }
  return all;
}

} // namespace dsc::cuda::test
