// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/targets_cpu/KernelTest.h"

namespace dsc::cpu::test {
namespace {

using Movement = KernelTest;

TEST_F(Movement, Constants) {
  check(R"mlir(sizes ["s"] strides [unit] aliases [-1] {
    ^bb0:
      %a = prim.index_expr "nonneg(d1 - d0 + s)" : tensor<4x?xi1, #prim.shape<4, "s">>
      plan.yield %a : tensor<4x?xi1, #prim.shape<4, "s">>
    })mlir",
        {.sizes = {21}});
  check(R"mlir(sizes ["s"] strides [unit] aliases [-1] {
    ^bb0:
      %a = prim.index_expr "3*d1 - d0 + floordiv(d1, s) * mod(d1, 7)" : tensor<4x40xi64>
      plan.yield %a : tensor<4x40xi64>
    })mlir",
        {.sizes = {21}});
  check(R"(sizes ["s"] strides [unit] aliases [-1] {
    ^bb0:
      %a = prim.exprs ["s", -1, "s + 3", 64] : tensor<4xi64>
      plan.yield %a : tensor<4xi64>
    })",
        {.sizes = {21}});
  check(R"(sizes [] strides [unit, unit] aliases [-1] {
    ^bb0(%x: tensor<3x5xf32>):
      %a = prim.constant dense<[1.0, -2.0, 3.5, 0.0, 9.0]> : tensor<5xf32>
      %b = prim.broadcast %a axes [1] : tensor<5xf32> -> tensor<3x5xf32>
      %c = prim.constant dense<2.0> : tensor<3x5xf32>
      %d = prim.binary mul %b, %c : tensor<3x5xf32>
      %e = prim.binary add %d, %x : tensor<3x5xf32>
      plan.yield %e : tensor<3x5xf32>
    })");
  check(R"(sizes [] strides [unit] aliases [-1] {
    ^bb0:
      %a = prim.constant dense<[true, false, true]> : tensor<3xi1>
      plan.yield %a : tensor<3xi1>
    })");
}

TEST_F(Movement, ReshapeTransposeBroadcast) {
  check(R"(sizes ["b", "s"] strides [unit, unit] aliases [-1] {
    ^bb0(%a: tensor<?x?x96xf32, #prim.shape<"b", "s", 96>>):
      %r = prim.reshape %a : tensor<?x?x96xf32, #prim.shape<"b", "s", 96>> -> tensor<?x?x4x24xf32, #prim.shape<"b", "s", 4, 24>>
      %t = prim.transpose %r perm [0, 2, 1, 3] : tensor<?x?x4x24xf32, #prim.shape<"b", "s", 4, 24>> -> tensor<?x4x?x24xf32, #prim.shape<"b", 4, "s", 24>>
      plan.yield %t : tensor<?x4x?x24xf32, #prim.shape<"b", 4, "s", 24>>
    })",
        {.sizes = {2, 5}});
  check(R"(sizes ["b", "s"] strides [unit, unit] aliases [-1] {
    ^bb0(%a: tensor<?x4x?x24xf32, #prim.shape<"b", 4, "s", 24>>):
      %t = prim.transpose %a perm [0, 2, 1, 3] : tensor<?x4x?x24xf32, #prim.shape<"b", 4, "s", 24>> -> tensor<?x?x4x24xf32, #prim.shape<"b", "s", 4, 24>>
      %r = prim.reshape %t : tensor<?x?x4x24xf32, #prim.shape<"b", "s", 4, 24>> -> tensor<?x96xf32, #prim.shape<"b*s", 96>>
      plan.yield %r : tensor<?x96xf32, #prim.shape<"b*s", 96>>
    })",
        {.sizes = {2, 5}});
  check(R"(sizes [] strides [unit, unit] aliases [-1] {
    ^bb0(%a: tensor<6x35xi64>):
      %r = prim.reshape %a : tensor<6x35xi64> -> tensor<10x21xi64>
      %t = prim.transpose %r perm [1, 0] : tensor<10x21xi64> -> tensor<21x10xi64>
      plan.yield %t : tensor<21x10xi64>
    })");
  check(R"(sizes ["s"] strides [unit, unit] aliases [-1] {
    ^bb0(%a: tensor<?x1x33xf16, #prim.shape<"s", 1, 33>>):
      %r = prim.broadcast %a axes [0, 1, 3] : tensor<?x1x33xf16, #prim.shape<"s", 1, 33>> -> tensor<?x3x2x33xf16, #prim.shape<"s", 3, 2, 33>>
      plan.yield %r : tensor<?x3x2x33xf16, #prim.shape<"s", 3, 2, 33>>
    })",
        {.sizes = {4}});
}

