// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/RouteKernels.h"
#include "tests/unit/targets_cuda/Families.h"

namespace dsc::cuda::test {

using dsc::test::RouteShape;

std::vector<Workload> routeWorkloads() {
  std::vector<Workload> all;
  // Integers, so that there are ties. The last block is full, or ends behind one warp or three.
  auto add = [&](const std::string &name, RouteShape shape) {
    if (shape.logits.empty())
      shape.logits = "floor";
    double tolerance = dsc::test::routeTolerance(shape);
    std::vector<Case> cases;
    for (auto [tokens, scale] :
         {std::pair<int64_t, double>{3, 2}, {9, 6}, {16, 30}, {31, 1}, {39, 3}})
      cases.push_back(
          {.sizes = {tokens}, .scale = scale, .absolute = tolerance / 10, .relative = tolerance});
    all.push_back({"route", name, routeText(shape), cases});
  };
  // Experts end within the lanes of a group, and groups before the last lane.
  add("sums of groups", {.score = "sigmoid",
                         .experts = 57,
                         .k = 20,
                         .groups = 3,
                         .kept = 2,
                         .groupScore = "top2_sum",
                         .bias = true,
                         .renormalise = "1.0e-1",
                         .scale = "2.46"});
  add("largest of groups, by selection", {.score = "none",
                                          .experts = 60,
                                          .k = 9,
                                          .groups = 5,
                                          .kept = 2,
                                          .fill = "zero",
                                          .bias = true,
                                          .bySelection = true});
  add("softmax", {.experts = 70, .k = 6});
  add("softmax of the chosen", {.score = "softmax_of_chosen", .experts = 40, .k = 11});
  add("NaN", {.score = "none", .experts = 40, .k = 11, .logits = "sqrt"});
  return all;
}

} // namespace dsc::cuda::test
