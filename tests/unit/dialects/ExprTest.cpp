// SPDX-License-Identifier: Apache-2.0
// The normal form, the prover and the text form of integer expressions.
#include "dialects/prim/Expr.h"
#include "dialects/prim/Prim.h"
#include "mlir/IR/MLIRContext.h"
#include <gtest/gtest.h>
#include <random>

using namespace dsc::prim;

namespace {

class ExprTest : public testing::Test {
protected:
  ExprTest() { context.loadDialect<PrimDialect>(); }

  Expr parse(llvm::StringRef text) {
    std::string error;
    Expr e = parseExpr(&context, text, &error);
    EXPECT_TRUE(e) << text.str() << ": " << error;
    return e;
  }
  std::string normal(llvm::StringRef text) { return toString(parse(text)); }

  mlir::MLIRContext context;
};

TEST_F(ExprTest, EqualPolynomialsAreOneObject) {
  EXPECT_EQ(parse("past + seq"), parse("seq + past"));
  EXPECT_EQ(parse("2*s70*s72"), parse("s72*s70 + s70*s72"));
  EXPECT_EQ(parse("(a + b)*(a - b)"), parse("a*a - b*b"));
  EXPECT_EQ(normal("s0 - s0"), "0");
  EXPECT_EQ(normal("3 + s0 - 5"), "s0 - 2");
}

TEST_F(ExprTest, DivisionSplitsExactMultiples) {
  EXPECT_EQ(normal("(4*s0 + 3) // 4"), "s0");
  EXPECT_EQ(normal("(4*s0 + 3) % 4"), "3");
  EXPECT_EQ(normal("(d0*s1 + d1) // s1"), "d0 + floordiv(d1, s1)");
  EXPECT_EQ(normal("floordiv(7, -2)"), "-4");
  EXPECT_EQ(normal("floordiv(64*d0 + d1 + 144, 64)"), "d0 + floordiv(d1 + 16, 64) + 2");
  EXPECT_EQ(normal("mod(64*d0 + d1 + 144, 64)"), "mod(d1 + 16, 64)");
  EXPECT_EQ(normal("floordiv(d1 - 144, 64)"), "floordiv(d1 - 144, 64)");
  EXPECT_EQ(normal("mod(7, -2)"), "-1");
}

TEST_F(ExprTest, TruncatedDivisionOfEverySign) {
  auto value = [&](int64_t n) { return [n](Expr) -> std::optional<int64_t> { return n; }; };
  Expr x = parse("$x");
  for (int64_t a : {-7, -6, 0, 6, 7})
    for (int64_t b : {-3, -2, 2, 3}) {
      EXPECT_EQ(asConstant(truncDiv(constant(&context, a), constant(&context, b))), a / b);
      EXPECT_EQ(evaluate(truncDiv(x, constant(&context, b)), value(a)), a / b) << a << " / " << b;
      EXPECT_EQ(evaluate(truncDiv(constant(&context, a), x), value(b)), a / b) << a << " / " << b;
    }
}

TEST_F(ExprTest, NegatedTruthValues) {
  EXPECT_EQ(normal("iszero(-iszero(s0 - 2))"), "-iszero(s0 - 2) + 1");
  EXPECT_EQ(normal("iszero(1 - iszero(s0 - 2))"), "iszero(s0 - 2)");
  EXPECT_EQ(normal("iszero(iszero(s0 - 2) - 1)"), "iszero(s0 - 2)");
}

TEST_F(ExprTest, ExportersText) {
  EXPECT_EQ(normal("Max(1, s3)"), "max(s3, 1)");
  EXPECT_EQ(normal("Min(4, s27 + s70)"), "min(s27 + s70, 4)");
  EXPECT_EQ(normal("s70 + (Mod(64 - (Mod(s70, 64)), 64))"), "-64*floordiv(-s70, 64)");
  EXPECT_EQ(normal("floor(s0/2)"), "floordiv(s0, 2)");
  EXPECT_EQ(normal("unk__12"), "unk__12");
}

TEST_F(ExprTest, BadTextIsRefused) {
  for (llvm::StringRef text : {"", "+", "s0 +", "(s0", "s0)", "min(", "min(1", "mod(1)", "99999999999999999999", "s0 // 0", "s0 ** 2",
                               "'abc", "#", "[5", "floordiv(1, 2, 3)"}) {
    std::string error;
    EXPECT_FALSE(parseExpr(&context, text, &error)) << text.str();
    EXPECT_FALSE(error.empty()) << text.str();
  }
  std::string deep(5000, '('), error;
  EXPECT_FALSE(parseExpr(&context, deep, &error));
  EXPECT_NE(error.find("nested"), std::string::npos);
  std::string wide = "1";
  for (int i = 0; i < 40; ++i)
    wide += "*(a" + std::to_string(i) + " + b" + std::to_string(i) + ")";
  EXPECT_FALSE(parseExpr(&context, wide, &error));
  EXPECT_NE(error.find("terms"), std::string::npos);
}

TEST_F(ExprTest, PrinterQuotesWhatWouldReadAsSomethingElse) {
  for (const char *name : {"d0", "min", "past length", "7", "it's", "a\\b", ""}) {
    Expr s = symbol(&context, name);
    EXPECT_EQ(parse(toString(s)), s) << name;
  }
  EXPECT_EQ(normal("$x + 1"), "$x + 1");
}

TEST_F(ExprTest, ProverKnowsSizesAndIndices) {
  llvm::SmallVector<Expr> dims{parse("s0"), parse("past + seq")};
  EXPECT_TRUE(provablyNonNegative(parse("s0 - 1 - d0"), dims));
  EXPECT_FALSE(provablyNonNegative(parse("s0 - 1 - d0")));
  EXPECT_TRUE(provablyNonNegative(parse("past + seq - d1 - 1"), dims));
  EXPECT_FALSE(provablyNonNegative(parse("past - d1"), dims));
  EXPECT_TRUE(provablyNonNegative(parse("max(s0, 3) - 3")));
  EXPECT_TRUE(provablyNonNegative(parse("s0 - min(s0, 3)")));
  EXPECT_FALSE(provablyNonNegative(parse("s0 - 1"))); // a size may be 0
  EXPECT_FALSE(provablyNonNegative(parse("$x")));
  EXPECT_FALSE(provablyNonNegative(parse("s0*s1 - s0")));
  EXPECT_TRUE(provablyNonNegative(parse("d0*s1"), dims));
  EXPECT_TRUE(provablyNonNegative(parse("s0 - 4*floordiv(s0, 4)")));
  EXPECT_TRUE(provablyNonNegative(parse("4*floordiv(s0, 4) + 3 - s0")));
  EXPECT_FALSE(provablyNonNegative(parse("4*floordiv(s0, 4) + 2 - s0")));
}

TEST_F(ExprTest, SimplifyDropsDecidedComparisons) {
  llvm::SmallVector<Expr> dims{parse("s0")};
  EXPECT_EQ(toString(simplify(parse("nonneg(s0 - 1 - d0)"), dims)), "1");
  EXPECT_EQ(toString(simplify(parse("select(nonneg(d0 - 1), d0 - 1, -1)"), dims)), "d0 - 1");
  EXPECT_EQ(toString(simplify(parse("select(nonneg(d0 - 1), d0 - 1, 7)"), dims)), "select(nonneg(d0 - 1), d0 - 1, 7)");
}

TEST_F(ExprTest, SimplifyDividesByASum) {
  llvm::SmallVector<Expr> dims{parse("b"), parse("s + 1")};
  EXPECT_EQ(toString(simplify(parse("floordiv(d0 * (s + 1) + d1, s + 1)"), dims)), "d0");
  EXPECT_EQ(toString(simplify(parse("mod(d0 * (s + 1) + d1, s + 1)"), dims)), "d1");
  dims[1] = parse("s + 2");
  EXPECT_EQ(simplify(parse("floordiv(d0 * (s + 1) + d1, s + 1)"), dims).getKind(), ExprKind::FloorDiv);
}

TEST_F(ExprTest, SizesAreSimplifiedByCases) {
  EXPECT_EQ(toString(simplifySize(parse("s70 + min(s70, 1) - min(s70 + min(s70, 1), 1)"))), "s70");
  EXPECT_EQ(toString(simplifySize(parse("min(s70, 1)"))), "min(s70, 1)");
  EXPECT_EQ(toString(simplifySize(parse("max(s0 + s1 - min(s0 + s1, 1), 0)"))), "s0 + s1 - min(s0 + s1, 1)");
}

/// The normal form against plain evaluation: random expressions keep their value under random assignments.
TEST_F(ExprTest, NormalFormKeepsTheValue) {
  std::mt19937 random(7);
  auto number = [&](int n) { return int(random() % n); };
  for (int round = 0; round < 3000; ++round) {
    int64_t values[3];
    for (int64_t &v : values)
      v = number(9);
    struct Pair {
      Expr e;
      int64_t value;
    };
    std::vector<Pair> pool;
    for (int i = 0; i < 3; ++i)
      pool.push_back({symbol(&context, "s" + std::to_string(i)), values[i]});
    pool.push_back({constant(&context, number(7) - 3), 0});
    pool.back().value = *asConstant(pool.back().e);
    for (int step = 0; step < 6; ++step) {
      Pair a = pool[random() % pool.size()], b = pool[random() % pool.size()], c = pool[random() % pool.size()];
      auto floorDivide = [](int64_t x, int64_t y) { return x / y - ((x % y != 0) && ((x < 0) != (y < 0))); };
      switch (number(9)) {
      case 0:
        pool.push_back({a.e + b.e, a.value + b.value});
        break;
      case 1:
        pool.push_back({a.e - b.e, a.value - b.value});
        break;
      case 2:
        if (std::abs(a.value * b.value) < 100000)
          pool.push_back({a.e * b.e, a.value * b.value});
        break;
      case 3:
        if (b.value != 0)
          pool.push_back({floorDiv(a.e, b.e), floorDivide(a.value, b.value)});
        break;
      case 4:
        if (b.value != 0)
          pool.push_back({mod(a.e, b.e), a.value - b.value * floorDivide(a.value, b.value)});
        break;
      case 5:
        pool.push_back({min(a.e, b.e), std::min(a.value, b.value)});
        break;
      case 6:
        pool.push_back({max(a.e, b.e), std::max(a.value, b.value)});
        break;
      case 7:
        pool.push_back({lessEqual(a.e, b.e), a.value <= b.value});
        break;
      case 8:
        pool.push_back({select(equal(a.e, b.e), b.e, c.e), a.value == b.value ? b.value : c.value});
        break;
      }
    }
    for (const Pair &p : pool) {
      auto leaf = [&](Expr e) -> std::optional<int64_t> { return values[e.getName().getValue().back() - '0']; };
      auto got = evaluate(p.e, leaf);
      if (got) { // a division by a symbol that is 0 here but cancelled elsewhere has no value
        EXPECT_EQ(*got, p.value) << toString(p.e);
      }
      EXPECT_EQ(parse(toString(p.e)), p.e) << toString(p.e);
      if (auto simple = evaluate(simplifySize(p.e), leaf); got && simple) {
        EXPECT_EQ(*simple, p.value) << toString(p.e);
      }
      if (provablyNonNegative(p.e)) {
        EXPECT_GE(p.value, 0) << toString(p.e);
      }
    }
  }
}

} // namespace
