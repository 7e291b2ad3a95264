// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/targets_cpu/KernelTest.h"

namespace dsc::cpu::test {
namespace {

using Scatter = KernelTest;

TEST_F(Scatter, RowsWithDuplicates) {
  for (llvm::StringRef kind : {"set", "add", "mul", "min", "max"})
    for (llvm::StringRef alias : {"-1", "0"})
      for (int64_t s : {0, 1, 23})
        check(
            "sizes [\"s\"] strides [unit, unit, unit, unit] aliases [" + alias.str() + R"(] {
          ^bb0(%x: tensor<8x37xi64>, %i: tensor<?x1xi64, #prim.shape<"s", 1>>, %u: tensor<?x37xi64, #prim.shape<"s", 37>>):
            %r = prim.scatter_nd )" +
                kind.str() +
                R"( %x, %i, %u axes [0] : tensor<8x37xi64>, tensor<?x1xi64, #prim.shape<"s", 1>>, tensor<?x37xi64, #prim.shape<"s", 37>>
            plan.yield %r : tensor<8x37xi64>
          })",
            {.sizes = {s}, .range = {{1, {0, 7}}}});
}

TEST_F(Scatter, AnyAxes) {
  check(R"(sizes [] strides [unit, unit, unit, unit] aliases [-1] {
    ^bb0(%x: tensor<8x3x20xf32>, %i: tensor<9x2xi64>, %u: tensor<9x3xf32>):
      %r = prim.scatter_nd set %x, %i, %u axes [2, 0] : tensor<8x3x20xf32>, tensor<9x2xi64>, tensor<9x3xf32>
      plan.yield %r : tensor<8x3x20xf32>
    })",
        {.range = {{1, {0, 7}}}});
  check(R"(sizes [] strides [unit, unit, unit, unit] aliases [-1] {
    ^bb0(%x: tensor<8x3xf32>, %i: tensor<2xi64>, %u: tensor<f32>):
      %r = prim.scatter_nd add %x, %i, %u axes [0, 1] : tensor<8x3xf32>, tensor<2xi64>, tensor<f32>
      plan.yield %r : tensor<8x3xf32>
    })",
        {.range = {{1, {0, 2}}}});
}

TEST_F(Scatter, AlongAxis) {
  for (llvm::StringRef kind : {"set", "add"})
    for (llvm::StringRef axis : {"0", "1"})
      for (llvm::StringRef alias : {"-1", "0"})
        check("sizes [] strides [unit, unit, unit, unit] aliases [" + alias.str() + R"(] {
          ^bb0(%x: tensor<9x20xi32>, %i: tensor<7x6xi64>, %u: tensor<7x6xi32>):
            %r = prim.scatter_along_axis )" +
                  kind.str() + " %x, %i, %u axis " + axis.str() +
                  R"( : tensor<9x20xi32>, tensor<7x6xi64>, tensor<7x6xi32>
            plan.yield %r : tensor<9x20xi32>
          })",
              {.range = {{1, {0, 8}}}});
}

TEST_F(Scatter, OutOfRangeIsAFault) {
  mlir::Type f32 = mlir::Float32Type::get(&context), i64 = mlir::IntegerType::get(&context, 64);
  auto x = Tensor::fromValues<float>({3}, f32, {1, 2, 3}),
       u = Tensor::fromValues<float>({1}, f32, {9});
  fault = 0;
  run(R"(sizes [] strides [unit, unit, unit, unit] aliases [-1] {
    ^bb0(%x: tensor<3xf32>, %i: tensor<1x1xi64>, %u: tensor<1xf32>):
      %r = prim.scatter_nd set %x, %i, %u axes [0] : tensor<3xf32>, tensor<1x1xi64>, tensor<1xf32>
      plan.yield %r : tensor<3xf32>
    })",
      {x, Tensor::fromValues<int64_t>({1, 1}, i64, {3}), u});
  EXPECT_EQ(fault, 1u);
}

} // namespace
} // namespace dsc::cpu::test
