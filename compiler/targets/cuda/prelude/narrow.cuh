// SPDX-License-Identifier: Apache-2.0
// Floats of 8 and 4 bits, given by the widths of their parts, the exponent's bias, the code of the
// largest finite value, what larger ones round to, what NaN becomes (0: there is none), and whether
// there is a -0.
__device__ float from_exponent(unsigned char code) {
  return code == 255 ? __int_as_float(0x7fc00000)
                     : __int_as_float(code == 0 ? 0x00400000 : code << 23);
}
template <int E, int M, int bias, unsigned largest, unsigned overflow, unsigned nan,
          bool signedZero>
__device__ float from_narrow(unsigned char code) {
  const unsigned sign = 1u << (E + M), magnitude = code & (sign - 1);
  const unsigned signBit = (code & sign) << (31 - E - M);
  // The bits at float's places count 2^(bias - 127) too little; the product sets subnormals right,
  // too.
  float value =
      __uint_as_float(magnitude << (23 - M)) * __uint_as_float((unsigned)(254 - bias) << 23);
  value = __uint_as_float(__float_as_uint(value) | signBit);
  if (overflow > largest && overflow < sign && overflow != nan && magnitude == overflow)
    return __uint_as_float(0x7f800000u | signBit);
  const unsigned firstNaN = overflow == nan ? nan : overflow + 1;
  const bool isNaN =
      (nan & sign) ? (code & (2 * sign - 1)) == nan : nan != 0 && magnitude >= firstNaN;
  return isNaN ? __int_as_float(0x7fc00000) : value;
}
template <int E, int M, int bias, unsigned largest, unsigned overflow, unsigned nan,
          bool signedZero>
__device__ unsigned char to_narrow(float x) {
  const unsigned signBit = 1u << (E + M), dropped = 23 - M;
  const unsigned all = __float_as_uint(x), magnitude = all & 0x7fffffffu,
                 sign = (all >> (31 - E - M)) & signBit;
  // Half of the last place less one, plus the bit that makes ties even, then the upper bits.
  const unsigned rounded = magnitude + ((1u << (dropped - 1)) - 1) + ((magnitude >> dropped) & 1);
  unsigned code = (rounded >> dropped) - ((unsigned)(127 - bias) << M);
  // Subnormal results: added to a number whose last place is the smallest of them, float rounds
  // them itself.
  if (magnitude < (unsigned)(128 - bias) << 23) {
    const float anchor = __uint_as_float((unsigned)(127 + 24 - bias - M) << 23);
    code = __float_as_uint(__fadd_rn(__uint_as_float(magnitude), anchor)) - __float_as_uint(anchor);
  } else if (code > largest) {
    code = overflow;
  }
  if (x != x)
    code = nan;
  unsigned result = code | sign;
  if (!signedZero && code == 0)
    result = 0;
  if (nan == 0 && x != x)
    result = 0;
  return (unsigned char)result;
}
