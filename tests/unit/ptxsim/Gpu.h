// SPDX-License-Identifier: Apache-2.0
// A small C++ face of the driver entry points that libptxsim.so exports, for tests.
#pragma once

#include "tools/ptxsim/driver/CudaTypes.h"
#include "tools/ptxsim/ptxsim.h"

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace ptxsim::test {

/// Device memory that is freed with the object.
class Buffer {
public:
  explicit Buffer(size_t bytes);
  ~Buffer();
  Buffer(const Buffer &) = delete;
  Buffer(Buffer &&other) noexcept : address_(other.address_), bytes_(other.bytes_) {
    other.address_ = 0;
  }
  CUdeviceptr address() const { return address_; }
  void write(const void *from, size_t bytes);
  void read(void *to, size_t bytes) const;
  template <class T> std::vector<T> values() const {
    std::vector<T> result(bytes_ / sizeof(T));
    read(result.data(), result.size() * sizeof(T));
    return result;
  }

private:
  CUdeviceptr address_ = 0;
  size_t bytes_;
};

template <class T> Buffer upload(const std::vector<T> &values) {
  Buffer buffer(values.size() * sizeof(T));
  buffer.write(values.data(), values.size() * sizeof(T));
  return buffer;
}

/// Parameters of a kernel in the order of its declaration.
class Arguments {
public:
  template <class... T> explicit Arguments(const T &...values) { (add(values), ...); }
  void add(const Buffer &buffer) { push(buffer.address()); }
  template <class T> void add(const T &value) { push(value); }
  void **pointers();

private:
  template <class T> void push(const T &value) {
    storage.emplace_back(sizeof(T));
    std::memcpy(storage.back().data(), &value, sizeof(T));
  }
  std::vector<std::vector<char>> storage;
  std::vector<void *> addresses;
};

struct Shape {
  unsigned gridX = 1, blockX = 32, shared = 0, gridY = 1, gridZ = 1, blockY = 1, blockZ = 1;
};

class Module {
public:
  /// Fails the test when the text does not load.
  explicit Module(const std::string &ptx);
  ~Module();
  /// Launches and waits; the CUDA error. The report is in report().
  CUresult launch(const char *kernel, Shape shape, Arguments arguments) const;
  CUfunction function(const char *name) const;
  CUmodule handle() const { return module; }

private:
  CUmodule module = nullptr;
};

/// The last report; clears the context's error.
std::string takeReport();
/// "" when the text loads, else the message.
std::string loadError(const std::string &ptx);
/// The device's context: made once for the test program. Reports are not printed.
void openDevice();
void setSeed(unsigned seed);

/// A module of one kernel `k` with one parameter of 64 bits, %out in a register; `body` follows.
/// Registers: %r<64>, %rd<64>, %f<64>, %fd<16>, %p<16>, %rs<32>. %tid is %r0; `before` stands at
/// module level.
std::string kernelText(std::string_view body, std::string_view before = "",
                       std::string_view variables = "");

/// A committed .ptx file of tests/unit/ptxsim/kernels.
std::string golden(const std::string &name);

} // namespace ptxsim::test

// The entry points used by tests.
extern "C" {
CUresult cuInit(unsigned);
CUresult cuDeviceGet(CUdevice *, int);
CUresult cuDevicePrimaryCtxRetain(CUcontext *, CUdevice);
CUresult cuMemAlloc_v2(CUdeviceptr *, size_t);
CUresult cuMemFree_v2(CUdeviceptr);
CUresult cuMemAllocHost_v2(void **, size_t);
CUresult cuMemFreeHost(void *);
CUresult cuMemcpyHtoD_v2(CUdeviceptr, const void *, size_t);
CUresult cuMemcpyDtoH_v2(void *, CUdeviceptr, size_t);
CUresult cuMemcpyDtoHAsync_v2(void *, CUdeviceptr, size_t, CUstream);
CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr, const void *, size_t, CUstream);
CUresult cuMemsetD8_v2(CUdeviceptr, unsigned char, size_t);
CUresult cuMemsetD32_v2(CUdeviceptr, unsigned, size_t);
CUresult cuMemGetInfo_v2(size_t *, size_t *);
CUresult cuModuleLoadData(CUmodule *, const void *);
CUresult cuModuleLoadDataEx(CUmodule *, const void *, unsigned, int *, void **);
CUresult cuModuleUnload(CUmodule);
CUresult cuModuleGetFunction(CUfunction *, CUmodule, const char *);
CUresult cuModuleGetGlobal_v2(CUdeviceptr *, size_t *, CUmodule, const char *);
CUresult cuFuncSetAttribute(CUfunction, int, int);
CUresult cuFuncGetAttribute(int *, int, CUfunction);
CUresult cuLaunchKernel(CUfunction, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
                        unsigned, CUstream, void **, void **);
CUresult cuLaunchKernelEx(const CUlaunchConfig *, CUfunction, void **, void **);
CUresult cuCtxSynchronize();
CUresult cuStreamCreate(CUstream *, unsigned);
CUresult cuStreamDestroy_v2(CUstream);
CUresult cuStreamSynchronize(CUstream);
CUresult cuStreamQuery(CUstream);
CUresult cuStreamWaitEvent(CUstream, CUevent, unsigned);
CUresult cuStreamBeginCapture_v2(CUstream, int);
CUresult cuStreamEndCapture(CUstream, CUgraph *);
CUresult cuEventCreate(CUevent *, unsigned);
CUresult cuEventRecord(CUevent, CUstream);
CUresult cuEventSynchronize(CUevent);
CUresult cuEventDestroy_v2(CUevent);
CUresult cuGraphCreate(CUgraph *, unsigned);
CUresult cuGraphAddKernelNode(CUgraphNode *, CUgraph, const CUgraphNode *, size_t,
                              const CUkernelNode *);
CUresult cuGraphExecKernelNodeSetParams(CUgraphExec, CUgraphNode, const CUkernelNode *);
CUresult cuGraphInstantiateWithFlags(CUgraphExec *, CUgraph, unsigned long long);
CUresult cuGraphLaunch(CUgraphExec, CUstream);
CUresult cuGraphDestroy(CUgraph);
CUresult cuGraphExecDestroy(CUgraphExec);
CUresult cuGetErrorName(CUresult, const char **);
CUresult cuGetProcAddress_v2(const char *, void **, int, uint64_t, int *);
CUresult cuDeviceGetAttribute(int *, int, CUdevice);
CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int *, CUfunction, int, size_t);
}
