// SPDX-License-Identifier: Apache-2.0
// softmax(QK^T)V whose keys and values are linear images of one row per token -> dsc.latent_attention.
//
// The proof: with K[b,h,t,d] and V[b,h,t,e] traced to their origins, V and one range of d of K are contractions of constant weights, which
// depend on the head, with the same elements of the same tensor, which do not; the other ranges of d are elements that do not depend on the
// head. Indices get their roles from what depends on them, not from where they stand.
#include "dialects/dsc/Dsc.h"
#include "passes/Passes.h"
#include "passes/recognize/AttentionMask.h"
#include "passes/recognize/LinearImage.h"
#include "passes/recognize/Recognition.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc {
#define GEN_PASS_DEF_RECOGNIZELATENTATTENTION
#include "passes/Passes.h.inc"

namespace {
using namespace recognize;

std::string describe(Operation *op) {
  if (!op)
    return "an input of the graph";
  std::string name = op->getName().getStringRef().str();
  if (auto binary = dyn_cast<BinaryOp>(op))
    name += " " + stringifyBinaryKind(binary.getKind()).str();
  if (auto unary = dyn_cast<UnaryOp>(op))
    name += " " + stringifyUnaryKind(unary.getKind()).str();
  return name;
}

class LatentMatcher {
public:
  LatentMatcher(func::FuncOp entry, SoftmaxAttention &attention) : entry(entry), m(attention), trace(attention.trace) {}

  /// Replaces the attention when it is latent attention. A candidate that is not leaves a miss.
  bool run() {
    if (!m.e || m.terms.size() > 2)
      return false;
    Access values = trace.trace(m.values);
    auto image = matchLinearImage(trace, values);
    if (!image)
      return missValues(values);
    value = *image;
    if (!assignRoles())
      return false;
    if (!expands(value.feature, m.e, "values"))
      return false;
    readKeys([&](const Access &access) { return !access.dependsOn(h); });
    return checkKeys() && replace();
  }

private:
  struct KeyPart {
    SoftmaxAttention::Term *term;
    ElementTrace::Part part;
    std::optional<LinearImage> image;
  };

  void readKeys(llvm::function_ref<bool(const Access &)> isWhole) {
    for (SoftmaxAttention::Term &term : m.terms)
      for (ElementTrace::Part &part : trace.split(term.key, term.feature, isWhole))
        keys.push_back({&term, part, matchLinearImage(trace, part.access)});
  }

  bool miss(Operation *where, StringRef stage, const Twine &expected, const Twine &found) {
    addMiss(entry, {"mla", where ? where->getLoc() : m.dot.getLoc(), stage, expected.str(), found.str()});
    return false;
  }

  /// Values are no image of a row. That is worth a remark when keys are.
  bool missValues(const Access &values) {
    readKeys([](const Access &) { return false; });
    for (const KeyPart &key : keys)
      if (key.image && llvm::none_of(m.outer, [&](Expr i) { return key.image->weight.dependsOn(i) && key.image->source.dependsOn(i); }))
        for (Expr i : m.outer)
          if (key.image->weight.dependsOn(i) && provablyNonNegative(trace.extentOf(i) * key.part.size - trace.extentOf(key.image->feature) - 1))
            return miss(values.def(), "values", "a constant matrix of the head times the rows of which the keys are an image",
                        describe(values.def()));
    return false;
  }

  /// Which indices are heads, batch and query. False, without a miss, when this is no candidate.
  bool assignRoles() {
    for (Expr i : m.outer) {
      bool inSource = value.source.dependsOn(i), inWeight = value.weight.dependsOn(i);
      if (inSource && inWeight)
        return false;
      Expr &role = inSource ? b : inWeight ? h : s;
      if (role)
        return false;
      role = i;
    }
    if (!h) // one head: nothing is shared
      return false;
    Expr one = constant(entry.getContext(), 1);
    hasQuery = bool(s);
    for (Expr *role : {&b, &s})
      if (!*role)
        *role = trace.newIndex(one);
    return true;
  }

  /// The row is narrower than what all heads make of it, so that keeping the row pays: multi-head attention is not a candidate.
  bool expands(Expr feature, Expr width, StringRef) const {
    return provablyNonNegative(trace.extentOf(h) * trace.extentOf(width) - trace.extentOf(feature) - 1);
  }

