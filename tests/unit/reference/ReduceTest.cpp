// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/reference/ReferenceTest.h"

using namespace dsc::reference;

namespace {

using Reduce = ReferenceTest;

std::string reduce(std::string kind, std::string axes, std::string from, std::string to) {
  return "%r = prim.reduce " + kind + " %x0 axes " + axes + " : " + from + " -> " + to;
}

TEST_F(Reduce, Axes) {
  llvm::StringRef x =
      "dense<[[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [10, 11, 12]]]> : tensor<2x2x3xi64>";
  expect({x}, reduce("sum", "[1]", "tensor<2x2x3xi64>", "tensor<2x3xi64>"),
         "dense<[[5, 7, 9], [17, 19, 21]]> : tensor<2x3xi64>");
  expect({x}, reduce("sum", "[0, 2]", "tensor<2x2x3xi64>", "tensor<2xi64>"),
         "dense<[30, 48]> : tensor<2xi64>");
  expect({x}, reduce("prod", "[2]", "tensor<2x2x3xi64>", "tensor<2x2xi64>"),
         "dense<[[6, 120], [504, 1320]]> : tensor<2x2xi64>");
  expect({x}, reduce("max", "[0, 1, 2]", "tensor<2x2x3xi64>", "tensor<i64>"),
         "dense<12> : tensor<i64>");
  expect({x}, reduce("min", "[]", "tensor<2x2x3xi64>", "tensor<2x2x3xi64>"), x);
}

TEST_F(Reduce, Nothing) {
  llvm::StringRef x = "dense<> : tensor<2x0xf32>";
  expect({x}, reduce("sum", "[1]", "tensor<2x0xf32>", "tensor<2xf32>"),
         "dense<0.0> : tensor<2xf32>");
  expect({x}, reduce("prod", "[1]", "tensor<2x0xf32>", "tensor<2xf32>"),
         "dense<1.0> : tensor<2xf32>");
  expect({x}, reduce("min", "[1]", "tensor<2x0xf32>", "tensor<2xf32>"),
         "dense<0x7F800000> : tensor<2xf32>");
  expect({x}, reduce("max", "[1]", "tensor<2x0xf32>", "tensor<2xf32>"),
         "dense<0xFF800000> : tensor<2xf32>");
  expect({x}, reduce("sum", "[0]", "tensor<2x0xf32>", "tensor<0xf32>"), "dense<> : tensor<0xf32>");
  expect({"dense<> : tensor<0xi8>"}, reduce("min", "[0]", "tensor<0xi8>", "tensor<i8>"),
         "dense<127> : tensor<i8>");
  expect({"dense<> : tensor<0xi8>"}, reduce("max", "[0]", "tensor<0xi8>", "tensor<i8>"),
         "dense<-128> : tensor<i8>");
  expect({"dense<> : tensor<0xui8>"}, reduce("max", "[0]", "tensor<0xui8>", "tensor<ui8>"),
         "dense<0> : tensor<ui8>");
  expect({"dense<> : tensor<0xi1>"}, reduce("min", "[0]", "tensor<0xi1>", "tensor<i1>"),
         "dense<true> : tensor<i1>");
  expect({"dense<> : tensor<0xi1>"}, reduce("max", "[0]", "tensor<0xi1>", "tensor<i1>"),
         "dense<false> : tensor<i1>");
  expect({"dense<> : tensor<0xf16>"}, reduce("max", "[0]", "tensor<0xf16>", "tensor<f16>"),
         "dense<0xFC00> : tensor<f16>");
}

TEST_F(Reduce, NaN) {
  llvm::StringRef x = "dense<[1.0, 0x7FC00000, 2.0]> : tensor<3xf32>";
  for (const char *kind : {"sum", "prod", "min", "max"})
    expect({x}, reduce(kind, "[0]", "tensor<3xf32>", "tensor<f32>"),
           "dense<0x7FC00000> : tensor<f32>");
}

TEST_F(Reduce, Booleans) {
  llvm::StringRef x = "dense<[[true, false], [true, true], [false, false]]> : tensor<3x2xi1>";
  expect({x}, reduce("min", "[1]", "tensor<3x2xi1>", "tensor<3xi1>"),
         "dense<[false, true, false]> : tensor<3xi1>");
  expect({x}, reduce("max", "[1]", "tensor<3x2xi1>", "tensor<3xi1>"),
         "dense<[true, true, false]> : tensor<3xi1>");
}

TEST_F(Reduce, Accumulation) {
  // 2048 + 1 + 1: a sum in f16 would stay at 2048.
  expect({"dense<[2048.0, 1.0, 1.0]> : tensor<3xf16>"},
         reduce("sum", "[0]", "tensor<3xf16>", "tensor<f16>"), "dense<2050.0> : tensor<f16>");
  llvm::StringRef x = "dense<[1.0e8, 1.0, -1.0e8]> : tensor<3xf32>";
  expect({x}, reduce("sum", "[0]", "tensor<3xf32>", "tensor<f32>"), "dense<0.0> : tensor<f32>");
  options.accumulateF64 = true;
  expect({x}, reduce("sum", "[0]", "tensor<3xf32>", "tensor<f32>"), "dense<1.0> : tensor<f32>");
  expect({"dense<[100, 100]> : tensor<2xi8>"}, reduce("sum", "[0]", "tensor<2xi8>", "tensor<i8>"),
         "dense<-56> : tensor<i8>");
}

TEST_F(Reduce, CumSum) {
  llvm::StringRef x = "dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi64>";
  expect({x}, "%r = prim.cumsum %x0 axis 1 : tensor<2x3xi64>",
         "dense<[[1, 3, 6], [4, 9, 15]]> : tensor<2x3xi64>");
  expect({x}, "%r = prim.cumsum %x0 axis 0 : tensor<2x3xi64>",
         "dense<[[1, 2, 3], [5, 7, 9]]> : tensor<2x3xi64>");
  expect({x}, "%r = prim.cumsum %x0 axis 1 exclusive : tensor<2x3xi64>",
         "dense<[[0, 1, 3], [0, 4, 9]]> : tensor<2x3xi64>");
  expect({x}, "%r = prim.cumsum %x0 axis 1 reverse : tensor<2x3xi64>",
         "dense<[[6, 5, 3], [15, 11, 6]]> : tensor<2x3xi64>");
  expect({x}, "%r = prim.cumsum %x0 axis 1 exclusive reverse : tensor<2x3xi64>",
         "dense<[[5, 3, 0], [11, 6, 0]]> : tensor<2x3xi64>");
  expect({"dense<> : tensor<2x0xf32>"}, "%r = prim.cumsum %x0 axis 1 : tensor<2x0xf32>",
         "dense<> : tensor<2x0xf32>");
  expect({"dense<[0.5, 0.25]> : tensor<2xf32>"}, "%r = prim.cumsum %x0 axis 0 : tensor<2xf32>",
         "dense<[0.5, 0.75]> : tensor<2xf32>");
}

} // namespace
