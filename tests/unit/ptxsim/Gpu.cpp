// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/ptxsim/Gpu.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace ptxsim::test {

void openDevice() {
  static bool once = [] {
    ptxsim_set_option("print", "0");
    ptxsim_set_option("memory", "268435456");
    CUcontext context;
    EXPECT_EQ(cuInit(0), 0);
    EXPECT_EQ(cuDevicePrimaryCtxRetain(&context, 0), 0);
    return true;
  }();
  (void)once;
}

Buffer::Buffer(size_t bytes) : bytes_(bytes) {
  openDevice();
  EXPECT_EQ(cuMemAlloc_v2(&address_, bytes), 0);
}
Buffer::~Buffer() {
  if (address_)
    cuMemFree_v2(address_);
}
void Buffer::write(const void *from, size_t bytes) {
  EXPECT_EQ(cuMemcpyHtoD_v2(address_, from, bytes), 0);
}
void Buffer::read(void *to, size_t bytes) const {
  EXPECT_EQ(cuMemcpyDtoH_v2(to, address_, bytes), 0);
}

void **Arguments::pointers() {
  addresses.clear();
  for (auto &value : storage)
    addresses.push_back(value.data());
  return addresses.data();
}

Module::Module(const std::string &ptx) {
  openDevice();
  EXPECT_EQ(cuModuleLoadData(&module, ptx.c_str()), 0) << ptxsim_last_report();
}
Module::~Module() {
  if (module)
    cuModuleUnload(module);
}

CUfunction Module::function(const char *name) const {
  CUfunction result = nullptr;
  EXPECT_EQ(cuModuleGetFunction(&result, module, name), 0) << name;
  return result;
}

CUresult Module::launch(const char *kernel, Shape shape, Arguments arguments) const {
  CUfunction f = function(kernel);
  if (shape.shared > 48 * 1024)
    EXPECT_EQ(cuFuncSetAttribute(f, cuda::FunctionMaxDynamicShared, static_cast<int>(shape.shared)),
              0);
  CUresult result =
      cuLaunchKernel(f, shape.gridX, shape.gridY, shape.gridZ, shape.blockX, shape.blockY,
                     shape.blockZ, shape.shared, nullptr, arguments.pointers(), nullptr);
  return result ? result : cuCtxSynchronize();
}

std::string takeReport() {
  std::string report = ptxsim_last_report();
  ptxsim_clear_error();
  return report;
}

std::string loadError(const std::string &ptx) {
  openDevice();
  CUmodule module;
  if (cuModuleLoadData(&module, ptx.c_str()) == 0) {
    cuModuleUnload(module);
    return "";
  }
  return takeReport();
}

void setSeed(unsigned seed) { ptxsim_set_option("seed", std::to_string(seed).c_str()); }

std::string kernelText(std::string_view body, std::string_view before, std::string_view variables) {
  std::ostringstream text;
  text << ".version 8.0\n.target sm_80\n.address_size 64\n"
       << before
       << "\n.visible .entry k(.param .u64 out)\n{\n"
          ".reg .pred %p<16>;\n.reg .b16 %rs<32>;\n.reg .b32 %r<64>;\n.reg .b64 %rd<64>;\n"
          ".reg .f32 %f<64>;\n.reg .f64 %fd<16>;\n.reg .b64 %out;\n"
       << variables
       << "\nld.param.u64 %out, [out];\ncvta.to.global.u64 %out, %out;\nmov.u32 %r0, %tid.x;\n"
       << body << "\nret;\n}\n";
  return text.str();
}

std::string golden(const std::string &name) {
  std::ifstream file(std::string(PTXSIM_KERNELS) + "/" + name);
  EXPECT_TRUE(file) << name;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

} // namespace ptxsim::test
