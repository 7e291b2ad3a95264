// SPDX-License-Identifier: Apache-2.0
#include "compiler/targets/cpu/AttentionProblem.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::cpu {

AttentionProblem::AttentionProblem(model::AttentionOp op)
    : result(op.getResult()), mask(op.getMask()), bias(op.getBias()), values{op.getValues()},
      causal(op.getCausalAttr()), scale(op.getScale().convertToDouble()),
      type(elementType(op.getResult())) {
  for (auto [q, k] : llvm::zip_equal(op.getQueries(), op.getKeys()))
    parts.push_back({q, {k}, *asConstant(getDim(q.getType(), 4))});
  auto dims = getDims(result);
  batch = dims[0], groups = dims[1], heads = dims[2], queries = dims[3];
  valueWidth = *asConstant(dims[4]);
  length = getDim(op.getValues().getType(), 2);
  accumulator = type.isF64() ? type : Type(Float32Type::get(type.getContext()));
}

AttentionProblem::AttentionProblem(model::LatentAttentionOp op)
    : result(op.getResult()), mask(op.getMask()), bias(op.getBias()),
      values{op.getLatent(), op.getValueWeight()}, causal(op.getCausalAttr()),
      scale(op.getScale().convertToDouble()), latent(true), type(elementType(op.getResult())) {
  parts.push_back({op.getQuery(),
                   {op.getLatent(), op.getKeyWeight()},
                   *asConstant(getDim(op.getQuery().getType(), 3))});
  if (op.getRopeQuery())
    parts.push_back({op.getRopeQuery(),
                     {op.getRopeKey()},
                     *asConstant(getDim(op.getRopeQuery().getType(), 3))});
  auto dims = getDims(result);
  batch = dims[0], groups = dims[1], heads = constant(type.getContext(), 1), queries = dims[2];
  valueWidth = *asConstant(dims[3]);
  latentWidth = *asConstant(getDim(op.getLatent().getType(), 2));
  length = getDim(op.getLatent().getType(), 1);
  accumulator = type.isF64() ? type : Type(Float32Type::get(type.getContext()));
}

Expr AttentionProblem::splitRows() const {
  MLIRContext *context = length.getContext();
  return max(constant(context, 256), ceilDiv(length, constant(context, 16 * tile)) * tile);
}

} // namespace dsc::cpu
