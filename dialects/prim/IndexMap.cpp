// SPDX-License-Identifier: Apache-2.0
#include "dialects/prim/IndexMap.h"

using namespace mlir;
using llvm::ArrayRef;

namespace dsc::prim {

Indices broadcastIndices(BroadcastOp op, ArrayRef<Expr> at) {
  Indices result;
  for (auto [dim, axis] : llvm::zip(getDims(op.getOperand()), op.getAxes()))
    result.push_back(isConstant(dim, 1) ? constant(op.getContext(), 0) : at[axis]);
  return result;
}

Indices transposeIndices(TransposeOp op, ArrayRef<Expr> at) {
  Indices result(at.size(), nullptr);
  for (auto [i, p] : llvm::enumerate(op.getPerm()))
    result[p] = at[i];
  return result;
}

Indices sliceIndices(SliceOp op, ArrayRef<Expr> at) {
  Indices result;
  for (auto [i, step] : llvm::enumerate(op.getSteps()))
    result.push_back(op.getStarts()[i] + at[i] * step);
  return result;
}

void dotIndices(DotOp op, ArrayRef<Expr> at, ArrayRef<Expr> contracted, Indices &lhs,
                Indices &rhs) {
  lhs.assign(rank(op.getLhs()), nullptr);
  rhs.assign(rank(op.getRhs()), nullptr);
  size_t next = 0;
  for (auto [l, r] : llvm::zip(op.getLhsBatch(), op.getRhsBatch()))
    lhs[l] = rhs[r] = at[next++];
  for (auto [l, r, e] : llvm::zip(op.getLhsContract(), op.getRhsContract(), contracted))
    lhs[l] = rhs[r] = e;
  for (Expr &e : lhs)
    e = e ? e : at[next++];
  for (Expr &e : rhs)
    e = e ? e : at[next++];
}

bool onlySplits(ReshapeOp op) {
  auto to = getDims(op.getResult());
  size_t next = 0;
  for (Expr dim : getDims(op.getOperand())) {
    Expr product = constant(op.getContext(), 1);
    while (next < to.size() && product != dim)
      product = product * to[next++];
    if (product != dim)
      return false;
  }
  return llvm::all_of(llvm::drop_begin(to, next), [](Expr dim) { return isConstant(dim, 1); });
}

Indices denseStrides(MLIRContext *context, ArrayRef<Expr> dims) {
  Indices strides(dims.size(), constant(context, 1));
  for (size_t i = dims.size(); i-- > 1;)
    strides[i - 1] = strides[i] * dims[i];
  return strides;
}

namespace {

/// Positions in the group of dimensions `to` of the element at `at` in the group `from` of the same
/// size.
void mapGroup(ArrayRef<Expr> from, ArrayRef<Expr> at, ArrayRef<Expr> to, ArrayRef<Expr> extents,
              MLIRContext *context, Indices &result) {
  auto real = [](ArrayRef<Expr> dims) {
    return llvm::count_if(dims, [](Expr dim) { return !isConstant(dim, 1); });
  };
  Expr zero = constant(context, 0);
  if (real(from) <= 1 && real(to) <= 1) {
    Expr only = zero;
    for (auto [dim, position] : llvm::zip(from, at))
      if (!isConstant(dim, 1))
        only = position;
    for (Expr dim : to)
      result.push_back(isConstant(dim, 1) ? zero : only);
    return;
  }
  Indices fromStrides = denseStrides(context, from), toStrides = denseStrides(context, to);
  Expr linear = zero;
  for (auto [i, dim] : llvm::enumerate(from))
    if (!isConstant(dim, 1))
      linear = linear + at[i] * fromStrides[i];
  for (auto [i, dim] : llvm::enumerate(to)) {
    if (isConstant(dim, 1)) {
      result.push_back(zero);
      continue;
    }
    Expr position = simplify(floorDiv(linear, toStrides[i]), extents);
    bool first = llvm::all_of(to.take_front(i), [](Expr d) { return isConstant(d, 1); });
    result.push_back(first ? position : simplify(mod(position, dim), extents));
  }
}

} // namespace

Indices reshapeIndices(ReshapeOp op, ArrayRef<Expr> at, ArrayRef<Expr> extents) {
  MLIRContext *context = op.getContext();
  auto from = getDims(op.getResult()), to = getDims(op.getOperand());
  Indices result;
  // Cut where the products of the leading dimensions agree; positions do not mix across a cut.
  size_t i = 0, j = 0;
  while (i < from.size() || j < to.size()) {
    size_t endI = from.size(), endJ = to.size();
    bool found = false;
    Expr productI = constant(context, 1);
    for (size_t a = i; a < from.size() && !found; ++a) {
      productI = productI * from[a];
      Expr productJ = constant(context, 1);
      for (size_t b = j; b < to.size() && !found; ++b) {
        productJ = productJ * to[b];
        if (productI == productJ && !isConstant(productI, 0)) {
          endI = a + 1, endJ = b + 1;
          found = true;
        }
      }
    }
    // What remains on one side alone are ones.
    mapGroup(ArrayRef<Expr>(from).slice(i, endI - i), at.slice(i, endI - i),
             ArrayRef<Expr>(to).slice(j, endJ - j), extents, context, result);
    i = endI, j = endJ;
  }
  return result;
}

std::optional<Indices> layoutIndices(Operation *op, ArrayRef<Expr> at, ArrayRef<Expr> extents) {
  if (auto broadcast = dyn_cast<BroadcastOp>(op))
    return broadcastIndices(broadcast, at);
  if (auto reshape = dyn_cast<ReshapeOp>(op))
    return reshapeIndices(reshape, at, extents);
  if (auto transpose = dyn_cast<TransposeOp>(op))
    return transposeIndices(transpose, at);
  if (auto slice = dyn_cast<SliceOp>(op))
    return sliceIndices(slice, at);
  return std::nullopt;
}

} // namespace dsc::prim
