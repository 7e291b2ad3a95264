// SPDX-License-Identifier: Apache-2.0
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include "runtime/CodeImage.h"

#include "runtime/Error.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

namespace dsc {

static int createMemoryFile() {
  constexpr unsigned executable = 0x10; // MFD_EXEC: asked for where the system's default forbids it
  int fd = memfd_create("dsc-code", MFD_CLOEXEC | executable);
  if (fd < 0 && errno == EINVAL) // before Linux 6.3
    fd = memfd_create("dsc-code", MFD_CLOEXEC);
  return fd;
}

CodeImage::~CodeImage() {
  if (handle)
    dlclose(handle);
  if (fd >= 0)
    close(fd);
}

dsc_status CodeImage::load(const char *bytes, uint64_t size, dsc_error *error) {
  fd = createMemoryFile();
  if (fd < 0)
    return fail(error, DSC_IO, "cannot load code: memfd_create: %s", strerror(errno));
  while (size) {
    ssize_t written = write(fd, bytes, size);
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return fail(error, DSC_OUT_OF_MEMORY, "cannot load code: %s", strerror(errno));
    bytes += written;
    size -= static_cast<uint64_t>(written);
  }
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!handle)
    return fail(error, DSC_CORRUPT, "cannot load code: %s", dlerror());
  return DSC_OK;
}

KernelFunction *CodeImage::find(const char *symbol) const {
  return reinterpret_cast<KernelFunction *>(dlsym(handle, symbol));
}

} // namespace dsc
