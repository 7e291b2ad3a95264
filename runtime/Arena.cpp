// SPDX-License-Identifier: Apache-2.0
#include "runtime/Arena.h"

namespace dsc {

char *Arena::reserve(size_t epoch, uint64_t bytes) {
  Block &block = blocks[epoch];
  if (block.data() && block.bytes() >= bytes)
    return block.data();
  // A decode step needs a little more than the one before (sizes follow the past): exact blocks would
  // be mapped and faulted in anew for every token.
  uint64_t generous = block.data() ? block.bytes() + block.bytes() / 2 : 0;
  grown += block.data() != nullptr;
  if (generous > bytes && block.allocate(*device, generous))
    return block.data();
  return block.allocate(*device, bytes) ? block.data() : nullptr;
}

char *Arena::reserveExactly(size_t slot, uint64_t bytes) {
  Block &block = blocks[slot];
  if (block.data() && block.bytes() == bytes)
    return block.data();
  return block.allocate(*device, bytes) ? block.data() : nullptr;
}

uint64_t Arena::bytes() const {
  uint64_t total = 0;
  for (const Block &block : blocks)
    total += block.bytes();
  return total;
}

} // namespace dsc
