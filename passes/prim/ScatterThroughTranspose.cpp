// SPDX-License-Identifier: Apache-2.0
// transpose(scatter(transpose(x))) -> scatter(x) along permuted axes.
#include "dialects/prim/Prim.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "passes/Passes.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc {
#define GEN_PASS_DEF_SCATTERTHROUGHTRANSPOSE
#include "passes/Passes.h.inc"

namespace {

SmallVector<int64_t> inverse(ArrayRef<int64_t> perm) {
  SmallVector<int64_t> result(perm.size());
  for (auto [i, p] : llvm::enumerate(perm))
    result[p] = i;
  return result;
}

Value transpose(OpBuilder &b, Location loc, Value value, ArrayRef<int64_t> perm) {
  if (llvm::is_sorted(perm))
    return value;
  SmallVector<Expr> dims;
  for (int64_t p : perm)
    dims.push_back(getDim(value.getType(), p));
  return TransposeOp::create(b, loc, getTensorType(dims, elementType(value)), value, perm);
}

/// The scatter into the tensor before `in`, followed by `in` again: scatter(transpose(x)) = transpose(scatter'(x)).
Value hoist(OpBuilder &b, ScatterNdOp op, TransposeOp in) {
  // Dimension i of the transposed tensor is dimension perm[i] of x.
  ArrayRef<int64_t> perm = in.getPerm();
  SmallVector<int64_t> axes;
  llvm::SmallBitVector scattered(perm.size());
  for (int64_t axis : op.getAxes()) {
    axes.push_back(perm[axis]);
    scattered.set(perm[axis]);
  }
  // Updates: the index dimensions, then the other dimensions in the order of the target.
  int64_t leading = rank(op.getIndices()) - 1;
  SmallVector<int64_t> order = llvm::to_vector(llvm::seq<int64_t>(0, leading));
  SmallVector<int64_t> place(perm.size(), -1);
  int64_t next = leading;
  for (auto [i, p] : llvm::enumerate(perm))
    if (!scattered[p])
      place[p] = next++;
  for (int64_t d = 0; d < int64_t(perm.size()); ++d)
    if (!scattered[d])
      order.push_back(place[d]);
  Value x = in.getOperand();
  Value updates = transpose(b, op.getLoc(), op.getUpdates(), order);
  return ScatterNdOp::create(b, op.getLoc(), x.getType(), op.getKindAttr(), x, op.getIndices(), updates,
                             b.getDenseI64ArrayAttr(axes));
}

Value hoist(OpBuilder &b, UpdateSliceOp op, TransposeOp in) {
  SmallVector<int64_t> back = inverse(in.getPerm());
  SmallVector<Expr> starts;
  for (int64_t p : back)
    starts.push_back(op.getStarts()[p]);
  Value x = in.getOperand();
  Value update = transpose(b, op.getLoc(), op.getUpdate(), back);
  return UpdateSliceOp::create(b, op.getLoc(), x.getType(), x, update, ShapeAttr::get(b.getContext(), starts));
}

template <typename Op> struct ThroughTranspose : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;
  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    auto in = op.getOperand().template getDefiningOp<TransposeOp>();
    if (!in)
      return rewriter.notifyMatchFailure(op, "the target is not a transpose");
    // Only where the result is transposed back: elsewhere the transpose would have to stay anyway.
    SmallVector<int64_t> back = inverse(in.getPerm());
    if (!op->hasOneUse())
      return rewriter.notifyMatchFailure(op, "the result has other uses");
    auto out = dyn_cast<TransposeOp>(*op->user_begin());
    if (!out || out.getPerm() != ArrayRef<int64_t>(back))
      return rewriter.notifyMatchFailure(op, "the result is not transposed back");
    rewriter.replaceOp(out, hoist(rewriter, op, in));
    rewriter.eraseOp(op);
    return success();
  }
};

struct ScatterThroughTranspose : impl::ScatterThroughTransposeBase<ScatterThroughTranspose> {
  using Base::Base;
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<ThroughTranspose<ScatterNdOp>, ThroughTranspose<UpdateSliceOp>>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
} // namespace dsc
