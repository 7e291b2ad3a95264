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

/// The weights of each batch item's expert, read in place.
const char *const expertRows = R"(sizes ["t"] strides [unit, unit, unit, unit] aliases [-1] {
  ^bb0(%w: tensor<5x21x40xf32>, %i: tensor<?x1xi64, #prim.shape<"t", 1>>, %x: tensor<?x40x1xf32, #prim.shape<"t", 40, 1>>):
    %g = prim.gather_nd %w, %i batch 0 : tensor<5x21x40xf32>, tensor<?x1xi64, #prim.shape<"t", 1>> -> tensor<?x21x40xf32, #prim.shape<"t", 21, 40>>
    %c = prim.dot %g, %x batch [0] x [0] contract [2] x [1] : tensor<?x21x40xf32, #prim.shape<"t", 21, 40>>, tensor<?x40x1xf32, #prim.shape<"t", 40, 1>> -> tensor<?x21x1xf32, #prim.shape<"t", 21, 1>>
    plan.yield %c : tensor<?x21x1xf32, #prim.shape<"t", 21, 1>>
  })";

TEST_F(Dot, ChosenRows) {
  for (int64_t tokens : {0, 1, 7})
    check(expertRows,
          {.sizes = {tokens}, .range = {{1, {0, 4}}}, .absolute = 2e-5, .relative = 1e-5});
  // Columns in the lanes, several rows for an item, two indices, experts whose number is known at
  // run time only.
  check(R"(sizes ["e"] strides [unit, unit, unit, unit] aliases [-1] {
    ^bb0(%x: tensor<3x4x7xf32>, %w: tensor<?x2x7x33xf32, #prim.shape<"e", 2, 7, 33>>, %i: tensor<3x2xi64>):
      %g = prim.gather_nd %w, %i batch 0 : tensor<?x2x7x33xf32, #prim.shape<"e", 2, 7, 33>>, tensor<3x2xi64> -> tensor<3x7x33xf32>
      %c = prim.dot %x, %g batch [0] x [0] contract [2] x [1] : tensor<3x4x7xf32>, tensor<3x7x33xf32> -> tensor<3x4x33xf32>
      plan.yield %c : tensor<3x4x33xf32>
    })",
        {.sizes = {2}, .range = {{2, {0, 1}}}, .absolute = 2e-5, .relative = 1e-5});
  // Both operands chosen, one through a transpose, in 16 bits.
  check(R"(sizes [] strides [unit, unit, unit, unit, unit] aliases [-1] {
    ^bb0(%x: tensor<9x19xbf16>, %j: tensor<6xi64>, %w: tensor<4x19x24xbf16>, %i: tensor<6xi64>):
      %l = prim.take %x, %j axis 0 : tensor<9x19xbf16>, tensor<6xi64> -> tensor<6x19xbf16>
      %g = prim.take %w, %i axis 0 : tensor<4x19x24xbf16>, tensor<6xi64> -> tensor<6x19x24xbf16>
      %r = prim.transpose %g perm [2, 0, 1] : tensor<6x19x24xbf16> -> tensor<24x6x19xbf16>
      %c = prim.dot %l, %r batch [0] x [1] contract [1] x [2] : tensor<6x19xbf16>, tensor<24x6x19xbf16> -> tensor<6x24xf32>
      plan.yield %c : tensor<6x24xf32>
    })",
        {.range = {{1, {0, 8}}, {3, {0, 3}}}, .absolute = 1e-4, .relative = 1e-4});
}

TEST_F(Dot, ChosenRowsHaveTheBitsOfCopies) {
  mlir::Type f32 = mlir::Float32Type::get(&context), i64 = mlir::IntegerType::get(&context, 64);
  const std::vector<int64_t> ids{3, 0, 3, 4};
  Tensor w = Tensor::allocate({5, 21, 40}, f32), copies = Tensor::allocate({4, 21, 40}, f32),
         x = Tensor::allocate({4, 40, 1}, f32);
  std::uniform_real_distribution<float> reals(-2, 2);
  for (Tensor *tensor : {&w, &x})
    for (int64_t i = 0; i < tensor->getNumElements(); ++i)
      tensor->mutableData<float>()[i] = reals(random);
  for (size_t i = 0; i < ids.size(); ++i)
    std::copy_n(w.mutableData<float>() + ids[i] * 840, 840, copies.mutableData<float>() + i * 840);
  auto chosen = run(expertRows, {w, Tensor::fromValues<int64_t>({4, 1}, i64, ids), x}, {4});
  auto copied = run(R"(sizes ["t"] strides [unit, unit, unit] aliases [-1] {
    ^bb0(%g: tensor<?x21x40xf32, #prim.shape<"t", 21, 40>>, %x: tensor<?x40x1xf32, #prim.shape<"t", 40, 1>>):
      %c = prim.dot %g, %x batch [0] x [0] contract [2] x [1] : tensor<?x21x40xf32, #prim.shape<"t", 21, 40>>, tensor<?x40x1xf32, #prim.shape<"t", 40, 1>> -> tensor<?x21x1xf32, #prim.shape<"t", 21, 1>>
      plan.yield %c : tensor<?x21x1xf32, #prim.shape<"t", 21, 1>>
    })",
                    {copies, x}, {4});
  ASSERT_EQ(chosen.size(), copied.size());
  for (auto [a, b] : llvm::zip(chosen, copied))
    EXPECT_TRUE(a.bytes() == b.bytes());
}

TEST_F(Dot, ChosenRowOutOfRangeIsAFault) {
  mlir::Type f32 = mlir::Float32Type::get(&context), i64 = mlir::IntegerType::get(&context, 64);
  Tensor w = Tensor::allocate({5, 21, 40}, f32), x = Tensor::allocate({2, 40, 1}, f32);
  std::fill_n(w.mutableData<float>(), w.getNumElements(), 1.0f);
  std::fill_n(x.mutableData<float>(), x.getNumElements(), 1.0f);
  const int64_t far = int64_t(1) << 62;
  for (auto [index, expected] :
       {std::pair<int64_t, uint32_t>{4, 0}, {5, 1}, {-1, 1}, {far, 1}, {-far, 1}}) {
    fault = 0;
    run(expertRows, {w, Tensor::fromValues<int64_t>({2, 1}, i64, {0, index}), x}, {2});
    EXPECT_EQ(fault, expected) << index;
  }
  // No experts: nothing is read.
  fault = 0;
  run(R"(sizes ["e"] strides [unit, unit, unit, unit] aliases [-1] {
    ^bb0(%w: tensor<?x21x40xf32, #prim.shape<"e", 21, 40>>, %i: tensor<2xi64>, %x: tensor<2x40xf32>):
      %g = prim.take %w, %i axis 0 : tensor<?x21x40xf32, #prim.shape<"e", 21, 40>>, tensor<2xi64> -> tensor<2x21x40xf32>
      %c = prim.dot %g, %x batch [0] x [0] contract [2] x [1] : tensor<2x21x40xf32>, tensor<2x40xf32> -> tensor<2x21xf32>
      plan.yield %c : tensor<2x21xf32>
    })",
      {Tensor::allocate({0, 21, 40}, f32), Tensor::fromValues<int64_t>({2}, i64, {0, 0}),
       Tensor::allocate({2, 40}, f32)},
      {0});
  EXPECT_EQ(fault, 1u);
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
