// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/targets_cuda/GenericWorkloads.h"

namespace dsc::cuda::test {

static std::vector<Case> sizes(std::initializer_list<int64_t> list, std::map<unsigned, std::pair<int64_t, int64_t>> range = {}) {
  std::vector<Case> cases;
  for (int64_t size : list)
    cases.push_back({.sizes = {size}, .range = range});
  return cases;
}

static void addMaps(std::vector<GenericWorkload> &all) {
  all.push_back({"map", "vectors of rows beside a broadcast", R"(sizes ["s"] strides [unit, unit, unit] aliases [-1] {
    ^bb0(%a: tensor<?x24xf32, #prim.shape<"s", 24>>, %w: tensor<24xf32>):
      %v = prim.broadcast %w axes [1] : tensor<24xf32> -> tensor<?x24xf32, #prim.shape<"s", 24>>
      %r = prim.binary mul %a, %v : tensor<?x24xf32, #prim.shape<"s", 24>>
      plan.yield %r : tensor<?x24xf32, #prim.shape<"s", 24>>
    })",
                 sizes({1, 7, 43})});
  all.push_back({"map", "single elements of two parts", R"(sizes ["s"] strides [unit, unit, unit] aliases [-1] {
    ^bb0(%a: tensor<3x?xf32, #prim.shape<3, "s">>, %b: tensor<3x5xf32>):
      %c = prim.concat %a, %b axis 1 : (tensor<3x?xf32, #prim.shape<3, "s">>, tensor<3x5xf32>) -> tensor<3x?xf32, #prim.shape<3, "s + 5">>
      %r = prim.unary neg %c : tensor<3x?xf32, #prim.shape<3, "s + 5">> -> tensor<3x?xf32, #prim.shape<3, "s + 5">>
      plan.yield %r : tensor<3x?xf32, #prim.shape<3, "s + 5">>
    })",
                 sizes({0, 2, 61})});
  all.push_back({"map", "rows by index", R"(sizes ["s"] strides [unit, unit, unit] aliases [-1] {
    ^bb0(%t: tensor<9x16xbf16>, %i: tensor<?xi64, #prim.shape<"s">>):
      %r = prim.take %t, %i axis 0 : tensor<9x16xbf16>, tensor<?xi64, #prim.shape<"s">> -> tensor<?x16xbf16, #prim.shape<"s", 16>>
      plan.yield %r : tensor<?x16xbf16, #prim.shape<"s", 16>>
    })",
                 sizes({1, 30, 75}, {{1, {0, 8}}})});
  all.push_back({"map", "into rows of a state", R"(sizes ["t", "c"] strides [#prim.shape<"12*c", 12, 1>, unit, #prim.shape<"12*c", 12, 1>] aliases [0] {
    ^bb0(%a: tensor<2x?x12xf32, #prim.shape<2, "t + 30", 12>>, %u: tensor<2x30x12xf32>):
      %r = prim.update_slice %a, %u starts [0, "t", 0] : tensor<2x?x12xf32, #prim.shape<2, "t + 30", 12>>, tensor<2x30x12xf32>
      plan.yield %r : tensor<2x?x12xf32, #prim.shape<2, "t + 30", 12>>
    })",
                 {{.sizes = {0, 30}}, {.sizes = {5, 41}}}});
}

static void addReductions(std::vector<GenericWorkload> &all) {
  for (std::string d : {"40", "1036"}) {
    std::string x = "tensor<?x" + d + "xf32, #prim.shape<\"s\", " + d + ">>", w = "tensor<" + d + "xf32>";
    all.push_back({"reduce", "norm of " + d,
                   "sizes [\"s\"] strides [unit, unit, unit] aliases [-1] {\n^bb0(%x: " + x + ", %w: " + w +
                       "):\n  %r = dsc.rms_norm %x weight(%w) {epsilon = 1.0e-2 : f64} : (" + x + ", " + w + ") -> " + x +
                       "\n  plan.yield %r : " + x + "\n}",
                   sizes({1, 5})});
  }
  all.push_back({"reduce", "softmax", R"(sizes ["s"] strides [unit, unit] aliases [-1] {
    ^bb0(%a: tensor<3x?xf32, #prim.shape<3, "s">>):
      %m = prim.reduce max %a axes [1] : tensor<3x?xf32, #prim.shape<3, "s">> -> tensor<3xf32>
      %n = prim.broadcast %m axes [0] : tensor<3xf32> -> tensor<3x?xf32, #prim.shape<3, "s">>
      %d = prim.binary sub %a, %n : tensor<3x?xf32, #prim.shape<3, "s">>
      %e = prim.unary exp %d : tensor<3x?xf32, #prim.shape<3, "s">> -> tensor<3x?xf32, #prim.shape<3, "s">>
      %t = prim.reduce sum %e axes [1] : tensor<3x?xf32, #prim.shape<3, "s">> -> tensor<3xf32>
      %u = prim.broadcast %t axes [0] : tensor<3xf32> -> tensor<3x?xf32, #prim.shape<3, "s">>
      %r = prim.binary div %e, %u : tensor<3x?xf32, #prim.shape<3, "s">>
      plan.yield %r : tensor<3x?xf32, #prim.shape<3, "s">>
    })",
                 sizes({1, 33, 150, 530, 1100})});
  all.push_back({"reduce", "columns", R"(sizes ["s"] strides [unit, unit] aliases [-1] {
    ^bb0(%a: tensor<?x37xf32, #prim.shape<"s", 37>>):
      %r = prim.reduce sum %a axes [0] : tensor<?x37xf32, #prim.shape<"s", 37>> -> tensor<37xf32>
      plan.yield %r : tensor<37xf32>
    })",
                 sizes({0, 1, 2, 3, 18})});
  for (std::string n : {"70", "1100"})
    all.push_back({"reduce", "position of the extreme of " + n,
                   "sizes [] strides [unit, unit] aliases [-1] {\n^bb0(%a: tensor<5x" + n + "xi32>):\n  %r = prim.arg_reduce max %a axis 1 : tensor<5x" +
                       n + "xi32> -> tensor<5xi64>\n  plan.yield %r : tensor<5xi64>\n}",
                   {{.range = {{0, {-9, 9}}}}, {.range = {{0, {-900, 900}}}}}});
}

