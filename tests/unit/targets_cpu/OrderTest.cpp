// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/targets_cpu/KernelTest.h"

namespace dsc::cpu::test {
namespace {

using Order = KernelTest;

TEST_F(Order, TopK) {
  for (llvm::StringRef largest : {"", " largest"})
    for (llvm::StringRef type : {"i64", "f32", "f16"})
      for (llvm::StringRef k : {"0", "1", "6", "37"}) {
        // Small integers: many ties.
        std::string from = "tensor<5x37x" + type.str() + ">",
                    values = "tensor<5x" + k.str() + "x" + type.str() + ">",
                    indices = "tensor<5x" + k.str() + "xi64>";
        check("sizes [] strides [unit, unit, unit] aliases [-1, -1] {\n^bb0(%a: " + from +
              "):\n"
              "  %v, %i = prim.top_k %a" +
              largest.str() + " : " + from + " -> " + values + ", " + indices +
              "\n"
              "  plan.yield %v, %i : " +
              values + ", " + indices + "\n}");
      }
  check(R"(sizes ["s", "k"] strides [unit, unit, unit] aliases [-1, -1] {
    ^bb0(%a: tensor<3x?xi32, #prim.shape<3, "s">>):
      %v, %i = prim.top_k %a largest : tensor<3x?xi32, #prim.shape<3, "s">> -> tensor<3x?xi32, #prim.shape<3, "k">>, tensor<3x?xi64, #prim.shape<3, "k">>
      plan.yield %v, %i : tensor<3x?xi32, #prim.shape<3, "k">>, tensor<3x?xi64, #prim.shape<3, "k">>
    })",
        {.sizes = {1000, 700}});
}

TEST_F(Order, NaNIsTheLargest) {
  mlir::Type f32 = mlir::Float32Type::get(&context);
  auto x = Tensor::fromValues<float>({5}, f32, {1, NAN, INFINITY, NAN, -1});
  auto sorted = [&](llvm::StringRef largest) {
    auto r =
        run("sizes [] strides [unit, unit, unit] aliases [-1, -1] {\n^bb0(%a: tensor<5xf32>):\n"
            "  %v, %i = prim.top_k %a" +
                largest.str() +
                " : tensor<5xf32> -> tensor<5xf32>, tensor<5xi64>\n"
                "  plan.yield %v, %i : tensor<5xf32>, tensor<5xi64>\n}",
            {x});
    return r[1].values<int64_t>().vec();
  };
  EXPECT_EQ(sorted(" largest"), (std::vector<int64_t>{1, 3, 2, 0, 4}));
  EXPECT_EQ(sorted(""), (std::vector<int64_t>{4, 0, 2, 1, 3}));
}

TEST_F(Order, NonZero) {
  mlir::Type i1 = mlir::IntegerType::get(&context, 1);
  auto x = Tensor::fromValues<uint8_t>({2, 4}, i1, {0, 1, 1, 0, 1, 0, 0, 1});
  auto r = run(R"(sizes ["n"] strides [unit, unit] aliases [-1] {
    ^bb0(%a: tensor<2x4xi1>):
      %r = prim.nonzero %a : tensor<2x4xi1> -> tensor<2x?xi64, #prim.shape<2, "n">>
      plan.yield %r : tensor<2x?xi64, #prim.shape<2, "n">>
    })",
               {x}, {4});
  EXPECT_EQ(r[0].values<int64_t>(), llvm::ArrayRef<int64_t>({0, 0, 1, 1, 1, 2, 0, 3}));
}

} // namespace
} // namespace dsc::cpu::test
