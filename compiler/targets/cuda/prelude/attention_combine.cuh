// SPDX-License-Identifier: Apache-2.0
// needs: attention
// Splits of attention added in their order. A block has one row of VALUES features.
//   top(split), total(split), sum(split, e); write(e, value).
template <class T, unsigned THREADS, unsigned VALUES, class Top, class Total, class Sums,
          class Write>
__device__ __forceinline__ void combineAttention(unsigned splits, Top top, Total total, Sums sum,
                                                 Write write) {
  typedef typename T::Sum Sum;
  constexpr unsigned each = (VALUES + THREADS - 1) / THREADS;
  __shared__ Sum factors[THREADS], warpTops[THREADS / 32];
  const Sum none = MinusInfinity<T>::value();
  const Sum own = threadIdx.x < splits ? top(threadIdx.x) : none;
  Sum most = own;
#pragma unroll 1
  for (unsigned split = threadIdx.x + THREADS; split < splits; split += THREADS) {
    Sum here = top(split);
    most = here > most ? here : most;
  }
#pragma unroll
  for (unsigned distance = 16; distance; distance /= 2) {
    Sum other = __shfl_xor_sync(~0u, most, distance);
    most = other > most ? other : most;
  }
  if (threadIdx.x % 32 == 0)
    warpTops[threadIdx.x / 32] = most;
  __syncthreads();
#pragma unroll
  for (unsigned warp = 0; warp < THREADS / 32; ++warp)
    most = warpTops[warp] > most ? warpTops[warp] : most;
  Sum reference = most == none ? Sum(0) : most;
  Sum values[each] = {}, all = 0;
  __shared__ Sum totals[THREADS];
#pragma unroll 1
  for (unsigned first = 0; first < splits; first += THREADS) {
    unsigned here = min(splits - first, THREADS);
    if (first)
      __syncthreads();
    if (threadIdx.x < here) {
      factors[threadIdx.x] = exponential((first ? top(first + threadIdx.x) : own) - reference);
      totals[threadIdx.x] = total(first + threadIdx.x);
    }
    __syncthreads();
#pragma unroll 4
    for (unsigned i = 0; i < here; ++i) {
      all += totals[i] * factors[i];
#pragma unroll
      for (unsigned j = 0; j < each; ++j)
        if (threadIdx.x + j * THREADS < VALUES)
          values[j] += sum(first + i, unsigned(threadIdx.x) + j * THREADS) * factors[i];
    }
  }
  Sum scale = Sum(1) / (all == 0 ? Sum(1) : all);
#pragma unroll
  for (unsigned j = 0; j < each; ++j)
    if (threadIdx.x + j * THREADS < VALUES)
      write(unsigned(threadIdx.x) + j * THREADS, values[j] * scale);
}
