// SPDX-License-Identifier: Apache-2.0
// Activations. On 16-bit floats each is computed in f32 and rounded once.
#include "passes/onnx_to_prim/Elementwise.h"
#include <cmath>
#include <numbers>

using namespace mlir;
using namespace dsc::prim;

namespace dsc::onnx_to_prim {
namespace {

using Formula = Value (*)(Node &, Lowering &, Value);

template <Formula formula>
LogicalResult lowerActivation(Node &node, Lowering &l) {
  if (failed(expectInputs(node, 1)) || failed(expectFloat(node, 0)))
    return failure();
  Type type = elementType(node.getInput(0));
  Value y = formula(node, l, l.convert(node.getInput(0), computeType(l, type)));
  node.setResult(0, l.convert(y, type));
  return success();
}

Value add(Lowering &l, Value x, double y) { return binaryScalar(l, BinaryKind::Add, x, y); }
Value mul(Lowering &l, Value x, double y) { return binaryScalar(l, BinaryKind::Mul, x, y); }
Value div(Lowering &l, Value x, double y) { return binaryScalar(l, BinaryKind::Div, x, y); }
Value mul(Lowering &l, Value x, Value y) { return l.binary(BinaryKind::Mul, x, y); }
Value zerosLike(Lowering &l, Value x) { return l.splat(0, getDims(x), elementType(x)); }
/// x < 0 ? negative : other
Value whereNegative(Lowering &l, Value x, Value negative, Value other) {
  return l.select(l.compare(CompareKind::Lt, x, zerosLike(l, x)), negative, other);
}

/// 1 / (1 + exp(-x)): exp overflows to infinity for very negative x, which gives the right 0.
Value sigmoid(Lowering &l, Value x) {
  return l.unary(UnaryKind::Reciprocal, add(l, l.unary(UnaryKind::Exp, l.unary(UnaryKind::Neg, x)), 1));
}

/// log(1 + e) for e in [0, 1] to full relative accuracy: log(u) * e / (u - 1) with u = 1 + e rounded, e where u is 1.
Value log1p(Lowering &l, Value e) {
  Value u = add(l, e, 1);
  Value one = l.splat(1, getDims(e), elementType(e));
  Value isOne = l.compare(CompareKind::Eq, u, one);
  Value difference = l.select(isOne, one, add(l, u, -1));
  Value corrected = l.binary(BinaryKind::Div, mul(l, l.unary(UnaryKind::Log, u), e), difference);
  return l.select(isOne, e, corrected);
}

/// max(x, 0) + log(1 + exp(-|x|))
Value softplus(Lowering &l, Value x) {
  Value e = l.unary(UnaryKind::Exp, l.unary(UnaryKind::Neg, l.unary(UnaryKind::Abs, x)));
  return l.binary(BinaryKind::Add, binaryScalar(l, BinaryKind::Max, x, 0), log1p(l, e));
}

Value hardSigmoid(Lowering &l, Value x, double alpha, double beta) {
  x = add(l, mul(l, x, alpha), beta);
  return binaryScalar(l, BinaryKind::Max, binaryScalar(l, BinaryKind::Min, x, 1), 0);
}

Value sigmoidFormula(Node &, Lowering &l, Value x) { return sigmoid(l, x); }
Value softplusFormula(Node &, Lowering &l, Value x) { return softplus(l, x); }
Value mishFormula(Node &, Lowering &l, Value x) { return mul(l, x, l.unary(UnaryKind::Tanh, softplus(l, x))); }

Value softsignFormula(Node &, Lowering &l, Value x) {
  return l.binary(BinaryKind::Div, x, add(l, l.unary(UnaryKind::Abs, x), 1));
}

Value hardSigmoidFormula(Node &node, Lowering &l, Value x) {
  return hardSigmoid(l, x, node.getFloat("alpha", 0.2), node.getFloat("beta", 0.5));
}

Value hardSwishFormula(Node &, Lowering &l, Value x) { return mul(l, x, hardSigmoid(l, x, 1.0 / 6, 0.5)); }

Value leakyReluFormula(Node &node, Lowering &l, Value x) {
  return whereNegative(l, x, mul(l, x, node.getFloat("alpha", 0.01)), x);
}

Value eluFormula(Node &node, Lowering &l, Value x) {
  Value negative = mul(l, add(l, l.unary(UnaryKind::Exp, x), -1), node.getFloat("alpha", 1));
  return whereNegative(l, x, negative, x);
}

Value seluFormula(Node &node, Lowering &l, Value x) {
  // The defaults are those of the specification from opset 6 on.
  double alpha = node.getFloat("alpha", 1.67326319217681884765625);
  double gamma = node.getFloat("gamma", 1.05070102214813232421875);
  Value negative = mul(l, add(l, l.unary(UnaryKind::Exp, x), -1), alpha);
  return mul(l, whereNegative(l, x, negative, x), gamma);
}

/// max(0, x) + min(0, alpha * (exp(x / alpha) - 1))
Value celuFormula(Node &node, Lowering &l, Value x) {
  double alpha = node.getFloat("alpha", 1);
  Value negative = mul(l, add(l, l.unary(UnaryKind::Exp, div(l, x, alpha)), -1), alpha);
  return l.binary(BinaryKind::Add, binaryScalar(l, BinaryKind::Max, x, 0),
                  binaryScalar(l, BinaryKind::Min, negative, 0));
}

Value thresholdedReluFormula(Node &node, Lowering &l, Value x) {
  Value alpha = l.splat(node.getFloat("alpha", 1), getDims(x), elementType(x));
  return l.select(l.compare(CompareKind::Gt, x, alpha), x, zerosLike(l, x));
}

/// x * sigmoid(alpha * x)
Value swish(Node &node, Lowering &l, Value x) {
  double alpha = node.getFloat("alpha", 1);
  return mul(l, x, sigmoid(l, alpha == 1 ? x : mul(l, x, alpha)));
}

/// 0.5 * x * (1 + erf(x / sqrt(2)))
Value geluErf(Lowering &l, Value x) {
  Value erf = l.unary(UnaryKind::Erf, mul(l, x, 1 / std::numbers::sqrt2));
  return mul(l, mul(l, x, 0.5), add(l, erf, 1));
}

/// 0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))
Value geluTanh(Lowering &l, Value x) {
  Value cube = mul(l, mul(l, x, x), x);
  Value inner = mul(l, l.binary(BinaryKind::Add, x, mul(l, cube, 0.044715)), std::sqrt(2 * std::numbers::inv_pi));
  return mul(l, mul(l, x, 0.5), add(l, l.unary(UnaryKind::Tanh, inner), 1));
}

LogicalResult lowerGelu(Node &node, Lowering &l) {
  StringRef approximate = node.getString("approximate", "none");
  if (approximate == "none")
    return lowerActivation<[](Node &, Lowering &l, Value x) { return geluErf(l, x); }>(node, l);
  if (approximate == "tanh")
    return lowerActivation<[](Node &, Lowering &l, Value x) { return geluTanh(l, x); }>(node, l);
  return node.error() << "unknown approximation '" << approximate << "'";
}

LogicalResult lowerRelu(Node &node, Lowering &l) {
  if (failed(expectInputs(node, 1)) || failed(expectNumber(node, 0)))
    return failure();
  Value x = node.getInput(0);
  Type type = elementType(x);
  node.setResult(0, l.binary(BinaryKind::Max, x, isFloat(type) ? l.scalar(0, type) : l.scalarInt(0, type)));
  return success();
}

LogicalResult lowerPRelu(Node &node, Lowering &l) {
  FailureOr<Values> values = broadcastInputs(node, 2);
  if (failed(values) || failed(expectFloat(node, 0)))
    return failure();
  Value x = (*values)[0];
  node.setResult(0, whereNegative(l, x, mul(l, x, (*values)[1]), x));
  return success();
}

/// swish(gate) * value
LogicalResult lowerSwiGLU(Node &node, Lowering &l) {
  if (failed(expectInputs(node, 2)) || failed(expectFloat(node, 0)))
    return failure();
  Value gate = node.getInput(0), value = node.getInput(1);
  if (failed(expectSameElementType(node, {gate, value})) || failed(expectRank(node, 1, rank(gate))))
    return failure();
  if (failed(l.unify(node, getDims(gate), getDims(value), "gate and value")))
    return failure();
  value = l.castTo(value, getDims(gate));
  Type type = elementType(gate), compute = computeType(l, type);
  Value y = mul(l, swish(node, l, l.convert(gate, compute)), l.convert(value, compute));
  node.setResult(0, l.convert(y, type));
  return success();
}

} // namespace

void registerActivation(Registry &r) {
  r.add("Sigmoid", 1, lowerActivation<sigmoidFormula>);
  r.add("HardSigmoid", 1, lowerActivation<hardSigmoidFormula>);
  r.add("HardSwish", 14, lowerActivation<hardSwishFormula>);
  r.add("Relu", 1, lowerRelu);
  r.add("LeakyRelu", 1, lowerActivation<leakyReluFormula>);
  r.add("PRelu", 7, lowerPRelu);
  r.add("ThresholdedRelu", 10, lowerActivation<thresholdedReluFormula>);
  r.add("Elu", 1, lowerActivation<eluFormula>);
  r.add("Selu", 6, lowerActivation<seluFormula>);
  r.add("Celu", 12, lowerActivation<celuFormula>);
  r.add("Softplus", 1, lowerActivation<softplusFormula>);
  r.add("Softsign", 1, lowerActivation<softsignFormula>);
  r.add("Mish", 18, lowerActivation<mishFormula>);
  r.add("Gelu", 20, lowerGelu);
  r.add("Swish", 24, lowerActivation<swish>);
  r.add("SwiGLU", 28, lowerSwiGLU);
}

} // namespace dsc::onnx_to_prim
