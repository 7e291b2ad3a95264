// SPDX-License-Identifier: Apache-2.0
// Latent attention -> attention over the latent rows (DeepSeek-V2, arXiv:2405.04434, section 2.1.2).
#include "dialects/dsc/Dsc.h"
#include "dialects/prim/PrimBuilder.h"
#include "passes/Passes.h"

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

struct FormLatentAttention : impl::FormLatentAttentionBase<FormLatentAttention> {
  using Base::Base;
  void runOnOperation() override {
    getOperation().walk([&](model::LatentAttentionOp op) {
      OpBuilder b(op);
      op->replaceAllUsesWith(ValueRange(formAbsorbed(b, op)));
      op->erase();
      ++numAbsorbed;
    });
  }
};

} // namespace
} // namespace dsc
