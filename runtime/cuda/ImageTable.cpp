// SPDX-License-Identifier: Apache-2.0
#include "runtime/cuda/ImageTable.h"

#include "runtime/Error.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

namespace dsc {

using ull = unsigned long long;

CudaTarget cudaTargetOf(const dsc_section &section) {
  CudaTarget target;
  if (section.kind == DSC_SECTION_SOURCE && !strcmp(section.tag, "cuda"))
    target.code = CudaCode::Source;
  if (section.kind != DSC_SECTION_CODE)
    return target;
  const char *number = section.tag;
  CudaCode code = CudaCode::None;
  if (!strncmp(number, "sm_", 3))
    code = CudaCode::Cubin, number += 3;
  else if (!strncmp(number, "compute_", 8))
    code = CudaCode::Ptx, number += 8;
  char *end = const_cast<char *>(number);
  long capability = *number >= '0' && *number <= '9' ? strtol(number, &end, 10) : 0;
  bool only = *end == 'a' && end[1] == 0;
  if (capability < 10 || capability > 9999 || (*end && !only))
    return target;
  target = {code, static_cast<int>(capability), only};
  return target;
}

int cudaRank(const CudaTarget &target, int capability) {
  switch (target.code) {
  case CudaCode::None:
    return 0;
  case CudaCode::Source:
    return 1;
  default:
    break;
  }
  bool cubin = target.code == CudaCode::Cubin;
  if (target.thisOneOnly
          ? target.capability != capability
          : target.capability > capability || (cubin && target.capability / 10 != capability / 10))
    return 0;
  return (cubin ? 40000 : 20000) + 2 * target.capability + target.thisOneOnly;
}

// A driver takes a cubin's size from its headers: they must not lead outside.
static bool cubinFits(const char *image, uint64_t bytes) {
  Elf64_Ehdr header;
  if (bytes < sizeof header)
    return false;
  memcpy(&header, image, sizeof header);
  if (memcmp(header.e_ident, ELFMAG, SELFMAG) || header.e_ident[EI_CLASS] != ELFCLASS64)
    return false;
  auto inside = [&](uint64_t offset, uint64_t size) {
    return offset <= bytes && size <= bytes - offset;
  };
  if (!inside(header.e_phoff, uint64_t(header.e_phnum) * header.e_phentsize) ||
      !inside(header.e_shoff, uint64_t(header.e_shnum) * header.e_shentsize) ||
      (header.e_shnum && header.e_shentsize != sizeof(Elf64_Shdr)))
    return false;
  for (unsigned i = 0; i < header.e_shnum; ++i) {
    Elf64_Shdr section;
    memcpy(&section, image + header.e_shoff + i * sizeof section, sizeof section);
    if (section.sh_type != SHT_NOBITS && !inside(section.sh_offset, section.sh_size))
      return false;
  }
  return true;
}

static dsc_status checkTable(const EngineFile &file, const dsc_section &section, CudaCode code,
                             uint32_t kernels, dsc_error *error) {
  const char *bytes = file.bytes(section);
  uint64_t table = uint64_t(kernels) * sizeof(dsc_image);
  if (section.bytes < table)
    return fail(error, DSC_CORRUPT,
                "code for %s: %llu bytes have no room for the images of %u kernels", section.tag,
                ull(section.bytes), kernels);
  for (uint32_t i = 0; i < kernels; ++i) {
    const dsc_image &image = imageOf(file, section, i);
    auto bad = [&](const char *what) {
      return fail(error, DSC_CORRUPT, "code for %s, image %u: %s", section.tag, i, what);
    };
    if (image.offset % 16 != 0)
      return bad("its offset is not a multiple of 16");
    if (image.offset < table || image.offset > section.bytes || image.bytes == 0 ||
        image.bytes > section.bytes - image.offset)
      return bad("it lies outside the section, or in its table");
    // Equal images are checked once.
    if (i && !memcmp(&image, &imageOf(file, section, i - 1), sizeof image))
      continue;
    if (code != CudaCode::Cubin && bytes[image.offset + image.bytes - 1] != 0)
      return bad("the text does not end with a zero byte");
    if (code == CudaCode::Cubin && !cubinFits(bytes + image.offset, image.bytes))
      return bad("it is no cubin, or a truncated one");
  }
  return DSC_OK;
}

dsc_status checkImageTables(const EngineFile &file, uint32_t kernels, dsc_error *error) {
  bool any = false;
  for (size_t i = 0; i < file.sectionCount(); ++i) {
    const dsc_section &section = file.section(i);
    CudaTarget target = cudaTargetOf(section);
    if (target.code == CudaCode::None && section.kind == DSC_SECTION_CODE)
      return fail(error, DSC_CORRUPT,
                  "a CUDA engine with code for '%s', which is no architecture (sm_90a, compute_80)",
                  section.tag);
    if (target.code == CudaCode::None)
      continue;
    any = true;
    if (dsc_status status = checkTable(file, section, target.code, kernels, error))
      return status;
  }
  if (kernels && !any)
    return fail(error, DSC_CORRUPT, "the engine has kernels but neither code nor sources for them");
  return DSC_OK;
}

} // namespace dsc
