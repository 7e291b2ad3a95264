// SPDX-License-Identifier: Apache-2.0
// Bytes under a name that can be opened: what is fuzzed reads files. The file lives in memory.
#ifndef DSC_TESTS_FUZZ_SCRATCHFILE_H
#define DSC_TESTS_FUZZ_SCRATCHFILE_H

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

class ScratchFile {
public:
  ScratchFile(const uint8_t *bytes, size_t size) : fd(memfd_create("fuzz", MFD_CLOEXEC)) {
    for (size_t at = 0; at < size;) {
      ssize_t written = write(fd, bytes + at, size - at);
      if (written <= 0) {
        perror("scratch file");
        abort();
      }
      at += size_t(written);
    }
    path = "/proc/self/fd/" + std::to_string(fd);
  }
  ScratchFile(const ScratchFile &) = delete;
  ~ScratchFile() { close(fd); }

  std::string path;

private:
  int fd;
};

#endif
