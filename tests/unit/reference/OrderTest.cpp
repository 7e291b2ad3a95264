// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/reference/ReferenceTest.h"

using namespace dsc::reference;

namespace {

using Order = ReferenceTest;

TEST_F(Order, ArgReduce) {
  auto check = [&](std::string how, llvm::StringRef x, std::string to, llvm::StringRef expected) {
    expect({x},
           "%r = prim.arg_reduce " + how + " : " + x.substr(x.rfind(": ") + 2).str() + " -> " + to,
           expected);
  };
  llvm::StringRef x = "dense<[[3.0, 1.0, 3.0], [0.0, 0.0, -1.0]]> : tensor<2x3xf32>";
  check("max %x0 axis 1", x, "tensor<2xi64>", "dense<[0, 0]> : tensor<2xi64>");
  check("max %x0 axis 1 last", x, "tensor<2xi64>", "dense<[2, 1]> : tensor<2xi64>");
  check("min %x0 axis 0", x, "tensor<3xi64>", "dense<[1, 1, 1]> : tensor<3xi64>");
  llvm::StringRef nan = "dense<[1.0, 0x7FC00000, 5.0, 0x7FC00000]> : tensor<4xf32>";
  check("max %x0 axis 0", nan, "tensor<i64>", "dense<1> : tensor<i64>");
  check("min %x0 axis 0", nan, "tensor<i64>", "dense<1> : tensor<i64>");
  check("min %x0 axis 0 last", nan, "tensor<i64>", "dense<3> : tensor<i64>");
  check("max %x0 axis 0", "dense<[1, 255, 3]> : tensor<3xui8>", "tensor<i64>",
        "dense<1> : tensor<i64>");
  expectError({"dense<> : tensor<2x0xf32>"},
              "%r = prim.arg_reduce max %x0 axis 1 : tensor<2x0xf32> -> tensor<2xi64>",
              "tensor<2xi64>", "'prim.arg_reduce' op has no elements to choose from");
}

TEST_F(Order, TopK) {
  auto check = [&](std::string largest, llvm::StringRef x, llvm::StringRef values,
                   llvm::StringRef indices) {
    auto type = [](llvm::StringRef text) { return text.substr(text.rfind(": ") + 2).str(); };
    std::string types = " : " + type(x) + " -> " + type(values) + ", " + type(indices);
    expect({x}, "%r, %i = prim.top_k %x0 " + largest + types, values);
    expect({x}, "%v, %r = prim.top_k %x0 " + largest + types, indices);
  };
  llvm::StringRef x = "dense<[[1.0, 4.0, 2.0, 4.0], [-1.0, -1.0, -3.0, -1.0]]> : tensor<2x4xf32>";
  check("largest", x, "dense<[[4.0, 4.0, 2.0], [-1.0, -1.0, -1.0]]> : tensor<2x3xf32>",
        "dense<[[1, 3, 2], [0, 1, 3]]> : tensor<2x3xi64>");
  check("", x, "dense<[[1.0, 2.0], [-3.0, -1.0]]> : tensor<2x2xf32>",
        "dense<[[0, 2], [2, 0]]> : tensor<2x2xi64>");
  llvm::StringRef nan = "dense<[1.0, 0x7FC00000, 0x7F800000, 0x7FC00000]> : tensor<4xf32>";
  check("largest", nan, "dense<[0x7FC00000, 0x7FC00000, 0x7F800000, 1.0]> : tensor<4xf32>",
        "dense<[1, 3, 2, 0]> : tensor<4xi64>");
  check("", nan, "dense<[1.0, 0x7F800000, 0x7FC00000, 0x7FC00000]> : tensor<4xf32>",
        "dense<[0, 2, 1, 3]> : tensor<4xi64>");
  check("largest", "dense<[3, -1, 7]> : tensor<3xi64>", "dense<[7]> : tensor<1xi64>",
        "dense<[2]> : tensor<1xi64>");
  check("largest", "dense<[1.5, 2.5]> : tensor<2xbf16>", "dense<[2.5]> : tensor<1xbf16>",
        "dense<[1]> : tensor<1xi64>");
  check("largest", "dense<[[1.0], [2.0]]> : tensor<2x1xf32>", "dense<> : tensor<2x0xf32>",
        "dense<> : tensor<2x0xi64>");
  expectError({"dense<[1.0]> : tensor<1xf32>"},
              "%r, %i = prim.top_k %x0 largest : tensor<1xf32> -> tensor<2xf32>, tensor<2xi64>",
              "tensor<2xf32>", "'prim.top_k' op k is 2, more than the 1 elements");
}

} // namespace
