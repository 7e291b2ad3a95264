// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/cuda/Simulator.h"

#include <gtest/gtest.h>

#include <dlfcn.h>

namespace dsc::test {

template <class Function> static Function *entry(const char *symbol) {
  static void *library = dlopen(DSC_TEST_SIMULATOR, RTLD_NOW);
  EXPECT_NE(library, nullptr) << dlerror();
  return reinterpret_cast<Function *>(dlsym(library, symbol));
}

static void set(const char *name, const char *value) {
  EXPECT_EQ((entry<int(const char *, const char *)>("ptxsim_set_option")(name, value)), 0) << name;
}

SimulatorOption::SimulatorOption(const char *name, const std::string &value, const char *before)
    : name(name), before(before) {
  set(name, value.c_str());
}
SimulatorOption::~SimulatorOption() { set(name, before); }

void clearSimulatorError() { entry<void()>("ptxsim_clear_error")(); }

} // namespace dsc::test
