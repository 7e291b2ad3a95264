// SPDX-License-Identifier: Apache-2.0
// QuantizeLinear, DequantizeLinear, DynamicQuantizeLinear: integers of 2 to 16 and (to read) 32 bits, floats of 4 and 8 bits.
#include "passes/onnx_to_prim/Quantization.h"
#include "dialects/prim/NarrowTypes.h"
#include "passes/onnx_to_prim/Elementwise.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::onnx_to_prim {

Value roundAndSaturate(Lowering &l, Value x, Value zeroPoint, Type type) {
  Type i32 = l.builder.getI32Type();
  // Far beyond both ranges, so that adding the zero point cannot overflow.
  constexpr double limit = 1 << 20;
  Value y = l.unary(UnaryKind::RoundEven, l.convert(x, computeType(l, elementType(x))));
  y = binaryScalar(l, BinaryKind::Max, binaryScalar(l, BinaryKind::Min, y, limit), -limit);
  y = l.convert(y, i32);
  if (zeroPoint)
    y = l.binary(BinaryKind::Add, y, l.convert(zeroPoint, i32));
  unsigned bits = type.getIntOrFloatBitWidth();
  int64_t low = isUnsigned(type) ? 0 : -(int64_t(1) << (bits - 1));
  int64_t high = low + (int64_t(1) << bits) - 1;
  y = l.binary(BinaryKind::Max, l.binary(BinaryKind::Min, y, l.scalarInt(high, i32)), l.scalarInt(low, i32));
  return l.convert(y, type);
}

namespace {

/// A tensor of one element in x's shape.
Value repeatOne(Lowering &l, Value one, Value x) { return l.broadcastInDim(l.reshape(one, {}), {}, getDims(x)); }

/// How scales and zero points apply to x: one for all, one for each index of an axis, or one for each block along an axis.
class Granularity {
public:
  static FailureOr<Granularity> read(Node &node) {
    Value x = node.getInput(0), scale = node.getInput(1);
    Granularity g;
    g.blockSize = node.getInt("block_size", 0);
    if (g.blockSize < 0)
      return node.error() << "block_size " << g.blockSize << " is negative";
    Dims dims = getDims(scale);
    bool isOne = llvm::all_of(dims, [](Expr dim) { return isConstant(dim, 1); });
    if (g.blockSize == 0 && dims.size() <= 1 && isOne) {
      g.kind = PerTensor;
      return g;
    }
    FailureOr<int64_t> axis = node.normalizeAxis(node.getInt("axis", 1), std::max<int64_t>(rank(x), 1));
    // On a vector there is but one axis, whatever the default says.
    if (rank(x) == 1 && !node.hasAttr("axis"))
      axis = 0;
    if (failed(axis))
      return failure();
    g.axis = *axis;
    if (g.blockSize) {
      g.kind = Blocked;
      if (rank(scale) != rank(x))
        return node.error() << "blocked scales need the rank of input 0";
      return g;
    }
    g.kind = PerAxis;
    if (rank(scale) != 1)
      return node.error() << "scales of rank " << rank(scale) << " without block_size";
    return g;
  }

  /// A scale or zero point in x's shape.
  FailureOr<Value> apply(Node &node, Lowering &l, Value parameter, Value x) {
    if (kind == PerTensor) {
      for (Expr dim : getDims(parameter)) {
        if (asConstant(dim) && !isConstant(dim, 1))
          return node.error() << "scale and zero point differ in shape";
        if (failed(l.unify(node, dim, l.size(1), "one zero point for one scale")))
          return failure();
      }
      return repeatOne(l, parameter, x);
    }
    return kind == PerAxis ? perAxis(node, l, parameter, x) : blocked(node, l, parameter, x);
  }

private:
  FailureOr<Value> perAxis(Node &node, Lowering &l, Value parameter, Value x) {
    if (rank(parameter) != 1)
      return node.error() << "scale and zero point differ in shape";
    FailureOr<Value> fitted = l.fitSize(node, parameter, 0, getDim(x.getType(), axis), "size of the quantized axis");
    if (failed(fitted))
      return failure();
    Dims dims = getDims(x);
    if (!isConstant(getDim(fitted->getType(), 0), 1))
      fitted = l.castTo(*fitted, {dims[axis]});
    return l.broadcastInDim(*fitted, {axis}, dims);
  }

