// SPDX-License-Identifier: Apache-2.0
// Contractions against weights in panels, of every orientation, and the bits of their rows.
#include "dialects/plan/Panels.h"
#include "tests/unit/targets_cpu/KernelTest.h"
#include "llvm/Support/FormatVariadic.h"

namespace dsc::cpu::test {
namespace {

using Panels = KernelTest;

std::string replaceAll(std::string text, llvm::StringRef word, llvm::StringRef by) {
  for (size_t at = 0; (at = text.find(word.str(), at)) != std::string::npos; at += by.size())
    text.replace(at, word.size(), by.str());
  return text;
}

/// Rows of x against K x N columns in panels of width W.
const char *const linear = R"(sizes ["m"] strides [unit, #plan.panels<columns = 1, contracted = [0], width = WIDTH, group = 1>, unit] aliases [-1] {
  ^bb0(%a: tensor<?x37xf32, #prim.shape<"m", 37>>, %b: tensor<37xNNxf32>):
    %c = prim.dot %a, %b batch [] x [] contract [1] x [0] : tensor<?x37xf32, #prim.shape<"m", 37>>, tensor<37xNNxf32> -> tensor<?xNNxf32, #prim.shape<"m", NN>>
    plan.yield %c : tensor<?xNNxf32, #prim.shape<"m", NN>>
  })";

TEST_F(Panels, WidthsAndRows) {
  for (auto [columns, width] :
       {std::pair<const char *, const char *>{"100", "64"}, {"96", "48"}, {"32", "32"}, {"16", "16"}, {"5", "8"}, {"4", "4"}})
    for (int64_t rows : {0, 1, 2, 3, 5, 6, 7, 16})
      check(replaceAll(replaceAll(linear, "WIDTH", width), "NN", columns),
            {.sizes = {rows}, .absolute = 2e-5, .relative = 1e-5});
}

TEST_F(Panels, RowsOfTheWeightAndSeveralDimensionsOfRows) {
  // [N, K], rows of two dimensions as in [batch, sequence, K], and an epilogue.
  for (auto [b, s] : {std::pair<int64_t, int64_t>{1, 1}, {3, 5}, {8, 1}, {2, 0}})
    check(R"(sizes ["b", "s"] strides [unit, #plan.panels<columns = 0, contracted = [1], width = 64, group = 1>, unit, unit] aliases [-1] {
    ^bb0(%a: tensor<?x?x24xf32, #prim.shape<"b", "s", 24>>, %w: tensor<70x24xf32>, %bias: tensor<70xf32>):
      %c = prim.dot %a, %w batch [] x [] contract [2] x [1] : tensor<?x?x24xf32, #prim.shape<"b", "s", 24>>, tensor<70x24xf32> -> tensor<?x?x70xf32, #prim.shape<"b", "s", 70>>
      %d = prim.broadcast %bias axes [2] : tensor<70xf32> -> tensor<?x?x70xf32, #prim.shape<"b", "s", 70>>
      %e = prim.binary add %c, %d : tensor<?x?x70xf32, #prim.shape<"b", "s", 70>>
      plan.yield %e : tensor<?x?x70xf32, #prim.shape<"b", "s", 70>>
    })",
          {.sizes = {b, s}, .absolute = 2e-5, .relative = 1e-5});
}

TEST_F(Panels, WeightOnTheLeft) {
  for (int64_t columns : {1, 7})
    check(R"(sizes ["m"] strides [#plan.panels<columns = 0, contracted = [1], width = 48, group = 1>, unit, unit] aliases [-1] {
    ^bb0(%w: tensor<41x19xf32>, %x: tensor<19x?xf32, #prim.shape<19, "m">>):
      %c = prim.dot %w, %x batch [] x [] contract [1] x [0] : tensor<41x19xf32>, tensor<19x?xf32, #prim.shape<19, "m">> -> tensor<41x?xf32, #prim.shape<41, "m">>
      plan.yield %c : tensor<41x?xf32, #prim.shape<41, "m">>
    })",
          {.sizes = {columns}, .absolute = 2e-5, .relative = 1e-5});
}

