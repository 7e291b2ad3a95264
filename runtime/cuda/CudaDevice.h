// SPDX-License-Identifier: Apache-2.0
// The GPU of a runtime: driver, primary context, engines that were brought to it.
#ifndef DSC_RUNTIME_CUDA_CUDADEVICE_H
#define DSC_RUNTIME_CUDA_CUDADEVICE_H

#include "runtime/Memory.h"
#include "runtime/cuda/Driver.h"

#include <pthread.h>

namespace dsc {

class CudaEngine;

class CudaDevice {
public:
  CudaDevice() = default;
  CudaDevice(const CudaDevice &) = delete;
  CudaDevice &operator=(const CudaDevice &) = delete;
  ~CudaDevice();

  // `device`: "cuda", "cuda:1" or "ptxsim". `library`: the driver's; null: libcuda.so.1, or
  // libptxsim.so beside this library. DSC_UNSUPPORTED where there is no driver or device.
  dsc_status open(const char *device, const char *library, dsc_error *error);

  // Code and weights of `engine` on this device: brought here by the first session, kept until the
  // last one of this runtime gives them back. Any number of threads may call these.
  dsc_status acquire(const dsc_engine &engine, CudaEngine *&loaded, dsc_error *error);
  void giveBack(CudaEngine *loaded);

  const char *name() const { return deviceName; }
  int capability() const { return capabilityNumber; } // 90 for 9.0
  uint64_t memoryBytes() const { return totalMemory; }
  int maxSharedBytes() const { return maxShared; } // of a block
  CudaContext context() const { return primary; }
  // $DSC_SEPARATE_BUFFERS is set: every tensor is an allocation of its own, so that the simulator
  // (or compute-sanitizer) finds accesses beyond it. Slower, for tests.
  bool separateBuffers() const { return separate; }

  CudaDriver driver;

private:
  int ordinal = -1;
  CudaContext primary = nullptr;
  char deviceName[128] = "";
  int capabilityNumber = 0, maxShared = 0;
  uint64_t totalMemory = 0;
  bool separate = false;
  pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  CudaEngine *engines = nullptr; // a list
};

// Makes the device's context the calling thread's as long as it lives. Null: does nothing.
class CudaCurrent {
public:
  explicit CudaCurrent(const CudaDevice *device) : device(device) {
    if (device)
      device->driver.contextPush(device->context());
  }
  ~CudaCurrent() {
    CudaContext before;
    if (device)
      device->driver.contextPop(&before);
  }
  CudaCurrent(const CudaCurrent &) = delete;
  CudaCurrent &operator=(const CudaCurrent &) = delete;

private:
  const CudaDevice *device;
};

} // namespace dsc

#endif
