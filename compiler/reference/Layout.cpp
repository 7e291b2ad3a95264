// SPDX-License-Identifier: Apache-2.0
// Layout operations: each is a strided copy.
#include "compiler/reference/Evaluation.h"
#include "compiler/reference/StridedCopy.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::reference {

LogicalResult evaluate(BroadcastOp op, Evaluation &e) {
  const Tensor &x = e.operand(0);
  auto result = e.allocateResult();
  if (failed(result))
    return failure();
  auto strides = rowMajorStrides(x.getDims());
  Walk walk{0, SmallVector<int64_t>(result->getRank(), 0)};
  for (auto [k, axis] : llvm::enumerate(op.getAxes()))
    if (x.getDim(k) == result->getDim(axis))
      walk.strides[axis] = strides[k];
    else if (x.getDim(k) != 1)
      return e.fail("a dimension of size " + llvm::Twine(x.getDim(k)) + " cannot become " +
                    llvm::Twine(result->getDim(axis)));
  stridedCopy(result->getDims(), x, walk, *result, {0, rowMajorStrides(result->getDims())});
  e.setResult(std::move(*result));
  return success();
}

LogicalResult evaluate(ReshapeOp op, Evaluation &e) {
  auto dims = e.dims(op.getType());
  if (failed(dims))
    return failure();
  const Tensor &x = e.operand(0);
  if (checkedBytes(*dims, x.getElementType()) != x.bytes().size()) {
    std::string text;
    llvm::raw_string_ostream os(text);
    os << "cannot give " << x.getNumElements() << " elements the dimensions [";
    llvm::interleaveComma(*dims, os);
    os << "]";
    return e.fail(text);
  }
  e.setResult(x.reshaped(*dims));
  return success();
}

LogicalResult evaluate(TransposeOp op, Evaluation &e) {
  e.setResult(transposed(e.operand(0), op.getPerm()));
  return success();
}

LogicalResult evaluate(SliceOp op, Evaluation &e) {
  const Tensor &x = e.operand(0);
  auto starts = e.values(op.getStarts());
  auto result = e.allocateResult();
  if (failed(starts) || failed(result))
    return failure();
  auto strides = rowMajorStrides(x.getDims());
  Walk walk;
  bool empty = result->getNumElements() == 0;
  for (auto [i, step] : llvm::enumerate(op.getSteps())) {
    int64_t size = x.getDim(i), last;
    bool overflow = llvm::MulOverflow(std::max<int64_t>(result->getDim(i) - 1, 0), step, last) ||
                    llvm::AddOverflow(last, (*starts)[i], last);
    if (!empty &&
        (overflow || (*starts)[i] < 0 || (*starts)[i] >= size || last < 0 || last >= size))
      return e.fail("positions from " + llvm::Twine((*starts)[i]) + " by " + llvm::Twine(step) +
                    " leave dimension " + llvm::Twine(i) + " of size " + llvm::Twine(size));
    walk.offset += empty ? 0 : (*starts)[i] * strides[i];
    walk.strides.push_back(empty ? 0 : step * strides[i]);
  }
  stridedCopy(result->getDims(), x, walk, *result, {0, rowMajorStrides(result->getDims())});
  e.setResult(std::move(*result));
  return success();
}

/// Writes `part` into `whole` at `starts`, where it fits.
static void place(const Tensor &part, ArrayRef<int64_t> starts, Tensor &whole) {
  Walk walk{0, rowMajorStrides(whole.getDims())};
  for (auto [start, stride] : llvm::zip_equal(starts, walk.strides))
    walk.offset += start * stride;
  stridedCopy(part.getDims(), part, {0, rowMajorStrides(part.getDims())}, whole, walk);
}

LogicalResult evaluate(ConcatOp op, Evaluation &e) {
  auto result = e.allocateResult();
  if (failed(result))
    return failure();
  Sizes starts(result->getRank(), 0);
  for (const Tensor &part : e.operands) {
    place(part, starts, *result);
    starts[op.getAxis()] += part.getDim(op.getAxis());
  }
  assert(starts[op.getAxis()] == result->getDim(op.getAxis()));
  e.setResult(std::move(*result));
  return success();
}

static LogicalResult checkFits(Evaluation &e, const Tensor &part, ArrayRef<int64_t> starts,
                               ArrayRef<int64_t> dims) {
  for (auto [i, start] : llvm::enumerate(starts))
    if (start < 0 || start > dims[i] || part.getDim(i) > dims[i] - start)
      return e.fail(llvm::Twine(part.getDim(i)) + " elements at " + llvm::Twine(start) +
                    " leave dimension " + llvm::Twine(i) + " of size " + llvm::Twine(dims[i]));
  return success();
}

LogicalResult evaluate(PadOp op, Evaluation &e) {
  auto low = e.values(op.getLow());
  auto result = e.allocateResult();
  if (failed(low) || failed(result) || failed(checkFits(e, e.operand(0), *low, result->getDims())))
    return failure();
  Walk constant{0, SmallVector<int64_t>(result->getRank(), 0)};
  stridedCopy(result->getDims(), e.operand(1), constant, *result,
              {0, rowMajorStrides(result->getDims())});
  place(e.operand(0), *low, *result);
  e.setResult(std::move(*result));
  return success();
}

LogicalResult evaluate(UpdateSliceOp op, Evaluation &e) {
  auto starts = e.values(op.getStarts());
  if (failed(starts) || failed(checkFits(e, e.operand(1), *starts, e.operand(0).getDims())))
    return failure();
  Tensor result = e.operand(0).clone();
  place(e.operand(1), *starts, result);
  e.setResult(std::move(result));
  return success();
}

} // namespace dsc::reference
