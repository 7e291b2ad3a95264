// SPDX-License-Identifier: Apache-2.0
// Allocation, copies and fills.
#include "tools/ptxsim/driver/Context.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

using namespace ptxsim;

namespace {

bool inside(Context &c, CUdeviceptr address, size_t bytes) {
  const auto *allocation = c.memory.find(address);
  return allocation && allocation->contains(address, bytes);
}

CUresult toDevice(Context &c, CUdeviceptr to, const void *from, size_t bytes) {
  std::memcpy(c.memory.data(to), from, bytes);
  c.memory.markInitialised(to, bytes);
  return cuda::Success;
}

/// Bytes that nobody wrote come as 0xFF, which makes floats NaN.
CUresult toHost(Context &c, void *to, CUdeviceptr from, size_t bytes) {
  std::memcpy(to, c.memory.data(from), bytes);
  auto *out = static_cast<uint8_t *>(to);
  for (size_t i = 0; i < bytes;) {
    uint8_t state = *c.memory.state(from + i);
    unsigned first = (from + i) & 3;
    for (unsigned b = first; b < 4 && i < bytes; ++b, ++i)
      if (!(state >> b & 1))
        out[i] = 0xFF;
  }
  return cuda::Success;
}

CUresult onDevice(Context &c, CUdeviceptr to, CUdeviceptr from, size_t bytes) {
  std::memmove(c.memory.data(to), c.memory.data(from), bytes);
  if (to % 4 == 0 && from % 4 == 0 && bytes % 4 == 0) {
    std::memmove(c.memory.state(to), c.memory.state(from), bytes / 4);
  } else {
    for (size_t i = 0; i < bytes; ++i)
      if (*c.memory.state(from + i) >> ((from + i) & 3) & 1)
        c.memory.markInitialised(to + i, 1);
  }
  return cuda::Success;
}

template <class T> CUresult fill(Context &c, CUdeviceptr to, T value, size_t count) {
  for (size_t i = 0; i < count; ++i)
    std::memcpy(c.memory.data(to) + i * sizeof(T), &value, sizeof(T));
  c.memory.markInitialised(to, count * sizeof(T));
  return cuda::Success;
}

/// Checks now, does it in the stream's order; a synchronous call waits for the stream.
template <class Check, class Work>
CUresult transfer(CUstream handle, bool wait, size_t bytes, Check check, Work work) {
  return inContext([&](Context &c) -> CUresult {
    Stream *stream = c.find(handle);
    if (!stream)
      return cuda::InvalidHandle;
    if (bytes == 0)
      return cuda::Success;
    if (!check(c))
      return cuda::InvalidValue;
    if (wait && stream->capture)
      return cuda::CaptureUnsupported;
    if (CUresult result = c.submit(*stream, [&c, work] { return work(c); }))
      return result;
    return wait ? c.runUntil(*stream, stream->submitted) : static_cast<int>(cuda::Success);
  });
}

/// Whether the bytes lie in memory of cuMemAllocHost or cuMemHostRegister.
bool isPinned(Context &c, const void *pointer, size_t bytes) {
  auto at = reinterpret_cast<uintptr_t>(pointer);
  auto after = c.pinned.upper_bound(at);
  if (after == c.pinned.begin())
    return false;
  auto [start, size] = *std::prev(after);
  return at - start < size && bytes <= size - (at - start);
}

/// Copies from and to ordinary host memory are done when the call returns, as with a real driver,
/// which stages them; but not while a graph is captured.
bool mustWait(CUstream handle, const void *pointer, size_t bytes) {
  std::lock_guard lock(process().mutex);
  Context *c = process().primary.get();
  Stream *stream = c ? c->find(handle) : nullptr;
  return stream && !stream->capture && !isPinned(*c, pointer, bytes);
}

CUresult copyIn(CUdeviceptr to, const void *from, size_t bytes, CUstream stream, bool wait) {
  return transfer(
      stream, wait, bytes, [=](Context &c) { return from && inside(c, to, bytes); },
      [=](Context &c) { return toDevice(c, to, from, bytes); });
}
CUresult copyOut(void *to, CUdeviceptr from, size_t bytes, CUstream stream, bool wait) {
  return transfer(
      stream, wait, bytes, [=](Context &c) { return to && inside(c, from, bytes); },
      [=](Context &c) { return toHost(c, to, from, bytes); });
}
CUresult copyAcross(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream, bool wait) {
  return transfer(
      stream, wait, bytes,
      [=](Context &c) { return inside(c, to, bytes) && inside(c, from, bytes); },
      [=](Context &c) { return onDevice(c, to, from, bytes); });
}
template <class T> CUresult set(CUdeviceptr to, T value, size_t count, CUstream stream, bool wait) {
  size_t bytes = count * sizeof(T);
  return transfer(
      stream, wait, bytes, [=](Context &c) { return to % sizeof(T) == 0 && inside(c, to, bytes); },
      [=](Context &c) { return fill<T>(c, to, value, count); });
}

} // namespace

