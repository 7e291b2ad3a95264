// SPDX-License-Identifier: Apache-2.0
// One kernel launch from beginning to end.
#pragma once

#include "tools/ptxsim/core/Block.h"
#include "tools/ptxsim/core/DeviceMemory.h"
#include "tools/ptxsim/core/Options.h"

#include <functional>

namespace ptxsim {

struct LaunchShape {
  std::array<uint32_t, 3> grid{1, 1, 1}, block{1, 1, 1};
  uint32_t dynamicShared = 0;
  uint64_t blocks() const { return uint64_t(grid[0]) * grid[1] * grid[2]; }
  uint32_t threads() const { return block[0] * block[1] * block[2]; }
};

/// What went wrong, ready to be shown.
struct Report {
  FaultKind kind;
  std::string text;
};

struct Launch {
  Launch(const Image &image, const LaunchShape &shape, std::vector<uint8_t> parameters,
         DeviceMemory &memory, uint32_t &clock, uint64_t seed);

  /// Shared memories that no block uses at the moment, kept from launch to launch: their shadow is
  /// large, and clocks tell what is old in it.
  using SharedPool = std::vector<std::unique_ptr<SharedMemory>>;
  /// Runs all blocks; a report when the kernel did something wrong.
  std::optional<Report> run(SharedPool &pool);
  /// "PTX line 12: `ld.global.f32 %f1, [%rd3];` (gemm.cu:40)"
  std::string place(uint32_t instruction) const;
  std::string blockName(uint64_t linear) const;
  /// "block (0,0,0) warp 1 lane 3" of a warp by its number.
  std::string threadName(uint32_t warpNumber, uint32_t lanes) const;

  const Image &image;
  LaunchShape shape;
  std::vector<uint8_t> parameters;
  DeviceMemory &memory;
  uint32_t &clock;     ///< of the device: later than every access so far
  uint32_t firstClock; ///< of this launch: global accesses before it are another launch's
  uint32_t stamp;      ///< of sectors
  Random random;
  Options choice;
  Counters counters;
  uint32_t warpsPerBlock;
  uint64_t executed = 0;
  /// What atomics and releasing stores published, by address.
  std::unordered_map<uint64_t, std::shared_ptr<const Knowledge::Map>> published;
  Warp *current = nullptr;

private:
  Report describe(const Fault &fault) const;
  /// A block that runs.
  struct Seat {
    std::unique_ptr<SharedMemory> shared;
    std::unique_ptr<Block> block;
  };
  void runBlocks(std::vector<Seat> &seats, SharedPool &pool);
  void leave(Seat &seat, SharedPool &pool);
};

} // namespace ptxsim
