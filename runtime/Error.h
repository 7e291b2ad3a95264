// SPDX-License-Identifier: Apache-2.0
#ifndef DSC_RUNTIME_ERROR_H
#define DSC_RUNTIME_ERROR_H

#include "dsc/runtime.h"

namespace dsc {

// Writes the message when `error` is not null and returns `status`, so that a failure is one
// statement.
[[gnu::format(printf, 3, 4)]] dsc_status fail(dsc_error *error, dsc_status status,
                                              const char *format, ...);

// "[2, 7, 64]" for messages. Returns `text`.
struct DimsText {
  char text[DSC_MAX_RANK * 21 + 3];
  DimsText(const int64_t *dims, int64_t rank);
};

} // namespace dsc

#endif
