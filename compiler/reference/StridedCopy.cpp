// SPDX-License-Identifier: Apache-2.0
#include "compiler/reference/StridedCopy.h"
#include "compiler/reference/ElementTypes.h"
#include <cstring>
#include <numeric>

namespace dsc::reference {

template <typename T>
static void copy(llvm::ArrayRef<int64_t> dims, const T *from, const Walk &fromWalk, T *to,
                 const Walk &toWalk) {
  from += fromWalk.offset;
  to += toWalk.offset;
  int64_t inner = dims.empty() ? 1 : dims.back();
  int64_t fromStep = dims.empty() ? 1 : fromWalk.strides.back(),
          toStep = dims.empty() ? 1 : toWalk.strides.back();
  llvm::SmallVector<int64_t> position(dims.size(), 0);
  for (;;) {
    if (fromStep == 1 && toStep == 1)
      std::memcpy(to, from, inner * sizeof(T));
    else
      for (int64_t i = 0; i < inner; ++i)
        to[i * toStep] = from[i * fromStep];
    int64_t d = int64_t(dims.size()) - 2;
    for (; d >= 0; --d) {
      from += fromWalk.strides[d];
      to += toWalk.strides[d];
      if (++position[d] < dims[d])
        break;
      from -= fromWalk.strides[d] * dims[d];
      to -= toWalk.strides[d] * dims[d];
      position[d] = 0;
    }
    if (d < 0)
      return;
  }
}

void stridedCopy(llvm::ArrayRef<int64_t> dims, const Tensor &from, const Walk &fromWalk, Tensor &to,
                 const Walk &toWalk) {
  assert(elementSize(from.getElementType()) == elementSize(to.getElementType()));
  assert(fromWalk.strides.size() == dims.size() && toWalk.strides.size() == dims.size());
  if (llvm::is_contained(dims, 0))
    return;
  withSize(from.getElementType(), [&]<typename T>() {
    copy<T>(dims, from.values<T>().data(), fromWalk, to.mutableData<T>(), toWalk);
  });
}

Tensor transposed(const Tensor &tensor, llvm::ArrayRef<int64_t> perm) {
  auto strides = rowMajorStrides(tensor.getDims());
  llvm::SmallVector<int64_t> dims;
  Walk walk;
  bool identity = true;
  for (auto [i, p] : llvm::enumerate(perm)) {
    dims.push_back(tensor.getDim(p));
    walk.strides.push_back(strides[p]);
    identity &= p == int64_t(i);
  }
  if (identity)
    return tensor;
  Tensor result = Tensor::allocate(dims, tensor.getElementType());
  stridedCopy(dims, tensor, walk, result, {0, rowMajorStrides(dims)});
  return result;
}

} // namespace dsc::reference