TEST_F(Panels, HeadsSlicesAndTransposes) {
  // Of each head's 48 rows the last 16, transposed: heads are outer, the cut begins at a panel.
  check(R"(sizes ["s"] strides [unit, #plan.panels<columns = 1, contracted = [2], width = 16, group = 1>, unit] aliases [-1] {
    ^bb0(%c: tensor<3x?x20xf32, #prim.shape<3, "s", 20>>, %w: tensor<3x48x20xf32>):
      %v = prim.slice %w starts [0, 32, 0] steps [1, 1, 1] : tensor<3x48x20xf32> -> tensor<3x16x20xf32>
      %t = prim.transpose %v perm [0, 2, 1] : tensor<3x16x20xf32> -> tensor<3x20x16xf32>
      %r = prim.dot %c, %t batch [0] x [0] contract [2] x [1] : tensor<3x?x20xf32, #prim.shape<3, "s", 20>>, tensor<3x20x16xf32> -> tensor<3x?x16xf32, #prim.shape<3, "s", 16>>
      plan.yield %r : tensor<3x?x16xf32, #prim.shape<3, "s", 16>>
    })",
        {.sizes = {5}, .absolute = 2e-5, .relative = 1e-5});
  // Two contracted dimensions, of which a part is read, and two free ones.
  check(R"(sizes [] strides [unit, #plan.panels<columns = 3, contracted = [0, 2], width = 32, group = 1>, unit] aliases [-1] {
    ^bb0(%x: tensor<5x3x4xf32>, %w: tensor<6x2x4x30xf32>):
      %v = prim.slice %w starts [2, 0, 0, 0] steps [1, 1, 1, 1] : tensor<6x2x4x30xf32> -> tensor<3x2x4x30xf32>
      %r = prim.dot %x, %v batch [] x [] contract [1, 2] x [0, 2] : tensor<5x3x4xf32>, tensor<3x2x4x30xf32> -> tensor<5x2x30xf32>
      plan.yield %r : tensor<5x2x30xf32>
    })",
        {.absolute = 2e-5, .relative = 1e-5});
}

TEST_F(Panels, ChosenExperts) {
  for (int64_t tokens : {0, 1, 7}) {
    check(R"(sizes ["t"] strides [#plan.panels<columns = 1, contracted = [2], width = 32, group = 1>, unit, unit, unit] aliases [-1] {
    ^bb0(%w: tensor<5x21x40xf32>, %i: tensor<?x1xi64, #prim.shape<"t", 1>>, %x: tensor<?x40x1xf32, #prim.shape<"t", 40, 1>>):
      %g = prim.gather_nd %w, %i batch 0 : tensor<5x21x40xf32>, tensor<?x1xi64, #prim.shape<"t", 1>> -> tensor<?x21x40xf32, #prim.shape<"t", 21, 40>>
      %c = prim.dot %g, %x batch [0] x [0] contract [2] x [1] : tensor<?x21x40xf32, #prim.shape<"t", 21, 40>>, tensor<?x40x1xf32, #prim.shape<"t", 40, 1>> -> tensor<?x21x1xf32, #prim.shape<"t", 21, 1>>
      plan.yield %c : tensor<?x21x1xf32, #prim.shape<"t", 21, 1>>
    })",
          {.sizes = {tokens}, .range = {{1, {0, 4}}}, .absolute = 2e-5, .relative = 1e-5});
    check(R"(sizes ["t"] strides [unit, unit, #plan.panels<columns = 2, contracted = [1], width = 16, group = 1>, unit] aliases [-1] {
    ^bb0(%x: tensor<?x19xbf16, #prim.shape<"t", 19>>, %i: tensor<?xi64, #prim.shape<"t">>, %w: tensor<4x19x24xbf16>):
      %g = prim.take %w, %i axis 0 : tensor<4x19x24xbf16>, tensor<?xi64, #prim.shape<"t">> -> tensor<?x19x24xbf16, #prim.shape<"t", 19, 24>>
      %c = prim.dot %x, %g batch [0] x [0] contract [1] x [1] : tensor<?x19xbf16, #prim.shape<"t", 19>>, tensor<?x19x24xbf16, #prim.shape<"t", 19, 24>> -> tensor<?x24xbf16, #prim.shape<"t", 24>>
      plan.yield %c : tensor<?x24xbf16, #prim.shape<"t", 24>>
    })",
          {.sizes = {tokens}, .range = {{1, {0, 3}}}, .absolute = 1e-4, .relative = 8e-3});
  }
}

