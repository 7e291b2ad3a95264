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
                                              inOneGroup(build, op.getMask()), inOneGroup(build, op.getBias()), op.getScaleAttr(),
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
