// SPDX-License-Identifier: Apache-2.0
// Names down(a(gate x) . up x) where every token takes the same network: dense layers, and shared experts beside routed ones.
//
// The proof is that of experts (FeedForward.h) for the result of a product with a weight. What is recognised stays prim, whose contractions
// are compiled as such; the product with the last weight says what it ends.
#include "dialects/dsc/Dsc.h"
#include "passes/Passes.h"
#include "passes/recognize/FeedForward.h"
#include "passes/recognize/Recognition.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc {
#define GEN_PASS_DEF_RECOGNIZEFEEDFORWARD
#include "passes/Passes.h.inc"

namespace {
using namespace recognize;

/// What is computed before changes of layout and precision.
Value origin(Value value) {
  while (isa_and_present<ReshapeOp, TransposeOp, ConvertOp>(value.getDefiningOp()))
    value = value.getDefiningOp()->getOperand(0);
  return value;
}

/// Something times something, contracted with the one other operand.
bool isCandidate(DotOp op) {
  auto product = origin(op.getLhs()).getDefiningOp<BinaryOp>();
  return op.getLhsContract().size() == 1 && op.getLhsBatch().empty() && rank(op.getRhs()) == 2 && product &&
         product.getKind() == BinaryKind::Mul;
}

struct RecognizeFeedForward : impl::RecognizeFeedForwardBase<RecognizeFeedForward> {
  using Base::Base;
  void runOnOperation() override {
    Builder b(&getContext());
    for (DotOp op : getOperation().getOps<DotOp>()) {
      if (!isCandidate(op))
        continue;
      Elements elements(&getContext());
      Indices at;
      for (Expr dim : getDims(op.getResult()))
        at.push_back(elements.newIndex(dim));
      SmallVector<Expr> tokens(at.begin(), at.end() - 1);
      FeedForwardMatcher matcher(elements, constant(&getContext(), -1), tokens);
      auto network = matcher.match({op.getResult(), at}, at.back());
      if (!network || !network->up)
        continue;
      op->setAttr(feedForwardAttr,
                  b.getDictionaryAttr({b.getNamedAttr("activation", b.getStringAttr(stringifyActivation(network->activation))),
                                       b.getNamedAttr("inputs", b.getI64IntegerAttr(network->inputs)),
                                       b.getNamedAttr("width", b.getI64IntegerAttr(network->width))}));
      ++numMatched;
    }
  }
};

} // namespace
} // namespace dsc
