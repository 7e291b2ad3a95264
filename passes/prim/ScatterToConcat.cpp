// SPDX-License-Identifier: Apache-2.0
// Scatters of consecutive rows are blocks; blocks that fill a fresh tensor are a concatenation.
#include "passes/Passes.h"
#include "passes/prim/SymbolicValues.h"

namespace dsc {
#define GEN_PASS_DEF_SCATTERTOCONCAT
#include "passes/Passes.h.inc"
} // namespace dsc

using namespace mlir;
using namespace dsc;
using namespace dsc::prim;

namespace {

Expr zero(MLIRContext *context) { return constant(context, 0); }

/// scatter_nd set along one axis with indices c, c + 1, ... -> update_slice at c.
struct ScatterOfRows : OpRewritePattern<ScatterNdOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ScatterNdOp op, PatternRewriter &rewriter) const override {
    if (op.getKind() != ScatterKind::Set || op.getAxes().size() != 1 || rank(op.getIndices()) != 2)
      return rewriter.notifyMatchFailure(op, "not rows along one axis");
    SymbolicValues values;
    auto indices = values.get(op.getIndices());
    if (!indices || !indices->element)
      return rewriter.notifyMatchFailure(op, "indices depend on data");
    bool single = isConstant(indices->dims[0], 1);
    Expr start = single ? indices->element : indices->element - index(op.getContext(), 0);
    if (usesIndex(start) || !provablyNonNegative(start))
      return rewriter.notifyMatchFailure(op, "indices are not consecutive");
    // The updates' first dimension is the scattered one.
    int64_t axis = op.getAxes()[0], n = rank(op.getOperand());
    llvm::SmallVector<int64_t> perm;
    llvm::SmallVector<Expr> dims, starts(n, zero(op.getContext()));
    for (int64_t i = 0; i < n; ++i) {
      perm.push_back(i == axis ? 0 : i < axis ? i + 1 : i);
      dims.push_back(getDim(op.getUpdates().getType(), perm.back()));
    }
    starts[axis] = start;
    Value update = rewriter.createOrFold<TransposeOp>(op.getLoc(), getTensorType(dims, elementType(op.getUpdates())), op.getUpdates(), perm);
    rewriter.replaceOpWithNewOp<UpdateSliceOp>(op, op.getType(), op.getOperand(), update, ShapeAttr::get(op.getContext(), starts));
    return success();
  }
};

/// A loop over rows that an exporter unrolled writes them one by one; as concatenations of concatenations that is
/// quadratic in the rows, as updates it is not.
constexpr unsigned maxPieces = 8;

/// True for tensors that nobody can want to see changed in place: constants, and concatenations, through layout.
bool isFresh(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (auto concat = dyn_cast<ConcatOp>(op))
      return concat.getOperands().size() < maxPieces;
    if (auto c = dyn_cast<ConstantOp>(op)) {
      auto dense = dyn_cast<DenseElementsAttr>(c.getValue());
      return dense && dense.isSplat();
    }
    if (!isa<BroadcastOp, TransposeOp, SliceOp, ReshapeOp>(op))
      return false;
    value = op->getOperand(0);
  }
  return false;
}

/// update_slice of a fresh tensor along one axis -> concat(before, update, after).
struct UpdateOfFresh : OpRewritePattern<UpdateSliceOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(UpdateSliceOp op, PatternRewriter &rewriter) const override {
    if (!isFresh(op.getOperand()))
      return rewriter.notifyMatchFailure(op, "the target may be updated in place");
    auto whole = getDims(op.getOperand()), block = getDims(op.getUpdate());
    int64_t axis = -1;
    for (int64_t i = 0, e = whole.size(); i < e; ++i) {
      if (whole[i] == block[i] && isConstant(op.getStarts()[i], 0))
        continue;
      if (axis >= 0)
        return rewriter.notifyMatchFailure(op, "a block along more than one axis");
      axis = i;
    }
    if (axis < 0) {
      rewriter.replaceOp(op, op.getUpdate());
      return success();
    }
    MLIRContext *context = op.getContext();
    Expr start = op.getStarts()[axis], end = start + block[axis];
    llvm::SmallVector<Value> pieces;
    auto keep = [&](Expr from, Expr count) {
      if (isConstant(count, 0))
        return;
      llvm::SmallVector<Expr> dims = whole, starts(whole.size(), zero(context));
      llvm::SmallVector<int64_t> steps(whole.size(), 1);
      dims[axis] = count;
      starts[axis] = from;
      pieces.push_back(SliceOp::create(rewriter, op.getLoc(), getTensorType(dims, elementType(op.getOperand())), op.getOperand(),
                                       ShapeAttr::get(context, starts), steps));
    };
    keep(zero(context), start);
    pieces.push_back(op.getUpdate());
    keep(end, whole[axis] - end);
    rewriter.replaceOpWithNewOp<ConcatOp>(op, op.getType(), pieces, axis);
    return success();
  }
};

