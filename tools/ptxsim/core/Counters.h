// SPDX-License-Identifier: Apache-2.0
// What a kernel did, counted exactly: the same on every machine and for every seed unless the
// kernel itself depends on the order of blocks.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace ptxsim {

enum class Class : uint8_t {
  Integer,
  Float,
  Half,
  Double,
  Special,
  Convert,
  Compare,
  Move,
  Control,
  Collective,
  Barrier,
  Fence,
  LoadGlobal,
  StoreGlobal,
  LoadShared,
  StoreShared,
  LoadLocal,
  StoreLocal,
  LoadParam,
  LoadConst,
  Atomic,
  AsyncCopy,
  Matrix,
  Mma,
  Other,
  Count
};

struct Counters {
  std::array<uint64_t, static_cast<size_t>(Class::Count)> warpInstructions{};
  uint64_t launches = 0;
  uint64_t threadInstructions = 0;
  uint64_t globalLoadRequests = 0, globalLoadBytes = 0, globalLoadSectors = 0;
  /// Sectors of which the request used all 32 bytes.
  uint64_t globalLoadFullSectors = 0;
  uint64_t globalStoreRequests = 0, globalStoreBytes = 0, globalStoreSectors = 0;
  uint64_t globalStoreFullSectors = 0;
  /// 32-byte sectors that the launch touched at all, each once: traffic with a perfect cache.
  uint64_t globalLoadUniqueSectors = 0, globalStoreUniqueSectors = 0;
  uint64_t sharedRequests = 0;
  /// Wavefronts beyond the fewest that the width of the accesses needs.
  uint64_t sharedBankConflicts = 0;
  uint64_t barriers = 0; ///< completed block barriers

  uint64_t totalWarpInstructions() const;
  Counters &operator+=(const Counters &other);
  /// One JSON object.
  std::string json() const;
};

} // namespace ptxsim
