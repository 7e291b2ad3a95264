// SPDX-License-Identifier: Apache-2.0
// Scores, groups, choice and renormalisation of a router -> dsc.route.
#include "passes/Passes.h"
#include "passes/recognize/FeedForward.h"
#include "passes/recognize/Recognition.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::ArrayRef;

namespace dsc {
#define GEN_PASS_DEF_RECOGNIZEROUTERS
#include "passes/Passes.h.inc"
} // namespace dsc

using namespace dsc::recognize;
using namespace dsc::model;

namespace {

struct Route {
  ScoreKind score = ScoreKind::None;
  Element logits, bias; // at (tokens, expert)
  int64_t groups = 1, kept = 1;
  GroupScore groupScore = GroupScore::Max;
  GroupFill fill = GroupFill::NegInf;
  WeightSource source = WeightSource::Score;
  std::optional<double> renormalise;
  double scale = 1;
};

class RouterMatcher {
public:
  RouterMatcher(Elements &elements, TopKOp choice) : elements(elements), choice(choice), context(choice.getContext()) {
    SmallVector<Expr> dims = getDims(choice.getIndices());
    for (Expr dim : ArrayRef<Expr>(dims).drop_back())
      tokens.push_back(elements.newIndex(dim));
    experts = *asConstant(getDims(choice.getOperand()).back());
    k = *asConstant(dims.back());
    expert = elements.newIndex(constant(context, experts));
    slot = elements.newIndex(constant(context, k));
  }

  /// The whole of the router, when `weights` are the weights of the chosen.
  std::optional<Route> match(Value weights) {
    Route route;
    if (!matchChoice(route) || !matchWeights(weights, route))
      return std::nullopt;
    return route;
  }

  /// Everything up to the choice: score, bias and groups.
  bool matchChoice(Route &route) {
    Element candidate = elements.resolve(choice.getOperand(), withTokens(expert));
    candidates = candidate;
    if (!matchGroups(candidate, route))
      return false;
    base = candidate;
    if (isKind(candidate, BinaryKind::Add)) {
      Element a = elements.operand(candidate, 0), b = elements.operand(candidate, 1);
      if (!elements.isPerToken(a, tokens))
        std::swap(a, b);
      if (!elements.isPerToken(b, tokens) && elements.dependsOn(b.at, {expert}) && isScore(a)) {
        cover(candidate);
        route.bias = b;
        candidate = a;
      }
    }
    score = candidate;
    matchScore(candidate, route);
    if (groupValue && !matchGroupValue(route))
      return false;
    return true;
  }

  std::optional<Mismatch> mismatch;
  SmallVector<Expr> tokens;
  Expr expert;
  int64_t experts, k;

private:
  Indices withTokens(Expr last) const {
    Indices at(tokens.begin(), tokens.end());
    at.push_back(last);
    return at;
  }

  void cover(const Element &e) { elements.visited.insert(e.value.getDefiningOp()); }

  bool fail(Location where, std::string expected, std::string found) {
    if (!mismatch)
      mismatch = Mismatch{where, std::move(expected), std::move(found)};
    return false;
  }

  // ---- Scores

  /// The reduction over `i` of what `f` is at the index `i`.
  bool isReductionOf(const Element &e, ReduceKind kind, const Element &f, Expr i) {
    auto reduce = e.op<ReduceOp>();
    if (!reduce || reduce.getKind() != kind || reduce.getAxes().size() != 1)
      return false;
    Expr extent = getDim(reduce.getOperand().getType(), reduce.getAxes()[0]);
    if (extent != elements.extentOf(i))
      return false;
    Expr other = elements.newIndex(extent);
    Indices at = e.at;
    at.insert(at.begin() + reduce.getAxes()[0], other);
    if (!elements.equal(elements.resolve(reduce.getOperand(), at), elements.rename(f, i, other)))
      return false;
    cover(e);
    return true;
  }