  bool checkKeys() {
    for (KeyPart &key : keys) {
      const Access &access = key.part.access;
      if (key.image && key.image->weight.dependsOn(h)) {
        if (nope)
          return miss(access.def(), "keys", "one range of features that depends on the head", "two");
        Access source = trace.substitute(key.image->source, key.image->feature, value.feature);
        if (source.tensor != value.source.tensor || source.at != value.source.at)
          return miss(source.def(), "keys", "the rows that the values are an image of", describe(source.def()) + " for the keys");
        nope = &key;
      } else if (access.dependsOn(h)) {
        return miss(access.def(), "keys", "constant matrices of the head times the latent row, or elements that all heads share",
                    describe(access.def()) + ", which depends on the head");
      } else {
        if (rope)
          return miss(access.def(), "keys", "one range of features that all heads share", "two");
        rope = &key;
      }
    }
    if (!nope)
      return miss(m.terms[0].dot, "keys", "a range of features that is an image of the latent row", "none");
    return true;
  }

  /// The queries of a range of features as [b, h, s, x]; `factor` is what they are multiplied with.
  Value queries(PrimBuilder &build, const KeyPart &key, double &factor) {
    Access query = trace.substitute(key.term->query, key.term->feature, key.part.index + key.part.start);
    Value value = trace.materializeNearOrigin(build, query, {b, h, s, key.part.index});
    factor = query.factor;
    return value;
  }

  bool replace() {
    AttentionMask masking(m, hasQuery ? s : Expr());
    SelectOp guard = masking.findGuard(m.dot.getResult());
    OpBuilder builder(guard ? guard.getOperation() : m.dot.getOperation());
    PrimBuilder build(builder, m.dot.getLoc());
    Type type = elementType(m.dot.getResult());
    Value latent = trace.materialize(build, value.source, {b, m.t, value.feature});
    Value keyWeight = trace.materialize(build, nope->image->weight, {h, nope->part.index, nope->image->feature});
    Value valueWeight = trace.materialize(build, value.weight, {h, m.e, value.feature});
    double factor = 0, ropeFactor = 0;
    Value query = queries(build, *nope, factor), ropeQuery, ropeKey;
    factor *= nope->image->factor * nope->term->factor;
    if (rope) {
      ropeQuery = queries(build, *rope, ropeFactor);
      Access shared = rope->part.whole;
      ropeKey = trace.materializeNearOrigin(build, shared, {b, m.t, rope->part.index});
      ropeFactor *= shared.factor * rope->term->factor;
    }
    auto mask = masking.build(build, {b, h, s, m.t}, bool(guard));
    if (!latent || !keyWeight || !valueWeight || !query || (rope && (!ropeQuery || !ropeKey)) || !mask)
      return miss(m.dot, "layout", "operands whose positions are affine in batch, head, query and token", "another layout");
    auto typed = [&](Value x) { return x ? build.convert(x, type) : x; };
    ropeQuery = typed(ropeQuery);
    if (rope && std::abs(ropeFactor - factor) > 1e-7 * std::abs(factor))
      ropeQuery = build.binary(BinaryKind::Mul, ropeQuery, build.splat(ropeFactor / factor, getDims(ropeQuery), type));
    SmallVector<Expr> result = getDims(query);
    result[3] = trace.extentOf(m.e);
    auto op = model::LatentAttentionOp::create(builder, m.dot.getLoc(), getTensorType(result, type), typed(query), ropeQuery, typed(ropeKey),
                                               typed(latent), typed(keyWeight), typed(valueWeight), mask->mask, mask->bias,
                                               builder.getF64FloatAttr(factor), mask->causal);
    Value out = op.getResult();
    if (std::abs(value.factor - 1) > 1e-7)
      out = build.binary(BinaryKind::Mul, out, build.splat(value.factor, result, type));
    Indices order;
    for (Expr index : m.at)
      if (index.getKind() == ExprKind::Index)
        order.push_back(index);
    // Dimensions of size one have no index; positions of the new result do.
    Access access{out, {b, h, s, m.e}};
    for (auto [i, role] : llvm::enumerate(access.at))
      if (!llvm::is_contained(order, role))
        role = build.size(0);
    Value replaced = build.reshape(trace.materialize(build, access, order), getDims(m.dot.getResult()));
    if (guard) {
      guard.replaceAllUsesWith(replaced);
      guard.erase();
    } else {
      m.dot.replaceAllUsesWith(replaced);
    }
    return true;
  }

  func::FuncOp entry;
  SoftmaxAttention &m;
  ElementTrace &trace;
  LinearImage value;
  SmallVector<KeyPart, 2> keys;
  KeyPart *nope = nullptr, *rope = nullptr;
  Expr b, h, s;
  bool hasQuery = false;
};

struct RecognizeLatentAttention : impl::RecognizeLatentAttentionBase<RecognizeLatentAttention> {
  using Base::Base;
  void runOnOperation() override {
    SmallVector<DotOp> dots(getOperation().getOps<DotOp>());
    for (DotOp dot : dots)
      if (auto attention = matchSoftmaxAttention(dot))
        if (LatentMatcher(getOperation(), *attention).run())
          ++numMatched;
  }
};

} // namespace
} // namespace dsc
