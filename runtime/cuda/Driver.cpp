// SPDX-License-Identifier: Apache-2.0
#include "runtime/cuda/Driver.h"

#include "runtime/Error.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

namespace dsc {

dsc_status CudaDriver::open(const char *library, dsc_error *error) {
  void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  if (!handle)
    return dsc::fail(
        error, DSC_UNSUPPORTED,
        "cannot open the CUDA driver: %.400s; install NVIDIA's driver, name its library, or "
        "run the engine on the simulator (device 'ptxsim')",
        dlerror());
#define DSC_CUDA_MEMBER(member, symbol, arguments) {symbol, reinterpret_cast<void **>(&member)},
  const struct {
    const char *symbol;
    void **member;
  } entries[] = {DSC_CUDA_ENTRY_POINTS(DSC_CUDA_MEMBER)};
#undef DSC_CUDA_MEMBER
  for (const auto &entry : entries) {
    *entry.member = dlsym(handle, entry.symbol);
    if (!*entry.member)
      return dsc::fail(error, DSC_UNSUPPORTED,
                       "'%.300s' lacks %s: it is no CUDA driver, or older than CUDA 11.4", library,
                       entry.symbol);
  }
  *reinterpret_cast<void **>(&simulatorReport) = dlsym(handle, "ptxsim_last_report");
  return DSC_OK;
}

void CudaDriver::describe(int code, char *text, size_t bytes) const {
  const char *name = nullptr, *meaning = nullptr;
  errorName(code, &name);
  errorText(code, &meaning);
  const char *report = simulatorReport ? simulatorReport() : "";
  snprintf(text, bytes, "%s (%s)%s%.600s", name ? name : "an unknown error",
           meaning ? meaning : "?", *report ? ": " : "", report);
}

dsc_status CudaDriver::fail(int code, dsc_error *error, const char *what, ...) const {
  char begin[400], end[800];
  va_list args;
  va_start(args, what);
  vsnprintf(begin, sizeof begin, what, args);
  va_end(args);
  describe(code, end, sizeof end);
  return dsc::fail(error, code == CudaErrorOutOfMemory ? DSC_OUT_OF_MEMORY : DSC_DEVICE, "%s: %s",
                   begin, end);
}

} // namespace dsc
