// SPDX-License-Identifier: Apache-2.0
#include "tools/gpu_check/CopyRate.h"

#include "runtime/Session.h"

#include <algorithm>
#include <stdexcept>

namespace dsc::gpucheck {

DeviceFacts measureDevice(dsc_runtime *runtime, uint64_t bytes) {
  CudaDevice &device = *runtime->cuda;
  const CudaDriver &driver = device.driver;
  DeviceFacts facts = {device.name(), device.capability(), device.memoryBytes(),
                       driver.simulatorReport != nullptr, 0};
  CudaCurrent current(&device);
  auto check = [&](int code, const char *what) {
    dsc_error error;
    if (code) {
      driver.fail(code, &error, "%s", what);
      throw std::runtime_error(error.message);
    }
  };
  CudaStream stream = nullptr;
  CudaAddress from = 0, to = 0;
  CudaEvent events[2] = {};
  check(driver.streamCreate(&stream, CudaStreamNonBlocking), "making a stream");
  check(driver.allocate(&from, bytes), "memory for a copy");
  check(driver.allocate(&to, bytes), "memory for a copy");
  for (CudaEvent &event : events)
    check(driver.eventCreate(&event, 0), "making an event");
  check(driver.fill(from, 1, bytes, stream), "filling memory");
  for (int i = 0; i < 8; ++i) {
    float milliseconds = 0;
    check(driver.eventRecord(events[0], stream), "recording an event");
    check(driver.copyWithin(to, from, bytes, stream), "copying");
    check(driver.eventRecord(events[1], stream), "recording an event");
    check(driver.eventWait(events[1]), "copying");
    check(driver.eventElapsed(&milliseconds, events[0], events[1]), "reading an event");
    if (milliseconds > 0)
      facts.copyRate = std::max(facts.copyRate, 2e3 * static_cast<double>(bytes) /
                                                    static_cast<double>(milliseconds));
  }
  for (CudaEvent event : events)
    check(driver.eventDestroy(event), "an event");
  check(driver.release(from), "memory");
  check(driver.release(to), "memory");
  check(driver.streamDestroy(stream), "a stream");
  return facts;
}

} // namespace dsc::gpucheck
