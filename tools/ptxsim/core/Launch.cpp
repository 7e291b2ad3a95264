// SPDX-License-Identifier: Apache-2.0
// The order of blocks, and the words of reports.
#include "tools/ptxsim/core/Launch.h"

#include "tools/ptxsim/core/AsyncCopies.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace ptxsim {

const char *faultName(FaultKind kind) {
  switch (kind) {
  case FaultKind::OutOfBounds:
    return "out-of-bounds";
  case FaultKind::Misaligned:
    return "misaligned";
  case FaultKind::UninitialisedMemory:
    return "uninitialised-memory";
  case FaultKind::UninitialisedRegister:
    return "uninitialised-register";
  case FaultKind::Race:
    return "race";
  case FaultKind::MissingWait:
    return "missing-wait";
  case FaultKind::DivergentBarrier:
    return "divergent-barrier";
  case FaultKind::Deadlock:
    return "deadlock";
  case FaultKind::Limit:
    return "limit";
  case FaultKind::Trap:
    return "trap";
  case FaultKind::Assert:
    return "assert";
  case FaultKind::BadCollective:
    return "bad-collective";
  case FaultKind::Unsupported:
    return "unsupported";
  }
  return "?";
}

Launch::Launch(const Image &image, const LaunchShape &shape, std::vector<uint8_t> parameters,
               DeviceMemory &memory, uint32_t &clock, uint64_t seed)
    : image(image), shape(shape), parameters(std::move(parameters)), memory(memory), clock(clock),
      firstClock(clock + 1), stamp(clock + 1), random(seed), choice(options()),
      warpsPerBlock((shape.threads() + 31) / 32) {
  counters.launches = 1;
  clock = firstClock;
}

std::optional<Report> Launch::run(SharedPool &pool) {
  std::vector<Seat> seats;
  std::optional<Report> report;
  try {
    runBlocks(seats, pool);
  } catch (const Fault &fault) {
    // While the block that it happened in still exists.
    report = describe(fault);
  }
  for (Seat &seat : seats)
    leave(seat, pool);
  if (pool.size() > 8)
    pool.resize(8);
  current = nullptr;
  return report;
}

void Launch::leave(Seat &seat, SharedPool &pool) {
  clock = std::max(clock, seat.block->lastClock());
  seat.block.reset();
  pool.push_back(std::move(seat.shared));
}

void Launch::runBlocks(std::vector<Seat> &seats, SharedPool &pool) {
  std::vector<uint32_t> order(shape.blocks());
  std::iota(order.begin(), order.end(), 0u);
  for (size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[random.below(static_cast<uint32_t>(i))]);

  // Few blocks at a time keep their memory warm; more take a seat when those that sit there make
  // no progress, since they may wait for one that has not started. A GPU has room for so many:
  constexpr size_t mostSeats = 132 * 16;
  size_t wanted = 2, next = 0;
  uint64_t sinceFinish = 0;
  while (next < order.size() || !seats.empty()) {
    while (seats.size() < wanted && next < order.size()) {
      Seat seat;
      if (pool.empty()) {
        seat.shared = std::make_unique<SharedMemory>();
      } else {
        seat.shared = std::move(pool.back());
        pool.pop_back();
      }
      seat.block = std::make_unique<Block>(*this, order[next++], *seat.shared, clock + 1);
      seats.push_back(std::move(seat));
    }
    size_t at = random.below(static_cast<uint32_t>(seats.size()));
    Block &block = *seats[at].block;
    for (unsigned turns = 1 + random.below(32); turns && !block.finished(); --turns) {
      uint64_t before = executed;
      if (!block.run(16 + random.below(496), executed))
        block.deadlock();
      sinceFinish += executed - before;
      if (executed > choice.limit)
        throw Fault{FaultKind::Limit, Fault::wholeWarp,
                    fmt::format("the launch executed {} warp instructions without coming to its "
                                "end (option `limit`); this warp:{}",
                                executed, current->whereabouts())};
    }
    if (block.finished()) {
      leave(seats[at], pool);
      seats.erase(seats.begin() + static_cast<ptrdiff_t>(at));
      sinceFinish = 0;
    } else if (block.sinceProgress > 20'000 && sinceFinish > 20'000 && wanted < mostSeats) {
      ++wanted;
      sinceFinish = 0;
    }
  }
}

std::string Launch::place(uint32_t instruction) const {
  const InstOrigin &origin = image.origins[instruction];
  std::string text =
      fmt::format("PTX line {}: `{}`", origin.line, image.module->lineText(origin.line));
  auto file = image.module->files.find(origin.source.file);
  if (origin.source.line && file != image.module->files.end())
    text += fmt::format(" ({}:{})", file->second, origin.source.line);
  return text;
}

std::string Launch::blockName(uint64_t linear) const {
  return fmt::format("block ({},{},{})", linear % shape.grid[0],
                     linear / shape.grid[0] % shape.grid[1],
                     linear / shape.grid[0] / shape.grid[1]);
}

std::string Launch::threadName(uint32_t warpNumber, uint32_t lanes) const {
  std::string text =
      fmt::format("{} warp {}", blockName(warpNumber / warpsPerBlock), warpNumber % warpsPerBlock);
  if (lanes)
    text += fmt::format(" lane {}", laneList(lanes));
  return text;
}

Report Launch::describe(const Fault &fault) const {
  uint32_t lanes = fault.lane == Fault::wholeWarp ? 0 : 1u << fault.lane;
  std::string text = fmt::format("{}: kernel {}", faultName(fault.kind), image.entry->name);
  if (current)
    text += fmt::format(", {}\n  at {}", threadName(current->number, lanes), place(current->pc));
  return {fault.kind, text + "\n  " + fault.message};
}

} // namespace ptxsim
