// SPDX-License-Identifier: Apache-2.0
// Operators that ONNX Runtime's graph optimizer puts into exports: fused normalizations, activations and products of the domain
// com.microsoft. On 16-bit floats each is computed in f32 and rounded once.
#include "passes/onnx_to_prim/Contrib.h"
#include <cmath>
#include <numbers>

using namespace mlir;
using namespace dsc::prim;

namespace dsc::onnx_to_prim {
namespace {

Value add(Lowering &l, Value x, double y) { return binaryScalar(l, BinaryKind::Add, x, y); }
Value mul(Lowering &l, Value x, double y) { return binaryScalar(l, BinaryKind::Mul, x, y); }
Value mul(Lowering &l, Value x, Value y) { return l.binary(BinaryKind::Mul, x, y); }

/// Input i of x's element type, in `wide`, broadcast to x's shape.
FailureOr<Value> likeInput0(Node &node, Lowering &l, unsigned i, Value x, Type wide) {
  if (failed(expectSameElementType(node, {node.getInput(0), node.getInput(i)})))
    return failure();
  return broadcastLike(node, l.convert(node.getInput(i), wide), x, "input " + Twine(i));
}

/// What a normalization gives: the result, and the statistics over the normalized axes.
struct Normalized {
  Value y, mean, inverse; ///< mean is null without centering
};

/// (x - mean) / sqrt(variance + epsilon), or x / sqrt(mean(x^2) + epsilon) without centering.
Normalized normalize(Lowering &l, Value x, ArrayRef<int64_t> axes, double epsilon, bool centered) {
  Normalized result;
  if (centered) {
    result.mean = l.mean(x, axes, /*keepDims=*/true);
    x = binaryInto(l, BinaryKind::Sub, x, result.mean);
  }
  Value square = l.mean(mul(l, x, x), axes, /*keepDims=*/true);
  result.inverse = l.unary(UnaryKind::Reciprocal, l.unary(UnaryKind::Sqrt, add(l, square, epsilon)));
  result.y = binaryInto(l, BinaryKind::Mul, x, result.inverse);
  return result;
}

/// Y = x / sqrt(mean(x^2) + epsilon) * scale and, as second result, the inverse root.
LogicalResult lowerSimplifiedLayerNormalization(Node &node, Lowering &l) {
  if (failed(expectInputs(node, 2)) || failed(expectFloat(node, 0)))
    return failure();
  Value x = node.getInput(0);
  FailureOr<int64_t> axis = node.normalizeAxis(node.getInt("axis", -1), rank(x));
  FailureOr<Type> stash = floatTypeAttr(node, "stash_type", 1);
  if (failed(axis) || failed(stash))
    return failure();
  if (!isFloat(*stash))
    return node.error() << "stash_type " << *stash << " is not a float";
  x = l.convert(x, *stash);
  // The scale may have another element type than the input, which the result then has.
  Type scaleType = elementType(node.getInput(1));
  if (!isFloat(scaleType))
    return node.error() << "the scale has element type " << scaleType;
  FailureOr<Value> scale = broadcastLike(node, l.convert(node.getInput(1), *stash), x, "the scale");
  if (failed(scale))
    return failure();
  Normalized n = normalize(l, x, llvm::to_vector(llvm::seq<int64_t>(*axis, rank(x))), node.getFloat("epsilon", 1e-5f), false);
  node.setResult(0, l.convert(mul(l, n.y, *scale), scaleType));
  if (node.getNumResults() > 1)
    node.setResult(1, n.inverse);
  return success();
}

/// Normalizes input + skip + bias over the last axis. Results: y, mean, inverse deviation, the sum.
template <bool simplified>
LogicalResult lowerSkipNormalization(Node &node, Lowering &l) {
  constexpr unsigned betaInput = 3, biasInput = simplified ? 3 : 4;
  if (failed(expectInputs(node, 3, biasInput + 1)) || failed(expectFloat(node, 0)))
    return failure();
  Value x = node.getInput(0);
  Type type = elementType(x), wide = computeType(l, type);
  if (rank(x) < 1)
    return node.error() << "input 0 is a scalar";
  x = l.convert(x, wide);
  auto combine = [&](BinaryKind kind, Value v, unsigned input) -> FailureOr<Value> {
    if (!node.hasInput(input))
      return v;
    FailureOr<Value> other = likeInput0(node, l, input, v, wide);
    if (failed(other))
      return failure();
    return l.binary(kind, v, *other);
  };
  FailureOr<Value> sum = combine(BinaryKind::Add, x, 1);
  if (failed(sum) || failed(sum = combine(BinaryKind::Add, *sum, biasInput)))
    return failure();
  Normalized n = normalize(l, *sum, {rank(x) - 1}, node.getFloat("epsilon", 1e-12f), !simplified);
  FailureOr<Value> y = combine(BinaryKind::Mul, n.y, 2);
  if (!failed(y) && !simplified)
    y = combine(BinaryKind::Add, *y, betaInput);
  if (failed(y))
    return failure();
  node.setResult(0, l.convert(*y, type));
  if (n.mean && node.getNumResults() > 1)
    node.setResult(1, n.mean);
  else if (node.isResultUsed(1))
    return node.error() << "the mean is no result of this normalization";
  if (node.getNumResults() > 2)
    node.setResult(2, n.inverse);
  if (node.getNumResults() > 3)
    node.setResult(3, l.convert(*sum, type));
  return success();
}

/// x / (1 + exp(-alpha x))
LogicalResult lowerQuickGelu(Node &node, Lowering &l) {
  if (failed(expectInputs(node, 1)) || failed(expectFloat(node, 0)))
    return failure();
  Type type = elementType(node.getInput(0));
  Value x = l.convert(node.getInput(0), computeType(l, type));
  Value e = l.unary(UnaryKind::Exp, mul(l, x, -node.getFloat("alpha", 1.702f)));
  node.setResult(0, l.convert(l.binary(BinaryKind::Div, x, add(l, e, 1)), type));
  return success();
}

/// Gelu of A + B, B one value for each element of the last axis. `approximate`: the form with tanh.
template <bool approximate, unsigned required>
LogicalResult lowerBiasGelu(Node &node, Lowering &l) {
  if (failed(expectInputs(node, required, 2)) || failed(expectFloat(node, 0)))
    return failure();
  Type type = elementType(node.getInput(0)), wide = computeType(l, type);
  Value x = l.convert(node.getInput(0), wide);
  if (node.hasInput(1)) {
    FailureOr<Value> bias = likeInput0(node, l, 1, x, wide);
    if (failed(bias))
      return failure();
    x = l.binary(BinaryKind::Add, x, *bias);
  }
  Value y;
  if constexpr (approximate) {
    y = geluTanh(l, x);
  } else {
    Value bell = l.unary(UnaryKind::Erf, mul(l, x, 1 / std::numbers::sqrt2));
    y = mul(l, mul(l, x, 0.5), add(l, bell, 1));
  }
  node.setResult(0, l.convert(y, type));
  return success();
}

/// One side of FusedMatMul: [M, batch.., K] to [batch.., M, K], then the last two exchanged.
Value matrixOperand(Lowering &l, Value x, bool batchInside, bool transposed) {
  int64_t rank = prim::rank(x);
  if (rank < 2 || (!batchInside && !transposed))
    return x;
  SmallVector<int64_t> perm = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  if (batchInside)
    std::rotate(perm.begin(), perm.begin() + 1, perm.end() - 1);
  if (transposed)
    std::swap(perm[rank - 1], perm[rank - 2]);
  return l.transpose(x, perm);
}

/// alpha * A' B'
LogicalResult lowerFusedMatMul(Node &node, Lowering &l) {
  if (failed(expectInputs(node, 2)) || failed(expectFloat(node, 0)))
    return failure();
  Value a = node.getInput(0), b = node.getInput(1);
  if (failed(expectSameElementType(node, {a, b})))
    return failure();
  a = matrixOperand(l, a, node.getInt("transBatchA", 0), node.getInt("transA", 0));
  b = matrixOperand(l, b, node.getInt("transBatchB", 0), node.getInt("transB", 0));
  FailureOr<Value> product = l.matmul(node, a, b);
  if (failed(product))
    return failure();
  double alpha = node.getFloat("alpha", 1);
  node.setResult(0, alpha == 1 ? *product : mul(l, *product, alpha));
  return success();
}

} // namespace

Value geluTanh(Lowering &l, Value x) {
  Value cube = mul(l, mul(l, x, x), x);
  Value inner = l.binary(BinaryKind::Add, x, mul(l, cube, 0.044715));
  Value bell = l.unary(UnaryKind::Tanh, mul(l, inner, std::sqrt(2 * std::numbers::inv_pi)));
  return mul(l, mul(l, x, 0.5), add(l, bell, 1));
}

void registerContrib(Registry &r) {
  registerBlockQuantization(r);
  registerMixtureOfExperts(r);
  registerContribAttention(r);
  constexpr StringRef domain = "com.microsoft";
  // ONNX Runtime has this one in ONNX's own domain too, where its optimizer puts it.
  r.add("SimplifiedLayerNormalization", 1, lowerSimplifiedLayerNormalization);
  r.addIn(domain, "SimplifiedLayerNormalization", 1, lowerSimplifiedLayerNormalization);
  r.addIn(domain, "SkipSimplifiedLayerNormalization", 1, lowerSkipNormalization<true>);
  r.addIn(domain, "SkipLayerNormalization", 1, lowerSkipNormalization<false>);
  r.addIn(domain, "QuickGelu", 1, lowerQuickGelu);
  r.addIn(domain, "Gelu", 1, lowerBiasGelu<false, 1>);
  r.addIn(domain, "BiasGelu", 1, lowerBiasGelu<false, 2>);
  r.addIn(domain, "FastGelu", 1, lowerBiasGelu<true, 1>);
  r.addIn(domain, "FusedMatMul", 1, lowerFusedMatMul);
}

} // namespace dsc::onnx_to_prim
