// SPDX-License-Identifier: Apache-2.0
// Kernels that order, count and scatter: top-k, nonzero, scatters with duplicates.
#include "tests/unit/targets_cuda/KernelTest.h"

namespace dsc::cuda::test {
namespace {

using Order = KernelTest;
constexpr double exact = 0;

std::string topK(const std::string &row, const std::string &type, const std::string &k, const std::string &largest) {
  std::string from = "tensor<5x" + row + "x" + type + ">", values = "tensor<5x" + k + "x" + type + ">", indices = "tensor<5x" + k + "xi64>";
  return "sizes [] strides [unit, unit, unit] aliases [-1, -1] {\n^bb0(%a: " + from + "):\n  %v, %i = prim.top_k %a" + largest + " : " +
         from + " -> " + values + ", " + indices + "\n  plan.yield %v, %i : " + values + ", " + indices + "\n}";
}

TEST_F(Order, TopK) {
  // Small integers: many ties. Few are selected, many are counted.
  for (std::string largest : {"", " largest"})
    for (std::string type : {"i64", "f32"})
      for (auto [row, k] : {std::pair{"37", "0"}, {"37", "1"}, {"37", "6"}, {"37", "37"}, {"1500", "8"}, {"300", "130"}})
        check(topK(row, type, k, largest), {{.range = {{0, {-20, 20}}}, .absolute = exact, .relative = exact}});
  check(R"(sizes ["s", "k"] strides [unit, unit, unit] aliases [-1, -1] {
    ^bb0(%a: tensor<3x?xi32, #prim.shape<3, "s">>):
      %v, %i = prim.top_k %a largest : tensor<3x?xi32, #prim.shape<3, "s">> -> tensor<3x?xi32, #prim.shape<3, "k">>, tensor<3x?xi64, #prim.shape<3, "k">>
      plan.yield %v, %i : tensor<3x?xi32, #prim.shape<3, "k">>, tensor<3x?xi64, #prim.shape<3, "k">>
    })",
        {{.sizes = {400, 300}, .range = {{0, {0, 50}}}, .absolute = exact, .relative = exact}, {.sizes = {1, 0}}});
}

TEST_F(Order, NaNIsTheLargest) {
  // NaN where the operand is below -0.5: the square root of what is negative.
  for (std::string k : {"9", "40"})
    for (std::string largest : {"", " largest"})
      check("sizes [] strides [unit, unit, unit] aliases [-1, -1] {\n^bb0(%x: tensor<3x40xf32>):\n  %a = prim.unary sqrt %x : tensor<3x40xf32> -> "
            "tensor<3x40xf32>\n  %v, %i = prim.top_k %a" +
                largest + " : tensor<3x40xf32> -> tensor<3x" + k + "xf32>, tensor<3x" + k + "xi64>\n  plan.yield %v, %i : tensor<3x" + k +
                "xf32>, tensor<3x" + k + "xi64>\n}",
            {{}});
}

TEST_F(Order, NonZero) {
  for (int64_t n : {0, 3, 999}) {
    std::vector<int64_t> bits(1400);
    for (int64_t i = 0; i < n; ++i)
      bits[(i * 11) % 1400] = 1;
    check(R"(sizes ["n"] strides [unit, unit] aliases [-1] {
      ^bb0(%a: tensor<2x700xi1>):
        %r = prim.nonzero %a : tensor<2x700xi1> -> tensor<2x?xi64, #prim.shape<2, "n">>
        plan.yield %r : tensor<2x?xi64, #prim.shape<2, "n">>
      })",
          {{.sizes = {n}, .given = {{0, bits}}, .absolute = exact, .relative = exact}});
  }
}

TEST_F(Order, ScattersWithDuplicates) {
  for (std::string kind : {"set", "add", "mul", "min", "max"})
    for (std::string alias : {"-1", "0"})
      check("sizes [\"s\"] strides [unit, unit, unit, unit] aliases [" + alias + R"(] {
        ^bb0(%x: tensor<8x37xi64>, %i: tensor<?x1xi64, #prim.shape<"s", 1>>, %u: tensor<?x37xi64, #prim.shape<"s", 37>>):
          %r = prim.scatter_nd )" +
                kind + R"( %x, %i, %u axes [0] : tensor<8x37xi64>, tensor<?x1xi64, #prim.shape<"s", 1>>, tensor<?x37xi64, #prim.shape<"s", 37>>
          plan.yield %r : tensor<8x37xi64>
        })",
            {{.sizes = {0}}, {.sizes = {23}, .range = {{1, {0, 7}}}, .absolute = exact, .relative = exact}});
  check(R"(sizes [] strides [unit, unit, unit, unit] aliases [-1] {
    ^bb0(%x: tensor<8x3x20xbf16>, %i: tensor<9x2xi64>, %u: tensor<9x3xbf16>):
      %r = prim.scatter_nd add %x, %i, %u axes [2, 0] : tensor<8x3x20xbf16>, tensor<9x2xi64>, tensor<9x3xbf16>
      plan.yield %r : tensor<8x3x20xbf16>
    })",
        {{.range = {{1, {0, 7}}}, .absolute = exact, .relative = exact}});
  for (std::string axis : {"0", "1"})
    for (std::string alias : {"-1", "0"})
      check("sizes [] strides [unit, unit, unit, unit] aliases [" + alias + R"(] {
        ^bb0(%x: tensor<9x20xi32>, %i: tensor<7x6xi64>, %u: tensor<7x6xi32>):
          %r = prim.scatter_along_axis add %x, %i, %u axis )" +
                axis + R"( : tensor<9x20xi32>, tensor<7x6xi64>, tensor<7x6xi32>
          plan.yield %r : tensor<9x20xi32>
        })",
            {{.range = {{1, {0, 8}}}, .absolute = exact, .relative = exact}});
}

} // namespace
} // namespace dsc::cuda::test
