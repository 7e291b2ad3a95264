// SPDX-License-Identifier: Apache-2.0
// NVRTC, NVIDIA's run-time compiler of CUDA C++, opened as a library at run time: nothing here
// needs CUDA to build. Used by the compiler (cubins and PTX of an engine) and by the runtime (an
// engine without code for the device at hand).
#ifndef DSC_RUNTIME_CUDA_NVRTC_H
#define DSC_RUNTIME_CUDA_NVRTC_H

#include "dsc/runtime.h"
#include "runtime/Memory.h"

namespace dsc {

using Bytes = Array<char>;

struct NvrtcRequest {
  const char *source;       // one translation unit without includes
  const char *name;         // of the file, in messages and in line information
  const char *architecture; // "sm_90a": a cubin; "compute_80": PTX, which ends with a NUL
  bool lineInfo = false;
};

// Options that a request is compiled with; what a cache's key holds too. The order is fixed.
struct NvrtcOptions {
  char architecture[64];
  const char *list[4];
  int count = 0;
  explicit NvrtcOptions(const NvrtcRequest &request);
};

// Thread-compatible to open; an open one serves any number of threads. The library stays loaded
// until the process ends.
class Nvrtc {
public:
  // `library`: path or name; null: $DSC_NVRTC, then libnvrtc.so.13, .so.12 and .so, then
  // /usr/local/cuda/lib64. DSC_UNSUPPORTED with what to do when there is none.
  dsc_status open(const char *library, dsc_error *error);
  bool isOpen() const { return compileProgram != nullptr; }
  int majorVersion() const { return major; }
  int minorVersion() const { return minor; }

  // DSC_UNSUPPORTED with the compiler's first message and the text of the line that it is about.
  dsc_status compile(const NvrtcRequest &request, Bytes &image, dsc_error *error) const;

private:
  dsc_status load(void *library, const char *path, dsc_error *error);
  void describeFailure(void *program, const NvrtcRequest &request, int result,
                       dsc_error *error) const;

  using Program = void *;
  int (*createProgram)(Program *, const char *source, const char *name, int headers,
                       const char *const *, const char *const *) = nullptr;
  int (*destroyProgram)(Program *) = nullptr;
  int (*compileProgram)(Program, int options, const char *const *) = nullptr;
  int (*ptxBytes)(Program, size_t *) = nullptr;
  int (*ptx)(Program, char *) = nullptr;
  int (*cubinBytes)(Program, size_t *) = nullptr;
  int (*cubin)(Program, char *) = nullptr;
  int (*logBytes)(Program, size_t *) = nullptr;
  int (*log)(Program, char *) = nullptr;
  const char *(*errorText)(int) = nullptr;
  int (*version)(int *major, int *minor) = nullptr;
  int major = 0, minor = 0;
};

// The NVRTC of this process, opened by the first call from where Nvrtc::open looks by itself; null
// with the message when there is none.
const Nvrtc *processNvrtc(dsc_error *error);

// Compiles with the NVRTC of this process.
dsc_status compileCuda(const NvrtcRequest &request, Bytes &image, dsc_error *error);

} // namespace dsc

#endif
