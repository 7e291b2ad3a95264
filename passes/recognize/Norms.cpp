// SPDX-License-Identifier: Apache-2.0
// Rows times or over the root of a mean of their squares -> dsc.rms_norm; of centered rows -> dsc.layer_norm.
//
// Begins at the product with a number per row and follows elements back (Elements.h): what is squared and summed over a row must be the
// very elements that are multiplied. What is done with the quotient is then part of the norm as long as nobody else reads what lies
// between: the conversion to a 16-bit type, a weight, a bias, in the order in which the graph rounds.
#include "dialects/dsc/Dsc.h"
#include "dialects/prim/PrimBuilder.h"
#include "passes/Passes.h"
#include "passes/recognize/Elements.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc {
#define GEN_PASS_DEF_RECOGNIZENORMS
#include "passes/Passes.h.inc"

namespace {
using namespace recognize;

bool isFloat16(Type type) { return type.isF16() || type.isBF16(); }
bool isNormType(Type type) { return isFloat16(type) || type.isF32() || type.isF64(); }
bool isWidening(ConvertOp op) {
  auto from = dyn_cast<FloatType>(elementType(op.getOperand())), to = dyn_cast<FloatType>(elementType(op.getResult()));
  return from && to && isFloat16(from) && (to.isF32() || to.isF64());
}

/// `value` before exact conversions.
Value narrowest(Value value) {
  while (auto convert = value.getDefiningOp<ConvertOp>()) {
    if (!isWidening(convert))
      break;
    value = convert.getOperand();
  }
  return value;
}

class NormMatcher {
public:
  NormMatcher(Elements &elements, BinaryOp core) : elements(elements), core(core), type(elementType(core)) {}

  bool match() {
    bool divides = core.getKind() == BinaryKind::Div;
    SmallVector<Expr> dims = getDims(core);
    if ((!divides && core.getKind() != BinaryKind::Mul) || (!type.isF32() && !type.isF64()) || dims.empty())
      return false;
    auto known = asConstant(dims.back());
    if (!known || *known < 2)
      return false;
    width = *known;
    if (!isRootLike(core.getRhs(), divides) && (divides || !isRootLike(core.getLhs(), divides)))
      return false;
    for (Expr dim : dims)
      at.push_back(elements.newIndex(dim));
    if (matchOperands(core.getLhs(), core.getRhs(), divides) || (!divides && matchOperands(core.getRhs(), core.getLhs(), divides))) {
      x = narrowest(x);
      return isNormType(elementType(x)) && elementType(x).isF64() == type.isF64();
    }
    return false;
  }

  /// Puts the operation in place of the last one that it stands for.
  void replace() {
    last = core;
    readParameters();
    OpBuilder b(last.getDefiningOp());
    PrimBuilder build(b, core.getLoc());
    auto row = [&](Value parameter) { return parameter ? build.reshape(parameter, {build.size(width)}) : Value(); };
    Type result = last.getType();
    TypeAttr rounding = rounded ? TypeAttr::get(rounded) : TypeAttr();
    FloatAttr eps = b.getF64FloatAttr(epsilon);
    Operation *op;
    if (isCentered)
      op = model::LayerNormOp::create(b, core.getLoc(), result, x, row(weight), row(bias), eps, rounding);
    else
      op = model::RmsNormOp::create(b, core.getLoc(), result, x, row(weight), eps, rounding);
    last.replaceAllUsesWith(op->getResult(0));
  }

  bool isCentered = false;

private:
  /// Cheap look at what comes after layout operations: most products are no norms.
  static bool isRootLike(Value value, bool divides) {
    Operation *op = value.getDefiningOp();
    while (isa_and_nonnull<BroadcastOp, ReshapeOp, TransposeOp>(op))
      op = op->getOperand(0).getDefiningOp();
    if (auto unary = dyn_cast_if_present<UnaryOp>(op))
      return unary.getKind() == (divides ? UnaryKind::Sqrt : UnaryKind::Reciprocal);
    auto binary = dyn_cast_if_present<BinaryOp>(op);
    return binary && (binary.getKind() == BinaryKind::Pow || (!divides && binary.getKind() == BinaryKind::Div));
  }

  bool dependsOnColumn(const Element &e) const { return elements.dependsOn(e.at, {at.back()}); }

  /// `e` before exact conversions.
  Element narrowestElement(Element e) {
    for (auto convert = e.op<ConvertOp>(); convert && isWidening(convert); convert = e.op<ConvertOp>())
      e = elements.operand(e, 0);
    return e;
  }
  bool same(const Element &a, const Element &b) { return elements.equal(narrowestElement(a), narrowestElement(b)); }

