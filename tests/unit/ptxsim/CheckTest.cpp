// SPDX-License-Identifier: Apache-2.0
// Every check: a kernel that violates it, and its nearest legal neighbour.
#include "tests/unit/ptxsim/Gpu.h"

#include <gtest/gtest.h>

namespace ptxsim::test {
namespace {

struct Outcome {
  CUresult result;
  std::string report;
};

/// Runs `k` of kernelText on a buffer of 4 * `words` zeroed bytes.
Outcome run(const std::string &text, Shape shape = {}, unsigned words = 1024, bool clear = true) {
  Buffer out(words * 4);
  if (clear)
    EXPECT_EQ(cuMemsetD8_v2(out.address(), 0, words * 4), 0);
  Module module(text);
  CUresult result = module.launch("k", shape, Arguments(out));
  return {result, takeReport()};
}

void expectLegal(const std::string &text, Shape shape = {}, unsigned words = 1024) {
  for (unsigned seed = 0; seed < 8; ++seed) {
    setSeed(seed);
    Outcome outcome = run(text, shape, words);
    EXPECT_EQ(outcome.result, 0) << outcome.report;
  }
  setSeed(0);
}

/// The report begins with the kind and contains the words.
void expectReport(const Outcome &outcome, CUresult code, std::string_view kind,
                  std::initializer_list<std::string_view> words = {}) {
  EXPECT_EQ(outcome.result, code) << outcome.report;
  EXPECT_TRUE(outcome.report.starts_with(std::string(kind) + ": kernel k")) << outcome.report;
  for (std::string_view word : words)
    EXPECT_NE(outcome.report.find(word), std::string::npos) << word << "\n" << outcome.report;
}

std::string storeOwn(std::string_view offset) {
  return kernelText("mul.wide.u32 %rd1, %r0, 4;\nadd.s64 %rd2, %out, %rd1;\n"
                    "st.global.u32 [%rd2+" +
                    std::string(offset) + "], %r0;");
}

TEST(Check, outOfBounds) {
  expectLegal(storeOwn("0"), {}, 32);
  expectReport(run(storeOwn("4"), {}, 32), 700, "out-of-bounds",
               {"lane 31", "st.global.u32 [%rd2+4], %r0;",
                "0 bytes past the end of the allocation of 128 bytes"});
}

TEST(Check, misaligned) {
  std::string load = "ld.global.v2.u32 {%r1, %r2}, [%out+OFFSET];\nst.global.u32 [%out], %r1;";
  auto at = [&](const char *offset) {
    std::string text = load;
    return kernelText(text.replace(text.find("OFFSET"), 6, offset));
  };
  expectLegal(at("8"), {.blockX = 1});
  expectReport(run(at("4"), {.blockX = 1}), 716, "misaligned", {"no multiple of the access's 8"});
}

TEST(Check, uninitialisedMemory) {
  std::string text = kernelText("ld.global.u32 %r1, [%out+8];\nadd.u32 %r1, %r1, 1;\n"
                                "st.global.u32 [%out], %r1;");
  expectLegal(text, {.blockX = 1});
  expectReport(run(text, {.blockX = 1}, 16, false), 719, "uninitialised-memory",
               {"offset 8 of the allocation of 64 bytes"});
}

TEST(Check, uninitialisedSharedMemory) {
  auto text = [](const char *offset) {
    return kernelText(std::string("st.shared.u32 [s], %r0;\nld.shared.u32 %r1, [s+") + offset +
                          "];\nst.global.u32 [%out], %r1;",
                      "", ".shared .align 4 .b8 s[16];\n");
  };
  expectLegal(text("0"), {.blockX = 1});
  expectReport(run(text("4"), {.blockX = 1}), 719, "uninitialised-memory", {"offset 0x4"});
}

TEST(Check, uninitialisedRegister) {
  std::string head = "setp.lt.u32 %p1, %r0, 16;\n";
  expectLegal(kernelText(head + "mov.u32 %r1, 1;\n@%p1 mov.u32 %r1, 3;\nadd.u32 %r2, %r1, 1;\n"));
  expectReport(run(kernelText(head + "@%p1 mov.u32 %r1, 3;\nadd.u32 %r2, %r1, 1;\n")), 719,
               "uninitialised-register", {"%r1 read before", "lanes 16-31", "lane 16"});
}

TEST(Check, onlyTheChosenValueIsUsed) {
  std::string text = "setp.lt.u32 %p1, %r0, 16;\n@%p1 mov.u32 %r1, 3;\nselp.b32 %r2, %r1, 5, ";
  expectLegal(kernelText(text + "%p1;\nadd.u32 %r3, %r2, 1;"));
  expectReport(run(kernelText("setp.lt.u32 %p2, %r0, 17;\n" + text + "%p2;\nadd.u32 %r3, %r2, 1;")),
               719, "uninitialised-register", {"%r2", "lanes 16)"});
}

TEST(Check, lazyProducts) {
  // Row 0 of A comes from lanes 0-3: undefined there, it may not be stored, the other rows may.
  ptxsim_set_option("uninitialised", "lazy");
  std::string body = "mov.b32 %f1, 0f00000000;\nmov.b32 %f2, 0f00000000;\n"
                     "setp.gt.u32 %p1, %r0, 3;\n@%p1 mov.b32 %f3, 0f3F800000;\n"
                     "mma.sync.aligned.m16n8k4.row.col.f32.tf32.tf32.f32 {%f4, %f5, %f6, %f7}, "
                     "{%f3, %f3}, {%f1}, {%f2, %f2, %f2, %f2};\nsetp.gt.u32 %p2, %r0, LAST;\n"
                     "mul.wide.u32 %rd1, %r0, 4;\nadd.s64 %rd1, %rd1, %out;\n"
                     "@%p2 st.global.f32 [%rd1], %f4;";
  auto storing = [&](const char *last) {
    std::string copy = body;
    return kernelText(copy.replace(copy.find("LAST"), 4, last));
  };
  expectLegal(storing("3"));
  expectReport(run(storing("2")), 719, "uninitialised-register", {"%f4", "lanes 3)"});
  ptxsim_set_option("uninitialised", "strict");
}

TEST(Check, lazyUninitialised) {
  ptxsim_set_option("uninitialised", "lazy");
  std::string head = "add.u32 %r2, %r1, 1;\n";
  expectLegal(kernelText(head + "st.global.u32 [%out], 0;"));
  expectReport(run(kernelText(head + "st.global.u32 [%out], %r2;")), 719, "uninitialised-register",
               {"%r2"});
  expectReport(run(kernelText(head + "setp.eq.u32 %p1, %r2, 0;\n@%p1 bra L;\nL:\n")), 719,
               "uninitialised-register", {"%p1"});
  ptxsim_set_option("uninitialised", "strict");
}

std::string sharedExchange(std::string_view between) {
  return kernelText("mul.lo.u32 %r1, %r0, 4;\nmov.u32 %r2, s;\nadd.u32 %r1, %r1, %r2;\n"
                    "st.shared.u32 [%r1], %r0;\n" +
                        std::string(between) +
                        "\nxor.b32 %r3, %r0, 33;\nmul.lo.u32 %r3, %r3, 4;\nadd.u32 %r3, %r3, %r2;\n"
                        "ld.shared.u32 %r4, [%r3];\n",
                    "", ".shared .align 4 .b8 s[256];\n");
}

TEST(Check, sharedRace) {
  expectLegal(sharedExchange("bar.sync 0;"), {.blockX = 64});
  Outcome race = run(sharedExchange(""), {.blockX = 64});
  if (race.report.starts_with("uninitialised")) // the reading warp came first
    return expectReport(race, 719, "uninitialised-memory");
  expectReport(race, 719, "race", {"reads shared memory", "st.shared.u32 [%r1], %r0;", "warp"});
}

TEST(Check, raceIsFoundInAnyOrder) {
  std::string initialised = kernelText(
      "mul.lo.u32 %r1, %r0, 4;\nmov.u32 %r2, s;\nadd.u32 %r1, %r1, %r2;\nst.shared.u32 [%r1], 0;\n"
      "bar.sync 0;\nst.shared.u32 [%r1], %r0;\nxor.b32 %r3, %r0, 33;\nmul.lo.u32 %r3, %r3, 4;\n"
      "add.u32 %r3, %r3, %r2;\nld.shared.u32 %r4, [%r3];\n",
      "", ".shared .align 4 .b8 s[256];\n");
  for (unsigned seed = 0; seed < 8; ++seed) {
    setSeed(seed);
    expectReport(run(initialised, {.blockX = 64}), 719, "race");
  }
  setSeed(0);
}

TEST(Check, raceInsideOfAWarp) {
  auto text = [](std::string_view between) {
    return kernelText("mul.lo.u32 %r1, %r0, 4;\nmov.u32 %r2, s;\nadd.u32 %r1, %r1, %r2;\n"
                      "st.shared.u32 [%r1], %r0;\n" +
                          std::string(between) +
                          "\nxor.b32 %r3, %r0, 1;\nmul.lo.u32 %r3, %r3, 4;\n"
                          "add.u32 %r3, %r3, %r2;\nld.shared.u32 %r4, [%r3];\n",
                      "", ".shared .align 4 .b8 s[128];\n");
  };
  expectLegal(text("bar.warp.sync -1;"));
  expectReport(run(text("")), 719, "race", {"reads shared memory", "lane 0"});
}

TEST(Check, partialWarpSync) {
  auto text = [](std::string_view masks) {
    return kernelText("mul.lo.u32 %r1, %r0, 4;\nmov.u32 %r2, s;\nadd.u32 %r1, %r1, %r2;\n"
                      "st.shared.u32 [%r1], %r0;\n"
                      "setp.lt.u32 %p1, %r0, 16;\n" +
                          std::string(masks) +
                          "\nbar.warp.sync %r5;\nxor.b32 %r3, %r0, 8;\nmul.lo.u32 %r3, %r3, 4;\n"
                          "add.u32 %r3, %r3, %r2;\nld.shared.u32 %r4, [%r3];\n",
                      "", ".shared .align 4 .b8 s[128];\n");
  };
  expectLegal(text("selp.b32 %r5, 0xFFFF, 0xFFFF0000, %p1;"));
  expectReport(run(text("setp.lt.u32 %p2, %r0, 8;\nselp.b32 %r5, 0xFF, 0xFFFFFF00, %p2;")), 719,
               "race");
}

TEST(Check, equalValuesDoNotRace) {
  expectLegal(kernelText("st.global.u32 [%out], 7;"), {.gridX = 4, .blockX = 64});
  Outcome outcome = run(kernelText("st.global.u32 [%out], %r0;"), {.blockX = 64});
  expectReport(outcome, 719, "race", {"writes global memory", "after the write by"});
}

TEST(Check, globalRaceBetweenBlocks) {
  auto text = [](const char *index) {
    return kernelText(std::string("mov.u32 %r1, %ctaid.x;\nmul.wide.u32 %rd1, ") + index +
                      ", 4;\nadd.s64 %rd1, %rd1, %out;\nst.global.u32 [%rd1], %r1;");
  };
  expectLegal(text("%r1"), {.gridX = 4, .blockX = 1});
  expectReport(run(text("%r0"), {.gridX = 4, .blockX = 1}), 719, "race", {"block (", "global"});
}

TEST(Check, atomicsDoNotRace) {
  expectLegal(kernelText("red.global.add.u32 [%out], 1;"), {.gridX = 4, .blockX = 64});
  expectReport(run(kernelText("red.global.add.u32 [%out], 1;\nld.global.u32 %r1, [%out];"),
                   {.gridX = 4, .blockX = 64}),
               719, "race");
  expectLegal(kernelText("red.global.add.u32 [%out], 1;\nld.volatile.global.u32 %r1, [%out];"),
              {.gridX = 4, .blockX = 64});
}

/// Each block stores, publishes by a ticket; the block with the last ticket reads all.
std::string lastBlock(std::string_view release, std::string_view acquire) {
  return kernelText("mov.u32 %r1, %ctaid.x;\nmul.wide.u32 %rd1, %r1, 4;\n"
                    "add.s64 %rd1, %rd1, %out;\nst.global.u32 [%rd1+64], %r1;\n" +
                    std::string(release) +
                    "\natom.global.add.u32 %r2, [%out], 1;\nmov.u32 %r3, %nctaid.x;\n"
                    "sub.u32 %r3, %r3, 1;\nsetp.ne.u32 %p1, %r2, %r3;\n@%p1 bra DONE;\n" +
                    std::string(acquire) +
                    "\nld.global.u32 %r4, [%out+64];\nld.global.u32 %r5, [%out+68];\n"
                    "ld.global.u32 %r6, [%out+72];\nld.global.u32 %r7, [%out+76];\n"
                    "add.u32 %r4, %r4, %r5;\nadd.u32 %r4, %r4, %r6;\nadd.u32 %r4, %r4, %r7;\n"
                    "st.global.u32 [%out+4], %r4;\nDONE:\n");
}

TEST(Check, fencesOrderBlocks) {
  Shape shape{.gridX = 4, .blockX = 1};
  expectLegal(lastBlock("membar.gl;", "membar.gl;"), shape);
  expectReport(run(lastBlock("", "membar.gl;"), shape), 719, "race");
  expectReport(run(lastBlock("membar.gl;", ""), shape), 719, "race");
}

TEST(Check, blocksMayWaitForBlocks) {
  // Each block waits for the flag of the one before, adds and raises its own: any order of starting
  // must come to the end.
  auto text = [](std::string_view fence) {
    return kernelText("mov.u32 %r1, %ctaid.x;\nmul.wide.u32 %rd1, %r1, 8;\n"
                      "add.s64 %rd1, %rd1, %out;\nmov.u32 %r2, 0;\nsetp.eq.u32 %p1, %r1, 0;\n"
                      "@%p1 bra FIRST;\nWAIT:\nld.volatile.global.u32 %r3, [%rd1+-8];\n"
                      "setp.eq.u32 %p2, %r3, 0;\n@%p2 bra WAIT;\n" +
                      std::string(fence) +
                      "\nld.global.u32 %r2, [%rd1+-4];\nFIRST:\nadd.u32 %r2, %r2, %r1;\n"
                      "st.global.u32 [%rd1+4], %r2;\nmembar.gl;\n"
                      "st.volatile.global.u32 [%rd1], 1;\n");
  };
  expectLegal(text("membar.gl;"), {.gridX = 24, .blockX = 1});
  expectReport(run(text(""), {.gridX = 24, .blockX = 1}), 719, "race");
}

std::string copyThenRead(std::string_view wait) {
  return kernelText("mov.u32 %r2, s;\nmul.lo.u32 %r1, %r0, 16;\nadd.u32 %r1, %r1, %r2;\n"
                    "mul.wide.u32 %rd1, %r0, 16;\nadd.s64 %rd1, %rd1, %out;\n"
                    "cp.async.cg.shared.global [%r1], [%rd1], 16;\ncp.async.commit_group;\n"
                    "cp.async.cg.shared.global [%r1+512], [%rd1], 16;\ncp.async.commit_group;\n" +
                        std::string(wait) + "\nld.shared.u32 %r4, [%r1];\n",
                    "", ".shared .align 16 .b8 s[1024];\n");
}

TEST(Check, missingWait) {
  expectLegal(copyThenRead("cp.async.wait_group 1;"));
  expectLegal(copyThenRead("cp.async.wait_all;"));
  expectReport(run(copyThenRead("cp.async.wait_group 2;")), 719, "missing-wait", {"offset 0x0"});
  expectReport(run(copyThenRead("")), 719, "missing-wait");
}

TEST(Check, copiesFromFarAway) {
  auto text = [](std::string_view size) {
    return kernelText("mov.u32 %r2, s;\nmov.u32 %r3, " + std::string(size) +
                          ";\nadd.s64 %rd1, %out, 70368744177664;\n"
                          "cp.async.cg.shared.global [%r2], [%rd1], 16, %r3;\n",
                      "", ".shared .align 16 .b8 s[16];\n");
  };
  expectReport(run(text("16"), {.blockX = 1}), 700, "out-of-bounds");
  // Zeros come from nowhere.
  expectLegal(text("0"), {.blockX = 1});
}

TEST(Check, copiesNeedABarrierForOthers) {
  auto text = [](std::string_view barrier) {
    return kernelText("mov.u32 %r2, s;\nmul.lo.u32 %r1, %r0, 16;\nadd.u32 %r3, %r1, %r2;\n"
                      "mul.wide.u32 %rd1, %r0, 16;\nadd.s64 %rd1, %rd1, %out;\n"
                      "cp.async.cg.shared.global [%r3], [%rd1], 16;\ncp.async.wait_all;\n" +
                          std::string(barrier) +
                          "\nxor.b32 %r1, %r1, 16;\nadd.u32 %r3, %r1, %r2;\n"
                          "ld.shared.u32 %r4, [%r3];\n",
                      "", ".shared .align 16 .b8 s[512];\n");
  };
  expectLegal(text("bar.sync 0;"));
  expectReport(run(text("")), 719, "race");
}

TEST(Check, divergentBarrier) {
  std::string head = "setp.lt.u32 %p1, %r0, 40;\n@%p1 bra A;\n";
  expectLegal(kernelText(head + "A:\nbar.sync 0;\n"), {.blockX = 64});
  expectReport(run(kernelText(head + "bar.sync 0;\nbra B;\nA:\nbar.sync 0;\nB:\n"), {.blockX = 64}),
               719, "divergent-barrier", {"lanes 0-7", "lanes 8-31"});
}

TEST(Check, exitedThreadsDoNotHoldABarrier) {
  expectLegal(kernelText("setp.gt.u32 %p1, %r0, 40;\n@%p1 exit;\nbar.sync 0;\n"), {.blockX = 64});
}

TEST(Check, namedBarriers) {
  // Warp 0 produces, warp 1 consumes: arrive and sync on barrier 1 for 64 threads.
  std::string body = "setp.lt.u32 %p1, %r0, 32;\n@!%p1 bra CONSUME;\n"
                     "mul.lo.u32 %r1, %r0, 4;\nmov.u32 %r2, s;\nadd.u32 %r1, %r1, %r2;\n"
                     "st.shared.u32 [%r1], %r0;\nbar.arrive 1, 64;\nbra DONE;\nCONSUME:\n"
                     "bar.sync 1, COUNT;\nld.shared.u32 %r4, [s+12];\nDONE:\n";
  auto text = [&](const char *count) {
    std::string copy = body;
    return kernelText(copy.replace(copy.find("COUNT"), 5, count), "",
                      ".shared .align 4 .b8 s[128];\n");
  };
  expectLegal(text("64"), {.blockX = 64});
  expectReport(run(text("96"), {.blockX = 64}), 719, "divergent-barrier", {"threads"});
}

TEST(Check, deadlock) {
  std::string text = kernelText("setp.lt.u32 %p1, %r0, 32;\n@%p1 bra A;\nbar.sync 1, 64;\nA:\n"
                                "@%p1 bar.sync 2, 64;\n");
  expectReport(run(text, {.blockX = 64}), 702, "deadlock",
               {"barrier 1 has 32 of 64", "barrier 2 has 32 of 64", "warp 0", "warp 1"});
}

TEST(Check, endlessLoop) {
  ptxsim_set_option("limit", "10000");
  expectReport(run(kernelText("L:\nbra L;")), 702, "limit", {"bra L;"});
  ptxsim_set_option("limit", "2000000000");
}

TEST(Check, sharedMemoryLimit) {
  Module module(kernelText("mov.u32 %r1, s;", ".extern .shared .align 16 .b8 s[];"));
  Buffer out(4);
  Arguments arguments(out);
  CUfunction f = module.function("k");
  EXPECT_EQ(cuLaunchKernel(f, 1, 1, 1, 1, 1, 1, 49152, nullptr, arguments.pointers(), nullptr), 0);
  EXPECT_EQ(cuLaunchKernel(f, 1, 1, 1, 1, 1, 1, 49153, nullptr, arguments.pointers(), nullptr), 1);
  EXPECT_TRUE(takeReport().starts_with("shared-limit: kernel k wants 49153"));
  EXPECT_EQ(cuFuncSetAttribute(f, 8, 232448), 0);
  EXPECT_EQ(cuLaunchKernel(f, 1, 1, 1, 1, 1, 1, 232448, nullptr, arguments.pointers(), nullptr), 0);
  EXPECT_EQ(cuFuncSetAttribute(f, 8, 232449), 1);
}

TEST(Check, sharedBounds) {
  auto text = [](const char *offset) {
    return kernelText(std::string("st.shared.u32 [s+") + offset + "], %r0;", "",
                      ".shared .align 4 .b8 s[8];\n");
  };
  expectLegal(text("4"), {.blockX = 1});
  expectReport(run(text("8"), {.blockX = 1}), 700, "out-of-bounds", {"block has 8 bytes"});
}

TEST(Check, constantCacheLoadsMustStayConstant) {
  auto text = [](const char *load) {
    return kernelText(std::string("st.global.u32 [%out], 5;\n") + load + " %r1, [%out];");
  };
  expectLegal(text("ld.global.u32"), {.blockX = 1});
  expectReport(run(text("ld.global.nc.u32"), {.blockX = 1}), 719, "race");
}

TEST(Check, trap) {
  expectReport(run(kernelText("setp.eq.u32 %p1, %r0, 5;\n@%p1 trap;")), 719, "trap", {"lane 5"});
}

TEST(Check, unknownInstructionsAreNamed) {
  EXPECT_NE(loadError(kernelText("frobnicate.u32 %r1, %r0;")).find("`frobnicate.u32`"),
            std::string::npos);
  std::string error = loadError(kernelText("add.sparkling.u32 %r1, %r0, 1;"));
  EXPECT_NE(error.find("`.sparkling`"), std::string::npos) << error;
  EXPECT_NE(error.find("PTX line 18"), std::string::npos) << error;
}

TEST(Check, damagedTextIsRefusedOrRuns) {
  // Bytes changed, doubled and dropped: a message or a module, never a crash.
  std::string text = golden("token_sort.ptx");
  uint32_t state = 1;
  auto next = [&](size_t bound) {
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % bound;
  };
  unsigned refused = 0;
  for (unsigned i = 0; i < 400; ++i) {
    std::string damaged = text;
    for (size_t n = 1 + next(4); n; --n) {
      size_t at = next(damaged.size());
      switch (next(4)) {
      case 0:
        damaged[at] = static_cast<char>(32 + next(95));
        break;
      case 1:
        damaged.erase(at, 1 + next(12));
        break;
      case 2:
        damaged.insert(at, damaged.substr(next(damaged.size()), next(20)));
        break;
      default:
        damaged.resize(damaged.size() - next(damaged.size() / 8));
        break;
      }
    }
    refused += !loadError(damaged).empty();
  }
  EXPECT_GT(refused, 200u);
}

TEST(Check, reportsNameTheCudaLine) {
  std::string text =
      kernelText(".loc 1 42 3\nld.global.u32 %r1, [%out+4096];", ".file 1 \"gemm.cu\"");
  Outcome outcome = run(text, {.blockX = 1});
  EXPECT_NE(outcome.report.find("(gemm.cu:42)"), std::string::npos) << outcome.report;
}

} // namespace
} // namespace ptxsim::test
