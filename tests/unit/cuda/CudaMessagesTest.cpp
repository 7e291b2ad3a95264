// SPDX-License-Identifier: Apache-2.0
// What is said when a CUDA engine cannot run, and that it says what to do.
#include "tests/unit/cuda/CudaEngines.h"
#include "tests/unit/cuda/Simulator.h"

#include <dlfcn.h>

using namespace dsc::test;

namespace {

using Floats = std::vector<float>;

dsc_status createRuntime(const char *device, const char *driver, std::string &message) {
  dsc_runtime_options options = {sizeof options, 1, device, driver};
  dsc_runtime *runtime = nullptr;
  dsc_error error = {};
  dsc_status status = dsc_runtime_create(&options, &runtime, &error);
  EXPECT_EQ(runtime != nullptr, status == DSC_OK);
  dsc_runtime_destroy(runtime);
  message = error.message;
  return status;
}

TEST(CudaMessages, MissingDriver) {
  std::string message;
  EXPECT_EQ(createRuntime("cuda", "/nowhere/libcuda.so.1", message), DSC_UNSUPPORTED);
  EXPECT_CONTAINS(message, "cannot open the CUDA driver: /nowhere/libcuda.so.1");
  EXPECT_CONTAINS(message, "device 'ptxsim'");
  if (dlopen("libcuda.so.1", RTLD_NOW))
    GTEST_SKIP() << "this machine has a driver";
  EXPECT_EQ(createRuntime("cuda", nullptr, message), DSC_UNSUPPORTED);
  EXPECT_CONTAINS(message, "cannot open the CUDA driver: libcuda.so.1");
  EXPECT_CONTAINS(message, "install NVIDIA's driver");
}

TEST(CudaMessages, NoDriver) {
  std::string message;
  EXPECT_EQ(createRuntime("cuda", "libc.so.6", message), DSC_UNSUPPORTED);
  EXPECT_EQ(message, "'libc.so.6' lacks cuInit: it is no CUDA driver, or older than CUDA 11.4");
}

TEST(CudaMessages, NoDevice) {
  SimulatorOption device("device", "0", "1");
  std::string message;
  EXPECT_EQ(createRuntime("cuda", DSC_TEST_SIMULATOR, message), DSC_UNSUPPORTED);
  EXPECT_EQ(message,
            "the CUDA driver finds no device on this machine; run the engine on the simulator "
            "(device 'ptxsim')");
}

TEST(CudaMessages, NoSuchDevice) {
  std::string message;
  for (const char *wrong : {"gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:1x", "ptxsim:0"}) {
    dsc_status status = createRuntime(wrong, DSC_TEST_SIMULATOR, message);
    if (std::string(wrong) == "cuda:")
      continue; // the first device
    EXPECT_EQ(status, DSC_INVALID_ARGUMENT) << wrong;
    EXPECT_EQ(message, std::string("device '") + wrong +
                           "' is none of 'cpu', 'cuda', 'cuda:NUMBER' and 'ptxsim'");
  }
  EXPECT_EQ(createRuntime("cuda:7", DSC_TEST_SIMULATOR, message), DSC_UNSUPPORTED);
  EXPECT_EQ(message, "there is no device 'cuda:7': the CUDA driver finds 1");
  EXPECT_EQ(createRuntime("cuda:0", DSC_TEST_SIMULATOR, message), DSC_OK); // its driver has one
  EXPECT_EQ(createRuntime("cpu", "/nowhere", message), DSC_OK);
}

TEST(CudaMessages, EngineForAnotherDevice) {
  Attempt onCpu(assemble(sumSections()), "cpu");
  EXPECT_EQ(onCpu.status, DSC_UNSUPPORTED);
  EXPECT_EQ(
      onCpu.message(),
      "the engine has CUDA kernels and this runtime works on the CPU: run it with device 'cuda' or "
      "'ptxsim', or compile the model for the CPU (--target cpu)");
  Bytes weights;
  auto manifest = sumManifest(weights);
  manifest->device = Device::Cpu;
  manifest->requires_.clear();
  auto sections = sumSections();
  sections[0].bytes = packManifest(*manifest);
  sections[1] = {DSC_SECTION_CODE, "x86-64-v2", kernelCode()};
  Attempt onGpu(assemble(sections), "ptxsim");
  EXPECT_EQ(onGpu.status, DSC_UNSUPPORTED);
  EXPECT_EQ(onGpu.message(),
            "the engine has CPU code and this runtime works on ptxsim: run it with device "
            "'cpu', or compile the model with --target cuda:sm_90");
}

TEST(CudaMessages, CodeForOtherDevices) {
  auto sections = sumSections();
  sections[1].tag = "compute_90";
  SimulatorOption capability("capability", "80", "90");
  Attempt later(assemble(sections));
  EXPECT_EQ(later.status, DSC_UNSUPPORTED);
  EXPECT_EQ(later.message(),
            "ptxsim has compute capability 8.0; the engine has code for compute_90: compile "
            "the model with --target cuda:sm_80");
}

// An engine with a weight of 1 MiB.
Bytes largeEngine() {
  Bytes weights;
  auto manifest = sumManifest(weights);
  weights.resize(1 << 20);
  manifest->weights[0]->dims = {1 << 18};
  manifest->weights[0]->bytes = 1 << 20;
  return assemble(sectionsOf(*manifest, weights));
}

TEST(CudaMessages, DeviceWithoutRoomForWeights) {
  SimulatorOption memory("memory", "1500000", "17179869184");
  Attempt first(largeEngine()), second(largeEngine());
  EXPECT_EQ(first.status, DSC_OK) << first.message();
  EXPECT_EQ(second.status, DSC_OUT_OF_MEMORY);
  EXPECT_CONTAINS(second.message(), "no room for 1 MiB of weights on ptxsim, which has 0 MiB free");
}

TEST(CudaMessages, DeviceWithoutRoom) {
  SimulatorOption memory("memory", "4096", "17179869184");
  Attempt large(largeEngine());
  EXPECT_EQ(large.status, DSC_OUT_OF_MEMORY);
  EXPECT_EQ(large.message(), "the weights are larger than the 0 MiB of memory of ptxsim");
  Attempt small(assemble(sumSections()));
  ASSERT_EQ(small.status, DSC_OK) << small.message();
  // Areas for inputs and outputs do not fit any more.
  EXPECT_EQ(small.run(Floats(4000, 1)), DSC_OUT_OF_MEMORY);
  EXPECT_CONTAINS(small.message(),
                  "of 0 MiB free; use a smaller batch or capacity, or another device");
  EXPECT_EQ(small.run({1, 2}), DSC_OK) << small.message(); // nothing has happened
  EXPECT_EQ(small.sum, (Floats{11, 22}));
}

TEST(CudaMessages, KernelThatFails) {
  SimulatorOption quiet("print", "0", "1");
  Bytes weights;
  auto manifest = sumManifest(weights);
  manifest->kernels[0]->name = "broken";
  manifest->kernels[0]->operands = 2;
  manifest->entries[0]->steps[0]->buffers.pop_back();
  Attempt attempt(assemble(sectionsOf(*manifest, weights)));
  ASSERT_EQ(attempt.status, DSC_OK) << attempt.message();
  EXPECT_EQ(attempt.run({1, 2}), DSC_DEVICE);
  EXPECT_CONTAINS(attempt.message(), "ptxsim, entry 'main'");
  EXPECT_CONTAINS(attempt.message(),
                  "CUDA_ERROR_ILLEGAL_ADDRESS (an illegal memory access was encountered)");
  EXPECT_CONTAINS(attempt.message(), "out-of-bounds: kernel broken"); // the simulator's report
  EXPECT_CONTAINS(attempt.message(), "(kernels.cu:");
  EXPECT_EQ(attempt.run({1, 2}), DSC_DEVICE); // a context that failed stays so
  clearSimulatorError();
}

// A kernel that reads behind a weight: within the padding of memory that is shared out by the
// runtime nobody sees it.
TEST(CudaMessages, AccessBeyondATensor) {
  SimulatorOption quiet("print", "0", "1");
  Attempt together(assemble(sumSections()));
  EXPECT_EQ(together.run(Floats(8, 1)), DSC_OK) << together.message();
  setenv("DSC_SEPARATE_BUFFERS", "1", 1);
  Attempt separate(assemble(sumSections()));
  unsetenv("DSC_SEPARATE_BUFFERS");
  EXPECT_EQ(separate.run(Floats(4, 1)), DSC_OK) << separate.message();
  EXPECT_EQ(separate.run(Floats(8, 1)), DSC_DEVICE);
  EXPECT_CONTAINS(separate.message(), "out-of-bounds: kernel add");
  clearSimulatorError();
}

TEST(CudaMessages, FunctionThatIsNotThere) {
  Bytes weights;
  auto manifest = sumManifest(weights);
  manifest->kernels[0]->name = "missing";
  Attempt attempt(assemble(sectionsOf(*manifest, weights)));
  EXPECT_EQ(attempt.status, DSC_DEVICE);
  EXPECT_CONTAINS(attempt.message(),
                  "the image of kernel 'missing' has no such function: CUDA_ERROR_NOT_FOUND");
}

// A manifest that gives a kernel fewer arguments than it has: the driver sees the size of what it
// gets.
TEST(CudaMessages, TooFewArguments) {
  Bytes weights;
  auto manifest = sumManifest(weights);
  manifest->kernels[0]->operands = 2;
  manifest->entries[0]->steps[0]->buffers.pop_back();
  Attempt attempt(assemble(sectionsOf(*manifest, weights)));
  ASSERT_EQ(attempt.status, DSC_OK) << attempt.message();
  EXPECT_EQ(attempt.run({1}), DSC_DEVICE);
  EXPECT_CONTAINS(attempt.message(), "CUDA_ERROR_INVALID_VALUE");
}

TEST(CudaMessages, BlocksBeyondTheDevice) {
  Bytes weights;
  auto manifest = sumManifest(weights);
  manifest->kernels[0]->threads = 64; // its launch bounds say 32
  Attempt threads(assemble(sectionsOf(*manifest, weights)));
  EXPECT_EQ(threads.status, DSC_UNSUPPORTED);
  EXPECT_EQ(threads.message(),
            "kernel 'add' runs with 64 threads a block, on ptxsim with 32 at most: compile "
            "the model for this device");
  manifest->kernels[0]->threads = 32;
  manifest->kernels[0]->shared_bytes = 200000;
  Attempt large(assemble(sectionsOf(*manifest, weights)));
  EXPECT_EQ(large.status, DSC_OK) << large.message();
  EXPECT_EQ(large.run({1}), DSC_OK) << large.message(); // above what is there without asking
  SimulatorOption capability("capability", "86", "90");
  Attempt shared(assemble(sectionsOf(*manifest, weights)));
  EXPECT_EQ(shared.status, DSC_UNSUPPORTED);
  EXPECT_EQ(shared.message(),
            "kernel 'add' needs 200000 bytes of shared memory, ptxsim has 101376: compile "
            "the model for this device");
}

TEST(CudaMessages, GridBeyondTheLimit) {
  Bytes weights;
  auto manifest = sumManifest(weights);
  auto &exprs = manifest->entries[0]->exprs;
  manifest->entries[0]->steps[0]->grid = uint32_t(exprs.size());
  exprs.emplace_back(int64_t(1) << 31, 0, 0, 0, ExprOp::Constant);
  manifest->entries[0]->epoch_exprs[0] = uint32_t(exprs.size());
  Attempt attempt(assemble(sectionsOf(*manifest, weights)));
  ASSERT_EQ(attempt.status, DSC_OK) << attempt.message();
  EXPECT_EQ(attempt.run({1}), DSC_INVALID_ARGUMENT);
  EXPECT_EQ(
      attempt.message(),
      "entry 'main', step 0 (/model/Add): a grid of 2147483648 blocks is beyond CUDA's limit");
}

} // namespace
