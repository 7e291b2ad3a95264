// SPDX-License-Identifier: Apache-2.0
// Pairs of elements rotated by tables of angles -> dsc.rope.
//
// Of a row of r elements, those that stand together in the result are tried: (i, i + r / 2) and (2 * i, 2 * i + 1). Both are followed back to
// sums of two products (Elements.h), which must be a*c - b*s and b*c + a*s with the same four elements; where a and b stand in one tensor says which
// elements of the operand are a pair. Whether a layout was changed by transposes, strided slices, a shape [r / 2, 2] for complex numbers or an
// operation of its own makes no difference. Factors that are made of cosines, sines and constants are the tables.
#include "dialects/dsc/Dsc.h"
#include "passes/Passes.h"
#include "passes/recognize/ElementTrace.h"
#include "passes/recognize/Elements.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc {
#define GEN_PASS_DEF_RECOGNIZEROPE
#include "passes/Passes.h.inc"

namespace {
using namespace recognize;
using model::Pairing;

/// Known before the run but for positions: made of cosines, sines and constants.
bool isTable(Value value, unsigned depth = 12) {
  Operation *op = value.getDefiningOp();
  if (!op || depth == 0)
    return false;
  if (isa<ConstantOp, IndexExprOp>(op))
    return true;
  if (auto unary = dyn_cast<UnaryOp>(op); unary && (unary.getKind() == UnaryKind::Cos || unary.getKind() == UnaryKind::Sin))
    return true;
  if (isa<TakeOp, GatherNdOp, TakeAlongAxisOp>(op))
    return isTable(op->getOperand(0), depth - 1);
  return isa<UnaryOp, BinaryOp, ConvertOp, BroadcastOp, ReshapeOp, TransposeOp, SliceOp, ConcatOp>(op) &&
         llvm::all_of(op->getOperands(), [&](Value operand) { return isTable(operand, depth - 1); });
}

class RopeMatcher {
public:
  RopeMatcher(Elements &elements, Value y) : elements(elements), y(y), dims(getDims(y)) {}

  /// Puts dsc.rope in place of `y`.
  bool run() {
    auto known = dims.empty() ? std::nullopt : asConstant(dims.back());
    if (!known || *known < 4 || *known % 2 != 0 || !isa<FloatType>(elementType(y)))
      return false;
    width = *known;
    for (Expr dim : ArrayRef(dims).drop_back())
      outer.push_back(elements.newIndex(dim));
    i = elements.newIndex(constant(y.getContext(), width / 2));
    for (Pairing to : {Pairing::Half, Pairing::Interleaved}) {
      bool half = to == Pairing::Half;
      if (solve(half ? i : i * 2, half ? i + width / 2 : i * 2 + 1))
        return replace(to);
    }
    return false;
  }

private:
  /// x * table, or less it.
  struct Term {
    bool negative;
    Element x, table;
  };

  Element operand(const Element &e, unsigned n) { return elements.resolveLayout(e.value.getDefiningOp()->getOperand(n), e.at); }
  Element at(Expr position) {
    Indices all(outer);
    all.push_back(position);
    return elements.resolveLayout(y, all);
  }

  bool readTerms(const Element &e, bool negative, SmallVectorImpl<Term> &terms) {
    if (terms.size() > 2 || elementType(e.value) != elementType(y))
      return false;
    if (isKind(e, UnaryKind::Neg))
      return readTerms(operand(e, 0), !negative, terms);
    if (isKind(e, BinaryKind::Add) || isKind(e, BinaryKind::Sub))
      return readTerms(operand(e, 0), negative, terms) && readTerms(operand(e, 1), negative != isKind(e, BinaryKind::Sub), terms);
    if (!isKind(e, BinaryKind::Mul))
      return false;
    Element factors[] = {operand(e, 0), operand(e, 1)};
    for (Element &factor : factors)
      for (; isKind(factor, UnaryKind::Neg); negative = !negative)
        factor = operand(factor, 0);
    bool left = isTable(factors[0].value), right = isTable(factors[1].value);
    if (left == right) { // tables that the caller computes
      left = isa<BlockArgument>(factors[0].value), right = isa<BlockArgument>(factors[1].value);
      if (left == right)
        return false;
    }
    terms.push_back({negative, factors[left ? 1 : 0], factors[left ? 0 : 1]});
    return true;
  }

