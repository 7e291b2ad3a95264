// SPDX-License-Identifier: Apache-2.0
// The simulator's options and reports, for tests of engines that run on it.
#ifndef DSC_TESTS_UNIT_CUDA_SIMULATOR_H
#define DSC_TESTS_UNIT_CUDA_SIMULATOR_H

#include <string>

namespace dsc::test {

// An option of docs/ptxsim.md for as long as this lives.
class SimulatorOption {
public:
  SimulatorOption(const char *name, const std::string &value, const char *before);
  ~SimulatorOption();
  SimulatorOption(const SimulatorOption &) = delete;
  SimulatorOption &operator=(const SimulatorOption &) = delete;

private:
  const char *name, *before;
};

// After a kernel has failed: the device can be used again.
void clearSimulatorError();

} // namespace dsc::test

#endif
