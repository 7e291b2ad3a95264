// SPDX-License-Identifier: Apache-2.0
// Devices, the primary context, errors' names.
#include "tools/ptxsim/driver/Context.h"

#include <algorithm>
#include <cstring>

using namespace ptxsim;

namespace {

template <class F> CUresult onDevice(CUdevice device, F f) {
  std::lock_guard lock(process().mutex);
  if (!process().initialised)
    return cuda::NotInitialized;
  if (device != 0)
    return cuda::InvalidDevice;
  return f();
}

struct ErrorName {
  int code;
  const char *name, *text;
};
constexpr ErrorName errorNames[] = {
    {cuda::Success, "CUDA_SUCCESS", "no error"},
    {cuda::InvalidValue, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {cuda::OutOfMemory, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {cuda::NotInitialized, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
    {cuda::NoDevice, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
    {cuda::InvalidDevice, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    {cuda::InvalidImage, "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"},
    {cuda::InvalidContext, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    {cuda::NoBinaryForGpu, "CUDA_ERROR_NO_BINARY_FOR_GPU",
     "no kernel image is available for execution on the device (the simulator runs PTX only)"},
    {cuda::InvalidPtx, "CUDA_ERROR_INVALID_PTX", "a PTX JIT compilation failed"},
    {cuda::InvalidHandle, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
    {cuda::NotFound, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {cuda::NotReady, "CUDA_ERROR_NOT_READY", "device not ready"},
    {cuda::IllegalAddress, "CUDA_ERROR_ILLEGAL_ADDRESS",
     "an illegal memory access was encountered"},
    {cuda::LaunchOutOfResources, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES",
     "too many resources requested for launch"},
    {cuda::LaunchTimeout, "CUDA_ERROR_LAUNCH_TIMEOUT", "the launch timed out and was terminated"},
    {cuda::Assert, "CUDA_ERROR_ASSERT", "device-side assert triggered"},
    {cuda::IllegalInstruction, "CUDA_ERROR_ILLEGAL_INSTRUCTION",
     "an illegal instruction was encountered"},
    {cuda::MisalignedAddress, "CUDA_ERROR_MISALIGNED_ADDRESS", "misaligned address"},
    {cuda::LaunchFailed, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"},
    {cuda::NotSupported, "CUDA_ERROR_NOT_SUPPORTED", "operation not supported by the simulator"},
    {cuda::CaptureUnsupported, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED",
     "operation not permitted when stream is capturing"},
    {cuda::CaptureInvalidated, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED",
     "operation failed due to a previous error during capture"},
    {cuda::CaptureUnmatched, "CUDA_ERROR_STREAM_CAPTURE_UNMATCHED",
     "the capture was not initiated in this stream"},
    {cuda::Unknown, "CUDA_ERROR_UNKNOWN", "unknown error"},
};

int attributeValue(int attribute) {
  unsigned capability = options().capability;
  bool hopper = capability >= 90;
  switch (attribute) {
  case cuda::MaxThreadsPerBlock:
  case cuda::MaxBlockDimX:
  case cuda::MaxBlockDimY:
    return 1024;
  case cuda::MaxBlockDimZ:
    return 64;
  case cuda::MaxGridDimX:
    return 2147483647;
  case cuda::MaxGridDimY:
  case cuda::MaxGridDimZ:
    return 65535;
  case cuda::MaxSharedPerBlock:
    return static_cast<int>(maxStaticShared);
  case cuda::TotalConstant:
    return 65536;
  case cuda::WarpSize:
    return 32;
  case cuda::MaxPitch:
    return 2147483647;
  case cuda::MaxRegistersPerBlock:
  case cuda::MaxRegistersPerMultiprocessor:
    return 65536;
  case cuda::ClockRate:
    return 1000000;
  case cuda::TextureAlignment:
    return 512;
  case cuda::MultiprocessorCount:
    return hopper ? 132 : 108;
  case cuda::ConcurrentKernels:
  case cuda::UnifiedAddressing:
  case cuda::CooperativeLaunch:
    return 1;
  case cuda::MemoryClockRate:
    return 1000000;
  case cuda::MemoryBusWidth:
    return 5120;
  case cuda::L2Bytes:
    return 50 << 20;
  case cuda::MaxThreadsPerMultiprocessor:
    return 2048;
  case cuda::AsyncEngines:
    return 1;
  case cuda::CapabilityMajor:
    return static_cast<int>(capability / 10);
  case cuda::CapabilityMinor:
    return static_cast<int>(capability % 10);
  case cuda::MaxSharedPerMultiprocessor:
    return static_cast<int>(sharedOptin(capability) + 1024);
  case cuda::MaxSharedPerBlockOptin:
    return static_cast<int>(sharedOptin(capability));
  case cuda::MaxBlocksPerMultiprocessor:
    return 32;
  case cuda::ReservedShared:
    return 1024;
  default:
    return 0;
  }
}

} // namespace

PTXSIM_API CUresult cuInit(unsigned flags) {
  std::lock_guard lock(process().mutex);
  if (flags)
    return cuda::InvalidValue;
  if (!options().device)
    return cuda::NoDevice;
  process().initialised = true;
  return cuda::Success;
}

PTXSIM_API CUresult cuDriverGetVersion(int *version) {
  if (!version)
    return cuda::InvalidValue;
  *version = 13000;
  return cuda::Success;
}

PTXSIM_API CUresult cuDeviceGetCount(int *count) {
  if (!count)
    return cuda::InvalidValue;
  *count = 1;
  return process().initialised ? cuda::Success : cuda::NotInitialized;
}

PTXSIM_API CUresult cuDeviceGet(CUdevice *device, int ordinal) {
  return onDevice(ordinal, [&] {
    if (!device)
      return cuda::InvalidValue;
    *device = 0;
    return cuda::Success;
  });
}

PTXSIM_API CUresult cuDeviceGetName(char *name, int length, CUdevice device) {
  return onDevice(device, [&] {
    if (!name || length <= 0)
      return cuda::InvalidValue;
    std::strncpy(name, "ptxsim", static_cast<size_t>(length));
    name[length - 1] = '\0';
    return cuda::Success;
  });
}

PTXSIM_API CUresult cuDeviceGetUuid_v2(CUuuid *uuid, CUdevice device) {
  return onDevice(device, [&] {
    if (!uuid)
      return cuda::InvalidValue;
    std::memcpy(uuid->bytes, "ptxsim device 0", 16);
    return cuda::Success;
  });
}

PTXSIM_API CUresult cuDeviceGetUuid(CUuuid *uuid, CUdevice device) {
  return cuDeviceGetUuid_v2(uuid, device);
}

PTXSIM_API CUresult cuDeviceGetAttribute(int *value, int attribute, CUdevice device) {
  return onDevice(device, [&] {
    if (!value || attribute <= 0 || attribute > 200)
      return cuda::InvalidValue;
    *value = attributeValue(attribute);
    return cuda::Success;
  });
}

PTXSIM_API CUresult cuDeviceTotalMem_v2(size_t *bytes, CUdevice device) {
  return onDevice(device, [&] {
    if (!bytes)
      return cuda::InvalidValue;
    *bytes = options().memory;
    return cuda::Success;
  });
}

PTXSIM_API CUresult cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice device) {
  return onDevice(device, [&] {
    if (!context)
      return cuda::InvalidValue;
    if (!process().primary) {
      try {
        process().primary = std::make_unique<Context>();
      } catch (const std::bad_alloc &) {
        return cuda::OutOfMemory;
      }
    }
    ++process().retained;
    *context = process().primary.get();
    return cuda::Success;
  });
}

PTXSIM_API CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) {
  return onDevice(device, [&] {
    if (process().retained == 0)
      return cuda::InvalidContext;
    if (--process().retained == 0)
      process().primary.reset();
    return cuda::Success;
  });
}

PTXSIM_API CUresult cuDevicePrimaryCtxReset_v2(CUdevice device) {
  return onDevice(device, [&] {
    if (process().primary)
      process().primary = std::make_unique<Context>();
    return cuda::Success;
  });
}

// One context: every thread has it as its current one.
PTXSIM_API CUresult cuCtxSetCurrent(CUcontext context) {
  std::lock_guard lock(process().mutex);
  return context == nullptr || context == process().primary.get() ? cuda::Success
                                                                  : cuda::InvalidContext;
}

PTXSIM_API CUresult cuCtxGetCurrent(CUcontext *context) {
  std::lock_guard lock(process().mutex);
  if (!context)
    return cuda::InvalidValue;
  *context = process().primary.get();
  return cuda::Success;
}

PTXSIM_API CUresult cuCtxPushCurrent_v2(CUcontext context) { return cuCtxSetCurrent(context); }
PTXSIM_API CUresult cuCtxPopCurrent_v2(CUcontext *context) {
  return context ? cuCtxGetCurrent(context) : static_cast<int>(cuda::Success);
}

PTXSIM_API CUresult cuCtxGetDevice(CUdevice *device) {
  return inContext([&](Context &) {
    if (!device)
      return cuda::InvalidValue;
    *device = 0;
    return cuda::Success;
  });
}

PTXSIM_API CUresult cuCtxSynchronize() {
  return inContext([](Context &context) { return context.finish(); });
}

PTXSIM_API CUresult cuGetErrorName(CUresult error, const char **text) {
  if (!text)
    return cuda::InvalidValue;
  auto found = std::ranges::find(errorNames, error, &ErrorName::code);
  *text = found == std::end(errorNames) ? nullptr : found->name;
  return *text ? cuda::Success : cuda::InvalidValue;
}

PTXSIM_API CUresult cuGetErrorString(CUresult error, const char **text) {
  if (!text)
    return cuda::InvalidValue;
  auto found = std::ranges::find(errorNames, error, &ErrorName::code);
  *text = found == std::end(errorNames) ? nullptr : found->text;
  return *text ? cuda::Success : cuda::InvalidValue;
}
