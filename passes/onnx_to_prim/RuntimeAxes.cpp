// SPDX-License-Identifier: Apache-2.0
#include "passes/onnx_to_prim/RuntimeAxes.h"
#include "llvm/ADT/SmallVectorExtras.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::onnx_to_prim {

Expr openLength(Value vector) {
  if (rank(vector) != 1 || asConstant(getDim(vector.getType(), 0)))
    return {};
  return getDim(vector.getType(), 0);
}

FailureOr<Dims> boundedIntegers(Node &node, Value value, const Twine &what, int64_t most, int64_t fill) {
  Lowering &l = node.lowering;
  Expr count = openLength(value);
  if (!count)
    return l.integers(node, value, what);
  RequireOp::create(l.builder, l.getLoc(), max(count, l.size(most)), l.size(most),
                    l.builder.getStringAttr(node.type + ": " + what + " has more than " + Twine(most) + " elements"));
  Type type = l.i64();
  Value padded = PadOp::create(l.builder, l.getLoc(), getTensorType({l.size(most)}, type), l.convert(value, type),
                               l.scalarInt(fill, type), ShapeAttr::get(l.getContext(), ArrayRef<Expr>{l.size(0)}));
  return l.integers(node, padded, what);
}

FailureOr<Dims> normalizeRuntimeAxes(Node &node, ArrayRef<Expr> axes, int64_t rank, Expr count) {
  Lowering &l = node.lowering;
  if (int64_t(axes.size()) > rank)
    return node.error() << axes.size() << " axes of a tensor of rank " << rank;
  if (!count && llvm::all_of(axes, asConstant)) {
    auto normal = node.normalizeAxes(llvm::map_to_vector(axes, [](Expr e) { return *asConstant(e); }), rank);
    if (failed(normal))
      return failure();
    return l.sizes(*normal);
  }
  Dims result;
  Expr valid = l.size(1);
  for (auto [i, axis] : llvm::enumerate(axes)) {
    Expr isThere = count ? less(l.size(i), count) : l.size(1);
    valid = valid * select(isThere, nonNegative(axis + rank) * less(axis, l.size(rank)), l.size(1));
    Expr normal = select(isThere, select(less(axis, l.size(0)), axis + rank, axis), l.size(rank + i));
    for (Expr other : result)
      valid = valid * logicalNot(equal(normal, other));
    result.push_back(normal);
  }
  if (isConstant(valid, 0))
    return node.error() << "axes out of range or given twice";
  if (!isConstant(valid, 1))
    RequireOp::create(l.builder, l.getLoc(), valid, l.size(1),
                      l.builder.getStringAttr(node.type + ": axes out of range or given twice"));
  return result;
}

RuntimeAxes::RuntimeAxes(Lowering &l, ArrayRef<Expr> axes, ArrayRef<Expr> dims, Expr all)
    : lowering(l), axisCount(axes.size()) {
  for (auto [i, dim] : llvm::enumerate(dims)) {
    Expr found = l.size(0);
    for (Expr axis : axes)
      found = found + equal(axis, l.size(i));
    if (all)
      found = select(all, l.size(1), found);
    isAxis.push_back(found);
    kept.push_back(select(found, l.size(1), dim));
    reduced.push_back(select(found, dim, l.size(1)));
  }
}

Value RuntimeAxes::split(Value x) const {
  Dims dims;
  for (auto [a, b] : llvm::zip(kept, reduced)) {
    dims.push_back(a);
    dims.push_back(b);
  }
  return lowering.reshape(x, dims);
}

SmallVector<int64_t> RuntimeAxes::getAxes() const {
  SmallVector<int64_t> axes;
  for (size_t i = 0; i < kept.size(); ++i)
    axes.push_back(2 * i + 1);
  return axes;
}

Value RuntimeAxes::finish(Value value, bool keepDims) const {
  return lowering.reshape(value, keepDims ? kept : keptDims());
}

Dims RuntimeAxes::keptDims() const {
  // Dimension i stands at position i less the axes before it.
  Dims dims(kept.size() - axisCount, lowering.size(1));
  Expr position = lowering.size(0);
  for (auto [dim, axis] : llvm::zip(kept, isAxis)) {
    for (auto [at, slot] : llvm::enumerate(dims))
      slot = select(equal(position, lowering.size(at)) * logicalNot(axis), dim, slot);
    position = position + logicalNot(axis);
  }
  return dims;
}

Value aroundAxis(Lowering &l, Value x, Expr axis) {
  Expr before = l.size(1), own = l.size(1), after = l.size(1);
  for (auto [i, dim] : llvm::enumerate(getDims(x))) {
    Expr at = l.size(i);
    before = before * select(less(at, axis), dim, l.size(1));
    own = own * select(equal(at, axis), dim, l.size(1));
    after = after * select(less(axis, at), dim, l.size(1));
  }
  return l.reshape(x, {before, own, after});
}

} // namespace dsc::onnx_to_prim
