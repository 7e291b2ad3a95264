// SPDX-License-Identifier: Apache-2.0
// The normal form of integer expressions.
#include "dialects/prim/ExprForms.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/MathExtras.h"
#include <algorithm>

using namespace mlir;
using llvm::ArrayRef;
using llvm::SmallVector;

namespace dsc::prim {

namespace {

int64_t saturatingAdd(int64_t a, int64_t b) {
  int64_t r;
  if (!llvm::AddOverflow(a, b, r))
    return r;
  return a > 0 ? INT64_MAX : INT64_MIN;
}

int64_t saturatingMul(int64_t a, int64_t b) {
  int64_t r;
  if (!llvm::MulOverflow(a, b, r))
    return r;
  return (a > 0) == (b > 0) ? INT64_MAX : INT64_MIN;
}

int64_t floorDivInt(int64_t a, int64_t b) {
  if (b == 0)
    return 0;
  if (b == -1)
    return a == INT64_MIN ? INT64_MAX : -a;
  int64_t q = a / b;
  return (a % b != 0 && (a < 0) != (b < 0)) ? q - 1 : q;
}

int64_t modInt(int64_t a, int64_t b) {
  if (b == 0 || b == -1)
    return 0;
  int64_t r = a % b;
  return (r != 0 && (r < 0) != (b < 0)) ? r + b : r;
}

Expr make(MLIRContext *context, ExprKind kind, int64_t value, ArrayRef<Expr> operands) {
  SmallVector<Attribute> attributes(operands.begin(), operands.end());
  return ExprAttr::get(context, kind, value, StringAttr(), attributes);
}

/// A total order that depends on structure alone, so that printed IR is stable.
int compare(Expr a, Expr b) {
  if (a == b)
    return 0;
  if (a.getKind() != b.getKind())
    return a.getKind() < b.getKind() ? -1 : 1;
  if (a.getKind() == ExprKind::Symbol) {
    if (int order = a.getName().getValue().compare_numeric(b.getName().getValue()))
      return order;
    return a.getValue() < b.getValue() ? -1 : 1;
  }
  auto lhs = a.getOperands(), rhs = b.getOperands();
  if (lhs.size() != rhs.size())
    return lhs.size() < rhs.size() ? -1 : 1;
  for (auto [l, r] : llvm::zip(lhs, rhs))
    if (int order = compare(cast<ExprAttr>(l), cast<ExprAttr>(r)))
      return order;
  return a.getValue() < b.getValue() ? -1 : 1;
}

bool before(Expr a, Expr b) { return compare(a, b) < 0; }

/// coefficient * (product of factors); no factors: a constant.
struct Term {
  int64_t coefficient;
  SmallVector<Expr> factors;
};

Term asTerm(Expr e) {
  if (e.getKind() == ExprKind::Constant)
    return {e.getValue(), {}};
  if (e.getKind() == ExprKind::Product) {
    Term t{e.getValue(), {}};
    for (Attribute operand : e.getOperands())
      t.factors.push_back(cast<ExprAttr>(operand));
    return t;
  }
  return {1, {e}};
}

Expr fromTerm(MLIRContext *context, const Term &t) {
  if (t.coefficient == 0 || t.factors.empty())
    return constant(context, t.factors.empty() ? t.coefficient : 0);
  if (t.coefficient == 1 && t.factors.size() == 1)
    return t.factors.front();
  return make(context, ExprKind::Product, t.coefficient, t.factors);
}

void collectTerms(Expr e, SmallVectorImpl<Term> &terms) {
  if (e.getKind() != ExprKind::Sum) {
    terms.push_back(asTerm(e));
    return;
  }
  if (e.getValue() != 0)
    terms.push_back({e.getValue(), {}});
  for (Attribute operand : e.getOperands())
    terms.push_back(asTerm(cast<ExprAttr>(operand)));
}

bool sameFactors(const Term &a, const Term &b) { return a.factors == b.factors; }

Expr fromTerms(MLIRContext *context, SmallVector<Term> terms) {
  llvm::sort(terms, [](const Term &a, const Term &b) {
    return std::lexicographical_compare(a.factors.begin(), a.factors.end(), b.factors.begin(),
                                        b.factors.end(), before);
  });
  int64_t offset = 0;
  SmallVector<Expr> operands;
  for (size_t i = 0; i < terms.size();) {
    Term sum = terms[i++];
    while (i < terms.size() && sameFactors(sum, terms[i]))
      sum.coefficient = saturatingAdd(sum.coefficient, terms[i++].coefficient);
    if (sum.coefficient == 0)
      continue;
    if (sum.factors.empty())
      offset = sum.coefficient;
    else
      operands.push_back(fromTerm(context, sum));
  }
  if (operands.empty())
    return constant(context, offset);
  if (operands.size() == 1 && offset == 0)
    return operands.front();
  return make(context, ExprKind::Sum, offset, operands);
}

} // namespace

std::pair<Expr, Expr> divideTerms(Expr e, Expr divisor) {
  MLIRContext *context = e.getContext();
  Term d = asTerm(divisor);
  SmallVector<Term> terms, quotient, rest;
  collectTerms(e, terms);
  for (Term &t : terms) {
    if (t.factors.empty() && d.factors.empty() && d.coefficient > 0 && t.coefficient > d.coefficient) {
      quotient.push_back({t.coefficient / d.coefficient, {}});
      if (int64_t left = t.coefficient % d.coefficient)
        rest.push_back({left, {}});
      continue;
    }
    Term q{0, t.factors};
    bool divisible = d.coefficient != 0 && t.coefficient % d.coefficient == 0;
    for (Expr factor : d.factors) {
      auto *it = llvm::find(q.factors, factor);
      if (it == q.factors.end()) {
        divisible = false;
        break;
      }
      q.factors.erase(it);
    }
    if (divisible) {
      q.coefficient = t.coefficient / d.coefficient;
      quotient.push_back(q);
    } else {
      rest.push_back(t);
    }
  }
  return {fromTerms(context, quotient), fromTerms(context, rest)};
}

Expr constant(MLIRContext *context, int64_t value) {
  return make(context, ExprKind::Constant, value, {});
}

Expr symbol(MLIRContext *context, llvm::StringRef name, int64_t lowerBound) {
  return ExprAttr::get(context, ExprKind::Symbol, lowerBound, StringAttr::get(context, name), {});
}

Expr index(MLIRContext *context, unsigned dim) { return make(context, ExprKind::Index, dim, {}); }

std::optional<int64_t> asConstant(Expr e) {
  if (e.getKind() == ExprKind::Constant)
    return e.getValue();
  return std::nullopt;
}

Expr operator+(Expr a, Expr b) {
  SmallVector<Term> terms;
  collectTerms(a, terms);
  collectTerms(b, terms);
  return fromTerms(a.getContext(), terms);
}

Expr operator*(Expr a, Expr b) {
  SmallVector<Term> left, right, terms;
  collectTerms(a, left);
  collectTerms(b, right);
  for (const Term &l : left)
    for (const Term &r : right) {
      Term t{saturatingMul(l.coefficient, r.coefficient), l.factors};
      t.factors.append(r.factors);
      llvm::sort(t.factors, before);
      // Truth values are idempotent; without this `c and c` would not be c.
      SmallVector<Expr> factors;
      for (Expr factor : t.factors)
        if (factors.empty() || factors.back() != factor ||
            (factor.getKind() != ExprKind::NonNegative && factor.getKind() != ExprKind::IsZero))
          factors.push_back(factor);
      t.factors = factors;
      terms.push_back(t);
    }
  return fromTerms(a.getContext(), terms);
}

Expr operator+(Expr a, int64_t b) { return a + constant(a.getContext(), b); }
Expr operator-(Expr a, int64_t b) { return a + constant(a.getContext(), b == INT64_MIN ? INT64_MAX : -b); }
Expr operator*(Expr a, int64_t b) { return a * constant(a.getContext(), b); }
Expr operator-(Expr a) { return a * -1; }
Expr operator-(Expr a, Expr b) { return a + b * -1; }

Expr floorDiv(Expr a, Expr b) {
  MLIRContext *context = a.getContext();
  auto ca = asConstant(a), cb = asConstant(b);
  if (ca && cb)
    return constant(context, floorDivInt(*ca, *cb));
  if (cb == 1 || ca == 0)
    return a;
  if (cb == -1)
    return -a;
  if (cb == 0)
    return constant(context, 0);
  if (b.getKind() != ExprKind::Sum) {
    // floordiv(b*q + r, b) = q + floordiv(r, b), exact for every integer b != 0. A size may be 0 only
    // where both sides are unused, so that symbolic divisors are split as well.
    auto [quotient, rest] = divideTerms(a, b);
    if (!isConstant(quotient, 0))
      return quotient + floorDiv(rest, b);
  } else if (a == b) {
    return constant(context, 1);
  }
  if (cb && *cb > 1 && provablyNonNegative(a) && provablyNonNegative(b - a - 1))
    return constant(context, 0);
  return make(context, ExprKind::FloorDiv, 0, {a, b});
}

Expr ceilDiv(Expr a, Expr b) { return -floorDiv(-a, b); }

Expr mod(Expr a, Expr b) {
  MLIRContext *context = a.getContext();
  auto ca = asConstant(a), cb = asConstant(b);
  if (ca && cb)
    return constant(context, modInt(*ca, *cb));
  if (cb == 1 || cb == -1 || ca == 0)
    return constant(context, 0);
  // mod(c * mod(x, b) + r, b) = mod(c * x + r, b)
  SmallVector<Term> terms;
  collectTerms(a, terms);
  for (Term &t : terms)
    if (t.factors.size() == 1 && t.factors[0].getKind() == ExprKind::Mod && t.factors[0].getOperands()[1] == b)
      return mod(a - fromTerm(context, t) + cast<ExprAttr>(t.factors[0].getOperands()[0]) * t.coefficient, b);
  if (b.getKind() != ExprKind::Sum) {
    auto [quotient, rest] = divideTerms(a, b);
    if (!isConstant(quotient, 0))
      return mod(rest, b);
  } else if (a == b) {
    return constant(context, 0);
  }
  if (cb && *cb > 1 && provablyNonNegative(a) && provablyNonNegative(b - a - 1))
    return a;
  // Sizes are written with floordiv alone, so that a padded size, s + mod(-s, 64), meets its blocks, 64*ceil(s/64).
  if (!usesIndex(a) && !usesIndex(b))
    return a - b * floorDiv(a, b);
  return make(context, ExprKind::Mod, 0, {a, b});
}

Expr truncDiv(Expr a, Expr b) {
  if (provablyNonNegative(a) && provablyNonNegative(b))
    return floorDiv(a, b);
  if (auto ca = asConstant(a), cb = asConstant(b); ca && cb && *cb != 0 && *cb != -1)
    return constant(a.getContext(), *ca / *cb);
  if (auto cb = asConstant(b); cb && *cb < 0)
    return -truncDiv(a, -b);
  // Towards zero: the quotient of magnitudes, with the sign put back.
  auto byPositive = [&](Expr divisor) { return select(nonNegative(a), floorDiv(a, divisor), -floorDiv(-a, divisor)); };
  if (provablyNonNegative(b))
    return byPositive(b);
  return select(nonNegative(b), byPositive(b), -byPositive(-b));
}

Expr min(Expr a, Expr b) {
  if (a == b || provablyNonNegative(b - a))
    return a;
  if (provablyNonNegative(a - b))
    return b;
  return make(a.getContext(), ExprKind::Min, 0, before(b, a) ? ArrayRef<Expr>{b, a} : ArrayRef<Expr>{a, b});
}

Expr max(Expr a, Expr b) {
  if (a == b || provablyNonNegative(a - b))
    return a;
  if (provablyNonNegative(b - a))
    return b;
  return make(a.getContext(), ExprKind::Max, 0, before(b, a) ? ArrayRef<Expr>{b, a} : ArrayRef<Expr>{a, b});
}

Expr nonNegative(Expr a) {
  if (provablyNonNegative(a))
    return constant(a.getContext(), 1);
  if (provablyNonNegative(-a - 1))
    return constant(a.getContext(), 0);
  return make(a.getContext(), ExprKind::NonNegative, 0, {a});
}

Expr isZero(Expr a) {
  MLIRContext *context = a.getContext();
  if (auto c = asConstant(a))
    return constant(context, *c == 0);
  if (provablyNonZero(a))
    return constant(context, 0);
  // iszero of a truth value is its negation.
  auto isTruth = [](Expr e) { return e.getKind() == ExprKind::NonNegative || e.getKind() == ExprKind::IsZero; };
  for (Expr t : {a, -a})
    if (isTruth(t))
      return constant(context, 1) - t;
  for (Expr t : {constant(context, 1) - a, a + 1})
    if (isTruth(t))
      return t;
  // iszero(e) = iszero(-e): fix the sign of the first term.
  SmallVector<Term> terms;
  collectTerms(a, terms);
  const Term *first = &terms.front();
  if (first->factors.empty() && terms.size() > 1)
    first = &terms[1];
  if (first->coefficient < 0)
    a = -a;
  return make(context, ExprKind::IsZero, 0, {a});
}

Expr select(Expr condition, Expr ifTrue, Expr ifFalse) {
  if (auto c = asConstant(condition))
    return *c ? ifTrue : ifFalse;
  if (ifTrue == ifFalse)
    return ifTrue;
  bool truth = condition.getKind() == ExprKind::NonNegative || condition.getKind() == ExprKind::IsZero;
  if (truth && isConstant(ifTrue, 1) && isConstant(ifFalse, 0))
    return condition;
  if (truth && isConstant(ifTrue, 0) && isConstant(ifFalse, 1))
    return logicalNot(condition);
  return make(condition.getContext(), ExprKind::Select, 0, {condition, ifTrue, ifFalse});
}

Expr lessEqual(Expr a, Expr b) { return nonNegative(b - a); }
Expr less(Expr a, Expr b) { return nonNegative(b - a - 1); }
Expr equal(Expr a, Expr b) { return isZero(a - b); }

Expr logicalNot(Expr a) {
  if (a.getKind() == ExprKind::NonNegative)
    return nonNegative(-cast<ExprAttr>(a.getOperands()[0]) - 1);
  return constant(a.getContext(), 1) - a;
}

Expr product(MLIRContext *context, ArrayRef<Expr> dims) {
  Expr result = constant(context, 1);
  for (Expr dim : dims)
    result = result * dim;
  return result;
}

Expr rebuild(Expr e, ArrayRef<Expr> operands) {
  MLIRContext *context = e.getContext();
  switch (e.getKind()) {
  case ExprKind::Symbol:
  case ExprKind::Index:
  case ExprKind::Constant:
    return e;
  case ExprKind::FloorDiv:
    return floorDiv(operands[0], operands[1]);
  case ExprKind::Mod:
    return mod(operands[0], operands[1]);
  case ExprKind::Min:
    return min(operands[0], operands[1]);
  case ExprKind::Max:
    return max(operands[0], operands[1]);
  case ExprKind::NonNegative:
    return nonNegative(operands[0]);
  case ExprKind::IsZero:
    return isZero(operands[0]);
  case ExprKind::Select:
    return select(operands[0], operands[1], operands[2]);
  case ExprKind::Product: {
    Expr result = constant(context, e.getValue());
    for (Expr operand : operands)
      result = result * operand;
    return result;
  }
  case ExprKind::Sum: {
    SmallVector<Term> terms{asTerm(constant(context, e.getValue()))};
    for (Expr operand : operands)
      collectTerms(operand, terms);
    return fromTerms(context, terms);
  }
  }
  llvm_unreachable("unknown expression kind");
}

Expr substitute(Expr e, llvm::function_ref<std::optional<Expr>(Expr)> leaf) {
  if (e.getKind() == ExprKind::Symbol || e.getKind() == ExprKind::Index)
    return leaf(e).value_or(e);
  if (e.getKind() == ExprKind::Constant)
    return e;
  SmallVector<Expr> operands;
  bool changed = false;
  for (Attribute operand : e.getOperands()) {
    operands.push_back(substitute(cast<ExprAttr>(operand), leaf));
    changed |= operands.back() != operand;
  }
  return changed ? rebuild(e, operands) : e;
}

Expr substituteIndices(Expr e, ArrayRef<Expr> indices) {
  return substitute(e, [&](Expr leaf) -> std::optional<Expr> {
    if (leaf.getKind() == ExprKind::Index && size_t(leaf.getValue()) < indices.size())
      return indices[leaf.getValue()];
    return std::nullopt;
  });
}

void walkLeaves(Expr e, llvm::function_ref<void(Expr)> visit) {
  if (e.getKind() == ExprKind::Symbol || e.getKind() == ExprKind::Index)
    visit(e);
  for (Attribute operand : e.getOperands())
    walkLeaves(cast<ExprAttr>(operand), visit);
}

bool usesIndex(Expr e) {
  bool found = false;
  walkLeaves(e, [&](Expr leaf) { found |= leaf.getKind() == ExprKind::Index; });
  return found;
}

bool usesIndex(Expr e, unsigned dim) {
  bool found = false;
  walkLeaves(e, [&](Expr leaf) {
    found |= leaf.getKind() == ExprKind::Index && leaf.getValue() == int64_t(dim);
  });
  return found;
}

bool usesSymbol(Expr e, llvm::StringRef name) {
  bool found = false;
  walkLeaves(e, [&](Expr leaf) {
    found |= leaf.getKind() == ExprKind::Symbol && leaf.getName().getValue() == name;
  });
  return found;
}

std::optional<int64_t> evaluate(Expr e, llvm::function_ref<std::optional<int64_t>(Expr)> leaf) {
  if (e.getKind() == ExprKind::Constant)
    return e.getValue();
  if (e.getKind() == ExprKind::Symbol || e.getKind() == ExprKind::Index)
    return leaf(e);
  SmallVector<int64_t> v;
  for (Attribute operand : e.getOperands()) {
    auto value = evaluate(cast<ExprAttr>(operand), leaf);
    if (!value)
      return std::nullopt;
    v.push_back(*value);
  }
  switch (e.getKind()) {
  case ExprKind::FloorDiv:
    return v[1] == 0 ? std::nullopt : std::optional(floorDivInt(v[0], v[1]));
  case ExprKind::Mod:
    return v[1] == 0 ? std::nullopt : std::optional(modInt(v[0], v[1]));
  case ExprKind::Min:
    return std::min(v[0], v[1]);
  case ExprKind::Max:
    return std::max(v[0], v[1]);
  case ExprKind::NonNegative:
    return v[0] >= 0;
  case ExprKind::IsZero:
    return v[0] == 0;
  case ExprKind::Select:
    return v[0] != 0 ? v[1] : v[2];
  case ExprKind::Product: {
    int64_t result = e.getValue();
    for (int64_t factor : v)
      result = saturatingMul(result, factor);
    return result;
  }
  case ExprKind::Sum: {
    int64_t result = e.getValue();
    for (int64_t term : v)
      result = saturatingAdd(result, term);
    return result;
  }
  default:
    llvm_unreachable("a leaf");
  }
}

} // namespace dsc::prim
