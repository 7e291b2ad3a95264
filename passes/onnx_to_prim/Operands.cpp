// SPDX-License-Identifier: Apache-2.0
#include "passes/onnx_to_prim/Operands.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::onnx_to_prim {

LogicalResult expectInputs(Node &node, unsigned required, unsigned most) {
  if (node.getNumInputs() > most)
    return node.error() << "takes at most " << most << " inputs, not " << node.getNumInputs();
  for (unsigned i = 0; i < most; ++i) {
    if (i < required ? !node.hasInput(i) : false)
      return node.error() << "input " << i << " is missing";
    if (node.hasInput(i) && !node.getInput(i))
      return node.error() << "input " << i << " is not a tensor";
  }
  return success();
}

LogicalResult expectSameElementType(Node &node, ArrayRef<Value> values) {
  for (Value value : values)
    if (elementType(value) != elementType(values.front()))
      return node.error() << "operands differ in element type: " << elementType(values.front()) << " and "
                          << elementType(value);
  return success();
}

bool isFloat(Type type) { return type.isF16() || type.isBF16() || type.isF32() || type.isF64(); }
bool isHalf(Type type) { return type.isF16() || type.isBF16(); }
bool isInteger(Type type) {
  return type.isInteger(8) || type.isInteger(16) || type.isInteger(32) || type.isInteger(64);
}
bool isUnsigned(Type type) { return type.isUnsignedInteger(); }

Type computeType(Lowering &lowering, Type type) { return isHalf(type) ? lowering.f32() : type; }

static LogicalResult expectKind(Node &node, unsigned i, bool holds, const char *kind) {
  if (holds)
    return success();
  return node.error() << "input " << i << " of element type " << elementType(node.getInput(i)) << " where " << kind
                      << " is expected";
}

LogicalResult expectFloat(Node &node, unsigned i) {
  return expectKind(node, i, isFloat(elementType(node.getInput(i))), "a float");
}
LogicalResult expectInteger(Node &node, unsigned i) {
  return expectKind(node, i, isInteger(elementType(node.getInput(i))), "an integer");
}
LogicalResult expectBool(Node &node, unsigned i) {
  return expectKind(node, i, elementType(node.getInput(i)).isInteger(1), "bool");
}
LogicalResult expectNumber(Node &node, unsigned i) {
  Type type = elementType(node.getInput(i));
  return expectKind(node, i, isFloat(type) || isInteger(type), "a number");
}

LogicalResult expectRank(Node &node, unsigned i, int64_t expected) {
  int64_t found = rank(node.getInput(i));
  if (found == expected)
    return success();
  return node.error() << "input " << i << " has rank " << found << ", not " << expected;
}

static Type fromDataType(MLIRContext *context, int64_t number) {
  Builder b(context);
  switch (number) {
  case 17:
    return Float8E4M3FNType::get(context);
  case 18:
    return Float8E4M3FNUZType::get(context);
  case 19:
    return Float8E5M2Type::get(context);
  case 20:
    return Float8E5M2FNUZType::get(context);
  case 21:
    return b.getIntegerType(4, /*isSigned=*/false);
  case 22:
    return b.getIntegerType(4);
  case 23:
    return Float4E2M1FNType::get(context);
  case 24:
    return Float8E8M0FNUType::get(context);
  case 25:
    return b.getIntegerType(2, /*isSigned=*/false);
  case 26:
    return b.getIntegerType(2);
  case 1:
    return b.getF32Type();
  case 2:
    return b.getIntegerType(8, /*isSigned=*/false);
  case 3:
    return b.getI8Type();
  case 4:
    return b.getIntegerType(16, /*isSigned=*/false);
  case 5:
    return b.getI16Type();
  case 6:
    return b.getI32Type();
  case 7:
    return b.getI64Type();
  case 9:
    return b.getI1Type();
  case 10:
    return b.getF16Type();
  case 11:
    return b.getF64Type();
  case 12:
    return b.getIntegerType(32, /*isSigned=*/false);
  case 13:
    return b.getIntegerType(64, /*isSigned=*/false);
  case 16:
    return b.getBF16Type();
  default:
    return {};
  }
}

