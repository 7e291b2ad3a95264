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

/// Bytes that the smallest blocks of a GPU's kernels keep in shared memory: 16 queries, tiles of 16 keys and values, and for the expanded
/// form 16 latent rows and two pieces of a weight; their scores and paddings at the end. None for a width that is not known.
std::optional<int64_t> sharedBytes(Operation *op) {
  int64_t features = 0, values = 0, latentWidth = 0, widest = 0;
  bool known = true;
  auto add = [&](int64_t &sum, Expr width) {
    auto size = asConstant(width);
    known &= size.has_value();
    sum += size.value_or(0);
  };
  auto addQueries = [&](auto attention) {
    for (Value q : attention.getQueries())
      add(features, getDims(q).back());
    add(values, getDims(attention.getValues()).back());
    return elementType(attention.getValues());
  };
  Type type;
  if (auto attention = dyn_cast<model::AttentionOp>(op)) {
    type = addQueries(attention);
  } else if (auto parts = dyn_cast<model::AttentionPartsOp>(op)) {
    type = addQueries(parts);
  } else {
    auto latent = cast<model::LatentAttentionOp>(op);
    type = elementType(latent.getResult());
    add(widest, getDims(latent.getQuery()).back());
    features = widest;
    if (latent.getRopeQuery())
      add(features, getDims(latent.getRopeQuery()).back());
    add(values, getDims(latent.getResult()).back());
    add(latentWidth, getDims(latent.getLatent()).back());
    widest = std::max(widest, values) + 16;
  }
  constexpr int64_t depth = 32, pad = 24, rest = 16 << 10;
  int64_t elements = 32 * (features + pad) + 16 * (values + pad);
  if (latentWidth)
    elements += 16 * (latentWidth + depth + pad) + 2 * std::max(widest * (depth + pad), depth * (widest + pad));
  return known ? std::optional(elements * int64_t(type.getIntOrFloatBitWidth() / 8) + rest) : std::nullopt;
}

/// A warp routes a token: it holds a group's experts in lanes of the group's own, 32 in one, and a chosen expert in each lane.
bool fitsWarp(model::RouteOp op) {
  Type type = elementType(op.getLogits());
  bool isPlain = type.isF16() || type.isBF16() || type.isF32() || type.isF64();
  if (!isPlain || op.getK() > 32 || op.getGroups() > 32)
    return false;
  int64_t groups = op.getGroups(), lanes = int64_t(1) << llvm::Log2_64(32 / groups);
  return op.getExperts() / groups <= 32 * lanes;
}

/// Whether a kernel can hold `op`, one of those for which there is code.
bool fitsKernel(Operation *op, int64_t mostShared) {
  if (auto route = dyn_cast<model::RouteOp>(op))
    return fitsWarp(route);
  if (mostShared && isa<model::AttentionOp, model::AttentionPartsOp, model::LatentAttentionOp>(op)) {
    auto latent = dyn_cast<model::LatentAttentionOp>(op);
    auto bytes = sharedBytes(op);
    return (!latent || latent.getExpanded()) && bytes && *bytes <= mostShared;
  }
  if (auto latent = dyn_cast<model::LatentAttentionOp>(op))
    return fitsExpandedScratch(latent);
  if (auto attention = dyn_cast<model::AttentionOp>(op))
    return fitsScratch(attention);
  if (auto parts = dyn_cast<model::AttentionPartsOp>(op))
    return fitsScratch(parts);
  return true;
}

struct DecomposeWithoutKernel : impl::DecomposeWithoutKernelBase<DecomposeWithoutKernel> {
  using Base::Base;
  bool stays(Operation *op) {
    if (isa<model::CacheAppendOp, model::ChooseOp>(op))
      return true;
    return llvm::is_contained(kernels, op->getName().getStringRef()) && fitsKernel(op, mostShared);
  }

  void runOnOperation() override {
    getOperation().walk([&](model::Decomposable op) {
      if (stays(op))
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
