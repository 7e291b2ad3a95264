// SPDX-License-Identifier: Apache-2.0
#include "runtime/Arena.h"

namespace dsc {

char *Arena::reserve(size_t epoch, uint64_t bytes) {
  Block &block = blocks[epoch];
  if (block.data() && block.bytes() >= bytes)
    return block.data();
  grown += block.data() != nullptr;
  return block.allocate(bytes) ? block.data() : nullptr;
}

uint64_t Arena::bytes() const {
  uint64_t total = 0;
  for (const Block &block : blocks)
    total += block.bytes();
  return total;
}

} // namespace dsc
