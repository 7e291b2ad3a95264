// SPDX-License-Identifier: Apache-2.0
// Cast, CastLike, BitCast. Attributes `saturate` and `round_mode` concern 8-bit floats only, which are refused.
#include "passes/onnx_to_prim/Elementwise.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::onnx_to_prim {
namespace {

bool isSupported(Type type) { return isFloat(type) || isInteger(type) || type.isInteger(1); }

LogicalResult castTo(Node &node, Lowering &l, Type type) {
  for (Type each : {elementType(node.getInput(0)), type})
    if (!isSupported(each))
      return node.error() << "element type " << each << " is not supported";
  node.setResult(0, l.convert(node.getInput(0), type));
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

void registerCast(Registry &r) {
  r.add("Cast", 6, lowerCast);
  r.add("CastLike", 15, lowerCastLike);
  r.add("BitCast", 26, lowerBitCast);
}

} // namespace dsc::onnx_to_prim
