// SPDX-License-Identifier: Apache-2.0
// Arithmetic: Add ... Pow, Max, Sum, Mean, Clip, and the functions of one operand that prim has as such.
#include "passes/onnx_to_prim/Elementwise.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::onnx_to_prim {

FailureOr<Values> broadcastInputs(Node &node, unsigned count) {
  if (failed(expectInputs(node, count)))
    return failure();
  Values values;
  for (unsigned i = 0; i < count; ++i)
    values.push_back(node.getInput(i));
  if (failed(expectSameElementType(node, values)) || failed(node.lowering.broadcastAll(node, values)))
    return failure();
  return values;
}

namespace {

/// A function of floats.
template <UnaryKind kind>
LogicalResult lowerFloatUnary(Node &node, Lowering &l) {
  if (failed(expectInputs(node, 1)) || failed(expectFloat(node, 0)))
    return failure();
  node.setResult(0, l.unary(kind, node.getInput(0)));
  return success();
}

/// A function that integers have too.
template <UnaryKind kind>
LogicalResult lowerNumberUnary(Node &node, Lowering &l) {
  if (failed(expectInputs(node, 1)) || failed(expectNumber(node, 0)))
    return failure();
  node.setResult(0, l.unary(kind, node.getInput(0)));
  return success();
}

template <BinaryKind kind>
LogicalResult lowerArithmetic(Node &node, Lowering &l) {
  FailureOr<Values> values = broadcastInputs(node, 2);
  if (failed(values) || failed(expectNumber(node, 0)))
    return failure();
  node.setResult(0, l.binary(kind, (*values)[0], (*values)[1]));
  return success();
}

LogicalResult lowerMod(Node &node, Lowering &l) {
  return node.getInt("fmod", 0) ? lowerArithmetic<BinaryKind::Rem>(node, l) : lowerArithmetic<BinaryKind::Mod>(node, l);
}

/// x^exponent for the exponents that have a cheaper and more exact form; null otherwise.
Value constantPower(Lowering &l, Value x, double exponent) {
  bool floats = isFloat(elementType(x));
  if (exponent == 1)
    return x;
  if (exponent == 2)
    return l.binary(BinaryKind::Mul, x, x);
  if (exponent == 3)
    return l.binary(BinaryKind::Mul, l.binary(BinaryKind::Mul, x, x), x);
  if (exponent == 0.5 && floats)
    return l.unary(UnaryKind::Sqrt, x);
  if (exponent == -1 && floats)
    return l.unary(UnaryKind::Reciprocal, x);
  return {};
}

/// Whether a float is an integer of [0, 63]: beyond, only powers of 0 and +-1 are representable.
Value isSmallInteger(Lowering &l, Value x) {
  Type type = elementType(x);
  Dims dims = getDims(x);
  Value whole = l.compare(CompareKind::Eq, x, l.unary(UnaryKind::Floor, x));
  Value inRange = l.binary(BinaryKind::And, l.compare(CompareKind::Ge, x, l.splat(0, dims, type)),
                           l.compare(CompareKind::Le, x, l.splat(63, dims, type)));
  return l.binary(BinaryKind::And, whole, inRange);
}

/// A power of integers by products, which are exact where a logarithm is not.
Value integerPower(Lowering &l, ArrayRef<Value> values) {
  Type type = elementType(values[0]);
  // Other exponents are not used, but must not be undefined.
  Value exponent = binaryScalar(l, BinaryKind::Min, binaryScalar(l, BinaryKind::Max, values[1], 0), 63);
  return l.binary(BinaryKind::Pow, values[0], l.convert(exponent, type));
}

/// The result has the base's type; the exponent may have another.
LogicalResult lowerPow(Node &node, Lowering &l) {
  if (failed(expectInputs(node, 2)) || failed(expectNumber(node, 0)) || failed(expectNumber(node, 1)))
    return failure();
  Type type = elementType(node.getInput(0)), exponentType = elementType(node.getInput(1));
  std::optional<double> constant = l.constantSplat(node.getInput(1));
  Values values = {node.getInput(0), node.getInput(1)};
  if (failed(l.broadcastAll(node, values)))
    return failure();
  // A 16-bit cube would round twice.
  if (constant && !(*constant == 3 && isHalf(type)))
    if (Value power = constantPower(l, values[0], *constant)) {
      node.setResult(0, power);
      return success();
    }
  Type compute = type;
  if (isFloat(exponentType)) {
    // An integer to a fractional power is computed where every int32 is exact.
    if (!isFloat(type))
      compute = l.builder.getF64Type();
    else if (exponentType.getIntOrFloatBitWidth() > type.getIntOrFloatBitWidth())
      compute = exponentType;
  }
  Value power = l.binary(BinaryKind::Pow, l.convert(values[0], compute), l.convert(values[1], compute));
  power = l.convert(power, type);
  node.setResult(0, isFloat(exponentType) && !isFloat(type) ? l.select(isSmallInteger(l, values[1]), integerPower(l, values), power)
                                                           : power);
  return success();
}

/// All inputs, brought to their common shape and folded from the left.
FailureOr<Value> foldInputs(Node &node, Lowering &l, BinaryKind kind) {
  if (!node.getNumInputs())
    return node.error() << "needs an input";
  FailureOr<Values> values = broadcastInputs(node, node.getNumInputs());
  if (failed(values) || failed(expectNumber(node, 0)))
    return failure();
  // What is added up in many steps rounds once.
  Type type = elementType(values->front());
  Type compute = kind == BinaryKind::Add && values->size() > 2 ? computeType(l, type) : type;
  Value result = l.convert(values->front(), compute);
  for (Value value : ArrayRef(*values).drop_front())
    result = l.binary(kind, result, l.convert(value, compute));
  return l.convert(result, type);
}

template <BinaryKind kind>
LogicalResult lowerVariadic(Node &node, Lowering &l) {
  FailureOr<Value> result = foldInputs(node, l, kind);
  if (failed(result))
    return failure();
  node.setResult(0, *result);
  return success();
}

LogicalResult lowerMean(Node &node, Lowering &l) {
  FailureOr<Value> sum = foldInputs(node, l, BinaryKind::Add);
  if (failed(sum) || failed(expectFloat(node, 0)))
    return failure();
  node.setResult(0, binaryScalar(l, BinaryKind::Div, *sum, node.getNumInputs()));
  return success();
}

/// min(max(x, low), high): where low > high, the result is high.
Value clip(Lowering &l, Value x, Value low, Value high) {
  if (low)
    x = l.binary(BinaryKind::Max, x, low);
  return high ? l.binary(BinaryKind::Min, x, high) : x;
}

LogicalResult lowerClipAttributes(Node &node, Lowering &l) {
  if (failed(expectInputs(node, 1)) || failed(expectFloat(node, 0)))
    return failure();
  Value x = node.getInput(0);
  auto bound = [&](StringRef name) {
    return node.hasAttr(name) ? l.scalar(node.getFloat(name, 0), elementType(x)) : Value();
  };
  node.setResult(0, clip(l, x, bound("min"), bound("max")));
  return success();
}

LogicalResult lowerClip(Node &node, Lowering &l) {
  if (failed(expectInputs(node, 1, 3)) || failed(expectNumber(node, 0)))
    return failure();
  Value x = node.getInput(0), bounds[2];
  for (unsigned i : {1, 2}) {
    if (!node.hasInput(i))
      continue;
    Value bound = node.getInput(i);
    if (failed(expectSameElementType(node, {x, bound})))
      return failure();
    for (Expr dim : getDims(bound))
      if (!isConstant(dim, 1))
        return node.error() << "input " << i << " is not a scalar";
    bounds[i - 1] = l.reshape(bound, {});
  }
  node.setResult(0, clip(l, x, bounds[0], bounds[1]));
  return success();
}

/// Dropout as inference runs it: the identity, and a mask that keeps everything.
LogicalResult lowerDropout(Node &node, Lowering &l) {
  if (failed(expectInputs(node, 1, 3)))
    return failure();
  if (node.hasInput(2)) {
    std::optional<double> training = l.constantSplat(node.getInput(2));
    if (!training)
      return node.error() << "training_mode must be constant";
    if (*training != 0)
      return node.error() << "training mode is not supported";
  }
  Value x = node.getInput(0);
  node.setResult(0, x);
  if (node.getNumResults() > 1)
    node.setResult(1, l.splatInt(1, getDims(x), node.opset < 10 ? elementType(x) : l.i1()));
  return success();
}

LogicalResult lowerTan(Node &node, Lowering &l) {
  if (failed(expectInputs(node, 1)) || failed(expectFloat(node, 0)))
    return failure();
  Type type = elementType(node.getInput(0));
  Value x = l.convert(node.getInput(0), computeType(l, type));
  Value tan = l.binary(BinaryKind::Div, l.unary(UnaryKind::Sin, x), l.unary(UnaryKind::Cos, x));
  node.setResult(0, l.convert(tan, type));
  return success();
}

} // namespace

