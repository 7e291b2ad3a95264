// SPDX-License-Identifier: Apache-2.0
// IEEE binary16 and bfloat16 as bits, with one rounding to nearest even. Depends on the standard
// library alone.
#ifndef DSC_COMPILER_REFERENCE_SMALLFLOAT_H
#define DSC_COMPILER_REFERENCE_SMALLFLOAT_H

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace dsc {

/// A 16-bit float format with infinities and NaN: one sign bit, exponent, mantissa.
template <int exponentBits, int mantissaBits> struct SmallFloat {
  static_assert(exponentBits + mantissaBits == 15);
  static constexpr int bias = (1 << (exponentBits - 1)) - 1;
  static constexpr int maxExponent = (1 << exponentBits) - 1;

  /// Rounds to nearest even; overflow gives infinity, small values become subnormal or zero.
  static uint16_t encode(double value) {
    uint64_t bits = std::bit_cast<uint64_t>(value);
    uint64_t fraction = bits & ((uint64_t(1) << 52) - 1);
    int exponent = int(bits >> 52 & 0x7ff);
    uint16_t sign = uint16_t(bits >> 63 << 15);
    constexpr uint16_t infinity = maxExponent << mantissaBits;
    if (exponent == 0x7ff)
      return sign | infinity | (fraction ? 1 << (mantissaBits - 1) : 0);
    if (exponent == 0)
      return sign; // doubles below the normal range are zero in either format
    int shift = 52 - mantissaBits, target = exponent - 1023 + bias;
    if (target <= 0) {
      shift += 1 - target;
      target = 1; // the weight of a subnormal's bits; the hidden bit is absent
      if (shift >= 54)
        return sign;
    }
    uint64_t full = fraction | uint64_t(1) << 52;
    uint64_t quotient = full >> shift, rest = full & ((uint64_t(1) << shift) - 1),
             half = uint64_t(1) << (shift - 1);
    if (rest > half || (rest == half && (quotient & 1)))
      ++quotient;
    // A carry out of the mantissa moves on into the exponent, as it should.
    uint64_t result = (uint64_t(target - 1) << mantissaBits) + quotient;
    return sign | (result >= infinity ? infinity : uint16_t(result));
  }

  /// Exact.
  static float decode(uint16_t bits) {
    int exponent = bits >> mantissaBits & maxExponent;
    int fraction = bits & ((1 << mantissaBits) - 1);
    float magnitude;
    if (exponent == maxExponent)
      magnitude = fraction ? std::numeric_limits<float>::quiet_NaN()
                           : std::numeric_limits<float>::infinity();
    else if (exponent == 0)
      magnitude = std::ldexp(float(fraction), 1 - bias - mantissaBits);
    else
      magnitude = std::ldexp(float(fraction | 1 << mantissaBits), exponent - bias - mantissaBits);
    return bits >> 15 ? -magnitude : magnitude;
  }
};

using Float16 = SmallFloat<5, 10>;
using BFloat16 = SmallFloat<8, 7>;

/// An integer as a double for a further rounding: inexact values get an odd last bit ("round to
/// odd"), so that rounding the result to a narrower format equals rounding the integer itself.
template <typename T> double toDoubleOdd(T value) {
  double rounded = double(value);
  if constexpr (sizeof(T) == 8) {
    using Wide = __int128;
    Wide difference = Wide(value) - Wide(rounded);
    if (difference != 0 && !(std::bit_cast<uint64_t>(rounded) & 1))
      rounded = std::nextafter(rounded, difference > 0 ? INFINITY : -INFINITY);
  }
  return rounded;
}

} // namespace dsc

#endif
