// SPDX-License-Identifier: Apache-2.0
// Cast, CastLike, BitCast.
#include "dialects/prim/NarrowTypes.h"
#include "passes/onnx_to_prim/Elementwise.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::onnx_to_prim {
namespace {

bool isSupported(Type type) { return isFloat(type) || isInteger(type) || type.isInteger(1) || isNarrow(type); }

/// Rounds to a power of two by working on f32's exponent, which has the same range and bias. The signs of negative values,
/// for which ONNX leaves the result open, are dropped.
FailureOr<Value> castToScale(Node &node, Lowering &l, Value x, Type type, bool saturate, StringRef roundMode) {
  Type i32 = l.builder.getI32Type(), u8 = l.builder.getIntegerType(8, /*isSigned=*/false);
  auto constant = [&](int64_t value) { return l.splatInt(value, getDims(x), i32); };
  x = l.convert(x, l.f32());
  Value bits = BitcastOp::create(l.builder, l.getLoc(), withElementType(x.getType(), i32), x);
  bits = l.binary(BinaryKind::And, bits, constant(0x7fffffff));
  Value exponent = l.binary(BinaryKind::Shr, bits, constant(23));
  Value fraction = l.binary(BinaryKind::And, bits, constant(0x7fffff));
  Value up;
  if (roundMode == "up")
    up = l.compare(CompareKind::Gt, fraction, constant(0));
  else if (roundMode == "nearest")
    up = l.compare(CompareKind::Ge, fraction, constant(0x400000));
  else if (roundMode != "down")
    return node.error() << "round_mode '" << roundMode << "' is not known";
  // Below 2^-126 the exponent field is 0, which stands for 2^-127.
  Value code = up ? l.binary(BinaryKind::Add, exponent, l.convert(up, i32)) : exponent;
  Value isNaN = l.unary(UnaryKind::IsNaN, x);
  if (saturate) {
    code = l.binary(BinaryKind::Min, code, constant(0xfe));
  } else {
    code = l.binary(BinaryKind::Min, code, constant(0xff));
    // Less than 2^-127 is out of range.
    Value tooSmall = l.compare(CompareKind::Lt, bits, constant(0x400000));
    code = l.select(tooSmall, constant(0xff), code);
  }
  code = l.convert(l.select(isNaN, constant(0xff), code), u8);
  return Value(BitcastOp::create(l.builder, l.getLoc(), withElementType(code.getType(), type), code));
}

LogicalResult castTo(Node &node, Lowering &l, Type type) {
  for (Type each : {elementType(node.getInput(0)), type})
    if (!isSupported(each))
      return node.error() << "element type " << each << " is not supported";
  FailureOr<Value> result =
      castElements(node, l, node.getInput(0), type, node.getInt("saturate", 1) != 0, node.getString("round_mode", "up"));
  if (failed(result))
    return failure();
  node.setResult(0, *result);
  return success();
}

LogicalResult lowerCast(Node &node, Lowering &l) {
  if (failed(expectInputs(node, 1)))
    return failure();
  FailureOr<Type> type = elementTypeAttr(node, "to", 0);
  return failed(type) ? failure() : castTo(node, l, *type);
}

LogicalResult lowerCastLike(Node &node, Lowering &l) {
  if (failed(expectInputs(node, 2)))
    return failure();
  return castTo(node, l, elementType(node.getInput(1)));
}

LogicalResult lowerBitCast(Node &node, Lowering &l) {
  if (failed(expectInputs(node, 1)))
    return failure();
  FailureOr<Type> type = elementTypeAttr(node, "to", 0);
  if (failed(type))
    return failure();
  Value x = node.getInput(0);
  // A bool is a byte, 0 or 1.
  auto bits = [](Type t) { return t.isInteger(1) ? 8 : t.getIntOrFloatBitWidth(); };
  if (type->isInteger(1) != elementType(x).isInteger(1) && bits(*type) == bits(elementType(x))) {
    node.setResult(0, l.convert(x, *type));
    return success();
  }
  if (bits(*type) != bits(elementType(x)))
    return node.error() << elementType(x) << " and " << *type << " differ in width";
  if (*type != elementType(x))
    x = BitcastOp::create(l.builder, l.getLoc(), withElementType(x.getType(), *type), x);
  node.setResult(0, x);
  return success();
}

} // namespace

FailureOr<Value> castElements(Node &node, Lowering &l, Value x, Type type, bool saturate, StringRef roundMode) {
  Type from = elementType(x);
  if (from == type)
    return x;
  if (isa<Float8E8M0FNUType>(type))
    return castToScale(node, l, x, type, saturate, roundMode);
  if (isNarrowInteger(type) && (isFloat(from) || isNarrowFloat(from)))
    return l.convert(l.convert(x, l.builder.getI32Type()), type); // what is out of range wraps
  if (isNarrowFloat(type) && saturate) {
    // A NaN stays one.
    double limit = getNarrowFormat(type)->largestValue();
    x = l.convert(x, isFloat(from) ? computeType(l, from) : l.f32());
    x = binaryScalar(l, BinaryKind::Max, binaryScalar(l, BinaryKind::Min, x, limit), -limit);
  }
  return l.convert(x, type);
}

void registerCast(Registry &r) {
  r.add("Cast", 6, lowerCast);
  r.add("CastLike", 15, lowerCastLike);
  r.add("BitCast", 26, lowerBitCast);
}

} // namespace dsc::onnx_to_prim