TEST_F(Movement, SlicesAndStrides) {
  check(R"(sizes ["s"] strides [unit, unit] aliases [-1] {
    ^bb0(%a: tensor<?x40xf32, #prim.shape<"s", 40>>):
      %r = prim.slice %a starts ["s - 1", 3] steps [-1, 2] : tensor<?x40xf32, #prim.shape<"s", 40>> -> tensor<?x18xf32, #prim.shape<"s", 18>>
      plan.yield %r : tensor<?x18xf32, #prim.shape<"s", 18>>
    })",
        {.sizes = {7}});
  check(
      R"(sizes ["s", "c"] strides [#prim.shape<"20*c", 20, 1>, #prim.shape<"20*c", 20, 1>] aliases [-1] {
    ^bb0(%a: tensor<3x?x20xbf16, #prim.shape<3, "s", 20>>):
      %r = prim.unary neg %a : tensor<3x?x20xbf16, #prim.shape<3, "s", 20>> -> tensor<3x?x20xbf16, #prim.shape<3, "s", 20>>
      plan.yield %r : tensor<3x?x20xbf16, #prim.shape<3, "s", 20>>
    })",
      {.sizes = {7, 9}});
}

TEST_F(Movement, RotateHalf) {
  check(R"(sizes ["s"] strides [unit, unit] aliases [-1] {
    ^bb0(%a: tensor<?x64xf32, #prim.shape<"s", 64>>):
      %l = prim.slice %a starts [0, 0] steps [1, 1] : tensor<?x64xf32, #prim.shape<"s", 64>> -> tensor<?x32xf32, #prim.shape<"s", 32>>
      %h = prim.slice %a starts [0, 32] steps [1, 1] : tensor<?x64xf32, #prim.shape<"s", 64>> -> tensor<?x32xf32, #prim.shape<"s", 32>>
      %n = prim.unary neg %h : tensor<?x32xf32, #prim.shape<"s", 32>> -> tensor<?x32xf32, #prim.shape<"s", 32>>
      %c = prim.concat %n, %l axis 1 : (tensor<?x32xf32, #prim.shape<"s", 32>>, tensor<?x32xf32, #prim.shape<"s", 32>>) -> tensor<?x64xf32, #prim.shape<"s", 64>>
      %r = prim.binary mul %c, %a : tensor<?x64xf32, #prim.shape<"s", 64>>
      plan.yield %r : tensor<?x64xf32, #prim.shape<"s", 64>>
    })",
        {.sizes = {3}});
}

TEST_F(Movement, RotatePairs) {
  check(R"(sizes ["s"] strides [unit, unit] aliases [-1] {
    ^bb0(%a: tensor<?x64xf32, #prim.shape<"s", 64>>):
      %p = prim.reshape %a : tensor<?x64xf32, #prim.shape<"s", 64>> -> tensor<?x32x2xf32, #prim.shape<"s", 32, 2>>
      %x = prim.slice %p starts [0, 0, 0] steps [1, 1, 1] : tensor<?x32x2xf32, #prim.shape<"s", 32, 2>> -> tensor<?x32x1xf32, #prim.shape<"s", 32, 1>>
      %y = prim.slice %p starts [0, 0, 1] steps [1, 1, 1] : tensor<?x32x2xf32, #prim.shape<"s", 32, 2>> -> tensor<?x32x1xf32, #prim.shape<"s", 32, 1>>
      %n = prim.unary neg %y : tensor<?x32x1xf32, #prim.shape<"s", 32, 1>> -> tensor<?x32x1xf32, #prim.shape<"s", 32, 1>>
      %c = prim.concat %n, %x axis 2 : (tensor<?x32x1xf32, #prim.shape<"s", 32, 1>>, tensor<?x32x1xf32, #prim.shape<"s", 32, 1>>) -> tensor<?x32x2xf32, #prim.shape<"s", 32, 2>>
      %r = prim.reshape %c : tensor<?x32x2xf32, #prim.shape<"s", 32, 2>> -> tensor<?x64xf32, #prim.shape<"s", 64>>
      plan.yield %r : tensor<?x64xf32, #prim.shape<"s", 64>>
    })",
        {.sizes = {3}});
}

