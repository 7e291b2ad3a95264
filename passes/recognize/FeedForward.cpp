// SPDX-License-Identifier: Apache-2.0
#include "passes/recognize/FeedForward.h"
#include <numbers>

using namespace mlir;
using namespace dsc::prim;
using llvm::ArrayRef;

namespace dsc::recognize {

using model::Activation;

static bool isClose(std::optional<double> value, double expected) {
  return value && std::fabs(*value - expected) <= 4e-3 * std::fabs(expected); // constants of 16-bit graphs
}

std::string nameOf(const Element &e) {
  Operation *op = e.value.getDefiningOp();
  if (!op)
    return "an input";
  if (auto o = dyn_cast<BinaryOp>(op))
    return stringifyBinaryKind(o.getKind()).str();
  if (auto o = dyn_cast<UnaryOp>(op))
    return stringifyUnaryKind(o.getKind()).str();
  if (auto o = dyn_cast<ReduceOp>(op))
    return "reduce " + stringifyReduceKind(o.getKind()).str();
  return op->getName().stripDialect().str();
}

Expr featureSymbol(MLIRContext *context) { return symbol(context, "feature"); }

bool FeedForward::hasSameForm(const FeedForward &o) const {
  return activation == o.activation && alpha == o.alpha && upOffset == o.upOffset && limit == o.limit && width == o.width &&
         inputs == o.inputs && x == o.x && bool(gateBias) == bool(o.gateBias) && bool(up) == bool(o.up) &&
         bool(upBias) == bool(o.upBias) && bool(downBias) == bool(o.downBias);
}

std::nullopt_t FeedForwardMatcher::fail(const Element &e, StringRef expected) {
  if (!mismatch)
    mismatch = Mismatch{e.value.getLoc(), expected.str(), nameOf(e)};
  return std::nullopt;
}

/// Positions over d0, d1, d2 instead of the expert and the two features.
StoredWeight FeedForwardMatcher::stored(const Element &e, Expr out, Expr in) const {
  StoredWeight result{e.value, {}};
  MLIRContext *context = e.value.getContext();
  for (Expr position : e.at)
    result.at.push_back(substitute(position, [&](Expr leaf) -> std::optional<Expr> {
      if (leaf == expert)
        return index(context, 0);
      if (leaf == out)
        return index(context, 1);
      if (in && leaf == in)
        return index(context, 2);
      return std::nullopt;
    }));
  return result;
}

// ---- Linear --------------------------------------------------------------------------------------------

std::optional<FeedForwardMatcher::Linear> FeedForwardMatcher::matchLinear(Element e, Expr out) {
  e = elements.withoutCasts(e);
  Element bias;
  if (isKind(e, BinaryKind::Add)) {
    Element a = elements.withoutCasts(elements.operand(e, 0)), b = elements.withoutCasts(elements.operand(e, 1));
    if (elements.isPerToken(b, tokens, expert))
      std::swap(a, b);
    if (elements.isPerToken(b, tokens, expert))
      return fail(e, "a product with a weight and a bias");
    elements.visited.insert(e.value.getDefiningOp());
    e = a, bias = b;
  }
  if (e.op<ConcatOp>()) {
    fail(e, "one part per expert, cut where the expert of the sorted rows changes");
    mismatch->found = "parts that are not proved to be that";
    return std::nullopt;
  }
  auto dot = e.op<DotOp>();
  if (!dot || dot.getLhsContract().size() != 1)
    return fail(e, "a product with a weight");
  Expr extent = getDim(dot.getLhs().getType(), dot.getLhsContract()[0]);
  auto inputs = asConstant(extent);
  if (!inputs)
    return fail(e, "a weight of constant size");
  elements.visited.insert(dot);
  Linear result;
  result.inputs = *inputs;
  result.in = elements.newIndex(extent);
  Indices lhs, rhs;
  dotIndices(dot, e.at, {result.in}, lhs, rhs);
  Element weight = elements.resolveThroughCasts(dot.getLhs(), lhs), x = elements.resolveThroughCasts(dot.getRhs(), rhs);
  if (elements.isPerToken(weight, tokens, expert))
    std::swap(weight, x);
  if (elements.isPerToken(weight, tokens, expert))
    return fail(e, "one operand that is a weight");
  if (!elements.isPerToken(x, tokens, expert))
    return fail(e, "one operand that is the token's");
  result.weight = stored(weight, out, result.in);
  if (bias)
    result.bias = stored(bias, out, {});
  result.x = x;
  return result;
}

// ---- The nonlinear part ----------------------------------------------------------------------------------

void FeedForwardMatcher::factorsOf(const Element &element, SmallVectorImpl<Element> &factors, double &scale) {
  Element e = elements.withoutCasts(element);
  if (isKind(e, BinaryKind::Mul)) {
    elements.visited.insert(e.value.getDefiningOp());
    factorsOf(elements.operand(e, 0), factors, scale);
    factorsOf(elements.operand(e, 1), factors, scale);
    return;
  }
  if (auto value = elements.number(e)) {
    scale *= *value;
    return;
  }
  // a / b = a * (1 / b): sigmoid as a quotient.
  factors.push_back(e);
}

std::optional<Element> matchSigmoid(Elements &elements, const Element &e) {
  Element sum;
  if (isKind(e, UnaryKind::Reciprocal))
    sum = elements.operand(e, 0);
  else if (isKind(e, BinaryKind::Div) && elements.number(elements.operand(e, 0)) == 1.0)
    sum = elements.operand(e, 1);
  if (!sum || !isKind(sum, BinaryKind::Add))
    return std::nullopt;
  Element exp = elements.operand(sum, 0), one = elements.operand(sum, 1);
  if (!isKind(exp, UnaryKind::Exp))
    std::swap(exp, one);
  if (!isKind(exp, UnaryKind::Exp) || elements.number(one) != 1.0)
    return std::nullopt;
  Element negated = elements.operand(exp, 0);
  if (!isKind(negated, UnaryKind::Neg))
    return std::nullopt;
  for (const Element &covered : {e, sum, exp, negated})
    elements.visited.insert(covered.value.getDefiningOp());
  return elements.operand(negated, 0);
}

/// min(e, limit), or both ends: `e` becomes what is clamped.
std::optional<double> FeedForwardMatcher::matchClamp(Element &e, bool bothSides) {
  auto bound = [&](Element &inner, BinaryKind kind) -> std::optional<double> {
    if (!isKind(inner, kind))
      return std::nullopt;
    Element a = elements.operand(inner, 0), b = elements.operand(inner, 1);
    auto value = elements.number(b);
    if (!value) {
      value = elements.number(a);
      std::swap(a, b);
    }
    if (!value)
      return std::nullopt;
    elements.visited.insert(inner.value.getDefiningOp());
    inner = elements.withoutCasts(a);
    return value;
  };
  Element inner = e;
  std::optional<double> top, bottom;
  if (bothSides && isKind(inner, BinaryKind::Max))
    bottom = bound(inner, BinaryKind::Max);
  top = bound(inner, BinaryKind::Min);
  if (bothSides && !bottom)
    bottom = bound(inner, BinaryKind::Max);
  if (!top || (bothSides && (!bottom || *bottom != -*top)))
    return std::nullopt;
  e = inner;
  return top;
}

/// Splits the factors of a hidden feature into a(gate) and up.
bool FeedForwardMatcher::matchGate(ArrayRef<Element> factors, FeedForward &result, Element &gate, Element &up) {
  auto rest = [&](std::initializer_list<size_t> used) {
    for (size_t i = 0; i < factors.size(); ++i)
      if (!llvm::is_contained(used, i))
        up = factors[i];
    return factors.size() - used.size() <= 1;
  };
  for (size_t s = 0; s < factors.size(); ++s) {
    // g * sigmoid(alpha * g)
    if (auto z = matchSigmoid(elements, factors[s])) {
      double alpha = 1;
      SmallVector<Element> inner;
      factorsOf(*z, inner, alpha);
      for (size_t g = 0; g < factors.size(); ++g)
        if (g != s && inner.size() == 1 && elements.equal(inner[0], factors[g])) {
          result.activation = Activation::Silu;
          result.alpha = alpha;
          gate = factors[g];
          return rest({s, g});
        }
    }
    // max(g, 0)
    if (isKind(factors[s], BinaryKind::Max)) {
      Element a = elements.operand(factors[s], 0), b = elements.operand(factors[s], 1);
      if (elements.number(a) == 0.0)
        std::swap(a, b);
      if (elements.number(b) == 0.0 && !isKind(a, BinaryKind::Min)) {
        result.activation = Activation::Relu;
        gate = elements.withoutCasts(a);
        return rest({s});
      }
    }
    // g * (1 + erf(g / sqrt 2)), the half is among the constant factors
    if (isKind(factors[s], BinaryKind::Add)) {
      Element erf = elements.operand(factors[s], 0), one = elements.operand(factors[s], 1);
      if (elements.number(erf))
        std::swap(erf, one);
      bool isErf = isKind(erf, UnaryKind::Erf), isTanh = isKind(erf, UnaryKind::Tanh);
      if (elements.number(one) != 1.0 || (!isErf && !isTanh))
        continue;
      Element z = elements.operand(erf, 0);
      double scale = 1;
      SmallVector<Element> inner;
      if (isErf && isKind(z, BinaryKind::Div)) {
        if (auto divisor = elements.number(elements.operand(z, 1))) {
          scale = 1 / *divisor;
          z = elements.operand(z, 0);
        }
      }
      factorsOf(z, inner, scale);
      if (inner.size() != 1 || !isClose(scale, isErf ? 1 / std::numbers::sqrt2 : std::sqrt(2 * std::numbers::inv_pi)))
        continue;
      if (isTanh) { // g + 0.044715 * g^3
        if (!isKind(inner[0], BinaryKind::Add))
          continue;
        Element linear = elements.withoutCasts(elements.operand(inner[0], 0)), cube = elements.operand(inner[0], 1);
        SmallVector<Element> parts;
        double third = 1;
        factorsOf(cube, parts, third);
        if (parts.size() == 1) {
          std::swap(linear, cube);
          parts.clear();
          third = 1;
          factorsOf(cube, parts, third);
          linear = elements.withoutCasts(linear);
        }
        if (parts.size() != 3 || !isClose(third, 0.044715) ||
            !llvm::all_of(parts, [&](const Element &part) { return elements.equal(part, linear); }))
          continue;
        inner[0] = linear;
      }
      for (size_t g = 0; g < factors.size(); ++g)
        if (g != s && elements.equal(inner[0], factors[g])) {
          result.activation = isErf ? Activation::Gelu : Activation::GeluTanh;
          gate = factors[g];
          return rest({s, g});
        }
    }
  }
  return false;
}

std::optional<FeedForward> FeedForwardMatcher::match(const Element &y, Expr out) {
  mismatch.reset();
  auto down = matchLinear(y, out);
  if (!down)
    return std::nullopt;
  FeedForward result;
  result.width = down->inputs;
  result.down = down->weight, result.downBias = down->bias;
  SmallVector<Element> factors;
  double scale = 1;
  factorsOf(down->x, factors, scale);
  Element gate, up;
  if (!matchGate(factors, result, gate, up))
    return fail(down->x, "an activation of one projection, times another");
  bool half = result.activation == Activation::Gelu || result.activation == Activation::GeluTanh;
  if (!isClose(scale, half ? 0.5 : 1))
    return fail(down->x, "no constant factor");
  if (up && isKind(up, BinaryKind::Add)) {
    Element a = elements.operand(up, 0), b = elements.operand(up, 1);
    if (elements.number(a))
      std::swap(a, b);
    if (auto offset = elements.number(b)) {
      elements.visited.insert(up.value.getDefiningOp());
      result.upOffset = *offset;
      up = elements.withoutCasts(a);
    }
  }
  result.limit = matchClamp(gate, false);
  if (up && matchClamp(up, true) != result.limit)
    return fail(up, "projections clamped at one limit");
  auto gateLinear = matchLinear(gate, down->in);
  if (!gateLinear)
    return std::nullopt;
  result.gate = gateLinear->weight, result.gateBias = gateLinear->bias;
  result.inputs = gateLinear->inputs;
  MLIRContext *context = y.value.getContext();
  auto inputOf = [&](const Linear &linear) {
    Element x = linear.x;
    for (Expr &position : x.at)
      position = substitute(position, [&](Expr leaf) -> std::optional<Expr> {
        if (leaf == linear.in)
          return featureSymbol(context);
        return std::nullopt;
      });
    return x;
  };
  result.x = inputOf(*gateLinear);
  if (up) {
    auto upLinear = matchLinear(up, down->in);
    if (!upLinear)
      return std::nullopt;
    result.up = upLinear->weight, result.upBias = upLinear->bias;
    if (!(inputOf(*upLinear) == result.x))
      return fail(up, "the same input of both projections");
  }
  return result;
}

// ---- Products and weights -------------------------------------------------------------------------------

std::optional<std::pair<Element, Element>> productOf(Elements &elements, const Element &e) {
  if (!isKind(e, BinaryKind::Mul))
    return std::nullopt;
  return std::pair{elements.operand(e, 0), elements.operand(e, 1)};
}

Value readWeight(PrimBuilder &build, const StoredWeight &weight, int64_t experts, int64_t outs, int64_t ins) {
  MLIRContext *context = weight.value.getContext();
  int64_t counts[] = {experts, outs, ins};
  SmallVector<int64_t> dimOf(3, -1), steps, kept;
  SmallVector<Expr> starts, sizes;
  for (auto [dim, position] : llvm::enumerate(weight.at)) {
    int variable = -1;
    bool one = true;
    walkLeaves(position, [&](Expr leaf) {
      one &= leaf.getKind() == ExprKind::Index && leaf.getValue() < 3 && (variable < 0 || variable == leaf.getValue());
      variable = leaf.getValue();
    });
    if (!one || (variable >= 0 && (dimOf[variable] >= 0 || counts[variable] == 0)))
      return {};
    auto at = [&](int64_t i) {
      return asConstant(substituteIndices(position, SmallVector<Expr>(3, constant(context, i))));
    };
    auto first = at(0), second = at(1);
    int64_t count = variable < 0 ? 1 : counts[variable];
    if (!first || !second || position != constant(context, *first) + (variable < 0 ? constant(context, 0) : index(context, variable)) * (*second - *first))
      return {};
    starts.push_back(constant(context, *first));
    steps.push_back(variable < 0 ? 1 : *second - *first);
    sizes.push_back(build.size(count));
    if (variable >= 0) {
      dimOf[variable] = kept.size();
      kept.push_back(count);
    }
  }
  SmallVector<int64_t> perm;
  for (int v = 0; v < 3; ++v) {
    if ((dimOf[v] < 0) != (counts[v] == 0))
      return {};
    if (dimOf[v] >= 0)
      perm.push_back(dimOf[v]);
  }
  Value result = weight.value;
  bool whole = ArrayRef<Expr>(sizes) == ArrayRef<Expr>(getDims(result)) &&
               llvm::all_of(steps, [](int64_t step) { return step == 1; });
  if (!whole)
    result = build.slice(result, starts, steps, sizes);
  SmallVector<Expr> dims;
  for (int64_t count : kept)
    dims.push_back(build.size(count));
  return build.transpose(build.reshape(result, dims), perm);
}

} // namespace dsc::recognize
