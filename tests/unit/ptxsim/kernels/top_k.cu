// SPDX-License-Identifier: Apache-2.0
// The k largest of 64 router scores of each token and their softmax weights, descending, the lowest
// number first among equals: a warp a token, one pass over the scores, which stay in registers.

/// Orders like (score descending, number ascending) as unsigned numbers do.
__device__ __forceinline__ unsigned long long keyOf(float score, unsigned number) {
  int bits = __float_as_int(score);
  return (unsigned long long)(unsigned)(bits ^ (bits >> 31 | 0x80000000)) << 32 | (63 - number);
}
__device__ __forceinline__ float scoreOf(unsigned long long key) {
  int bits = key >> 32;
  return __int_as_float(bits ^ (~bits >> 31 | 0x80000000));
}

extern "C" __global__ void __launch_bounds__(128)
    top_k(int *chosen, float *weights, const float *scores, unsigned tokens, unsigned k) {
  unsigned token = blockIdx.x * 4 + threadIdx.x / 32, lane = threadIdx.x % 32;
  if (token >= tokens)
    return;
  unsigned long long a = keyOf(scores[token * 64 + lane], lane);
  unsigned long long b = keyOf(scores[token * 64 + 32 + lane], lane + 32);
  unsigned long long mine = 0, first = 0;
  float sum = 0;
#pragma unroll 1
  for (unsigned i = 0; i < k; ++i) {
    unsigned long long best = a > b ? a : b;
#pragma unroll
    for (unsigned step = 16; step; step /= 2) {
      unsigned long long other = __shfl_xor_sync(~0u, best, step);
      best = best > other ? best : other;
    }
    if (i == 0)
      first = best;
    if (lane == i)
      mine = best;
    sum += __expf(scoreOf(best) - scoreOf(first));
    a = a == best ? 0 : a;
    b = b == best ? 0 : b;
  }
  if (lane < k) {
    chosen[token * k + lane] = 63 - (mine & 63);
    weights[token * k + lane] = __expf(scoreOf(mine) - scoreOf(first)) / sum;
  }
}
