// SPDX-License-Identifier: Apache-2.0
// Comparisons, bool and bit operations, Where, IsNaN and IsInf.
#include "passes/onnx_to_prim/Elementwise.h"
#include <limits>

using namespace mlir;
using namespace dsc::prim;

namespace dsc::onnx_to_prim {
namespace {

template <CompareKind kind>
LogicalResult lowerCompare(Node &node, Lowering &l) {
  FailureOr<Values> values = broadcastInputs(node, 2);
  if (failed(values))
    return failure();
  bool ordered = kind != CompareKind::Eq;
  if (ordered || !elementType(values->front()).isInteger(1))
    if (failed(expectNumber(node, 0)))
      return failure();
  node.setResult(0, l.compare(kind, (*values)[0], (*values)[1]));
  return success();
}

template <BinaryKind kind>
LogicalResult lowerBool(Node &node, Lowering &l) {
  FailureOr<Values> values = broadcastInputs(node, 2);
  if (failed(values) || failed(expectBool(node, 0)))
    return failure();
  node.setResult(0, l.binary(kind, (*values)[0], (*values)[1]));
  return success();
}

template <BinaryKind kind>
LogicalResult lowerBitwise(Node &node, Lowering &l) {
  FailureOr<Values> values = broadcastInputs(node, 2);
  if (failed(values) || failed(expectInteger(node, 0)))
    return failure();
  node.setResult(0, l.binary(kind, (*values)[0], (*values)[1]));
  return success();
}

LogicalResult lowerNot(Node &node, Lowering &l) {
  if (failed(expectInputs(node, 1)) || failed(expectBool(node, 0)))
    return failure();
  node.setResult(0, l.unary(UnaryKind::Not, node.getInput(0)));
  return success();
}

LogicalResult lowerBitwiseNot(Node &node, Lowering &l) {
  if (failed(expectInputs(node, 1)) || failed(expectInteger(node, 0)))
    return failure();
  node.setResult(0, l.unary(UnaryKind::Not, node.getInput(0)));
  return success();
}

/// Right shifts of signed integers copy the sign; amounts that are negative or too large shift everything out.
LogicalResult lowerBitShift(Node &node, Lowering &l) {
  FailureOr<Values> values = broadcastInputs(node, 2);
  if (failed(values) || failed(expectInteger(node, 0)))
    return failure();
  StringRef direction = node.getString("direction", "");
  if (direction != "LEFT" && direction != "RIGHT")
    return node.error() << "direction must be LEFT or RIGHT, not '" << direction << "'";
  Value x = (*values)[0], amount = (*values)[1];
  Type type = elementType(x);
  BinaryKind kind = direction == "LEFT" ? BinaryKind::Shl : BinaryKind::Shr;
  if (isUnsigned(type)) {
    node.setResult(0, l.binary(kind, x, amount));
    return success();
  }
  Value zero = l.splatInt(0, getDims(x), type), width = l.splatInt(type.getIntOrFloatBitWidth(), getDims(x), type);
  amount = l.select(l.compare(CompareKind::Lt, amount, zero), width, amount);
  Value shifted = l.binary(kind, x, amount);
  if (kind == BinaryKind::Shr) {
    Value ofNegative = l.unary(UnaryKind::Not, l.binary(kind, l.unary(UnaryKind::Not, x), amount));
    shifted = l.select(l.compare(CompareKind::Lt, x, zero), ofNegative, shifted);
  }
  node.setResult(0, shifted);
  return success();
}

LogicalResult lowerWhere(Node &node, Lowering &l) {
  if (failed(expectInputs(node, 3)) || failed(expectBool(node, 0)))
    return failure();
  Values values = {node.getInput(0), node.getInput(1), node.getInput(2)};
  if (failed(expectSameElementType(node, {values[1], values[2]})) || failed(l.broadcastAll(node, values)))
    return failure();
  node.setResult(0, l.select(values[0], values[1], values[2]));
  return success();
}

LogicalResult lowerIsNaN(Node &node, Lowering &l) {
  if (failed(expectInputs(node, 1)) || failed(expectFloat(node, 0)))
    return failure();
  node.setResult(0, l.unary(UnaryKind::IsNaN, node.getInput(0)));
  return success();
}

LogicalResult lowerIsInf(Node &node, Lowering &l) {
  if (failed(expectInputs(node, 1)) || failed(expectFloat(node, 0)))
    return failure();
  Value x = node.getInput(0);
  bool positive = node.getInt("detect_positive", 1), negative = node.getInt("detect_negative", 1);
  constexpr double inf = std::numeric_limits<double>::infinity();
  if (positive && negative)
    node.setResult(0, l.unary(UnaryKind::IsInf, x));
  else if (positive || negative)
    node.setResult(0, l.compare(CompareKind::Eq, x, l.splat(positive ? inf : -inf, getDims(x), elementType(x))));
  else
    node.setResult(0, l.splatInt(0, getDims(x), l.i1()));
  return success();
}

} // namespace

void registerLogic(Registry &r) {
  r.add("Equal", 7, lowerCompare<CompareKind::Eq>);
  r.add("Less", 7, lowerCompare<CompareKind::Lt>);
  r.add("LessOrEqual", 12, lowerCompare<CompareKind::Le>);
  r.add("Greater", 7, lowerCompare<CompareKind::Gt>);
  r.add("GreaterOrEqual", 12, lowerCompare<CompareKind::Ge>);
  r.add("And", 7, lowerBool<BinaryKind::And>);
  r.add("Or", 7, lowerBool<BinaryKind::Or>);
  r.add("Xor", 7, lowerBool<BinaryKind::Xor>);
  r.add("Not", 1, lowerNot);
  r.add("BitwiseAnd", 18, lowerBitwise<BinaryKind::And>);
  r.add("BitwiseOr", 18, lowerBitwise<BinaryKind::Or>);
  r.add("BitwiseXor", 18, lowerBitwise<BinaryKind::Xor>);
  r.add("BitwiseNot", 18, lowerBitwiseNot);
  r.add("BitShift", 11, lowerBitShift);
  r.add("Where", 9, lowerWhere);
  r.add("IsNaN", 9, lowerIsNaN);
  r.add("IsInf", 10, lowerIsInf);
}

} // namespace dsc::onnx_to_prim