  bool matchOperands(Value rows, Value scale, bool divides) {
    Element s = elements.resolve(scale, at);
    if (dependsOnColumn(s))
      return false;
    auto variance = rootOf(s, divides);
    if (!variance || elementType(variance->value) != type || !isKind(*variance, BinaryKind::Add))
      return false;
    Element v = elements.operand(*variance, 0), offset = elements.operand(*variance, 1);
    if (elements.number(v))
      std::swap(v, offset);
    auto eps = elements.number(offset);
    if (!eps || !(*eps >= 0) || std::isinf(*eps))
      return false;
    epsilon = *eps;
    x = rows;
    Element e = elements.resolve(rows, at);
    if (auto square = meanOf(v); square && isSquareOf(*square, e)) {
      matchCenter(e);
      return true;
    }
    return matchOnePass(v, e);
  }

  /// What `s` is the root of, or the reciprocal root where it is multiplied with.
  std::optional<Element> rootOf(const Element &s, bool divides) {
    Element root = s;
    if (isKind(s, BinaryKind::Pow)) {
      auto exponent = elements.number(elements.operand(s, 1));
      return exponent == (divides ? 0.5 : -0.5) ? std::optional(elements.operand(s, 0)) : std::nullopt;
    }
    if (!divides) {
      if (isKind(s, UnaryKind::Reciprocal))
        root = elements.operand(s, 0);
      else if (isKind(s, BinaryKind::Div) && elements.number(elements.operand(s, 0)) == 1.0)
        root = elements.operand(s, 1);
      else
        return std::nullopt;
    }
    if (isKind(root, BinaryKind::Pow) && elements.number(elements.operand(root, 1)) == 0.5)
      return elements.operand(root, 0);
    return isKind(root, UnaryKind::Sqrt) ? std::optional(elements.operand(root, 0)) : std::nullopt;
  }

  /// The element at (..., j) whose mean over j is `e`. A contraction is a sum of products, which has no element: both factors instead.
  struct Term {
    Element a, b; // b is null: the element a
  };
  std::optional<Term> meanOf(const Element &e) {
    if (!e || elementType(e.value) != type)
      return std::nullopt;
    Element sum;
    if (isKind(e, BinaryKind::Div) && elements.number(elements.operand(e, 1)) == double(width)) {
      sum = elements.operand(e, 0);
    } else if (isKind(e, BinaryKind::Mul)) {
      Element factor = elements.operand(e, 1);
      sum = elements.operand(e, 0);
      if (!elements.number(factor))
        std::swap(sum, factor);
      auto value = elements.number(factor);
      if (!value || std::fabs(*value * double(width) - 1) > 1e-6)
        return std::nullopt;
    }
    if (auto reduce = sum.op<ReduceOp>(); reduce && reduce.getKind() == ReduceKind::Sum && reduce.getAxes().size() == 1) {
      int64_t axis = reduce.getAxes()[0];
      if (!isConstant(getDim(reduce.getOperand().getType(), axis), width))
        return std::nullopt;
      Indices inner = sum.at;
      inner.insert(inner.begin() + axis, at.back());
      return Term{elements.resolve(reduce.getOperand(), inner), {}};
    }
    auto dot = sum.op<DotOp>();
    if (!dot || dot.getLhsContract().size() != 1 || !isConstant(getDim(dot.getLhs().getType(), dot.getLhsContract()[0]), width) ||
        elementType(dot.getResult()) != type)
      return std::nullopt;
    Indices lhs, rhs;
    dotIndices(dot, sum.at, {at.back()}, lhs, rhs);
    return Term{elements.resolve(dot.getLhs(), lhs), elements.resolve(dot.getRhs(), rhs)};
  }

  /// Whether the term is e * e, computed in the norm's type.
  bool isSquareOf(const Term &term, const Element &e) {
    if (term.b)
      return same(term.a, e) && same(term.b, e);
    if (!term.a || elementType(term.a.value) != type)
      return false;
    if (isKind(term.a, BinaryKind::Pow))
      return elements.number(elements.operand(term.a, 1)) == 2.0 && same(elements.operand(term.a, 0), e);
    return isKind(term.a, BinaryKind::Mul) && same(elements.operand(term.a, 0), e) && same(elements.operand(term.a, 1), e);
  }

  /// Whether `e` is the mean over j of `of`.
  bool isMeanOf(const Element &e, const Element &of) {
    auto term = dependsOnColumn(e) ? std::nullopt : meanOf(e);
    return term && !term->b && same(term->a, of);
  }

