// SPDX-License-Identifier: Apache-2.0
#ifndef DSC_RUNTIME_CODEIMAGE_H
#define DSC_RUNTIME_CODEIMAGE_H

#include "dsc/runtime.h"

namespace dsc {

// The C ABI of a kernel (engine.fbs, table Kernel).
using KernelFunction = void(void *const *buffers, const int64_t *sizes, int64_t begin, int64_t end,
                            uint32_t *fault);

// A shared object loaded from memory.
class CodeImage {
public:
  CodeImage() = default;
  CodeImage(const CodeImage &) = delete;
  CodeImage &operator=(const CodeImage &) = delete;
  ~CodeImage();

  dsc_status load(const char *bytes, uint64_t size, dsc_error *error);
  KernelFunction *find(const char *symbol) const; // null when there is none

private:
  // Open as long as the code is loaded: the loader knows an object by its path, which names this
  // number.
  int fd = -1;
  void *handle = nullptr;
};

} // namespace dsc

#endif
