// SPDX-License-Identifier: Apache-2.0
// Reductions by one thread, by warps and by blocks, also inside of larger kernels.
#include "tests/unit/targets_cuda/KernelTest.h"

namespace dsc::cuda::test {
namespace {

using Reduce = KernelTest;

TEST_F(Reduce, KindsAndAxes) {
  const char *shape = ", #prim.shape<3, \"s\", 37>>";
  for (std::string type : {"f32", "f16", "i64", "ui8"})
    for (std::string kind : {"sum", "min", "max", "prod"})
      for (auto [axes, dims, rest] : {std::tuple{"2", "3x?x", ", #prim.shape<3, \"s\">>"}, {"1", "3x37x", ">"}, {"0, 1, 2", "", ">"}}) {
        std::string from = "tensor<3x?x37x" + type + shape, to = "tensor<" + std::string(dims) + type + rest;
        bool rounded = type == "f16";
        std::vector<Case> cases;
        for (int64_t s : {0, 1, 18})
          cases.push_back({.sizes = {s}, .scale = 1.2, .absolute = rounded ? 1e-2 : 1e-5, .relative = rounded ? 2e-3 : 1e-5});
        check("sizes [\"s\"] strides [unit, unit] aliases [-1] {\n^bb0(%a: " + from + "):\n  %r = prim.reduce " + kind +
                  " %a axes [" + axes + "] : " + from + " -> " + to + "\n  plan.yield %r : " + to + "\n}",
              cases, 1);
      }
}

TEST_F(Reduce, LongRows) {
  // A warp, a block and a large block a row, with and without vectors.
  for (std::string n : {"129", "1024", "2048", "2050", "20000"}) {
    std::string from = "tensor<?x" + n + "xbf16, #prim.shape<\"s\", " + n + ">>", wide = "tensor<?x" + n + "xf32, #prim.shape<\"s\", " + n + ">>";
    check("sizes [\"s\"] strides [unit, unit, unit] aliases [-1] {\n^bb0(%a: " + from + ", %w: tensor<" + n + "xf32>):\n" +
              "  %f = prim.convert %a : " + from + " -> " + wide + "\n  %q = prim.binary mul %f, %f : " + wide +
              "\n  %m = prim.reduce sum %q axes [1] : " + wide + " -> tensor<?xf32, #prim.shape<\"s\">>\n" +
              "  %t = prim.broadcast %m axes [0] : tensor<?xf32, #prim.shape<\"s\">> -> " + wide +
              "\n  %v = prim.broadcast %w axes [1] : tensor<" + n + "xf32> -> " + wide + "\n  %d = prim.binary div %f, %t : " + wide +
              "\n  %r = prim.binary mul %d, %v : " + wide + "\n  plan.yield %r : " + wide + "\n}",
          {{.sizes = {0}}, {.sizes = {1}}, {.sizes = {5}}});
  }
}

TEST_F(Reduce, SoftmaxInOneKernel) {
  check(R"(sizes ["s"] strides [unit, unit] aliases [-1] {
    ^bb0(%a: tensor<4x?xf32, #prim.shape<4, "s">>):
      %m = prim.reduce max %a axes [1] : tensor<4x?xf32, #prim.shape<4, "s">> -> tensor<4xf32>
      %n = prim.broadcast %m axes [0] : tensor<4xf32> -> tensor<4x?xf32, #prim.shape<4, "s">>
      %d = prim.binary sub %a, %n : tensor<4x?xf32, #prim.shape<4, "s">>
      %e = prim.unary exp %d : tensor<4x?xf32, #prim.shape<4, "s">> -> tensor<4x?xf32, #prim.shape<4, "s">>
      %t = prim.reduce sum %e axes [1] : tensor<4x?xf32, #prim.shape<4, "s">> -> tensor<4xf32>
      %u = prim.broadcast %t axes [0] : tensor<4xf32> -> tensor<4x?xf32, #prim.shape<4, "s">>
      %r = prim.binary div %e, %u : tensor<4x?xf32, #prim.shape<4, "s">>
      plan.yield %r : tensor<4x?xf32, #prim.shape<4, "s">>
    })",
        {{.sizes = {1}}, {.sizes = {5}}, {.sizes = {300}}});
}

TEST_F(Reduce, UnderBranchesOfThreads) {
  // The row's sum is wanted in one part of the output only, and the other part has rows that the sum has not.
  check(R"(sizes ["s"] strides [unit, unit, unit] aliases [-1] {
    ^bb0(%a: tensor<?x40xf32, #prim.shape<"s", 40>>, %b: tensor<?x24xf32, #prim.shape<"s", 24>>):
      %m = prim.reduce sum %a axes [1] : tensor<?x40xf32, #prim.shape<"s", 40>> -> tensor<?xf32, #prim.shape<"s">>
      %n = prim.broadcast %m axes [0] : tensor<?xf32, #prim.shape<"s">> -> tensor<?x40xf32, #prim.shape<"s", 40>>
      %d = prim.binary sub %a, %n : tensor<?x40xf32, #prim.shape<"s", 40>>
      %c = prim.concat %b, %d axis 1 : (tensor<?x24xf32, #prim.shape<"s", 24>>, tensor<?x40xf32, #prim.shape<"s", 40>>) -> tensor<?x64xf32, #prim.shape<"s", 64>>
      plan.yield %c : tensor<?x64xf32, #prim.shape<"s", 64>>
    })",
        {{.sizes = {1}}, {.sizes = {5}}});
  check(R"(sizes ["s"] strides [unit, unit, unit] aliases [-1] {
    ^bb0(%a: tensor<?x40xf32, #prim.shape<"s", 40>>, %b: tensor<3x40xf32>):
      %m = prim.reduce max %a axes [1] : tensor<?x40xf32, #prim.shape<"s", 40>> -> tensor<?xf32, #prim.shape<"s">>
      %n = prim.broadcast %m axes [0] : tensor<?xf32, #prim.shape<"s">> -> tensor<?x40xf32, #prim.shape<"s", 40>>
      %d = prim.binary sub %a, %n : tensor<?x40xf32, #prim.shape<"s", 40>>
      %c = prim.concat %b, %d axis 0 : (tensor<3x40xf32>, tensor<?x40xf32, #prim.shape<"s", 40>>) -> tensor<?x40xf32, #prim.shape<"s + 3", 40>>
      plan.yield %c : tensor<?x40xf32, #prim.shape<"s + 3", 40>>
    })",
        {{.sizes = {0}}, {.sizes = {6}}});
}

TEST_F(Reduce, Norms) {
  for (std::string type : {"f32", "bf16", "f64"}) {
    double allowed = type == "bf16" ? 8e-3 : 1e-5;
    std::vector<Case> cases;
    for (int64_t s : {0, 1, 7})
      cases.push_back({.sizes = {s}, .absolute = allowed, .relative = allowed});
    for (std::string d : {"40", "2048", "37"}) {
      std::string x = "tensor<?x" + d + "x" + type + ", #prim.shape<\"s\", " + d + ">>", w = "tensor<" + d + "x" + type + ">";
      check("sizes [\"s\"] strides [unit, unit, unit] aliases [-1] {\n^bb0(%x: " + x + ", %w: " + w +
                "):\n  %r = dsc.rms_norm %x weight(%w) {epsilon = 1.0e-6 : f64" + (type == "bf16" ? ", rounded = bf16" : "") + "} : (" + x + ", " +
                w + ") -> " + x + "\n  plan.yield %r : " + x + "\n}",
            cases);
      check("sizes [\"s\"] strides [unit, unit, unit, unit] aliases [-1] {\n^bb0(%x: " + x + ", %w: " + w + ", %b: " + w +
                "):\n  %r = dsc.layer_norm %x weight(%w) bias(%b) {epsilon = 1.0e-5 : f64} : (" + x + ", " + w + ", " + w + ") -> " + x +
                "\n  plan.yield %r : " + x + "\n}",
            cases);
    }
  }
}

TEST_F(Reduce, NormIntoRowsOfAState) {
  check(R"(sizes ["s", "t", "c"] strides [#prim.shape<"64*c", 64, 1>, unit, unit, #prim.shape<"64*c", 64, 1>] aliases [0] {
    ^bb0(%k: tensor<2x?x64xf32, #prim.shape<2, "s + t", 64>>, %x: tensor<2x?x64xf32, #prim.shape<2, "s", 64>>, %w: tensor<64xf32>):
      %n = dsc.rms_norm %x weight(%w) {epsilon = 1.0e-6 : f64} : (tensor<2x?x64xf32, #prim.shape<2, "s", 64>>, tensor<64xf32>) -> tensor<2x?x64xf32, #prim.shape<2, "s", 64>>
      %r = prim.update_slice %k, %n starts [0, "t", 0] : tensor<2x?x64xf32, #prim.shape<2, "s + t", 64>>, tensor<2x?x64xf32, #prim.shape<2, "s", 64>>
      plan.yield %r : tensor<2x?x64xf32, #prim.shape<2, "s + t", 64>>
    })",
        {{.sizes = {0, 3, 9}}, {.sizes = {1, 0, 4}}, {.sizes = {5, 3, 9}}});
}

TEST_F(Reduce, PositionsOfExtremes) {
  for (std::string kind : {"min", "max"})
    for (std::string last : {"", " last"})
      for (auto [axis, to] : {std::pair{"0", "5x300"}, {"2", "3x5"}})
        // Few values: many are equal.
        check("sizes [] strides [unit, unit] aliases [-1] {\n^bb0(%a: tensor<3x5x300xi32>):\n  %r = prim.arg_reduce " + kind + " %a axis " +
                  axis + last + " : tensor<3x5x300xi32> -> tensor<" + to + "xi64>\n  plan.yield %r : tensor<" + to + "xi64>\n}",
              {{.range = {{0, {-4, 4}}}, .absolute = 0, .relative = 0}});
}

TEST_F(Reduce, RunningSums) {
  for (std::string flags : {"", " exclusive", " reverse", " exclusive reverse"})
    for (std::string axis : {"0", "1"})
      check("sizes [\"s\"] strides [unit, unit] aliases [-1] {\n^bb0(%a: tensor<?x37xf32, #prim.shape<\"s\", 37>>):\n  %r = prim.cumsum %a axis " +
                axis + flags + " : tensor<?x37xf32, #prim.shape<\"s\", 37>>\n  plan.yield %r : tensor<?x37xf32, #prim.shape<\"s\", 37>>\n}",
            {{.sizes = {0}}, {.sizes = {6}}});
}

TEST_F(Reduce, RunningSumsOfIntegers) {
  // Neighbours: a warp a line, of none, less than a warp, whole warps and a part; sums wrap.
  for (std::string type : {"i64", "i32", "i8", "ui16"})
    for (std::string flags : {"", " exclusive", " reverse", " exclusive reverse"}) {
      std::string lines = "tensor<3x?x1x" + type + ", #prim.shape<3, \"s\", 1>>";
      check("sizes [\"s\"] strides [unit, unit] aliases [-1] {\n^bb0(%a: " + lines + "):\n  %r = prim.cumsum %a axis 1" + flags + " : " + lines +
                "\n  plan.yield %r : " + lines + "\n}",
            {{.sizes = {0}}, {.sizes = {1}}, {.sizes = {31}}, {.sizes = {64}}, {.sizes = {100}, .range = {{0, {-100, 100}}}}});
    }
}

} // namespace
} // namespace dsc::cuda::test