  /// x, when `e` is the softmax of x over the index `i`.
  std::optional<Element> matchSoftmax(const Element &e, Expr i) {
    if (!isKind(e, BinaryKind::Div))
      return std::nullopt;
    Element exp = elements.operand(e, 0), sum = elements.operand(e, 1);
    if (!isKind(exp, UnaryKind::Exp))
      return std::nullopt;
    Element difference = elements.operand(exp, 0);
    if (!isKind(difference, BinaryKind::Sub))
      return std::nullopt;
    Element x = elements.operand(difference, 0);
    if (!isReductionOf(sum, ReduceKind::Sum, exp, i) || !isReductionOf(elements.operand(difference, 1), ReduceKind::Max, x, i))
      return std::nullopt;
    for (const Element &covered : {e, exp, difference})
      cover(covered);
    return x;
  }

  /// x, when `e` is log(1 + exp(x)) as the lowering of Softplus writes it: max(x, 0) + log1p(exp(-|x|)).
  std::optional<Element> matchSoftplus(Element e) {
    // x > 20 ? x : softplus(x), as exporters write it: from 17 on, the two are one f32.
    if (auto select = e.op<SelectOp>()) {
      Element condition = elements.operand(e, 0), x = elements.operand(e, 1);
      auto compare = condition.op<CompareOp>();
      if (!compare || compare.getKind() != CompareKind::Gt || !elements.equal(elements.operand(condition, 0), x) ||
          elements.number(elements.operand(condition, 1)).value_or(0) < 17 || !elementType(e.value).isF32())
        return std::nullopt;
      cover(e);
      auto inner = matchSoftplus(elements.operand(e, 2));
      return inner && elements.equal(*inner, x) ? inner : std::nullopt;
    }
    if (!isKind(e, BinaryKind::Add))
      return std::nullopt;
    Element top = elements.operand(e, 0), rest = elements.operand(e, 1);
    if (!isKind(top, BinaryKind::Max) || elements.number(elements.operand(top, 1)) != 0.0)
      return std::nullopt;
    Element x = elements.operand(top, 0);
    // select(1 + t == 1, t, log(1 + t) * t / (1 + t == 1 ? 1 : (1 + t) - 1)) with t = exp(-|x|)
    if (!rest.op<SelectOp>())
      return std::nullopt;
    Element exp = elements.operand(rest, 1), quotient = elements.operand(rest, 2);
    if (!isKind(exp, UnaryKind::Exp) || !isKind(quotient, BinaryKind::Div))
      return std::nullopt;
    Element negated = elements.operand(exp, 0);
    if (!isKind(negated, UnaryKind::Neg) || !isKind(elements.operand(negated, 0), UnaryKind::Abs) ||
        !elements.equal(elements.operand(elements.operand(negated, 0), 0), x))
      return std::nullopt;
    Element product = elements.operand(quotient, 0);
    if (!isKind(product, BinaryKind::Mul) || !isKind(elements.operand(product, 0), UnaryKind::Log) ||
        !elements.equal(elements.operand(product, 1), exp))
      return std::nullopt;
    Element sum = elements.operand(elements.operand(product, 0), 0), condition = elements.operand(rest, 0);
    auto isOnePlus = [&](const Element &s) {
      return isKind(s, BinaryKind::Add) && elements.equal(elements.operand(s, 0), exp) && elements.number(elements.operand(s, 1)) == 1.0;
    };
    auto compare = condition.op<CompareOp>();
    if (!isOnePlus(sum) || !compare || compare.getKind() != CompareKind::Eq || !isOnePlus(elements.operand(condition, 0)) ||
        elements.number(elements.operand(condition, 1)) != 1.0)
      return std::nullopt;
    for (const Element &covered : {e, top, rest, exp, quotient, product})
      cover(covered);
    return x;
  }

  void matchScore(const Element &e, Route &route) {
    route.score = ScoreKind::None;
    route.logits = e;
    if (auto x = matchSigmoid(elements, e)) {
      route.score = ScoreKind::Sigmoid;
      route.logits = *x;
    } else if (auto x = matchSoftmax(e, expert)) {
      route.score = ScoreKind::Softmax;
      route.logits = *x;
    } else if (isKind(e, UnaryKind::Sqrt)) {
      if (auto x = matchSoftplus(elements.operand(e, 0))) {
        route.score = ScoreKind::SqrtSoftplus;
        route.logits = *x;
        cover(e);
      }
    }
  }
  /// A bias is for selection only if it is added to a score: one added to a product with weights belongs to the logits.
  bool isScore(const Element &e) {
    Route probe;
    matchScore(e, probe);
    return probe.score != ScoreKind::None;
  }

