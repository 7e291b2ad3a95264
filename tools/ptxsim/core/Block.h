// SPDX-License-Identifier: Apache-2.0
// A thread block: its warps, shared memory and barriers.
#pragma once

#include "tools/ptxsim/core/Races.h"
#include "tools/ptxsim/core/Random.h"
#include "tools/ptxsim/core/Warp.h"

#include <array>

namespace ptxsim {

struct Launch;

/// Shared memory with its shadow; reused by the blocks that follow in its place.
struct SharedMemory {
  std::vector<uint8_t> data, state;
  std::vector<Cell> cells;
  uint32_t size = 0;
  void reset(uint32_t bytes);
};

struct Barrier {
  struct Waiting {
    unsigned warp;
    const Inst *inst;
    uint32_t lanes;
  };
  uint32_t arrived = 0;  ///< threads
  uint32_t expected = 0; ///< threads; 0: all that have not exited
  uint32_t reduced = 0;  ///< threads whose predicate held (bar.red)
  uint32_t voters = 0;
  unsigned line = 0; ///< of the first arrival
  std::vector<Waiting> waiting;
  Knowledge joined;
  bool joinedFences = false;
  Knowledge fences;
  std::shared_ptr<const Knowledge::Map> observed;
  std::vector<unsigned> warps; ///< that arrived
};

struct Block {
  Block(Launch &launch, uint64_t linear, SharedMemory &shared, uint32_t firstClock);

  /// Runs some warp for a while; false when none could run.
  bool run(uint64_t slice, uint64_t &executed);
  bool finished() const { return liveThreads == 0; }
  /// All warps wait for something that will not come.
  [[noreturn]] void deadlock();
  void arrive(Warp &warp, const Inst &inst, unsigned id, uint32_t lanes, uint32_t expected,
              bool waits, uint32_t predicate);
  /// After threads exited: a barrier may have all it waits for.
  void checkBarriers();
  uint32_t lastClock() const;

  Launch &launch;
  std::array<uint32_t, 3> position;
  uint64_t linear;
  SharedMemory &shared;
  uint32_t firstClock; ///< of this block's warps: shared accesses before it are another block's
  uint32_t firstWarp;  ///< number of warp 0 in the launch
  std::vector<Warp> warps;
  std::array<Barrier, 16> barriers;
  uint32_t liveThreads;
  uint64_t sinceProgress = 0; ///< instructions since a warp finished or a barrier completed

private:
  void complete(Barrier &barrier);
  bool isComplete(const Barrier &barrier) const;
};

} // namespace ptxsim