TEST_F(Panels, SmallFloatsWiden) {
  for (const char *type : {"bf16", "f16"})
    check(replaceAll(replaceAll(replaceAll(linear, "WIDTH", "64"), "NN", "70"), "f32", type),
          {.sizes = {7}, .absolute = 1e-3, .relative = 8e-3});
}

/// The instruction for pairs of bf16: close to the exact sums, and the same bits for a row alone and beside others.
TEST_F(Panels, PairsOfBf16) {
  if (!hostHasBf16Dot())
    GTEST_SKIP() << "this processor has no bf16 dot instruction";
  mlir::Type bf16 = mlir::BFloat16Type::get(&context);
  const char *const text = R"(sizes ["m"] strides [unit, #plan.panels<columns = 0, contracted = [1], width = 48, group = 2>, unit] aliases [-1] {
  ^bb0(%a: tensor<?x38xbf16, #prim.shape<"m", 38>>, %b: tensor<70x38xbf16>):
    %c = prim.dot %a, %b batch [] x [] contract [1] x [1] : tensor<?x38xbf16, #prim.shape<"m", 38>>, tensor<70x38xbf16> -> tensor<?x70xf32, #prim.shape<"m", 70>>
    plan.yield %c : tensor<?x70xf32, #prim.shape<"m", 70>>
  })";
  auto asFloat = [](uint16_t bits) { return llvm::bit_cast<float>(uint32_t(bits) << 16); };
  std::uniform_real_distribution<float> reals(-2, 2);
  Tensor w = Tensor::allocate({70, 38}, bf16), x = Tensor::allocate({13, 38}, bf16);
  for (Tensor *tensor : {&w, &x})
    for (int64_t i = 0; i < tensor->getNumElements(); ++i)
      tensor->mutableData<uint16_t>()[i] = llvm::bit_cast<uint32_t>(reals(random)) >> 16;
  auto module = parse(text);
  auto all = run(*module, bf16DotIsa, {x, w}, {13});
  ASSERT_EQ(all.size(), 1u);
  for (int64_t m = 0; m < 13; ++m)
    for (int64_t n = 0; n < 70; ++n) {
      double sum = 0;
      for (int64_t k = 0; k < 38; ++k)
        sum += double(asFloat(x.values<uint16_t>()[m * 38 + k])) * asFloat(w.values<uint16_t>()[n * 38 + k]);
      EXPECT_NEAR(all[0].values<float>()[m * 70 + n], sum, 1e-4);
    }
  for (int64_t rows : {1, 2, 5}) {
    Tensor part = Tensor::allocate({rows, 38}, bf16);
    std::copy_n(x.mutableData<uint16_t>(), rows * 38, part.mutableData<uint16_t>());
    auto got = run(*module, bf16DotIsa, {part, w}, {rows});
    EXPECT_EQ(memcmp(got[0].bytes().data(), all[0].bytes().data(), rows * 70 * sizeof(float)), 0) << rows;
  }
}

