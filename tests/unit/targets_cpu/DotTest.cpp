// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/targets_cpu/KernelTest.h"

namespace dsc::cpu::test {
namespace {

using Dot = KernelTest;

const Case close{.absolute = 2e-5, .relative = 1e-5};

TEST_F(Dot, ColumnsInLanes) {
  for (int64_t rows : {1, 2, 5, 6, 7, 13})
    check(R"(sizes ["m"] strides [unit, unit, unit] aliases [-1] {
      ^bb0(%a: tensor<?x37xf32, #prim.shape<"m", 37>>, %b: tensor<37x100xf32>):
        %c = prim.dot %a, %b batch [] x [] contract [1] x [0] : tensor<?x37xf32, #prim.shape<"m", 37>>, tensor<37x100xf32> -> tensor<?x100xf32, #prim.shape<"m", 100>>
        plan.yield %c : tensor<?x100xf32, #prim.shape<"m", 100>>
      })",
          {.sizes = {rows}, .absolute = 2e-5, .relative = 1e-5});
}

TEST_F(Dot, SymbolicSizes) {
  for (auto [m, k, n] : {std::tuple<int64_t, int64_t, int64_t>{1, 1, 1},
                         {0, 3, 4},
                         {3, 0, 4},
                         {3, 4, 0},
                         {17, 33, 65},
                         {6, 64, 130}})
    check(R"(sizes ["m", "k", "n"] strides [unit, unit, unit] aliases [-1] {
      ^bb0(%a: tensor<?x?xf32, #prim.shape<"m", "k">>, %b: tensor<?x?xf32, #prim.shape<"k", "n">>):
        %c = prim.dot %a, %b batch [] x [] contract [1] x [0] : tensor<?x?xf32, #prim.shape<"m", "k">>, tensor<?x?xf32, #prim.shape<"k", "n">> -> tensor<?x?xf32, #prim.shape<"m", "n">>
        plan.yield %c : tensor<?x?xf32, #prim.shape<"m", "n">>
      })",
          {.sizes = {m, k, n}, .absolute = 2e-5, .relative = 1e-5});
}

TEST_F(Dot, ContractedInLanes) {
  for (int64_t rows : {1, 3, 9})
    for (llvm::StringRef k : {"64", "37", "3"}) {
      std::string text = R"(sizes ["m"] strides [unit, unit, unit] aliases [-1] {
      ^bb0(%a: tensor<?xKxf32, #prim.shape<"m", K>>, %b: tensor<21xKxf32>):
        %c = prim.dot %a, %b batch [] x [] contract [1] x [1] : tensor<?xKxf32, #prim.shape<"m", K>>, tensor<21xKxf32> -> tensor<?x21xf32, #prim.shape<"m", 21>>
        plan.yield %c : tensor<?x21xf32, #prim.shape<"m", 21>>
      })";
      for (size_t at; (at = text.find('K')) != std::string::npos;)
        text.replace(at, 1, k.str());
      check(text, {.sizes = {rows}, .absolute = 2e-5, .relative = 1e-5});
    }
}

TEST_F(Dot, BatchesHeadsAndStrides) {
  // Queries and keys as [batch, position, head, width].
  check(R"(sizes ["s", "t", "c"] strides [unit, #prim.shape<"48*c", 48, 24, 1>, unit] aliases [-1] {
    ^bb0(%q: tensor<2x?x2x24xf32, #prim.shape<2, "s", 2, 24>>, %k: tensor<2x?x2x24xf32, #prim.shape<2, "t", 2, 24>>):
      %c = prim.dot %q, %k batch [0, 2] x [0, 2] contract [3] x [3] : tensor<2x?x2x24xf32, #prim.shape<2, "s", 2, 24>>, tensor<2x?x2x24xf32, #prim.shape<2, "t", 2, 24>> -> tensor<2x2x?x?xf32, #prim.shape<2, 2, "s", "t">>
      plan.yield %c : tensor<2x2x?x?xf32, #prim.shape<2, 2, "s", "t">>
    })",
        {.sizes = {5, 19, 32}, .absolute = 2e-5, .relative = 1e-5});
  check(R"(sizes ["s", "t"] strides [unit, unit, unit] aliases [-1] {
    ^bb0(%p: tensor<2x2x?x?xf32, #prim.shape<2, 2, "s", "t">>, %v: tensor<2x?x2x24xf32, #prim.shape<2, "t", 2, 24>>):
      %c = prim.dot %p, %v batch [0, 1] x [0, 2] contract [3] x [1] : tensor<2x2x?x?xf32, #prim.shape<2, 2, "s", "t">>, tensor<2x?x2x24xf32, #prim.shape<2, "t", 2, 24>> -> tensor<2x2x?x24xf32, #prim.shape<2, 2, "s", 24>>
      plan.yield %c : tensor<2x2x?x24xf32, #prim.shape<2, 2, "s", 24>>
    })",
        {.sizes = {5, 19}, .absolute = 2e-5, .relative = 1e-5});
}

