// SPDX-License-Identifier: Apache-2.0
// How much memory a run of an entry takes for given sizes.
#ifndef DSC_TOOLS_DSC_PEAKMEMORY_H
#define DSC_TOOLS_DSC_PEAKMEMORY_H

#include "runtime/format/engine_generated.h"

#include <map>
#include <optional>
#include <string>

namespace dsc {

// Bytes. The arena is that of the memory plan, each slot rounded up as the runtime does; states have room for what they hold
// after the run.
struct PeakMemory {
  int64_t arena = 0, states = 0, outputs = 0;
};

// Of a run in which each symbol of the entry has the value in `sizes`, or 1. None when an expression has no value then.
std::optional<PeakMemory> peakMemory(const format::Manifest &manifest, const format::Entry &entry,
                                     const std::map<std::string, int64_t> &sizes);

} // namespace dsc

#endif
