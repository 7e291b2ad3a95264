// SPDX-License-Identifier: Apache-2.0
// Caches: verifiers, whose messages cite the constraints of the descriptions, and decompositions.
#include "dialects/dsc/Dsc.h"
#include "dialects/prim/PrimBuilder.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::model {

SmallVector<Value> CacheAppendOp::decompose(OpBuilder &b) {
  PrimBuilder build(b, getLoc());
  if (!isStatic())
    return {build.concat({getPast(), getUpdate()}, getAxis())};
  SmallVector<Expr> starts(rank(getPast()), build.size(0));
  starts[getAxis()] = getAt();
  return {UpdateSliceOp::create(b, getLoc(), getType(), getPast(), getUpdate(), ShapeAttr::get(b.getContext(), starts))};
}

LogicalResult CacheAppendOp::verify() {
  auto past = cast<RankedTensorType>(getPast().getType()), update = cast<RankedTensorType>(getUpdate().getType()),
       result = cast<RankedTensorType>(getType());
  if (past.getRank() != update.getRank() || past.getRank() != result.getRank() ||
      past.getElementType() != update.getElementType() || past.getElementType() != result.getElementType() ||
      getAxis() >= uint64_t(past.getRank()))
    return emitOpError("(C1): operands and result differ in rank or element type, or the axis is not one of theirs");
  for (unsigned i = 0; i < past.getRank(); ++i)
    if (i != getAxis() && (getDim(past, i) != getDim(update, i) || getDim(past, i) != getDim(result, i)))
      return emitOpError("(C2): dimension ") << i << " is not the same in operands and result";
  if (isStatic())
    return success();
  if (getAt() != getDim(past, getAxis()))
    return emitOpError("(C3): a growing cache has ")
           << toString(getDim(past, getAxis())) << " rows, new ones cannot begin at " << toString(getAt());
  if (getDim(result, getAxis()) != getAt() + getDim(update, getAxis()))
    return emitOpError("(C3): expected ") << toString(getAt() + getDim(update, getAxis())) << " rows, found "
                                          << toString(getDim(result, getAxis()));
  return success();
}

} // namespace dsc::model
