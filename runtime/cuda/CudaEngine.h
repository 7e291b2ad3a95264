// SPDX-License-Identifier: Apache-2.0
// An engine on a GPU: its functions and its weights.
#ifndef DSC_RUNTIME_CUDA_CUDAENGINE_H
#define DSC_RUNTIME_CUDA_CUDAENGINE_H

#include "runtime/Engine.h"
#include "runtime/cuda/CudaDevice.h"
#include "runtime/cuda/ImageTable.h"

namespace dsc {

struct CudaKernel {
  CudaFunction function = nullptr;
  unsigned threads = 0, sharedBytes = 0;
};

class CudaEngine {
public:
  CudaEngine() = default;
  CudaEngine(const CudaEngine &) = delete;
  CudaEngine &operator=(const CudaEngine &) = delete;
  ~CudaEngine();

  // Loads the best code for the device (a cubin, else PTX, else its sources through NVRTC and its
  // cache) and copies the weights, each to a multiple of 256. The device's context is current.
  dsc_status load(CudaDevice &device, const dsc_engine &engine, dsc_error *error);

  const CudaKernel &kernel(uint32_t number) const { return kernels[number]; }
  char *weight(uint32_t number) const { return reinterpret_cast<char *>(weights[number]); }

  const dsc_engine *engine = nullptr;
  CudaEngine *next = nullptr; // of the device's list
  unsigned users = 0;

private:
  // The outcome of one section; `notForThisDevice` when the driver refuses its kind of code.
  dsc_status loadSection(const dsc_section &section, CudaCode code, bool &notForThisDevice,
                         dsc_error *error);
  dsc_status loadModule(const char *image, const char *kernel, bool &notForThisDevice,
                        dsc_error *error);
  dsc_status findKernel(CudaModule module, uint32_t number, dsc_error *error);
  dsc_status loadCode(dsc_error *error);
  dsc_status loadWeights(dsc_error *error);
  dsc_status placeWeights(dsc_error *error);
  void unloadModules();

  CudaDevice *device = nullptr;
  Array<CudaKernel> kernels;
  Array<CudaModule> modules;
  size_t moduleCount = 0;
  Array<CudaAddress> weights, allocations; // of all weights together, or of each
};

} // namespace dsc

#endif
