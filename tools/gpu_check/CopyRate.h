// SPDX-License-Identifier: Apache-2.0
#ifndef DSC_TOOLS_GPU_CHECK_COPYRATE_H
#define DSC_TOOLS_GPU_CHECK_COPYRATE_H

#include "dsc/runtime.h"

#include <string>

namespace dsc::gpucheck {

struct DeviceFacts {
  std::string name;
  int capability = 0; // 90 for 9.0
  uint64_t memory = 0;
  bool simulator = false;
  // Bytes a second of a copy within the device's memory, read and written bytes together: the
  // fastest of some.
  double copyRate = 0;
};

// Throws std::runtime_error when the device fails. `bytes`: of the copy, each way.
DeviceFacts measureDevice(dsc_runtime *runtime, uint64_t bytes);

} // namespace dsc::gpucheck

#endif
