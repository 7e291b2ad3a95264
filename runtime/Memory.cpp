// SPDX-License-Identifier: Apache-2.0
#include "runtime/Memory.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

namespace dsc {

static constexpr uint64_t largeBlock = uint64_t(1) << 20;
static constexpr uint64_t hugePage = uint64_t(2) << 20;

bool Block::allocate(DeviceMemory &from, uint64_t bytes) {
  release();
  data_ = bytes > from.memory ? nullptr : from.allocate(from, bytes);
  if (!data_)
    return false;
  size = bytes;
  device = &from;
  return true;
}

void Block::release() {
  if (data_)
    device->release(*device, data_, size);
  data_ = nullptr;
  size = 0;
}

void Block::swap(Block &other) {
  char *data = data_;
  uint64_t bytes = size;
  DeviceMemory *from = device;
  data_ = other.data_, size = other.size, device = other.device;
  other.data_ = data, other.size = bytes, other.device = from;
}

static char *allocateHost(DeviceMemory &, uint64_t bytes) {
  if (bytes >= largeBlock) {
    void *memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
      return nullptr;
    if (bytes >= 2 * hugePage)
      madvise(memory, bytes, MADV_HUGEPAGE); // advice: a refusal costs speed only
    return static_cast<char *>(memory);
  }
  uint64_t rounded = bytes ? (bytes + 63) / 64 * 64 : 64;
  char *memory = static_cast<char *>(aligned_alloc(64, rounded));
  if (memory)
    memset(memory, 0, rounded);
  return memory;
}

static void releaseHost(DeviceMemory &, char *memory, uint64_t bytes) {
  if (bytes >= largeBlock)
    munmap(memory, bytes);
  else
    free(memory);
}

static dsc_status copyHost(DeviceMemory &, void *to, const void *from, uint64_t bytes,
                           dsc_error *) {
  memcpy(to, from, bytes);
  return DSC_OK;
}

static dsc_status zeroHost(DeviceMemory &, void *memory, uint64_t bytes, dsc_error *) {
  memset(memory, 0, bytes);
  return DSC_OK;
}

static uint64_t askForMemory() {
  long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
  if (pages <= 0 || page <= 0)
    return INT64_MAX;
  return static_cast<uint64_t>(pages) * static_cast<uint64_t>(page);
}

// Its memory is asked for once: a run compares every slot with it.
static DeviceMemory host = {
    64,          askForMemory(), true,     false,    allocateHost,
    releaseHost, copyHost,       zeroHost, copyHost, [](DeviceMemory &) { return ""; }};

DeviceMemory &hostMemory() { return host; }

} // namespace dsc
