// SPDX-License-Identifier: Apache-2.0
// Simplification of expressions by what is known of their leaves.
#include "dialects/prim/ExprForms.h"

using namespace mlir;
using llvm::ArrayRef;
using llvm::SmallVector;

namespace dsc::prim {

/// `e` with the symbol `s` given another lower bound. The normal form then uses the bound.
static Expr withLowerBound(Expr e, Expr s, int64_t lowerBound) {
  Expr bounded = symbol(e.getContext(), s.getName().getValue(), lowerBound);
  return substitute(e, [&](Expr leaf) -> std::optional<Expr> {
    if (leaf == s)
      return bounded;
    return std::nullopt;
  });
}

/// a = b * quotient + rest, where the quotient takes what the leading term of a sum b divides: b*s + b + t by s + 1 is b, rest t.
static std::pair<Expr, Expr> dividePolynomials(Expr a, Expr b) {
  Expr quotient = constant(a.getContext(), 0), rest = a;
  if (b.getKind() != ExprKind::Sum)
    return {quotient, rest};
  auto factors = [](Expr term) { return term.getKind() == ExprKind::Product ? term.getOperands().size() : 1; };
  Expr leading = cast<ExprAttr>(b.getOperands()[0]);
  for (Attribute term : b.getOperands())
    if (factors(cast<ExprAttr>(term)) > factors(leading))
      leading = cast<ExprAttr>(term);
  for (unsigned step = 0; step < 4; ++step) {
    Expr part = divideTerms(rest, leading).first;
    if (isConstant(part, 0))
      break;
    quotient = quotient + part;
    rest = rest - part * b;
  }
  return {quotient, rest};
}

static Expr simplifyInRange(Expr e, ArrayRef<Expr> dims) {
  if (e.getOperands().empty())
    return e;
  SmallVector<Expr> operands;
  for (Attribute operand : e.getOperands())
    operands.push_back(simplifyInRange(cast<ExprAttr>(operand), dims));
  MLIRContext *context = e.getContext();
  auto proves = [&](Expr x) { return provablyNonNegative(x, dims); };
  switch (e.getKind()) {
  case ExprKind::NonNegative:
    if (proves(operands[0]))
      return constant(context, 1);
    if (proves(-operands[0] - 1))
      return constant(context, 0);
    break;
  case ExprKind::IsZero:
    if (proves(operands[0] - 1) || proves(-operands[0] - 1))
      return constant(context, 0);
    break;
  case ExprKind::Min:
    if (proves(operands[1] - operands[0]))
      return operands[0];
    if (proves(operands[0] - operands[1]))
      return operands[1];
    break;
  case ExprKind::Max:
    if (proves(operands[0] - operands[1]))
      return operands[0];
    if (proves(operands[1] - operands[0]))
      return operands[1];
    break;
  case ExprKind::FloorDiv:
  case ExprKind::Mod: {
    auto [quotient, rest] = dividePolynomials(operands[0], operands[1]);
    if (proves(rest) && proves(operands[1] - rest - 1))
      return e.getKind() == ExprKind::Mod ? rest : quotient;
    break;
  }
  case ExprKind::Select: {
    // d >= 1 ? a : b, where a at d = 0 is b: the boundary case of a concatenation.
    Expr condition = operands[0];
    if (condition.getKind() != ExprKind::NonNegative)
      break;
    Expr bound = cast<ExprAttr>(condition.getOperands()[0]) + 1;
    if (bound.getKind() != ExprKind::Index)
      break;
    auto atZero = [&](Expr x) {
      return substitute(x, [&](Expr leaf) -> std::optional<Expr> {
        if (leaf == bound)
          return constant(context, 0);
        return std::nullopt;
      });
    };
    if (atZero(operands[1]) == atZero(operands[2]))
      return operands[1];
    break;
  }
  default:
    break;
  }
  return rebuild(e, operands);
}

Expr simplify(Expr e, ArrayRef<Expr> dims) {
  // There is an element, so that no dimension is zero.
  SmallVector<Expr> bounded(dims), free;
  for (Expr dim : dims)
    if (dim.getKind() == ExprKind::Symbol && dim.getValue() == 0 && !llvm::is_contained(free, dim)) {
      free.push_back(dim);
      e = withLowerBound(e, dim, 1);
      for (Expr &d : bounded)
        d = withLowerBound(d, dim, 1);
    }
  e = simplifyInRange(e, bounded);
  for (Expr s : free)
    e = withLowerBound(e, symbol(e.getContext(), s.getName().getValue(), 1), 0);
  return e;
}

/// True when a rewrite under the assumption s >= 1 could change something.
static bool hasDecisions(Expr e) {
  switch (e.getKind()) {
  case ExprKind::Min:
  case ExprKind::Max:
  case ExprKind::NonNegative:
  case ExprKind::IsZero:
  case ExprKind::Select:
    return true;
  default:
    return llvm::any_of(e.getOperands(), [](Attribute operand) { return hasDecisions(cast<ExprAttr>(operand)); });
  }
}

Expr simplifySize(Expr e) {
  if (!hasDecisions(e))
    return e;
  SmallVector<Expr> symbols;
  walkLeaves(e, [&](Expr leaf) {
    if (leaf.getKind() == ExprKind::Symbol && leaf.getValue() == 0 && !llvm::is_contained(symbols, leaf))
      symbols.push_back(leaf);
  });
  for (Expr s : symbols) {
    auto atZero = [&](Expr x) {
      return substitute(x, [&](Expr leaf) -> std::optional<Expr> {
        if (leaf == s)
          return constant(x.getContext(), 0);
        return std::nullopt;
      });
    };
    Expr positive = withLowerBound(withLowerBound(e, s, 1), symbol(e.getContext(), s.getName().getValue(), 1), 0);
    if (positive != e && atZero(positive) == atZero(e))
      e = positive;
  }
  return e;
}

} // namespace dsc::prim