static StringRef dataTypeName(int64_t number) {
  static constexpr StringRef names[] = {
      "undefined", "float",     "uint8",      "int8",         "uint16",         "int16",      "int32",
      "int64",     "string",    "bool",       "float16",      "double",         "uint32",     "uint64",
      "complex64", "complex128", "bfloat16",  "float8e4m3fn", "float8e4m3fnuz", "float8e5m2", "float8e5m2fnuz",
      "uint4",     "int4",      "float4e2m1", "float8e8m0",   "uint2",          "int2"};
  return number >= 0 && number < int64_t(std::size(names)) ? names[number] : StringRef("unknown");
}

FailureOr<Type> elementTypeAttr(Node &node, StringRef name, int64_t otherwise) {
  int64_t number = node.getInt(name, otherwise);
  if (Type type = fromDataType(node.lowering.getContext(), number))
    return type;
  return node.error() << "element type " << dataTypeName(number) << " (" << name << " = " << number
                      << ") is not supported";
}

FailureOr<Type> floatTypeAttr(Node &node, StringRef name, int64_t otherwise) {
  FailureOr<Type> type = elementTypeAttr(node, name, otherwise);
  if (succeeded(type) && !isFloat(*type))
    return node.error() << name << " is " << *type << " where a float of at least 16 bits is expected";
  return type;
}

LogicalResult unifyDim(Node &node, Value &a, int64_t i, Value &b, int64_t j, const Twine &what) {
  FailureOr<Expr> size = node.lowering.unify(node, getDim(a.getType(), i), getDim(b.getType(), j), what);
  if (failed(size))
    return failure();
  // Only now: unify may have replaced symbols in the types.
  Dims aDims = getDims(a), bDims = getDims(b);
  aDims[i] = bDims[j] = *size;
  a = node.lowering.castTo(a, aDims);
  b = node.lowering.castTo(b, bDims);
  return success();
}

LogicalResult requireMultiple(Node &node, Expr size, Expr of, const Twine &message) {
  Lowering &l = node.lowering;
  Expr rest = mod(size, of);
  if (asConstant(rest).value_or(0) != 0 || isConstant(of, 0))
    return node.error() << message << ": " << toString(size) << " and " << toString(of);
  if (!asConstant(rest))
    RequireOp::create(l.builder, l.getLoc(), rest, l.size(0), l.builder.getStringAttr(node.type + ": " + message));
  return success();
}

FailureOr<Value> broadcastLike(Node &node, Value part, Value x, const Twine &what) {
  if (rank(part) > rank(x))
    return node.error() << what << " has a higher rank than what it broadcasts to";
  Lowering &l = node.lowering;
  int64_t offset = rank(x) - rank(part);
  for (int64_t i = 0; i < rank(part); ++i) {
    Expr own = getDim(x.getType(), offset + i), dim = getDim(part.getType(), i);
    if (isConstant(own, 1) && asConstant(dim) && !isConstant(dim, 1))
      return node.error() << what << " does not broadcast to " << x.getType();
    FailureOr<Value> fitted = l.fitSize(node, part, i, own, "size of " + what + " along dimension " + Twine(i));
    if (failed(fitted))
      return failure();
    part = *fitted;
  }
  return l.broadcastTo(part, getDims(x));
}

Value binaryInto(Lowering &lowering, BinaryKind kind, Value x, Value y) {
  return lowering.binary(kind, x, lowering.broadcastTo(y, getDims(x)));
}

Value binaryScalar(Lowering &lowering, BinaryKind kind, Value x, double y) {
  return lowering.binary(kind, x, lowering.scalar(y, elementType(x)));
}

} // namespace dsc::onnx_to_prim
