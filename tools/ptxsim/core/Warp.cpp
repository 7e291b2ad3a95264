// SPDX-License-Identifier: Apache-2.0
// How a warp advances: groups of lanes with equal program counters, the lowest first, so that lanes
// which parted meet again where their paths join.
#include "tools/ptxsim/core/Warp.h"

#include "tools/ptxsim/core/AsyncCopies.h"
#include "tools/ptxsim/core/Launch.h"

#include <fmt/format.h>

#include <algorithm>

namespace ptxsim {

std::string laneList(uint32_t lanes) {
  std::string text;
  for (unsigned lane = 0; lane < 32;) {
    if (!(lanes >> lane & 1)) {
      ++lane;
      continue;
    }
    unsigned last = lane;
    while (last < 31 && (lanes >> (last + 1) & 1))
      ++last;
    text += fmt::format("{}{}", text.empty() ? "" : ",", lane);
    if (last > lane)
      text += fmt::format("-{}", last);
    lane = last + 1;
  }
  return text;
}

static uint32_t lanesEqual(const uint32_t *values, uint32_t wanted, uint32_t lanes) {
  uint32_t equal = 0;
  for (unsigned l = 0; l < 32; ++l)
    equal |= uint32_t(values[l] == wanted) << l;
  return equal & lanes;
}

Warp::Warp(Block &block, unsigned index, uint32_t lanes)
    : block(block), index(index), existing(lanes) {
  const Image &image = block.launch.image;
  storage.resize(image.registerBytes + 64);
  registers = storage.data() + (-reinterpret_cast<uintptr_t>(storage.data()) & 63);
  constants = image.constants.data();
  validStorage.resize(image.registerUses);
  valid = validStorage.data();
  valid[0] = ~0u;
  local.resize(size_t(image.localBytes) * 32);
  localState.resize(local.size() / 4);
  Group all;
  all.lanes = lanes;
  groups.push_back(std::move(all));
}

Warp::Warp(Warp &&) noexcept = default;
Warp::~Warp() = default;

bool Warp::canRun() const {
  return std::ranges::any_of(groups, [](const Group &g) { return g.state == Group::Ready; });
}

/// The ready group to run next, groups.size() when none is.
size_t Warp::pick() {
  size_t best = groups.size(), ready = 0;
  for (size_t i = 0; i < groups.size(); ++i)
    if (groups[i].state == Group::Ready) {
      ++ready;
      if (best == groups.size() || groups[i].pc < groups[best].pc)
        best = i;
    }
  // A group that spins on what another one does must not starve it.
  if (ready > 1 && turn > 2048) {
    turn = 0;
    for (size_t skip = block.launch.random.below(static_cast<uint32_t>(ready)), i = 0;; ++i)
      if (groups[i].state == Group::Ready && skip-- == 0)
        return i;
  }
  return best;
}

/// Joins groups that stand where this one stands; returns its new index.
size_t Warp::mergeAt(size_t group) {
  for (size_t i = groups.size(); i-- > 0;) {
    if (i == group || groups[i].pc != groups[group].pc ||
        groups[i].state == Group::AtBlockBarrier || groups[i].stack != groups[group].stack)
      continue;
    groups[group].lanes |= groups[i].lanes;
    groups.erase(groups.begin() + static_cast<ptrdiff_t>(i));
    group -= i < group;
  }
  return group;
}

uint64_t Warp::run(uint64_t budget) {
  uint64_t done = 0;
  yielded = false;
  while (done < budget && !yielded) {
    size_t group = pick();
    if (group == groups.size()) {
      bool atBlock = std::ranges::any_of(
          groups, [](const Group &g) { return g.state == Group::AtBlockBarrier; });
      if (!groups.empty() && !atBlock)
        stuck();
      break;
    }
    uint32_t nextOther = ~0u;
    if (groups.size() > 1) {
      group = mergeAt(group);
      for (const Group &other : groups)
        if (other.pc > groups[group].pc && other.state != Group::AtBlockBarrier)
          nextOther = std::min(nextOther, other.pc);
    }
    uint64_t before = done;
    // Until it comes to where another group stands; after a jump back that may be anywhere.
    do {
      ++done;
      if (!step(group))
        break;
    } while (groups[group].pc < nextOther && done < budget &&
             (groups[group].pc > pc || groups.size() == 1));
    turn = groups.size() > 1 ? turn + (done - before) : 0;
  }
  return done;
}

/// One instruction; false when the groups changed or this one must wait.
bool Warp::step(size_t group) {
  const Image &image = block.launch.image;
  Counters &counters = block.launch.counters;
  pc = groups[group].pc;
  const Inst &inst = image.code[pc];
  const uint32_t present = groups[group].lanes;
  uint32_t lanes = present;
  if (inst.guard.use) {
    if (uint32_t bad = lanes & ~valid[inst.guard.use])
      uninitialised(inst, bad);
    uint32_t holds = predicate(inst.guard);
    lanes &= inst.guardNegated ? ~holds : holds;
  }
  image.reached[pc] |= lanes != 0;
  uint32_t sound = valid[inst.a.use] & valid[inst.b.use] & valid[inst.c.use];
  for (unsigned i = 0; i < inst.moreSources; ++i)
    sound &= valid[image.slots[inst.more + i].use];
  if ((lanes & ~sound) && (!inst.copies || inst.decides))
    uninitialised(inst, lanes & ~sound);

  if (inst.flow == Flow::Plain) [[likely]] {
    ++counters.warpInstructions[static_cast<size_t>(inst.cls)];
    counters.threadInstructions += static_cast<unsigned>(std::popcount(lanes));
    inst.run(*this, inst, lanes);
    uint32_t defined = lanes & sound & ~poison;
    poison = 0;
    valid[inst.d.use] = (valid[inst.d.use] & ~lanes) | defined;
    for (unsigned i = 0; i < inst.moreResults; ++i) {
      uint32_t &v = valid[image.slots[inst.more + inst.moreSources + i].use];
      v = (v & ~lanes) | defined;
    }
    valid[0] = ~0u;
    ++groups[group].pc;
    return true;
  }

  auto count = [&] {
    ++counters.warpInstructions[static_cast<size_t>(inst.cls)];
    counters.threadInstructions += static_cast<unsigned>(std::popcount(lanes));
  };
  if (lanes == 0) {
    count();
    ++groups[group].pc;
    return true;
  }
  if (inst.flow == Flow::Branch) {
    count();
    if (lanes == present) {
      groups[group].pc = inst.target;
      return true;
    }
    branch(group, lanes, inst.target);
    return false;
  }
  // From here on all lanes of the group execute: the others go ahead.
  if (lanes != present) {
    splitOff(group, present & ~lanes);
    groups.back().pc = pc + 1;
  }
  switch (inst.flow) {
  case Flow::BranchTable: {
    count();
    const uint32_t *which = source<uint32_t>(inst.a);
    const auto &targets = *static_cast<const std::vector<uint32_t> *>(inst.extra);
    uint32_t first = which[firstLane(lanes)];
    if (first >= targets.size())
      throw Fault{FaultKind::OutOfBounds, firstLane(lanes),
                  fmt::format("index {} of a table of {} branch targets", first, targets.size())};
    if (uint32_t same = lanesEqual(which, first, lanes); same != lanes)
      splitOff(group, lanes & ~same);
    groups[group].pc = targets[first];
    return false;
  }
  case Flow::Call:
    count();
    groups[group].stack.push_back(pc + 1);
    groups[group].pc = inst.target;
    return false;
  case Flow::Return:
    if (!groups[group].stack.empty()) {
      count();
      groups[group].pc = groups[group].stack.back();
      groups[group].stack.pop_back();
      return false;
    }
    [[fallthrough]];
  case Flow::Exit:
    count();
    exitLanes(group, lanes);
    return false;
  case Flow::Collective:
    if (!collective(group, inst, lanes))
      return false;
    count();
    return false;
  case Flow::WarpBarrier:
    if (warpBarrier(group, inst, lanes))
      count();
    return false;
  case Flow::BlockBarrier:
    if (blockBarrier(group, inst, lanes))
      count();
    return false;
  case Flow::Yield:
    count();
    yielded = true;
    ++groups[group].pc;
    return false;
  case Flow::Plain:
  case Flow::Branch:
    break;
  }
  return false;
}

void Warp::uninitialised(const Inst &inst, uint32_t lanes) {
  switch (block.launch.choice.uninitialised) {
  case Options::Off:
    return;
  case Options::Lazy:
    // Shuffles and products pass undefined values on by themselves.
    if (!inst.decides && (inst.flow == Flow::Plain || inst.flow == Flow::Collective))
      return;
    break;
  case Options::Strict:
    break;
  }
  const Image &image = block.launch.image;
  std::string names;
  auto add = [&](Slot slot) {
    if (slot.use && (lanes & ~valid[slot.use]))
      names += fmt::format("{}{}", names.empty() ? "" : ", ", image.useNames[slot.use]);
  };
  add(inst.guard), add(inst.a), add(inst.b), add(inst.c);
  for (unsigned i = 0; i < inst.moreSources; ++i)
    add(image.slots[inst.more + i]);
  throw Fault{
      FaultKind::UninitialisedRegister, firstLane(lanes),
      fmt::format("{} read before anything was written to it (lanes {})", names, laneList(lanes))};
}

/// These lanes become a group of their own at the same place.
void Warp::splitOff(size_t group, uint32_t lanes) {
  Group other = groups[group];
  other.lanes = lanes;
  other.state = Group::Ready;
  groups[group].lanes &= ~lanes;
  groups.push_back(std::move(other));
}

void Warp::branch(size_t group, uint32_t taken, uint32_t target) {
  splitOff(group, groups[group].lanes & ~taken);
  groups.back().pc = pc + 1;
  groups[group].pc = target;
}

bool Warp::collective(size_t group, const Inst &inst, uint32_t lanes) {
  uint32_t need = ~0u;
  if (!inst.aligned) {
    const uint32_t *masks = source<uint32_t>(inst.c);
    uint32_t mask = masks[firstLane(lanes)];
    if (uint32_t same = lanesEqual(masks, mask, lanes); same != lanes) {
      splitOff(group, lanes & ~same);
      lanes = same;
    }
    if (lanes & ~mask)
      throw Fault{
          FaultKind::BadCollective, firstLane(lanes & ~mask),
          fmt::format("lanes {} execute with member mask {:#010x}, which does not name them",
                      laneList(lanes & ~mask), mask)};
    need = mask & live();
  } else if (live() != ~0u) {
    throw Fault{FaultKind::BadCollective, firstLane(lanes),
                fmt::format("all 32 lanes must execute this, but only lanes {} are alive",
                            laneList(live()))};
  }
  if (lanes != need) {
    groups[group].state = Group::AtWarpSync;
    groups[group].awaited = need;
    return false;
  }
  inst.run(*this, inst, lanes);
  const Image &image = block.launch.image;
  uint32_t defined = lanes & ~poison;
  poison = 0;
  valid[inst.d.use] = (valid[inst.d.use] & ~lanes) | defined;
  for (unsigned i = 0; i < inst.moreResults; ++i) {
    uint32_t &v = valid[image.slots[inst.more + inst.moreSources + i].use];
    v = (v & ~lanes) | defined;
  }
  valid[0] = ~0u;
  groups[group].state = Group::Ready;
  groups[group].pc = pc + 1;
  return true;
}

/// bar.warp.sync: lanes may wait at different instructions, with equal masks.
bool Warp::warpBarrier(size_t group, const Inst &inst, uint32_t lanes) {
  const uint32_t *masks = source<uint32_t>(inst.c);
  uint32_t mask = masks[firstLane(lanes)];
  if (uint32_t same = lanesEqual(masks, mask, lanes); same != lanes) {
    splitOff(group, lanes & ~same);
    lanes = same;
  }
  if (lanes & ~mask)
    throw Fault{FaultKind::BadCollective, firstLane(lanes & ~mask),
                fmt::format("lanes {} wait with member mask {:#010x}, which does not name them",
                            laneList(lanes & ~mask), mask)};
  groups[group].state = Group::AtWarpSync;
  groups[group].awaited = mask & live();
  uint32_t here = 0;
  auto waits = [&](const Group &g) {
    return g.state == Group::AtWarpSync && g.awaited == groups[group].awaited &&
           block.launch.image.code[g.pc].flow == Flow::WarpBarrier;
  };
  for (const Group &g : groups)
    if (waits(g))
      here |= g.lanes;
  uint32_t awaited = groups[group].awaited;
  if (here != awaited)
    return false;
  for (Group &g : groups)
    if (g.state == Group::AtWarpSync && g.awaited == awaited &&
        block.launch.image.code[g.pc].flow == Flow::WarpBarrier) {
      g.state = Group::Ready;
      ++g.pc;
    }
  syncLanes(here);
  return true;
}

bool Warp::blockBarrier(size_t group, const Inst &inst, uint32_t lanes) {
  if (inst.aligned && lanes != live()) {
    groups[group].state = Group::AtWarpSync;
    groups[group].awaited = live();
    return false;
  }
  uint32_t id = source<uint32_t>(inst.a)[firstLane(lanes)];
  uint32_t expected = source<uint32_t>(inst.b)[firstLane(lanes)];
  for (unsigned l = 0; l < 32; ++l)
    if ((lanes >> l & 1) &&
        (source<uint32_t>(inst.a)[l] != id || source<uint32_t>(inst.b)[l] != expected))
      throw Fault{FaultKind::DivergentBarrier, l,
                  "lanes of a warp name different barriers or thread counts"};
  if (id >= block.barriers.size())
    throw Fault{FaultKind::DivergentBarrier, firstLane(lanes),
                fmt::format("barrier {} does not exist, there are 16", id)};
  if (expected % 32)
    throw Fault{FaultKind::DivergentBarrier, firstLane(lanes),
                fmt::format("a barrier for {} threads: not a multiple of 32", expected)};
  bool waits = inst.immediate != 0; // bar.arrive does not
  uint32_t holds = predicate(inst.c);
  groups[group].state = waits ? Group::AtBlockBarrier : Group::Ready;
  if (!waits)
    ++groups[group].pc;
  block.arrive(*this, inst, id, lanes, expected, waits, holds);
  return true;
}

void Warp::leaveBarrier(uint32_t lanes) {
  for (Group &g : groups)
    if (g.state == Group::AtBlockBarrier && (g.lanes & lanes)) {
      g.state = Group::Ready;
      ++g.pc;
    }
}

void Warp::exitLanes(size_t group, uint32_t lanes) {
  exited |= lanes;
  groups.erase(groups.begin() + static_cast<ptrdiff_t>(group));
  for (Group &g : groups)
    if (g.state == Group::AtWarpSync)
      g.state = Group::Ready;
  block.liveThreads -= static_cast<unsigned>(std::popcount(lanes));
  block.sinceProgress = 0;
  block.checkBarriers();
}

std::string Warp::whereabouts() const {
  std::string text;
  for (const Group &g : groups) {
    const char *state = g.state == Group::Ready        ? "run at"
                        : g.state == Group::AtWarpSync ? "wait for their warp at"
                                                       : "wait for their block at";
    text += fmt::format("\n  {} lanes {} {} {}", block.launch.threadName(number, 0),
                        laneList(g.lanes), state, block.launch.place(g.pc));
    if (g.state == Group::AtWarpSync && (g.awaited & ~g.lanes))
      text += fmt::format(", missing lanes {}", laneList(g.awaited & ~g.lanes));
  }
  return text;
}

void Warp::stuck() {
  bool barrier = std::ranges::any_of(groups, [&](const Group &g) {
    return block.launch.image.code[g.pc].flow == Flow::BlockBarrier;
  });
  pc = groups.front().pc;
  throw Fault{barrier ? FaultKind::DivergentBarrier : FaultKind::Deadlock,
              firstLane(groups.front().lanes),
              (barrier ? "part of a warp waits at a barrier that the others do not reach:"
                       : "lanes of a warp wait for each other at different instructions:") +
                  whereabouts()};
}

// ---- what a warp knows of others
// -----------------------------------------------------------------

bool Warp::ordered(const Access &access, uint32_t staleBefore, uint32_t lane) const {
  if (access.clock < staleBefore)
    return true;
  uint32_t other = access.warp - block.firstWarp;
  if (other == index) {
    if (access.site & Access::mixed)
      return true;
    uint32_t others = access.lanes & ~(1u << lane);
    if (others == 0 || access.clock < allSynced)
      return true;
    if (!laneSeen)
      return false;
    for (unsigned l = 0; l < 32; ++l)
      if ((others >> l & 1) && (*laneSeen)[lane][l] <= access.clock)
        return false;
    return true;
  }
  if (other < block.warps.size())
    return known.block[other] >= access.clock;
  if (!known.elsewhere)
    return false;
  auto found = known.elsewhere->find(access.warp);
  return found != known.elsewhere->end() && found->second >= access.clock;
}

void Warp::syncLanes(uint32_t lanes) {
  ++clock;
  if (lanes == live()) {
    allSynced = clock;
    return;
  }
  if (!laneSeen) {
    laneSeen = std::make_unique<std::array<std::array<uint32_t, 32>, 32>>();
    for (auto &row : *laneSeen)
      row.fill(0);
  }
  std::array<uint32_t, 32> joined{};
  for (unsigned l = 0; l < 32; ++l)
    if (lanes >> l & 1)
      for (unsigned m = 0; m < 32; ++m)
        joined[m] = std::max({joined[m], (*laneSeen)[l][m], (lanes >> m & 1) ? clock : 0u});
  for (unsigned l = 0; l < 32; ++l)
    if (lanes >> l & 1)
      (*laneSeen)[l] = joined;
}

void Warp::fence(bool acquire, bool release) {
  if (acquire && observed) {
    known.learn(observed, block.firstWarp, static_cast<unsigned>(block.warps.size()));
    observed.reset();
  }
  if (release) {
    known.block[index] = clock++;
    fenced = known;
  }
}

} // namespace ptxsim
