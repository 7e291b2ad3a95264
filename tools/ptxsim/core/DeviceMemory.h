// SPDX-License-Identifier: Apache-2.0
// Global memory: allocations with guard space, and the shadow state of every byte.
//
// Device addresses are not host addresses: a host that follows one crashes as it would with a GPU.
// Data and shadow are reserved once, directly indexed, and backed by pages as they are touched.
#pragma once

#include "tools/ptxsim/core/Races.h"

#include <cstdint>
#include <map>
#include <string>

namespace ptxsim {

class DeviceMemory {
public:
  /// Addresses of global memory start here.
  static constexpr uint64_t base = uint64_t(0x7) << 44;

  struct Allocation {
    uint64_t address = 0, size = 0;
    bool readOnly = false;
    bool contains(uint64_t at, uint64_t bytes) const {
      return at - address < size && bytes <= size - (at - address);
    }
  };

  /// `capacity` bytes can be allocated; addresses are reused as late as possible.
  explicit DeviceMemory(uint64_t capacity);
  ~DeviceMemory();
  DeviceMemory(const DeviceMemory &) = delete;

  /// 0 when there is no room. Aligned to 256 bytes; contents uninitialised.
  uint64_t allocate(uint64_t bytes, bool readOnly = false);
  /// False when nothing was allocated at the address.
  bool release(uint64_t address);
  /// The allocation that the address lies in, or null.
  const Allocation *find(uint64_t address) const;
  /// "24 bytes past the allocation of 4096 bytes at 0x..."
  std::string describe(uint64_t address) const;

  /// Any address in [base, end()); backed whether allocated or not.
  uint8_t *data(uint64_t address) { return dataPages + (address - base); }
  /// A byte per 4 bytes of memory: low nibble initialised bytes, high nibble pending ones.
  uint8_t *state(uint64_t address) { return statePages + (address - base) / 4; }
  Cell *cells(uint64_t address) { return cellPages + (address - base) / 4; }
  /// Launch that last loaded from / stored to the 32-byte sector.
  uint32_t *sectorStamp(uint64_t address) { return stampPages + (address - base) / 32 * 2; }

  void markInitialised(uint64_t address, uint64_t bytes);
  /// Whether all bytes are initialised; the first that is not goes to *where.
  bool isInitialised(uint64_t address, uint64_t bytes, uint64_t *where = nullptr);
  uint64_t capacityBytes() const { return capacity; }
  uint64_t usedBytes() const { return used; }

private:
  uint64_t capacity, reserved, used = 0, bump = 0;
  uint8_t *dataPages = nullptr, *statePages = nullptr;
  Cell *cellPages = nullptr;
  uint32_t *stampPages = nullptr;
  std::map<uint64_t, Allocation> allocations;
};

} // namespace ptxsim
