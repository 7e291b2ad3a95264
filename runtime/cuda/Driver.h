// SPDX-License-Identifier: Apache-2.0
// The CUDA driver API, opened at run time: libcuda.so.1, or the simulator's library, which has the
// same entry points.
#ifndef DSC_RUNTIME_CUDA_DRIVER_H
#define DSC_RUNTIME_CUDA_DRIVER_H

#include "dsc/runtime.h"

namespace dsc {

using CudaContext = struct CudaContextHandle *;
using CudaModule = struct CudaModuleHandle *;
using CudaFunction = struct CudaFunctionHandle *;
using CudaStream = struct CudaStreamHandle *;
using CudaEvent = struct CudaEventHandle *;
using CudaGraph = struct CudaGraphHandle *;
using CudaGraphNode = struct CudaGraphNodeHandle *;
using CudaGraphExec = struct CudaGraphExecHandle *;
using CudaAddress = unsigned long long;

// Layout of CUDA_KERNEL_NODE_PARAMS_v1.
struct CudaKernelNode {
  CudaFunction function;
  unsigned gridX, gridY, gridZ, blockX, blockY, blockZ, sharedBytes;
  void **parameters, **extra;
};

// Numbers of the driver's ABI that the runtime uses.
enum CudaNumber : int {
  CudaErrorOutOfMemory = 2,
  CudaErrorNoDevice = 100,
  CudaErrorInvalidImage = 200,
  CudaErrorNoBinaryForGpu = 209,
  CudaErrorInvalidPtx = 218,
  CudaErrorJitCompilerNotFound = 221,
  CudaErrorUnsupportedPtxVersion = 222,

  CudaCapabilityMajor = 75, // attributes of a device
  CudaCapabilityMinor = 76,
  CudaMaxSharedPerBlockOptin = 97,

  CudaFunctionMaxThreads = 0, // attributes of a function
  CudaFunctionStaticShared = 1,
  CudaFunctionMaxDynamicShared = 8,

  CudaJitErrorLog = 5, // options of a module
  CudaJitErrorLogBytes = 6,

