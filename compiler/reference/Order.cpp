// SPDX-License-Identifier: Apache-2.0
// Operations that order elements. NaN counts as larger than any number in top_k, and as the extreme
// in arg_reduce.
#include "compiler/reference/Arithmetic.h"
#include "compiler/reference/ElementTypes.h"
#include "compiler/reference/Evaluation.h"
#include "compiler/reference/StridedCopy.h"
#include <numeric>

using namespace mlir;
using namespace dsc::prim;

namespace dsc::reference {

/// A strict order of values in which NaN comes last and equals itself.
template <typename T> static bool less(T a, T b) {
  if (isNaN(a) || isNaN(b))
    return !isNaN(a) && isNaN(b);
  return a < b;
}

LogicalResult evaluate(ArgReduceOp op, Evaluation &e) {
  Tensor x = widen(e.operand(0));
  auto result = e.allocateResult();
  if (failed(result))
    return failure();
  int64_t axis = op.getAxis(), length = x.getDim(axis);
  if (length == 0 && result->getNumElements() > 0)
    return e.fail("has no elements to choose from");
  Sizes order;
  for (int64_t d = 0; d < x.getRank(); ++d)
    if (d != axis)
      order.push_back(d);
  order.push_back(axis);
  Tensor rows = transposed(x, order);
  int64_t *out = result->mutableData<int64_t>();
  bool max = op.getKind() == ReduceKind::Max;
  withNative(x.getElementType(), [&]<typename T>() {
    auto values = rows.values<T>();
    auto beats = [&](T a, T b) {
      if (isNaN(a) || isNaN(b))
        return isNaN(a) && !isNaN(b);
      return max ? b < a : a < b;
    };
    for (int64_t r = 0, count = result->getNumElements(); r < count; ++r) {
      const T *row = values.data() + r * length;
      int64_t best = 0;
      for (int64_t i = 1; i < length; ++i)
        if (beats(row[i], row[best]) || (op.getLast() && !beats(row[best], row[i])))
          best = i;
      out[r] = best;
    }
  });
  e.setResult(std::move(*result));
  return success();
}

LogicalResult evaluate(TopKOp op, Evaluation &e) {
  Tensor x = widen(e.operand(0));
  Type type = e.operand(0).getElementType();
  auto dims = e.dims(op.getValues().getType());
  if (failed(dims))
    return failure();
  auto values = e.allocate(*dims, x.getElementType());
  auto indices = e.allocateResult(1);
  if (failed(values) || failed(indices))
    return failure();
  int64_t length = x.getDims().back(), k = dims->back();
  if (k > length)
    return e.fail("k is " + llvm::Twine(k) + ", more than the " + llvm::Twine(length) +
                  " elements");
  int64_t rows = k == 0 ? 0 : values->getNumElements() / k;
  bool largest = op.getLargest();
  int64_t *chosen = indices->mutableData<int64_t>();
  withNative(x.getElementType(), [&]<typename T>() {
    T *out = values->mutableData<T>();
    SmallVector<int64_t> order(length);
    for (int64_t r = 0; r < rows; ++r) {
      const T *row = x.values<T>().data() + r * length;
      std::iota(order.begin(), order.end(), 0);
      std::partial_sort(order.begin(), order.begin() + k, order.end(), [&](int64_t i, int64_t j) {
        if (largest ? less(row[j], row[i]) : less(row[i], row[j]))
          return true;
        if (largest ? less(row[i], row[j]) : less(row[j], row[i]))
          return false;
        return i < j;
      });
      for (int64_t i = 0; i < k; ++i, ++out, ++chosen) {
        *out = row[order[i]];
        *chosen = order[i];
      }
    }
  });
  e.setResult(convertElements(*values, type));
  e.setResult(std::move(*indices));
  return success();
}

} // namespace dsc::reference
