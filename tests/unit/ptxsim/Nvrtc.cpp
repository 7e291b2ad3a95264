// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/ptxsim/Nvrtc.h"

#include "tests/unit/ptxsim/Gpu.h"

#include <gtest/gtest.h>

#include <dlfcn.h>

namespace ptxsim::test {

std::optional<std::string> compiled(const std::string &name, const char *architecture) {
  static void *library = [] {
    for (const char *path : {"libnvrtc.so.13", "libnvrtc.so", "/usr/local/cuda/lib64/libnvrtc.so"})
      if (void *found = dlopen(path, RTLD_NOW))
        return found;
    return static_cast<void *>(nullptr);
  }();
  if (!library)
    return std::nullopt;
  auto entry = [](const char *symbol) { return dlsym(library, symbol); };
  auto create = reinterpret_cast<int (*)(void **, const char *, const char *, int, const char **,
                                         const char **)>(entry("nvrtcCreateProgram"));
  auto compile =
      reinterpret_cast<int (*)(void *, int, const char **)>(entry("nvrtcCompileProgram"));
  auto size = reinterpret_cast<int (*)(void *, size_t *)>(entry("nvrtcGetPTXSize"));
  auto get = reinterpret_cast<int (*)(void *, char *)>(entry("nvrtcGetPTX"));
  auto destroy = reinterpret_cast<int (*)(void **)>(entry("nvrtcDestroyProgram"));
  std::string source = golden(name), option = std::string("--gpu-architecture=") + architecture;
  void *program = nullptr;
  const char *options[] = {option.c_str(), "-lineinfo"};
  EXPECT_EQ(create(&program, source.c_str(), name.c_str(), 0, nullptr, nullptr), 0);
  EXPECT_EQ(compile(program, 2, options), 0) << name;
  size_t bytes = 0;
  EXPECT_EQ(size(program, &bytes), 0);
  std::string text(bytes, '\0');
  EXPECT_EQ(get(program, text.data()), 0);
  destroy(&program);
  return text;
}

} // namespace ptxsim::test
