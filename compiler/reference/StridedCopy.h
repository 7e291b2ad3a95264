// SPDX-License-Identifier: Apache-2.0
// The one loop behind all layout operations.
#ifndef DSC_COMPILER_REFERENCE_STRIDEDCOPY_H
#define DSC_COMPILER_REFERENCE_STRIDEDCOPY_H

#include "compiler/reference/Tensor.h"

namespace dsc::reference {

/// A walk through a buffer: element (i0, i1, ...) is at offset + sum of i_k * strides[k], in
/// elements.
struct Walk {
  int64_t offset = 0;
  llvm::SmallVector<int64_t> strides;
};

/// to[i...] = from[i...] for all positions within `dims`. Every position lies in its buffer: the
/// caller has checked.
void stridedCopy(llvm::ArrayRef<int64_t> dims, const Tensor &from, const Walk &fromWalk, Tensor &to,
                 const Walk &toWalk);

/// The tensor with dimension i taken from dimension perm[i].
Tensor transposed(const Tensor &tensor, llvm::ArrayRef<int64_t> perm);

} // namespace dsc::reference

#endif
