// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/reference/ReferenceTest.h"

using namespace dsc::reference;

namespace {

using Layout = ReferenceTest;

TEST_F(Layout, Broadcast) {
  expect({"dense<[1.0, 2.0]> : tensor<2xf32>"},
         "%r = prim.broadcast %x0 axes [1] : tensor<2xf32> -> tensor<3x2xf32>",
         "dense<[[1.0, 2.0], [1.0, 2.0], [1.0, 2.0]]> : tensor<3x2xf32>");
  expect({"dense<[[1], [2]]> : tensor<2x1xi8>"},
         "%r = prim.broadcast %x0 axes [0, 2] : tensor<2x1xi8> -> tensor<2x2x3xi8>",
         "dense<[[[1, 1, 1], [1, 1, 1]], [[2, 2, 2], [2, 2, 2]]]> : tensor<2x2x3xi8>");
  expect({"dense<7> : tensor<i64>"},
         "%r = prim.broadcast %x0 axes [] : tensor<i64> -> tensor<2xi64>",
         "dense<7> : tensor<2xi64>");
  expect({"dense<7> : tensor<1xi64>"},
         "%r = prim.broadcast %x0 axes [0] : tensor<1xi64> -> tensor<0xi64>",
         "dense<> : tensor<0xi64>");
}

TEST_F(Layout, Reshape) {
  expect({"dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi32>"},
         "%r = prim.reshape %x0 : tensor<2x3xi32> -> tensor<3x1x2xi32>",
         "dense<[[[1, 2]], [[3, 4]], [[5, 6]]]> : tensor<3x1x2xi32>");
  expect({"dense<5> : tensor<1x1xi32>"}, "%r = prim.reshape %x0 : tensor<1x1xi32> -> tensor<i32>",
         "dense<5> : tensor<i32>");
}

TEST_F(Layout, Transpose) {
  expect({"dense<[[[1, 2, 3], [4, 5, 6]]]> : tensor<1x2x3xi16>"},
         "%r = prim.transpose %x0 perm [2, 0, 1] : tensor<1x2x3xi16> -> tensor<3x1x2xi16>",
         "dense<[[[1, 4]], [[2, 5]], [[3, 6]]]> : tensor<3x1x2xi16>");
}

TEST_F(Layout, Slice) {
  llvm::StringRef x = "dense<[[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]> : tensor<2x5xi64>";
  expect({x}, "%r = prim.slice %x0 starts [1, 1] steps [1, 2] : tensor<2x5xi64> -> tensor<1x2xi64>",
         "dense<[[6, 8]]> : tensor<1x2xi64>");
  expect({x},
         "%r = prim.slice %x0 starts [1, 4] steps [-1, -2] : tensor<2x5xi64> -> tensor<2x3xi64>",
         "dense<[[9, 7, 5], [4, 2, 0]]> : tensor<2x3xi64>");
  expect({x}, "%r = prim.slice %x0 starts [0, 5] steps [1, 1] : tensor<2x5xi64> -> tensor<2x0xi64>",
         "dense<> : tensor<2x0xi64>");
}

TEST_F(Layout, SliceBeyondTheTensor) {
  std::string start =
      "%c = prim.constant dense<4> : tensor<i64>\nprim.define_symbol \"s\" = %c : tensor<i64>\n";
  expectError({"dense<[0, 1, 2, 3, 4]> : tensor<5xi64>"},
              start +
                  "%r = prim.slice %x0 starts [\"s\"] steps [1] : tensor<5xi64> -> tensor<2xi64>",
              "tensor<2xi64>", "'prim.slice' op positions from 4 by 1 leave dimension 0 of size 5");
}

TEST_F(Layout, Concat) {
  expect({"dense<[[1.0], [2.0]]> : tensor<2x1xf64>", "dense<> : tensor<2x0xf64>",
          "dense<[[3.0, 4.0], [5.0, 6.0]]> : tensor<2x2xf64>"},
         "%r = prim.concat %x0, %x1, %x2 axis 1 : (tensor<2x1xf64>, tensor<2x0xf64>, "
         "tensor<2x2xf64>) -> tensor<2x3xf64>",
         "dense<[[1.0, 3.0, 4.0], [2.0, 5.0, 6.0]]> : tensor<2x3xf64>");
}

TEST_F(Layout, Pad) {
  expect({"dense<[[1, 2]]> : tensor<1x2xi32>", "dense<9> : tensor<i32>"},
         "%r = prim.pad %x0, %x1 low [1, 0] : tensor<1x2xi32>, tensor<i32> -> tensor<2x3xi32>",
         "dense<[[9, 9, 9], [1, 2, 9]]> : tensor<2x3xi32>");
  expectError({"dense<[[1, 2]]> : tensor<1x2xi32>", "dense<9> : tensor<i32>"},
              "%r = prim.pad %x0, %x1 low [0, 2] : tensor<1x2xi32>, tensor<i32> -> tensor<1x3xi32>",
              "tensor<1x3xi32>", "'prim.pad' op 2 elements at 2 leave dimension 1 of size 3");
}

TEST_F(Layout, UpdateSlice) {
  expect({"dense<0> : tensor<2x3xi32>", "dense<[[1, 2]]> : tensor<1x2xi32>"},
         "%r = prim.update_slice %x0, %x1 starts [1, 1] : tensor<2x3xi32>, tensor<1x2xi32>",
         "dense<[[0, 0, 0], [0, 1, 2]]> : tensor<2x3xi32>");
  expectError({"dense<0> : tensor<2x3xi32>", "dense<[[1, 2]]> : tensor<1x2xi32>"},
              "%r = prim.update_slice %x0, %x1 starts [2, 0] : tensor<2x3xi32>, tensor<1x2xi32>",
              "tensor<2x3xi32>",
              "'prim.update_slice' op 1 elements at 2 leave dimension 0 of size 2");
}

} // namespace
