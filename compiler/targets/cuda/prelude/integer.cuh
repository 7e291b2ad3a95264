// SPDX-License-Identifier: Apache-2.0
// Integer functions without undefined cases: division by 0 gives 0, by -1 wraps, shifts by the
// width or more give 0.
template <class T> __device__ T negated(T x) { return (T)(0ull - (unsigned long long)x); }
template <class T> __device__ T quotient(T x, T y) {
  return y == 0 ? (T)0 : y == (T)-1 && (T)-1 < 0 ? negated(x) : (T)(x / y);
}
template <class T> __device__ T remainder(T x, T y) {
  return y == 0 || (y == (T)-1 && (T)-1 < 0) ? (T)0 : (T)(x % y);
}
template <class T> __device__ T modulo(T x, T y) {
  T r = remainder<T>(x, y);
  return r != 0 && (r < 0) != (y < 0) ? (T)(r + y) : r;
}
template <class T> __device__ T power(T x, T y) {
  if (y < 0)
    return x == 1 ? (T)1 : x == (T)-1 ? (y & 1 ? (T)-1 : (T)1) : (T)0;
  unsigned long long result = 1, base = (unsigned long long)x;
  for (unsigned long long rest = (unsigned long long)y; rest; rest >>= 1, base *= base)
    if (rest & 1)
      result *= base;
  return (T)result;
}
template <class T> __device__ unsigned long long bits_of(T x) {
  return sizeof(T) == 8 ? (unsigned long long)x
                        : (unsigned long long)x & ((1ull << (8 * sizeof(T) % 64)) - 1);
}
template <class T> __device__ T shift_left(T x, T y) {
  return bits_of(y) < 8 * sizeof(T) ? (T)(bits_of(x) << bits_of(y)) : (T)0;
}
template <class T> __device__ T shift_right(T x, T y) {
  return bits_of(y) < 8 * sizeof(T) ? (T)(bits_of(x) >> bits_of(y)) : (T)0;
}
