// SPDX-License-Identifier: Apache-2.0
// What this machine can do at most, measured.
#ifndef DSC_TOOLS_DSC_ROOF_H
#define DSC_TOOLS_DSC_ROOF_H

#include <cstddef>

namespace dsc {

// Bytes a second that `threads` threads together read from a buffer of `bytes` bytes: the best of several passes.
double measureReadRate(size_t bytes, int threads);

// f32 multiply-adds a second, times two, of `threads` threads on registers, with the widest instructions that a kernel may use.
double measureFlopRate(int threads);

} // namespace dsc

#endif
