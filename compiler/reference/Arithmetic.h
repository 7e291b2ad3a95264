// SPDX-License-Identifier: Apache-2.0
// Scalar arithmetic of the prim dialect over native types; shared by elementwise operations,
// reductions and scatters.
#ifndef DSC_COMPILER_REFERENCE_ARITHMETIC_H
#define DSC_COMPILER_REFERENCE_ARITHMETIC_H

#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace dsc::reference {

/// Unsigned counterpart, in which arithmetic wraps. Wide enough that C's promotion to int cannot
/// overflow.
template <typename T> struct Wrapping {
  using type = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;
};

/// Back from wrapped arithmetic; for bool, modulo 2.
template <typename T> T wrap(typename Wrapping<T>::type value) {
  if constexpr (std::is_same_v<T, bool>)
    return value & 1;
  else
    return static_cast<T>(value);
}

template <typename T> using WrappingType = typename Wrapping<T>::type;

template <typename T> T add(T a, T b) {
  if constexpr (std::is_floating_point_v<T>)
    return a + b;
  else
    return wrap<T>(WrappingType<T>(a) + WrappingType<T>(b));
}

template <typename T> T subtract(T a, T b) {
  if constexpr (std::is_floating_point_v<T>)
    return a - b;
  else
    return wrap<T>(WrappingType<T>(a) - WrappingType<T>(b));
}

template <typename T> T multiply(T a, T b) {
  if constexpr (std::is_floating_point_v<T>)
    return a * b;
  else
    return wrap<T>(WrappingType<T>(a) * WrappingType<T>(b));
}

template <typename T> bool isNaN(T a) {
  if constexpr (std::is_floating_point_v<T>)
    return std::isnan(a);
  else
    return false;
}

/// NaN when an operand is NaN.
template <typename T> T minimum(T a, T b) { return isNaN(a) ? a : isNaN(b) ? b : (b < a ? b : a); }
template <typename T> T maximum(T a, T b) { return isNaN(a) ? a : isNaN(b) ? b : (a < b ? b : a); }

/// Truncates; an integer divided by zero is 0.
template <typename T> T divide(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    return a / b;
  } else {
    if (b == T(0))
      return 0;
    if constexpr (std::is_signed_v<T>)
      if (b == T(-1))
        return subtract<T>(0, a); // the smallest value wraps onto itself
    return static_cast<T>(a / b);
  }
}

/// Sign of the dividend.
template <typename T> T remainder(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    return std::fmod(a, b);
  } else {
    if (b == T(0))
      return 0;
    if constexpr (std::is_signed_v<T>)
      if (b == T(-1))
        return 0;
    return static_cast<T>(a % b);
  }
}

/// Sign of the divisor.
template <typename T> T modulo(T a, T b) {
  T r = remainder(a, b);
  if constexpr (std::is_floating_point_v<T>) {
    if (r == 0)
      return std::copysign(T(0), b);
    return (r < 0) != (b < 0) ? r + b : r;
  } else if constexpr (std::is_signed_v<T>) {
    return r != 0 && (r < 0) != (b < 0) ? static_cast<T>(r + b) : r;
  } else {
    return r;
  }
}

/// Floats are computed in f64 and rounded once. Integer powers wrap; a negative exponent truncates
/// the fraction towards zero.
template <typename T> T power(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(std::pow(double(a), double(b)));
  } else {
    if constexpr (std::is_signed_v<T>)
      if (b < 0)
        return a == 1 ? T(1) : a == T(-1) ? static_cast<T>(b & 1 ? -1 : 1) : T(0);
    T result = 1, base = a;
    for (uint64_t n = static_cast<uint64_t>(b); n; n >>= 1) {
      if (n & 1)
        result = multiply(result, base);
      base = multiply(base, base);
    }
    return result;
  }
}

template <typename T> T shiftLeft(T a, T b) {
  using U = std::make_unsigned_t<T>;
  return U(b) < sizeof(T) * 8 ? static_cast<T>(uint64_t(U(a)) << U(b)) : T(0);
}
/// Logical: zeros come in, also for signed types.
template <typename T> T shiftRight(T a, T b) {
  using U = std::make_unsigned_t<T>;
  return U(b) < sizeof(T) * 8 ? static_cast<T>(uint64_t(U(a)) >> U(b)) : T(0);
}

/// Values that min and max of nothing give.
template <typename T> T lowest() {
  return std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity()
                                              : std::numeric_limits<T>::lowest();
}
template <typename T> T highest() {
  return std::numeric_limits<T>::has_infinity ? std::numeric_limits<T>::infinity()
                                              : std::numeric_limits<T>::max();
}

} // namespace dsc::reference

#endif
