// SPDX-License-Identifier: Apache-2.0
// Sizes, symbols and their unification. The building blocks of operations are in Building.cpp.
#include "passes/onnx_to_prim/Lowering.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::ArrayRef;
using llvm::SmallVector;

namespace dsc::onnx_to_prim {

Dims Lowering::sizes(ArrayRef<int64_t> values) {
  Dims result;
  for (int64_t value : values)
    result.push_back(size(value));
  return result;
}

Expr Lowering::defineSymbol(StringRef hint, Value scalar, int64_t lowerBound) {
  Expr s = symbol(getContext(), (hint + "." + llvm::Twine(nextSymbol++)).str(), lowerBound);
  scalar = convert(reshape(scalar, {}), i64());
  DefineSymbolOp::create(builder, loc, s, scalar);
  definedSymbols.push_back(s);
  return s;
}

FailureOr<Dims> Lowering::integers(Node &node, Value value, const llvm::Twine &what, int64_t lowerBound,
                                   std::optional<int64_t> count) {
  if (count && rank(value) == 1 && !asConstant(getDim(value.getType(), 0))) {
    if (failed(unify(node, getDim(value.getType(), 0), size(*count), "number of elements of " + what)))
      return failure();
    value = castTo(value, {size(*count)});
  }
  if (auto known = symbolicValues.elements(value)) {
    llvm::transform(*known, known->begin(), simplifySize);
    return *known;
  }
  auto type = cast<RankedTensorType>(value.getType());
  if (!isa<IntegerType>(type.getElementType()))
    return node.error() << what << " is not an integer tensor";
  if (!type.hasStaticShape() || type.getNumElements() > SymbolicValues::maxElements)
    return node.error() << what << " has " << describe(type) << " elements; their number must be constant";
  Dims elements;
  Value flat = reshape(value, {size(type.getNumElements())});
  for (int64_t i = 0; i < type.getNumElements(); ++i) {
    // An element may be known although others are not.
    auto tensor = symbolicValues.get(flat);
    if (tensor && tensor->knows({size(i)})) {
      elements.push_back(tensor->at({size(i)}));
      continue;
    }
    Value element = sliceAxis(flat, 0, size(i), size(1));
    if (auto one = symbolicValues.elements(element)) {
      elements.push_back(one->front());
      continue;
    }
    elements.push_back(defineSymbol(what.str(), element, lowerBound));
  }
  symbolicValues.set(value, elements);
  return elements;
}

FailureOr<SmallVector<int64_t>> Lowering::constantIntegers(Node &node, Value value, const llvm::Twine &what) {
  auto elements = symbolicValues.elements(value);
  SmallVector<int64_t> result;
  if (elements)
    for (Expr e : *elements)
      if (auto c = asConstant(e))
        result.push_back(*c);
  if (!elements || result.size() != elements->size())
    return node.error() << what << " must be known at compile time";
  return result;
}

// ---- Unification ---------------------------------------------------------------------------------------

/// The symbol that `difference == 0` can be solved for: it stands alone in one term with coefficient 1 or -1.
static Expr solvableSymbol(Expr difference, ArrayRef<Expr> defined) {
  Expr best;
  auto consider = [&](Expr term) {
    int64_t coefficient = 1;
    Expr atom = term;
    if (term.getKind() == ExprKind::Product && term.getOperands().size() == 1) {
      coefficient = term.getValue();
      atom = cast<ExprAttr>(term.getOperands()[0]);
    }
    if (atom.getKind() != ExprKind::Symbol || (coefficient != 1 && coefficient != -1) || llvm::is_contained(defined, atom))
      return;
    unsigned occurrences = 0;
    walkLeaves(difference, [&](Expr leaf) { occurrences += leaf == atom; });
    if (occurrences == 1)
      best = atom; // the last one: later arguments yield to earlier ones
  };
  if (difference.getKind() == ExprKind::Sum)
    for (Attribute term : difference.getOperands())
      consider(cast<ExprAttr>(term));
  else
    consider(difference);
  return best;
}

FailureOr<Expr> Lowering::unify(Node &node, Expr a, Expr b, const llvm::Twine &what) {
  a = simplifySize(current(a));
  b = simplifySize(current(b));
  if (a == b)
    return a;
  Expr difference = a - b;
  if (provablyNonZero(difference))
    return node.error() << what << ": " << toString(a) << " and " << toString(b) << " can never be equal";
  // A size of the entry must not come to depend on data, and a data-dependent symbol has its definition already.
  bool dataDependent = false;
  walkLeaves(difference, [&](Expr leaf) { dataDependent |= llvm::is_contained(definedSymbols, leaf); });
  Expr s;
  if (!dataDependent) {
    // A side that is nothing but a symbol goes first: `s53` for `s36 + s70`, not `s36` for `s53 - s70`.
    auto isFree = [&](Expr side, Expr other) {
      return side.getKind() == ExprKind::Symbol && !usesSymbol(other, side.getName());
    };
    if (isFree(b, a) && !(isFree(a, b) && declaredBefore(b, a)))
      s = b;
    else if (isFree(a, b))
      s = a;
    else
      s = solvableSymbol(difference, definedSymbols);
  }
  if (s) {
    // s occurs in `difference` with coefficient 1 or -1: s = s -/+ difference.
    bool positive = substitute(difference, [&](Expr leaf) -> std::optional<Expr> {
                      if (leaf == s)
                        return leaf + 1;
                      return std::nullopt;
                    }) - difference == size(1);
    Expr by = positive ? s - difference : s + difference;
    replaceSymbol(s, by);
    auto replaced = [&](Expr e) {
      return substitute(e, [&](Expr leaf) -> std::optional<Expr> {
        if (leaf == s)
          return by;
        return std::nullopt;
      });
    };
    return replaced(a);
  }
  RequireOp::create(builder, loc, a, b, builder.getStringAttr(node.type + ": " + what));
  auto isDefined = [&](Expr e) {
    bool found = false;
    walkLeaves(e, [&](Expr leaf) { found |= llvm::is_contained(definedSymbols, leaf); });
    return found;
  };
  return asConstant(b) || (isDefined(a) && !isDefined(b)) ? b : a;
}

FailureOr<Dims> Lowering::unify(Node &node, ArrayRef<Expr> a, ArrayRef<Expr> b, const llvm::Twine &what) {
  if (a.size() != b.size())
    return node.error() << what << ": ranks " << a.size() << " and " << b.size() << " differ";
  Dims result;
  for (auto [left, right] : llvm::zip(a, b)) {
    auto dim = unify(node, current(left), current(right), what);
    if (failed(dim))
      return failure();
    result.push_back(*dim);
  }
  // A symbol replaced on the way may occur in an earlier dimension.
  for (Expr &dim : result)
    dim = current(dim);
  return result;
}

FailureOr<Expr> Lowering::joinSizes(Node &node, Expr a, Expr b, const llvm::Twine &what) {
  a = current(a);
  b = current(b);
  if (isConstant(b, 1) || a == b)
    return a;
  if (isConstant(a, 1))
    return b;
  if (requireUnit(node, b))
    return a;
  if (requireUnit(node, a))
    return b;
  if (!stretches || (asConstant(a) && asConstant(b)))
    return unify(node, a, b, what);
  // As ONNX says it: equal, or one of them is 1.
  Expr fits = equal(a, b) + equal(a, size(1)) + equal(b, size(1));
  std::string sizes = (": " + llvm::Twine(toString(a)) + " and " + toString(b) + " differ, and neither is 1").str();
  RequireOp::create(builder, loc, isZero(fits), size(0), builder.getStringAttr(node.type + ": " + what + sizes));
  return asConstant(a) ? a : asConstant(b) ? b : prim::select(equal(a, size(1)), b, a);
}

FailureOr<Value> Lowering::fitSize(Node &node, Value value, int64_t axis, Expr size, const llvm::Twine &what) {
  Expr own = getDim(value.getType(), axis);
  if (isConstant(own, 1) || own == current(size))
    return value;
  bool isUnit = requireUnit(node, own);
  if (isUnit || !stretches || isConstant(size, 1) || (asConstant(own) && asConstant(size))) {
    auto same = isUnit ? FailureOr<Expr>(constant(getContext(), 1)) : unify(node, size, own, what);
    if (failed(same))
      return failure();
    Dims dims = getDims(value);
    dims[axis] = *same;
    return castTo(value, dims);
  }
  RequireOp::create(builder, loc, isZero(equal(own, size) + equal(own, constant(getContext(), 1))), constant(getContext(), 0),
                    builder.getStringAttr(node.type + ": " + what + ": " + toString(own) + " is neither " + toString(size) + " nor 1"));
  return stretch(value, axis, size);
}

static bool isAtMostOne(Expr dim) { return !asConstant(dim) && provablyNonNegative(-dim + 1); }

bool Lowering::requireUnit(Node &node, Expr dim) {
  if (!isAtMostOne(dim))
    return false;
  RequireOp::create(builder, loc, dim, size(1), builder.getStringAttr(node.type + ": only one element can be repeated"));
  return true;
}

bool Lowering::declaredBefore(Expr a, Expr b) {
  for (Type type : function.getArgumentTypes())
    if (isa<RankedTensorType>(type))
      for (Expr dim : getDims(type))
        if (dim == a || dim == b)
          return dim == a;
  return false;
}

Expr Lowering::current(Expr e) const {
  for (auto [s, by] : replacements)
    e = substitute(e, [&, s = s, by = by](Expr leaf) -> std::optional<Expr> {
      if (leaf == s)
        return by;
      return std::nullopt;
    });
  return e;
}

void Lowering::replaceSymbol(Expr s, Expr by) {
  replacements.push_back({s, by});
  auto replaced = [&](Expr e) {
    return substitute(e, [&](Expr leaf) -> std::optional<Expr> {
      if (leaf == s)
        return by;
      return std::nullopt;
    });
  };
  AttrTypeReplacer replacer;
  replacer.addReplacement([&](ExprAttr e) { return std::make_pair(Attribute(replaced(e)), WalkResult::skip()); });
  replacer.addReplacement([&](RankedTensorType type) -> std::optional<std::pair<Type, WalkResult>> {
    if (!isa_and_nonnull<ShapeAttr>(type.getEncoding()))
      return std::nullopt;
    SmallVector<Expr> dims;
    for (Expr dim : getDims(type))
      dims.push_back(replaced(dim));
    return std::make_pair(Type(getTensorType(dims, type.getElementType())), WalkResult::skip());
  });
  replacer.recursivelyReplaceElementsIn(function, /*replaceAttrs=*/true, /*replaceLocs=*/false, /*replaceTypes=*/true);
  symbolicValues.symbolsReplaced(replaced);
}

Value Lowering::castTo(Value value, ArrayRef<Expr> dims) { return reshape(value, dims); }

} // namespace dsc::onnx_to_prim
