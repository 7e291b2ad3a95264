// SPDX-License-Identifier: Apache-2.0
// Vector clocks of warps: which accesses of which warps are known to have happened.
//
// A warp counts its releases (barriers, fences); an access made at clock c is ordered before
// everything in a warp that knows clock c of the accessing one. Warps of a block know each other in
// a small array; what is known of other blocks (through atomics and fences, rarely) is a shared
// map.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <unordered_map>

namespace ptxsim {

struct Knowledge {
  using Map = std::unordered_map<uint32_t, uint32_t>;
  /// Clocks of the block's own warps.
  std::array<uint32_t, 32> block{};
  /// Clocks of warps elsewhere by their number in the launch; null when nothing is known.
  std::shared_ptr<const Map> elsewhere;

  void join(const Knowledge &other) {
    for (unsigned i = 0; i < block.size(); ++i)
      block[i] = block[i] < other.block[i] ? other.block[i] : block[i];
    joinElsewhere(other.elsewhere);
  }

  void joinElsewhere(const std::shared_ptr<const Map> &other) {
    if (!other || other == elsewhere)
      return;
    if (!elsewhere) {
      elsewhere = other;
      return;
    }
    auto merged = std::make_shared<Map>(*elsewhere);
    for (auto [warp, clock] : *other) {
      uint32_t &mine = (*merged)[warp];
      mine = mine < clock ? clock : mine;
    }
    elsewhere = std::move(merged);
  }

  /// The same as one map, for a block whose first warp has this number.
  std::shared_ptr<const Map> flatten(uint32_t firstWarp, unsigned warps) const {
    auto all = elsewhere ? std::make_shared<Map>(*elsewhere) : std::make_shared<Map>();
    for (unsigned i = 0; i < warps; ++i) {
      uint32_t &mine = (*all)[firstWarp + i];
      mine = mine < block[i] ? block[i] : mine;
    }
    return all;
  }

  /// Takes over what the map says, of the own block and of others.
  void learn(const std::shared_ptr<const Map> &map, uint32_t firstWarp, unsigned warps) {
    for (unsigned i = 0; i < warps; ++i)
      if (auto found = map->find(firstWarp + i); found != map->end() && block[i] < found->second)
        block[i] = found->second;
    joinElsewhere(map);
  }
};

} // namespace ptxsim
