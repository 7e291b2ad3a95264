// SPDX-License-Identifier: Apache-2.0
// Softmax, LogSoftmax, LayerNormalization, RMSNormalization.
#include "passes/onnx_to_prim/Operands.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::onnx_to_prim {
namespace {

/// x - max - log(sum(exp(x - max)))
Value logSoftmax(Lowering &l, Value x, int64_t axis) {
  Value shifted = binaryInto(l, BinaryKind::Sub, x, l.reduce(ReduceKind::Max, x, {axis}, /*keepDims=*/true));
  Value sum = l.reduce(ReduceKind::Sum, l.unary(UnaryKind::Exp, shifted), {axis}, /*keepDims=*/true);
  return binaryInto(l, BinaryKind::Sub, shifted, l.unary(UnaryKind::Log, sum));
}

/// On 16-bit floats computed in f32 and rounded once.
Value softmaxOf(Lowering &l, Value x, int64_t axis, bool logarithm) {
  Type type = elementType(x);
  x = l.convert(x, computeType(l, type));
  return l.convert(logarithm ? logSoftmax(l, x, axis) : l.softmax(x, axis), type);
}

template <bool logarithm>
LogicalResult lowerSoftmax(Node &node, Lowering &l) {
  if (failed(expectInputs(node, 1)) || failed(expectFloat(node, 0)))
    return failure();
  Value x = node.getInput(0);
  FailureOr<int64_t> axis = node.normalizeAxis(node.getInt("axis", -1), rank(x));
  if (failed(axis))
    return failure();
  node.setResult(0, softmaxOf(l, x, *axis, logarithm));
  return success();
}

/// Before opset 13: over all dimensions from `axis` on.
template <bool logarithm>
LogicalResult lowerFlatSoftmax(Node &node, Lowering &l) {
  if (failed(expectInputs(node, 1)) || failed(expectFloat(node, 0)))
    return failure();
  Value x = node.getInput(0);
  FailureOr<int64_t> axis = node.normalizeAxis(node.getInt("axis", 1), rank(x));
  if (failed(axis))
    return failure();
  Dims dims = getDims(x);
  if (*axis == rank(x) - 1) {
    node.setResult(0, softmaxOf(l, x, *axis, logarithm));
    return success();
  }
  ArrayRef<Expr> all(dims);
  Value flat = l.reshape(x, {product(l.getContext(), all.take_front(*axis)), product(l.getContext(), all.drop_front(*axis))});
  node.setResult(0, l.reshape(softmaxOf(l, flat, 1, logarithm), dims));
  return success();
}

/// What the two normalizations share: the axes from `axis` on, and the type of the first stage.
struct Stage {
  SmallVector<int64_t> axes;
  Type type;
  double epsilon;
};

FailureOr<Stage> readStage(Node &node) {
  int64_t rank = prim::rank(node.getInput(0));
  FailureOr<int64_t> axis = node.normalizeAxis(node.getInt("axis", -1), rank);
  FailureOr<Type> type = floatTypeAttr(node, "stash_type", 1);
  if (failed(axis) || failed(type))
    return failure();
  if (!isFloat(*type))
    return node.error() << "stash_type " << *type << " is not a float";
  // The specification's default is the f32 number 1e-5.
  return Stage{llvm::to_vector(llvm::seq<int64_t>(*axis, rank)), *type, node.getFloat("epsilon", 1e-5f)};
}

/// scale or bias, broadcast to x's shape.
FailureOr<Value> parameterFor(Node &node, unsigned i, Value x) {
  Values values = {x, node.getInput(i)};
  if (failed(expectSameElementType(node, values)))
    return failure();
  return broadcastLike(node, values[1], x, "input " + Twine(i));
}

/// Y = (x - mean) * (1 / sqrt(variance + epsilon)) * scale + bias; the first stage in stash_type.
LogicalResult lowerLayerNormalization(Node &node, Lowering &l) {
  if (failed(expectInputs(node, 2, 3)) || failed(expectFloat(node, 0)))
    return failure();
  FailureOr<Stage> stage = readStage(node);
  if (failed(stage))
    return failure();
  Value x = node.getInput(0);
  FailureOr<Value> scale = parameterFor(node, 1, x);
  if (failed(scale))
    return failure();
  FailureOr<Value> bias = Value();
  if (node.hasInput(2) && failed(bias = parameterFor(node, 2, x)))
    return failure();

  Value wide = l.convert(x, stage->type);
  Value mean = l.mean(wide, stage->axes, /*keepDims=*/true);
  Value centered = binaryInto(l, BinaryKind::Sub, wide, mean);
  Value variance = l.mean(l.binary(BinaryKind::Mul, centered, centered), stage->axes, /*keepDims=*/true);
  Value inverse = l.unary(UnaryKind::Reciprocal,
                          l.unary(UnaryKind::Sqrt, binaryScalar(l, BinaryKind::Add, variance, stage->epsilon)));
  Value normalized = l.convert(binaryInto(l, BinaryKind::Mul, centered, inverse), elementType(x));
  Value y = l.binary(BinaryKind::Mul, normalized, *scale);
  if (*bias)
    y = l.binary(BinaryKind::Add, y, *bias);
  node.setResult(0, y);
  if (node.getNumResults() > 1)
    node.setResult(1, mean);
  if (node.getNumResults() > 2)
    node.setResult(2, inverse);
  return success();
}

/// Y = x / sqrt(mean(x^2) + epsilon) * scale; the first stage in stash_type.
LogicalResult lowerRMSNormalization(Node &node, Lowering &l) {
  if (failed(expectInputs(node, 2)) || failed(expectFloat(node, 0)))
    return failure();
  FailureOr<Stage> stage = readStage(node);
  if (failed(stage))
    return failure();
  Value x = node.getInput(0);
  FailureOr<Value> scale = parameterFor(node, 1, x);
  if (failed(scale))
    return failure();
  Value wide = l.convert(x, stage->type);
  Value square = l.mean(l.binary(BinaryKind::Mul, wide, wide), stage->axes, /*keepDims=*/true);
  Value rms = l.unary(UnaryKind::Sqrt, binaryScalar(l, BinaryKind::Add, square, stage->epsilon));
  Value normalized = l.convert(binaryInto(l, BinaryKind::Div, wide, rms), elementType(x));
  node.setResult(0, l.binary(BinaryKind::Mul, normalized, *scale));
  return success();
}

} // namespace

void registerNormalization(Registry &r) {
  r.add("Softmax", 1, lowerFlatSoftmax<false>);
  r.add("Softmax", 13, lowerSoftmax<false>);
  r.add("LogSoftmax", 1, lowerFlatSoftmax<true>);
  r.add("LogSoftmax", 13, lowerSoftmax<true>);
  r.add("LayerNormalization", 17, lowerLayerNormalization);
  r.add("RMSNormalization", 23, lowerRMSNormalization);
}

} // namespace dsc::onnx_to_prim
