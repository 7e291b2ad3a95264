// SPDX-License-Identifier: Apache-2.0
// Gathers, scatters, nonzero. Every index is checked.
#include "compiler/reference/Arithmetic.h"
#include "compiler/reference/ElementTypes.h"
#include "compiler/reference/Evaluation.h"
#include <cstring>

using namespace mlir;
using namespace dsc::prim;

namespace dsc::reference {

static int64_t count(ArrayRef<int64_t> dims) {
  int64_t result = 1;
  for (int64_t dim : dims)
    result *= dim;
  return result;
}

LogicalResult evaluate(TakeOp op, Evaluation &e) {
  const Tensor &x = e.operand(0);
  auto indices = e.operand(1).values<int64_t>();
  auto result = e.allocateResult();
  if (failed(result))
    return failure();
  int64_t axis = op.getAxis(), size = x.getDim(axis);
  for (int64_t index : indices)
    if (failed(e.checkIndex(index, size, axis)))
      return failure();
  int64_t outer = count(x.getDims().take_front(axis));
  size_t slice = count(x.getDims().drop_front(axis + 1)) * elementSize(x.getElementType());
  const char *from = x.bytes().data();
  char *to = result->mutableData();
  for (int64_t o = 0; o < outer; ++o, from += size * slice)
    for (int64_t index : indices) {
      std::memcpy(to, from + index * slice, slice);
      to += slice;
    }
  e.setResult(std::move(*result));
  return success();
}

/// Calls visit(n, offset) for element n of `indices` in row-major order with the element of a
/// tensor `dims` that it chooses: the position itself, but indices[n] along `axis`.
template <typename Visit>
static LogicalResult alongAxis(Evaluation &e, const Tensor &indices, ArrayRef<int64_t> dims,
                               int64_t axis, Visit visit) {
  // Positions other than the index must exist in the tensor too.
  for (auto [d, size] : llvm::enumerate(indices.getDims()))
    if (int64_t(d) != axis && size > dims[d] && indices.getNumElements() > 0)
      return e.fail("indices of size " + llvm::Twine(size) + " along dimension " + llvm::Twine(d) +
                    " of size " + llvm::Twine(dims[d]));
  auto strides = rowMajorStrides(dims);
  Sizes position(dims.size(), 0);
  for (auto [n, index] : llvm::enumerate(indices.values<int64_t>())) {
    if (failed(e.checkIndex(index, dims[axis], axis)))
      return failure();
    int64_t offset = (index - position[axis]) * strides[axis];
    for (auto [p, stride] : llvm::zip_equal(position, strides))
      offset += p * stride;
    visit(n, offset);
    for (int64_t d = position.size(); d-- > 0;) {
      if (++position[d] < indices.getDim(d))
        break;
      position[d] = 0;
    }
  }
  return success();
}

LogicalResult evaluate(TakeAlongAxisOp op, Evaluation &e) {
  const Tensor &x = e.operand(0), &indices = e.operand(1);
  auto result = e.allocate(indices.getDims(), x.getElementType());
  if (failed(result))
    return failure();
  LogicalResult status = failure();
  withSize(x.getElementType(), [&]<typename T>() {
    auto from = x.values<T>();
    T *to = result->mutableData<T>();
    status = alongAxis(e, indices, x.getDims(), op.getAxis(),
                       [&](size_t n, int64_t offset) { to[n] = from[offset]; });
  });
  if (succeeded(status))
    e.setResult(std::move(*result));
  return status;
}

LogicalResult evaluate(GatherNdOp op, Evaluation &e) {
  const Tensor &x = e.operand(0), &indices = e.operand(1);
  auto result = e.allocateResult();
  if (failed(result))
    return failure();
  int64_t batchDims = op.getBatchDims(), k = indices.getDims().back();
  int64_t batches = count(indices.getDims().take_front(batchDims));
  int64_t vectors = count(indices.getDims().drop_front(batchDims).drop_back());
  auto strides = rowMajorStrides(x.getDims());
  size_t width = elementSize(x.getElementType()),
         slice = count(x.getDims().drop_front(batchDims + k)) * width;
  int64_t batchSize = count(x.getDims().drop_front(batchDims));
  const int64_t *index = indices.values<int64_t>().data();
  char *to = result->mutableData();
  for (int64_t b = 0; b < batches; ++b)
    for (int64_t v = 0; v < vectors; ++v, to += slice) {
      int64_t offset = b * batchSize;
      for (int64_t j = 0; j < k; ++j, ++index) {
        if (failed(e.checkIndex(*index, x.getDim(batchDims + j), batchDims + j)))
          return failure();
        offset += *index * strides[batchDims + j];
      }
      std::memcpy(to, x.bytes().data() + offset * width, slice);
    }
  e.setResult(std::move(*result));
  return success();
}

namespace {

/// Runs `scatter(combine, updates, result)` with the combining function of `kind`. Replacing moves
/// bits; anything else is computed in the widened type and rounded once at the end.
template <typename Scatter>
LogicalResult withCombination(Evaluation &e, ScatterKind kind, Scatter scatter) {
  const Tensor &x = e.operand(0), &updates = e.operand(2);
  LogicalResult status = failure();
  if (kind == ScatterKind::Set) {
    Tensor result = x.clone();
    withSize(x.getElementType(), [&]<typename T>() {
      status = scatter([](T, T update) { return update; }, updates.values<T>().data(),
                       result.mutableData<T>());
    });
    if (succeeded(status))
      e.setResult(std::move(result));
    return status;
  }
  Tensor wideUpdates = widen(updates), result = widen(x).clone();
  withNative(result.getElementType(), [&]<typename T>() {
    const T *from = wideUpdates.values<T>().data();
    T *to = result.mutableData<T>();
    if (kind == ScatterKind::Add)
      status = scatter(add<T>, from, to);
    else if (kind == ScatterKind::Mul)
      status = scatter(multiply<T>, from, to);
    else if (kind == ScatterKind::Min)
      status = scatter(minimum<T>, from, to);
    else
      status = scatter(maximum<T>, from, to);
  });
  if (succeeded(status))
    e.setResult(convertElements(result, x.getElementType()));
  return status;
}

} // namespace

LogicalResult evaluate(ScatterNdOp op, Evaluation &e) {
  const Tensor &x = e.operand(0), &indices = e.operand(1);
  auto axes = op.getAxes();
  auto strides = rowMajorStrides(x.getDims());
  int64_t vectors = count(indices.getDims().drop_back());
  // Offsets of the elements of one slice, over the dimensions that are not scattered.
  SmallVector<int64_t> slice = {0};
  for (auto [d, size] : llvm::enumerate(x.getDims())) {
    if (llvm::is_contained(axes, int64_t(d)))
      continue;
    SmallVector<int64_t> extended;
    extended.reserve(slice.size() * size);
    for (int64_t offset : slice)
      for (int64_t i = 0; i < size; ++i)
        extended.push_back(offset + i * strides[d]);
    slice = std::move(extended);
  }
  return withCombination(e, op.getKind(),
                         [&](auto combine, const auto *from, auto *to) -> LogicalResult {
                           const int64_t *index = indices.values<int64_t>().data();
                           for (int64_t v = 0; v < vectors; ++v) {
                             int64_t base = 0;
                             for (int64_t axis : axes) {
                               if (failed(e.checkIndex(*index, x.getDim(axis), axis)))
                                 return failure();
                               base += *index++ * strides[axis];
                             }
                             for (int64_t offset : slice) {
                               auto &element = to[base + offset];
                               element = combine(element, *from++);
                             }
                           }
                           return success();
                         });
}

LogicalResult evaluate(ScatterAlongAxisOp op, Evaluation &e) {
  const Tensor &x = e.operand(0), &indices = e.operand(1);
  return withCombination(e, op.getKind(), [&](auto combine, const auto *from, auto *to) {
    return alongAxis(e, indices, x.getDims(), op.getAxis(),
                     [&](size_t n, int64_t offset) { to[offset] = combine(to[offset], from[n]); });
  });
}

LogicalResult evaluate(NonZeroOp, Evaluation &e) {
  const Tensor &x = e.operand(0);
  auto values = x.values<bool>();
  auto result = e.allocateResult();
  if (failed(result))
    return failure();
  int64_t found = llvm::count(values, true), expected = result->getDim(1);
  if (found != expected)
    return e.fail("found " + llvm::Twine(found) + " true elements where the result has room for " +
                  llvm::Twine(expected));
  int64_t *out = result->mutableData<int64_t>(), n = 0;
  for (auto [linear, value] : llvm::enumerate(values)) {
    if (!value)
      continue;
    int64_t rest = linear;
    for (int64_t d = x.getRank(); d-- > 0; rest /= x.getDim(d))
      out[d * expected + n] = rest % x.getDim(d);
    ++n;
  }
  e.setResult(std::move(*result));
  return success();
}

} // namespace dsc::reference