  /// Whether the elements at these positions are a*c - b*s and b*c + a*s.
  bool solve(Expr first, Expr second) {
    SmallVector<Term, 2> p, q;
    if (!readTerms(at(first), false, p) || p.size() != 2 || p[0].negative == p[1].negative)
      return false;
    if (!readTerms(at(second), false, q) || q.size() != 2 || q[0].negative || q[1].negative)
      return false;
    if (p[0].negative)
      std::swap(p[0], p[1]);
    a = p[0].x, c = p[0].table, b = p[1].x, s = p[1].table;
    auto crossed = [&](const Term &u, const Term &v) {
      return elements.equal(u.x, b) && elements.equal(u.table, c) && elements.equal(v.x, a) && elements.equal(v.table, s);
    };
    return crossed(q[0], q[1]) || crossed(q[1], q[0]);
  }

  /// The position with the pair's number replaced.
  Expr with(Expr position, Expr number) const {
    return elements.simplify(substitute(position, [&](Expr leaf) { return leaf == i ? std::optional(number) : std::nullopt; }));
  }
  std::optional<int64_t> stepOf(Expr position) const { return asConstant(elements.simplify(with(position, i + 1) - position)); }

  /// Over the indices of `trace` that stand for the outer ones.
  Expr traced(Expr position) const {
    return substitute(position, [&](Expr leaf) -> std::optional<Expr> {
      const auto *found = llvm::find(outer, leaf);
      return found == outer.end() ? std::nullopt : std::optional(tracedOuter[found - outer.begin()]);
    });
  }

  /// Where heads are a part of a dimension that is no multiple of their distance, as in one product for all projections: that part instead. The
  /// position along `dim` is that of the first element of a row.
  void cutOut(PrimBuilder &build, const ElementTrace &trace, Access &access, unsigned dim) {
    Expr position = access.at[dim], head;
    for (Expr each : tracedOuter)
      if (usesIndex(position, each.getValue())) {
        if (head)
          return;
        head = each;
      }
    auto size = asConstant(getDim(access.tensor.getType(), dim)), heads = head ? asConstant(trace.extentOf(head)) : std::nullopt;
    if (!size || !heads)
      return;
    auto at = [&](int64_t number) {
      return asConstant(trace.simplify(substitute(position, [&](Expr leaf) {
        return leaf == head ? std::optional(constant(y.getContext(), number)) : std::nullopt;
      })));
    };
    auto first = at(0), second = at(1);
    if (!first || !second || *second - *first < width || *size % (*second - *first) == 0)
      return;
    int64_t distance = *second - *first, start = std::max<int64_t>(0, *first + width - distance);
    if (start > *first || start + distance * *heads > *size || position != constant(y.getContext(), *first) + head * distance)
      return;
    access.tensor = build.slice(access.tensor, dim, build.size(start), build.size(distance * *heads));
    access.at[dim] = position - start;
  }

  /// x as [..., r], and which of its elements are pairs; null where they do not lie regularly.
  Value readRows(PrimBuilder &build, ElementTrace &trace, Pairing &from) {
    if (a.value != b.value)
      return {};
    Access access{a.value, {}};
    int moving = -1, apart = -1;
    int64_t step = 0, distance = 0;
    for (auto [n, position] : llvm::enumerate(a.at)) {
      auto here = stepOf(position), there = asConstant(elements.simplify(b.at[n] - position));
      if (!here || !there || (*here != 0 && moving >= 0) || (*there != 0 && apart >= 0))
        return {};
      if (*here != 0)
        moving = n, step = *here;
      if (*there != 0)
        apart = n, distance = *there;
      access.at.push_back(traced(with(position, constant(y.getContext(), 0))));
    }
    if (moving < 0 || apart < 0)
      return {};
    Indices indices(tracedOuter);
    MLIRContext *context = y.getContext();
    if (moving == apart) {
      if (!(step == 2 && distance == 1) && !(step == 1 && distance == width / 2))
        return {};
      from = step == 2 ? Pairing::Interleaved : Pairing::Half;
      indices.push_back(trace.newIndex(constant(context, width)));
      cutOut(build, trace, access, moving);
      access.at[moving] = access.at[moving] + indices.back();
      return trace.materialize(build, access, indices);
    }
    // Pairs are a dimension of their own.
    from = moving < apart ? Pairing::Interleaved : Pairing::Half;
    Expr number = trace.newIndex(constant(context, width / 2)), part = trace.newIndex(constant(context, 2));
    access.at[moving] = access.at[moving] + number * step;
    access.at[apart] = access.at[apart] + part * distance;
    indices.push_back(from == Pairing::Interleaved ? number : part);
    indices.push_back(from == Pairing::Interleaved ? part : number);
    Value rows = trace.materialize(build, access, indices);
    return rows ? build.reshape(rows, dims) : Value();
  }