void registerElementwise(Registry &r) {
  r.add("Add", 7, lowerArithmetic<BinaryKind::Add>);
  r.add("Sub", 7, lowerArithmetic<BinaryKind::Sub>);
  r.add("Mul", 7, lowerArithmetic<BinaryKind::Mul>);
  r.add("Div", 7, lowerArithmetic<BinaryKind::Div>);
  r.add("Mod", 10, lowerMod);
  r.add("Pow", 7, lowerPow);
  r.add("Max", 1, lowerVariadic<BinaryKind::Max>);
  r.add("Min", 1, lowerVariadic<BinaryKind::Min>);
  r.add("Sum", 1, lowerVariadic<BinaryKind::Add>);
  r.add("Mean", 1, lowerMean);
  r.add("Clip", 1, lowerClipAttributes);
  r.add("Clip", 11, lowerClip);
  r.add("Dropout", 7, lowerDropout);

  r.add("Abs", 1, lowerNumberUnary<UnaryKind::Abs>);
  r.add("Neg", 1, lowerNumberUnary<UnaryKind::Neg>);
  r.add("Sign", 9, lowerNumberUnary<UnaryKind::Sign>);
  r.add("Ceil", 1, lowerFloatUnary<UnaryKind::Ceil>);
  r.add("Floor", 1, lowerFloatUnary<UnaryKind::Floor>);
  r.add("Round", 11, lowerFloatUnary<UnaryKind::RoundEven>);
  r.add("Sqrt", 1, lowerFloatUnary<UnaryKind::Sqrt>);
  r.add("Reciprocal", 1, lowerFloatUnary<UnaryKind::Reciprocal>);
  r.add("Exp", 1, lowerFloatUnary<UnaryKind::Exp>);
  r.add("Log", 1, lowerFloatUnary<UnaryKind::Log>);
  r.add("Sin", 7, lowerFloatUnary<UnaryKind::Sin>);
  r.add("Cos", 7, lowerFloatUnary<UnaryKind::Cos>);
  r.add("Tan", 7, lowerTan);
  r.add("Tanh", 1, lowerFloatUnary<UnaryKind::Tanh>);
  r.add("Erf", 9, lowerFloatUnary<UnaryKind::Erf>);

  registerLogic(r);
  registerActivation(r);
  registerCast(r);
}

} // namespace dsc::onnx_to_prim
