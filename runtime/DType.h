// SPDX-License-Identifier: Apache-2.0
#ifndef DSC_RUNTIME_DTYPE_H
#define DSC_RUNTIME_DTYPE_H

#include "dsc/runtime.h"

#include <string.h>

namespace dsc {

// The numbers of dsc_dtype and format::DType are the same; DType.cpp asserts it.
const char *dtypeName(unsigned dtype);

// The number in an enumeration that a C caller filled in; it may be none of the enumerators.
template <class Enum> unsigned rawValue(const Enum &value) {
  unsigned raw;
  static_assert(sizeof raw == sizeof value);
  memcpy(&raw, &value, sizeof raw);
  return raw;
}

// Of the types that readInteger reads: bool counts as an integer, those below eight bits do not.
bool isInteger(dsc_dtype dtype);

// Product of `dims` times the element size; false when a dimension is negative or the product
// exceeds int64.
bool tensorBytes(dsc_dtype dtype, const int64_t *dims, int64_t rank, int64_t &bytes);

// Element `index` of an integer tensor, widened.
int64_t readInteger(dsc_dtype dtype, const void *data, uint64_t index);

} // namespace dsc

#endif