  // ---- Groups

  /// `candidate` becomes what competes where its group is kept.
  bool matchGroups(Element &candidate, Route &route) {
    auto select = candidate.op<SelectOp>();
    if (!select)
      return true;
    Element onTrue = elements.operand(candidate, 1), onFalse = elements.operand(candidate, 2);
    auto fillTrue = elements.number(onTrue), fillFalse = elements.number(onFalse);
    if (!fillTrue && !fillFalse)
      return true;
    double fill = fillTrue ? *fillTrue : *fillFalse;
    bool keptOnTrue = !fillTrue;
    Element mask = elements.operand(candidate, 0);
    auto isKept = matchMask(mask, route);
    if (!isKept)
      return fail(candidate.value.getLoc(), "experts masked by their groups", "a mask of another kind, by " + nameOf(mask));
    if (*isKept != keptOnTrue)
      return fail(candidate.value.getLoc(), "the best groups kept", "the best groups masked");
    if (fill != 0 && fill != -std::numeric_limits<double>::infinity())
      return fail(candidate.value.getLoc(), "experts of other groups filled with 0 or minus infinity", "filled with " + std::to_string(fill));
    cover(candidate);
    route.fill = fill == 0 ? GroupFill::Zero : GroupFill::NegInf;
    candidate = keptOnTrue ? onTrue : onFalse;
    if (route.groups == route.kept) // k == size: every group is kept
      route.groups = route.kept = 1, route.fill = GroupFill::NegInf, groupValue = {};
    return true;
  }

  /// True when `mask` says that the expert's group is kept, false when that it is not.
  std::optional<bool> matchMask(Element mask, Route &route) {
    bool kept = true;
    for (;;) {
      if (isKind(mask, UnaryKind::Not)) {
        kept = !kept;
      } else if (auto compare = mask.op<CompareOp>()) {
        Element zero = elements.operand(mask, 1);
        bool isZero = elements.number(zero) == 0.0 ||
                      (isa<IntegerType>(elementType(zero.value)) && isConstant(elements.integer(zero.value, zero.at), 0));
        if (!isZero || (compare.getKind() != CompareKind::Eq && compare.getKind() != CompareKind::Ne && compare.getKind() != CompareKind::Gt))
          return std::nullopt;
        kept ^= compare.getKind() == CompareKind::Eq;
      } else if (!mask.op<ConvertOp>()) {
        break;
      }
      cover(mask);
      mask = elements.operand(mask, 0);
    }
    auto scatter = mask.op<ScatterAlongAxisOp>();
    if (!scatter || scatter.getKind() != ScatterKind::Set || int64_t(scatter.getAxis()) + 1 != rank(scatter.getResult()))
      return std::nullopt;
    auto constantOf = [&](Value value) -> std::optional<double> {
      Indices at;
      for (Expr dim : getDims(value))
        at.push_back(elements.newIndex(dim));
      Element e = elements.resolve(value, at);
      if (isa<FloatType>(elementType(value)))
        return elements.number(e);
      auto integer = asConstant(elements.integer(value, at));
      return integer ? std::optional(double(*integer)) : std::nullopt;
    };
    auto before = constantOf(scatter.getOperand()), after = constantOf(scatter.getUpdates());
    auto groups = asConstant(getDims(scatter.getResult()).back());
    if (!before || !after || !groups || (*before != 0) == (*after != 0) || experts % *groups)
      return std::nullopt;
    if (*after == 0)
      kept = !kept;
    int64_t size = experts / *groups;
    Indices expected = withTokens(elements.simplify(floorDiv(expert, constant(context, size))));
    if (*groups == 1)
      expected.back() = constant(context, 0);
    if (mask.at != expected)
      return std::nullopt;
    Expr i = elements.newIndex(getDims(scatter.getIndices()).back());
    Expr chosen = elements.integer(scatter.getIndices(), withTokens(i));
    cover(mask);
    route.groups = *groups;
    if (*groups == 1) {
      route.kept = 1;
      return isConstant(chosen, 0) ? std::optional(kept) : std::nullopt;
    }
    const Element *atom = elements.getAtom(chosen);
    groupChoice = atom ? atom->op<TopKOp>() : TopKOp();
    if (!groupChoice || !groupChoice.getLargest() || atom->at != withTokens(i) || getDims(groupChoice.getOperand()).back() != constant(context, *groups))
      return std::nullopt;
    auto count = asConstant(getDims(groupChoice.getIndices()).back());
    if (!count)
      return std::nullopt;
    route.kept = *count;
    group = elements.newIndex(constant(context, *groups));
    groupValue = elements.resolve(groupChoice.getOperand(), withTokens(group));
    cover({groupChoice.getIndices(), {}});
    return kept;
  }

