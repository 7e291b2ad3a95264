// SPDX-License-Identifier: Apache-2.0
// The checks of every memory access: bounds, alignment, initialisation, waits, races; and its
// counters. Addresses are those of the space: device addresses, or offsets in shared memory.
#pragma once

#include "tools/ptxsim/core/Block.h"
#include "tools/ptxsim/core/Launch.h"

#include <bit>
#include <cstring>

namespace ptxsim {

/// Lanes' addresses, `bytes` each: aligned and inside of an allocation. Throws Fault.
void checkGlobal(Warp &w, uint32_t lanes, const uint64_t *addresses, unsigned bytes, bool store);
void checkShared(Warp &w, uint32_t lanes, const uint64_t *addresses, unsigned bytes);

void countGlobal(Warp &w, uint32_t lanes, const uint64_t *addresses, unsigned bytes, bool store);
void countShared(Warp &w, uint32_t lanes, const uint64_t *addresses, unsigned bytes);

[[noreturn]] void raceFound(Warp &w, unsigned lane, const Access &earlier, bool earlierWrites,
                            bool nowWrites, const char *space, uint64_t address);
[[noreturn]] void pendingFound(unsigned lane, uint64_t address);
/// Throws, or marks the lane's result as undefined, by the option `uninitialised`.
void uninitialisedFound(Warp &w, unsigned lane, uint64_t address, const char *space);

/// Where shadow state of an access lies.
struct Shadow {
  uint8_t *state; ///< of the word that the first byte lies in
  Cell *cells;
  uint32_t staleBefore; ///< accesses with earlier clocks are ordered
  bool races;
  const char *space;
};

inline Shadow globalShadow(Warp &w, uint64_t address) {
  Launch &launch = w.block.launch;
  return {launch.memory.state(address), launch.memory.cells(address), launch.firstClock,
          launch.choice.races, "global"};
}
inline Shadow sharedShadow(Warp &w, uint64_t offset) {
  SharedMemory &shared = w.block.shared;
  return {shared.state.data() + offset / 4, shared.cells.data() + offset / 4, w.block.firstClock,
          w.block.launch.choice.races, "shared"};
}

/// Bit per byte of a word that an access of `bytes` (1, 2 or >= 4) at this address touches.
inline uint32_t byteBits(uint64_t address, unsigned bytes) {
  return bytes >= 4 ? 15u : ((1u << bytes) - 1) << (address & 3);
}

inline void noteRead(Warp &w, unsigned lane, const Shadow &s, uint64_t address, unsigned bytes,
                     uint32_t site) {
  const uint32_t bits = byteBits(address, bytes), words = bytes <= 4 ? 1 : bytes / 4;
  for (uint32_t i = 0; i < words; ++i) {
    uint32_t state = s.state[i];
    if ((state & bits) != bits || (state >> 4 & bits)) [[unlikely]] {
      if (state >> 4 & bits)
        pendingFound(lane, address + 4 * i);
      uninitialisedFound(w, lane, address + 4 * i, s.space);
    }
    if (!s.races)
      continue;
    Cell &cell = s.cells[i];
    const uint32_t mine = site | bits << Access::bytesShift;
    const Access &write = cell.write;
    // Whoever wrote the value that stands there may read it, though others wrote it as well.
    if (write.clock >= s.staleBefore && (write.bytes() & bits) &&
        !(write.site & mine & Access::strong) &&
        !(write.warp == w.number && (write.lanes >> lane & 1)) &&
        !w.ordered(write, s.staleBefore, lane))
      raceFound(w, lane, write, true, false, s.space, address + 4 * i);
    Access &read = cell.read;
    if (read.warp == w.number && read.clock == w.clock) {
      if (read.bytes() != bits)
        read.site |= Access::mixed | bits << Access::bytesShift;
      read.lanes |= 1u << lane;
    } else {
      if (read.clock >= s.staleBefore && read.warp != w.number)
        cell.otherRead = read;
      read = {w.clock, w.number, 1u << lane, mine};
    }
  }
}

/// To be called before the new bytes are stored: equal values written twice are no race.
inline void noteWrite(Warp &w, unsigned lane, const Shadow &s, uint64_t address, unsigned bytes,
                      uint32_t site, const uint8_t *old, const uint8_t *now) {
  const uint32_t bits = byteBits(address, bytes), words = bytes <= 4 ? 1 : bytes / 4;
  for (uint32_t i = 0; i < words; ++i) {
    uint32_t state = s.state[i];
    if (state >> 4 & bits) [[unlikely]]
      pendingFound(lane, address + 4 * i);
    s.state[i] = static_cast<uint8_t>(state | bits);
    if (!s.races)
      continue;
    Cell &cell = s.cells[i];
    const uint32_t mine = site | bits << Access::bytesShift;
    auto conflicts = [&](const Access &other) {
      return other.clock >= s.staleBefore && (other.bytes() & bits) &&
             !(other.site & mine & Access::strong) && !w.ordered(other, s.staleBefore, lane);
    };
    unsigned part = bytes < 4 ? bytes : 4;
    if (conflicts(cell.write) && (!old || std::memcmp(old + 4 * i, now + 4 * i, part) != 0))
      raceFound(w, lane, cell.write, true, true, s.space, address + 4 * i);
    if (conflicts(cell.read))
      raceFound(w, lane, cell.read, false, true, s.space, address + 4 * i);
    if (conflicts(cell.otherRead))
      raceFound(w, lane, cell.otherRead, false, true, s.space, address + 4 * i);
    if (cell.write.warp == w.number && cell.write.clock == w.clock) {
      // Lanes that wrote equal values, or other bytes of the word.
      if (cell.write.bytes() != bits)
        cell.write.site |= Access::mixed;
      cell.write.lanes |= 1u << lane;
      cell.write.site |= bits << Access::bytesShift;
    } else {
      cell.write = {w.clock, w.number, 1u << lane, mine};
    }
    if ((cell.read.bytes() & ~bits) == 0)
      cell.read = {};
    if ((cell.otherRead.bytes() & ~bits) == 0)
      cell.otherRead = {};
  }
}

/// What atomics and other strong accesses learn and publish at an address.
void synchronise(Warp &w, uint64_t key, bool reads, bool writes, bool acquire, bool release,
                 bool readModifyWrite);

} // namespace ptxsim
