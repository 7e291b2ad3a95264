// SPDX-License-Identifier: Apache-2.0
#include "runtime/Memory.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

namespace dsc {

static constexpr uint64_t largeBlock = uint64_t(1) << 20;
static constexpr uint64_t hugePage = uint64_t(2) << 20;

bool Block::allocate(uint64_t bytes) {
  release();
  if (bytes > machineMemory())
    return false;
  if (bytes >= largeBlock) {
    void *memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
      return false;
    if (bytes >= 2 * hugePage)
      madvise(memory, bytes, MADV_HUGEPAGE); // advice: a refusal costs speed only
    data_ = static_cast<char *>(memory);
    mapped = true;
  } else {
    uint64_t rounded = bytes ? (bytes + 63) / 64 * 64 : 64;
    data_ = static_cast<char *>(aligned_alloc(64, rounded));
    if (!data_)
      return false;
    memset(data_, 0, rounded);
    mapped = false;
  }
  size = bytes;
  return true;
}

void Block::release() {
  if (mapped)
    munmap(data_, size);
  else
    free(data_);
  data_ = nullptr;
  size = 0;
  mapped = false;
}

void Block::swap(Block &other) {
  char *data = data_;
  uint64_t bytes = size;
  bool map = mapped;
  data_ = other.data_, size = other.size, mapped = other.mapped;
  other.data_ = data, other.size = bytes, other.mapped = map;
}

static uint64_t askForMemory() {
  long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
  if (pages <= 0 || page <= 0)
    return INT64_MAX;
  return static_cast<uint64_t>(pages) * static_cast<uint64_t>(page);
}

// Asked once: a run compares every slot with it.
static const uint64_t memoryOfMachine = askForMemory();

uint64_t machineMemory() { return memoryOfMachine; }

} // namespace dsc
