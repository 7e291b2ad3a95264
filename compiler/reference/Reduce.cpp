// SPDX-License-Identifier: Apache-2.0
// Reductions and running sums, in ascending order of the elements.
#include "compiler/reference/Arithmetic.h"
#include "compiler/reference/ElementTypes.h"
#include "compiler/reference/Evaluation.h"
#include "compiler/reference/StridedCopy.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::reference {

template <typename T, typename Combine>
static void reduceRows(ArrayRef<T> values, T *out, int64_t rows, int64_t width, T initial,
                       Combine combine) {
  for (int64_t r = 0; r < rows; ++r) {
    T total = initial;
    for (int64_t i = 0; i < width; ++i)
      total = combine(total, values[r * width + i]);
    out[r] = total;
  }
}

LogicalResult evaluate(ReduceOp op, Evaluation &e) {
  Sizes order, dims;
  int64_t width = 1;
  const Tensor &operand = e.operand(0);
  for (int64_t d = 0; d < operand.getRank(); ++d)
    if (!llvm::is_contained(op.getAxes(), d)) {
      order.push_back(d);
      dims.push_back(operand.getDim(d));
    }
  for (int64_t axis : op.getAxes()) {
    order.push_back(axis);
    width *= operand.getDim(axis);
  }
  Type type = operand.getElementType(), accumulator = e.accumulator(type);
  auto result = e.allocate(dims, accumulator);
  if (failed(result))
    return failure();
  Tensor rows = convertElements(transposed(operand, order), accumulator);
  int64_t count = result->getNumElements();
  withNative(accumulator, [&]<typename T>() {
    auto values = rows.values<T>();
    T *out = result->mutableData<T>();
    switch (op.getKind()) {
    case ReduceKind::Sum:
      return reduceRows<T>(values, out, count, width, T(0), add<T>);
    case ReduceKind::Prod:
      return reduceRows<T>(values, out, count, width, T(1), multiply<T>);
    case ReduceKind::Min:
      return reduceRows<T>(values, out, count, width, highest<T>(), minimum<T>);
    case ReduceKind::Max:
      return reduceRows<T>(values, out, count, width, lowest<T>(), maximum<T>);
    }
  });
  e.setResult(convertElements(*result, type));
  return success();
}

LogicalResult evaluate(CumSumOp op, Evaluation &e) {
  Type type = e.operand(0).getElementType(), accumulator = e.accumulator(type);
  Tensor x = convertElements(e.operand(0), accumulator);
  auto result = e.allocate(x.getDims(), accumulator);
  if (failed(result))
    return failure();
  int64_t length = x.getDim(op.getAxis()), stride = rowMajorStrides(x.getDims())[op.getAxis()];
  withNative(accumulator, [&]<typename T>() {
    auto values = x.values<T>();
    T *out = result->mutableData<T>();
    for (int64_t start = 0, count = values.size(); start < count; ++start) {
      if (start / stride % length != 0)
        continue; // not the first element of a line
      T total = 0;
      for (int64_t i = 0; i < length; ++i) {
        int64_t at = start + (op.getReverse() ? length - 1 - i : i) * stride;
        T next = add(total, values[at]);
        out[at] = op.getExclusive() ? total : next;
        total = next;
      }
    }
  });
  e.setResult(convertElements(*result, type));
  return success();
}

} // namespace dsc::reference
