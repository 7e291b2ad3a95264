// SPDX-License-Identifier: Apache-2.0
// Any engine whose digests fit is opened or refused with a message; what is opened can be asked about.
#include "EngineDigests.h"
#include "ScratchFile.h"
#include "dsc/runtime.h"
#include <vector>

// Code is what its digest says it is (see EngineDigests.h): instead of the system's loader, which would take most of the time,
// any name is found in it. The linker is told to use these (CMakeLists.txt); the sanitizers' own calls pass through.
static char image;
extern "C" void *__real_dlopen(const char *path, int flags);
extern "C" void *__real_dlsym(void *handle, const char *symbol);
extern "C" int __real_dlclose(void *handle);
extern "C" void *__wrap_dlopen(const char *path, int flags) {
  return path && !strncmp(path, "/proc/self/fd/", 14) ? &image : __real_dlopen(path, flags);
}
extern "C" void *__wrap_dlsym(void *handle, const char *symbol) {
  return handle == &image ? &image : __real_dlsym(handle, symbol);
}
extern "C" int __wrap_dlclose(void *handle) { return handle == &image ? 0 : __real_dlclose(handle); }

static void query(const dsc_engine *engine) {
  size_t bytes;
  dsc_engine_manifest(engine, &bytes);
  for (size_t entry = 0; entry < dsc_engine_entry_count(engine); ++entry) {
    if (!dsc_engine_entry_name(engine, entry))
      __builtin_trap();
    dsc_value_info value;
    for (size_t i = 0; i < dsc_entry_input_count(engine, entry); ++i)
      dsc_entry_input(engine, entry, i, &value);
    for (size_t i = 0; i < dsc_entry_output_count(engine, entry); ++i)
      dsc_entry_output(engine, entry, i, &value);
    dsc_state_info state;
    for (size_t i = 0; i < dsc_entry_state_count(engine, entry); ++i)
      dsc_entry_state(engine, entry, i, &state);
  }
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  std::vector<uint8_t> engineBytes(bytes, bytes + size);
  writeEngineDigests(engineBytes);
  ScratchFile file(engineBytes.data(), engineBytes.size());
  dsc_engine_options options = {sizeof options, DSC_VERIFY_FULL, nullptr};
  dsc_engine *engine = nullptr;
  dsc_error error = {};
  if (dsc_engine_open(file.path.c_str(), &options, &engine, &error) != DSC_OK) {
    if (!*error.message)
      __builtin_trap();
    return 0;
  }
  query(engine);
  dsc_engine_close(engine);
  return 0;
}
