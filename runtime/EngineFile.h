// SPDX-License-Identifier: Apache-2.0
// The file: a read-only map, its header, its sections and their digests.
#ifndef DSC_RUNTIME_ENGINEFILE_H
#define DSC_RUNTIME_ENGINEFILE_H

#include "dsc/runtime.h"
#include "runtime/format/layout.h"

namespace dsc {

class EngineFile {
public:
  EngineFile() = default;
  EngineFile(const EngineFile &) = delete;
  EngineFile &operator=(const EngineFile &) = delete;
  ~EngineFile();

  // Maps `path` and checks everything but the weights' bytes: sizes, section table, digests,
  // padding.
  dsc_status open(const char *path, dsc_error *error);
  // Hashes every chunk of the weights.
  dsc_status verifyWeights(dsc_error *error) const;

  size_t sectionCount() const { return header().section_count; }
  const dsc_section &section(size_t i) const { return sections()[i]; }
  const char *bytes(const dsc_section &section) const { return map + section.offset; }
  const dsc_section *manifest() const { return manifestSection; }
  const dsc_section *weights() const { return weightSection; } // null: the engine has no weights

private:
  const dsc_file_header &header() const;
  const dsc_section *sections() const;
  dsc_status checkHeader(dsc_error *error) const;
  dsc_status checkSections(dsc_error *error);
  dsc_status checkWeightDigests(dsc_error *error) const;

  const char *map = nullptr;
  uint64_t fileBytes = 0;
  const dsc_section *manifestSection = nullptr;
  const dsc_section *weightSection = nullptr;
  const dsc_section *digestSection = nullptr;
};

} // namespace dsc

#endif
