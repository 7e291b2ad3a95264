// SPDX-License-Identifier: Apache-2.0
// Lanes' addresses of a memory instruction, and the space they lie in.
#pragma once

#include "tools/ptxsim/core/AddressSpaces.h"
#include "tools/ptxsim/decode/Decoder.h"
#include "tools/ptxsim/ops/Lanes.h"

namespace ptxsim {

inline void laneAddresses(Warp &w, Slot base, bool wide, uint64_t offset, uint64_t *addresses) {
  if (wide) {
    const uint64_t *a = w.source<uint64_t>(base);
    for (unsigned l = 0; l < 32; ++l)
      addresses[l] = a[l] + offset;
  } else {
    const uint32_t *a = w.source<uint32_t>(base);
    for (unsigned l = 0; l < 32; ++l)
      addresses[l] = static_cast<uint32_t>(a[l] + offset);
  }
}

/// Lanes whose generic address lies in the space; their addresses become those of the space.
inline uint32_t lanesIn(Space space, uint32_t lanes, uint64_t *addresses) {
  uint32_t inside = 0;
  if (space == Space::Global) {
    for (unsigned l = 0; l < 32; ++l)
      inside |= uint32_t(addresses[l] - sharedWindow >= 3 * (uint64_t(1) << 40)) << l;
    return inside & lanes;
  }
  uint64_t window = space == Space::Shared  ? sharedWindow
                    : space == Space::Local ? localWindow
                                            : parameterWindow;
  for (unsigned l = 0; l < 32; ++l) {
    if (!(lanes >> l & 1) || addresses[l] - window >= (uint64_t(1) << 40))
      continue;
    inside |= 1u << l;
    addresses[l] -= window;
  }
  return inside;
}

} // namespace ptxsim