  /// What groups are chosen by is a function of the same candidates.
  bool matchGroupValue(Route &route) {
    Expr size = constant(context, experts / route.groups);
    Location where = groupValue.value.getLoc();
    auto reduce = groupValue.op<ReduceOp>();
    if (!reduce || reduce.getAxes().size() != 1)
      return fail(where, "a group's maximum or the sum of its two largest", nameOf(groupValue));
    Expr member = elements.newIndex(getDim(reduce.getOperand().getType(), reduce.getAxes()[0]));
    Indices at = groupValue.at;
    at.insert(at.begin() + reduce.getAxes()[0], member);
    cover(groupValue);
    if (reduce.getKind() == ReduceKind::Max) {
      if (member.getKind() == ExprKind::Index && elements.extentOf(member) != size)
        return fail(where, "the maximum over a whole group", "another number of experts");
      if (!elements.equal(elements.resolve(reduce.getOperand(), at), elements.rename(base, expert, group * size + member)))
        return fail(where, "groups chosen by the scores that experts are chosen by", "other scores");
      route.groupScore = GroupScore::Max;
      return true;
    }
    auto best = reduce.getOperand().getDefiningOp<TopKOp>();
    if (reduce.getKind() != ReduceKind::Sum || !best || !best.getLargest() || reduce.getOperand() != best.getValues() ||
        !isConstant(getDims(best.getIndices()).back(), 2) || getDims(best.getOperand()).back() != size ||
        int64_t(reduce.getAxes()[0]) + 1 != rank(best.getValues()))
      return fail(where, "the sum of a group's two largest", nameOf(groupValue));
    Expr chosen = elements.integer(best.getIndices(), at);
    if (!elements.equal(elements.resolve(best.getValues(), at), elements.rename(base, expert, group * size + chosen)))
      return fail(where, "groups chosen by the scores that experts are chosen by", "other scores");
    cover({best.getIndices(), {}});
    route.groupScore = GroupScore::Top2Sum;
    return true;
  }

  // ---- Weights

  bool matchWeights(Value weights, Route &route) {
    Element w = elements.resolve(weights, withTokens(slot));
    Expr chosen = elements.integer(choice.getIndices(), withTokens(slot));
    auto isChosen = [&](const Element &e, const Element &of) { return elements.equal(e, elements.rename(of, expert, chosen)); };
    Location where = weights.getLoc();
    bool ofCandidates = !(candidates == score);
    for (;;) {
      if (isChosen(w, score))
        return true;
      if (ofCandidates && isChosen(w, candidates)) {
        route.source = WeightSource::Selection;
        return true;
      }
      if (route.score == ScoreKind::None && !route.bias && route.groups == 1)
        if (auto x = matchSoftmax(w, slot)) {
          if (!isChosen(*x, score))
            return fail(where, "the softmax of the chosen logits", "of something else, by " + nameOf(*x));
          route.score = ScoreKind::SoftmaxOfChosen;
          return true;
        }
      if (isKind(w, BinaryKind::Mul)) {
        Element a = elements.operand(w, 0), b = elements.operand(w, 1);
        if (elements.number(a))
          std::swap(a, b);
        if (auto factor = elements.number(b)) {
          if (route.renormalise)
            return fail(where, "the chosen scores", "a factor inside the renormalisation");
          route.scale *= *factor;
          cover(w);
          w = a;
          continue;
        }
        if (isKind(a, UnaryKind::Reciprocal))
          std::swap(a, b);
        if (isKind(b, UnaryKind::Reciprocal) && !route.renormalise && matchSum(elements.operand(b, 0), a, route)) {
          cover(w);
          w = a;
          continue;
        }
      }
      if (isKind(w, BinaryKind::Div)) {
        Element a = elements.operand(w, 0), b = elements.operand(w, 1);
        if (auto divisor = elements.number(b); divisor && !route.renormalise) {
          route.scale /= *divisor;
          cover(w);
          w = a;
          continue;
        }
        if (!route.renormalise && matchSum(b, a, route)) {
          cover(w);
          w = a;
          continue;
        }
      }
      return fail(w.value.getLoc(), "weights that are the scores of the chosen experts", "another tensor, by " + nameOf(w));
    }
  }

