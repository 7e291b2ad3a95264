// SPDX-License-Identifier: Apache-2.0
#include "runtime/EngineFile.h"

#include "runtime/Error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#define XXH_NO_XXH32
#include <xxhash.h>

namespace dsc {

static_assert(sizeof(dsc_file_header) == 40 && sizeof(dsc_section) == 64);

using ull = unsigned long long;

EngineFile::~EngineFile() {
  if (map)
    munmap(const_cast<char *>(map), fileBytes);
}

const dsc_file_header &EngineFile::header() const {
  return *reinterpret_cast<const dsc_file_header *>(map);
}

const dsc_section *EngineFile::sections() const {
  return reinterpret_cast<const dsc_section *>(map + sizeof(dsc_file_header));
}

dsc_status EngineFile::open(const char *path, dsc_error *error) {
  // O_NONBLOCK: opening a FIFO must not wait for its writer.
  int fd = ::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return fail(error, DSC_IO, "cannot open '%s': %s", path, strerror(errno));
  struct stat info;
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    close(fd);
    return fail(error, DSC_IO, "'%s' is not a regular file", path);
  }
  uint64_t bytes = static_cast<uint64_t>(info.st_size);
  if (bytes < sizeof(dsc_file_header)) {
    close(fd);
    return fail(error, DSC_CORRUPT, "'%s' is not an engine: %llu bytes are less than a header",
                path, ull(bytes));
  }
  void *memory = mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, fd, 0);
  int mapError = errno;
  close(fd);
  if (memory == MAP_FAILED)
    return fail(error, DSC_IO, "cannot map '%s': %s", path, strerror(mapError));
  map = static_cast<const char *>(memory);
  fileBytes = bytes;
  if (dsc_status status = checkHeader(error))
    return status;
  return checkSections(error);
}

dsc_status EngineFile::checkHeader(dsc_error *error) const {
  const dsc_file_header &head = header();
  if (memcmp(head.magic, DSC_MAGIC, sizeof head.magic) != 0)
    return fail(error, DSC_CORRUPT,
                "not an engine: the file does not begin with the engine's magic");
  if (head.major != DSC_FORMAT_MAJOR)
    return fail(error, DSC_UNSUPPORTED, "engine format %u.%u; this runtime reads %u.x", head.major,
                head.minor, DSC_FORMAT_MAJOR);
  if (head.file_bytes != fileBytes)
    return fail(error, DSC_CORRUPT,
                "the file has %llu bytes, its header says %llu: truncated or changed",
                ull(fileBytes), ull(head.file_bytes));
  if (head.header_bytes != sizeof head)
    return fail(error, DSC_CORRUPT, "the header says it has %u bytes, expected %zu",
                head.header_bytes, sizeof head);
  if (head.section_count > DSC_MAX_SECTIONS)
    return fail(error, DSC_CORRUPT, "%u sections are more than %u", head.section_count,
                DSC_MAX_SECTIONS);
  uint64_t covered = sizeof head + uint64_t(head.section_count) * sizeof(dsc_section);
  if (covered > fileBytes)
    return fail(error, DSC_CORRUPT, "the section table ends at byte %llu of %llu", ull(covered),
                ull(fileBytes));
  XXH3_state_t state;
  dsc_file_header unsigned_ = head;
  unsigned_.header_digest = 0;
  XXH3_64bits_reset(&state);
  XXH3_64bits_update(&state, &unsigned_, sizeof unsigned_);
  XXH3_64bits_update(&state, sections(), covered - sizeof head);
  if (XXH3_64bits_digest(&state) != head.header_digest)
    return fail(error, DSC_CORRUPT, "header and section table do not match their digest");
  return DSC_OK;
}

static const char *kindName(uint32_t kind) {
  switch (kind) {
  case DSC_SECTION_MANIFEST:
    return "manifest";
  case DSC_SECTION_WEIGHTS:
    return "weights";
  case DSC_SECTION_WEIGHT_DIGESTS:
    return "weight digests";
  case DSC_SECTION_CODE:
    return "code";
  case DSC_SECTION_SOURCE:
    return "source";
  }
  return "unknown";
}

