// SPDX-License-Identifier: Apache-2.0
// dsc operations that no kernel computes -> prim.
#include "dialects/dsc/Dsc.h"
#include "passes/Passes.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc {
#define GEN_PASS_DEF_DECOMPOSEWITHOUTKERNEL
#include "passes/Passes.h.inc"

namespace {

/// Widths of queries and values that a kernel keeps for a block of rows: known, and small enough for a thread's stack.
template <class Op>
bool fitsScratch(Op op) {
  constexpr int64_t most = 4096;
  auto value = asConstant(getDim(op.getValues().getType(), 3));
  int64_t width = value ? 2 * std::min(*value, most) : most + 1;
  for (Value q : op.getQueries()) {
    auto part = asConstant(getDim(q.getType(), 4));
    width += part ? std::min(*part, most) : most + 1;
  }
  return width <= (elementType(op.getValues()).isF64() ? most / 2 : most);
}

/// Expanded: a block of 32 queries, a tile of latent rows and one of keys and values.
bool fitsExpandedScratch(model::LatentAttentionOp op) {
  constexpr int64_t most = 2048;
  int64_t width = 0;
  for (Value x : {op.getQuery(), op.getRopeQuery(), op.getLatent(), op.getResult()})
    if (x) {
      auto part = asConstant(getDims(x).back());
      width += part ? std::min(*part, most) : most + 1;
    }
  return op.getExpanded() && width <= (elementType(op.getResult()).isF64() ? most / 2 : most);
}

bool hasKernel(Operation *op) {
  if (auto latent = dyn_cast<model::LatentAttentionOp>(op))
    return fitsExpandedScratch(latent);
  if (auto attention = dyn_cast<model::AttentionOp>(op))
    return fitsScratch(attention);
  if (auto parts = dyn_cast<model::AttentionPartsOp>(op))
    return fitsScratch(parts);
  return isa<model::AttentionCombineOp, model::CacheAppendOp, model::ChooseOp>(op);
}

struct DecomposeWithoutKernel : impl::DecomposeWithoutKernelBase<DecomposeWithoutKernel> {
  using Base::Base;
  void runOnOperation() override {
    getOperation().walk([&](model::Decomposable op) {
      if (hasKernel(op))
        return;
      OpBuilder b(op);
      op->replaceAllUsesWith(op.decompose(b));
      op->erase();
      ++numDecomposed;
    });
  }
};

} // namespace
} // namespace dsc