  CudaStreamNonBlocking = 1,
};

// Name of the member, of the entry point, its arguments. All return 0 or an error's number.
#define DSC_CUDA_ENTRY_POINTS(X)                                                                   \
  X(init, "cuInit", (unsigned flags))                                                              \
  X(errorName, "cuGetErrorName", (int error, const char **text))                                   \
  X(errorText, "cuGetErrorString", (int error, const char **text))                                 \
  X(deviceCount, "cuDeviceGetCount", (int *count))                                                 \
  X(deviceGet, "cuDeviceGet", (int *device, int ordinal))                                          \
  X(deviceName, "cuDeviceGetName", (char *name, int bytes, int device))                            \
  X(deviceAttribute, "cuDeviceGetAttribute", (int *value, int attribute, int device))              \
  X(deviceMemory, "cuDeviceTotalMem_v2", (size_t *bytes, int device))                              \
  X(contextRetain, "cuDevicePrimaryCtxRetain", (CudaContext * context, int device))                \
  X(contextRelease, "cuDevicePrimaryCtxRelease_v2", (int device))                                  \
  X(contextPush, "cuCtxPushCurrent_v2", (CudaContext context))                                     \
  X(contextPop, "cuCtxPopCurrent_v2", (CudaContext * context))                                     \
  X(memoryInfo, "cuMemGetInfo_v2", (size_t *available, size_t *total))                             \
  X(allocate, "cuMemAlloc_v2", (CudaAddress * address, size_t bytes))                              \
  X(release, "cuMemFree_v2", (CudaAddress address))                                                \
  X(allocateHost, "cuMemAllocHost_v2", (void **memory, size_t bytes))                              \
  X(releaseHost, "cuMemFreeHost", (void *memory))                                                  \
  X(copyIn, "cuMemcpyHtoDAsync_v2", (CudaAddress, const void *, size_t bytes, CudaStream))         \
  X(copyOut, "cuMemcpyDtoHAsync_v2", (void *, CudaAddress, size_t bytes, CudaStream))              \
  X(copyWithin, "cuMemcpyDtoDAsync_v2", (CudaAddress, CudaAddress, size_t bytes, CudaStream))      \
  X(fill, "cuMemsetD8Async", (CudaAddress, unsigned char value, size_t bytes, CudaStream))         \
  X(moduleLoad, "cuModuleLoadDataEx",                                                              \
    (CudaModule * module, const void *image, unsigned options, int *names, void **values))         \
  X(moduleUnload, "cuModuleUnload", (CudaModule module))                                           \
  X(moduleFunction, "cuModuleGetFunction",                                                         \
    (CudaFunction * function, CudaModule module, const char *name))                                \
  X(functionAttribute, "cuFuncGetAttribute", (int *value, int attribute, CudaFunction))            \
  X(setFunctionAttribute, "cuFuncSetAttribute", (CudaFunction, int attribute, int value))          \
  X(launch, "cuLaunchKernel",                                                                      \
    (CudaFunction, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX,                \
     unsigned blockY, unsigned blockZ, unsigned sharedBytes, CudaStream, void **parameters,        \
     void **extra))                                                                                \
  X(streamCreate, "cuStreamCreate", (CudaStream * stream, unsigned flags))                         \
  X(streamDestroy, "cuStreamDestroy_v2", (CudaStream stream))                                      \
  X(streamWait, "cuStreamSynchronize", (CudaStream stream))                                        \
  X(eventCreate, "cuEventCreate", (CudaEvent * event, unsigned flags))                             \
  X(eventDestroy, "cuEventDestroy_v2", (CudaEvent event))                                          \
  X(eventRecord, "cuEventRecord", (CudaEvent event, CudaStream stream))                            \
  X(eventWait, "cuEventSynchronize", (CudaEvent event))                                            \
  X(eventElapsed, "cuEventElapsedTime", (float *milliseconds, CudaEvent start, CudaEvent end))     \
  X(graphCreate, "cuGraphCreate", (CudaGraph * graph, unsigned flags))                             \
  X(graphDestroy, "cuGraphDestroy", (CudaGraph graph))                                             \
  X(graphAddKernel, "cuGraphAddKernelNode",                                                        \
    (CudaGraphNode * node, CudaGraph graph, const CudaGraphNode *after, size_t count,              \
     const CudaKernelNode *kernel))                                                                \
  X(graphInstantiate, "cuGraphInstantiateWithFlags",                                               \
    (CudaGraphExec * exec, CudaGraph graph, unsigned long long flags))                             \
  X(graphSetKernel, "cuGraphExecKernelNodeSetParams",                                              \
    (CudaGraphExec exec, CudaGraphNode node, const CudaKernelNode *kernel))                        \
  X(graphLaunch, "cuGraphLaunch", (CudaGraphExec exec, CudaStream stream))                         \
  X(graphExecDestroy, "cuGraphExecDestroy", (CudaGraphExec exec))

// Stays loaded until the process ends, as drivers do.
struct CudaDriver {
#define DSC_CUDA_MEMBER(member, symbol, arguments) int(*member) arguments = nullptr;
  DSC_CUDA_ENTRY_POINTS(DSC_CUDA_MEMBER)
#undef DSC_CUDA_MEMBER
  const char *(*simulatorReport)() =
      nullptr; // ptxsim_last_report, where the driver is the simulator

  // DSC_UNSUPPORTED with what to do when the library cannot be opened or lacks an entry point.
  dsc_status open(const char *library, dsc_error *error);
  // "CUDA_ERROR_OUT_OF_MEMORY (out of memory)", and the simulator's report when there is one.
  void describe(int error, char *text, size_t bytes) const;
  // DSC_OUT_OF_MEMORY or DSC_DEVICE with "WHAT: NAME (text)".
  [[gnu::format(printf, 4, 5)]] dsc_status fail(int code, dsc_error *error, const char *what,
                                                ...) const;
};

} // namespace dsc

#endif
