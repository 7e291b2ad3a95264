// SPDX-License-Identifier: Apache-2.0
#include "passes/onnx_to_prim/OpenIterations.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::onnx_to_prim {

OpenIterations::OpenIterations(Node &node, Lowering &l, Expr count) : node(node), lowering(l), count(count) {
  RequireOp::create(l.builder, l.getLoc(), max(count, l.size(most)), l.size(most),
                    l.builder.getStringAttr(node.type + ": more than " + Twine(most) + " iterations, whose number is open"));
}

Value OpenIterations::padded(Value x, int64_t axis) {
  Dims dims = getDims(x), low(dims.size(), lowering.size(0));
  dims[axis] = lowering.size(most);
  Type type = elementType(x);
  Value zero = isa<FloatType>(type) ? lowering.scalar(0, type) : lowering.scalarInt(0, type);
  return PadOp::create(lowering.builder, lowering.getLoc(), getTensorType(dims, type), x, zero,
                       ShapeAttr::get(lowering.getContext(), low));
}

FailureOr<Value> OpenIterations::keep(Value next, Value before, int64_t i) {
  if (rank(next) != rank(before) || elementType(next) != elementType(before))
    return node.error() << "the number of iterations is open, and what is carried around changes from "
                        << describe(before.getType()) << " to " << describe(next.getType());
  for (int64_t d = 0; d < rank(before); ++d)
    if (failed(lowering.unify(node, getDim(before.getType(), d), getDim(next.getType(), d), "sizes of what is carried around")))
      return failure();
  Dims dims = getDims(before);
  Value runs = lowering.indexExpr(nonNegative(getCount() - (i + 1)), dims, lowering.i1());
  return lowering.select(runs, lowering.castTo(next, dims), before);
}

} // namespace dsc::onnx_to_prim
