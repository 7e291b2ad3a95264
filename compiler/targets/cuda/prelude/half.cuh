// SPDX-License-Identifier: Apache-2.0
// 16-bit floats. In registers they are floats; rounding is to nearest, ties to even.
__device__ float from_bf16(unsigned short bits) { return __uint_as_float((unsigned)bits << 16); }
__device__ float from_f16(unsigned short bits) {
  float x;
  asm("cvt.f32.f16 %0, %1;" : "=f"(x) : "h"(bits));
  return x;
}
__device__ unsigned short to_bf16(float x) {
  unsigned short bits;
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(bits) : "f"(x));
  return bits;
}
__device__ unsigned short to_f16(float x) {
  unsigned short bits;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(x));
  return bits;
}
__device__ float round_bf16(float x) { return from_bf16(to_bf16(x)); }
__device__ float round_f16(float x) { return from_f16(to_f16(x)); }
// To float such that rounding once more to 16 bits or less gives what rounding x gives: the last
// bit is set where bits were lost.
__device__ float round_to_odd(double x) {
  float near = (float)x;
  int bits = __float_as_int(near);
  if (fabs((double)near) > fabs(x))
    bits -= 1;
  return __int_as_float((double)near != x && x == x ? bits | 1 : bits);
}
