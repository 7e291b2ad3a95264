// SPDX-License-Identifier: Apache-2.0
#include "passes/recognize/ExpertSum.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::ArrayRef;

namespace dsc::recognize {

ExpertSumMatcher::ExpertSumMatcher(Elements &elements, Choice choice)
    : elements(elements), choice(choice), context(choice.ids.getContext()) {
  // What a table holds for a token is as good as any other choice.
  if (choice.isLookup)
    elements.keepOpaque(choice.ids, constant(context, choice.count));
}

bool ExpertSumMatcher::fail(Location where, StringRef expected, std::string found) {
  if (!mismatch)
    mismatch = Mismatch{where, expected.str(), std::move(found)};
  return false;
}

// ---- Layouts -------------------------------------------------------------------------------------------

Indices ExpertSumMatcher::split(Expr row, ArrayRef<Expr> dims) const {
  Indices strides = denseStrides(context, dims), result;
  bool first = true;
  for (auto [dim, stride] : llvm::zip(dims, strides)) {
    if (isConstant(dim, 1)) {
      result.push_back(constant(context, 0));
      continue;
    }
    Expr position = elements.simplify(floorDiv(row, stride));
    result.push_back(first ? position : elements.simplify(mod(position, dim)));
    first = false;
  }
  return result;
}

Value ExpertSumMatcher::asRows(PrimBuilder &build, const Element &e, Expr token, Expr last, Expr rows, int64_t count) const {
  SmallVector<Expr> dims = getDims(e.value);
  Indices at = e.at;
  while (dims.size() > 1 && isConstant(dims.back(), 1) && !isConstant(last, 0)) {
    dims.pop_back();
    at.pop_back();
  }
  if (dims.empty() || !isConstant(dims.back(), count) || at.back() != last)
    return {};
  auto leading = ArrayRef<Expr>(dims).drop_back();
  if (product(context, leading) != rows || split(token, leading) != Indices(ArrayRef<Expr>(at).drop_back()))
    return {};
  return build.reshape(e.value, {rows, build.size(count)});
}

/// Indices of the root's dimensions: tokens and the output feature.
bool ExpertSumMatcher::begin(Value root) {
  SmallVector<Expr> dims = getDims(root), idDims = getDims(choice.ids);
  if (dims.size() < 2 || product(context, ArrayRef<Expr>(dims).drop_back()) != product(context, ArrayRef<Expr>(idDims).drop_back()))
    return false;
  tokens.clear();
  token = constant(context, 0);
  for (Expr dim : ArrayRef<Expr>(dims).drop_back()) {
    tokens.push_back(elements.newIndex(dim));
    token = token * dim + tokens.back();
  }
  out = elements.newIndex(dims.back());
  slot = elements.newIndex(constant(context, choice.k));
  return true;
}

Expr ExpertSumMatcher::chosenAt(Expr slotIndex) {
  SmallVector<Expr> dims = getDims(choice.ids);
  Indices at = split(token, ArrayRef<Expr>(dims).drop_back());
  at.push_back(slotIndex);
  return elements.integer(choice.ids, at);
}

// ---- Rows ----------------------------------------------------------------------------------------------

/// Of two factors the one that varies with the output feature is the network, the other the weight.
std::optional<ExpertSumMatcher::Row> ExpertSumMatcher::splitFactors(const Element &a, const Element &b, Expr feature) {
  bool left = elements.dependsOn(a.at, {feature}), right = elements.dependsOn(b.at, {feature});
  if (left == right)
    return std::nullopt;
  return left ? Row{a, b} : Row{b, a};
}

std::optional<FeedForward> ExpertSumMatcher::matchNetwork(const Element &y, Expr expert, ArrayRef<Expr> perToken) {
  FeedForwardMatcher matcher(elements, expert, perToken);
  auto network = matcher.match(y, out);
  if (!network && !mismatch)
    mismatch = matcher.mismatch;
  return network;
}

bool ExpertSumMatcher::isWeight(const Element &e, ExpertSum &sum) {
  if (!sum.weights) {
    sum.weights = e;
    return true;
  }
  return sum.weights == e;
}

/// One network over weights that are one tensor each, or the networks of all experts.
bool ExpertSumMatcher::merge(ExpertSum &sum, ArrayRef<FeedForward> experts) {
  sum.network = experts[0];
  bool stacked = true;
  for (auto [e, expert] : llvm::enumerate(experts)) {
    if (!expert.hasSameForm(experts[0]))
      return fail(expert.down.value.getLoc(), "the same network for every expert", "another one for expert " + std::to_string(e));
    for (auto member : {&FeedForward::gate, &FeedForward::gateBias, &FeedForward::up, &FeedForward::upBias, &FeedForward::down, &FeedForward::downBias}) {
      const StoredWeight &first = experts[0].*member, &own = expert.*member;
      if (!first)
        continue;
      if (first.value != own.value) {
        stacked = false;
        continue;
      }
      // The expert's number is a constant in one dimension, which the second expert shows.
      for (auto [i, position] : llvm::enumerate(first.at)) {
        Expr number = constant(context, e), &general = (sum.network.*member).at[i];
        if (e == 1 && position == constant(context, 0) && own.at[i] == number)
          general = index(context, 0);
        bool isNumbered = position != general;
        if (own.at[i] != (isNumbered ? number : position))
          return fail(own.value.getLoc(), "the weights of expert " + std::to_string(e), "those of another");
      }
    }
  }
  if (!stacked)
    sum.experts = experts.vec();
  return true;
}

// ---- Sums over slots -------------------------------------------------------------------------------------

std::optional<ExpertSum> ExpertSumMatcher::matchSlots(Value root) {
  if (!begin(root))
    return std::nullopt;
  // The two factors of a summand: of a reduction's products, or of a contraction over slots.
  auto summand = [&](Expr at) -> std::optional<Row> {
    Indices position(tokens.begin(), tokens.end());
    position.push_back(out);
    if (auto reduce = root.getDefiningOp<ReduceOp>()) {
      position.insert(position.begin() + reduce.getAxes()[0], at);
      Element body = elements.resolveThroughCasts(reduce.getOperand(), position);
      auto factors = productOf(elements, body);
      if (!factors)
        return std::nullopt;
      elements.visited.insert(body.value.getDefiningOp());
      return splitFactors(factors->first, factors->second, out);
    }
    auto dot = root.getDefiningOp<DotOp>();
    Indices lhs, rhs;
    dotIndices(dot, position, {at}, lhs, rhs);
    return splitFactors(elements.resolve(dot.getLhs(), lhs), elements.resolve(dot.getRhs(), rhs), out);
  };
  Expr expert = chosenAt(slot);
  const Element *atom = elements.getAtom(expert);
  if (!atom || expert.getKind() != ExprKind::Index)
    return std::nullopt;
  ExpertSum sum;
  sum.ids = *atom;
  sum.token = token, sum.slot = slot;
  auto row = summand(slot);
  if (!row || (choice.k > 1 && !elements.dependsOn(row->weight.at, {slot})))
    return std::nullopt;
  sum.weights = row->weight;
  SmallVector<Expr> perToken = tokens;
  perToken.push_back(slot);
  // Weights gathered by the chosen expert.
  if (auto network = matchNetwork(row->network, expert, perToken)) {
    sum.encoding = "batched";
    sum.network = *network;
    return sum;
  }
  // Sorted rows: each expert's part is a case of its own.
  auto batchedMismatch = mismatch;
  std::vector<FeedForward> experts;
  for (int64_t e = 0; e < choice.count; ++e) {
    mismatch.reset();
    elements.assume(expert, constant(context, e));
    auto own = summand(slot);
    auto network = own && own->weight == sum.weights ? matchNetwork(own->network, constant(context, -1), perToken) : std::nullopt;
    elements.forget();
    if (!network) {
      if (e == 0 && !mismatch)
        mismatch = batchedMismatch;
      return std::nullopt;
    }
    experts.push_back(*network);
  }
  sum.encoding = "grouped";
  if (!merge(sum, experts))
    return std::nullopt;
  return sum;
}

// ---- Sums over experts -----------------------------------------------------------------------------------

/// Rows of the tokens that have chosen one expert, added to zeros at their tokens.
bool ExpertSumMatcher::matchScattered(Value indices, Value updates, Location where, ExpertSum &sum,
                                      std::map<int64_t, FeedForward> &experts) {
  Expr row = elements.newIndex(getDims(updates)[0]);
  Indices position{row};
  if (rank(indices) == 2)
    position.push_back(isConstant(getDims(indices)[1], 1) ? constant(context, 0) : out);
  Expr tokenOfRow = elements.integer(indices, position);
  const Element *target = elements.getAtom(tokenOfRow);
  auto nonZero = target ? target->op<NonZeroOp>() : NonZeroOp();
  auto tokenRow = target ? asConstant(target->at[0]) : std::nullopt;
  if (!nonZero || !tokenRow || target->at[1] != row || rank(nonZero.getOperand()) != 2)
    return fail(where, "the tokens that have chosen an expert", "other rows");
  Expr chosen = chosenAt(slot);
  const Element *atom = elements.getAtom(chosen);
  if (!atom || chosen.getKind() != ExprKind::Index)
    return false;
  sum.ids = *atom;
  Indices pair(2, nullptr);
  pair[*tokenRow] = token, pair[1 - *tokenRow] = slot;
  Expr mask = elements.integer(nonZero.getOperand(), pair);
  // iszero(chosen - e)
  std::optional<int64_t> e;
  if (mask.getKind() == ExprKind::IsZero)
    for (Expr difference : {cast<ExprAttr>(mask.getOperands()[0]), -cast<ExprAttr>(mask.getOperands()[0])})
      if (auto c = asConstant(chosen - difference))
        e = c;
  if (!e || *e < 0 || *e >= choice.count)
    return fail(nonZero.getLoc(), "the tokens whose choice is one expert", "another condition");
  if (experts.contains(*e))
    return fail(nonZero.getLoc(), "each expert once", "expert " + std::to_string(*e) + " twice");
  Expr slotOfRow = elements.integer(nonZero.getResult(), {constant(context, 1 - *tokenRow), row});
  elements.assume(chosen, constant(context, *e));
  elements.assume(tokenOfRow, token);
  elements.assume(slotOfRow, slot);
  SmallVector<Expr> perToken = tokens;
  perToken.push_back(slot);
  perToken.push_back(row);
  std::optional<FeedForward> network;
  Element body = elements.resolveThroughCasts(updates, {row, out});
  if (auto factors = productOf(elements, body))
    if (auto split = splitFactors(factors->first, factors->second, out); split && isWeight(split->weight, sum))
      network = matchNetwork(split->network, constant(context, -1), perToken);
  elements.forget();
  if (!network)
    return fail(body.value.getLoc(), "a network times the weight of its slot", nameOf(body));
  experts[*e] = *network;
  return true;
}

/// F_e(x) for all tokens, times what a table [tokens, experts] holds for e.
bool ExpertSumMatcher::matchDense(const Element &element, ExpertSum &sum, std::map<int64_t, FeedForward> &experts) {
  Element e = elements.withoutCasts(element);
  auto factors = productOf(elements, e);
  auto split = factors ? splitFactors(factors->first, factors->second, out) : std::nullopt;
  if (!split)
    return fail(e.value.getLoc(), "a network times a weight", nameOf(e));
  auto scatter = split->weight.op<ScatterAlongAxisOp>();
  if (!scatter || scatter.getKind() != ScatterKind::Set || int64_t(scatter.getAxis()) + 1 != rank(scatter.getResult()) ||
      !isConstant(getDims(scatter.getResult()).back(), choice.count))
    return fail(split->weight.value.getLoc(), "a weight that is zero unless the expert was chosen", nameOf(split->weight));
  auto expert = asConstant(split->weight.at.back());
  Indices rowAt(ArrayRef<Expr>(split->weight.at).drop_back());
  if (!expert || experts.contains(*expert))
    return fail(scatter.getLoc(), "each expert once", "the weight of another expert");
  Indices anywhere, chosenAtSlot = rowAt;
  for (Expr dim : getDims(scatter.getResult()))
    anywhere.push_back(elements.newIndex(dim));
  chosenAtSlot.push_back(slot);
  Expr chosen = chosenAt(slot);
  const Element *atom = elements.getAtom(chosen);
  if (!atom || chosen.getKind() != ExprKind::Index || elements.integer(scatter.getIndices(), chosenAtSlot) != chosen ||
      elements.number(elements.resolve(scatter.getOperand(), anywhere)) != 0.0)
    return fail(scatter.getLoc(), "zeros with the weights of the chosen experts", "another table");
  sum.ids = *atom;
  if (!isWeight(elements.resolve(scatter.getUpdates(), chosenAtSlot), sum))
    return fail(scatter.getLoc(), "the same weights for every expert", "others");
  auto network = matchNetwork(split->network, constant(context, -1), tokens);
  if (!network)
    return false;
  elements.visited.insert(scatter);
  experts[*expert] = *network;
  return true;
}

std::optional<ExpertSum> ExpertSumMatcher::matchExperts(Value root) {
  if (!begin(root))
    return std::nullopt;
  ExpertSum sum;
  sum.token = token, sum.slot = slot;
  std::map<int64_t, FeedForward> experts;
  Indices at(tokens.begin(), tokens.end());
  at.push_back(out);
  SmallVector<Element> pending{elements.resolve(root, at)};
  bool scattered = false, dense = false;
  while (!pending.empty()) {
    Element e = pending.pop_back_val();
    if (elements.number(e) == 0.0)
      continue;
    if (auto add = e.op<BinaryOp>(); add && add.getKind() == BinaryKind::Add) {
      elements.visited.insert(add);
      pending.push_back(elements.operand(e, 1));
      pending.push_back(elements.operand(e, 0));
      continue;
    }
    Value indices, updates, operand;
    if (auto scatter = e.op<ScatterAlongAxisOp>(); scatter && scatter.getAxis() == 0 && rank(e.value) == 2) {
      indices = scatter.getIndices(), updates = scatter.getUpdates(), operand = scatter.getOperand();
    } else if (auto scatter = e.op<ScatterNdOp>(); scatter && scatter.getAxes() == ArrayRef<int64_t>{0} && rank(e.value) == 2) {
      indices = scatter.getIndices(), updates = scatter.getUpdates(), operand = scatter.getOperand();
    } else if (!scattered) {
      dense = true;
      if (!matchDense(e, sum, experts))
        return std::nullopt;
      continue;
    }
    if (!indices || dense || e.at != at)
      return fail(e.value.getLoc(), "rows added at their tokens", nameOf(e)), std::nullopt;
    scattered = true;
    Operation *op = e.value.getDefiningOp();
    auto kind = isa<ScatterNdOp>(op) ? cast<ScatterNdOp>(op).getKind() : cast<ScatterAlongAxisOp>(op).getKind();
    Element before = elements.resolve(operand, e.at);
    // A plain write is a sum only onto zeros, and only because a token meets an expert once.
    if (kind != ScatterKind::Add && (kind != ScatterKind::Set || elements.number(before) != 0.0))
      return fail(op->getLoc(), "rows added to zeros", "written over other rows"), std::nullopt;
    elements.visited.insert(op);
    if (!matchScattered(indices, updates, op->getLoc(), sum, experts))
      return std::nullopt;
    pending.push_back(before);
  }
  for (auto &[e, network] : experts)
    found.push_back(e);
  if (int64_t(found.size()) != choice.count) {
    fail(root.getLoc(), std::to_string(choice.count) + " experts, as many as the router chooses from", std::to_string(found.size()));
    return std::nullopt;
  }
  std::vector<FeedForward> all;
  for (auto &[e, network] : experts)
    all.push_back(network);
  sum.encoding = dense ? "dense" : "loop";
  if (!merge(sum, all))
    return std::nullopt;
  return sum;
}

} // namespace dsc::recognize
