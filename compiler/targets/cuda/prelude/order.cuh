// SPDX-License-Identifier: Apache-2.0
// Numbers without signs in the order of the values: -0 is 0, and NaN, whatever its bits, the
// largest.
__device__ unsigned orderOf(float x) {
  unsigned bits = x == x ? __float_as_uint(x + 0.0f) : 0x7fffffffu;
  return bits ^ ((unsigned)((int)bits >> 31) | 0x80000000u);
}
__device__ unsigned long long orderOf(double x) {
  unsigned long long bits =
      x == x ? (unsigned long long)__double_as_longlong(x + 0.0) : 0x7fffffffffffffffull;
  return bits ^ ((unsigned long long)((long long)bits >> 63) | 0x8000000000000000ull);
}
__device__ unsigned orderOf(int x) { return (unsigned)x ^ 0x80000000u; }
__device__ unsigned orderOf(unsigned x) { return x; }
__device__ unsigned long long orderOf(long long x) {
  return (unsigned long long)x ^ 0x8000000000000000ull;
}
__device__ unsigned long long orderOf(unsigned long long x) { return x; }
