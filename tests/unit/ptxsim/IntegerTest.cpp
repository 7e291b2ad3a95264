// SPDX-License-Identifier: Apache-2.0
// Integer and bit instructions against the PTX ISA's definitions, at their edges.
#include "tests/unit/ptxsim/Lanes.h"

namespace ptxsim::test {
namespace {

constexpr uint32_t minS32 = 0x80000000, maxS32 = 0x7FFFFFFF;

TEST(Integer, addSubtract) {
  EXPECT_EQ(one("add.u32 %r4, %r1, %r2;", 0xFFFFFFFF, 2), 1u);
  EXPECT_EQ(one("add.sat.s32 %r4, %r1, %r2;", maxS32, 1), maxS32);
  EXPECT_EQ(one("sub.sat.s32 %r4, %r1, %r2;", minS32, 1), minS32);
  EXPECT_EQ(one("sub.s64 %rd4, %rd1, %rd2;", 0, 1, 0, 64), ~uint64_t(0));
  EXPECT_EQ(one("add.u16 %rs4, %rs1, %rs2;", 0xFFFF, 3, 0, 16), 2u);
  EXPECT_EQ(one("add.cc.u32 %r4, %r1, %r2;\naddc.u32 %r4, %r3, 0;", 0xFFFFFFFF, 1, 7), 8u);
  EXPECT_EQ(one("sub.cc.u32 %r4, %r1, %r2;\nsubc.u32 %r4, %r3, 0;", 0, 1, 7), 6u);
  EXPECT_EQ(
      one("mad.lo.cc.u32 %r4, %r1, %r2, %r3;\nmadc.hi.u32 %r4, %r1, %r2, 5;", 0x80000000, 2, 1),
      6u);
  EXPECT_EQ(
      one("mad.lo.cc.u32 %r4, %r1, %r2, %r3;\nmadc.hi.u32 %r4, %r1, %r2, 5;", 3, 0x55555555, 1),
      6u);
  EXPECT_EQ(
      one("add.cc.u64 %rd4, %rd1, %rd1;\naddc.u64 %rd4, %rd2, 0;", uint64_t(1) << 63, 4, 0, 64),
      5u);
  EXPECT_EQ(one("max.s16x2 %r4, %r1, %r2;", 0xFFFF0003, 0x00010002), 0x00010003u);
}

TEST(Integer, multiply) {
  EXPECT_EQ(one("mul.hi.u32 %r4, %r1, %r2;", 0xFFFFFFFF, 0xFFFFFFFF), 0xFFFFFFFEu);
  EXPECT_EQ(one("mul.hi.s32 %r4, %r1, %r2;", 0xFFFFFFFF, 5), 0xFFFFFFFFu);
  EXPECT_EQ(one("mul.hi.u64 %rd4, %rd1, %rd2;", ~uint64_t(0), 3, 0, 64), 2u);
  EXPECT_EQ(one("mul.wide.s32 %rd4, %r1, %r2;", 0xFFFFFFFF, 5, 0, 64), uint64_t(-5));
  EXPECT_EQ(one("mul.wide.u16 %r4, %rs1, %rs2;", 0xFFFF, 0xFFFF), 0xFFFE0001u);
  EXPECT_EQ(one("mad.lo.s32 %r4, %r1, %r2, %r3;", 0xFFFFFFFF, 7, 9), 2u);
  EXPECT_EQ(one("mad.wide.u32 %rd4, %r1, %r2, %rd3;", 0xFFFFFFFF, 2, 4, 64), 0x200000002u);
  EXPECT_EQ(one("mad.hi.sat.s32 %r4, %r1, %r2, %r3;", maxS32, maxS32, maxS32), maxS32);
  EXPECT_EQ(one("mul24.lo.s32 %r4, %r1, %r2;", 0xFFFFFF, 3), uint32_t(-3));
}

TEST(Integer, divide) {
  EXPECT_EQ(one("div.s32 %r4, %r1, %r2;", uint32_t(-7), 2), uint32_t(-3));
  EXPECT_EQ(one("rem.s32 %r4, %r1, %r2;", uint32_t(-7), 2), uint32_t(-1));
  EXPECT_EQ(one("div.s32 %r4, %r1, %r2;", minS32, uint32_t(-1)), minS32);
  EXPECT_EQ(one("div.u32 %r4, %r1, %r2;", 5, 0), 0xFFFFFFFFu);
  EXPECT_EQ(one("rem.u64 %rd4, %rd1, %rd2;", 1000000000001, 10, 0, 64), 1u);
}

TEST(Integer, extremesAndDifferences) {
  EXPECT_EQ(one("min.s32 %r4, %r1, %r2;", minS32, 1), minS32);
  EXPECT_EQ(one("max.u32 %r4, %r1, %r2;", minS32, 1), minS32);
  EXPECT_EQ(one("abs.s32 %r4, %r1;", minS32), minS32);
  EXPECT_EQ(one("neg.s64 %rd4, %rd1;", 5, 0, 0, 64), uint64_t(-5));
  EXPECT_EQ(one("sad.u32 %r4, %r1, %r2, %r3;", 3, 10, 100), 107u);
  EXPECT_EQ(one("dp4a.s32.s32 %r4, %r1, %r2, %r3;", 0xFF02FF02, 0x01010101, 10), 12u);
  EXPECT_EQ(one("dp4a.u32.s32 %r4, %r1, %r2, %r3;", 0xFF, 0xFF, 0), uint32_t(-255));
  EXPECT_EQ(one("dp2a.hi.s32.u32 %r4, %r1, %r2, %r3;", 0x0003FFFF, 0x02050000, 1), 2u);
}

TEST(Bits, shiftsClamp) {
  EXPECT_EQ(one("shl.b32 %r4, %r1, %r2;", 1, 32), 0u);
  EXPECT_EQ(one("shr.u32 %r4, %r1, %r2;", minS32, 33), 0u);
  EXPECT_EQ(one("shr.s32 %r4, %r1, %r2;", minS32, 40), 0xFFFFFFFFu);
  EXPECT_EQ(one("shr.s64 %rd4, %rd1, %r2;", uint64_t(1) << 63, 63, 0, 64), ~uint64_t(0));
  EXPECT_EQ(one("shl.b16 %rs4, %rs1, %r2;", 0xFF, 12, 0, 16), 0xF000u);
  EXPECT_EQ(one("shf.l.wrap.b32 %r4, %r1, %r2, %r3;", 0x80000001, 0x12345678, 36), 0x23456788u);
  EXPECT_EQ(one("shf.l.clamp.b32 %r4, %r1, %r2, %r3;", 0xAA, 0x12345678, 36), 0xAAu);
  EXPECT_EQ(one("shf.r.wrap.b32 %r4, %r1, %r2, %r3;", 0x12345678, 0xF, 4), 0xF1234567u);
  EXPECT_EQ(one("shf.r.clamp.b32 %r4, %r1, %r2, %r3;", 1, 0x77, 99), 0x77u);
}

TEST(Bits, logic) {
  uint32_t a = 0xF0F0F0F0, b = 0xCCCCCCCC, c = 0xAAAAAAAA;
  // With these operands every byte of the result is the table itself.
  for (unsigned table : {0x00u, 0x96u, 0xE8u, 0xCAu, 0xFFu})
    EXPECT_EQ(one("lop3.b32 %r4, %r1, %r2, %r3, " + std::to_string(table) + ";", a, b, c),
              table * 0x01010101u);
  EXPECT_EQ(one("not.b32 %r4, %r1;", a), ~a);
  EXPECT_EQ(one("cnot.b32 %r4, %r1;", 0), 1u);
  EXPECT_EQ(one("not.b16 %rs4, %rs1;", 0xFF, 0, 0, 16), 0xFF00u);
}

TEST(Bits, permute) {
  EXPECT_EQ(one("prmt.b32 %r4, %r1, %r2, 0x7531;", 0x33221100, 0x77665544), 0x77553311u);
  EXPECT_EQ(one("prmt.b32 %r4, %r1, %r2, 0x9c80;", 0x00008011, 0x000000FF), 0xFFFF0011u);
}

TEST(Bits, fields) {
  EXPECT_EQ(one("bfe.u32 %r4, %r1, %r2, %r3;", 0xABCD1234, 8, 12), 0xD12u);
  EXPECT_EQ(one("bfe.s32 %r4, %r1, %r2, %r3;", 0xABCD1234, 24, 8), 0xFFFFFFABu);
  EXPECT_EQ(one("bfe.s32 %r4, %r1, %r2, %r3;", 0x80000000, 28, 20), 0xFFFFFFF8u);
  EXPECT_EQ(one("bfe.u32 %r4, %r1, %r2, %r3;", 0xABCD1234, 40, 4), 0u);
  EXPECT_EQ(one("bfe.u32 %r4, %r1, %r2, %r3;", 0xABCD1234, 4, 0), 0u);
  EXPECT_EQ(one("bfi.b32 %r4, %r1, %r2, %r3, 8;", 0x5A, 0xFFFFFFFF, 4), 0xFFFFF5AFu);
  EXPECT_EQ(one("bfi.b64 %rd4, %rd1, %rd2, 32, 32;", 7, 9, 0, 64), 0x700000009u);
}

TEST(Bits, searching) {
  EXPECT_EQ(one("bfind.u32 %r4, %r1;", 0x00080001), 19u);
  EXPECT_EQ(one("bfind.u32 %r4, %r1;", 0), 0xFFFFFFFFu);
  EXPECT_EQ(one("bfind.s32 %r4, %r1;", 0xFFFFFFFE), 0u);
  EXPECT_EQ(one("bfind.shiftamt.u32 %r4, %r1;", 1), 31u);
  EXPECT_EQ(one("clz.b32 %r4, %r1;", 0), 32u);
  EXPECT_EQ(one("clz.b64 %r4, %rd1;", 1), 63u);
  EXPECT_EQ(one("popc.b64 %r4, %rd1;", ~uint64_t(0)), 64u);
  EXPECT_EQ(one("brev.b32 %r4, %r1;", 1), minS32);
}

TEST(Compare, integers) {
  auto holds = [](const char *relation, uint32_t a, uint32_t b) {
    return one(std::string("setp.") + relation + " %p4, %r1, %r2;", a, b, 0, 1);
  };
  EXPECT_EQ(holds("lt.s32", uint32_t(-1), 0), 1u);
  EXPECT_EQ(holds("lt.u32", uint32_t(-1), 0), 0u);
  EXPECT_EQ(holds("lo.u32", 1, 2), 1u);
  EXPECT_EQ(holds("hs.u32", 2, 2), 1u);
  EXPECT_EQ(holds("ne.b32", 2, 2), 0u);
}

TEST(Compare, combinedPredicates) {
  std::string both = "setp.lt.u32 %p1, %r3, 5;\nsetp.gt.and.s32 %p2|%p3, %r1, %r2, !%p1;\n"
                     "selp.b32 %r4, 1, 0, %p2;\nselp.b32 %r5, 2, 0, %p3;\nor.b32 %r4, %r4, %r5;";
  EXPECT_EQ(one(both, 3, 2, 9), 1u); // p2 = (a > b) and c >= 5
  EXPECT_EQ(one(both, 2, 3, 9), 2u); // p3 = not (a > b) and c >= 5
  EXPECT_EQ(one(both, 3, 2, 1), 0u);
  EXPECT_EQ(one("set.lt.u32.s32 %r4, %r1, %r2;", uint32_t(-1), 0), 0xFFFFFFFFu);
  EXPECT_EQ(one("set.lt.f32.s32 %r4, %r1, %r2;", 0, 1), bitsOf(1.0f));
  EXPECT_EQ(one("slct.b32.s32 %r4, %r1, %r2, %r3;", 1, 2, uint32_t(-1)), 2u);
}

} // namespace
} // namespace ptxsim::test
