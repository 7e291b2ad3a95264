// SPDX-License-Identifier: Apache-2.0
// Remainder with the sign of the divisor.
template <class T> __device__ T float_modulo(T x, T y) {
  T r = sizeof(T) == 8 ? (T)fmod((double)x, (double)y) : (T)fmodf((float)x, (float)y);
  if (r == 0)
    return copysign((T)0, y);
  return (r < 0) != (y < 0) ? r + y : r;
}