/// One chain of multiply-adds with the contracted index ascending, whatever the rows beside: the bits of every row
/// are those of the row alone, and of fmaf in a loop.
TEST_F(Panels, RowsHaveTheBitsOfOneRow) {
  mlir::Type f32 = mlir::Float32Type::get(&context);
  std::string text = replaceAll(replaceAll(linear, "WIDTH", "64"), "NN", "100");
  std::uniform_real_distribution<float> reals(-2, 2);
  Tensor w = Tensor::allocate({37, 100}, f32), x = Tensor::allocate({23, 37}, f32);
  for (Tensor *tensor : {&w, &x})
    for (int64_t i = 0; i < tensor->getNumElements(); ++i)
      tensor->mutableData<float>()[i] = reals(random);
  std::vector<float> want(23 * 100);
  for (int64_t m = 0; m < 23; ++m)
    for (int64_t n = 0; n < 100; ++n) {
      float sum = 0;
      for (int64_t k = 0; k < 37; ++k)
        sum = std::fma(x.values<float>()[m * 37 + k], w.values<float>()[k * 100 + n], sum);
      want[m * 100 + n] = sum;
    }
  auto module = parse(text);
  for (llvm::StringRef isa : isas())
    for (int64_t rows : {1, 2, 4, 5, 6, 23}) {
      Tensor part = Tensor::allocate({rows, 37}, f32);
      std::copy_n(x.mutableData<float>(), rows * 37, part.mutableData<float>());
      auto got = run(*module, isa, {part, w}, {rows});
      ASSERT_EQ(got.size(), 1u);
      EXPECT_EQ(memcmp(got[0].bytes().data(), want.data(), rows * 100 * sizeof(float)), 0) << isa.str() << " " << rows;
    }
}

const char *const groupRows = R"k(sizes ["p"] strides [unit, unit, unit, unit] aliases [-1, -1, -1] {
  ^bb0(%i: tensor<?x1xi64, #prim.shape<"p", 1>>):
    %o, %g, %e = plan.group_rows %i of 5 most 3 : tensor<?x1xi64, #prim.shape<"p", 1>> -> tensor<?xi32, #prim.shape<"p">>, tensor<?x2xi32, #prim.shape<"floordiv(p, 3) + min(p, 5)", 2>>, tensor<6xi32>
    plan.yield %o, %g, %e : tensor<?xi32, #prim.shape<"p">>, tensor<?x2xi32, #prim.shape<"floordiv(p, 3) + min(p, 5)", 2>>, tensor<6xi32>
  })k";

