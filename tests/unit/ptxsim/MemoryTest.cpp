// SPDX-License-Identifier: Apache-2.0
// Loads, stores and atomics in all spaces; counters of their traffic.
#include "tests/unit/ptxsim/Lanes.h"

namespace ptxsim::test {
namespace {

TEST(Memory, narrowLoadsExtend) {
  std::string head = "st.global.u32 [%out+1032], 0x8081F2F3;\n";
  EXPECT_EQ(one(head + "ld.global.s8 %r4, [%out+1032];", 0), 0xFFFFFFF3u);
  EXPECT_EQ(one(head + "ld.global.u16 %r4, [%out+1034];", 0), 0x8081u);
  EXPECT_EQ(one(head + "ld.global.s16 %rd4, [%out+1034];", 0, 0, 0, 64), 0xFFFFFFFFFFFF8081u);
  EXPECT_EQ(one(head + "ld.global.s8 %rs4, [%out+1035];", 0, 0, 0, 16), 0xFF80u);
  EXPECT_EQ(one(head + "ld.global.u32 %rd4, [%out+1032];", 0, 0, 0, 64), 0x8081F2F3u);
}

TEST(Memory, vectors) {
  EXPECT_EQ(one("st.global.v4.u32 [%out+1040], {1, 2, 3, 4};\n"
                "ld.global.v2.u64 {%rd5, %rd6}, [%out+1040];\nadd.u64 %rd4, %rd5, %rd6;",
                0, 0, 0, 64),
            0x0000000600000004u);
}

TEST(Memory, cacheHintsChangeNothing) {
  EXPECT_EQ(one("createpolicy.fractional.L2::evict_first.b64 %rd9, 1.0;\n"
                "st.global.L1::no_allocate.u32 [%out+1024], %r1;\n"
                "ld.global.L1::no_allocate.L2::cache_hint.L2::128B.u32 %r4, [%out+1024], %rd9;\n"
                "prefetch.global.L2 [%out];\ngriddepcontrol.wait;",
                6),
            6u);
}

TEST(Memory, genericAddresses) {
  std::string variables = ".local .align 8 .b8 l[16];\n.shared .align 8 .b8 s[256];\n";
  std::string text = "mov.u64 %rd5, l;\ncvta.local.u64 %rd5, %rd5;\nmov.u64 %rd6, s;\n"
                     "cvta.shared.u64 %rd6, %rd6;\nmul.wide.u32 %rd7, %r0, 8;\n"
                     "add.s64 %rd6, %rd6, %rd7;\nst.u64 [%rd5+8], %rd1;\nst.u64 [%rd6], %rd2;\n"
                     "ld.local.u64 %rd8, [l+8];\nld.u64 %rd9, [%rd6];\nadd.u64 %rd4, %rd8, %rd9;\n"
                     "isspacep.shared %p1, %rd6;\nselp.b64 %rd4, %rd4, 0, %p1;";
  Inputs inputs;
  for (unsigned l = 0; l < 32; ++l)
    inputs.a[l] = l, inputs.b[l] = 1000 * l;
  Lanes64 got = evaluate(text, inputs, 64, variables);
  for (unsigned l = 0; l < 32; ++l)
    EXPECT_EQ(got[l], 1001 * l);
}

TEST(Memory, lanesInDifferentSpaces) {
  // Odd lanes address shared, even lanes local memory through one instruction.
  std::string text = "mov.u64 %rd5, l;\ncvta.local.u64 %rd5, %rd5;\nmov.u64 %rd6, s;\n"
                     "cvta.shared.u64 %rd6, %rd6;\nmul.wide.u32 %rd7, %r0, 8;\n"
                     "add.s64 %rd6, %rd6, %rd7;\nand.b32 %r5, %r0, 1;\nsetp.eq.u32 %p1, %r5, 0;\n"
                     "selp.b64 %rd5, %rd5, %rd6, %p1;\nst.u64 [%rd5], %rd1;\nld.u64 %rd4, [%rd5];";
  Inputs inputs;
  for (unsigned l = 0; l < 32; ++l)
    inputs.a[l] = 7 * l;
  Lanes64 got =
      evaluate(text, inputs, 64, ".local .align 8 .b8 l[8];\n.shared .align 8 .b8 s[256];\n");
  EXPECT_EQ(got, inputs.a);
}

TEST(Memory, moduleVariables) {
  std::string variables = ".global .align 8 .u64 pointer = generic(table)+4;\n"
                          ".global .align 4 .u32 table[3] = {5, 6};\n.global .align 4 .u32 zero;\n"
                          ".const .align 4 .f32 half = 0f3F000000;\n";
  // `pointer` is declared before what it names.
  Module module(
      kernelText("ld.global.u64 %rd1, [pointer];\nld.u32 %r1, [%rd1];\n"
                 "ld.global.u32 %r2, [table+8];\nld.global.u32 %r3, [zero];\n"
                 "ld.const.f32 %f1, [half];\ncvt.rzi.u32.f32 %r4, %f1;\n"
                 "add.u32 %r1, %r1, %r2;\nadd.u32 %r1, %r1, %r3;\nadd.u32 %r1, %r1, %r4;\n"
                 "st.global.u32 [%out], %r1;\nst.global.u32 [zero], 17;",
                 variables));
  Buffer out(4);
  EXPECT_EQ(module.launch("k", {.blockX = 1}, Arguments(out)), 0) << takeReport();
  EXPECT_EQ(out.values<uint32_t>()[0], 6u);
  CUdeviceptr address;
  size_t bytes;
  EXPECT_EQ(cuModuleGetGlobal_v2(&address, &bytes, module.handle(), "zero"), 0);
  uint32_t value = 0;
  EXPECT_EQ(cuMemcpyDtoH_v2(&value, address, 4), 0);
  EXPECT_EQ(value, 17u);
  EXPECT_EQ(bytes, 4u);
}

TEST(Memory, parametersByAddress) {
  std::string text = ".version 8.0\n.target sm_80\n.address_size 64\n"
                     ".entry k(.param .align 4 .b8 p[12], .param .u64 out)\n{\n.reg .b32 %r<4>;\n"
                     ".reg .b64 %rd<6>;\nld.param.u64 %rd1, [out];\nmov.b64 %rd2, p;\n"
                     "mov.u32 %r1, %tid.x;\nmul.wide.u32 %rd3, %r1, 4;\nadd.s64 %rd2, %rd2, %rd3;\n"
                     "ld.param.u32 %r2, [%rd2];\nadd.s64 %rd3, %rd3, %rd1;\n"
                     "st.global.u32 [%rd3], %r2;\nret;\n}\n";
  Module module(text);
  Buffer out(12);
  EXPECT_EQ(module.launch("k", {.blockX = 3}, Arguments(std::array<uint32_t, 3>{4, 5, 6}, out)), 0)
      << takeReport();
  EXPECT_EQ(out.values<uint32_t>(), (std::vector<uint32_t>{4, 5, 6}));
}

/// Two lanes' worth of one atomic on a cell that starts with `before`.
uint64_t atomic(const std::string &operation, uint64_t before, const std::string &value,
                unsigned threads = 1) {
  Buffer out = upload(std::vector<uint64_t>{before, 0});
  Module module(kernelText("atom.global." + operation + " %REG, [%out], " + value + ";", "",
                           operation.ends_with("64")   ? ".reg .b64 %REG;\n"
                           : operation.ends_with("16") ? ".reg .b16 %REG;\n"
                                                       : ".reg .b32 %REG;\n"));
  EXPECT_EQ(module.launch("k", {.blockX = threads}, Arguments(out)), 0) << takeReport();
  return out.values<uint64_t>()[0];
}

TEST(Atomic, operations) {
  EXPECT_EQ(atomic("add.u32", 5, "3", 32), 101u);
  EXPECT_EQ(atomic("inc.u32", 6, "7"), 7u);
  EXPECT_EQ(atomic("inc.u32", 7, "7"), 0u);
  EXPECT_EQ(atomic("dec.u32", 0, "7"), 7u);
  EXPECT_EQ(atomic("dec.u32", 9, "7"), 7u);
  EXPECT_EQ(atomic("dec.u32", 3, "7"), 2u);
  EXPECT_EQ(atomic("min.s32", 5, "-3"), 0xFFFFFFFDu);
  EXPECT_EQ(atomic("max.u64", 5, "9000000000"), 9000000000u);
  EXPECT_EQ(atomic("and.b32", 12, "6"), 4u);
  EXPECT_EQ(atomic("exch.b64", 12, "6"), 6u);
  EXPECT_EQ(atomic("cas.b32", 12, "12, 99"), 99u);
  EXPECT_EQ(atomic("cas.b32", 13, "12, 99"), 13u);
  EXPECT_EQ(atomic("add.f32", bitsOf(1.5f), "0f40000000"), bitsOf(3.5f));
  EXPECT_EQ(atomic("add.f64", bitsOf(1.5), "0d4000000000000000"), bitsOf(3.5));
  EXPECT_EQ(atomic("add.noftz.f16x2", 0x3C004000, "0x3C003C00"), 0x40004200u);
}

TEST(Atomic, eachLaneSeesAnotherOldValue) {
  Inputs inputs;
  Lanes64 got =
      evaluate("st.shared.u32 [s], 0;\nbar.warp.sync -1;\natom.shared.add.u32 %r4, [s], 1;", inputs,
               32, ".shared .align 4 .b8 s[4];\n");
  uint32_t seen = 0;
  for (uint64_t old : got)
    seen |= 1u << old;
  EXPECT_EQ(seen, ~0u);
}

/// Field of the counters of kernel k.
uint64_t counter(const std::string &name) {
  std::string json = ptxsim_counters("k");
  size_t at = json.find("\"" + name + "\": ");
  return at == std::string::npos ? ~uint64_t(0) : std::stoull(json.substr(at + name.size() + 4));
}

void count(const std::string &body, std::string_view variables = "", unsigned threads = 32) {
  Buffer out = upload(std::vector<uint32_t>(4096));
  Module module(kernelText(body, "", variables));
  ptxsim_reset_counters();
  EXPECT_EQ(module.launch("k", {.blockX = threads}, Arguments(out)), 0) << takeReport();
}

std::string loadAt(unsigned stride) {
  return "mul.wide.u32 %rd1, %r0, " + std::to_string(stride) +
         ";\nadd.s64 %rd1, %rd1, %out;\nld.global.u32 %r1, [%rd1];";
}

TEST(Counters, sectors) {
  count(loadAt(4));
  EXPECT_EQ(counter("global_load_requests"), 1u);
  EXPECT_EQ(counter("global_load_bytes"), 128u);
  EXPECT_EQ(counter("global_load_sectors"), 4u);
  EXPECT_EQ(counter("global_load_full_sectors"), 4u);
  count(loadAt(32));
  EXPECT_EQ(counter("global_load_sectors"), 32u);
  EXPECT_EQ(counter("global_load_full_sectors"), 0u);
  count(loadAt(0));
  EXPECT_EQ(counter("global_load_sectors"), 1u);
  count(loadAt(4) + "\nld.global.u32 %r1, [%rd1];", "", 64);
  EXPECT_EQ(counter("global_load_sectors"), 16u);
  EXPECT_EQ(counter("global_load_unique_sectors"), 8u);
}

TEST(Counters, bankConflicts) {
  auto store = [](unsigned stride, const char *type = "u32", const char *value = "%r0") {
    return "mul.lo.u32 %r1, %r0, " + std::to_string(stride) +
           ";\nmov.u32 %r2, s;\nadd.u32 %r1, %r1, %r2;\nst.shared." + type + " [%r1], " + value +
           ";";
  };
  std::string variables = ".shared .align 16 .b8 s[8192];\n";
  for (auto [stride, conflicts] : {std::pair{4u, 0u}, {8u, 1u}, {128u, 31u}, {132u, 0u}}) {
    count(store(stride), variables);
    EXPECT_EQ(counter("shared_bank_conflicts"), conflicts) << stride;
  }
  count(store(16, "v4.u32", "{%r0, %r0, %r0, %r0}"), variables);
  EXPECT_EQ(counter("shared_bank_conflicts"), 0u);
  count("st.shared.u32 [s], 1;\nbar.sync 0;\nld.shared.u32 %r1, [s];", variables);
  EXPECT_EQ(counter("shared_bank_conflicts"), 0u);
  EXPECT_EQ(counter("barriers"), 1u);
}

TEST(Counters, instructions) {
  count("setp.lt.u32 %p1, %r0, 8;\n@%p1 add.u32 %r1, %r0, 1;");
  // ld.param, cvta, mov, setp, add, ret
  EXPECT_EQ(counter("warp_instructions"), 6u);
  EXPECT_EQ(counter("thread_instructions"), 5 * 32u + 8);
  EXPECT_EQ(counter("compare"), 1u);
}

} // namespace
} // namespace ptxsim::test
