// SPDX-License-Identifier: Apache-2.0
#include "tools/ptxsim/core/DeviceMemory.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <new>

namespace ptxsim {
namespace {

constexpr uint64_t alignment = 256;
/// Space behind each allocation that belongs to nobody.
constexpr uint64_t guard = 1024;

void *reserve(uint64_t bytes) {
  void *pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return pages == MAP_FAILED ? nullptr : pages;
}

/// Gives the pages that lie wholly inside back and clears the rest.
void clear(void *start, uint64_t bytes) {
  auto first = reinterpret_cast<uintptr_t>(start), last = first + bytes;
  uintptr_t pageFirst = (first + 4095) & ~uintptr_t(4095), pageLast = last & ~uintptr_t(4095);
  if (pageFirst >= pageLast) {
    std::fill_n(static_cast<char *>(start), bytes, 0);
    return;
  }
  std::fill(reinterpret_cast<char *>(first), reinterpret_cast<char *>(pageFirst), 0);
  std::fill(reinterpret_cast<char *>(pageLast), reinterpret_cast<char *>(last), 0);
  madvise(reinterpret_cast<void *>(pageFirst), pageLast - pageFirst, MADV_DONTNEED);
}

} // namespace

DeviceMemory::DeviceMemory(uint64_t wanted) : capacity((wanted + 4095) & ~uint64_t(4095)) {
  // Four times the capacity as addresses, so that freed ones rest; less where the system is strict.
  for (uint64_t factor : {4, 2, 1}) {
    reserved = capacity * factor;
    dataPages = static_cast<uint8_t *>(reserve(reserved));
    statePages = static_cast<uint8_t *>(reserve(reserved / 4));
    cellPages = static_cast<Cell *>(reserve(reserved / 4 * sizeof(Cell)));
    stampPages = static_cast<uint32_t *>(reserve(reserved / 32 * 8));
    if (dataPages && statePages && cellPages && stampPages)
      return;
    this->~DeviceMemory();
  }
  throw std::bad_alloc();
}

DeviceMemory::~DeviceMemory() {
  auto drop = [](auto *&pages, uint64_t bytes) {
    if (pages)
      munmap(pages, bytes);
    pages = nullptr;
  };
  drop(dataPages, reserved);
  drop(statePages, reserved / 4);
  drop(cellPages, reserved / 4 * sizeof(Cell));
  drop(stampPages, reserved / 32 * 8);
}

uint64_t DeviceMemory::allocate(uint64_t bytes, bool readOnly) {
  if (bytes == 0 || bytes > capacity - used)
    return 0;
  uint64_t need = (bytes + alignment - 1) / alignment * alignment + guard;
  uint64_t at = 0;
  if (need <= reserved - bump) {
    at = base + bump;
    bump += need;
  } else {
    uint64_t free = base;
    for (const auto &[address, allocation] : allocations) {
      if (address - free >= need)
        break;
      free = address + (allocation.size + alignment - 1) / alignment * alignment + guard;
    }
    if (free - base > reserved || need > reserved - (free - base))
      return 0;
    at = free;
  }
  allocations[at] = {at, bytes, readOnly};
  used += bytes;
  return at;
}

bool DeviceMemory::release(uint64_t address) {
  auto found = allocations.find(address);
  if (found == allocations.end())
    return false;
  uint64_t size = (found->second.size + alignment - 1) / alignment * alignment;
  clear(data(address), size);
  clear(state(address), size / 4);
  clear(cells(address), size / 4 * sizeof(Cell));
  clear(sectorStamp(address), size / 32 * 8);
  used -= found->second.size;
  allocations.erase(found);
  return true;
}

const DeviceMemory::Allocation *DeviceMemory::find(uint64_t address) const {
  auto after = allocations.upper_bound(address);
  if (after == allocations.begin())
    return nullptr;
  const Allocation &before = std::prev(after)->second;
  return before.contains(address, 1) ? &before : nullptr;
}

std::string DeviceMemory::describe(uint64_t address) const {
  auto after = allocations.upper_bound(address);
  if (after != allocations.begin()) {
    const Allocation &before = std::prev(after)->second;
    if (before.contains(address, 1))
      return fmt::format("offset {} of the allocation of {} bytes at {:#x}",
                         address - before.address, before.size, before.address);
    uint64_t past = address - before.address - before.size;
    if (after == allocations.end() || past <= after->first - address)
      return fmt::format("{} bytes past the end of the allocation of {} bytes at {:#x}", past,
                         before.size, before.address);
  }
  if (after != allocations.end() && after->first - address < (uint64_t(1) << 32))
    return fmt::format("{} bytes before the allocation of {} bytes at {:#x}",
                       after->first - address, after->second.size, after->first);
  return "in no allocation";
}

void DeviceMemory::markInitialised(uint64_t address, uint64_t bytes) {
  for (uint64_t at = address, end = address + bytes; at < end;) {
    if (at % 4 == 0 && end - at >= 4) {
      uint64_t words = (end - at) / 4;
      std::fill_n(state(at), words, uint8_t(0x0F));
      at += words * 4;
    } else {
      *state(at) |= static_cast<uint8_t>(1u << (at % 4));
      ++at;
    }
  }
}

bool DeviceMemory::isInitialised(uint64_t address, uint64_t bytes, uint64_t *where) {
  for (uint64_t at = address; at < address + bytes; ++at)
    if (!(*state(at) >> (at % 4) & 1)) {
      if (where)
        *where = at;
      return false;
    }
  return true;
}

} // namespace ptxsim
