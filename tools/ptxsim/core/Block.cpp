// SPDX-License-Identifier: Apache-2.0
#include "tools/ptxsim/core/Block.h"

#include "tools/ptxsim/core/AsyncCopies.h"
#include "tools/ptxsim/core/BarrierOp.h"
#include "tools/ptxsim/core/Launch.h"

#include <fmt/format.h>

#include <algorithm>

namespace ptxsim {
namespace {

uint32_t specialValue(Special which, const Launch &launch, const Block &block, unsigned warp,
                      unsigned lane) {
  const LaunchShape &shape = launch.shape;
  uint32_t thread = warp * 32 + lane;
  switch (which) {
  case Special::TidX:
    return thread % shape.block[0];
  case Special::TidY:
    return thread / shape.block[0] % shape.block[1];
  case Special::TidZ:
    return thread / shape.block[0] / shape.block[1];
  case Special::NtidX:
    return shape.block[0];
  case Special::NtidY:
    return shape.block[1];
  case Special::NtidZ:
    return shape.block[2];
  case Special::CtaidX:
    return block.position[0];
  case Special::CtaidY:
    return block.position[1];
  case Special::CtaidZ:
    return block.position[2];
  case Special::NctaidX:
    return shape.grid[0];
  case Special::NctaidY:
    return shape.grid[1];
  case Special::NctaidZ:
    return shape.grid[2];
  case Special::LaneId:
    return lane;
  case Special::WarpId:
    return warp;
  case Special::NwarpId:
    return launch.warpsPerBlock;
  case Special::SmId:
    return static_cast<uint32_t>(block.linear % 132);
  case Special::NsmId:
    return 132;
  case Special::GridId:
    return 0;
  case Special::LanemaskEq:
    return 1u << lane;
  case Special::LanemaskLe:
    return (2u << lane) - 1;
  case Special::LanemaskLt:
    return (1u << lane) - 1;
  case Special::LanemaskGe:
    return ~((1u << lane) - 1);
  case Special::LanemaskGt:
    return ~((2u << lane) - 1);
  case Special::DynamicSmemSize:
    return shape.dynamicShared;
  case Special::TotalSmemSize:
    return launch.image.staticShared + shape.dynamicShared;
  case Special::Zero:
    return 0;
  }
  return 0;
}

} // namespace

void SharedMemory::reset(uint32_t bytes) {
  size = bytes;
  uint32_t words = (bytes + 3) / 4;
  if (data.size() < words * 4) {
    data.resize(words * 4);
    state.resize(words);
    cells.resize(words);
  }
  // What the last block left is no initial value, and never looks like one.
  std::fill_n(data.begin(), words * 4, uint8_t(0xFF));
  std::fill_n(state.begin(), words, uint8_t(0));
}

Block::Block(Launch &launch, uint64_t linear, SharedMemory &shared, uint32_t firstClock)
    : launch(launch), linear(linear), shared(shared), firstClock(firstClock),
      firstWarp(static_cast<uint32_t>(linear * launch.warpsPerBlock)) {
  const auto &grid = launch.shape.grid;
  position = {static_cast<uint32_t>(linear % grid[0]),
              static_cast<uint32_t>(linear / grid[0] % grid[1]),
              static_cast<uint32_t>(linear / grid[0] / grid[1])};
  shared.reset(launch.image.staticShared + launch.shape.dynamicShared);
  liveThreads = launch.shape.threads();
  warps.reserve(launch.warpsPerBlock);
  for (unsigned i = 0; i < launch.warpsPerBlock; ++i) {
    uint32_t threads = std::min(32u, liveThreads - i * 32);
    warps.emplace_back(*this, i, threads == 32 ? ~0u : (1u << threads) - 1);
    Warp &warp = warps.back();
    warp.number = firstWarp + i;
    warp.clock = warp.allSynced = firstClock;
    for (const Image::SpecialRegister &special : launch.image.specials) {
      uint32_t *lanes = warp.result<uint32_t>(special.slot);
      for (unsigned lane = 0; lane < 32; ++lane)
        lanes[lane] = specialValue(special.which, launch, *this, i, lane);
      warp.valid[special.slot.use] = ~0u;
    }
  }
}

bool Block::run(uint64_t slice, uint64_t &executed) {
  uint32_t start = launch.random.below(static_cast<uint32_t>(warps.size()));
  for (uint32_t i = 0; i < warps.size(); ++i) {
    Warp &warp = warps[(start + i) % warps.size()];
    if (warp.finished() || !warp.canRun())
      continue;
    launch.current = &warp;
    uint64_t done = warp.run(slice);
    executed += done;
    sinceProgress += done;
    return true;
  }
  return false;
}

void Block::arrive(Warp &warp, const Inst &inst, unsigned id, uint32_t lanes, uint32_t expected,
                   bool waits, uint32_t predicate) {
  Barrier &barrier = barriers[id];
  unsigned line = launch.image.origins[warp.pc].line;
  if (barrier.arrived == 0) {
    barrier.expected = expected;
    barrier.line = line;
  } else if (barrier.expected != expected) {
    throw Fault{FaultKind::DivergentBarrier, firstLane(lanes),
                fmt::format("barrier {} with {} threads, but those who wait at PTX line {} said {}",
                            id, expected, barrier.line, barrier.expected)};
  }
  // With a thread count, a warp counts as 32 whatever became of its lanes.
  barrier.arrived += expected && lanes == warp.live() ? 32 : std::popcount(lanes);
  if (expected && barrier.arrived > expected)
    throw Fault{FaultKind::DivergentBarrier, firstLane(lanes),
                fmt::format("{} threads came to barrier {}, which is for {}", barrier.arrived, id,
                            expected)};
  barrier.voters += static_cast<unsigned>(std::popcount(lanes));
  barrier.reduced += static_cast<unsigned>(std::popcount(lanes & predicate));
  if (waits)
    barrier.waiting.push_back({warp.index, &inst, lanes});
  warp.known.block[warp.index] = warp.clock++;
  barrier.joined.join(warp.known);
  if (warp.fenced) {
    barrier.fences.join(*warp.fenced);
    barrier.joinedFences = true;
  }
  if (warp.observed) {
    Knowledge seen;
    seen.elsewhere = barrier.observed;
    seen.joinElsewhere(warp.observed);
    barrier.observed = seen.elsewhere;
  }
  if (isComplete(barrier))
    complete(barrier);
}

bool Block::isComplete(const Barrier &barrier) const {
  if (barrier.arrived == 0)
    return false;
  return barrier.arrived >= (barrier.expected ? barrier.expected : liveThreads);
}

void Block::complete(Barrier &done) {
  // The barrier can be used again as soon as its threads go on.
  Barrier barrier = std::move(done);
  done = Barrier();
  sinceProgress = 0;
  ++launch.counters.barriers;
  for (const Barrier::Waiting &waiting : barrier.waiting) {
    Warp &warp = warps[waiting.warp];
    warp.known.join(barrier.joined);
    warp.allSynced = warp.clock;
    // What a fence published stays published by those who meet its thread here.
    if (barrier.joinedFences) {
      if (warp.fenced)
        warp.fenced->join(barrier.fences);
      else
        warp.fenced = barrier.fences;
    }
    if (barrier.observed)
      warp.observed = barrier.observed;
    if (auto *reduction = static_cast<const BarrierReduction *>(waiting.inst->extra)) {
      switch (*reduction) {
      case BarrierReduction::None:
        break;
      case BarrierReduction::Popc: {
        uint32_t *d = warp.result<uint32_t>(waiting.inst->d);
        for (unsigned l = 0; l < 32; ++l)
          d[l] = (waiting.lanes >> l & 1) ? barrier.reduced : d[l];
        break;
      }
      case BarrierReduction::And:
      case BarrierReduction::Or: {
        bool value = *reduction == BarrierReduction::And ? barrier.reduced == barrier.voters
                                                         : barrier.reduced != 0;
        uint32_t *d = warp.result<uint32_t>(waiting.inst->d);
        *d = (*d & ~waiting.lanes) | (value ? waiting.lanes : 0);
        break;
      }
      }
      if (*reduction != BarrierReduction::None)
        warp.valid[waiting.inst->d.use] |= waiting.lanes;
    }
    warp.leaveBarrier(waiting.lanes);
  }
}

void Block::checkBarriers() {
  for (Barrier &barrier : barriers)
    if (isComplete(barrier))
      complete(barrier);
}

void Block::deadlock() {
  std::string text = "no thread of the block can go on:";
  for (unsigned id = 0; id < barriers.size(); ++id)
    if (barriers[id].arrived)
      text += fmt::format("\n  barrier {} has {} of {} threads", id, barriers[id].arrived,
                          barriers[id].expected ? barriers[id].expected : liveThreads);
  bool divergent = false;
  for (const Warp &warp : warps) {
    if (!warp.finished())
      text += warp.whereabouts();
    for (const Group &group : warp.groups)
      if (group.state == Group::AtWarpSync) {
        divergent |= launch.image.code[group.pc].flow == Flow::BlockBarrier;
        launch.current = const_cast<Warp *>(&warp);
      }
  }
  if (launch.current->finished())
    for (Warp &warp : warps)
      if (!warp.finished())
        launch.current = &warp;
  if (!launch.current->groups.empty())
    launch.current->pc = launch.current->groups.front().pc;
  throw Fault{divergent ? FaultKind::DivergentBarrier : FaultKind::Deadlock, Fault::wholeWarp,
              text};
}

uint32_t Block::lastClock() const {
  uint32_t last = firstClock;
  for (const Warp &warp : warps)
    last = std::max(last, warp.clock);
  return last;
}

} // namespace ptxsim
