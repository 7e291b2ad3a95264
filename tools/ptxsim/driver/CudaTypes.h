// SPDX-License-Identifier: Apache-2.0
// The part of the CUDA driver's C ABI that is exported: names, numbers and layouts as published by
// NVIDIA for CUDA 13, declared here because a user's machine may have no CUDA at all.
#pragma once

#include <cstddef>
#include <cstdint>

using CUresult = int;
using CUdevice = int;
using CUdeviceptr = unsigned long long;

namespace ptxsim {
struct Context;
struct LoadedModule;
struct Kernel;
struct Stream;
struct Event;
struct Graph;
struct GraphNode;
struct GraphExec;
} // namespace ptxsim

using CUcontext = ptxsim::Context *;
using CUmodule = ptxsim::LoadedModule *;
using CUfunction = ptxsim::Kernel *;
using CUstream = ptxsim::Stream *;
using CUevent = ptxsim::Event *;
using CUgraph = ptxsim::Graph *;
using CUgraphNode = ptxsim::GraphNode *;
using CUgraphExec = ptxsim::GraphExec *;

struct CUuuid {
  char bytes[16];
};

struct CUlaunchAttribute {
  int id;
  char pad[4];
  union {
    char bytes[64];
    struct {
      unsigned x, y, z;
    } clusterDim;
    int cooperative;
  } value;
};

struct CUlaunchConfig {
  unsigned gridDimX, gridDimY, gridDimZ;
  unsigned blockDimX, blockDimY, blockDimZ;
  unsigned sharedMemBytes;
  CUstream hStream;
  CUlaunchAttribute *attrs;
  unsigned numAttrs;
};

/// CUDA_KERNEL_NODE_PARAMS_v1, and the two members that _v2 adds.
struct CUkernelNode {
  CUfunction func;
  unsigned gridDimX, gridDimY, gridDimZ;
  unsigned blockDimX, blockDimY, blockDimZ;
  unsigned sharedMemBytes;
  void **kernelParams, **extra;
};
struct CUkernelNode_v2 {
  CUkernelNode first;
  void *kern;
  CUcontext ctx;
};

namespace ptxsim::cuda {

enum Result : int {
  Success = 0,
  InvalidValue = 1,
  OutOfMemory = 2,
  NotInitialized = 3,
  NoDevice = 100,
  InvalidDevice = 101,
  InvalidImage = 200,
  InvalidContext = 201,
  NoBinaryForGpu = 209,
  InvalidPtx = 218,
  InvalidHandle = 400,
  NotFound = 500,
  NotReady = 600,
  IllegalAddress = 700,
  LaunchOutOfResources = 701,
  LaunchTimeout = 702,
  Assert = 710,
  IllegalInstruction = 715,
  MisalignedAddress = 716,
  LaunchFailed = 719,
  NotSupported = 801,
  CaptureUnsupported = 900,
  CaptureInvalidated = 901,
  CaptureUnmatched = 903,
  CaptureWrongThread = 908,
  Unknown = 999,
};

enum DeviceAttribute : int {
  MaxThreadsPerBlock = 1,
  MaxBlockDimX = 2,
  MaxBlockDimY = 3,
  MaxBlockDimZ = 4,
  MaxGridDimX = 5,
  MaxGridDimY = 6,
  MaxGridDimZ = 7,
  MaxSharedPerBlock = 8,
  TotalConstant = 9,
  WarpSize = 10,
  MaxPitch = 11,
  MaxRegistersPerBlock = 12,
  ClockRate = 13,
  TextureAlignment = 14,
  MultiprocessorCount = 16,
  KernelTimeout = 17,
  Integrated = 18,
  CanMapHost = 19,
  ComputeMode = 20,
  ConcurrentKernels = 31,
  Ecc = 32,
  PciBus = 33,
  PciDevice = 34,
  MemoryClockRate = 36,
  MemoryBusWidth = 37,
  L2Bytes = 38,
  MaxThreadsPerMultiprocessor = 39,
  AsyncEngines = 40,
  UnifiedAddressing = 41,
  PciDomain = 50,
  CapabilityMajor = 75,
  CapabilityMinor = 76,
  StreamPriorities = 78,
  MaxSharedPerMultiprocessor = 81,
  MaxRegistersPerMultiprocessor = 82,
  ManagedMemory = 83,
  CooperativeLaunch = 95,
  MaxSharedPerBlockOptin = 97,
  MaxBlocksPerMultiprocessor = 106,
  ReservedShared = 111,
  MemoryPools = 115,
};

enum FunctionAttribute : int {
  FunctionMaxThreads = 0,
  FunctionShared = 1,
  FunctionConst = 2,
  FunctionLocal = 3,
  FunctionRegisters = 4,
  FunctionPtxVersion = 5,
  FunctionBinaryVersion = 6,
  FunctionCacheMode = 7,
  FunctionMaxDynamicShared = 8,
  FunctionCarveout = 9,
};

enum JitOption : int { InfoLog = 3, InfoLogBytes = 4, ErrorLog = 5, ErrorLogBytes = 6 };

enum LaunchAttribute : int { AttributeCooperative = 2, AttributeClusterDimension = 4 };

} // namespace ptxsim::cuda