PTXSIM_API CUresult cuMemAlloc_v2(CUdeviceptr *address, size_t bytes) {
  return inContext([&](Context &c) {
    if (!address || bytes == 0)
      return cuda::InvalidValue;
    *address = c.memory.allocate(bytes);
    return *address ? cuda::Success : cuda::OutOfMemory;
  });
}

PTXSIM_API CUresult cuMemFree_v2(CUdeviceptr address) {
  return inContext([&](Context &c) -> CUresult {
    if (address == 0)
      return cuda::Success;
    if (CUresult result = c.finish())
      return result;
    return c.memory.release(address) ? cuda::Success : cuda::InvalidValue;
  });
}

PTXSIM_API CUresult cuMemAllocAsync(CUdeviceptr *address, size_t bytes, CUstream) {
  return cuMemAlloc_v2(address, bytes);
}
PTXSIM_API CUresult cuMemFreeAsync(CUdeviceptr address, CUstream) { return cuMemFree_v2(address); }

PTXSIM_API CUresult cuMemAllocHost_v2(void **pointer, size_t bytes) {
  return inContext([&](Context &c) {
    if (!pointer || bytes == 0)
      return cuda::InvalidValue;
    *pointer = std::aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);
    if (!*pointer)
      return cuda::OutOfMemory;
    c.pinned[reinterpret_cast<uintptr_t>(*pointer)] = bytes;
    return cuda::Success;
  });
}
PTXSIM_API CUresult cuMemHostAlloc(void **pointer, size_t bytes, unsigned) {
  return cuMemAllocHost_v2(pointer, bytes);
}
PTXSIM_API CUresult cuMemFreeHost(void *pointer) {
  return inContext([&](Context &c) -> CUresult {
    if (CUresult result = c.finish())
      return result;
    if (!c.pinned.erase(reinterpret_cast<uintptr_t>(pointer)))
      return cuda::InvalidValue;
    std::free(pointer);
    return cuda::Success;
  });
}
PTXSIM_API CUresult cuMemHostRegister_v2(void *pointer, size_t bytes, unsigned) {
  return inContext([&](Context &c) {
    if (!pointer || bytes == 0)
      return cuda::InvalidValue;
    c.pinned[reinterpret_cast<uintptr_t>(pointer)] = bytes;
    return cuda::Success;
  });
}
PTXSIM_API CUresult cuMemHostUnregister(void *pointer) {
  return inContext([&](Context &c) -> CUresult {
    if (CUresult result = c.finish())
      return result;
    return c.pinned.erase(reinterpret_cast<uintptr_t>(pointer)) ? cuda::Success
                                                                : cuda::InvalidValue;
  });
}

PTXSIM_API CUresult cuMemGetInfo_v2(size_t *available, size_t *total) {
  return inContext([&](Context &c) {
    if (!available || !total)
      return cuda::InvalidValue;
    *total = c.memory.capacityBytes();
    *available = *total - c.memory.usedBytes();
    return cuda::Success;
  });
}

PTXSIM_API CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void *from, size_t bytes) {
  return copyIn(to, from, bytes, nullptr, true);
}
PTXSIM_API CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void *from, size_t bytes,
                                         CUstream stream) {
  return copyIn(to, from, bytes, stream, mustWait(stream, from, bytes));
}
PTXSIM_API CUresult cuMemcpyDtoH_v2(void *to, CUdeviceptr from, size_t bytes) {
  return copyOut(to, from, bytes, nullptr, true);
}
PTXSIM_API CUresult cuMemcpyDtoHAsync_v2(void *to, CUdeviceptr from, size_t bytes,
                                         CUstream stream) {
  return copyOut(to, from, bytes, stream, mustWait(stream, to, bytes));
}
PTXSIM_API CUresult cuMemcpyDtoD_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes) {
  return copyAcross(to, from, bytes, nullptr, true);
}
PTXSIM_API CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes,
                                         CUstream stream) {
  return copyAcross(to, from, bytes, stream, false);
}
PTXSIM_API CUresult cuMemsetD8_v2(CUdeviceptr to, unsigned char value, size_t count) {
  return set<uint8_t>(to, value, count, nullptr, true);
}
PTXSIM_API CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t count,
                                    CUstream stream) {
  return set<uint8_t>(to, value, count, stream, false);
}
PTXSIM_API CUresult cuMemsetD16_v2(CUdeviceptr to, unsigned short value, size_t count) {
  return set<uint16_t>(to, value, count, nullptr, true);
}
PTXSIM_API CUresult cuMemsetD16Async(CUdeviceptr to, unsigned short value, size_t count,
                                     CUstream stream) {
  return set<uint16_t>(to, value, count, stream, false);
}
PTXSIM_API CUresult cuMemsetD32_v2(CUdeviceptr to, unsigned value, size_t count) {
  return set<uint32_t>(to, value, count, nullptr, true);
}
PTXSIM_API CUresult cuMemsetD32Async(CUdeviceptr to, unsigned value, size_t count,
                                     CUstream stream) {
  return set<uint32_t>(to, value, count, stream, false);
}
