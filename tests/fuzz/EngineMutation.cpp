// SPDX-License-Identifier: Apache-2.0
// Changes numbers within one section, where a change of length would only be refused for its layout.
#include "EngineDigests.h"
#include <cstddef>
#include <random>

extern "C" size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t maxSize);

static uint64_t interesting(std::mt19937 &random, uint64_t old) {
  switch (random() % 6) {
  case 0: return old + 1;
  case 1: return old - 1;
  case 2: return old ^ (uint64_t(1) << random() % 64);
  case 3: return uint64_t(random()) << 32 | random();
  case 4: return random() % 64;
  default: {
    constexpr uint64_t edges[] = {0, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0xffffffff, INT64_MAX, UINT64_MAX};
    return edges[random() % std::size(edges)];
  }
  }
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t maxSize, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<dsc_section> sections = readSections({bytes, bytes + size});
  if (sections.empty() || random() % 16 == 0)
    return LLVMFuzzerMutate(bytes, size, maxSize);
  size_t begin = 0, length = sizeof(dsc_file_header) + sections.size() * sizeof(dsc_section);
  const dsc_section &chosen = sections[random() % sections.size()];
  // The manifest is what there is most to say about.
  for (const dsc_section &section : sections)
    if ((random() % 4 ? section.kind == DSC_SECTION_MANIFEST : &section == &chosen) && isInside(section, size)) {
      begin = section.offset;
      length = section.bytes;
      break;
    }
  for (unsigned count = 1 + random() % 4; count--;) {
    size_t width = size_t(1) << random() % 4;
    if (length < width)
      continue;
    // Mostly aligned: so are the numbers of a FlatBuffer.
    size_t at = random() % (length - width + 1);
    if (random() % 4)
      at = at / width * width;
    uint64_t value = 0;
    memcpy(&value, bytes + begin + at, width);
    value = interesting(random, value);
    memcpy(bytes + begin + at, &value, width);
  }
  return size;
}