  /// [.., S, ..] -> repeated [.., S, block, ..] -> [.., S * block, ..] -> the first elements along the axis.
  FailureOr<Value> blocked(Node &node, Lowering &l, Value parameter, Value x) {
    if (rank(parameter) != rank(x))
      return node.error() << "scale and zero point differ in shape";
    for (int64_t i = 0; i < rank(x); ++i) {
      Expr dim = getDim(x.getType(), i);
      Expr expected = i == axis ? ceilDiv(dim, l.size(blockSize)) : dim;
      if (failed(l.unify(node, expected, getDim(parameter.getType(), i), "number of blocks")))
        return failure();
    }
    Dims dims = getDims(x), blocks = dims;
    blocks[axis] = ceilDiv(dims[axis], l.size(blockSize));
    Value repeated = l.unsqueeze(l.castTo(parameter, blocks), axis + 1);
    Dims wide = getDims(repeated);
    wide[axis + 1] = l.size(blockSize);
    repeated = l.broadcastInDim(repeated, llvm::to_vector(llvm::seq<int64_t>(0, wide.size())), wide);
    Dims joined = blocks;
    joined[axis] = blocks[axis] * blockSize;
    return l.sliceAxis(l.reshape(repeated, joined), axis, l.size(0), dims[axis]);
  }

