// SPDX-License-Identifier: Apache-2.0
// Matrix fragments: which lane and register holds which element, by the PTX ISA's formulas, with
// one-hot matrices; ldmatrix, stmatrix and movmatrix with numbered elements.
#include "tests/unit/ptxsim/Lanes.h"

#include <cmath>
#include <functional>

namespace ptxsim::test {
namespace {

struct Place {
  unsigned row, column;
};

/// A shape as the ISA describes it: element i of lane l of each matrix.
struct MmaShape {
  const char *instruction;
  unsigned rows, columns, k;
  unsigned elementBytes, sumBytes;
  unsigned a, b, c; ///< elements a lane
  std::function<Place(unsigned lane, unsigned i)> placeA, placeB, placeC;
  std::function<uint64_t(double)> encode, encodeSum;
  std::function<double(uint64_t)> decodeSum;
};

uint64_t half(double v) {
  int exponent;
  double fraction = std::frexp(v, &exponent);
  return v == 0 ? 0 : uint64_t(exponent + 14) << 10 | uint64_t((fraction * 2 - 1) * 1024);
}
double fromHalf(uint64_t bits) {
  return bits == 0 ? 0 : std::ldexp(1 + double(bits & 1023) / 1024, int(bits >> 10 & 31) - 15);
}
uint64_t single(double v) { return bitsOf(static_cast<float>(v)); }
double fromSingle(uint64_t bits) { return std::bit_cast<float>(static_cast<uint32_t>(bits)); }
uint64_t brain(double v) { return single(v) >> 16; }

std::vector<MmaShape> shapes() {
  auto g = [](unsigned l) { return l >> 2; };
  auto t = [](unsigned l) { return l & 3; };
  auto c16 = [=](unsigned l, unsigned i) {
    return Place{i < 2 ? g(l) : g(l) + 8, t(l) * 2 + (i & 1)};
  };
  // m16n8k16, 16-bit elements
  auto a16 = [=](unsigned l, unsigned i) {
    return Place{i < 2 || (i >= 4 && i < 6) ? g(l) : g(l) + 8,
                 t(l) * 2 + (i & 1) + (i < 4 ? 0 : 8)};
  };
  auto b16 = [=](unsigned l, unsigned i) {
    return Place{t(l) * 2 + (i & 1) + (i < 2 ? 0 : 8), g(l)};
  };
  auto a8 = [=](unsigned l, unsigned i) {
    return Place{i < 2 ? g(l) : g(l) + 8, t(l) * 2 + (i & 1)};
  };
  auto b8 = [=](unsigned l, unsigned i) { return Place{t(l) * 2 + (i & 1), g(l)}; };
  auto tfA8 = [=](unsigned l, unsigned i) {
    return Place{i == 0 || i == 2 ? g(l) : g(l) + 8, i < 2 ? t(l) : t(l) + 4};
  };
  auto tfB8 = [=](unsigned l, unsigned i) { return Place{i == 0 ? t(l) : t(l) + 4, g(l)}; };
  auto tfA4 = [=](unsigned l, unsigned i) { return Place{i == 0 ? g(l) : g(l) + 8, t(l)}; };
  auto tfB4 = [=](unsigned l, unsigned) { return Place{t(l), g(l)}; };
  auto byteA = [=](unsigned l, unsigned i) {
    return Place{i < 4 || (i >= 8 && i < 12) ? g(l) : g(l) + 8,
                 t(l) * 4 + (i & 3) + (i < 8 ? 0 : 16)};
  };
  auto byteB = [=](unsigned l, unsigned i) {
    return Place{t(l) * 4 + (i & 3) + (i < 4 ? 0 : 16), g(l)};
  };
  auto doubleA = [=](unsigned l, unsigned) { return Place{g(l), t(l)}; };
  auto doubleB = [=](unsigned l, unsigned) { return Place{t(l), g(l)}; };
  auto doubleC = [=](unsigned l, unsigned i) { return Place{g(l), t(l) * 2 + (i & 1)}; };
  auto integer = [](double v) { return uint64_t(int64_t(v)) & 0xFFFFFFFF; };
  auto byte = [](double v) { return uint64_t(int64_t(v)) & 0xFF; };
  auto fromInteger = [](uint64_t bits) { return double(int32_t(uint32_t(bits))); };
  auto wide = [](double v) { return bitsOf(v); };
  auto fromWide = [](uint64_t bits) { return std::bit_cast<double>(bits); };
  return {
      {"m16n8k16.row.col.f32.f16.f16.f32", 16, 8, 16, 2, 4, 8, 4, 4, a16, b16, c16, half, single,
       fromSingle},
      {"m16n8k16.row.col.f32.bf16.bf16.f32", 16, 8, 16, 2, 4, 8, 4, 4, a16, b16, c16, brain, single,
       fromSingle},
      {"m16n8k16.row.col.f16.f16.f16.f16", 16, 8, 16, 2, 2, 8, 4, 4, a16, b16, c16, half, half,
       fromHalf},
      {"m16n8k8.row.col.f32.f16.f16.f32", 16, 8, 8, 2, 4, 4, 2, 4, a8, b8, c16, half, single,
       fromSingle},
      {"m16n8k8.row.col.f32.bf16.bf16.f32", 16, 8, 8, 2, 4, 4, 2, 4, a8, b8, c16, brain, single,
       fromSingle},
      {"m16n8k8.row.col.f32.tf32.tf32.f32", 16, 8, 8, 4, 4, 4, 2, 4, tfA8, tfB8, c16, single,
       single, fromSingle},
      {"m16n8k4.row.col.f32.tf32.tf32.f32", 16, 8, 4, 4, 4, 2, 1, 4, tfA4, tfB4, c16, single,
       single, fromSingle},
      {"m16n8k32.row.col.s32.s8.s8.s32", 16, 8, 32, 1, 4, 16, 8, 4, byteA, byteB, c16, byte,
       integer, fromInteger},
      {"m8n8k4.row.col.f64.f64.f64.f64", 8, 8, 4, 8, 8, 1, 1, 2, doubleA, doubleB, doubleC, wide,
       wide, fromWide},
  };
}

class Mma : public testing::TestWithParam<MmaShape> {};

/// Elements of a lane, packed into registers that follow each other in memory.
void place(std::vector<uint8_t> &memory, size_t lane, unsigned index, unsigned bytes,
           size_t laneBytes, uint64_t bits) {
  std::memcpy(&memory[lane * laneBytes + index * bytes], &bits, bytes);
}

std::string fragment(const char *name, unsigned bytes, size_t offset, unsigned laneBytes,
                     std::string &loads, const std::string &base) {
  bool wide = bytes % 8 == 0 && std::string(name).front() == 'w';
  unsigned width = wide ? 8 : 4, count = laneBytes / width;
  std::string list = "{";
  for (unsigned i = 0; i < count; ++i) {
    std::string reg = std::string("%") + name + std::to_string(i);
    loads += ".reg .b" + std::to_string(width * 8) + " " + reg + ";\nld.global.b" +
             std::to_string(width * 8) + " " + reg + ", [" + base + "+" +
             std::to_string(offset + i * width) + "];\n";
    list += (i ? ", " : "") + reg;
  }
  return list + "}";
}

TEST_P(Mma, oneHot) {
  const MmaShape &s = GetParam();
  const unsigned bytesA = s.a * s.elementBytes, bytesB = s.b * s.elementBytes,
                 bytesC = s.c * s.sumBytes;
  const unsigned stride =
      bytesA + bytesB + 2 * bytesC + (8 - (bytesA + bytesB + 2 * bytesC) % 8) % 8;
  const bool wide = s.elementBytes == 8;
  std::string loads =
      "mul.wide.u32 %rd1, %r0, " + std::to_string(stride) + ";\nadd.s64 %rd1, %rd1, %out;\n";
  auto list = [&](const char *name, size_t offset, unsigned bytes) {
    return fragment(name, wide ? 8 : 4, offset, bytes, loads, "%rd1");
  };
  std::string A = list(wide ? "wa" : "na", 0, bytesA), B = list(wide ? "wb" : "nb", bytesA, bytesB),
              C = list(wide ? "wc" : "nc", bytesA + bytesB, bytesC);
  std::string body = loads + "mma.sync.aligned." + s.instruction + " " + C + ", " + A + ", " + B +
                     ", " + C + ";\n";
  std::string registers = C.substr(1, C.size() - 2);
  unsigned width = wide ? 8 : 4;
  for (unsigned i = 0; i < bytesC / width; ++i)
    body += "st.global.b" + std::to_string(width * 8) + " [%rd1+" +
            std::to_string(bytesA + bytesB + bytesC + i * width) + "], %" + (wide ? "wc" : "nc") +
            std::to_string(i) + ";\n";
  Module module(kernelText(body));
  // B[k][n] is 1 + 8k + n, C[m][n] is n / 2: exact in every type (s8: modulo 100).
  auto valueB = [&](unsigned k, unsigned n) { return double((1 + 8 * k + n) % 100); };
  for (unsigned row = 0; row < s.rows; ++row)
    for (unsigned k = 0; k < s.k; ++k) {
      std::vector<uint8_t> memory(32 * stride);
      for (unsigned l = 0; l < 32; ++l) {
        for (unsigned i = 0; i < s.a; ++i) {
          Place p = s.placeA(l, i);
          place(memory, l, i, s.elementBytes, stride, s.encode(p.row == row && p.column == k));
        }
        for (unsigned i = 0; i < s.b; ++i) {
          Place p = s.placeB(l, i);
          uint64_t bits = s.encode(valueB(p.row, p.column));
          std::memcpy(&memory[l * stride + bytesA + i * s.elementBytes], &bits, s.elementBytes);
        }
        for (unsigned i = 0; i < s.c; ++i) {
          uint64_t bits = s.encodeSum(2 * s.placeC(l, i).column);
          std::memcpy(&memory[l * stride + bytesA + bytesB + i * s.sumBytes], &bits, s.sumBytes);
        }
      }
      Buffer buffer = upload(memory);
      ASSERT_EQ(module.launch("k", {}, Arguments(buffer)), 0) << takeReport();
      auto got = buffer.values<uint8_t>();
      for (unsigned l = 0; l < 32; ++l)
        for (unsigned i = 0; i < s.c; ++i) {
          Place p = s.placeC(l, i);
          uint64_t bits = 0;
          std::memcpy(&bits, &got[l * stride + bytesA + bytesB + bytesC + i * s.sumBytes],
                      s.sumBytes);
          double wanted = 2 * p.column + (p.row == row ? valueB(k, p.column) : 0);
          ASSERT_EQ(s.decodeSum(bits), wanted)
              << s.instruction << " row " << p.row << " column " << p.column << " k " << k;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Shapes, Mma, testing::ValuesIn(shapes()), [](const auto &info) {
  std::string name = info.param.instruction;
  for (char &c : name)
    c = c == '.' ? '_' : c;
  return name;
});

void PrintTo(const MmaShape &shape, std::ostream *out) { *out << shape.instruction; }

TEST(MmaTf32, ignoresLowBits) {
  // 1 + 2^-12 is 1 to a tf32 product.
  std::string body =
      "mov.b32 %f1, 0f3F800800;\nmov.b32 %f2, 0f3F800000;\nmov.b32 %f3, 0f00000000;\n"
      "mma.sync.aligned.m16n8k4.row.col.f32.tf32.tf32.f32 {%f4, %f5, %f6, %f7}, "
      "{%f1, %f1}, {%f2}, {%f3, %f3, %f3, %f3};\nmov.b32 %r4, %f4;";
  EXPECT_EQ(one(body, 0), bitsOf(4.0f));
}

/// s[row][column] = 8 * row + column in `count` 8x8 matrices one after the other.
std::string numbered(unsigned count) {
  std::string text = "mov.u32 %r10, s;\n";
  for (unsigned i = 0; i < 64 * count / 32; ++i)
    text += "add.u32 %r11, %r0, " + std::to_string(32 * i) +
            ";\ncvt.u16.u32 %rs1, %r11;\nshl.b32 %r11, %r11, 1;\nadd.u32 %r11, %r11, %r10;\n"
            "st.shared.u16 [%r11], %rs1;\n";
  return text + "bar.warp.sync -1;\nand.b32 %r12, %r0, " + std::to_string(8 * count - 1) +
         ";\nshl.b32 %r12, %r12, 4;\nadd.u32 %r12, %r12, %r10;\n";
}

void expectMatrices(const std::string &load, unsigned count, bool transposed) {
  std::string body = numbered(count) + load;
  for (unsigned m = 0; m < count; ++m) {
    Lanes64 got = evaluate(body + "\nmov.b32 %r4, %r2" + std::to_string(m) + ";", {}, 32,
                           ".shared .align 16 .b8 s[512];\n");
    for (unsigned l = 0; l < 32; ++l) {
      unsigned row = l / 4, column = l % 4 * 2;
      unsigned low = transposed ? 8 * column + row : 8 * row + column;
      unsigned high = transposed ? low + 8 : low + 1;
      EXPECT_EQ(got[l], (64 * m + low) | (64 * m + high) << 16) << load << " lane " << l;
    }
  }
}

TEST(Matrix, loads) {
  const std::string op = "ldmatrix.sync.aligned.m8n8.";
  expectMatrices(op + "x1.shared.b16 {%r20}, [%r12];", 1, false);
  expectMatrices(op + "x2.shared.b16 {%r20, %r21}, [%r12];", 2, false);
  expectMatrices(op + "x4.shared.b16 {%r20, %r21, %r22, %r23}, [%r12];", 4, false);
  expectMatrices(op + "x4.trans.shared.b16 {%r20, %r21, %r22, %r23}, [%r12];", 4, true);
}

TEST(Matrix, storeAndTranspose) {
  const std::string load = "ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%r20, %r21}, [%r12];\n";
  // Written over itself transposed and read transposed again: the same elements.
  expectMatrices(load + "bar.warp.sync -1;\n"
                        "stmatrix.sync.aligned.m8n8.x2.trans.shared.b16 [%r12], {%r20, %r21};\n"
                        "bar.warp.sync -1;\n"
                        "ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%r20, %r21}, [%r12];",
                 2, true);
  expectMatrices(load + "movmatrix.sync.aligned.m8n8.trans.b16 %r20, %r20;", 1, true);
}

TEST(Matrix, allLanesMustTakePart) {
  Buffer out(256);
  Module module(kernelText("mov.u32 %r1, s;\nst.shared.v4.u32 [s], {1, 1, 1, 1};\nsetp.gt.u32 %p1, "
                           "%r0, 7;\n@%p1 exit;\nldmatrix.sync.aligned.m8n8.x1.shared.b16 {%r2}, "
                           "[%r1];",
                           "", ".shared .align 16 .b8 s[128];\n"));
  EXPECT_EQ(module.launch("k", {}, Arguments(out)), 719);
  EXPECT_TRUE(takeReport().starts_with("bad-collective"));
}

TEST(Matrix, rowsMustBeAligned) {
  Buffer out(256);
  Module module(kernelText("mov.u32 %r1, s;\nadd.u32 %r1, %r1, 8;\n"
                           "ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%r2}, [%r1];",
                           "", ".shared .align 16 .b8 s[128];\n"));
  EXPECT_EQ(module.launch("k", {}, Arguments(out)), 716);
  EXPECT_TRUE(takeReport().starts_with("misaligned"));
}

TEST(AsyncCopy, zeroFill) {
  // 8 of 16 bytes come from memory, the others are zeros.
  std::string body = "mov.u32 %r5, s;\nst.shared.v4.u32 [s], {9, 9, 9, 9};\n"
                     "cp.async.cg.shared.global [%r5], [%out], 16, 8;\ncp.async.wait_all;\n"
                     "ld.shared.v4.u32 {%r6, %r7, %r8, %r9}, [s];\nadd.u32 %r8, %r8, %r9;\n"
                     "shl.b32 %r8, %r8, 8;\nadd.u32 %r4, %r6, %r8;";
  Inputs inputs;
  inputs.a.fill(5);
  for (unsigned seed = 0; seed < 8; ++seed) {
    setSeed(seed);
    std::string text =
        kernelText(body + "st.global.u32 [%out+256], %r4;", "", ".shared .align 16 .b8 s[16];\n");
    Buffer out = upload(std::vector<uint32_t>(128, 5));
    Module module(text);
    EXPECT_EQ(module.launch("k", {.blockX = 1}, Arguments(out)), 0) << takeReport();
    EXPECT_EQ(out.values<uint32_t>()[64], 5u);
  }
  setSeed(0);
}

} // namespace
} // namespace ptxsim::test
