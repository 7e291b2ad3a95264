// SPDX-License-Identifier: Apache-2.0
// Makes the digests of an engine fit its bytes, so that what lies behind them is reached. Code of a CPU keeps its digest, and
// changed code is refused: who can sign code can run any. Code of a GPU is read, not run, when an engine is opened.
#ifndef DSC_TESTS_FUZZ_ENGINEDIGESTS_H
#define DSC_TESTS_FUZZ_ENGINEDIGESTS_H

#include "runtime/format/layout.h"
#include <algorithm>
#include <cstring>
#include <vector>
#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>

/// The sections that lie in the file; none when the table does not.
inline std::vector<dsc_section> readSections(const std::vector<uint8_t> &bytes) {
  dsc_file_header header;
  if (bytes.size() < sizeof header)
    return {};
  memcpy(&header, bytes.data(), sizeof header);
  if (header.section_count > (bytes.size() - sizeof header) / sizeof(dsc_section))
    return {};
  std::vector<dsc_section> sections(header.section_count);
  if (!sections.empty())
    memcpy(sections.data(), bytes.data() + sizeof header, sections.size() * sizeof(dsc_section));
  return sections;
}

inline bool isInside(const dsc_section &section, size_t fileBytes) {
  return section.offset <= fileBytes && section.bytes <= fileBytes - section.offset;
}

inline bool isCpuCode(const dsc_section &section) {
  return section.kind == DSC_SECTION_CODE && strncmp(section.tag, "sm_", 3) && strncmp(section.tag, "compute_", 8);
}

inline void writeEngineDigests(std::vector<uint8_t> &bytes) {
  std::vector<dsc_section> sections = readSections(bytes);
  if (sections.empty())
    return;
  const dsc_section *weights = nullptr, *digests = nullptr;
  for (const dsc_section &section : sections) {
    if (section.kind == DSC_SECTION_WEIGHTS && isInside(section, bytes.size()))
      weights = &section;
    if (section.kind == DSC_SECTION_WEIGHT_DIGESTS && isInside(section, bytes.size()))
      digests = &section;
  }
  if (weights && digests)
    for (uint64_t chunk = 0; chunk < digests->bytes / 8 && chunk * DSC_WEIGHT_CHUNK < weights->bytes; ++chunk) {
      uint64_t at = chunk * DSC_WEIGHT_CHUNK, size = std::min<uint64_t>(DSC_WEIGHT_CHUNK, weights->bytes - at);
      uint64_t digest = XXH3_64bits(bytes.data() + weights->offset + at, size);
      memcpy(bytes.data() + digests->offset + chunk * 8, &digest, 8);
    }
  for (dsc_section &section : sections)
    if (section.kind != DSC_SECTION_WEIGHTS && !isCpuCode(section) && isInside(section, bytes.size()))
      section.digest = XXH3_64bits(bytes.data() + section.offset, section.bytes);
  dsc_file_header header;
  memcpy(&header, bytes.data(), sizeof header);
  header.header_digest = 0;
  XXH3_state_t state;
  XXH3_64bits_reset(&state);
  XXH3_64bits_update(&state, &header, sizeof header);
  XXH3_64bits_update(&state, sections.data(), sections.size() * sizeof(dsc_section));
  header.header_digest = XXH3_64bits_digest(&state);
  memcpy(bytes.data(), &header, sizeof header);
  memcpy(bytes.data() + sizeof header, sections.data(), sections.size() * sizeof(dsc_section));
}

#endif
