// SPDX-License-Identifier: Apache-2.0
// Floating-point instructions against the host's arithmetic in the same rounding mode, and
// conversions against exhaustive or independent computations.
#include "tests/unit/ptxsim/Lanes.h"

#include <cfenv>
#include <cmath>
#include <limits>

namespace ptxsim::test {
namespace {

constexpr float inf = std::numeric_limits<float>::infinity();
const float nan = std::numeric_limits<float>::quiet_NaN();

/// Pairs of floats whose sums, products and quotients are inexact, both ways.
const std::pair<float, float> pairs[] = {
    {1.0f, 1e-9f}, {-1.0f, -1e-9f}, {1.0f, 3.0f}, {0.1f, 0.7f}, {-0.1f, 0.7f}, {1e30f, 7.7f},
};

TEST(Float, roundingModes) {
  const std::pair<const char *, int> modes[] = {
      {"rn", FE_TONEAREST}, {"rz", FE_TOWARDZERO}, {"rm", FE_DOWNWARD}, {"rp", FE_UPWARD}};
  for (auto [name, mode] : modes)
    for (auto [a, b] : pairs) {
      volatile float x = a, y = b;
      std::fesetround(mode);
      volatile float sum = x + y, product = x * y, quotient = x / y, fused = std::fma(x, y, x);
      volatile float root = std::sqrt(std::fabs(y));
      std::fesetround(FE_TONEAREST);
      std::string op = std::string(name) + ".f32 %r4, %r1, %r2;";
      EXPECT_EQ(one("add." + op, bitsOf(a), bitsOf(b)), bitsOf(float(sum))) << name << a;
      EXPECT_EQ(one("mul." + op, bitsOf(a), bitsOf(b)), bitsOf(float(product))) << name << a;
      EXPECT_EQ(one("div." + op, bitsOf(a), bitsOf(b)), bitsOf(float(quotient))) << name << a;
      EXPECT_EQ(one(std::string("fma.") + name + ".f32 %r4, %r1, %r2, %r1;", bitsOf(a), bitsOf(b)),
                bitsOf(float(fused)));
      EXPECT_EQ(one(std::string("sqrt.") + name + ".f32 %r4, %r1;", bitsOf(std::fabs(b))),
                bitsOf(float(root)));
    }
}

TEST(Float, fmaRoundsOnce) {
  float a = 1.0f + 0x1p-12f;
  EXPECT_EQ(one("fma.rn.f32 %r4, %r1, %r1, %r3;", bitsOf(a), 0, bitsOf(-(1.0f + 0x1p-11f))),
            bitsOf(0x1p-24f));
}

TEST(Float, flushAndSaturate) {
  EXPECT_EQ(one("add.ftz.f32 %r4, %r1, %r2;", bitsOf(1e-40f), bitsOf(1e-40f)), 0u);
  EXPECT_EQ(one("add.f32 %r4, %r1, %r2;", bitsOf(1e-40f), 0), bitsOf(1e-40f));
  EXPECT_EQ(one("mul.ftz.f32 %r4, %r1, %r2;", bitsOf(-1e-30f), bitsOf(1e-10f)), bitsOf(-0.0f));
  EXPECT_EQ(one("add.sat.f32 %r4, %r1, %r2;", bitsOf(1.0f), bitsOf(1.0f)), bitsOf(1.0f));
  EXPECT_EQ(one("add.sat.f32 %r4, %r1, %r2;", bitsOf(nan), 0), 0u);
}

TEST(Float, extremesAndNan) {
  EXPECT_EQ(one("min.f32 %r4, %r1, %r2;", bitsOf(nan), bitsOf(2.0f)), bitsOf(2.0f));
  EXPECT_EQ(one("max.NaN.f32 %r4, %r1, %r2;", bitsOf(nan), bitsOf(2.0f)), 0x7FFFFFFFu);
  EXPECT_EQ(one("max.f32 %r4, %r1, %r2;", bitsOf(-0.0f), bitsOf(0.0f)), 0u);
  EXPECT_EQ(one("min.f32 %r4, %r1, %r2;", bitsOf(0.0f), bitsOf(-0.0f)), bitsOf(-0.0f));
  EXPECT_EQ(one("sub.f32 %r4, %r1, %r1;", bitsOf(inf)), 0x7FFFFFFFu);
  EXPECT_EQ(one("copysign.f32 %r4, %r1, %r2;", bitsOf(-1.0f), bitsOf(3.0f)), bitsOf(-3.0f));
  EXPECT_EQ(one("testp.subnormal.f32 %p4, %r1;", bitsOf(1e-40f), 0, 0, 1), 1u);
  EXPECT_EQ(one("testp.normal.f32 %p4, %r1;", bitsOf(inf), 0, 0, 1), 0u);
}

TEST(Float, comparisonsWithNan) {
  auto holds = [](const char *relation, float a, float b) {
    return one(std::string("setp.") + relation + ".f32 %p4, %r1, %r2;", bitsOf(a), bitsOf(b), 0, 1);
  };
  for (const char *ordered : {"eq", "ne", "lt", "le", "gt", "ge", "num"})
    EXPECT_EQ(holds(ordered, nan, 1), 0u) << ordered;
  for (const char *unordered : {"equ", "neu", "ltu", "leu", "gtu", "geu", "nan"})
    EXPECT_EQ(holds(unordered, 1, nan), 1u) << unordered;
  EXPECT_EQ(holds("ne", 1, 2), 1u);
  EXPECT_EQ(holds("neu", 1, 1), 0u);
  EXPECT_EQ(holds("ltu", 2, 1), 0u);
  EXPECT_EQ(holds("le", -0.0f, 0.0f), 1u);
}

TEST(Float, approximations) {
  Inputs inputs;
  for (unsigned l = 0; l < 32; ++l)
    inputs.a[l] = bitsOf(-20.0f + 1.37f * static_cast<float>(l));
  auto check = [&](const char *op, double (*f)(double), double relative) {
    Lanes64 got = evaluate(std::string(op) + " %r4, %r1;", inputs);
    for (unsigned l = 0; l < 32; ++l) {
      float x = std::bit_cast<float>(static_cast<uint32_t>(inputs.a[l]));
      double wanted = f(x);
      if (wanted == wanted)
        EXPECT_NEAR(std::bit_cast<float>(static_cast<uint32_t>(got[l])), wanted,
                    relative * std::max(1e-3, std::fabs(wanted)))
            << op << x;
    }
  };
  check("ex2.approx.f32", [](double x) { return std::exp2(x); }, 0x1p-22);
  check("tanh.approx.f32", [](double x) { return std::tanh(x); }, 0x1p-11);
  check("sin.approx.f32", [](double x) { return std::sin(x); }, 0x1p-18);
  check("rsqrt.approx.f32", [](double x) { return 1 / std::sqrt(x); }, 0x1p-22);
  check("lg2.approx.f32", [](double x) { return std::log2(x); }, 0x1p-21);
  EXPECT_EQ(one("ex2.approx.f32 %r4, %r1;", bitsOf(-inf)), 0u);
  EXPECT_EQ(one("ex2.approx.f32 %r4, %r1;", bitsOf(200.0f)), bitsOf(inf));
  EXPECT_EQ(one("ex2.approx.f32 %r4, %r1;", bitsOf(3.0f)), bitsOf(8.0f));
  EXPECT_EQ(one("ex2.approx.ftz.f32 %r4, %r1;", bitsOf(-130.0f)), 0u);
}

TEST(Float, doubles) {
  EXPECT_EQ(one("fma.rn.f64 %rd4, %rd1, %rd2, %rd3;", bitsOf(0.1), bitsOf(0.2), bitsOf(0.3), 64),
            bitsOf(std::fma(0.1, 0.2, 0.3)));
  EXPECT_EQ(one("div.rn.f64 %rd4, %rd1, %rd2;", bitsOf(1.0), bitsOf(3.0), 0, 64),
            bitsOf(1.0 / 3.0));
}

/// The value of a 16-bit float by its definition.
double halfValue(uint32_t bits, unsigned mantissa, int bias) {
  int exponent = static_cast<int>(bits >> mantissa & ((1u << (15 - mantissa)) - 1));
  double fraction = bits & ((1u << mantissa) - 1);
  double value = exponent ? std::ldexp(fraction + (1u << mantissa), exponent - bias - int(mantissa))
                          : std::ldexp(fraction, 1 - bias - int(mantissa));
  return bits >> 15 ? -value : value;
}

/// All finite 16-bit floats are exact as f32, and come back from halfway points to the even one.
void halves(const char *type, unsigned mantissa, int bias) {
  std::string up = std::string("cvt.f32.") + type + " %r4, %rs1;";
  std::string down = std::string("cvt.rn.") + type + ".f32 %rs4, %r1;";
  std::string cut = std::string("cvt.rz.") + type + ".f32 %rs4, %r1;";
  for (uint32_t first = 0; first < 0x10000; first += 32 * 37) {
    Inputs inputs, middles;
    for (unsigned l = 0; l < 32; ++l) {
      inputs.a[l] = std::min(first + l * 37, 0xFFFFu);
      double low = halfValue(static_cast<uint32_t>(inputs.a[l]), mantissa, bias);
      double high = halfValue(static_cast<uint32_t>(inputs.a[l] + 1), mantissa, bias);
      middles.a[l] = bitsOf(static_cast<float>((low + high) / 2));
    }
    Lanes64 wide = evaluate(up, inputs, 32), even = evaluate(down, middles, 16),
            zero = evaluate(cut, middles, 16);
    for (unsigned l = 0; l < 32; ++l) {
      uint32_t bits = static_cast<uint32_t>(inputs.a[l]);
      if ((bits & 0x7FFF) >= ((0x7FFFu >> mantissa) << mantissa) - 1)
        continue; // infinities, NaN and the largest number
      EXPECT_EQ(std::bit_cast<float>(static_cast<uint32_t>(wide[l])),
                static_cast<float>(halfValue(bits, mantissa, bias)));
      EXPECT_EQ(even[l], bits + (bits & 1)) << type << " " << bits;
      EXPECT_EQ(zero[l], bits) << type << " " << bits;
    }
  }
}

TEST(Convert, halfsExhaustively) { halves("f16", 10, 15); }
TEST(Convert, bfloats) { halves("bf16", 7, 127); }

TEST(Convert, overflow) {
  EXPECT_EQ(one("cvt.rn.f16.f32 %rs4, %r1;", bitsOf(65520.0f), 0, 0, 16), 0x7C00u);
  EXPECT_EQ(one("cvt.rn.f16.f32 %rs4, %r1;", bitsOf(65519.0f), 0, 0, 16), 0x7BFFu);
  EXPECT_EQ(one("cvt.rn.f16.f32 %rs4, %r1;", bitsOf(nan), 0, 0, 16), 0x7FFFu);
  EXPECT_EQ(one("cvt.rn.f16.f64 %rs4, %rd1;", bitsOf(1.0 + 0x1p-11 + 0x1p-40), 0, 0, 16), 0x3C01u);
}

TEST(Convert, pairsAndTf32) {
  EXPECT_EQ(one("cvt.rn.bf16x2.f32 %r4, %r1, %r2;", bitsOf(1.0f), bitsOf(2.0f)), 0x3F804000u);
  EXPECT_EQ(one("cvt.rn.f16x2.f32 %r4, %r1, %r2;", bitsOf(1.0f), bitsOf(-2.0f)), 0x3C00C000u);
  EXPECT_EQ(one("cvt.rn.relu.f16x2.f32 %r4, %r1, %r2;", bitsOf(-1.0f), bitsOf(2.0f)), 0x00004000u);
  EXPECT_EQ(one("cvt.rna.tf32.f32 %r4, %r1;", 0x3F801000), 0x3F802000u);
  EXPECT_EQ(one("cvt.rna.tf32.f32 %r4, %r1;", 0x3F800FFF), 0x3F800000u);
}

TEST(Convert, floatToInteger) {
  EXPECT_EQ(one("cvt.rzi.s32.f32 %r4, %r1;", bitsOf(-1.9f)), uint32_t(-1));
  EXPECT_EQ(one("cvt.rni.s32.f32 %r4, %r1;", bitsOf(2.5f)), 2u);
  EXPECT_EQ(one("cvt.rmi.s32.f32 %r4, %r1;", bitsOf(-2.1f)), uint32_t(-3));
  EXPECT_EQ(one("cvt.rpi.s32.f32 %r4, %r1;", bitsOf(-2.9f)), uint32_t(-2));
  EXPECT_EQ(one("cvt.rzi.s32.f32 %r4, %r1;", bitsOf(3e9f)), 0x7FFFFFFFu);
  EXPECT_EQ(one("cvt.rzi.u32.f32 %r4, %r1;", bitsOf(-5.0f)), 0u);
  EXPECT_EQ(one("cvt.rzi.s32.f32 %r4, %r1;", bitsOf(nan)), 0u);
  EXPECT_EQ(one("cvt.rzi.u64.f64 %rd4, %rd1;", bitsOf(1e19), 0, 0, 64), 10000000000000000000u);
  EXPECT_EQ(one("cvt.rni.f32.f32 %r4, %r1;", bitsOf(3.5f)), bitsOf(4.0f));
}

TEST(Convert, integerToFloat) {
  EXPECT_EQ(one("cvt.rn.f32.s32 %r4, %r1;", 16777217), bitsOf(16777216.0f));
  EXPECT_EQ(one("cvt.rp.f32.s32 %r4, %r1;", 16777217), bitsOf(16777218.0f));
  EXPECT_EQ(one("cvt.rz.f32.s32 %r4, %r1;", uint32_t(-16777217)), bitsOf(-16777216.0f));
  EXPECT_EQ(one("cvt.rn.f32.u64 %r4, %rd1;", 0x8000008000000001), bitsOf(0x1.000002p63f));
  EXPECT_EQ(one("cvt.rn.f64.s64 %rd4, %rd1;", uint64_t(-3), 0, 0, 64), bitsOf(-3.0));
}

TEST(Convert, integers) {
  EXPECT_EQ(one("cvt.s32.s8 %r4, %r1;", 0x80), 0xFFFFFF80u);
  EXPECT_EQ(one("cvt.u32.u8 %r4, %r1;", 0x1FF), 0xFFu);
  EXPECT_EQ(one("cvt.s64.s32 %rd4, %r1;", 0x80000000, 0, 0, 64), 0xFFFFFFFF80000000u);
  EXPECT_EQ(one("cvt.sat.u8.s32 %r4, %r1;", 300), 255u);
  EXPECT_EQ(one("cvt.sat.s8.s32 %r4, %r1;", uint32_t(-300)), 0xFFFFFF80u);
  EXPECT_EQ(one("cvt.s16.s8 %rs4, %r1;", 0x80, 0, 0, 16), 0xFF80u);
}

TEST(Half, arithmetic) {
  // 1 + 2^-11 is halfway: to even, down; with a little more, up.
  EXPECT_EQ(one("add.f16 %rs4, %rs1, %rs2;", 0x3C00, 0x1000, 0, 16), 0x3C00u);
  EXPECT_EQ(one("add.f16 %rs4, %rs1, %rs2;", 0x3C01, 0x1000, 0, 16), 0x3C02u);
  EXPECT_EQ(one("fma.rn.f16 %rs4, %rs1, %rs2, %rs3;", 0x3C01, 0x3C01, 0xBC02, 16), 0x0010u);
  EXPECT_EQ(one("fma.rn.bf16x2 %r4, %r1, %r2, %r3;", 0x3F804000, 0x40003F80, 0x3F800000),
            0x40404000u);
  EXPECT_EQ(one("mul.f16x2 %r4, %r1, %r2;", 0x40003C00, 0x40004200), 0x44004200u);
  EXPECT_EQ(one("max.NaN.f16 %rs4, %rs1, %rs2;", 0x7E00, 0x3C00, 0, 16), 0x7FFFu);
  EXPECT_EQ(one("min.bf16 %rs4, %rs1, %rs2;", 0x7FC0, 0x3F80, 0, 16), 0x3F80u);
  EXPECT_EQ(one("neg.bf16x2 %r4, %r1;", 0x3F80BF80), 0xBF803F80u);
  EXPECT_EQ(one("setp.lt.f16 %p4, %rs1, %rs2;", 0xBC00, 0x3C00, 0, 1), 1u);
}

} // namespace
} // namespace ptxsim::test
