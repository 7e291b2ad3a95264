// SPDX-License-Identifier: Apache-2.0
#include "tools/ptxsim/core/MemoryChecks.h"

#include <fmt/format.h>

#include <algorithm>

namespace ptxsim {
namespace {

void misaligned(unsigned lane, uint64_t address, unsigned bytes) {
  throw Fault{FaultKind::Misaligned, lane,
              fmt::format("address {:#x} is no multiple of the access's {} bytes", address, bytes)};
}

} // namespace

void checkGlobal(Warp &w, uint32_t lanes, const uint64_t *addresses, unsigned bytes, bool store) {
  DeviceMemory &memory = w.block.launch.memory;
  const DeviceMemory::Allocation *last = nullptr;
  for (uint32_t rest = lanes; rest; rest &= rest - 1) {
    unsigned lane = firstLane(rest);
    uint64_t address = addresses[lane];
    if (address & (bytes - 1))
      misaligned(lane, address, bytes);
    if (!last || !last->contains(address, bytes)) {
      last = memory.find(address);
      if (!last || !last->contains(address, bytes))
        throw Fault{FaultKind::OutOfBounds, lane,
                    fmt::format("{} of {} bytes at global address {:#x}: {}",
                                store ? "store" : "load", bytes, address,
                                memory.describe(address))};
      if (store && last->readOnly)
        throw Fault{FaultKind::OutOfBounds, lane,
                    fmt::format("store to constant memory at {:#x}", address)};
    }
  }
}

void checkShared(Warp &w, uint32_t lanes, const uint64_t *addresses, unsigned bytes) {
  const uint64_t size = w.block.shared.size;
  for (uint32_t rest = lanes; rest; rest &= rest - 1) {
    unsigned lane = firstLane(rest);
    uint64_t address = addresses[lane];
    if (address & (bytes - 1))
      misaligned(lane, address, bytes);
    if (address >= size || bytes > size - address)
      throw Fault{FaultKind::OutOfBounds, lane,
                  fmt::format("access of {} bytes at offset {:#x} of shared memory, of which the "
                              "block has {} bytes",
                              bytes, address, size)};
  }
}

void countGlobal(Warp &w, uint32_t lanes, const uint64_t *addresses, unsigned bytes, bool store) {
  if (!lanes)
    return;
  Launch &launch = w.block.launch;
  struct Sector {
    uint64_t number;
    uint32_t used;
  };
  Sector sectors[64];
  unsigned count = 0, at = 0;
  for (uint32_t rest = lanes; rest; rest &= rest - 1) {
    uint64_t address = addresses[firstLane(rest)], sector = address / 32;
    uint32_t used = (bytes == 32 ? ~0u : (1u << bytes) - 1) << (address & 31);
    if (count == 0 || sectors[at].number != sector) {
      at = count;
      while (at-- > 0 && sectors[at].number != sector)
        ;
      if (at > 63) {
        at = count;
        sectors[count++] = {sector, 0};
      }
    }
    sectors[at].used |= used;
  }
  unsigned full = 0, fresh = 0;
  for (unsigned i = 0; i < count; ++i) {
    full += sectors[i].used == ~0u;
    uint32_t &stamp = launch.memory.sectorStamp(sectors[i].number * 32)[store];
    fresh += stamp != launch.stamp;
    stamp = launch.stamp;
  }
  Counters &c = launch.counters;
  uint64_t total = uint64_t(bytes) * static_cast<unsigned>(std::popcount(lanes));
  if (store) {
    ++c.globalStoreRequests;
    c.globalStoreBytes += total;
    c.globalStoreSectors += count;
    c.globalStoreFullSectors += full;
    c.globalStoreUniqueSectors += fresh;
  } else {
    ++c.globalLoadRequests;
    c.globalLoadBytes += total;
    c.globalLoadSectors += count;
    c.globalLoadFullSectors += full;
    c.globalLoadUniqueSectors += fresh;
  }
}

/// 32 banks of 4 bytes. Accesses of 8 and 16 bytes go in halves and quarters of the warp.
void countShared(Warp &w, uint32_t lanes, const uint64_t *addresses, unsigned bytes) {
  if (!lanes)
    return;
  Counters &c = w.block.launch.counters;
  ++c.sharedRequests;
  unsigned words = bytes <= 4 ? 1 : bytes / 4, lanesAtOnce = 32 / words;
  for (unsigned first = 0; first < 32; first += lanesAtOnce) {
    // Distinct words by bank: the fullest bank says how many wavefronts it takes.
    uint32_t seen[128];
    uint8_t next[128], heads[32];
    std::fill_n(heads, 32, uint8_t(255));
    unsigned count = 0, worst = 1;
    uint8_t depth[32] = {};
    for (unsigned lane = first; lane < first + lanesAtOnce; ++lane) {
      if (!(lanes >> lane & 1))
        continue;
      for (unsigned i = 0; i < words; ++i) {
        uint32_t word = static_cast<uint32_t>(addresses[lane] / 4) + i, bank = word & 31;
        uint8_t at = heads[bank];
        while (at != 255 && seen[at] != word)
          at = next[at];
        if (at != 255)
          continue;
        seen[count] = word;
        next[count] = heads[bank];
        heads[bank] = static_cast<uint8_t>(count++);
        worst = std::max<unsigned>(worst, ++depth[bank]);
      }
    }
    c.sharedBankConflicts += worst - 1;
  }
}

void raceFound(Warp &w, unsigned lane, const Access &earlier, bool earlierWrites, bool nowWrites,
               const char *space, uint64_t address) {
  Launch &launch = w.block.launch;
  std::string where =
      *space == 'g' ? launch.memory.describe(address) : fmt::format("offset {:#x}", address);
  throw Fault{FaultKind::Race, lane,
              fmt::format("{} {} memory ({}) without order after the {} by {}\n  at {}",
                          nowWrites ? "writes" : "reads", space, where,
                          earlierWrites ? "write" : "read",
                          launch.threadName(earlier.warp, earlier.lanes),
                          launch.place(earlier.instruction()))};
}

void pendingFound(unsigned lane, uint64_t address) {
  throw Fault{
      FaultKind::MissingWait, lane,
      fmt::format("offset {:#x} of shared memory is the destination of an asynchronous copy "
                  "that its thread has not waited for",
                  address)};
}

void uninitialisedFound(Warp &w, unsigned lane, uint64_t address, const char *space) {
  Launch &launch = w.block.launch;
  if (launch.choice.uninitialised == Options::Off)
    return;
  if (launch.choice.uninitialised == Options::Lazy) {
    w.poison |= 1u << lane;
    return;
  }
  std::string where =
      *space == 'g' ? launch.memory.describe(address) : fmt::format("offset {:#x}", address);
  throw Fault{FaultKind::UninitialisedMemory, lane,
              fmt::format("reads {} memory ({}) that nothing was written to", space, where)};
}

void synchronise(Warp &w, uint64_t key, bool reads, bool writes, bool acquire, bool release,
                 bool readModifyWrite) {
  Launch &launch = w.block.launch;
  const uint32_t first = w.block.firstWarp;
  const unsigned warps = static_cast<unsigned>(w.block.warps.size());
  std::shared_ptr<const Knowledge::Map> before;
  if (auto found = launch.published.find(key); found != launch.published.end())
    before = found->second;
  if (reads && before) {
    Knowledge seen;
    seen.elsewhere = w.observed;
    seen.joinElsewhere(before);
    w.observed = seen.elsewhere;
    if (acquire) {
      w.known.learn(w.observed, first, warps);
      w.observed.reset();
    }
  }
  if (!writes)
    return;
  if (release)
    w.fence(false, true);
  if (w.fenced) {
    // A read-modify-write continues what was published before it; a store replaces it.
    Knowledge now = *w.fenced;
    if (readModifyWrite && before)
      now.joinElsewhere(before);
    launch.published[key] = now.flatten(first, warps);
  } else if (!readModifyWrite && before) {
    launch.published.erase(key);
  }
}

} // namespace ptxsim
