// SPDX-License-Identifier: Apache-2.0
#include "compiler/targets/cpu/AttentionProblem.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::cpu {

AttentionProblem::AttentionProblem(model::AttentionOp op)
    : result(op.getResult()), values(op.getValues()), mask(op.getMask()), bias(op.getBias()),
      causal(op.getCausalAttr()), scale(op.getScale().convertToDouble()),
      type(elementType(op.getResult())) {
  for (auto [q, k] : llvm::zip_equal(op.getQueries(), op.getKeys()))
    parts.push_back({q, k, *asConstant(getDim(q.getType(), 4))});
  auto dims = getDims(result);
  batch = dims[0], groups = dims[1], heads = dims[2], queries = dims[3];
  valueWidth = *asConstant(dims[4]);
  length = getDim(values.getType(), 2);
  accumulator = type.isF64() ? type : Type(Float32Type::get(type.getContext()));
}

Expr AttentionProblem::splitRows() const {
  MLIRContext *context = length.getContext();
  return max(constant(context, 256), ceilDiv(length, constant(context, 16 * tile)) * tile);
}

} // namespace dsc::cpu