/// The rows of each matrix in their order, in groups of three at most.
TEST_F(Panels, RowsAreGroupedByMatrix) {
  mlir::Type i64 = mlir::IntegerType::get(&context, 64);
  auto groupsOf = [&](const std::vector<int64_t> &ids) {
    return run(groupRows, {Tensor::fromValues<int64_t>({int64_t(ids.size()), 1}, i64, ids)}, {int64_t(ids.size())});
  };
  auto got = groupsOf({4, 0, 4, 1, 4, 4, 0, 4});
  EXPECT_EQ(got[0].values<int32_t>(), llvm::ArrayRef<int32_t>({1, 6, 3, 0, 2, 4, 5, 7}));
  EXPECT_EQ(got[1].values<int32_t>(), llvm::ArrayRef<int32_t>({0, 2, 2, 1, 3, 3, 6, 2, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(fault, 0u);
  EXPECT_EQ(groupsOf({}).at(0).getNumElements(), 0);
  EXPECT_EQ(groupsOf({3, 3, 3}).at(1).values<int32_t>(), llvm::ArrayRef<int32_t>({0, 3, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(fault, 0u);
  groupsOf({1, 5});
  EXPECT_EQ(fault, 1u);
}

/// A contraction by groups gives the bits of one row after another.
TEST_F(Panels, GroupedRowsHaveTheBitsOfSingleOnes) {
  const std::string body = R"(
    %w2 = prim.gather_nd %w, %c batch 0 : tensor<5x21x40xf32>, tensor<?x1xi64, #prim.shape<"p", 1>> -> tensor<?x21x40xf32, #prim.shape<"p", 21, 40>>
    %r = prim.dot %w2, %x batch [0] x [0] contract [2] x [1] : tensor<?x21x40xf32, #prim.shape<"p", 21, 40>>, tensor<?x40x1xf32, #prim.shape<"p", 40, 1>> -> tensor<?x21x1xf32, #prim.shape<"p", 21, 1>>
    plan.yield %r : tensor<?x21x1xf32, #prim.shape<"p", 21, 1>>
  })";
  const std::string inputs = R"(%w: tensor<5x21x40xf32>, %i: tensor<?x1xi64, #prim.shape<"p", 1>>, %x: tensor<?x40x1xf32, #prim.shape<"p", 40, 1>>)";
  const std::string single = R"(sizes ["p"] strides [#plan.panels<columns = 1, contracted = [2], width = 32, group = 1>, unit, unit, unit] aliases [-1] {
    ^bb0()" + inputs + "):" + replaceAll(body, "%c ", "%i ");
  const std::string grouped = R"(sizes ["p"] strides [#plan.panels<columns = 1, contracted = [2], width = 32, group = 1>, unit, unit, unit, unit, unit] aliases [-1] {
    ^bb0()" + inputs + R"k(, %o: tensor<?xi32, #prim.shape<"p">>, %g: tensor<?x2xi32, #prim.shape<"floordiv(p, 3) + min(p, 5)", 2>>):
    %c = plan.in_groups %i by %o, %g : tensor<?x1xi64, #prim.shape<"p", 1>>, tensor<?xi32, #prim.shape<"p">>, tensor<?x2xi32, #prim.shape<"floordiv(p, 3) + min(p, 5)", 2>>)k" + body;
  mlir::Type f32 = mlir::Float32Type::get(&context), i64 = mlir::IntegerType::get(&context, 64);
  std::uniform_real_distribution<float> reals(-2, 2);
  Tensor w = Tensor::allocate({5, 21, 40}, f32);
  for (float *p = w.mutableData<float>(), *end = p + w.getNumElements(); p != end; ++p)
    *p = reals(random);
  for (int64_t rows : {0, 1, 6, 29}) {
    std::vector<int64_t> chosen(rows);
    for (int64_t &id : chosen)
      id = random() % 5;
    Tensor ids = Tensor::fromValues<int64_t>({rows, 1}, i64, chosen), x = Tensor::allocate({rows, 40, 1}, f32);
    for (int64_t i = 0; i < x.getNumElements(); ++i)
      x.mutableData<float>()[i] = reals(random);
    auto groups = run(groupRows, {ids}, {rows});
    auto want = run(single, {w, ids, x}, {rows}), got = run(grouped, {w, ids, x, groups[0], groups[1]}, {rows});
    ASSERT_EQ(got.size(), 1u);
    EXPECT_TRUE(got[0].bytes() == want[0].bytes()) << rows << " rows";
    EXPECT_EQ(fault, 0u);
  }
}

TEST(PanelLayout, PadsAndGroups) {
  mlir::MLIRContext context;
  context.loadDialect<plan::PlanDialect>();
  auto layout = plan::PanelsAttr::get(&context, 1, {0}, 2, 2);
  plan::PanelLayout sizes(layout, mlir::RankedTensorType::get({3, 3}, mlir::IntegerType::get(&context, 8)));
  EXPECT_EQ(sizes.getNumPanels(), 2);
  ASSERT_EQ(sizes.getPanelBytes(), 8);
  const std::vector<char> source{1, 2, 3, 4, 5, 6, 7, 8, 9};
  std::vector<char> panel(8, 55);
  sizes.pack(source, 0, panel);
  EXPECT_EQ(panel, (std::vector<char>{1, 4, 2, 5, 7, 0, 8, 0}));
  sizes.pack(source, 1, panel);
  EXPECT_EQ(panel, (std::vector<char>{3, 6, 0, 0, 9, 0, 0, 0}));
}

TEST(PanelLayout, WidthsWasteLittle) {
  for (auto [columns, width] : {std::pair<int64_t, int64_t>{1408, 64}, {1400, 64}, {576, 64}, {80, 48}, {96, 48}, {24, 32}, {9, 16}, {4, 4}})
    EXPECT_EQ(plan::choosePanelWidth(columns), width) << columns;
}

} // namespace
} // namespace dsc::cpu::test
