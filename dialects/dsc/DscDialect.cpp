// SPDX-License-Identifier: Apache-2.0
// Registration and verifiers; messages cite the constraints of the op descriptions.
#include "dialects/dsc/Dsc.h"
#include "dialects/prim/ExprAssembly.h"

using namespace mlir;
using namespace dsc::model;
using namespace dsc::prim;

#include "dialects/dsc/DscDialect.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/dsc/DscOps.cpp.inc"

void DscDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "dialects/dsc/DscOps.cpp.inc"
      >();
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
