// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/reference/ReferenceTest.h"

using namespace dsc::reference;

namespace {

using Indexing = ReferenceTest;

constexpr const char *table = "dense<[[0, 1], [10, 11], [20, 21]]> : tensor<3x2xi32>";

TEST_F(Indexing, Take) {
  expect({table, "dense<[[2, 0], [1, 2]]> : tensor<2x2xi64>"},
         "%r = prim.take %x0, %x1 axis 0 : tensor<3x2xi32>, tensor<2x2xi64> -> tensor<2x2x2xi32>",
         "dense<[[[20, 21], [0, 1]], [[10, 11], [20, 21]]]> : tensor<2x2x2xi32>");
  expect({table, "dense<1> : tensor<i64>"},
         "%r = prim.take %x0, %x1 axis 1 : tensor<3x2xi32>, tensor<i64> -> tensor<3xi32>",
         "dense<[1, 11, 21]> : tensor<3xi32>");
  expect({table, "dense<> : tensor<0xi64>"},
         "%r = prim.take %x0, %x1 axis 1 : tensor<3x2xi32>, tensor<0xi64> -> tensor<3x0xi32>",
         "dense<> : tensor<3x0xi32>");
  expectError({table, "dense<[0, 3]> : tensor<2xi64>"},
              "%r = prim.take %x0, %x1 axis 0 : tensor<3x2xi32>, tensor<2xi64> -> tensor<2x2xi32>",
              "tensor<2x2xi32>",
              "'prim.take' op index 3 is out of range for dimension 0 of size 3");
  expectError({table, "dense<-1> : tensor<1xi64>"},
              "%r = prim.take %x0, %x1 axis 0 : tensor<3x2xi32>, tensor<1xi64> -> tensor<1x2xi32>",
              "tensor<1x2xi32>",
              "'prim.take' op index -1 is out of range for dimension 0 of size 3");
}

TEST_F(Indexing, TakeAlongAxis) {
  expect({table, "dense<[[2, 0], [1, 1]]> : tensor<2x2xi64>"},
         "%r = prim.take_along_axis %x0, %x1 axis 0 : tensor<3x2xi32>, tensor<2x2xi64> -> "
         "tensor<2x2xi32>",
         "dense<[[20, 1], [10, 11]]> : tensor<2x2xi32>");
  expect({table, "dense<[[1, 0, 1], [0, 0, 0], [1, 1, 0]]> : tensor<3x3xi64>"},
         "%r = prim.take_along_axis %x0, %x1 axis 1 : tensor<3x2xi32>, tensor<3x3xi64> -> "
         "tensor<3x3xi32>",
         "dense<[[1, 0, 1], [10, 10, 10], [21, 21, 20]]> : tensor<3x3xi32>");
  expectError({table, "dense<2> : tensor<1x2xi64>"},
              "%r = prim.take_along_axis %x0, %x1 axis 1 : tensor<3x2xi32>, tensor<1x2xi64> -> "
              "tensor<1x2xi32>",
              "tensor<1x2xi32>",
              "'prim.take_along_axis' op index 2 is out of range for dimension 1 of size 2");
  expectError({table, "dense<0> : tensor<4x2xi64>"},
              "%r = prim.take_along_axis %x0, %x1 axis 1 : tensor<3x2xi32>, tensor<4x2xi64> -> "
              "tensor<4x2xi32>",
              "tensor<4x2xi32>",
              "'prim.take_along_axis' op indices of size 4 along dimension 0 of size 3");
}

TEST_F(Indexing, GatherNd) {
  expect({table, "dense<[[2, 1], [0, 0]]> : tensor<2x2xi64>"},
         "%r = prim.gather_nd %x0, %x1 batch 0 : tensor<3x2xi32>, tensor<2x2xi64> -> tensor<2xi32>",
         "dense<[21, 0]> : tensor<2xi32>");
  expect({table, "dense<[[[1]], [[0]]]> : tensor<2x1x1xi64>"},
         "%r = prim.gather_nd %x0, %x1 batch 0 : tensor<3x2xi32>, tensor<2x1x1xi64> -> "
         "tensor<2x1x2xi32>",
         "dense<[[[10, 11]], [[0, 1]]]> : tensor<2x1x2xi32>");
  expect({table, "dense<[[[1], [0]], [[0], [0]], [[1], [1]]]> : tensor<3x2x1xi64>"},
         "%r = prim.gather_nd %x0, %x1 batch 1 : tensor<3x2xi32>, tensor<3x2x1xi64> -> "
         "tensor<3x2xi32>",
         "dense<[[1, 0], [10, 10], [21, 21]]> : tensor<3x2xi32>");
  expectError(
      {table, "dense<[[0, 2]]> : tensor<1x2xi64>"},
      "%r = prim.gather_nd %x0, %x1 batch 0 : tensor<3x2xi32>, tensor<1x2xi64> -> tensor<1xi32>",
      "tensor<1xi32>", "'prim.gather_nd' op index 2 is out of range for dimension 1 of size 2");
}

TEST_F(Indexing, ScatterNd) {
  auto scatter = [&](std::string kind, llvm::StringRef x, llvm::StringRef indices,
                     llvm::StringRef updates, std::string axes, llvm::StringRef expected) {
    auto type = [](llvm::StringRef text) { return text.substr(text.rfind(": ") + 2).str(); };
    expect({x, indices, updates},
           "%r = prim.scatter_nd " + kind + " %x0, %x1, %x2 axes " + axes + " : " + type(x) + ", " +
               type(indices) + ", " + type(updates),
           expected);
  };
  llvm::StringRef rows = "dense<[[2], [0], [2]]> : tensor<3x1xi64>",
                  updates = "dense<[[1, 2], [3, 4], [5, 6]]> : tensor<3x2xi32>";
  scatter("set", table, rows, updates, "[0]",
          "dense<[[3, 4], [10, 11], [5, 6]]> : tensor<3x2xi32>");
  scatter("add", table, rows, updates, "[0]",
          "dense<[[3, 5], [10, 11], [26, 29]]> : tensor<3x2xi32>");
  scatter("mul", table, rows, updates, "[0]",
          "dense<[[0, 4], [10, 11], [100, 252]]> : tensor<3x2xi32>");
  scatter("min", table, rows, updates, "[0]",
          "dense<[[0, 1], [10, 11], [1, 2]]> : tensor<3x2xi32>");
  scatter("max", table, rows, updates, "[0]",
          "dense<[[3, 4], [10, 11], [20, 21]]> : tensor<3x2xi32>");
  // Columns: the slice runs over the other dimension.
  scatter("set", table, "dense<[[1]]> : tensor<1x1xi64>", "dense<[[7, 8, 9]]> : tensor<1x3xi32>",
          "[1]", "dense<[[0, 7], [10, 8], [20, 9]]> : tensor<3x2xi32>");
  scatter("set", table, "dense<[[1, 2]]> : tensor<1x2xi64>", "dense<[7]> : tensor<1xi32>", "[1, 0]",
          "dense<[[0, 1], [10, 11], [20, 7]]> : tensor<3x2xi32>");
  // Sums of 16-bit floats are rounded once, at the end.
  scatter("add", "dense<[2048.0]> : tensor<1xf16>", "dense<[[0], [0]]> : tensor<2x1xi64>",
          "dense<[1.0, 1.0]> : tensor<2xf16>", "[0]", "dense<[2050.0]> : tensor<1xf16>");
  expectError({table, "dense<3> : tensor<1x1xi64>", "dense<0> : tensor<1x2xi32>"},
              "%r = prim.scatter_nd set %x0, %x1, %x2 axes [0] : tensor<3x2xi32>, tensor<1x1xi64>, "
              "tensor<1x2xi32>",
              "tensor<3x2xi32>",
              "'prim.scatter_nd' op index 3 is out of range for dimension 0 of size 3");
}

TEST_F(Indexing, ScatterAlongAxis) {
  llvm::StringRef indices = "dense<[[2, 0], [2, 1]]> : tensor<2x2xi64>",
                  updates = "dense<[[1, 2], [3, 4]]> : tensor<2x2xi32>";
  for (auto [kind, expected] :
       {std::pair("set", "dense<[[0, 2], [10, 4], [3, 21]]> : tensor<3x2xi32>"),
        {"add", "dense<[[0, 3], [10, 15], [24, 21]]> : tensor<3x2xi32>"}})
    expect({table, indices, updates},
           std::string("%r = prim.scatter_along_axis ") + kind +
               " %x0, %x1, %x2 axis 0 : tensor<3x2xi32>, tensor<2x2xi64>, tensor<2x2xi32>",
           expected);
  expect({"dense<false> : tensor<1x3xi1>", "dense<[[1, 2]]> : tensor<1x2xi64>",
          "dense<true> : tensor<1x2xi1>"},
         "%r = prim.scatter_along_axis set %x0, %x1, %x2 axis 1 : tensor<1x3xi1>, tensor<1x2xi64>, "
         "tensor<1x2xi1>",
         "dense<[[false, true, true]]> : tensor<1x3xi1>");
}

TEST_F(Indexing, NonZero) {
  std::string count =
      "%c = prim.constant dense<3> : tensor<i64>\nprim.define_symbol \"n\" = %c : tensor<i64>\n";
  expect({"dense<[[true, false, true], [false, true, false]]> : tensor<2x3xi1>"},
         "%r = prim.nonzero %x0 : tensor<2x3xi1> -> tensor<2x3xi64>",
         "dense<[[0, 0, 1], [0, 2, 1]]> : tensor<2x3xi64>");
  expect({"dense<true> : tensor<i1>"}, "%r = prim.nonzero %x0 : tensor<i1> -> tensor<0x1xi64>",
         "dense<> : tensor<0x1xi64>");
  expectError({"dense<true> : tensor<2xi1>"},
              count +
                  "%r = prim.nonzero %x0 : tensor<2xi1> -> tensor<1x?xi64, #prim.shape<1, \"n\">>",
              "tensor<1x?xi64, #prim.shape<1, \"n\">>",
              "'prim.nonzero' op found 2 true elements where the result has room for 3");
}

} // namespace
