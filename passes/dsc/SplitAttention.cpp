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

int64_t bytesOf(Type type) { return type.getIntOrFloatBitWidth() / 8; }

/// Rows of a split at least, such that the queries of a head's group, which every split reads again, are no more than a `share`-th of
/// the bytes that it moves besides: its rows and, in f32 or f64, its sums. A number of the model: bits do not depend on how many queries there are.
int64_t rowsForQueries(model::AttentionOp op, int64_t leastRows, int64_t share) {
  constexpr int64_t tile = 32, mostHeads = 32;
  auto heads = asConstant(getDims(op.getResult())[2]), valueWidth = asConstant(getDims(op.getResult()).back());
  if (!share || !heads || !valueWidth)
    return leastRows;
  int64_t perRow = 0, queries = 0, keysWidth = 0;
  bool sharesRows = op.getValues() == op.getKeys()[0];
  for (auto [query, key] : llvm::zip(op.getQueries(), op.getKeys())) {
    auto width = asConstant(getDims(key).back());
    if (!width)
      return leastRows;
    keysWidth += *width;
    queries += *width * bytesOf(elementType(query));
  }
  Type type = elementType(op.getValues());
  perRow = (keysWidth + (sharesRows ? 0 : *valueWidth)) * bytesOf(type);
  int64_t sums = *valueWidth * (type.isF64() ? 8 : 4);
  int64_t blockHeads = std::min(*heads, mostHeads);
  int64_t rows = int64_t(llvm::divideCeil(std::max<int64_t>(0, blockHeads * (share * queries - sums)), perRow));
  return std::max<int64_t>(leastRows, llvm::divideCeil(rows, tile) * tile);
}

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
      int64_t rows = rowsForQueries(op, leastRows, queryShare);
      Expr condition = worthSplitting(op, mostItems, rows);
      if (isConstant(condition, 0))
        continue;
      ++numSplit;
      OpBuilder b(op);
      b.setInsertionPointAfter(op);
      Value parts = split(b, op, rows, mostSplits);
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
