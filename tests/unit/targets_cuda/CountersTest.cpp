// SPDX-License-Identifier: Apache-2.0
// What decode kernels move, counted by the simulator: little more than they must, in whole sectors.
#include "tests/unit/ptxsim/Gpu.h"
#include "tests/unit/targets_cuda/Workloads.h"
#include "llvm/Support/JSON.h"

namespace dsc::cuda::test {
namespace {

class Counters : public KernelTest {
protected:
  int64_t counter(const char *name) {
    auto json = llvm::json::parse(ptxsim_counters("k"));
    EXPECT_TRUE(bool(json));
    auto *object = json->getAsObject();
    // By kernel, or of the one that was asked for.
    if (auto *inner = object->getObject("k"))
      object = inner;
    auto value = object->getInteger(name);
    EXPECT_TRUE(value) << name;
    return value.value_or(0);
  }

  void expectLean(const std::string &text, const Case &test) {
    if (!hasNvrtc())
      GTEST_SKIP() << "NVRTC is not installed";
    CompiledKernel kernel(context, text);
    KernelRun run(kernel, test);
    ptxsim_reset_counters();
    ASSERT_EQ(run.check(), "") << text;
    double least = run.leastBytes(),
           moved = counter("global_load_bytes") + counter("global_store_bytes");
    EXPECT_LE(moved, 1.1 * least) << text;
    EXPECT_GE(counter("global_load_full_sectors"), 0.9 * counter("global_load_sectors")) << text;
  }
};

TEST_F(Counters, LinearOfOneRow) {
  for (const char *type : {"f32", "bf16"})
    for (bool alongK : {true, false})
      expectLean(
          linearText({.rows = 1, .depth = 1024, .columns = 256, .type = type, .alongK = alongK}),
          {.absolute = 5e-2, .relative = 1e-2});
}

TEST_F(Counters, PartsOfAttentionOverALatentCache) {
  expectLean(attentionText({.heads = 16,
                            .parts = {512, 64},
                            .value = 512,
                            .type = "bf16",
                            .queries = "1",
                            .absorbed = true,
                            .split = "128"}),
             {.sizes = {1, 1024, 0}, .absolute = 2e-2, .relative = 2e-2});
}

TEST_F(Counters, NormReadsARowOnce) {
  for (std::string type : {"f32", "bf16"})
    for (std::string width : {"192", "512", "1536", "2048"}) {
      std::string x = "tensor<1x" + width + "x" + type + ">", w = "tensor<" + width + "x" + type + ">";
      expectLean("sizes [] strides [unit, unit, unit] aliases [-1] {\n^bb0(%x: " + x + ", %w: " + w + "):\n" +
                     "  %r = dsc.rms_norm %x weight(%w) {epsilon = 1.0e-6 : f64} : (" + x + ", " + w + ") -> " + x +
                     "\n  plan.yield %r : " + x + "\n}",
                 {.absolute = 2e-2, .relative = 2e-2});
    }
}

TEST_F(Counters, SumOfParts) {
  expectLean(combineText(16, 512, "bf16"), {.sizes = {32}, .absolute = 1, .relative = 1});
}

} // namespace
} // namespace dsc::cuda::test
