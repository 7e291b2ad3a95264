// SPDX-License-Identifier: Apache-2.0
// The driver's entry points: memory, modules, streams, events, graphs, errors.
#include "tests/unit/ptxsim/Gpu.h"

#include <gtest/gtest.h>

namespace ptxsim::test {
namespace {

/// out[0] = out[0] * 3 + 1: the order of launches shows.
std::string step() {
  return kernelText("ld.global.u32 %r1, [%out];\nmad.lo.u32 %r1, %r1, 3, 1;\n"
                    "st.global.u32 [%out], %r1;");
}

TEST(Driver, devices) {
  openDevice();
  int major = 0, shared = 0, warp = 0;
  EXPECT_EQ(cuDeviceGetAttribute(&major, 75, 0), 0);
  EXPECT_EQ(cuDeviceGetAttribute(&shared, 97, 0), 0);
  EXPECT_EQ(cuDeviceGetAttribute(&warp, 10, 0), 0);
  EXPECT_EQ(major, 9);
  EXPECT_EQ(shared, 232448);
  EXPECT_EQ(warp, 32);
  EXPECT_EQ(cuDeviceGetAttribute(&warp, 10, 1), 101);
  const char *name = nullptr;
  EXPECT_EQ(cuGetErrorName(700, &name), 0);
  EXPECT_STREQ(name, "CUDA_ERROR_ILLEGAL_ADDRESS");
  void *entry = nullptr;
  int status = 7;
  EXPECT_EQ(cuGetProcAddress_v2("cuMemAlloc", &entry, 13000, 0, &status), 0);
  EXPECT_EQ(entry, reinterpret_cast<void *>(&cuMemAlloc_v2));
  EXPECT_EQ(status, 0);
  EXPECT_EQ(cuGetProcAddress_v2("cuTeleport", &entry, 13000, 0, &status), 500);
}

TEST(Driver, memory) {
  openDevice();
  CUdeviceptr address = 0;
  EXPECT_EQ(cuMemAlloc_v2(&address, uint64_t(1) << 40), 2);
  Buffer buffer(64);
  EXPECT_EQ(buffer.address() % 256, 0u);
  uint32_t value = 0x01020304;
  EXPECT_EQ(cuMemcpyHtoD_v2(buffer.address() + 4, &value, 4), 0);
  EXPECT_EQ(cuMemcpyHtoD_v2(buffer.address() + 64, &value, 4), 1);
  EXPECT_EQ(cuMemcpyHtoD_v2(buffer.address() + 62, &value, 4), 1);
  // What nobody wrote reads as NaN.
  EXPECT_EQ(buffer.values<uint32_t>()[0], 0xFFFFFFFFu);
  EXPECT_EQ(buffer.values<uint32_t>()[1], value);
  size_t available = 0, total = 0, before = 0;
  EXPECT_EQ(cuMemGetInfo_v2(&before, &total), 0);
  {
    Buffer more(1 << 20);
    EXPECT_EQ(cuMemGetInfo_v2(&available, &total), 0);
    EXPECT_EQ(available, before - (1 << 20));
  }
  EXPECT_EQ(cuMemGetInfo_v2(&available, &total), 0);
  EXPECT_EQ(available, before);
  EXPECT_EQ(cuMemFree_v2(buffer.address() + 256), 1);
}

TEST(Driver, modules) {
  openDevice();
  CUmodule module = nullptr;
  EXPECT_EQ(cuModuleLoadData(&module, "\177ELF cubin"), 209);
  EXPECT_EQ(cuModuleLoadData(&module, "hello"), 218);
  char log[64];
  int names[] = {5, 6};
  void *values[] = {log, reinterpret_cast<void *>(sizeof log)};
  std::string text = kernelText("frobnicate %r1;");
  EXPECT_EQ(cuModuleLoadDataEx(&module, text.c_str(), 2, names, values), 218);
  EXPECT_EQ(std::string(log).substr(0, 31), "PTX line 18: instruction `frobn");
  takeReport();
  Module good(step());
  CUfunction function = nullptr;
  EXPECT_EQ(cuModuleGetFunction(&function, good.handle(), "absent"), 500);
}

TEST(Driver, launchLimits) {
  Module module(kernelText("", "", ".shared .align 4 .b8 s[400];\nst.shared.u32 [s], 0;\n"));
  Buffer out(4);
  Arguments arguments(out);
  CUfunction f = module.function("k");
  auto launch = [&](unsigned grid, unsigned block) {
    return cuLaunchKernel(f, grid, 1, 1, block, 1, 1, 0, nullptr, arguments.pointers(), nullptr);
  };
  EXPECT_EQ(launch(1, 1024), 0);
  EXPECT_EQ(launch(1, 1025), 1);
  EXPECT_EQ(launch(0, 32), 1);
  int shared = 0;
  EXPECT_EQ(cuFuncGetAttribute(&shared, 1, f), 0);
  EXPECT_EQ(shared, 400);
  int blocks = 0;
  EXPECT_EQ(cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, f, 256, 100000), 0);
  EXPECT_EQ(blocks, 2);
}

TEST(Driver, launchWithAttributes) {
  Module module(step());
  Buffer out = upload(std::vector<uint32_t>{1});
  Arguments arguments(out);
  CUlaunchAttribute attributes[2] = {};
  attributes[0].id = 6; // programmatic serialisation: changes nothing here
  attributes[1].id = 4;
  attributes[1].value.clusterDim = {1, 1, 1};
  CUlaunchConfig config{1, 1, 1, 1, 1, 1, 0, nullptr, attributes, 2};
  EXPECT_EQ(cuLaunchKernelEx(&config, module.function("k"), arguments.pointers(), nullptr), 0);
  EXPECT_EQ(out.values<uint32_t>()[0], 4u);
  attributes[1].value.clusterDim = {2, 1, 1};
  EXPECT_EQ(cuLaunchKernelEx(&config, module.function("k"), arguments.pointers(), nullptr), 801);
}

TEST(Driver, failuresStay) {
  Module module(kernelText("trap;"));
  Buffer out(4);
  EXPECT_EQ(module.launch("k", {}, Arguments(out)), 719);
  EXPECT_EQ(cuCtxSynchronize(), 719);
  size_t a, b;
  EXPECT_EQ(cuMemGetInfo_v2(&a, &b), 719);
  EXPECT_TRUE(takeReport().starts_with("trap"));
  EXPECT_EQ(cuCtxSynchronize(), 0);
}

TEST(Driver, lateStreams) {
  // Work waits until somebody waits for it: a host that does not sees old data.
  ptxsim_set_option("streams", "late");
  Module module(step());
  Buffer out = upload(std::vector<uint32_t>{1});
  Arguments arguments(out);
  CUstream first, second;
  EXPECT_EQ(cuStreamCreate(&first, 1), 0);
  EXPECT_EQ(cuStreamCreate(&second, 1), 0);
  CUevent event;
  EXPECT_EQ(cuEventCreate(&event, 0), 0);
  void *pinned = nullptr;
  EXPECT_EQ(cuMemAllocHost_v2(&pinned, 4), 0);
  uint32_t &host = *static_cast<uint32_t *>(pinned), ordinary = 5;
  host = 77;
  EXPECT_EQ(cuLaunchKernel(module.function("k"), 1, 1, 1, 1, 1, 1, 0, first, arguments.pointers(),
                           nullptr),
            0);
  EXPECT_EQ(cuEventRecord(event, first), 0);
  EXPECT_EQ(cuStreamWaitEvent(second, event, 0), 0);
  EXPECT_EQ(cuMemcpyDtoHAsync_v2(&host, out.address(), 4, second), 0);
  EXPECT_EQ(host, 77u);
  EXPECT_EQ(cuStreamQuery(first), 600);
  EXPECT_EQ(cuStreamSynchronize(second), 0);
  EXPECT_EQ(host, 4u);
  // Ordinary memory is copied before the call returns.
  EXPECT_EQ(cuMemcpyDtoHAsync_v2(&ordinary, out.address(), 4, first), 0);
  EXPECT_EQ(ordinary, 4u);
  ptxsim_set_option("streams", "eager");
  EXPECT_EQ(cuMemFreeHost(pinned), 0);
  EXPECT_EQ(cuMemFreeHost(&ordinary), 1);
  EXPECT_EQ(cuEventDestroy_v2(event), 0);
  EXPECT_EQ(cuStreamDestroy_v2(first), 0);
  EXPECT_EQ(cuStreamDestroy_v2(second), 0);
}

TEST(Driver, graphs) {
  Module module(step());
  Buffer out = upload(std::vector<uint32_t>{1});
  Arguments arguments(out);
  CUstream main, side;
  cuStreamCreate(&main, 1), cuStreamCreate(&side, 1);
  CUevent fork, join;
  cuEventCreate(&fork, 0), cuEventCreate(&join, 0);
  auto launch = [&](CUstream stream) {
    EXPECT_EQ(cuLaunchKernel(module.function("k"), 1, 1, 1, 1, 1, 1, 0, stream,
                             arguments.pointers(), nullptr),
              0);
  };
  EXPECT_EQ(cuStreamBeginCapture_v2(main, 0), 0);
  launch(main);
  EXPECT_EQ(cuEventRecord(fork, main), 0);
  EXPECT_EQ(cuStreamWaitEvent(side, fork, 0), 0);
  launch(side);
  EXPECT_EQ(cuEventRecord(join, side), 0);
  EXPECT_EQ(cuStreamWaitEvent(main, join, 0), 0);
  EXPECT_EQ(cuStreamSynchronize(main), 900);
  CUgraph graph = nullptr;
  EXPECT_EQ(cuStreamEndCapture(side, &graph), 903);
  EXPECT_EQ(cuStreamEndCapture(main, &graph), 0);
  EXPECT_EQ(out.values<uint32_t>()[0], 1u); // captured, not run
  CUgraphExec exec = nullptr;
  EXPECT_EQ(cuGraphInstantiateWithFlags(&exec, graph, 0), 0);
  EXPECT_EQ(cuGraphDestroy(graph), 0);
  EXPECT_EQ(cuGraphLaunch(exec, main), 0);
  EXPECT_EQ(cuGraphLaunch(exec, main), 0);
  EXPECT_EQ(cuStreamSynchronize(main), 0);
  EXPECT_EQ(out.values<uint32_t>()[0], 121u); // 1, 4, 13, 40, 121
  EXPECT_EQ(cuGraphExecDestroy(exec), 0);
  EXPECT_EQ(cuGraphLaunch(exec, main), 400);
  launch(side); // no longer part of a capture
  EXPECT_EQ(cuStreamSynchronize(side), 0);
  EXPECT_EQ(out.values<uint32_t>()[0], 364u);
  cuEventDestroy_v2(fork), cuEventDestroy_v2(join);
  cuStreamDestroy_v2(main), cuStreamDestroy_v2(side);
}

TEST(Driver, graphsOfKernels) {
  Module module(step()), other(step());
  Buffer first = upload(std::vector<uint32_t>{1}), second = upload(std::vector<uint32_t>{2});
  CUdeviceptr firstAddress = first.address(), secondAddress = second.address();
  auto node = [&](CUdeviceptr &address, Module &of, unsigned grid = 1) {
    static void *parameters[1];
    parameters[0] = &address;
    return CUkernelNode{of.function("k"), grid, 1, 1, 1, 1, 1, 0, parameters, nullptr};
  };
  CUkernelNode one = node(firstAddress, module), none = one;
  none.gridDimX = 0;
  CUgraph graph = nullptr;
  CUgraphNode a = nullptr, b = nullptr, c = nullptr;
  EXPECT_EQ(cuGraphCreate(&graph, 1), 1);
  EXPECT_EQ(cuGraphCreate(&graph, 0), 0);
  EXPECT_EQ(cuGraphAddKernelNode(&a, graph, nullptr, 0, &none), 1);
  EXPECT_EQ(cuGraphAddKernelNode(&a, graph, &b, 1, &one), 1); // depends on no node of the graph
  EXPECT_EQ(cuGraphAddKernelNode(&a, graph, nullptr, 0, &one), 0);
  EXPECT_EQ(cuGraphAddKernelNode(&b, graph, &a, 1, &one), 0);
  CUgraphExec exec = nullptr;
  EXPECT_EQ(cuGraphInstantiateWithFlags(&exec, graph, 0), 0);
  EXPECT_EQ(cuGraphAddKernelNode(&c, graph, &b, 1, &one), 0); // too late for this one

  CUstream stream;
  cuStreamCreate(&stream, 1);
  ptxsim_set_option("streams", "late");
  EXPECT_EQ(cuGraphLaunch(exec, stream), 0);
  CUkernelNode changed = node(secondAddress, module), wrong = node(secondAddress, other);
  EXPECT_EQ(cuGraphExecKernelNodeSetParams(exec, b, &wrong), 1); // another function
  EXPECT_EQ(cuGraphExecKernelNodeSetParams(exec, c, &changed), 1);
  EXPECT_EQ(cuGraphExecKernelNodeSetParams(exec, b, &changed), 0); // not for the launch before
  EXPECT_EQ(cuGraphLaunch(exec, stream), 0);
  EXPECT_EQ(cuStreamSynchronize(stream), 0);
  ptxsim_set_option("streams", "eager");
  EXPECT_EQ(first.values<uint32_t>()[0], 40u); // 1, 4, 13; 40
  EXPECT_EQ(second.values<uint32_t>()[0], 7u);
  EXPECT_EQ(cuGraphDestroy(graph), 0);
  EXPECT_EQ(cuGraphExecDestroy(exec), 0);
  EXPECT_EQ(cuGraphExecKernelNodeSetParams(exec, b, &changed), 400);
  cuStreamDestroy_v2(stream);
}

TEST(Driver, options) {
  EXPECT_EQ(ptxsim_set_option("seed", "12"), 0);
  EXPECT_EQ(ptxsim_set_option("seed", "twelve"), 1);
  EXPECT_EQ(ptxsim_set_option("sede", "1"), 1);
  EXPECT_EQ(ptxsim_set_option("capability", "123"), 1);
  setSeed(0);
}

} // namespace
} // namespace ptxsim::test
