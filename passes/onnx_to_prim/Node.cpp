// SPDX-License-Identifier: Apache-2.0
// Access to the attributes and inputs of the ONNX node being lowered.
#include "dialects/onnx/Onnx.h"
#include "passes/onnx_to_prim/Lowering.h"

using namespace mlir;
using llvm::ArrayRef;
using llvm::SmallVector;

namespace dsc::onnx_to_prim {

bool Node::hasInput(unsigned i) const {
  return i < op->getNumOperands() && !isa<NoneType>(op->getOperand(i).getType());
}

Value Node::getInput(unsigned i) const {
  return hasInput(i) ? lowering.tensors.lookup(op->getOperand(i)) : Value();
}

const Values *Node::getSequence(unsigned i) const {
  if (!hasInput(i))
    return nullptr;
  auto it = lowering.sequences.find(op->getOperand(i));
  return it == lowering.sequences.end() ? nullptr : &it->second;
}

int64_t Node::getInt(StringRef name, int64_t otherwise) const {
  auto attr = op->getAttrOfType<IntegerAttr>(name);
  return attr ? attr.getValue().getSExtValue() : otherwise;
}

double Node::getFloat(StringRef name, double otherwise) const {
  auto attr = op->getAttrOfType<FloatAttr>(name);
  return attr ? attr.getValueAsDouble() : otherwise;
}

StringRef Node::getString(StringRef name, StringRef otherwise) const {
  auto attr = op->getAttrOfType<StringAttr>(name);
  return attr ? attr.getValue() : otherwise;
}

std::optional<SmallVector<int64_t>> Node::getInts(StringRef name) const {
  if (auto attr = op->getAttrOfType<DenseI64ArrayAttr>(name))
    return SmallVector<int64_t>(attr.asArrayRef());
  return std::nullopt;
}

std::optional<SmallVector<double>> Node::getFloats(StringRef name) const {
  auto attr = op->getAttrOfType<DenseF32ArrayAttr>(name);
  if (!attr)
    return std::nullopt;
  return SmallVector<double>(attr.asArrayRef().begin(), attr.asArrayRef().end());
}

TypedAttr Node::getTensor(StringRef name) const { return op->getAttrOfType<TypedAttr>(name); }

std::optional<int64_t> Node::getDeclaredRank(unsigned i) const {
  auto function = op->getParentOfType<FunctionOpInterface>();
  Value value = op->getResult(i);
  for (;;) {
    Operation *next = nullptr;
    for (OpOperand &use : value.getUses()) {
      Operation *user = use.getOwner();
      if (user->hasTrait<OpTrait::IsTerminator>() && user->getParentOp() == function) {
        if (auto dims = function.getResultAttrOfType<ArrayAttr>(use.getOperandNumber(), onnx::kDimsAttr))
          return dims.size();
      } else if (llvm::is_contained({"Sqrt", "Log", "Exp", "Abs", "Neg", "Cast", "CastLike", "Identity"}, onnx::getOpName(user).name) &&
                 use.getOperandNumber() == 0) {
        next = user;
      }
    }
    if (!next)
      return std::nullopt;
    value = next->getResult(0);
  }
}

FailureOr<int64_t> Node::normalizeAxis(int64_t axis, int64_t rank) {
  if (axis < -rank || axis >= rank)
    return error() << "axis " << axis << " of a tensor of rank " << rank;
  return axis < 0 ? axis + rank : axis;
}

FailureOr<SmallVector<int64_t>> Node::normalizeAxes(ArrayRef<int64_t> axes, int64_t rank) {
  SmallVector<int64_t> result;
  for (int64_t axis : axes) {
    auto normal = normalizeAxis(axis, rank);
    if (failed(normal))
      return failure();
    if (llvm::is_contained(result, *normal))
      return error() << "axis " << axis << " is given twice";
    result.push_back(*normal);
  }
  return result;
}

void Node::setResult(unsigned i, Value value) {
  if (i < op->getNumResults())
    lowering.tensors[op->getResult(i)] = value;
}

void Node::setSequence(unsigned i, Values values) {
  if (i < op->getNumResults())
    lowering.sequences[op->getResult(i)] = std::move(values);
}

InFlightDiagnostic Node::error() { return op->emitError() << type << ": "; }

} // namespace dsc::onnx_to_prim
