// SPDX-License-Identifier: Apache-2.0
// Copies that a warp's lanes have started (cp.async) and not yet waited for.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace ptxsim {

struct Warp;

struct AsyncCopies {
  static constexpr uint32_t open = ~0u;
  struct Copy {
    uint32_t lane;
    uint32_t group; ///< number of the lane's group, `open` before its commit
    uint32_t destination, bytes;
    uint32_t site;
    bool landed; ///< the bytes are there already, though nobody may rely on it
    std::array<uint8_t, 16> data;
  };
  std::vector<Copy> pending;
  std::array<uint32_t, 32> committed{}; ///< groups by lane

  void commit(uint32_t lanes);
  /// Completes all but the lanes' `newest` last groups; with `all`, copies without group too.
  void wait(Warp &warp, uint32_t lanes, uint32_t newest, bool all);
};

} // namespace ptxsim
