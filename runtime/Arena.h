// SPDX-License-Identifier: Apache-2.0
#ifndef DSC_RUNTIME_ARENA_H
#define DSC_RUNTIME_ARENA_H

#include "runtime/Memory.h"

namespace dsc {

// Activations of a session: one block for the slots of each epoch, kept and never shrunk, so that a
// run like the one before allocates nothing.
class Arena {
public:
  // On a device of separate slots a block a slot, else one an epoch.
  [[nodiscard]] bool allocate(DeviceMemory &of, size_t epochs, size_t slots) {
    device = &of;
    return blocks.allocate(of.separate ? slots : epochs);
  }
  // The block of `epoch` with at least `bytes`; its contents are undefined. Null when there is no
  // memory.
  char *reserve(size_t epoch, uint64_t bytes);
  // The same with exactly `bytes`; `slot` stands for the epoch.
  char *reserveExactly(size_t slot, uint64_t bytes);

  void release() { blocks.clear(); }
  uint64_t bytes() const;
  uint64_t growths() const { return grown; }

private:
  DeviceMemory *device = nullptr;
  Array<Block> blocks;
  uint64_t grown = 0;
};

} // namespace dsc

#endif