  /// The subtraction that makes `x`, where its elements are those of a row minus their mean.
  bool matchCenter(const Element &e) {
    auto difference = x.getDefiningOp<BinaryOp>();
    if (!difference || difference.getKind() != BinaryKind::Sub || difference != e.value.getDefiningOp() || elementType(x) != type)
      return false;
    if (!isMeanOf(elements.resolve(difference.getRhs(), at), elements.resolve(difference.getLhs(), at)))
      return false;
    x = difference.getLhs();
    isCentered = true;
    return true;
  }

  /// mean(x^2) - mean(x)^2 as the variance.
  bool matchOnePass(const Element &v, const Element &e) {
    if (!isKind(v, BinaryKind::Sub) || elementType(v.value) != type || !matchCenter(e))
      return false;
    Element row = elements.resolve(x, at), mean = elements.operand(v, 1);
    auto squares = meanOf(elements.operand(v, 0));
    if (!squares || !isSquareOf(*squares, row))
      return false;
    if (isKind(mean, BinaryKind::Pow))
      return elements.number(elements.operand(mean, 1)) == 2.0 && isMeanOf(elements.operand(mean, 0), row);
    return isKind(mean, BinaryKind::Mul) && isMeanOf(elements.operand(mean, 0), row) && isMeanOf(elements.operand(mean, 1), row);
  }

  // ---- What follows -------------------------------------------------------------------------------------------

  void readParameters() {
    Value narrow = readNarrowing();
    if (narrow) {
      rounded = elementType(narrow);
      last = narrow;
      // An exact conversion back, where a parameter is of the wider type.
      if (auto wide = dyn_cast_if_present<ConvertOp>(reader()); wide && elementType(wide.getResult()) == type)
        last = wide.getResult();
    }
    weight = takeParameter(BinaryKind::Mul);
    // A bias is added to what is rounded as the norm is, or it is none of its own.
    if (isCentered && (!weight || elementType(last) == (rounded ? rounded : type)))
      bias = takeParameter(BinaryKind::Add);
    if (narrow && !weight && !bias) { // the type of the result says it
      rounded = {};
      last = narrow;
    } else if (Value end = readNarrowing()) {
      last = end;
    }
  }

  /// The only reader of `last`.
  Operation *reader() const { return last.hasOneUse() ? *last.user_begin() : nullptr; }

  /// `last` in 16 bits, if that is what is read of it.
  Value readNarrowing() const {
    auto convert = dyn_cast_if_present<ConvertOp>(reader());
    return convert && elementType(last).isF32() && isFloat16(elementType(convert.getResult())) ? convert.getResult() : Value();
  }

  /// The other operand of the only reader, where it is such an operation and the operand is known before the run and differs by column only.
  Value takeParameter(BinaryKind kind) {
    auto op = dyn_cast_if_present<BinaryOp>(reader());
    if (!op || op.getKind() != kind || op.getLhs() == op.getRhs())
      return {};
    Value other = op.getLhs() == last ? op.getRhs() : op.getLhs();
    for (other = narrowest(other); auto broadcast = other.getDefiningOp<BroadcastOp>(); other = narrowest(broadcast.getOperand()))
      if (broadcast.getAxes().empty() || broadcast.getAxes().back() != rank(broadcast.getResult()) - 1)
        return {};
    SmallVector<Expr> dims = getDims(other);
    if (dims.empty() || !isConstant(dims.pop_back_val(), width) || !llvm::all_of(dims, [](Expr dim) { return isConstant(dim, 1); }) ||
        !isNormType(elementType(other)) || !isParameter(other, 6))
      return {};
    last = op.getResult();
    return other;
  }

  /// A weight, or what is made of weights, such as 1 + w.
  static bool isParameter(Value value, unsigned depth) {
    Operation *op = value.getDefiningOp();
    if (!op)
      return rank(value) <= 1;
    if (isa<ConstantOp>(op))
      return true;
    return depth > 0 && isa<BinaryOp, UnaryOp, ConvertOp, BroadcastOp, ReshapeOp, SliceOp>(op) &&
           llvm::all_of(op->getOperands(), [&](Value operand) { return isParameter(operand, depth - 1); });
  }

  Elements &elements;
  BinaryOp core;
  Type type;
  int64_t width = 0;
  Indices at; // of the result
  Value x, weight, bias;
  double epsilon = 0;
  Type rounded;
  Value last; // what the norm computes, as far as it has been read
};

struct RecognizeNorms : impl::RecognizeNormsBase<RecognizeNorms> {
  using Base::Base;
  void runOnOperation() override {
    Elements elements(&getContext());
    SmallVector<BinaryOp> candidates(getOperation().getOps<BinaryOp>());
    for (BinaryOp op : candidates) {
      NormMatcher norm(elements, op);
      if (!norm.match())
        continue;
      norm.replace();
      ++(norm.isCentered ? numLayerNorms : numRmsNorms);
    }
  }
};

} // namespace
} // namespace dsc