  /// A table as [..., r / 2], with ones where it does not depend on a dimension.
  Value readTable(PrimBuilder &build, ElementTrace &trace, const Element &table) {
    Access access{table.value, {}};
    MLIRContext *context = y.getContext();
    Expr number = trace.newIndex(constant(context, width / 2));
    bool moves = false;
    for (Expr position : table.at) {
      auto step = stepOf(position);
      if (!step || (*step != 0 && moves))
        return {};
      moves |= *step != 0;
      access.at.push_back(traced(with(position, constant(context, 0))) + number * *step);
    }
    SmallVector<Expr> indices;
    for (auto [mine, theirs] : llvm::zip(outer, tracedOuter))
      indices.push_back(access.dependsOn(theirs) ? theirs : trace.newIndex(constant(context, 1)));
    indices.push_back(number);
    return moves ? trace.materialize(build, access, indices) : Value();
  }

  bool replace(Pairing to) {
    ElementTrace trace(y.getContext());
    for (Expr dim : ArrayRef(dims).drop_back())
      tracedOuter.push_back(trace.newIndex(dim));
    OpBuilder builder(y.getDefiningOp());
    PrimBuilder build(builder, y.getLoc());
    Pairing from;
    Value x = readRows(build, trace, from), cos = readTable(build, trace, c), sin = readTable(build, trace, s);
    if (!x || !cos || !sin || cos.getType() != sin.getType() || elementType(x) != elementType(y) || elementType(cos) != elementType(y))
      return false;
    y.replaceAllUsesWith(model::RopeOp::create(builder, y.getLoc(), y.getType(), x, cos, sin, from, to).getResult());
    return true;
  }

  Elements &elements;
  Value y;
  SmallVector<Expr> dims;
  int64_t width = 0;
  Indices outer, tracedOuter;
  Expr i;             // the pair's number
  Element a, b, c, s; // of pair i
};

/// An operation that may put rotated pairs together.
bool isCandidate(Operation *op) {
  auto isProduct = [](Value v) {
    auto binary = v.getDefiningOp<BinaryOp>();
    return binary && binary.getKind() == BinaryKind::Mul;
  };
  if (auto sum = dyn_cast<BinaryOp>(op))
    return sum.getKind() == BinaryKind::Add && isProduct(sum.getLhs()) && isProduct(sum.getRhs());
  if (auto reshape = dyn_cast<ReshapeOp>(op); reshape && reshape.getOperand().getDefiningOp<ConcatOp>())
    return !getDims(reshape.getOperand()).empty() && isConstant(getDims(reshape.getOperand()).back(), 2);
  auto concat = dyn_cast<ConcatOp>(op);
  return concat && concat.getNumOperands() == 2 && int64_t(concat.getAxis()) + 1 == rank(concat.getResult()) &&
         concat.getOperand(0).getType() == concat.getOperand(1).getType();
}

struct RecognizeRope : impl::RecognizeRopeBase<RecognizeRope> {
  using Base::Base;
  void runOnOperation() override {
    Elements elements(&getContext());
    SmallVector<Operation *> candidates;
    for (Operation &op : getOperation().front())
      if (isCandidate(&op))
        candidates.push_back(&op);
    for (Operation *op : candidates)
      if (RopeMatcher(elements, op->getResult(0)).run())
        ++numMatched;
  }
};

} // namespace
} // namespace dsc
