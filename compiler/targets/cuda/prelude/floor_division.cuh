// SPDX-License-Identifier: Apache-2.0
// Division that rounds towards minus infinity, and its remainder; divisors of 0 count as 1.
__device__ long long floor_quotient(long long x, long long y) {
  long long divisor = y == 0 ? 1 : y, quotient = x / divisor, rest = x % divisor;
  return rest != 0 && (rest < 0) != (divisor < 0) ? quotient - 1 : quotient;
}
__device__ long long floor_remainder(long long x, long long y) {
  long long divisor = y == 0 ? 1 : y, rest = x % divisor;
  return rest != 0 && (rest < 0) != (divisor < 0) ? rest + divisor : rest;
}
