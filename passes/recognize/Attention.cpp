// SPDX-License-Identifier: Apache-2.0
// softmax(QK^T)V with keys and values per head or shared by groups of heads -> dsc.attention.
//
// Indices of the result on which keys depend are batch and group, the others count the queries of a group. Grouped heads are written as
// h / n for n queries per group: the index of the head is replaced by n * group + query.
#include "dialects/dsc/Dsc.h"
#include "passes/Passes.h"
#include "passes/recognize/AttentionMask.h"
#include "passes/recognize/ExpandedCache.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc {
#define GEN_PASS_DEF_RECOGNIZEATTENTION
#include "passes/Passes.h.inc"

namespace {
using namespace recognize;

class AttentionMatcher {
public:
  explicit AttentionMatcher(SoftmaxAttention &attention) : m(attention), trace(attention.trace) {}

  bool run() {
    if (!m.e)
      return false;
    latent = describeExpandedCache(m);
    splitGroupedHeads();
    return assignRoles() && replace();
  }

private:
  /// n in floordiv(index, n), where keys have such a position; 0 without.
  int64_t groupSize(Expr index, const Access &access) const {
    for (Expr e : access.at)
      if (e.getKind() == ExprKind::FloorDiv && cast<ExprAttr>(e.getOperands()[0]) == index)
        return asConstant(cast<ExprAttr>(e.getOperands()[1])).value_or(0);
    return 0;
  }

  void splitGroupedHeads() {
    for (Expr head : Indices(m.outer)) {
      int64_t size = groupSize(head, trace.trace(m.values));
      auto heads = asConstant(trace.extentOf(head));
      if (!size || !heads || *heads % size != 0)
        continue;
      MLIRContext *context = head.getContext();
      Expr group = trace.newIndex(constant(context, *heads / size)), query = trace.newIndex(constant(context, size));
      auto split = [&](Access &access) { access = trace.substitute(access, head, group * size + query); };
      split(m.values);
      for (SoftmaxAttention::Term &term : m.terms) {
        split(term.query);
        split(term.key);
      }
      for (SoftmaxAttention::Mask &mask : m.masks)
        split(mask.access);
      if (m.rowGuard)
        split(m.rowGuard->access);
      for (Access &bias : m.biases)
        split(bias);
      for (Indices *list : {&m.outer, &m.order}) {
        auto *place = llvm::find(*list, head);
        *place = query;
        list->insert(place, group);
      }
      for (Expr &at : m.at)
        at = at == head ? group * size + query : at;
    }
  }

  bool assignRoles() {
    for (Expr e : m.outer) {
      bool inKeys = trace.trace(m.values).dependsOn(e);
      for (SoftmaxAttention::Term &term : m.terms)
        inKeys |= trace.trace(term.key).dependsOn(e);
      SmallVectorImpl<Expr> &roles = inKeys ? shared : rows;
      if (roles.size() == 2)
        return false;
      roles.push_back(e);
    }
    // Heads come before the query among the rows: with two, the query is the one that masks compare with the row.
    Expr one = constant(m.t.getContext(), 1);
    while (shared.size() < 2)
      shared.insert(shared.begin(), trace.newIndex(one));
    hasQuery = !rows.empty();
    while (rows.size() < 2)
      rows.insert(rows.begin(), trace.newIndex(one));
    return true;
  }

  bool replace() {
    AttentionMask masking(m, hasQuery ? rows[1] : Expr());
    SelectOp guard = masking.findGuard(m.dot.getResult());
    OpBuilder builder(guard ? guard.getOperation() : m.dot.getOperation());
    PrimBuilder build(builder, m.dot.getLoc());
    Type type = elementType(m.dot.getResult());
    SmallVector<Value> queries, keys;
    double factor = 0;
    for (auto [i, term] : llvm::enumerate(m.terms)) {
      Access query = term.query, key = term.key;
      Value q = trace.materializeNearOrigin(build, query, {shared[0], shared[1], rows[0], rows[1], term.feature});
      Value k = trace.materializeNearOrigin(build, key, {shared[0], shared[1], m.t, term.feature});
      if (!q || !k)
        return false;
      double scale = term.factor * query.factor * key.factor;
      factor = i == 0 ? scale : factor;
      q = build.convert(q, type);
      if (std::abs(scale - factor) > 1e-7 * std::abs(factor))
        q = build.binary(BinaryKind::Mul, q, build.splat(scale / factor, getDims(q), type));
      queries.push_back(q);
      keys.push_back(build.convert(k, type));
    }
    Access value = m.values;
    Value values = trace.materializeNearOrigin(build, value, {shared[0], shared[1], m.t, m.e});
    auto mask = masking.build(build, {shared[0], shared[1], rows[0], rows[1], m.t}, bool(guard));
    if (!values || !mask)
      return false;
    SmallVector<Expr> dims = getDims(queries[0]);
    dims[4] = trace.extentOf(m.e);
    auto op = model::AttentionOp::create(builder, m.dot.getLoc(), getTensorType(dims, type), queries, keys, build.convert(values, type), mask->mask,
                                         mask->bias, builder.getF64FloatAttr(factor), mask->causal);
    if (latent)
      op->setAttr(latentAttr, latent);
    Value out = op.getResult();
    if (value.factor != 1)
      out = build.binary(BinaryKind::Mul, out, build.splat(value.factor, dims, type));
    m.replaceWith(build, out, {shared[0], shared[1], rows[0], rows[1], m.e}, guard);
    return true;
  }

  SoftmaxAttention &m;
  ElementTrace &trace;
  SmallVector<Expr> shared, rows;
  bool hasQuery = false;
  DictionaryAttr latent;
};

struct RecognizeAttention : impl::RecognizeAttentionBase<RecognizeAttention> {
  using Base::Base;
  void runOnOperation() override {
    SmallVector<DotOp> dots(getOperation().getOps<DotOp>());
    for (DotOp dot : dots)
      if (auto attention = matchSoftmaxAttention(dot))
        if (AttentionMatcher(*attention).run())
          ++numMatched;
  }
};

} // namespace
} // namespace dsc
