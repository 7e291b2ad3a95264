// SPDX-License-Identifier: Apache-2.0
// Memory without the C++ library: allocation that can fail, and says so.
#ifndef DSC_RUNTIME_MEMORY_H
#define DSC_RUNTIME_MEMORY_H

#include "runtime/DeviceMemory.h"

#include <new>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

namespace dsc {

// One object on the heap; null when there is no memory.
template <class T> T *create() {
  void *memory = malloc(sizeof(T));
  return memory ? new (memory) T() : nullptr;
}
template <class T> void destroy(T *object) {
  if (object) {
    object->~T();
    free(object);
  }
}

// An array whose size is set once.
template <class T> class Array {
public:
  Array() = default;
  Array(const Array &) = delete;
  Array &operator=(const Array &) = delete;
  ~Array() { clear(); }

  // Gives `size` value-initialised elements; false when there is no memory.
  [[nodiscard]] bool allocate(size_t size) {
    clear();
    // Never null for size 0, so that data() is a valid argument of memcpy.
    data_ = static_cast<T *>(calloc(size ? size : 1, sizeof(T)));
    if (!data_)
      return false;
    for (; count < size; ++count)
      new (data_ + count) T();
    return true;
  }
  void clear() {
    for (size_t i = 0; i < count; ++i)
      data_[i].~T();
    free(data_);
    data_ = nullptr;
    count = 0;
  }

  size_t size() const { return count; }
  T *data() { return data_; }
  const T *data() const { return data_; }
  T &operator[](size_t i) { return data_[i]; }
  const T &operator[](size_t i) const { return data_[i]; }
  T *begin() { return data_; }
  T *end() { return data_ + count; }
  const T *begin() const { return data_; }
  const T *end() const { return data_ + count; }

private:
  T *data_ = nullptr;
  size_t count = 0;
};

// A block for tensors, of a device.
class Block {
public:
  Block() = default;
  Block(const Block &) = delete;
  Block &operator=(const Block &) = delete;
  ~Block() { release(); }

  // At least `bytes` (never a null pointer, also for 0). On failure the block is empty.
  [[nodiscard]] bool allocate(DeviceMemory &device, uint64_t bytes);
  void release();
  void swap(Block &other);

  char *data() const { return data_; }
  uint64_t bytes() const { return size; }

private:
  char *data_ = nullptr;
  uint64_t size = 0;
  DeviceMemory *device = nullptr;
};

} // namespace dsc

#endif
