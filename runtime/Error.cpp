// SPDX-License-Identifier: Apache-2.0
#include "runtime/Error.h"

#include <stdarg.h>
#include <stdio.h>

namespace dsc {

dsc_status fail(dsc_error *error, dsc_status status, const char *format, ...) {
  if (error) {
    va_list args;
    va_start(args, format);
    vsnprintf(error->message, sizeof error->message, format, args);
    va_end(args);
  }
  return status;
}

DimsText::DimsText(const int64_t *dims, int64_t rank) {
  char *p = text, *end = text + sizeof text;
  *p++ = '[';
  for (int64_t i = 0; i < rank && i < DSC_MAX_RANK; ++i)
    p += snprintf(p, static_cast<size_t>(end - p), i ? ", %lld" : "%lld",
                  static_cast<long long>(dims[i]));
  *p++ = ']';
  *p = 0;
}

} // namespace dsc

extern "C" const char *dsc_version(void) { return "0.1.0"; }

extern "C" const char *dsc_status_name(dsc_status status) {
  switch (status) {
  case DSC_OK:
    return "ok";
  case DSC_INVALID_ARGUMENT:
    return "invalid argument";
  case DSC_IO:
    return "input/output error";
  case DSC_CORRUPT:
    return "corrupt engine";
  case DSC_UNSUPPORTED:
    return "unsupported";
  case DSC_OUT_OF_MEMORY:
    return "out of memory";
  case DSC_CAPACITY_EXCEEDED:
    return "capacity exceeded";
  case DSC_BUSY:
    return "busy";
  case DSC_INDEX_OUT_OF_RANGE:
    return "index out of range";
  case DSC_DEVICE:
    return "device failure";
  }
  return "unknown status";
}
