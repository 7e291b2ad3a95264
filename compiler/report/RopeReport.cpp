// SPDX-License-Identifier: Apache-2.0
#include "compiler/report/RopeReport.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::json::Object;

namespace dsc {

std::string pairingText(model::RopeOp op) {
  std::string from = model::stringifyPairing(op.getFrom()).str();
  return op.getFrom() == op.getTo() ? from : from + " to " + model::stringifyPairing(op.getTo()).str();
}

std::optional<Object> describeRope(Operation *op) {
  auto rope = dyn_cast<model::RopeOp>(op);
  if (!rope)
    return std::nullopt;
  return Object{{"width", *asConstant(getDims(rope.getX()).back())}, {"pairing", pairingText(rope)}};
}

model::RopeOp findRope(Value value) {
  Operation *op = value.getDefiningOp();
  if (auto rope = dyn_cast_if_present<model::RopeOp>(op))
    return rope;
  if (auto product = dyn_cast_if_present<BinaryOp>(op); product && product.getKind() != BinaryKind::Mul)
    return {};
  if (!isa_and_present<ReshapeOp, TransposeOp, SliceOp, ConvertOp, ConcatOp, BinaryOp>(op))
    return {};
  for (Value operand : op->getOperands())
    if (auto rope = findRope(operand))
      return rope;
  return {};
}

} // namespace dsc
