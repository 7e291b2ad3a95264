// SPDX-License-Identifier: Apache-2.0
#include "compiler/reference/SmallFloat.h"
#include "llvm/ADT/APFloat.h"
#include <gtest/gtest.h>
#include <random>

using namespace dsc;
using llvm::APFloat;

namespace {

/// LLVM's arbitrary-precision floats as the independent opinion.
uint16_t roundedByAPFloat(double value, const llvm::fltSemantics &semantics) {
  APFloat number(value);
  bool lossy;
  number.convert(semantics, APFloat::rmNearestTiesToEven, &lossy);
  return uint16_t(number.bitcastToAPInt().getZExtValue());
}

template <typename Format> void compare(const llvm::fltSemantics &semantics) {
  for (unsigned bits = 0; bits < 65536; ++bits) {
    APFloat exact(semantics, llvm::APInt(16, bits));
    float decoded = Format::decode(uint16_t(bits));
    if (exact.isNaN()) {
      EXPECT_TRUE(std::isnan(decoded));
      EXPECT_TRUE(std::isnan(Format::decode(Format::encode(decoded))));
      continue;
    }
    EXPECT_EQ(double(decoded), exact.convertToDouble()) << bits;
    EXPECT_EQ(Format::encode(decoded), bits);
    if (exact.isInfinity())
      continue;
    // Just below, at and just above the midpoint to the next value.
    APFloat next = exact;
    next.next(false);
    double middle = next.isInfinity() ? double(decoded) * (1 + 1e-3)
                                      : (exact.convertToDouble() + next.convertToDouble()) / 2;
    for (double value :
         {std::nextafter(middle, -INFINITY), middle, std::nextafter(middle, INFINITY)})
      EXPECT_EQ(Format::encode(value), roundedByAPFloat(value, semantics)) << value;
  }
  std::mt19937_64 random(1);
  for (int i = 0; i < 20000; ++i) {
    double value = std::bit_cast<double>(random());
    if (!std::isnan(value))
      EXPECT_EQ(Format::encode(value), roundedByAPFloat(value, semantics)) << value;
  }
}

TEST(SmallFloat, Float16) { compare<Float16>(APFloat::IEEEhalf()); }
TEST(SmallFloat, BFloat16) { compare<BFloat16>(APFloat::BFloat()); }

TEST(SmallFloat, IntegersAreRoundedOnce) {
  // 2^60 + 2^52 is a tie of bf16 between 2^60 and 2^60 + 2^53; one more decides it, but a double
  // does not hold the one.
  int64_t above = (int64_t(1) << 60) + (int64_t(1) << 52) + 1;
  EXPECT_EQ(double(above), double(above - 1));
  EXPECT_EQ(BFloat16::decode(BFloat16::encode(toDoubleOdd(above))),
            std::ldexp(1.f + 1.f / 128, 60));
  EXPECT_EQ(BFloat16::decode(BFloat16::encode(toDoubleOdd(above - 1))), std::ldexp(1.f, 60));
  EXPECT_EQ(toDoubleOdd(int64_t(-5)), -5.0);
  EXPECT_EQ(toDoubleOdd(UINT64_MAX), std::nextafter(std::ldexp(1.0, 64), 0));
}

} // namespace
