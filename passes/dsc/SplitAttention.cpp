// SPDX-License-Identifier: Apache-2.0
// Attention of few queries -> parts of the past side by side.
#include "dialects/dsc/Dsc.h"
#include "dialects/prim/Shape.h"
#include "passes/Passes.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc {
#define GEN_PASS_DEF_SPLITATTENTION
#include "passes/Passes.h.inc"

namespace {

/// 1 where queries are so few that splits give work to processors without it, and the past has more than one split.
Expr worthSplitting(model::AttentionOp op, int64_t mostItems, int64_t leastRows) {
  MLIRContext *context = op.getContext();
  SmallVector<Expr> dims = getDims(op.getResult());
  // Work items of dsc.attention: 32 rows of scores each. The bound keeps the sums of all splits small, too.
  Expr items = dims[0] * dims[1] * ceilDiv(dims[2] * dims[3], constant(context, 32));
  Expr length = getDim(op.getValues().getType(), 2);
  return nonNegative(constant(context, mostItems) - items) * nonNegative(length - (leastRows + 1));
}

/// The rows of a split depend on the number of rows alone; with the default options they are model::getSplitRows.
Value split(OpBuilder &b, model::AttentionOp op, int64_t leastRows, int64_t mostSplits) {
  constexpr int64_t tile = 64;
  MLIRContext *context = op.getContext();
  Expr length = getDim(op.getValues().getType(), 2);
  Expr rows = max(constant(context, leastRows), ceilDiv(length, constant(context, mostSplits * tile)) * tile);
  SmallVector<Expr> sums = getDims(op.getResult());
  sums.insert(sums.begin(), ceilDiv(length, rows));
  Type type = elementType(op.getResult());
  type = type.isF64() ? type : b.getF32Type();
  Type state = getTensorType(ArrayRef(sums).drop_back(), type);
  auto parts = model::AttentionPartsOp::create(b, op.getLoc(), getTensorType(sums, type), state, state, rows, op.getQueries(), op.getKeys(),
                                               op.getValues(), op.getMask(), op.getBias(), op.getScaleAttr(), op.getCausalAttr());
  return model::AttentionCombineOp::create(b, op.getLoc(), op.getType(), parts.getSums(), parts.getTops(), parts.getTotals());
}

struct SplitAttention : impl::SplitAttentionBase<SplitAttention> {
  using Base::Base;
  void runOnOperation() override {
    SmallVector<model::AttentionOp> all;
    getOperation().walk([&](model::AttentionOp op) { all.push_back(op); });
    for (model::AttentionOp op : all) {
      Expr condition = worthSplitting(op, mostItems, leastRows);
      if (isConstant(condition, 0))
        continue;
      ++numSplit;
      OpBuilder b(op);
      b.setInsertionPointAfter(op);
      Value parts = split(b, op, leastRows, mostSplits);
      if (isConstant(condition, 1)) {
        op.replaceAllUsesWith(parts);
        op.erase();
        continue;
      }
      auto choose = model::ChooseOp::create(b, op.getLoc(), op.getType(), condition, parts, op.getResult());
      op.getResult().replaceAllUsesExcept(choose.getResult(), choose);
    }
  }
};

} // namespace
} // namespace dsc
