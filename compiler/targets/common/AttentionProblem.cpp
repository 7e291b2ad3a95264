// SPDX-License-Identifier: Apache-2.0
#include "compiler/targets/common/AttentionProblem.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::target {

template <class Op> void AttentionProblem::read(Op op) {
  mask = op.getMask(), bias = op.getBias();
  values = {op.getValues()};
  causal = op.getCausalAttr();
  scale = op.getScale().convertToDouble();
  type = elementType(op.getValues());
  accumulator = type.isF64() ? type : Type(Float32Type::get(type.getContext()));
  for (auto [q, k] : llvm::zip_equal(op.getQueries(), op.getKeys()))
    parts.push_back({q, {k}, *asConstant(getDim(q.getType(), 4))});
  auto dims = getDims(op.getQueries().front());
  batch = dims[0], groups = dims[1], heads = dims[2], queries = dims[3];
  length = getDim(op.getValues().getType(), 2);
  valueWidth = *asConstant(getDim(op.getValues().getType(), 3));
}

AttentionProblem::AttentionProblem(model::AttentionOp op) : result(op.getResult()) {
  read(op);
  splitRows = model::getSplitRows(length);
}

AttentionProblem::AttentionProblem(model::AttentionPartsOp op)
    : splitRows(op.getRows()), result(op.getSums()), inParts(true) {
  read(op);
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

} // namespace dsc::target
