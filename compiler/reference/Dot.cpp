// SPDX-License-Identifier: Apache-2.0
// prim.dot as a batch of matrix products; each sum runs over the contracted elements in ascending
// order.
#include "compiler/reference/Arithmetic.h"
#include "compiler/reference/ElementTypes.h"
#include "compiler/reference/Evaluation.h"
#include "compiler/reference/StridedCopy.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::reference {

namespace {

struct Extents {
  int64_t batch = 1, rows = 1, contracted = 1, columns = 1;
};

/// out[b, m, n] = sum over k of lhs[b, m, k] * rhs[b, k, n]
template <typename T> void multiply(const T *lhs, const T *rhs, T *out, const Extents &x) {
  for (int64_t b = 0; b < x.batch; ++b, rhs += x.contracted * x.columns)
    for (int64_t m = 0; m < x.rows; ++m, out += x.columns, lhs += x.contracted)
      for (int64_t k = 0; k < x.contracted; ++k) {
        T factor = lhs[k];
        const T *row = rhs + k * x.columns;
        for (int64_t n = 0; n < x.columns; ++n)
          out[n] = add<T>(out[n], reference::multiply<T>(factor, row[n]));
      }
}

/// Dimensions of a tensor of that rank that are in neither list, in order.
SmallVector<int64_t> remaining(int64_t rank, ArrayRef<int64_t> batch, ArrayRef<int64_t> contract) {
  SmallVector<int64_t> dims;
  for (int64_t d = 0; d < rank; ++d)
    if (!llvm::is_contained(batch, d) && !llvm::is_contained(contract, d))
      dims.push_back(d);
  return dims;
}

int64_t sizeOf(const Tensor &tensor, ArrayRef<int64_t> dims) {
  int64_t size = 1;
  for (int64_t d : dims)
    size *= tensor.getDim(d);
  return size;
}

Tensor arranged(const Tensor &tensor, ArrayRef<int64_t> first, ArrayRef<int64_t> second,
                ArrayRef<int64_t> third, Type type) {
  SmallVector<int64_t> perm(first);
  perm.append(second.begin(), second.end());
  perm.append(third.begin(), third.end());
  return convertElements(transposed(tensor, perm), type);
}

} // namespace

LogicalResult evaluate(DotOp op, Evaluation &e) {
  const Tensor &lhs = e.operand(0), &rhs = e.operand(1);
  Type from = lhs.getElementType(), to = elementType(op.getResult());
  if (isa<FloatType>(from) != isa<FloatType>(to))
    return e.fail("the interpreter multiplies floats into floats and integers into integers");
  // The wider of the operands' and the result's accumulator; integers are extended by their own
  // sign.
  Type accumulator =
      e.accumulator(from).getIntOrFloatBitWidth() < e.accumulator(to).getIntOrFloatBitWidth()
          ? e.accumulator(to)
          : e.accumulator(from);
  auto dims = e.dims(op.getType());
  if (failed(dims))
    return failure();
  auto result = e.allocate(*dims, accumulator);
  if (failed(result))
    return failure();

  auto rows = remaining(lhs.getRank(), op.getLhsBatch(), op.getLhsContract());
  auto columns = remaining(rhs.getRank(), op.getRhsBatch(), op.getRhsContract());
  Extents extents{sizeOf(lhs, op.getLhsBatch()), sizeOf(lhs, rows),
                  sizeOf(lhs, op.getLhsContract()), sizeOf(rhs, columns)};
  Tensor a = arranged(lhs, op.getLhsBatch(), rows, op.getLhsContract(), accumulator);
  Tensor b = arranged(rhs, op.getRhsBatch(), op.getRhsContract(), columns, accumulator);
  bool known = withNative(accumulator, [&]<typename T>() {
    multiply<T>(a.values<T>().data(), b.values<T>().data(), result->mutableData<T>(), extents);
  });
  if (!known)
    return e.fail("the element type is not supported by the interpreter");
  e.setResult(convertElements(*result, to));
  return success();
}

} // namespace dsc::reference
