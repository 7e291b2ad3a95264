// SPDX-License-Identifier: Apache-2.0
// Forms of one value: verifiers, whose messages cite the constraints of the descriptions, and decompositions.
#include "dialects/dsc/Dsc.h"
#include "dialects/prim/PrimBuilder.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::model {

SmallVector<Value> ChooseOp::decompose(OpBuilder &b) {
  PrimBuilder build(b, getLoc());
  return {build.select(build.indexExpr(getCondition(), getDims(getResult()), b.getI1Type()), getFirst(), getSecond())};
}

LogicalResult ChooseOp::verify() {
  if (usesIndex(getCondition()))
    return emitOpError("(C2): the condition '") << toString(getCondition()) << "' depends on a position";
  return success();
}

} // namespace dsc::model