  enum { PerTensor, PerAxis, Blocked } kind = PerTensor;
  int64_t axis = 0, blockSize = 0;
};

/// Floats, and the bare exponents of the microscaling formats.
bool isScale(Type type) { return isFloat(type) || isa<Float8E8M0FNUType>(type); }

LogicalResult lowerQuantizeLinear(Node &node, Lowering &l) {
  if (failed(expectInputs(node, 2, 3)) || failed(expectNumber(node, 0)))
    return failure();
  Type scaleType = elementType(node.getInput(1));
  if (!isScale(scaleType) && !scaleType.isInteger(32))
    return node.error() << "scales of element type " << scaleType << " are not supported";
  Value x = node.getInput(0), scale = node.getInput(1), zeroPoint = node.getInput(2);
  Type type = l.builder.getIntegerType(8, /*isSigned=*/false);
  if (zeroPoint)
    type = elementType(zeroPoint);
  if (int64_t number = node.getInt("output_dtype", 0)) {
    FailureOr<Type> given = elementTypeAttr(node, "output_dtype", number);
    if (failed(given))
      return failure();
    if (zeroPoint && *given != type)
      return node.error() << "output_dtype " << *given << " differs from the zero point's type " << type;
    type = *given;
  }
  bool isInteger = isNarrowInteger(type) || type.isInteger(8) || type.isInteger(16);
  if (!isInteger && !getNarrowFormat(type))
    return node.error() << "quantization to " << type << " is not supported";
  // Before opset 19 there was only f32.
  Type compute = isFloat(scaleType) ? scaleType : l.f32();
  if (node.getInt("precision", 0)) {
    FailureOr<Type> given = floatTypeAttr(node, "precision", 0);
    if (failed(given))
      return failure();
    compute = *given;
  }
  FailureOr<Granularity> granularity = Granularity::read(node);
  if (failed(granularity))
    return failure();
  FailureOr<Value> scales = granularity->apply(node, l, l.convert(scale, compute), x);
  if (failed(scales))
    return failure();
  FailureOr<Value> zeros = Value();
  if (zeroPoint && failed(zeros = granularity->apply(node, l, zeroPoint, x)))
    return failure();
  Value scaled = l.binary(BinaryKind::Div, l.convert(x, compute), *scales);
  if (!isInteger) {
    if (*zeros)
      scaled = l.binary(BinaryKind::Add, scaled, l.convert(*zeros, compute));
    FailureOr<Value> rounded = castElements(node, l, scaled, type, node.getInt("saturate", 1) != 0);
    if (failed(rounded))
      return failure();
    node.setResult(0, *rounded);
    return success();
  }
  node.setResult(0, roundAndSaturate(l, scaled, *zeros, type));
  return success();
}

LogicalResult lowerDequantizeLinear(Node &node, Lowering &l) {
  if (failed(expectInputs(node, 2, 3)))
    return failure();
  Value x = node.getInput(0), zeroPoint = node.getInput(2);
  Type from = elementType(x), type = elementType(node.getInput(1)), i32 = l.builder.getI32Type();
  bool isInteger = isNarrowInteger(from) || from.isInteger(8) || from.isInteger(16) || from.isInteger(32);
  if (!isInteger && !getNarrowFormat(from))
    return node.error() << "element type " << from << " is not supported";
  if (!isScale(type))
    return node.error() << "scales of element type " << type << " are not supported";
  if (zeroPoint && failed(expectSameElementType(node, {x, zeroPoint})))
    return failure();
  if (node.getInt("output_dtype", 0)) {
    FailureOr<Type> given = floatTypeAttr(node, "output_dtype", 0);
    if (failed(given))
      return failure();
    type = *given;
  }
  if (!isFloat(type))
    return node.error() << "scales of " << type << " need output_dtype";
  FailureOr<Granularity> granularity = Granularity::read(node);
  if (failed(granularity))
    return failure();
  // 16-bit results are rounded once.
  Type compute = computeType(l, type), difference = isInteger ? i32 : compute;
  FailureOr<Value> scales = granularity->apply(node, l, l.convert(node.getInput(1), compute), x);
  if (failed(scales))
    return failure();
  Value y = l.convert(x, difference);
  if (zeroPoint) {
    FailureOr<Value> zeros = granularity->apply(node, l, zeroPoint, x);
    if (failed(zeros))
      return failure();
    y = l.binary(BinaryKind::Sub, y, l.convert(*zeros, difference));
  }
  node.setResult(0, l.convert(l.binary(BinaryKind::Mul, l.convert(y, compute), *scales), type));
  return success();
}

/// scale = (max(0, max x) - min(0, min x)) / 255; zero point = saturate(round(-min / scale)), both over all of x.
LogicalResult lowerDynamicQuantizeLinear(Node &node, Lowering &l) {
  if (failed(expectInputs(node, 1)))
    return failure();
  Value x = node.getInput(0);
  if (!elementType(x).isF32())
    return node.error() << "element type " << elementType(x) << " where f32 is expected";
  auto axes = llvm::to_vector(llvm::seq<int64_t>(0, rank(x)));
  Type u8 = l.builder.getIntegerType(8, /*isSigned=*/false);
  Value low = binaryScalar(l, BinaryKind::Min, l.reduce(ReduceKind::Min, x, axes, /*keepDims=*/false), 0);
  Value high = binaryScalar(l, BinaryKind::Max, l.reduce(ReduceKind::Max, x, axes, /*keepDims=*/false), 0);
  Value scale = binaryScalar(l, BinaryKind::Div, l.binary(BinaryKind::Sub, high, low), 255);
  Value zeroPoint = roundAndSaturate(l, l.unary(UnaryKind::Neg, l.binary(BinaryKind::Div, low, scale)), Value(), u8);
  node.setResult(0, roundAndSaturate(l, l.binary(BinaryKind::Div, x, scale), repeatOne(l, zeroPoint, x), u8));
  node.setResult(1, scale);
  node.setResult(2, zeroPoint);
  return success();
}

} // namespace

void registerQuantization(Registry &r) {
  r.add("QuantizeLinear", 10, lowerQuantizeLinear);
  r.add("DequantizeLinear", 10, lowerDequantizeLinear);
  r.add("DynamicQuantizeLinear", 11, lowerDynamicQuantizeLinear);
}

} // namespace dsc::onnx_to_prim
