// SPDX-License-Identifier: Apache-2.0
// Expected values are numpy.einsum's.
#include "tests/unit/reference/ReferenceTest.h"

using namespace dsc::reference;

namespace {

using Dot = ReferenceTest;

constexpr const char *c =
    "dense<[[[-5, -4], [-3, -2]], [[-1, 0], [1, 2]], [[3, 4], [5, 6]]]> : tensor<3x2x2xi64>";
constexpr const char *d = "dense<[[[-3, -2], [-1, 0]], [[1, 2], [3, 4]]]> : tensor<2x2x2xi64>";

TEST_F(Dot, BatchedMatrixProduct) {
  expect({"dense<[[[-3.0, -2.0, -1.0, 0.0], [1.0, 2.0, 3.0, -3.0]], [[2.0, 3.0, -3.0, -2.0], "
          "[-1.0, 0.0, 1.0, 2.0]]]> : tensor<2x2x4xf32>",
          "dense<[[[-2.0, 1.0], [-2.0, 1.0], [-2.0, 1.0], [-2.0, 1.0]], [[0.0, 1.0], [1.0, 0.0], "
          "[2.0, 0.0], [0.0, 0.0]]]> : tensor<2x4x2xf32>"},
         "%r = prim.dot %x0, %x1 batch [0] x [0] contract [2] x [1] : tensor<2x2x4xf32>, "
         "tensor<2x4x2xf32> -> tensor<2x2x2xf32>",
         "dense<[[[12.0, -6.0], [-6.0, 3.0]], [[-3.0, 2.0], [2.0, -1.0]]]> : tensor<2x2x2xf32>");
}

TEST_F(Dot, TwoContractedDimensions) {
  expect({c, d},
         "%r = prim.dot %x0, %x1 batch [] x [] contract [1, 2] x [1, 0] : tensor<3x2x2xi64>, "
         "tensor<2x2x2xi64> -> tensor<3x2xi64>",
         "dense<[[8, -6], [8, 10], [8, 26]]> : tensor<3x2xi64>");
}

TEST_F(Dot, DimensionsInAnyOrder) {
  expect(
      {c, d},
      "%r = prim.dot %x0, %x1 batch [2] x [1] contract [1] x [2] : tensor<3x2x2xi64>, "
      "tensor<2x2x2xi64> -> tensor<2x3x2xi64>",
      "dense<[[[21, -11], [1, 1], [-19, 13]], [[4, -20], [0, 8], [-4, 36]]]> : tensor<2x3x2xi64>");
}

TEST_F(Dot, OuterProductAndScalars) {
  expect({"dense<[1, 2]> : tensor<2xi32>", "dense<[3, 4]> : tensor<2xi32>"},
         "%r = prim.dot %x0, %x1 batch [] x [] contract [] x [] : tensor<2xi32>, tensor<2xi32> -> "
         "tensor<2x2xi32>",
         "dense<[[3, 4], [6, 8]]> : tensor<2x2xi32>");
  expect({"dense<[1, 2]> : tensor<2xi32>", "dense<[3, 4]> : tensor<2xi32>"},
         "%r = prim.dot %x0, %x1 batch [] x [] contract [0] x [0] : tensor<2xi32>, tensor<2xi32> "
         "-> tensor<i32>",
         "dense<11> : tensor<i32>");
}

TEST_F(Dot, Empty) {
  expect({"dense<> : tensor<2x0xf32>", "dense<> : tensor<0x3xf32>"},
         "%r = prim.dot %x0, %x1 batch [] x [] contract [1] x [0] : tensor<2x0xf32>, "
         "tensor<0x3xf32> -> tensor<2x3xf32>",
         "dense<0.0> : tensor<2x3xf32>");
  expect({"dense<> : tensor<0x2xf32>", "dense<1.0> : tensor<2x3xf32>"},
         "%r = prim.dot %x0, %x1 batch [] x [] contract [1] x [0] : tensor<0x2xf32>, "
         "tensor<2x3xf32> -> tensor<0x3xf32>",
         "dense<> : tensor<0x3xf32>");
}

TEST_F(Dot, IntegersAreExtendedByTheirSign) {
  expect({"dense<[-1, 100]> : tensor<2xi8>", "dense<[2, 100]> : tensor<2xi8>"},
         "%r = prim.dot %x0, %x1 batch [] x [] contract [0] x [0] : tensor<2xi8>, tensor<2xi8> -> "
         "tensor<i32>",
         "dense<9998> : tensor<i32>");
  expect({"dense<[255, 100]> : tensor<2xui8>", "dense<[2, 100]> : tensor<2xui8>"},
         "%r = prim.dot %x0, %x1 batch [] x [] contract [0] x [0] : tensor<2xui8>, tensor<2xui8> "
         "-> tensor<i32>",
         "dense<10510> : tensor<i32>");
  expect({"dense<[100, 100]> : tensor<2xi8>", "dense<[2, 100]> : tensor<2xi8>"},
         "%r = prim.dot %x0, %x1 batch [] x [] contract [0] x [0] : tensor<2xi8>, tensor<2xi8> -> "
         "tensor<i8>",
         "dense<-40> : tensor<i8>");
}

TEST_F(Dot, Accumulation) {
  llvm::StringRef ones = "dense<1.0> : tensor<3xf16>";
  expect({"dense<[2048.0, 1.0, 1.0]> : tensor<3xf16>", ones},
         "%r = prim.dot %x0, %x1 batch [] x [] contract [0] x [0] : tensor<3xf16>, tensor<3xf16> "
         "-> tensor<f16>",
         "dense<2050.0> : tensor<f16>");
  expect({"dense<[2048.0, 1.0, 0.0]> : tensor<3xf16>", ones},
         "%r = prim.dot %x0, %x1 batch [] x [] contract [0] x [0] : tensor<3xf16>, tensor<3xf16> "
         "-> tensor<f32>",
         "dense<2049.0> : tensor<f32>");
  std::string body = "%r = prim.dot %x0, %x1 batch [] x [] contract [0] x [0] : tensor<3xf32>, "
                     "tensor<3xf32> -> tensor<f32>";
  llvm::StringRef x = "dense<[1.0e8, 1.0, -1.0e8]> : tensor<3xf32>",
                  one = "dense<1.0> : tensor<3xf32>";
  expect({x, one}, body, "dense<0.0> : tensor<f32>");
  options.accumulateF64 = true;
  expect({x, one}, body, "dense<1.0> : tensor<f32>");
}

} // namespace
