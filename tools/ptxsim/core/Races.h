// SPDX-License-Identifier: Apache-2.0
// Shadow record of who touched a word of memory last.
//
// A word keeps its last write and the last reads of two warps. That is exact for kernels whose
// readers are all ordered, or all not, before the next writer; see docs/ptxsim.md for the rest.
#pragma once

#include <cstdint>

namespace ptxsim {

struct Access {
  static constexpr uint32_t siteMask = (1u << 26) - 1;
  static constexpr uint32_t strong = 1u << 30;
  /// Several lanes touched different bytes of the word: who touched which is not kept.
  static constexpr uint32_t mixed = 1u << 31;
  static constexpr uint32_t bytesShift = 26;

  uint32_t clock = 0; ///< of the warp at that moment; 0: none
  uint32_t warp = 0;  ///< its number in the launch
  uint32_t lanes = 0; ///< who of the warp
  uint32_t site = 0;  ///< instruction, bytes of the word (4 bits), strong

  uint32_t bytes() const { return site >> bytesShift & 15; }
  uint32_t instruction() const { return site & siteMask; }
};

struct Cell {
  Access write, read, otherRead;
};

} // namespace ptxsim
