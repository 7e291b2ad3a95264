// SPDX-License-Identifier: Apache-2.0
// Lanes together: shuffles, votes, match, redux, divergence, calls, branch tables.
#include "tests/unit/ptxsim/Lanes.h"

#include <functional>

namespace ptxsim::test {
namespace {

Inputs laneNumbers() {
  Inputs inputs;
  for (unsigned l = 0; l < 32; ++l)
    inputs.a[l] = l, inputs.b[l] = 100 + l;
  return inputs;
}

/// Every lane's %r4 must be f(lane).
void expectLanes(const std::string &body, const std::function<uint32_t(unsigned)> &wanted,
                 std::string_view variables = "") {
  Lanes64 got = evaluate(body, laneNumbers(), 32, variables);
  for (unsigned l = 0; l < 32; ++l)
    EXPECT_EQ(got[l], wanted(l)) << "lane " << l << "\n" << body;
}

TEST(Shuffle, modes) {
  expectLanes("shfl.sync.up.b32 %r4, %r2, 3, 0, -1;",
              [](unsigned l) { return l < 3 ? 100 + l : 97 + l; });
  expectLanes("shfl.sync.down.b32 %r4, %r2, 3, 31, -1;",
              [](unsigned l) { return l > 28 ? 100 + l : 103 + l; });
  expectLanes("shfl.sync.bfly.b32 %r4, %r2, 5, 31, -1;", [](unsigned l) { return 100 + (l ^ 5); });
  expectLanes("shfl.sync.idx.b32 %r4, %r2, 7, 31, -1;", [](unsigned) { return 107u; });
  expectLanes("shfl.sync.idx.b32 %r4, %r2, 39, 31, -1;", [](unsigned) { return 107u; });
}

TEST(Shuffle, segments) {
  // Width 8: segment mask 0x18, clamp 7 (or 0 for up).
  expectLanes("shfl.sync.down.b32 %r4, %r2, 2, 0x1807, -1;",
              [](unsigned l) { return l % 8 > 5 ? 100 + l : 102 + l; });
  expectLanes("shfl.sync.up.b32 %r4, %r2, 2, 0x1800, -1;",
              [](unsigned l) { return l % 8 < 2 ? 100 + l : 98 + l; });
  expectLanes("shfl.sync.idx.b32 %r4, %r2, 3, 0x1807, -1;",
              [](unsigned l) { return 100 + l / 8 * 8 + 3; });
}

TEST(Shuffle, saysWhetherTheSourceWasInRange) {
  expectLanes("shfl.sync.up.b32 %r5|%p1, %r2, 4, 0, -1;\nselp.b32 %r4, 1, 0, %p1;",
              [](unsigned l) { return l >= 4; });
}

TEST(Shuffle, lanesOutsideOfTheMaskGiveNothing) {
  // Lanes 0-15 read lane + 16, which is not among them: the result may not be used.
  std::string text = "setp.lt.u32 %p1, %r1, 16;\nmov.b32 %r4, 0;\n"
                     "@%p1 shfl.sync.bfly.b32 %r4, %r2, 16, 31, 0xFFFF;\nadd.u32 %r5, %r4, 1;";
  Buffer out(1024);
  Module module(kernelText("mov.u32 %r1, %r0;\nmov.u32 %r2, %r0;\n" + text));
  EXPECT_EQ(module.launch("k", {}, Arguments(out)), 719);
  EXPECT_TRUE(takeReport().starts_with("uninitialised-register"));
}

TEST(Shuffle, maskMustNameTheLane) {
  Buffer out(1024);
  Module module(kernelText("shfl.sync.idx.b32 %r4, %r0, 0, 31, 0xFFFF;"));
  EXPECT_EQ(module.launch("k", {}, Arguments(out)), 719);
  EXPECT_NE(takeReport().find("lanes 16-31 execute with member mask 0x0000ffff"),
            std::string::npos);
}

TEST(Vote, modes) {
  std::string p = "setp.lt.u32 %p1, %r1, 5;\n";
  expectLanes(p + "vote.sync.ballot.b32 %r4, %p1, -1;", [](unsigned) { return 31u; });
  expectLanes(p + "vote.sync.ballot.b32 %r4, !%p1, -1;", [](unsigned) { return ~31u; });
  expectLanes(p + "vote.sync.any.pred %p2, %p1, -1;\nselp.b32 %r4, 1, 0, %p2;",
              [](unsigned) { return 1u; });
  expectLanes(p + "vote.sync.all.pred %p2, %p1, -1;\nselp.b32 %r4, 1, 0, %p2;",
              [](unsigned) { return 0u; });
  expectLanes(p + "vote.sync.uni.pred %p2, %p1, -1;\nselp.b32 %r4, 1, 0, %p2;",
              [](unsigned) { return 0u; });
}

TEST(Match, anyAndAll) {
  expectLanes("and.b32 %r5, %r1, 3;\nmatch.any.sync.b32 %r4, %r5, -1;",
              [](unsigned l) { return 0x11111111u << (l & 3); });
  expectLanes("and.b32 %r5, %r1, 3;\nmatch.all.sync.b32 %r4|%p1, %r5, -1;\n",
              [](unsigned) { return 0u; });
  expectLanes("mov.b32 %r5, 9;\nmatch.all.sync.b32 %r4|%p1, %r5, -1;\n",
              [](unsigned) { return ~0u; });
}

TEST(Redux, operations) {
  expectLanes("redux.sync.add.u32 %r4, %r1, -1;", [](unsigned) { return 496u; });
  expectLanes("sub.s32 %r5, %r1, 16;\nredux.sync.min.s32 %r4, %r5, -1;",
              [](unsigned) { return uint32_t(-16); });
  expectLanes("sub.s32 %r5, %r1, 16;\nredux.sync.min.u32 %r4, %r5, -1;",
              [](unsigned) { return 0u; });
  expectLanes("redux.sync.or.b32 %r4, %r1, -1;", [](unsigned) { return 31u; });
}

TEST(Divergence, pathsMeetAgain) {
  // Loops of different lengths; afterwards all lanes vote together.
  expectLanes("mov.u32 %r5, 0;\nLOOP:\nadd.u32 %r5, %r5, 1;\nsetp.le.u32 %p1, %r5, %r1;\n"
              "@%p1 bra LOOP;\nactivemask.b32 %r6;\nvote.sync.ballot.b32 %r7, %p1, -1;\n"
              "setp.eq.u32 %p2, %r6, -1;\nselp.b32 %r4, %r5, 999, %p2;",
              [](unsigned l) { return l + 1; });
}

TEST(Divergence, halvesMeetInACollective) {
  // The shuffle stands behind a branch whose long side lies at the end of the text.
  expectLanes("setp.lt.u32 %p1, %r1, 16;\nmov.u32 %r5, 1;\n@%p1 bra FAR;\nBACK:\n"
              "shfl.sync.bfly.b32 %r4, %r5, 16, 31, -1;\nbra DONE;\nFAR:\nmov.u32 %r5, 2;\n"
              "bra BACK;\nDONE:\n",
              [](unsigned l) { return l < 16 ? 1 : 2; });
}

TEST(Divergence, lanesWaitForALock) {
  // One lane at a time enters; each spins until the one that holds the lock leaves.
  std::string text = "mov.u32 %r9, 0;\nLOOP:\natom.global.cas.b32 %r5, [%out], 0, 1;\n"
                     "setp.ne.u32 %p1, %r5, 0;\n@%p1 bra AGAIN;\nmembar.gl;\n"
                     "ld.global.u32 %r6, [%out+4];\nadd.u32 %r6, %r6, 1;\n"
                     "st.global.u32 [%out+4], %r6;\nmembar.gl;\n"
                     "atom.global.exch.b32 %r7, [%out], 0;\nmov.u32 %r9, 1;\nAGAIN:\n"
                     "setp.eq.u32 %p2, %r9, 0;\n@%p2 bra LOOP;\n";
  Buffer out = upload(std::vector<uint32_t>(2));
  Module module(kernelText(text));
  ptxsim_set_option("races", "0"); // within a warp, fences do not order lanes for the checker
  EXPECT_EQ(module.launch("k", {.gridX = 3}, Arguments(out)), 0) << takeReport();
  ptxsim_set_option("races", "1");
  EXPECT_EQ(out.values<uint32_t>()[1], 96u);
}

TEST(Control, branchTables) {
  expectLanes("and.b32 %r5, %r1, 3;\nTABLE: .branchtargets A, B, C, D;\nbrx.idx %r5, TABLE;\n"
              "A:\nmov.u32 %r4, 10;\nbra END;\nB:\nmov.u32 %r4, 11;\nbra END;\n"
              "C:\nmov.u32 %r4, 12;\nbra END;\nD:\nmov.u32 %r4, 13;\nEND:\n",
              [](unsigned l) { return 10 + l % 4; });
}

TEST(Control, labelsAndRegistersHaveScopes) {
  expectLanes("mov.u32 %r4, 1;\n{\n.reg .b32 %r4;\nmov.u32 %r4, 7;\nbra L;\nL:\n}\n"
              "{\nbra L;\nL:\nadd.u32 %r4, %r4, 1;\n}",
              [](unsigned) { return 2u; });
}

TEST(Control, functions) {
  std::string functions =
      ".func (.param .b32 result) twice(.param .b32 value)\n{\n.reg .b32 %r<3>;\n"
      "ld.param.b32 %r1, [value];\nadd.u32 %r2, %r1, %r1;\nst.param.b32 [result], %r2;\nret;\n}\n"
      ".func (.param .b32 result) four(.param .b32 value)\n{\n.reg .b32 %r<3>;\n"
      "ld.param.b32 %r1, [value];\n{\n.param .b32 p;\n.param .b32 q;\nst.param.b32 [p], %r1;\n"
      "call (q), twice, (p);\nst.param.b32 [p], 0;\nld.param.b32 %r1, [q];\n}\n"
      "add.u32 %r2, %r1, %r1;\nst.param.b32 [result], %r2;\nret;\n}\n";
  // Odd lanes call one function, even lanes the other.
  std::string body = "and.b32 %r5, %r0, 1;\nsetp.eq.u32 %p1, %r5, 0;\n{\n.param .b32 p;\n"
                     ".param .b32 q;\nst.param.b32 [p], %r0;\n@%p1 bra EVEN;\n"
                     "call (q), twice, (p);\nbra OUT;\nEVEN:\ncall (q), four, (p);\nOUT:\n"
                     "ld.param.b32 %r4, [q];\n}\nmul.wide.u32 %rd1, %r0, 4;\n"
                     "add.s64 %rd1, %rd1, %out;\nst.global.u32 [%rd1], %r4;";
  Buffer out(128);
  Module module(kernelText(body, functions));
  EXPECT_EQ(module.launch("k", {}, Arguments(out)), 0) << takeReport();
  auto values = out.values<uint32_t>();
  for (unsigned l = 0; l < 32; ++l)
    EXPECT_EQ(values[l], l * (l % 2 ? 2 : 4));
}

TEST(Control, structuresAreIndexedInsideOfFunctions) {
  std::string function =
      ".func (.param .b32 result) pick(.param .align 4 .b8 s[16], .param .b32 i)\n"
      "{\n.reg .b32 %r<3>;\n.reg .b64 %rd<4>;\nld.param.b32 %r1, [i];\n"
      "mov.b64 %rd1, s;\nmul.wide.u32 %rd2, %r1, 4;\n"
      "add.s64 %rd1, %rd1, %rd2;\nld.param.b32 %r2, [%rd1];\n"
      "st.param.b32 [result], %r2;\nret;\n}\n";
  std::string body = "and.b32 %r1, %r0, 3;\n{\n.param .align 4 .b8 s[16];\n.param .b32 i;\n"
                     ".param .b32 r;\nst.param.v4.b32 [s], {10, 11, 12, 13};\n"
                     "st.param.b32 [i], %r1;\ncall.uni (r), pick, (s, i);\n"
                     "ld.param.b32 %r4, [r];\n}\nmul.wide.u32 %rd1, %r0, 4;\n"
                     "add.s64 %rd1, %rd1, %out;\nst.global.u32 [%rd1], %r4;";
  Buffer out(128);
  Module module(kernelText(body, function));
  EXPECT_EQ(module.launch("k", {}, Arguments(out)), 0) << takeReport();
  auto values = out.values<uint32_t>();
  for (unsigned l = 0; l < 32; ++l)
    EXPECT_EQ(values[l], 10 + l % 4);
}

TEST(Barrier, reductions) {
  // 64 threads, of which the first 40 hold.
  auto values = [](const std::string &reduction) {
    std::string body = "setp.lt.u32 %p1, %r0, 40;\n" + reduction +
                       "\nmul.wide.u32 %rd1, %r0, 4;\nadd.s64 %rd1, %rd1, %out;\n"
                       "st.global.u32 [%rd1], %r4;";
    Buffer out(256);
    Module module(kernelText(body));
    EXPECT_EQ(module.launch("k", {.blockX = 64}, Arguments(out)), 0) << takeReport();
    return out.values<uint32_t>();
  };
  std::string select = "\nselp.u32 %r4, 1, 0, %p2;";
  EXPECT_EQ(values("bar.red.popc.u32 %r4, 0, %p1;"), std::vector<uint32_t>(64, 40));
  EXPECT_EQ(values("barrier.red.popc.aligned.u32 %r4, 0, !%p1;"), std::vector<uint32_t>(64, 24));
  EXPECT_EQ(values("bar.red.and.pred %p2, 0, %p1;" + select), std::vector<uint32_t>(64, 0));
  EXPECT_EQ(values("bar.red.or.pred %p2, 0, %p1;" + select), std::vector<uint32_t>(64, 1));
}

TEST(Control, recursionIsRefused) {
  std::string error = loadError(kernelText("call f;", ".func f()\n{\ncall f;\nret;\n}\n"));
  EXPECT_NE(error.find("recursion in 'f'"), std::string::npos) << error;
}

TEST(Control, printf) {
  std::string strings =
      ".extern .func (.param .b32 r) vprintf(.param .b64 f, .param .b64 a);\n"
      ".global .align 1 .b8 format[16] = {108, 97, 110, 101, 32, 37, 100, 32, 37, "
      "46, 50, 102, 33, 10, 0};\n"; // "lane %d %.2f!\n"
  std::string body = "setp.ne.u32 %p1, %r0, 3;\n@%p1 bra DONE;\nst.local.u32 [args], %r0;\n"
                     "st.local.f64 [args+8], 0d3FF8000000000000;\nmov.u64 %rd1, args;\n"
                     "cvta.local.u64 %rd1, %rd1;\nmov.u64 %rd2, format;\n"
                     "cvta.global.u64 %rd2, %rd2;\n{\n.param .b64 f;\n.param .b64 a;\n"
                     ".param .b32 r;\nst.param.b64 [f], %rd2;\nst.param.b64 [a], %rd1;\n"
                     "call (r), vprintf, (f, a);\n}\nDONE:\n";
  Buffer out(8);
  Module module(kernelText(body, strings, ".local .align 8 .b8 args[16];\n"));
  testing::internal::CaptureStdout();
  EXPECT_EQ(module.launch("k", {}, Arguments(out)), 0) << takeReport();
  std::fflush(stdout);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "lane 3 1.50!\n");
}

} // namespace
} // namespace ptxsim::test
