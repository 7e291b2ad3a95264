// SPDX-License-Identifier: Apache-2.0
// Size-prefixed option structs: a caller may be older or newer than this library.
#ifndef DSC_RUNTIME_OPTIONS_H
#define DSC_RUNTIME_OPTIONS_H

#include "runtime/Error.h"

#include <string.h>

namespace dsc {

// Copies what the caller's struct has; the rest is 0. A newer caller's extra fields must be 0.
template <class Options>
dsc_status readOptions(const Options *given, Options &options, dsc_error *error) {
  memset(&options, 0, sizeof options);
  options.size = sizeof options;
  if (!given)
    return DSC_OK;
  size_t size = given->size;
  if (size < sizeof(size_t) || size > 4096)
    return fail(error, DSC_INVALID_ARGUMENT,
                "the options begin with size %zu: set it to the size of the struct", size);
  const char *bytes = reinterpret_cast<const char *>(given);
  for (size_t i = sizeof options; i < size; ++i)
    if (bytes[i])
      return fail(error, DSC_UNSUPPORTED, "an option is set that this version does not know");
  memcpy(reinterpret_cast<char *>(&options) + sizeof(size_t), bytes + sizeof(size_t),
         (size < sizeof options ? size : sizeof options) - sizeof(size_t));
  return DSC_OK;
}

} // namespace dsc

#endif