static bool allZero(const char *bytes, uint64_t count) {
  for (uint64_t i = 0; i < count; ++i)
    if (bytes[i])
      return false;
  return true;
}

dsc_status EngineFile::checkSections(dsc_error *error) {
  uint64_t end = sizeof(dsc_file_header) + sectionCount() * sizeof(dsc_section);
  for (size_t i = 0; i < sectionCount(); ++i) {
    const dsc_section &s = section(i);
    const char *name = kindName(s.kind);
    auto bad = [&](const char *what) {
      return fail(error, DSC_CORRUPT, "section %zu (%s): %s", i, name, what);
    };
    bool paged = s.kind == DSC_SECTION_WEIGHTS || s.kind == DSC_SECTION_CODE;
    if (s.offset % (paged ? 4096 : 64) != 0)
      return bad("its offset is not aligned");
    if (s.offset < end)
      return bad("it overlaps what comes before, or the table is not in the order of the file");
    if (s.offset > fileBytes || s.bytes > fileBytes - s.offset)
      return bad("it reaches beyond the end of the file");
    if (s.offset - end >= 4096 || !allZero(map + end, s.offset - end))
      return bad("the bytes before it are not zero padding");
    if (s.reserved != 0)
      return bad("its reserved field is not 0");
    size_t tagBytes = strnlen(s.tag, sizeof s.tag);
    if (tagBytes == sizeof s.tag || !allZero(s.tag + tagBytes, sizeof s.tag - tagBytes))
      return bad("its tag is not padded with NUL");
    end = s.offset + s.bytes;

    const dsc_section **single = s.kind == DSC_SECTION_MANIFEST         ? &manifestSection
                                 : s.kind == DSC_SECTION_WEIGHTS        ? &weightSection
                                 : s.kind == DSC_SECTION_WEIGHT_DIGESTS ? &digestSection
                                                                        : nullptr;
    if (single && *single)
      return bad("there is more than one");
    if (single)
      *single = &s;
    if (s.kind == DSC_SECTION_WEIGHTS) {
      if (s.digest != 0)
        return bad("its digest field is not 0");
    } else if (XXH3_64bits(map + s.offset, s.bytes) != s.digest) {
      return bad("its bytes do not match their digest: the file was changed");
    }
  }
  if (end != fileBytes)
    return fail(error, DSC_CORRUPT, "%llu bytes follow the last section", ull(fileBytes - end));
  if (!manifestSection)
    return fail(error, DSC_CORRUPT, "there is no manifest section");
  return checkWeightDigests(error);
}

dsc_status EngineFile::checkWeightDigests(dsc_error *error) const {
  uint64_t weightBytes = weightSection ? weightSection->bytes : 0;
  uint64_t chunks = weightBytes / DSC_WEIGHT_CHUNK + (weightBytes % DSC_WEIGHT_CHUNK != 0);
  uint64_t digests = digestSection ? digestSection->bytes : 0;
  if (digests != chunks * sizeof(uint64_t))
    return fail(error, DSC_CORRUPT, "%llu bytes of weight digests for %llu chunks of weights",
                ull(digests), ull(chunks));
  return DSC_OK;
}

dsc_status EngineFile::verifyWeights(dsc_error *error) const {
  if (!weightSection)
    return DSC_OK;
  const char *weights = bytes(*weightSection);
  uint64_t left = weightSection->bytes;
  for (uint64_t chunk = 0; left; ++chunk) {
    uint64_t size = left < DSC_WEIGHT_CHUNK ? left : DSC_WEIGHT_CHUNK;
    uint64_t want = reinterpret_cast<const uint64_t *>(bytes(*digestSection))[chunk];
    if (XXH3_64bits(weights + chunk * DSC_WEIGHT_CHUNK, size) != want)
      return fail(error, DSC_CORRUPT,
                  "weights: bytes %llu to %llu do not match their digest: the file was changed",
                  ull(chunk * DSC_WEIGHT_CHUNK), ull(chunk * DSC_WEIGHT_CHUNK + size));
    left -= size;
  }
  return DSC_OK;
}

} // namespace dsc