TEST_F(Movement, ConcatOfSizes) {
  for (auto [p, s] : {std::pair<int64_t, int64_t>{0, 5}, {7, 0}, {20, 19}, {1, 1}}) {
    check(R"(sizes ["p", "s"] strides [unit, unit, unit] aliases [-1] {
      ^bb0(%a: tensor<2x?x20xf32, #prim.shape<2, "p", 20>>, %b: tensor<2x?x20xf32, #prim.shape<2, "s", 20>>):
        %c = prim.concat %a, %b axis 1 : (tensor<2x?x20xf32, #prim.shape<2, "p", 20>>, tensor<2x?x20xf32, #prim.shape<2, "s", 20>>) -> tensor<2x?x20xf32, #prim.shape<2, "p + s", 20>>
        plan.yield %c : tensor<2x?x20xf32, #prim.shape<2, "p + s", 20>>
      })",
          {.sizes = {p, s}});
    check(R"(sizes ["p", "s"] strides [unit, unit, unit] aliases [-1] {
      ^bb0(%a: tensor<3x?xf32, #prim.shape<3, "p">>, %b: tensor<3x?xf32, #prim.shape<3, "s">>):
        %c = prim.concat %a, %b, %a axis 1 : (tensor<3x?xf32, #prim.shape<3, "p">>, tensor<3x?xf32, #prim.shape<3, "s">>, tensor<3x?xf32, #prim.shape<3, "p">>) -> tensor<3x?xf32, #prim.shape<3, "2*p + s">>
        %d = prim.unary neg %c : tensor<3x?xf32, #prim.shape<3, "2*p + s">> -> tensor<3x?xf32, #prim.shape<3, "2*p + s">>
        plan.yield %d : tensor<3x?xf32, #prim.shape<3, "2*p + s">>
      })",
          {.sizes = {p, s}});
    check(R"(sizes ["p", "s"] strides [unit, unit, unit] aliases [-1] {
      ^bb0(%a: tensor<?xi64, #prim.shape<"p">>, %b: tensor<?xi64, #prim.shape<"s">>):
        %c = prim.concat %a, %b axis 0 : (tensor<?xi64, #prim.shape<"p">>, tensor<?xi64, #prim.shape<"s">>) -> tensor<?xi64, #prim.shape<"p + s">>
        plan.yield %c : tensor<?xi64, #prim.shape<"p + s">>
      })",
          {.sizes = {p, s}});
  }
}

TEST_F(Movement, Pad) {
  for (int64_t s : {0, 1, 18})
    check(R"(sizes ["s"] strides [unit, unit, unit] aliases [-1] {
      ^bb0(%a: tensor<3x?xf32, #prim.shape<3, "s">>, %v: tensor<f32>):
        %c = prim.pad %a, %v low [1, "s"] : tensor<3x?xf32, #prim.shape<3, "s">>, tensor<f32> -> tensor<5x?xf32, #prim.shape<5, "3*s + 2">>
        plan.yield %c : tensor<5x?xf32, #prim.shape<5, "3*s + 2">>
      })",
          {.sizes = {s}});
  check(R"(sizes [] strides [unit, unit] aliases [-1] {
    ^bb0(%a: tensor<3x7xi1>):
      %v = prim.constant dense<true> : tensor<i1>
      %c = prim.pad %a, %v low [0, 2] : tensor<3x7xi1>, tensor<i1> -> tensor<3x40xi1>
      plan.yield %c : tensor<3x40xi1>
    })");
}

