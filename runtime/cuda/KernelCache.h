// SPDX-License-Identifier: Apache-2.0
// Compiled kernels on disk, so that equal sources are compiled once.
//
// The key of an entry is XXH3-128 of source, options, architecture and NVRTC's version; its file is
// KEY.kernel. Files are written under a temporary name, synced and renamed, so that any number of
// processes may use one folder. A damaged file counts as missing and is replaced. Nothing is ever
// deleted: who wants the room back removes the folder.
#ifndef DSC_RUNTIME_CUDA_KERNELCACHE_H
#define DSC_RUNTIME_CUDA_KERNELCACHE_H

#include "runtime/cuda/Nvrtc.h"

#include <atomic>

namespace dsc {

class KernelCache {
public:
  // $DSC_CACHE_DIR, else $XDG_CACHE_HOME/dsc, else ~/.cache/dsc (DSC_CACHE_DIR set to nothing: no
  // cache), and behind it the folder $DSC_CACHE_READONLY, which is only read.
  KernelCache();
  // Either may be null. A folder that cannot be made or written is no error: nothing is kept then.
  KernelCache(const char *folder, const char *readOnlyFolder);

  // From the cache, else compiled and kept. Any number of threads may call it.
  dsc_status compile(const Nvrtc &nvrtc, const NvrtcRequest &request, Bytes &image,
                     dsc_error *error);

  uint32_t hits() const { return found.load(); }
  uint32_t misses() const { return compiled.load(); }

private:
  struct Key {
    uint64_t low, high;
  };
  void setFolders(const char *folder, const char *readOnlyFolder);
  static bool makeKey(const Nvrtc &nvrtc, const NvrtcRequest &request, Key &key);
  static bool load(const char *folder, const Key &key, Bytes &image);
  void store(const Key &key, const Bytes &image) const;

  char folder[2048] = "", readOnly[2048] = "";
  std::atomic<uint32_t> found{0}, compiled{0};
};

} // namespace dsc

#endif
