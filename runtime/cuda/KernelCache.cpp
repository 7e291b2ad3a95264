// SPDX-License-Identifier: Apache-2.0
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include "runtime/cuda/KernelCache.h"

#include "runtime/Error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#define XXH_NO_XXH32
#define XXH_NO_STREAM
#include <xxhash.h>

namespace dsc {

// A file: this header, then the image.
struct CacheHeader {
  char magic[8];
  uint64_t keyLow, keyHigh;
  uint64_t bytes, digest; // of the image; XXH3-64
};
static constexpr char magic[8] = {'D', 'S', 'C', 'K', 'E', 'R', 'N', '1'};
static constexpr uint64_t largestImage = uint64_t(1) << 30;

// "FOLDER/KEY.kernel"; false when the path would be too long.
template <size_t N>
static bool pathOf(char (&path)[N], const char *folder, uint64_t high, uint64_t low,
                   const char *suffix) {
  int used = snprintf(path, N, "%s/%016llx%016llx.%s", folder, (unsigned long long)high,
                      (unsigned long long)low, suffix);
  return used > 0 && size_t(used) < N;
}

KernelCache::KernelCache() {
  char path[sizeof folder];
  const char *named = getenv("DSC_CACHE_DIR"), *base = getenv("XDG_CACHE_HOME");
  const char *home = getenv("HOME");
  int used = 0;
  if (named)
    used = snprintf(path, sizeof path, "%s", named);
  else if (base && *base)
    used = snprintf(path, sizeof path, "%s/dsc", base);
  else if (home && *home)
    used = snprintf(path, sizeof path, "%s/.cache/dsc", home);
  bool fits = used > 0 && size_t(used) < sizeof path;
  setFolders(fits ? path : nullptr, getenv("DSC_CACHE_READONLY"));
}

KernelCache::KernelCache(const char *folder, const char *readOnlyFolder) {
  setFolders(folder, readOnlyFolder);
}

void KernelCache::setFolders(const char *first, const char *second) {
  if (first && strlen(first) < sizeof folder)
    strcpy(folder, first);
  if (second && strlen(second) < sizeof readOnly)
    strcpy(readOnly, second);
}

bool KernelCache::makeKey(const Nvrtc &nvrtc, const NvrtcRequest &request, Key &key) {
  // The file's name is part of the code only as line information.
  NvrtcOptions options(request);
  char head[512];
  int used = snprintf(head, sizeof head, "nvrtc %d.%d\n%.200s\n", nvrtc.majorVersion(),
                      nvrtc.minorVersion(), request.lineInfo ? request.name : "");
  for (int i = 0; i < options.count; ++i)
    used += snprintf(head + used, sizeof head - size_t(used), "%s\n", options.list[i]);
  size_t sourceBytes = strlen(request.source);
  Bytes text;
  if (!text.allocate(size_t(used) + sourceBytes))
    return false;
  memcpy(text.data(), head, size_t(used));
  memcpy(text.data() + used, request.source, sourceBytes);
  XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  key = {hash.low64, hash.high64};
  return true;
}

static bool readAll(int fd, void *to, size_t bytes) {
  char *at = static_cast<char *>(to);
  while (bytes) {
    ssize_t got = read(fd, at, bytes);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return false;
    at += got;
    bytes -= size_t(got);
  }
  return true;
}

static bool writeAll(int fd, const void *from, size_t bytes) {
  const char *at = static_cast<const char *>(from);
  while (bytes) {
    ssize_t done = write(fd, at, bytes);
    if (done < 0 && errno == EINTR)
      continue;
    if (done <= 0)
      return false;
    at += done;
    bytes -= size_t(done);
  }
  return true;
}

bool KernelCache::load(const char *root, const Key &key, Bytes &image) {
  char path[sizeof folder + 64];
  if (!*root || !pathOf(path, root, key.high, key.low, "kernel"))
    return false;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return false;
  struct stat info;
  CacheHeader header;
  bool sound = fstat(fd, &info) == 0 && S_ISREG(info.st_mode) &&
               readAll(fd, &header, sizeof header) && !memcmp(header.magic, magic, sizeof magic) &&
               header.keyLow == key.low && header.keyHigh == key.high &&
               header.bytes <= largestImage &&
               uint64_t(info.st_size) == sizeof header + header.bytes &&
               image.allocate(header.bytes) && readAll(fd, image.data(), header.bytes) &&
               XXH3_64bits(image.data(), header.bytes) == header.digest;
  close(fd);
  return sound;
}

// mkdir -p
static bool makeFolder(const char *folder) {
  char path[2048];
  size_t bytes = strlen(folder);
  if (bytes == 0 || bytes >= sizeof path)
    return false;
  memcpy(path, folder, bytes + 1);
  for (size_t i = 1; i <= bytes; ++i)
    if (path[i] == '/' || i == bytes) {
      char kept = path[i];
      path[i] = 0;
      if (mkdir(path, 0777) != 0 && errno != EEXIST)
        return false;
      path[i] = kept;
    }
  return true;
}

void KernelCache::store(const Key &key, const Bytes &image) const {
  char path[sizeof folder + 64], temporary[sizeof folder + 64];
  if (!makeFolder(folder) || !pathOf(path, folder, key.high, key.low, "kernel") ||
      !pathOf(temporary, folder, key.high, key.low, "XXXXXX"))
    return;
  int fd = mkostemp(temporary, O_CLOEXEC);
  if (fd < 0)
    return;
  CacheHeader header = {};
  memcpy(header.magic, magic, sizeof magic);
  header.keyLow = key.low;
  header.keyHigh = key.high;
  header.bytes = image.size();
  header.digest = XXH3_64bits(image.data(), image.size());
  // 0644: another user may have this folder as the read-only one.
  bool written = writeAll(fd, &header, sizeof header) && writeAll(fd, image.data(), image.size()) &&
                 fchmod(fd, 0644) == 0 && fsync(fd) == 0;
  written &= close(fd) == 0;
  if (!written || rename(temporary, path) != 0)
    unlink(temporary);
}

dsc_status KernelCache::compile(const Nvrtc &nvrtc, const NvrtcRequest &request, Bytes &image,
                                dsc_error *error) {
  Key key;
  bool keeps = (*folder || *readOnly) && makeKey(nvrtc, request, key);
  if (keeps && (load(folder, key, image) || load(readOnly, key, image))) {
    ++found;
    return DSC_OK;
  }
  if (dsc_status status = nvrtc.compile(request, image, error))
    return status;
  ++compiled;
  if (keeps && *folder)
    store(key, image);
  return DSC_OK;
}

} // namespace dsc