TEST_F(Movement, Take) {
  check(R"(sizes ["s"] strides [unit, unit, unit] aliases [-1] {
    ^bb0(%t: tensor<50x33xf32>, %i: tensor<2x?xi64, #prim.shape<2, "s">>):
      %c = prim.take %t, %i axis 0 : tensor<50x33xf32>, tensor<2x?xi64, #prim.shape<2, "s">> -> tensor<2x?x33xf32, #prim.shape<2, "s", 33>>
      plan.yield %c : tensor<2x?x33xf32, #prim.shape<2, "s", 33>>
    })",
        {.sizes = {9}, .range = {{1, {0, 49}}}});
  check(R"(sizes [] strides [unit, unit, unit] aliases [-1] {
    ^bb0(%t: tensor<4x50xf16>, %i: tensor<19xi64>):
      %c = prim.take %t, %i axis 1 : tensor<4x50xf16>, tensor<19xi64> -> tensor<4x19xf16>
      plan.yield %c : tensor<4x19xf16>
    })",
        {.range = {{1, {0, 49}}}});
  check(R"(sizes ["n"] strides [unit, unit, unit] aliases [-1] {
    ^bb0(%t: tensor<4x?xf32, #prim.shape<4, "n">>, %i: tensor<4x19xi64>):
      %c = prim.take_along_axis %t, %i axis 1 : tensor<4x?xf32, #prim.shape<4, "n">>, tensor<4x19xi64> -> tensor<4x19xf32>
      plan.yield %c : tensor<4x19xf32>
    })",
        {.sizes = {30}, .range = {{1, {0, 29}}}});
  check(R"(sizes [] strides [unit, unit, unit] aliases [-1] {
    ^bb0(%t: tensor<3x5x6x18xf32>, %i: tensor<3x7x2xi64>):
      %c = prim.gather_nd %t, %i batch 1 : tensor<3x5x6x18xf32>, tensor<3x7x2xi64> -> tensor<3x7x18xf32>
      plan.yield %c : tensor<3x7x18xf32>
    })",
        {.range = {{1, {0, 4}}}});
}

TEST_F(Movement, IndexOutOfRangeIsAFault) {
  mlir::Type f32 = mlir::Float32Type::get(&context), i64 = mlir::IntegerType::get(&context, 64);
  auto table = Tensor::fromValues<float>({3}, f32, {1, 2, 3});
  const char *text = R"(sizes [] strides [unit, unit, unit] aliases [-1] {
    ^bb0(%t: tensor<3xf32>, %i: tensor<2xi64>):
      %c = prim.take %t, %i axis 0 : tensor<3xf32>, tensor<2xi64> -> tensor<2xf32>
      plan.yield %c : tensor<2xf32>
    })";
  for (auto [index, expected] : {std::pair<int64_t, uint32_t>{2, 0}, {3, 1}, {-1, 1}}) {
    fault = 0;
    run(text, {table, Tensor::fromValues<int64_t>({2}, i64, {0, index})});
    EXPECT_EQ(fault, expected) << index;
  }
  // Nothing can be taken of nothing, and nothing is read.
  fault = 0;
  run(R"(sizes ["n"] strides [unit, unit, unit] aliases [-1] {
    ^bb0(%t: tensor<?x33xf32, #prim.shape<"n", 33>>, %i: tensor<2xi64>):
      %c = prim.take %t, %i axis 0 : tensor<?x33xf32, #prim.shape<"n", 33>>, tensor<2xi64> -> tensor<2x33xf32>
      plan.yield %c : tensor<2x33xf32>
    })",
      {Tensor::allocate({0, 33}, f32), Tensor::fromValues<int64_t>({2}, i64, {0, 0})}, {0});
  EXPECT_EQ(fault, 1u);
}

TEST_F(Movement, UpdateSlice) {
  for (llvm::StringRef alias : {"-1", "0"})
    for (int64_t t : {0, 3})
      check("sizes [\"t\"] strides [unit, unit, unit] aliases [" + alias.str() + R"(] {
        ^bb0(%a: tensor<2x24x20xf32>, %u: tensor<2x5x20xf32>):
          %c = prim.update_slice %a, %u starts [0, "t", 0] : tensor<2x24x20xf32>, tensor<2x5x20xf32>
          plan.yield %c : tensor<2x24x20xf32>
        })",
            {.sizes = {t}});
}

TEST_F(Movement, Scalars) {
  check(R"(sizes ["s"] strides [unit, unit] aliases [-1] {
    ^bb0(%a: tensor<f32>):
      %b = prim.unary neg %a : tensor<f32> -> tensor<f32>
      plan.yield %b : tensor<f32>
    })",
        {.sizes = {3}});
}

} // namespace
} // namespace dsc::cpu::test
