// SPDX-License-Identifier: Apache-2.0
// A small prover for e >= 0: every atom of the sum is replaced by a bound that can only lower the sum, until a
// constant is left.
#include "dialects/prim/Expr.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using llvm::ArrayRef;

namespace dsc::prim {

namespace {

/// Each replacement removes an atom, but alternatives (min, max, select) branch; real shapes need few.
constexpr int maxSteps = 200;

struct Prover {
  ArrayRef<Expr> dims;
  int steps = 0;

  /// Lower bound 0 of an atom or product, from its kind alone.
  bool atomNonNegative(Expr atom) {
    switch (atom.getKind()) {
    case ExprKind::Symbol:
      return atom.getValue() >= 0;
    case ExprKind::Index:
    case ExprKind::NonNegative:
    case ExprKind::IsZero:
      return true;
    default:
      return nonNegative(atom);
    }
  }

  /// `e` with `atom` replaced in one of its terms. Only there is the sign of the cofactor known.
  static Expr replaceAtom(Expr e, Expr term, Expr atom, Expr by) {
    if (term == atom)
      return e - term + by;
    Expr product = constant(e.getContext(), term.getValue());
    bool replaced = false;
    for (Attribute factor : term.getOperands()) {
      bool here = !replaced && factor == atom;
      product = product * (here ? by : cast<ExprAttr>(factor));
      replaced |= here;
    }
    return e - term + product;
  }

  /// Tries to prove e >= 0 by bounding `atom` in `term`, where its cofactor has the sign `positive`.
  bool tryAtom(Expr e, Expr term, Expr atom, bool positive) {
    MLIRContext *context = e.getContext();
    auto with = [&](Expr by) { return nonNegative(replaceAtom(e, term, atom, by)); };
    auto operand = [&](unsigned i) { return cast<ExprAttr>(atom.getOperands()[i]); };
    switch (atom.getKind()) {
    case ExprKind::Index:
      if (positive)
        return with(constant(context, 0));
      return size_t(atom.getValue()) < dims.size() && with(dims[atom.getValue()] - 1);
    case ExprKind::Symbol:
      return positive && atom.getValue() >= 0 && with(constant(context, atom.getValue()));
    case ExprKind::Min:
      return positive ? with(operand(0)) && with(operand(1)) : with(operand(0)) || with(operand(1));
    case ExprKind::Max:
      return positive ? with(operand(0)) || with(operand(1)) : with(operand(0)) && with(operand(1));
    case ExprKind::Select:
      return with(operand(1)) && with(operand(2));
    case ExprKind::NonNegative:
    case ExprKind::IsZero:
      return with(constant(context, positive ? 0 : 1));
    case ExprKind::Mod:
      if (auto divisor = asConstant(operand(1)); divisor && *divisor > 0)
        return positive ? with(constant(context, 0)) : with(constant(context, *divisor - 1));
      return false;
    case ExprKind::FloorDiv: {
      auto divisor = asConstant(operand(1));
      if (!divisor || *divisor <= 0)
        return false;
      // a - c + 1 <= c * floor(a/c) <= a, when the term holds such multiples.
      if (term.getKind() == ExprKind::Product && term.getOperands().size() == 1 && term.getValue() % *divisor == 0) {
        Expr bound = positive ? operand(0) - (*divisor - 1) : operand(0);
        if (nonNegative(e - term + bound * (term.getValue() / *divisor)))
          return true;
      }
      // floor(a/c) <= a for a >= 0, and its lower bound 0.
      if (positive)
        return nonNegative(operand(0)) && with(constant(context, 0));
      return nonNegative(operand(0)) && with(operand(0));
    }
    default:
      return false;
    }
  }

  static bool isNegative(Expr term) { return term.getKind() == ExprKind::Product && term.getValue() < 0; }

  /// The answer for a sum of symbols and products of symbols, where all bounds can be taken at once: sums of hundreds of sizes occur.
  static std::optional<bool> decideSymbols(Expr e, ArrayRef<Expr> terms) {
    int64_t least = e.getKind() == ExprKind::Sum ? e.getValue() : 0;
    bool anyNegative = false;
    for (Expr term : terms) {
      bool isProduct = term.getKind() == ExprKind::Product;
      int64_t bound = isProduct ? term.getValue() : 1;
      for (Attribute factor : isProduct ? term.getOperands() : ArrayRef<Attribute>(term)) {
        auto symbol = cast<ExprAttr>(factor);
        if (symbol.getKind() != ExprKind::Symbol || symbol.getValue() < 0)
          return std::nullopt;
        if (llvm::MulOverflow(bound, symbol.getValue(), bound))
          return std::nullopt;
      }
      anyNegative |= isNegative(term);
      if (!isNegative(term) && llvm::AddOverflow(least, bound, least))
        return std::nullopt;
    }
    return !anyNegative && least >= 0; // no size has an upper bound
  }

  bool nonNegative(Expr e) {
    if (auto c = asConstant(e))
      return *c >= 0;
    if (++steps > maxSteps)
      return false;
    SmallVector<Expr> terms;
    if (e.getKind() == ExprKind::Sum)
      for (Attribute term : e.getOperands())
        terms.push_back(cast<ExprAttr>(term));
    else
      terms.push_back(e);
    if (auto decided = decideSymbols(e, terms))
      return *decided;
    bool anyNegative = llvm::any_of(terms, isNegative);
    // Negative terms first: bounding a positive size by 0 too early loses what a bound of theirs would cancel.
    for (bool wantPositive : {false, true})
      for (Expr term : terms) {
        int64_t coefficient = term.getKind() == ExprKind::Product ? term.getValue() : 1;
        if ((coefficient > 0) != wantPositive)
          continue;
        // A size is bounded last: whatever a negative term's bound leaves, it may still cancel.
        if (anyNegative && term.getKind() == ExprKind::Symbol)
          continue;
        SmallVector<Expr> factors;
        if (term.getKind() == ExprKind::Product)
          for (Attribute factor : term.getOperands())
            factors.push_back(cast<ExprAttr>(factor));
        else
          factors.push_back(term);
        for (size_t i = 0; i < factors.size(); ++i) {
          bool othersNonNegative = true;
          for (size_t j = 0; j < factors.size() && othersNonNegative; ++j)
            othersNonNegative = j == i || atomNonNegative(factors[j]);
          if (othersNonNegative && tryAtom(e, term, factors[i], coefficient > 0))
            return true;
        }
      }
    return false;
  }
};

} // namespace

bool provablyNonNegative(Expr e, ArrayRef<Expr> dims) { return Prover{dims}.nonNegative(e); }

bool provablyNonZero(Expr e, ArrayRef<Expr> dims) {
  return provablyNonNegative(e - 1, dims) || provablyNonNegative(-e - 1, dims);
}

} // namespace dsc::prim
