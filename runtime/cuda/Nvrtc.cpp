// SPDX-License-Identifier: Apache-2.0
#include "runtime/cuda/Nvrtc.h"

#include "runtime/Error.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

namespace dsc {

static constexpr const char *libraries[] = {"libnvrtc.so.13",
                                            "libnvrtc.so.12",
                                            "libnvrtc.so",
                                            "/usr/local/cuda/lib64/libnvrtc.so.13",
                                            "/usr/local/cuda/lib64/libnvrtc.so.12",
                                            "/usr/local/cuda/lib64/libnvrtc.so"};

NvrtcOptions::NvrtcOptions(const NvrtcRequest &request) {
  snprintf(architecture, sizeof architecture, "--gpu-architecture=%.32s", request.architecture);
  list[count++] = architecture;
  list[count++] = "--std=c++17";
  if (request.lineInfo)
    list[count++] = "--generate-line-info";
}

dsc_status Nvrtc::open(const char *library, dsc_error *error) {
  const char *named = library ? library : getenv("DSC_NVRTC");
  if (named && *named) {
    void *handle = dlopen(named, RTLD_NOW | RTLD_LOCAL);
    return handle ? load(handle, named, error)
                  : fail(error, DSC_UNSUPPORTED, "cannot open NVRTC: %s", dlerror());
  }
  for (const char *path : libraries)
    if (void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL))
      return load(handle, path, error);
  return fail(
      error, DSC_UNSUPPORTED,
      "CUDA's run-time compiler (libnvrtc.so.13 or .so.12) is not installed where the loader "
      "looks: install it, or name the library in DSC_NVRTC");
}

dsc_status Nvrtc::load(void *library, const char *path, dsc_error *error) {
  const char *missing = nullptr;
  auto find = [&]<class Function>(Function *&function, const char *symbol) {
    function = reinterpret_cast<Function *>(dlsym(library, symbol));
    if (!function && !missing)
      missing = symbol;
  };
  find(createProgram, "nvrtcCreateProgram");
  find(destroyProgram, "nvrtcDestroyProgram");
  find(ptxBytes, "nvrtcGetPTXSize");
  find(ptx, "nvrtcGetPTX");
  find(cubinBytes, "nvrtcGetCUBINSize");
  find(cubin, "nvrtcGetCUBIN");
  find(logBytes, "nvrtcGetProgramLogSize");
  find(log, "nvrtcGetProgramLog");
  find(errorText, "nvrtcGetErrorString");
  find(version, "nvrtcVersion");
  auto compileEntry = compileProgram;
  find(compileEntry, "nvrtcCompileProgram");
  if (missing)
    return fail(error, DSC_UNSUPPORTED, "'%.300s' is no NVRTC: it lacks %s", path, missing);
  if (version(&major, &minor) != 0)
    return fail(error, DSC_UNSUPPORTED, "NVRTC '%.300s' does not tell its version", path);
  compileProgram = compileEntry;
  return DSC_OK;
}

// The line of `text` with this number, without the blanks around it. `bytes`: its length.
static const char *lineOf(const char *text, unsigned long number, size_t &bytes) {
  for (; number > 1; --number) {
    text = strchr(text, '\n');
    if (!text)
      return nullptr;
    ++text;
  }
  text += strspn(text, " \t");
  bytes = strcspn(text, "\n");
  return text;
}

// A log says "NAME(LINE): error: MESSAGE", or "ptxas ... : error : MESSAGE" without a line.
void Nvrtc::describeFailure(void *program, const NvrtcRequest &request, int result,
                            dsc_error *error) const {
  Bytes text;
  size_t bytes = 0;
  if (logBytes(program, &bytes) != 0 || !text.allocate(bytes + 1) || log(program, text.data()) != 0)
    bytes = 0;
  const char *message = bytes ? strstr(text.data(), "error") : nullptr;
  if (!message) {
    fail(error, DSC_UNSUPPORTED, "NVRTC cannot compile '%.200s' for %.32s: %s", request.name,
         request.architecture, bytes && *text.data() ? text.data() : errorText(result));
    return;
  }
  const char *start = message;
  while (start > text.data() && start[-1] != '\n')
    --start;
  size_t nameBytes = strlen(request.name), lineBytes = 0;
  const char *line = nullptr;
  if (!strncmp(start, request.name, nameBytes) && start[nameBytes] == '(')
    line = lineOf(request.source, strtoul(start + nameBytes + 1, nullptr, 10), lineBytes);
  int messageBytes = static_cast<int>(strcspn(start, "\n"));
  if (line)
    fail(error, DSC_UNSUPPORTED, "NVRTC cannot compile for %.32s: %.*s: `%.*s`",
         request.architecture, messageBytes > 500 ? 500 : messageBytes, start,
         static_cast<int>(lineBytes > 300 ? 300 : lineBytes), line);
  else
    fail(error, DSC_UNSUPPORTED, "NVRTC cannot compile '%.200s' for %.32s: %.*s", request.name,
         request.architecture, messageBytes > 500 ? 500 : messageBytes, start);
}

dsc_status Nvrtc::compile(const NvrtcRequest &request, Bytes &image, dsc_error *error) const {
  bool wantsCubin = !strncmp(request.architecture, "sm_", 3);
  Program program = nullptr;
  if (int result = createProgram(&program, request.source, request.name, 0, nullptr, nullptr))
    return fail(error, DSC_UNSUPPORTED, "NVRTC refuses '%.200s': %s", request.name,
                errorText(result));
  NvrtcOptions options(request);
  dsc_status status = DSC_OK;
  size_t bytes = 0;
  if (int result = compileProgram(program, options.count, options.list)) {
    describeFailure(program, request, result, error);
    status = DSC_UNSUPPORTED;
  } else if (int sizeResult = (wantsCubin ? cubinBytes : ptxBytes)(program, &bytes)) {
    status = fail(error, DSC_UNSUPPORTED, "NVRTC gives no code for '%.200s': %s", request.name,
                  errorText(sizeResult));
  } else if (!image.allocate(bytes)) {
    status = fail(error, DSC_OUT_OF_MEMORY, "no memory for the code of '%.200s'", request.name);
  } else if (int codeResult = (wantsCubin ? cubin : ptx)(program, image.data())) {
    status = fail(error, DSC_UNSUPPORTED, "NVRTC gives no code for '%.200s': %s", request.name,
                  errorText(codeResult));
  }
  destroyProgram(&program);
  return status;
}

static pthread_once_t opened = PTHREAD_ONCE_INIT;
static Nvrtc ofProcess;
static dsc_error whyNot;

const Nvrtc *processNvrtc(dsc_error *error) {
  pthread_once(&opened, [] { ofProcess.open(nullptr, &whyNot); });
  if (ofProcess.isOpen())
    return &ofProcess;
  if (error)
    *error = whyNot;
  return nullptr;
}

dsc_status compileCuda(const NvrtcRequest &request, Bytes &image, dsc_error *error) {
  const Nvrtc *nvrtc = processNvrtc(error);
  return nvrtc ? nvrtc->compile(request, image, error) : DSC_UNSUPPORTED;
}

} // namespace dsc
