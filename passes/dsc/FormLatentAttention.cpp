// SPDX-License-Identifier: Apache-2.0
// Latent attention -> attention over the latent rows (DeepSeek-V2, arXiv:2405.04434, section 2.1.2).
#include "dialects/dsc/Dsc.h"
#include "dialects/prim/PrimBuilder.h"
#include "passes/Passes.h"
#include "passes/dsc/LatentForms.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc {
#define GEN_PASS_DEF_FORMLATENTATTENTION
#include "passes/Passes.h.inc"

namespace {

/// [b, x, ...] as [b, 1, x, ...].
Value inOneGroup(PrimBuilder &build, Value x) {
  if (!x)
    return x;
  SmallVector<Expr> dims = getDims(x);
  dims.insert(dims.begin() + 1, build.size(1));
  return build.reshape(x, dims);
}

/// The same for a mask or bias, such that what computes its elements stays in sight: no reshape stands in the way of broadcasts.
Value scoresInOneGroup(PrimBuilder &build, Value x) {
  Operation *op = x ? x.getDefiningOp() : nullptr;
  SmallVector<Expr> dims = x ? getDims(x) : SmallVector<Expr>();
  dims.insert(dims.begin() + !dims.empty(), build.size(1));
  Type type = x ? elementType(x) : Type();
  if (auto broadcast = dyn_cast_if_present<BroadcastOp>(op)) {
    SmallVector<int64_t> axes(broadcast.getAxes());
    for (int64_t &axis : axes)
      axis += axis > 0;
    return build.broadcast(broadcast.getOperand(), axes, dims);
  }
  if (auto position = dyn_cast_if_present<IndexExprOp>(op)) {
    SmallVector<Expr, 4> at{index(type.getContext(), 0), index(type.getContext(), 2), index(type.getContext(), 3),
                            index(type.getContext(), 4)};
    return build.indexExpr(substituteIndices(position.getExpr(), at), dims, type);
  }
  if (isa_and_present<UnaryOp, BinaryOp, CompareOp, SelectOp, ConvertOp>(op)) {
    SmallVector<Value> operands;
    for (Value operand : op->getOperands())
      operands.push_back(scoresInOneGroup(build, operand));
    Operation *copy = build.b.clone(*op);
    copy->setOperands(operands);
    copy->getResult(0).setType(getTensorType(dims, type));
    return copy->getResult(0);
  }
  return inOneGroup(build, x);
}

/// Key weights move to the query, value weights to the result: one key head, whose rows are the cache's.
Value formAbsorbed(OpBuilder &b, model::LatentAttentionOp op) {
  PrimBuilder build(b, op.getLoc());
  // [h, b, s, R]; the unit dimension is added before the transpose, where it costs nothing.
  Value query = build.dot(op.getQuery(), op.getKeyWeight(), {1}, {0}, {3}, {1});
  SmallVector<Expr> dims = getDims(query);
  dims.insert(dims.begin(), build.size(1));
  query = build.transpose(build.reshape(query, dims), {2, 0, 1, 3, 4});
  Value latent = inOneGroup(build, op.getLatent());
  SmallVector<Value> queries{query}, keys{latent};
  if (op.getRopeKey()) {
    queries.push_back(inOneGroup(build, op.getRopeQuery()));
    keys.push_back(inOneGroup(build, op.getRopeKey()));
  }
  auto attention = model::AttentionOp::create(b, op.getLoc(), query.getType(), queries, keys, latent,
                                              scoresInOneGroup(build, op.getMask()), scoresInOneGroup(build, op.getBias()), op.getScaleAttr(),
                                              op.getCausalAttr());
  SmallVector<Expr> rows = getDims(attention.getResult());
  rows.erase(rows.begin() + 1);
  Value value = build.dot(build.reshape(attention.getResult(), rows), op.getValueWeight(), {1}, {0}, {3}, {2});
  return build.transpose(value, {1, 0, 2, 3});
}

Value formExpanded(OpBuilder &b, model::LatentAttentionOp op) {
  auto expanded = cast<model::LatentAttentionOp>(b.clone(*op));
  expanded.setExpanded(true);
  return expanded.getResult();
}

struct FormLatentAttention : impl::FormLatentAttentionBase<FormLatentAttention> {
  using Base::Base;

  void runOnOperation() override {
    SmallVector<model::LatentAttentionOp> all;
    getOperation().walk([&](model::LatentAttentionOp op) {
      if (!op.getExpanded())
        all.push_back(op);
    });
    for (model::LatentAttentionOp op : all) {
      // A transpose that follows is part of both forms, so that neither is written twice.
      auto layout = op->hasOneUse() ? dyn_cast<TransposeOp>(*op->user_begin()) : TransposeOp();
      Operation *last = layout ? layout : op.getOperation();
      OpBuilder b(op);
      auto finish = [&](Value value) { return layout ? PrimBuilder(b, op.getLoc()).transpose(value, layout.getPerm()) : value; };
      last->replaceAllUsesWith(ValueRange(choose(b, op, finish)));
      if (layout)
        layout.erase();
      op->erase();
    }
  }

  Value choose(OpBuilder &b, model::LatentAttentionOp op, llvm::function_ref<Value(Value)> finish) {
    Expr condition = LatentForms(op, expandedQueries).absorbed;
    if (auto known = asConstant(condition)) {
      ++(*known ? numAbsorbed : numExpanded);
      return finish(*known ? formAbsorbed(b, op) : formExpanded(b, op));
    }
    ++numBoth;
    Value absorbed = finish(formAbsorbed(b, op)), expanded = finish(formExpanded(b, op));
    return model::ChooseOp::create(b, op.getLoc(), absorbed.getType(), condition, absorbed, expanded);
  }
};

} // namespace

LatentForms::LatentForms(model::LatentAttentionOp op, int64_t expandedQueries) {
  MLIRContext *context = op.getContext();
  absorbed = constant(context, 1);
  auto width = [](Value x, unsigned dim) { return x ? asConstant(getDim(x.getType(), dim)) : std::optional<int64_t>(0); };
  auto n = width(op.getQuery(), 3), r = width(op.getRopeQuery(), 3), v = width(op.getValueWeight(), 1), latent = width(op.getLatent(), 2);
  if (!n || !r || !v || !latent || 2 * *latent <= *n + *v)
    return;
  int64_t making = *latent * (*n + *v), saved = 2 * *latent - *n - *v;
  Expr tokens = getDim(op.getQuery().getType(), 2), rows = getDim(op.getLatent().getType(), 1);
  if (!expandedQueries) {
    mostAbsorbed = making / saved;
    if (tokens == rows)
      mostAbsorbed = std::min<int64_t>(*mostAbsorbed, 32 * (*n + *r + *v) / (2 * *latent + *r));
    absorbed = nonNegative(constant(context, *mostAbsorbed) - tokens);
    return;
  }
  // Fewer queries than a fragment of the tensor cores has rows would leave the rest of it idle.
  mostAbsorbed = 16;
  int64_t block = elementType(op.getQuery()).getIntOrFloatBitWidth() > 16 ? std::max<int64_t>(expandedQueries / 4, 1) : expandedQueries;
  if (making > saved * block)
    mostRows = making * block / (making - saved * block);
  // Twice the rows that a query attends to, on average.
  Expr causal = op.getCausalAttr(), twice = causal ? causal * 2 + tokens + 1 : rows * 2;
  Expr more = twice * (ceilDiv(tokens, constant(context, block)) * making - tokens * saved) - tokens * (2 * making);
  absorbed = nonNegative(max(constant(context, *mostAbsorbed) - tokens, more));
}

} // namespace dsc
