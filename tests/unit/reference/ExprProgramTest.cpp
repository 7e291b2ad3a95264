// SPDX-License-Identifier: Apache-2.0
#include "compiler/reference/ExprProgram.h"
#include "dialects/prim/Prim.h"
#include "mlir/IR/MLIRContext.h"
#include <gtest/gtest.h>

using namespace dsc;

namespace {

/// Against the plain recursive evaluation, over all positions of a small cube around zero.
TEST(ExprProgram, AgreesWithEvaluate) {
  mlir::MLIRContext context;
  context.loadDialect<prim::PrimDialect>();
  for (const char *text :
       {"7", "d0", "2*d0 - 3*d1 + 5", "floordiv(d0, 3) * d1", "mod(d0 - 7, 4)", "floordiv(d0, d1)",
        "mod(d0, d1)", "min(d0, d1) + max(d0, 2)", "nonneg(d0 - d1) * nonneg(2 - d1)",
        "iszero(d0 - d1)", "select(nonneg(d0 - 2), d1, -d0)", "d0*d0*d1"}) {
    std::string error;
    prim::Expr e = prim::parseExpr(&context, text, &error);
    ASSERT_TRUE(e) << text << ": " << error;
    reference::ExprProgram program(e);
    for (int64_t a = -4; a <= 4; ++a)
      for (int64_t b = -4; b <= 4; ++b) {
        auto expected =
            prim::evaluate(e, [&](prim::Expr leaf) { return leaf.getValue() == 0 ? a : b; });
        EXPECT_EQ(program.evaluate({a, b}), expected) << text << " at " << a << ", " << b;
      }
  }
}

TEST(ExprProgram, Saturates) {
  mlir::MLIRContext context;
  context.loadDialect<prim::PrimDialect>();
  std::string error;
  reference::ExprProgram program(prim::parseExpr(&context, "d0*d1 + d0", &error));
  EXPECT_EQ(program.evaluate({INT64_MAX, 2}), INT64_MAX);
  EXPECT_EQ(program.evaluate({INT64_MIN, 2}), INT64_MIN);
}

} // namespace
