// SPDX-License-Identifier: Apache-2.0
#include "passes/recognize/AttentionMask.h"
#include <cmath>

using namespace mlir;
using namespace dsc::prim;
using llvm::ArrayRef;

namespace dsc::recognize {

AttentionMask::AttentionMask(const SoftmaxAttention &attention, Expr s) : attention(attention), s(s) {
  score = -INFINITY;
  for (const SoftmaxAttention::Mask &mask : attention.masks) {
    addCondition(conditions, mask.access, mask.attended);
    score = std::max(score, mask.score);
  }
  for (const Access &bias : attention.biases)
    readBias(bias);
}

bool AttentionMask::Conditions::operator==(const Conditions &other) const {
  auto sameTensor = [](const auto &a, const auto &b) { return a.first.tensor == b.first.tensor && a.first.at == b.first.at && a.second == b.second; };
  auto contains = [&](const Conditions &all, const Conditions &some) {
    return llvm::all_of(some.exprs, [&](Expr e) { return llvm::is_contained(all.exprs, e); }) &&
           llvm::all_of(some.tensors, [&](auto &a) { return llvm::any_of(all.tensors, [&](auto &b) { return sameTensor(a, b); }); });
  };
  return contains(*this, other) && contains(other, *this);
}

void AttentionMask::addCondition(Conditions &to, Expr e) const {
  e = attention.trace.simplify(e);
  if (isConstant(e, 1))
    return;
  if (e.getKind() == ExprKind::Product && e.getValue() == 1) {
    for (Attribute factor : e.getOperands())
      addCondition(to, cast<ExprAttr>(factor));
  } else if (!llvm::is_contained(to.exprs, e)) {
    to.exprs.push_back(e);
  }
}

void AttentionMask::addCondition(Conditions &to, Access access, bool attended) const {
  const ElementTrace &trace = attention.trace;
  access = trace.trace(access);
  if (auto expr = access.def<IndexExprOp>()) {
    Expr e = substituteIndices(expr.getExpr(), access.at);
    return addCondition(to, attended ? e : logicalNot(e));
  }
  if (auto unary = access.def<UnaryOp>(); unary && unary.getKind() == UnaryKind::Not)
    return addCondition(to, {unary.getOperand(), access.at}, !attended);
  if (auto binary = access.def<BinaryOp>(); binary && binary.getKind() == (attended ? BinaryKind::And : BinaryKind::Or)) {
    addCondition(to, {binary.getLhs(), access.at}, attended);
    return addCondition(to, {binary.getRhs(), access.at}, attended);
  }
  if (auto known = splatValue(access.tensor); known && (*known != 0) == attended)
    return;
  to.tensors.push_back({access, attended});
}

void AttentionMask::readBias(const Access &given) {
  Access bias = attention.trace.trace(given);
  auto masked = [&](Value condition, bool attended, double value) {
    addCondition(conditions, {condition, bias.at}, attended);
    score = std::max(score, value);
  };
  if (auto convert = bias.def<ConvertOp>(); convert && elementType(convert.getOperand()).isInteger(1) && isMaskedScore(bias.factor))
    return masked(convert.getOperand(), false, bias.factor);
  if (auto select = bias.def<SelectOp>()) {
    auto onTrue = splatValue(select.getOnTrue()), onFalse = splatValue(select.getOnFalse());
    if (onTrue == 0.0 && onFalse && isMaskedScore(*onFalse * bias.factor))
      return masked(select.getCondition(), true, *onFalse * bias.factor);
    if (onFalse == 0.0 && onTrue && isMaskedScore(*onTrue * bias.factor))
      return masked(select.getCondition(), false, *onTrue * bias.factor);
  }
  if (splatValue(bias.tensor) != 0.0)
    biases.push_back(bias);
}

/// o when the condition is t <= s + o; null otherwise.
Expr AttentionMask::causalOffset(Expr condition) const {
  if (condition.getKind() != ExprKind::NonNegative)
    return nullptr;
  Expr offset = cast<ExprAttr>(condition.getOperands()[0]) + attention.t;
  if (s)
    offset = offset - s;
  return usesIndex(offset) ? Expr() : offset;
}

bool AttentionMask::isNonEmpty() const {
  if (!conditions.tensors.empty())
    return false;
  const ElementTrace &trace = attention.trace;
  // The first row, or the query's own: where causal masks and windows are open.
  SmallVector<Expr> candidates{constant(attention.t.getContext(), 0)};
  for (Expr e : conditions.exprs)
    if (Expr offset = causalOffset(e))
      candidates.push_back(s ? s + offset : offset);
  Expr rows = trace.extentOf(attention.t);
  ArrayRef<Expr> extents = trace.getExtents();
  return llvm::any_of(candidates, [&](Expr row) {
    // The first row exists where there is a row at all: without one a softmax has no weight to give.
    bool exists = isConstant(row, 0) || (provablyNonNegative(row, extents) && provablyNonNegative(rows - 1 - row, extents));
    return exists && llvm::all_of(conditions.exprs, [&](Expr e) {
      Expr at = substitute(e, [&](Expr leaf) { return leaf == attention.t ? std::optional(row) : std::nullopt; });
      return isConstant(trace.simplify(at), 1);
    });
  });
}

SelectOp AttentionMask::findGuard(Value result) const {
  if (!result.hasOneUse())
    return nullptr;
  auto select = dyn_cast<SelectOp>(*result.user_begin());
  if (!select || select.getOnFalse() != result || splatValue(select.getOnTrue()) != 0.0)
    return nullptr;
  Access empty = attention.trace.trace(select.getCondition(), attention.at);
  return readRowGuard(empty, false) == RowGuard::EmptyRows ? select : SelectOp();
}

AttentionMask::RowGuard AttentionMask::readRowGuard(Access condition, bool attended) const {
  const ElementTrace &trace = attention.trace;
  while (auto no = condition.def<UnaryOp>()) {
    if (no.getKind() != UnaryKind::Not)
      return RowGuard::Unknown;
    condition = trace.trace(no.getOperand(), condition.at);
    attended = !attended;
  }
  if (auto known = splatValue(condition.tensor)) // decided when the graph was simplified
    return (*known != 0) == attended ? RowGuard::Never : RowGuard::Unknown;
  bool highestBias = false;
  if (auto compare = condition.def<CompareOp>()) {
    auto limit = splatValue(compare.getRhs());
    if (!limit)
      return RowGuard::Unknown;
    CompareKind kind = compare.getKind();
    condition = trace.trace(compare.getLhs(), condition.at);
    auto reduce = condition.def<ReduceOp>();
    if (!reduce || condition.factor != 1)
      return RowGuard::Unknown;
    // How many rows are attended to; or whether any has a bias above -inf.
    bool isCount = reduce.getKind() == ReduceKind::Sum;
    highestBias = reduce.getKind() == ReduceKind::Max && *limit == -INFINITY;
    bool isNone = isCount ? (kind == CompareKind::Lt && *limit == 1) || ((kind == CompareKind::Le || kind == CompareKind::Eq) && *limit == 0)
                          : highestBias && kind == CompareKind::Eq;
    bool isSome = isCount ? (kind == CompareKind::Gt && *limit == 0) || (kind == CompareKind::Ge && *limit == 1)
                          : highestBias && (kind == CompareKind::Ne || kind == CompareKind::Gt);
    if (isNone == isSome || isSome != attended)
      return RowGuard::Unknown;
  } else if (auto any = condition.def<ReduceOp>(); !any || any.getKind() != ReduceKind::Max || !attended) {
    return RowGuard::Unknown;
  }
  auto reduce = condition.def<ReduceOp>();
  if (reduce.getAxes().size() != 1)
    return RowGuard::Unknown;
  Indices at = condition.at;
  at.insert(at.begin() + reduce.getAxes()[0], attention.t);
  Access counted = trace.trace(reduce.getOperand(), at);
  bool isOpen = true; // what the boolean is where a row is attended to
  if (auto convert = counted.def<ConvertOp>()) {
    if (highestBias) // 0 and a finite number
      return std::isfinite(counted.factor) ? RowGuard::Never : RowGuard::Unknown;
    counted.tensor = convert.getOperand();
  } else if (auto select = counted.def<SelectOp>(); select && highestBias) {
    auto onTrue = splatValue(select.getOnTrue()), onFalse = splatValue(select.getOnFalse());
    if (!onTrue || !onFalse || (*onTrue == -INFINITY && *onFalse == -INFINITY))
      return RowGuard::Unknown;
    if (*onTrue != -INFINITY && *onFalse != -INFINITY)
      return RowGuard::Never;
    isOpen = *onFalse == -INFINITY;
    counted = trace.trace(select.getCondition(), counted.at);
  } else if (highestBias) {
    return RowGuard::Unknown;
  }
  if (counted.factor != 1 || !elementType(counted.tensor).isInteger(1))
    return RowGuard::Unknown;
  Conditions guarded;
  addCondition(guarded, counted, isOpen);
  return guarded == conditions ? RowGuard::EmptyRows : RowGuard::Unknown;
}

std::optional<AttentionMask::Operands> AttentionMask::build(PrimBuilder &build, ArrayRef<Expr> indices, bool guarded) const {
  const ElementTrace &trace = attention.trace;
  if (attention.rowGuard) {
    RowGuard guard = readRowGuard(attention.rowGuard->access, attention.rowGuard->attended);
    if (guard == RowGuard::Unknown)
      return std::nullopt;
    guarded |= guard == RowGuard::EmptyRows;
  }
  // Only where all scores are -inf is a probability NaN.
  guarded |= attention.zeroForNaN && std::isinf(score);
  Operands operands;
  Indices dims;
  for (Expr index : indices)
    dims.push_back(trace.extentOf(index));
  Type i1 = build.b.getI1Type(), f32 = build.b.getF32Type();
  Value mask;
  auto conjoin = [&](Value condition) { mask = mask ? build.binary(BinaryKind::And, mask, condition) : condition; };
  for (Expr e : conditions.exprs) {
    Expr offset = causalOffset(e);
    if (offset && !operands.causal) {
      operands.causal = offset;
      continue;
    }
    bool known = true;
    walkLeaves(e, [&](Expr leaf) { known &= leaf.getKind() != ExprKind::Index || llvm::is_contained(indices, leaf); });
    if (!known)
      return std::nullopt;
    conjoin(build.indexExpr(substitute(e, [&](Expr leaf) -> std::optional<Expr> {
      const auto *at = llvm::find(indices, leaf);
      return at == indices.end() ? std::nullopt : std::optional(index(leaf.getContext(), at - indices.begin()));
    }), dims, i1));
  }
  for (const auto &[access, attended] : conditions.tensors) {
    Value tensor = trace.materialize(build, access, indices);
    if (!tensor)
      return std::nullopt;
    conjoin(attended ? tensor : build.unary(UnaryKind::Not, tensor));
  }
  if ((mask || operands.causal) && !guarded && !isNonEmpty() && !std::isinf(score)) {
    // A query without any attended row weighs all rows alike.
    if (operands.causal) {
      unsigned t = indices.size() - 1;
      conjoin(build.indexExpr(nonNegative(operands.causal + index(build.b.getContext(), t - 1) - index(build.b.getContext(), t)), dims, i1));
      operands.causal = {};
    }
    operands.bias = build.select(mask, build.splat(0, dims, f32), build.splat(score, dims, f32));
    mask = {};
  }
  operands.mask = mask;
  for (const Access &bias : biases) {
    Value tensor = trace.materialize(build, bias, indices);
    if (!tensor)
      return std::nullopt;
    tensor = build.convert(tensor, f32);
    if (bias.factor != 1)
      tensor = build.binary(BinaryKind::Mul, tensor, build.splat(bias.factor, dims, f32));
    operands.bias = operands.bias ? build.binary(BinaryKind::Add, operands.bias, tensor) : tensor;
  }
  return operands;
}

} // namespace dsc::recognize
