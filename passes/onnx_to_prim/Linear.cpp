// SPDX-License-Identifier: Apache-2.0
// Matrix products: MatMul, Gemm, MatMulInteger, QLinearMatMul. Einsum has a file of its own.
#include "passes/onnx_to_prim/Linear.h"
#include "passes/onnx_to_prim/Quantization.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::onnx_to_prim {
namespace {

LogicalResult lowerMatMul(Node &node, Lowering &l) {
  if (failed(expectInputs(node, 2)) || failed(expectNumber(node, 0)))
    return failure();
  Value a = node.getInput(0), b = node.getInput(1);
  if (failed(expectSameElementType(node, {a, b})))
    return failure();
  FailureOr<Value> product = l.matmul(node, a, b);
  if (failed(product))
    return failure();
  node.setResult(0, *product);
  return success();
}

/// alpha * A' B' + beta * C with A' = A or its transpose; C broadcasts to the product's shape.
LogicalResult lowerGemm(Node &node, Lowering &l) {
  if (failed(expectInputs(node, node.opset < 11 ? 3 : 2, 3)) || failed(expectNumber(node, 0)))
    return failure();
  if (failed(expectRank(node, 0, 2)) || failed(expectRank(node, 1, 2)))
    return failure();
  Value a = node.getInput(0), b = node.getInput(1), c = node.getInput(2);
  if (failed(expectSameElementType(node, {a, b, c ? c : a})))
    return failure();
  Type type = elementType(a);
  double alpha = node.getFloat("alpha", 1), beta = node.getFloat("beta", 1);
  if (!isFloat(type) && (alpha != int64_t(alpha) || beta != int64_t(beta)))
    return node.error() << "fractional alpha or beta on integers";

  int64_t kOfA = node.getInt("transA", 0) ? 0 : 1, kOfB = node.getInt("transB", 0) ? 1 : 0;
  if (failed(unifyDim(node, a, kOfA, b, kOfB, "inner sizes of the product")))
    return failure();
  Value y = l.dot(a, b, {}, {}, {kOfA}, {kOfB});
  if (alpha != 1)
    y = binaryScalar(l, BinaryKind::Mul, y, alpha);
  if (c) {
    if (beta != 1)
      c = binaryScalar(l, BinaryKind::Mul, c, beta);
    if (rank(c) > 2)
      return node.error() << "input 2 has rank " << rank(c) << ", above 2";
    FailureOr<Value> full = broadcastLike(node, c, y, "input 2");
    if (failed(full))
      return failure();
    y = l.binary(BinaryKind::Add, y, *full);
  }
  node.setResult(0, y);
  return success();
}

/// A parameter of the rows of a matrix, [M] or [..., M, 1], in a shape that broadcasts against the matrix.
Value rowParameter(Lowering &l, Value parameter) {
  if (rank(parameter) != 1)
    return parameter;
  if (isConstant(getDim(parameter.getType(), 0), 1))
    return l.reshape(parameter, {});
  return l.unsqueeze(parameter, 1);
}

/// x - zeroPoint in i32.
FailureOr<Value> centered(Node &node, Lowering &l, Value x, Value zeroPoint) {
  if (!zeroPoint)
    return l.convert(x, l.builder.getI32Type());
  if (failed(expectSameElementType(node, {x, zeroPoint})))
    return failure();
  Values values = {l.convert(x, l.builder.getI32Type()), l.convert(zeroPoint, l.builder.getI32Type())};
  if (failed(l.broadcastAll(node, values)))
    return failure();
  return l.binary(BinaryKind::Sub, values[0], values[1]);
}

LogicalResult expect8Bits(Node &node, Value x) {
  if (elementType(x).isInteger(8))
    return success();
  return node.error() << "element type " << elementType(x) << " where an 8-bit integer is expected";
}

/// (a - aZero) (b - bZero) in i32; zero points may be null.
FailureOr<Value> integerProduct(Node &node, Lowering &l, Value a, Value aZero, Value b, Value bZero) {
  if (failed(expect8Bits(node, a)) || failed(expect8Bits(node, b)))
    return failure();
  if (!aZero && !bZero && elementType(a) == elementType(b))
    return l.matmul(node, a, b, l.builder.getI32Type());
  FailureOr<Value> left = centered(node, l, a, aZero ? rowParameter(l, aZero) : Value());
  if (failed(left))
    return failure();
  FailureOr<Value> right = centered(node, l, b, bZero);
  if (failed(right))
    return failure();
  return l.matmul(node, *left, *right);
}

LogicalResult lowerMatMulInteger(Node &node, Lowering &l) {
  if (failed(expectInputs(node, 2, 4)))
    return failure();
  FailureOr<Value> product =
      integerProduct(node, l, node.getInput(0), node.getInput(2), node.getInput(1), node.getInput(3));
  if (failed(product))
    return failure();
  node.setResult(0, *product);
  return success();
}

/// Inputs: a, its scale and zero point, b, its scale and zero point, the result's scale and zero point.
LogicalResult lowerQLinearMatMul(Node &node, Lowering &l) {
  if (failed(expectInputs(node, 8)))
    return failure();
  for (unsigned i : {1, 4, 6})
    if (failed(expectFloat(node, i)))
      return failure();
  FailureOr<Value> product =
      integerProduct(node, l, node.getInput(0), node.getInput(2), node.getInput(3), node.getInput(5));
  if (failed(product))
    return failure();
  Values values = {l.convert(*product, l.f32()), l.convert(rowParameter(l, node.getInput(1)), l.f32()),
                   l.convert(node.getInput(4), l.f32()), l.convert(rowParameter(l, node.getInput(6)), l.f32()),
                   rowParameter(l, node.getInput(7))};
  if (failed(expect8Bits(node, values.back())) || failed(l.broadcastAll(node, values)))
    return failure();
  Value scale = l.binary(BinaryKind::Div, l.binary(BinaryKind::Mul, values[1], values[2]), values[3]);
  Value scaled = l.binary(BinaryKind::Mul, values[0], scale);
  node.setResult(0, roundAndSaturate(l, scaled, values[4], elementType(values[4])));
  return success();
}

} // namespace

void registerLinear(Registry &r) {
  r.add("MatMul", 1, lowerMatMul);
  r.add("Gemm", 7, lowerGemm);
  r.add("MatMulInteger", 10, lowerMatMulInteger);
  r.add("QLinearMatMul", 10, lowerQLinearMatMul);
  registerEinsum(r);
}

} // namespace dsc::onnx_to_prim