/// slice of a concat along its axis -> the pieces it touches, when that is decidable.
struct SliceOfConcat : OpRewritePattern<SliceOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(SliceOp op, PatternRewriter &rewriter) const override {
    auto concat = op.getOperand().getDefiningOp<ConcatOp>();
    if (!concat || llvm::any_of(op.getSteps(), [](int64_t step) { return step != 1; }))
      return rewriter.notifyMatchFailure(op, "not a block of a concat");
    int64_t axis = concat.getAxis();
    MLIRContext *context = op.getContext();
    Expr begin = op.getStarts()[axis], end = begin + getDim(op.getType(), axis), offset = zero(context);
    llvm::SmallVector<Value> pieces;
    for (Value piece : concat.getOperands()) {
      Expr first = offset, last = offset + getDim(piece.getType(), axis);
      offset = last;
      if (provablyNonNegative(begin - last) || provablyNonNegative(first - end))
        continue; // before or after
      Expr from = provablyNonNegative(first - begin) ? first : begin;
      Expr to = provablyNonNegative(end - last) ? last : end;
      if ((from == begin && !provablyNonNegative(begin - first)) || (to == end && !provablyNonNegative(last - end)))
        return rewriter.notifyMatchFailure(op, "which pieces it touches depends on sizes");
      auto starts = op.getStarts().toVector();
      auto dims = getDims(op.getResult());
      starts[axis] = from - first;
      dims[axis] = to - from;
      pieces.push_back(rewriter.createOrFold<SliceOp>(op.getLoc(), getTensorType(dims, elementType(piece)), piece,
                                                      ShapeAttr::get(context, starts), op.getSteps()));
    }
    if (pieces.empty())
      return rewriter.notifyMatchFailure(op, "an empty slice");
    if (pieces.size() == 1 && pieces.front().getType() == op.getType()) {
      rewriter.replaceOp(op, pieces.front());
      return success();
    }
    rewriter.replaceOpWithNewOp<ConcatOp>(op, op.getType(), pieces, axis);
    return success();
  }
};

/// transpose(transpose(x)) -> one, or none.
struct TransposeOfTranspose : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(TransposeOp op, PatternRewriter &rewriter) const override {
    auto inner = op.getOperand().getDefiningOp<TransposeOp>();
    if (!inner)
      return rewriter.notifyMatchFailure(op, "not a transpose of a transpose");
    llvm::SmallVector<int64_t> perm;
    for (int64_t p : op.getPerm())
      perm.push_back(inner.getPerm()[p]);
    rewriter.replaceOp(op, rewriter.createOrFold<TransposeOp>(op.getLoc(), op.getType(), inner.getOperand(), perm));
    return success();
  }
};

/// transpose(concat(xs)) -> concat(transposes), so that layouts meet and cancel.
struct TransposeOfConcat : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(TransposeOp op, PatternRewriter &rewriter) const override {
    auto concat = op.getOperand().getDefiningOp<ConcatOp>();
    if (!concat || !llvm::any_of(concat.getOperands(), [](Value v) { return v.getDefiningOp<TransposeOp>(); }))
      return rewriter.notifyMatchFailure(op, "no layouts to cancel");
    llvm::SmallVector<Value> pieces;
    for (Value piece : concat.getOperands()) {
      llvm::SmallVector<Expr> dims;
      for (int64_t p : op.getPerm())
        dims.push_back(getDim(piece.getType(), p));
      pieces.push_back(rewriter.createOrFold<TransposeOp>(op.getLoc(), getTensorType(dims, elementType(piece)), piece, op.getPerm()));
    }
    int64_t axis = llvm::find(op.getPerm(), int64_t(concat.getAxis())) - op.getPerm().begin();
    rewriter.replaceOpWithNewOp<ConcatOp>(op, op.getType(), pieces, axis);
    return success();
  }
};

struct ScatterToConcat : dsc::impl::ScatterToConcatBase<ScatterToConcat> {
  using Base::Base;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<ScatterOfRows, UpdateOfFresh, SliceOfConcat, TransposeOfTranspose, TransposeOfConcat>(&getContext());
    // Every step keeps the IR valid, so that a graph too deep for the driver's rounds is merely less simplified.
    (void)applyPatternsGreedily(getOperation(), std::move(patterns));
  }
};

} // namespace