  /// sum over slots of `of`, plus an epsilon.
  bool matchSum(Element sum, const Element &of, Route &route) {
    double epsilon = 0;
    if (isKind(sum, BinaryKind::Add)) {
      Element a = elements.operand(sum, 0), b = elements.operand(sum, 1);
      if (elements.number(a))
        std::swap(a, b);
      auto value = elements.number(b);
      if (!value)
        return false;
      epsilon = *value;
      cover(sum);
      sum = a;
    }
    if (!isReductionOf(sum, ReduceKind::Sum, of, slot))
      return false;
    route.renormalise = epsilon;
    return true;
  }

  Elements &elements;
  TopKOp choice;
  MLIRContext *context;
  Expr slot;
  Element candidates, base, score;
  TopKOp groupChoice;
  Expr group;
  Element groupValue;
};

// ---- The pass --------------------------------------------------------------------------------------------

/// Float values of the shape of the choice that are computed from it, in order: any could be the weights that leave the router.
SmallVector<Value> weightCandidates(TopKOp choice) {
  SmallVector<Expr> shape = getDims(choice.getIndices());
  auto isSmall = [&](Value value) {
    SmallVector<Expr> dims = getDims(value), rows(ArrayRef<Expr>(shape).drop_back());
    if (dims == shape || dims == rows)
      return true;
    rows.push_back(constant(choice.getContext(), 1));
    return dims == rows;
  };
  llvm::SetVector<Value> indices, reached;
  indices.insert(choice.getIndices());
  for (unsigned i = 0; i < indices.size(); ++i)
    for (Operation *user : indices[i].getUsers()) {
      if (isa<TakeAlongAxisOp, GatherNdOp, TakeOp>(user) && user->getOperand(1) == indices[i] &&
          isa<FloatType>(elementType(user->getResult(0))) && isSmall(user->getResult(0)))
        reached.insert(user->getResult(0));
      else if (isa<UnaryOp, BinaryOp, CompareOp, SelectOp, ConvertOp, ReshapeOp>(user) && !isa<FloatType>(elementType(user->getResult(0))) &&
               user->getBlock() == choice->getBlock())
        indices.insert(user->getResult(0));
    }
  reached.insert(choice.getValues());
  for (unsigned i = 0; i < reached.size(); ++i)
    for (Operation *user : reached[i].getUsers())
      if (isa<UnaryOp, BinaryOp, BroadcastOp, ReshapeOp, ReduceOp>(user) && isSmall(user->getResult(0)) &&
          isa<FloatType>(elementType(user->getResult(0))))
        reached.insert(user->getResult(0));
  SmallVector<Value> result;
  for (Value value : reached)
    if (getDims(value) == shape && !value.use_empty() && elementType(value) == elementType(choice.getOperand()))
      result.push_back(value);
  llvm::sort(result, [](Value a, Value b) {
    Operation *x = a.getDefiningOp(), *y = b.getDefiningOp();
    return x != y && y->isBeforeInBlock(x);
  });
  return result;
}

struct RecognizeRouters : dsc::impl::RecognizeRoutersBase<RecognizeRouters> {
  using Base::Base;

