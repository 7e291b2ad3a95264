// SPDX-License-Identifier: Apache-2.0
// softmax(QK^T)V whose keys and values are linear images of one row per token -> dsc.latent_attention.
#include "dialects/dsc/Dsc.h"
#include "passes/Passes.h"
#include "passes/recognize/AttentionMask.h"
#include "passes/recognize/LatentRows.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc {
#define GEN_PASS_DEF_RECOGNIZELATENTATTENTION
#include "passes/Passes.h.inc"

namespace {
using namespace recognize;

class LatentMatcher {
public:
  LatentMatcher(SoftmaxAttention &attention, LatentRows &rows)
      : m(attention), trace(attention.trace), rows(rows), b(rows.b), h(rows.h), s(rows.s) {}

  /// Puts dsc.latent_attention in place of the attention. False when an operand's layout has no description.
  bool replace() {
    AttentionMask masking(m, rows.hasQuery ? s : Expr());
    SelectOp guard = masking.findGuard(m.dot.getResult());
    OpBuilder builder(guard ? guard.getOperation() : m.dot.getOperation());
    PrimBuilder build(builder, m.dot.getLoc());
    Type type = elementType(m.dot.getResult());
    Value latent = trace.materialize(build, rows.value.source, {b, m.t, rows.value.feature});
    Value keyWeight = trace.materialize(build, rows.nope->image->weight, {h, rows.nope->part.index, rows.nope->image->feature});
    Value valueWeight = trace.materialize(build, rows.value.weight, {h, m.e, rows.value.feature});
    double factor = 0, ropeFactor = 0;
    Value query = queries(build, *rows.nope, factor), ropeQuery, ropeKey;
    factor *= rows.nope->image->factor * rows.nope->term->factor;
    if (rows.rope) {
      ropeQuery = queries(build, *rows.rope, ropeFactor);
      Access shared = rows.rope->part.whole;
      ropeKey = trace.materializeNearOrigin(build, shared, {b, m.t, rows.rope->part.index});
      ropeFactor *= shared.factor * rows.rope->term->factor;
    }
    auto mask = masking.build(build, {b, h, s, m.t}, bool(guard));
    if (!latent || !keyWeight || !valueWeight || !query || (rows.rope && (!ropeQuery || !ropeKey)) || !mask)
      return false;
    auto typed = [&](Value x) { return x ? build.convert(x, type) : x; };
    ropeQuery = typed(ropeQuery);
    if (rows.rope && std::abs(ropeFactor - factor) > 1e-7 * std::abs(factor))
      ropeQuery = build.binary(BinaryKind::Mul, ropeQuery, build.splat(ropeFactor / factor, getDims(ropeQuery), type));
    SmallVector<Expr> result = getDims(query);
    result[3] = trace.extentOf(m.e);
    auto op = model::LatentAttentionOp::create(builder, m.dot.getLoc(), getTensorType(result, type), typed(query), ropeQuery, typed(ropeKey),
                                               typed(latent), typed(keyWeight), typed(valueWeight), mask->mask, mask->bias,
                                               builder.getF64FloatAttr(factor), mask->causal);
    Value out = op.getResult();
    if (std::abs(rows.value.factor - 1) > 1e-7)
      out = build.binary(BinaryKind::Mul, out, build.splat(rows.value.factor, result, type));
    m.replaceWith(build, out, {b, h, s, m.e}, guard);
    return true;
  }

private:
  /// The queries of a range of features as [b, h, s, x]; `factor` is what they are multiplied with.
  Value queries(PrimBuilder &build, const LatentRows::KeyPart &key, double &factor) {
    Access query = trace.substitute(key.term->query, key.term->feature, key.part.index + key.part.start);
    Value value = trace.materializeNearOrigin(build, query, {b, h, s, key.part.index});
    factor = query.factor;
    return value;
  }

  SoftmaxAttention &m;
  ElementTrace &trace;
  LatentRows &rows;
  Expr b, h, s;
};

struct RecognizeLatentAttention : impl::RecognizeLatentAttentionBase<RecognizeLatentAttention> {
  using Base::Base;
  void runOnOperation() override {
    SmallVector<DotOp> dots(getOperation().getOps<DotOp>());
    for (DotOp dot : dots) {
      auto attention = matchSoftmaxAttention(dot);
      if (!attention)
        continue;
      LatentRows rows(*attention);
      Location where = dot.getLoc();
      if (!rows.prove()) {
        if (rows.miss)
          addMiss(getOperation(), *rows.miss);
      } else if (LatentMatcher(*attention, rows).replace()) {
        ++numMatched;
      } else {
        addMiss(getOperation(), {Remark::LatentLayout, where, "operands whose positions are affine in batch, head, query and token", "another layout"});
      }
    }
  }
};

} // namespace
} // namespace dsc
