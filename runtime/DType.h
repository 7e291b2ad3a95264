// SPDX-License-Identifier: Apache-2.0
#ifndef DSC_RUNTIME_DTYPE_H
#define DSC_RUNTIME_DTYPE_H

#include "dsc/runtime.h"

namespace dsc {

// The numbers of dsc_dtype and format::DType are the same; DType.cpp asserts it.
const char *dtypeName(dsc_dtype dtype);
bool isInteger(dsc_dtype dtype); // bool counts as an integer

// Product of `dims` times the element size; false when a dimension is negative or the product
// exceeds int64.
bool tensorBytes(dsc_dtype dtype, const int64_t *dims, int64_t rank, int64_t &bytes);

// Element `index` of an integer tensor, widened.
int64_t readInteger(dsc_dtype dtype, const void *data, uint64_t index);

} // namespace dsc

#endif