  void runOnOperation() override {
    SmallVector<TopKOp> choices;
    for (auto op : getOperation().getOps<TopKOp>())
      if (op.getLargest() && isa<FloatType>(elementType(op.getOperand())) && rank(op.getOperand()) > 1 &&
          asConstant(getDims(op.getOperand()).back()).value_or(1) > 1 && asConstant(getDims(op.getIndices()).back()).value_or(0) > 0)
        choices.push_back(op);
    for (TopKOp choice : choices)
      recognize(choice);
    eraseUnused(getOperation());
  }

  void recognize(TopKOp choice) {
    if (choice.getIndices().use_empty())
      return;
    SmallVector<Value> candidates = weightCandidates(choice);
    std::optional<Mismatch> nearest;
    for (Value weights : candidates) {
      Elements elements(&getContext());
      RouterMatcher matcher(elements, choice);
      if (auto route = matcher.match(weights)) {
        if (replace(choice, weights, *route, matcher, elements))
          return;
        matcher.mismatch = Mismatch{choice.getLoc(), "logits and a bias that are tensors over the experts", "another layout"};
      }
      if (!nearest || !matcher.mismatch)
        nearest = matcher.mismatch;
    }
    if (nearest)
      addMiss(getOperation(), {Remark::Router, nearest->where, nearest->expected, nearest->found});
  }

  bool replace(TopKOp choice, Value weights, const Route &route, RouterMatcher &matcher, Elements &elements) {
    OpBuilder b(choice);
    PrimBuilder build(b, joinLocations(choice.getLoc(), elements.visited));
    SmallVector<Expr> dims = getDims(choice.getIndices());
    Expr rows = product(&getContext(), ArrayRef<Expr>(dims).drop_back());
    // Logits as a tensor of the shape that is chosen from.
    Value logits = findTensor(choice, route.logits, matcher, elements);
    if (!logits)
      return false;
    logits = build.reshape(logits, {rows, build.size(matcher.experts)});
    Value bias;
    if (route.bias) {
      StoredWeight stored{route.bias.value, {}};
      for (Expr position : route.bias.at)
        stored.at.push_back(substitute(position, [&](Expr leaf) -> std::optional<Expr> {
          return leaf == matcher.expert ? std::optional(index(&getContext(), 1)) : std::nullopt;
        }));
      bias = readWeight(build, stored, 0, matcher.experts, 0);
      if (!bias)
        return false;
    }
    Type type = elementType(logits);
    SmallVector<Expr> flat{rows, build.size(matcher.k)};
    MLIRContext *context = &getContext();
    auto op = RouteOp::create(b, build.loc, getTensorType(flat, type), getTensorType(flat, b.getI64Type()),
                              ScoreKindAttr::get(context, route.score), logits, bias, b.getI64IntegerAttr(route.groups),
                              b.getI64IntegerAttr(route.kept), GroupScoreAttr::get(context, route.groupScore),
                              GroupFillAttr::get(context, route.fill), WeightSourceAttr::get(context, route.source),
                              route.renormalise ? b.getF64FloatAttr(*route.renormalise) : FloatAttr(), b.getF64FloatAttr(route.scale));
    Value newIds = build.reshape(op.getIds(), dims), newWeights = build.reshape(op.getWeights(), dims);
    weights.replaceAllUsesWith(newWeights);
    choice.getIndices().replaceAllUsesWith(newIds);
    ++numRouters;
    return true;
  }

  /// A value before the choice, of its operand's shape, whose elements are `e`.
  Value findTensor(TopKOp choice, const Element &e, RouterMatcher &matcher, Elements &elements) {
    SmallVector<Expr> dims = getDims(choice.getOperand());
    Indices at(matcher.tokens.begin(), matcher.tokens.end());
    at.push_back(matcher.expert);
    if (getDims(e.value) == dims && e.at == at)
      return e.value;
    for (Operation &op : *choice->getBlock()) {
      if (&op == choice.getOperation())
        break;
      for (Value result : op.getResults())
        if (isa<RankedTensorType>(result.getType()) && getDims(result) == dims && elementType(result) == elementType(e.value) &&
            elements.resolve(result, at) == e)
          return result;
    }
    return {};
  }
};

} // namespace