static void addOrders(std::vector<GenericWorkload> &all) {
  for (auto [n, k] : {std::pair{"70", "5"}, {"1100", "5"}, {"150", "40"}}) {
    std::string from = std::string("tensor<5x") + n + "xf32>", values = std::string("tensor<5x") + k + "xf32>",
                indices = std::string("tensor<5x") + k + "xi64>";
    all.push_back({"order", std::string("top ") + k + " of " + n,
                   "sizes [] strides [unit, unit, unit] aliases [-1, -1] {\n^bb0(%x: " + from + "):\n  %a = prim.unary floor %x : " + from + " -> " + from +
                       "\n  %v, %i = prim.top_k %a largest : " + from + " -> " + values + ", " + indices + "\n  plan.yield %v, %i : " + values +
                       ", " + indices + "\n}",
                   {{.scale = 3}, {.scale = 300}}});
  }
  std::vector<Case> counts;
  for (int64_t n : {0, 3, 290}) {
    std::vector<int64_t> bits(600);
    for (int64_t i = 0; i < n; ++i)
      bits[(i * 7 + 299) % 600] = 1;
    counts.push_back({.sizes = {n}, .given = {{0, bits}}});
  }
  all.push_back({"order", "nonzero", R"(sizes ["n"] strides [unit, unit] aliases [-1] {
    ^bb0(%a: tensor<2x300xi1>):
      %r = prim.nonzero %a : tensor<2x300xi1> -> tensor<2x?xi64, #prim.shape<2, "n">>
      plan.yield %r : tensor<2x?xi64, #prim.shape<2, "n">>
    })",
                 counts});
  all.push_back({"order", "running sum", R"(sizes ["s"] strides [unit, unit] aliases [-1] {
    ^bb0(%a: tensor<?x67xi64, #prim.shape<"s", 67>>):
      %r = prim.cumsum %a axis 0 exclusive : tensor<?x67xi64, #prim.shape<"s", 67>>
      plan.yield %r : tensor<?x67xi64, #prim.shape<"s", 67>>
    })",
                 sizes({0, 1, 2, 3, 13})});
  all.push_back({"order", "scatter of rows", R"(sizes ["s"] strides [unit, unit, unit, unit] aliases [-1] {
    ^bb0(%x: tensor<8x67xi64>, %i: tensor<?x1xi64, #prim.shape<"s", 1>>, %u: tensor<?x67xi64, #prim.shape<"s", 67>>):
      %r = prim.scatter_nd set %x, %i, %u axes [0] : tensor<8x67xi64>, tensor<?x1xi64, #prim.shape<"s", 1>>, tensor<?x67xi64, #prim.shape<"s", 67>>
      plan.yield %r : tensor<8x67xi64>
    })",
                 sizes({0, 1, 2, 3, 29}, {{1, {0, 7}}})});
  all.push_back({"order", "scatter along an axis", R"(sizes [] strides [unit, unit, unit, unit] aliases [-1] {
    ^bb0(%x: tensor<9x70xi32>, %i: tensor<7x66xi64>, %u: tensor<7x66xi32>):
      %r = prim.scatter_along_axis add %x, %i, %u axis 0 : tensor<9x70xi32>, tensor<7x66xi64>, tensor<7x66xi32>
      plan.yield %r : tensor<9x70xi32>
    })",
                 {{.range = {{1, {0, 8}}}}}});
}

std::vector<GenericWorkload> genericWorkloads() {
  std::vector<GenericWorkload> all;
  addMaps(all);
  addReductions(all);
  addOrders(all);
  return all;
}

} // namespace dsc::cuda::test
