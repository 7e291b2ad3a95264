// SPDX-License-Identifier: Apache-2.0
// 16-bit floats: conversions by IEEE rounding, exact to float.
#pragma once

#include <bit>
#include <cstdint>

#include <immintrin.h>

namespace ptxsim {

struct Half {
  uint16_t bits;
};
struct Bfloat {
  uint16_t bits;
};

inline float toFloat(Half h) { return _cvtsh_ss(h.bits); }
inline float toFloat(Bfloat h) { return std::bit_cast<float>(uint32_t(h.bits) << 16); }

/// To nearest, ties to even; the canonical NaN of CUDA.
template <class H> inline H fromFloat(float value);

template <> inline Half fromFloat<Half>(float value) {
  if (value != value)
    return {0x7FFF};
  return {static_cast<uint16_t>(_cvtss_sh(value, _MM_FROUND_TO_NEAREST_INT))};
}

template <> inline Bfloat fromFloat<Bfloat>(float value) {
  if (value != value)
    return {0x7FFF};
  uint32_t bits = std::bit_cast<uint32_t>(value);
  return {static_cast<uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16)};
}

/// Towards zero.
template <class H> inline H fromFloatToZero(float value);

template <> inline Half fromFloatToZero<Half>(float value) {
  if (value != value)
    return {0x7FFF};
  return {static_cast<uint16_t>(_cvtss_sh(value, _MM_FROUND_TO_ZERO))};
}

template <> inline Bfloat fromFloatToZero<Bfloat>(float value) {
  if (value != value)
    return {0x7FFF};
  return {static_cast<uint16_t>(std::bit_cast<uint32_t>(value) >> 16)};
}

/// From double with one rounding: odd rounding to float keeps what the second one needs.
template <class H> inline H fromDouble(double value) {
  float f = static_cast<float>(value);
  if (double(f) != value && f == f) {
    uint32_t bits = std::bit_cast<uint32_t>(f);
    bool tooFar = (double(f) > value) == (value > 0) && double(f) != value;
    if (value == 0 || f == 0)
      return fromFloat<H>(f);
    if (tooFar && !(bits & 1))
      --bits;
    else if (!tooFar)
      bits |= 1;
    f = std::bit_cast<float>(bits);
  }
  return fromFloat<H>(f);
}

} // namespace ptxsim