TEST_F(Dot, SeveralContractedAndOperandTrees) {
  check(R"(sizes [] strides [unit, unit, unit] aliases [-1] {
    ^bb0(%a: tensor<3x5x6xf32>, %b: tensor<6x20x5xf32>):
      %e = prim.unary exp %a : tensor<3x5x6xf32> -> tensor<3x5x6xf32>
      %t = prim.transpose %b perm [0, 2, 1] : tensor<6x20x5xf32> -> tensor<6x5x20xf32>
      %c = prim.dot %e, %t batch [] x [] contract [1, 2] x [1, 0] : tensor<3x5x6xf32>, tensor<6x5x20xf32> -> tensor<3x20xf32>
      plan.yield %c : tensor<3x20xf32>
    })",
        {.absolute = 2e-4, .relative = 1e-5});
  check(R"(sizes [] strides [unit, unit, unit] aliases [-1] {
    ^bb0(%a: tensor<3x37xf32>, %b: tensor<20x37xf32>):
      %e = prim.unary exp %a : tensor<3x37xf32> -> tensor<3x37xf32>
      %r = prim.unary reciprocal %b : tensor<20x37xf32> -> tensor<20x37xf32>
      %c = prim.dot %e, %r batch [] x [] contract [1] x [1] : tensor<3x37xf32>, tensor<20x37xf32> -> tensor<3x20xf32>
      plan.yield %c : tensor<3x20xf32>
    })",
        {.absolute = 1e-2, .relative = 1e-4});
}

TEST_F(Dot, Epilogue) {
  check(R"(sizes [] strides [unit, unit, unit, unit] aliases [-1] {
    ^bb0(%a: tensor<7x20xf32>, %b: tensor<20x33xf32>, %bias: tensor<33xf32>):
      %c = prim.dot %a, %b batch [] x [] contract [1] x [0] : tensor<7x20xf32>, tensor<20x33xf32> -> tensor<7x33xf32>
      %d = prim.broadcast %bias axes [1] : tensor<33xf32> -> tensor<7x33xf32>
      %e = prim.binary add %c, %d : tensor<7x33xf32>
      plan.yield %e : tensor<7x33xf32>
    })",
        close);
}

TEST_F(Dot, SmallFloatsAndIntegers) {
  check(R"(sizes [] strides [unit, unit, unit] aliases [-1] {
    ^bb0(%a: tensor<7x20xbf16>, %b: tensor<20x33xbf16>):
      %c = prim.dot %a, %b batch [] x [] contract [1] x [0] : tensor<7x20xbf16>, tensor<20x33xbf16> -> tensor<7x33xbf16>
      plan.yield %c : tensor<7x33xbf16>
    })",
        {.absolute = 1e-4, .relative = 8e-3});
  check(R"(sizes [] strides [unit, unit, unit] aliases [-1] {
    ^bb0(%a: tensor<7x20xf16>, %b: tensor<33x20xf16>):
      %c = prim.dot %a, %b batch [] x [] contract [1] x [1] : tensor<7x20xf16>, tensor<33x20xf16> -> tensor<7x33xf16>
      plan.yield %c : tensor<7x33xf16>
    })",
        {.absolute = 1e-4, .relative = 1e-3});
  check(R"(sizes [] strides [unit, unit, unit] aliases [-1] {
    ^bb0(%a: tensor<7x20xi8>, %b: tensor<20x33xi8>):
      %c = prim.dot %a, %b batch [] x [] contract [1] x [0] : tensor<7x20xi8>, tensor<20x33xi8> -> tensor<7x33xi32>
      plan.yield %c : tensor<7x33xi32>
    })",
        {.range = {{0, {-128, 127}}, {1, {-128, 127}}}});
  check(R"(sizes [] strides [unit, unit, unit] aliases [-1] {
    ^bb0(%a: tensor<20xf64>, %b: tensor<20xf64>):
      %c = prim.dot %a, %b batch [] x [] contract [0] x [0] : tensor<20xf64>, tensor<20xf64> -> tensor<f64>
      plan.yield %c : tensor<f64>
    })",
        {.relative = 1e-13});
}

TEST_F(Dot, RowsDoNotInfluenceEachOther) {
  auto text = [](llvm::StringRef form) {
    bool inner = form == "inner";
    return std::string(R"(sizes ["m"] strides [unit, unit, unit] aliases [-1] {
      ^bb0(%a: tensor<?x70xf32, #prim.shape<"m", 70>>, %b: tensor<)") +
           (inner ? "48x70" : "70x48") +
           R"(xf32>): %c = prim.dot %a, %b batch [] x [] contract [1] x [)" + (inner ? "1" : "0") +
           R"(] : tensor<?x70xf32, #prim.shape<"m", 70>>, tensor<)" + (inner ? "48x70" : "70x48") +
           R"(xf32> -> tensor<?x48xf32, #prim.shape<"m", 48>>
        plan.yield %c : tensor<?x48xf32, #prim.shape<"m", 48>>
      })";
  };
  std::uniform_real_distribution<float> reals(-1, 1);
  mlir::Type f32 = mlir::Float32Type::get(&context);
  std::vector<float> a(15 * 70), b(70 * 48);
  for (float &v : a)
    v = reals(random);
  for (float &v : b)
    v = reals(random);
  for (llvm::StringRef form : {"inner", "columns"}) {
    Tensor weights = Tensor::fromValues<float>(form == "inner" ? llvm::ArrayRef<int64_t>{48, 70}
                                                               : llvm::ArrayRef<int64_t>{70, 48},
                                               f32, b);
    auto all = run(text(form), {Tensor::fromValues<float>({15, 70}, f32, a), weights}, {15});
    for (int64_t r = 0; r < 15; ++r) {
      auto one = run(
          text(form),
          {Tensor::fromValues<float>({1, 70}, f32, llvm::ArrayRef(a).slice(r * 70, 70)), weights},
          {1});
      EXPECT_EQ(all[0].values<float>().slice(r * 48, 48), one[0].values<float>()) << "row " << r;
    }
  }
}

} // namespace
} // namespace dsc::cpu::test
