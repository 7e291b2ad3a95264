// SPDX-License-Identifier: Apache-2.0
// Stable counting sort of n expert numbers (0 .. 63) by one block of 256 threads: order[] holds the
// tokens by expert, begin[] (65) where each expert's tokens start.
constexpr unsigned experts = 64, warps = 8;

extern "C" __global__ void __launch_bounds__(256)
    token_sort(int *order, int *begin, const int *expertOf, unsigned n) {
  __shared__ unsigned counts[warps][experts];
  __shared__ unsigned starts[experts + 1];
  unsigned warp = threadIdx.x / 32, lane = threadIdx.x % 32;
#pragma unroll
  for (unsigned i = 0; i < warps * experts; i += 256)
    counts[0][i + threadIdx.x] = 0;
  __syncthreads();
  // Each warp owns a stretch of tokens, so that the order within an expert is that of the tokens.
  unsigned stretch = (n + warps - 1) / warps;
  unsigned first = warp * stretch, last = first + stretch < n ? first + stretch : n;
#pragma unroll 1
  for (unsigned i = first + lane; i < last; i += 32)
    atomicAdd(&counts[warp][expertOf[i]], 1u);
  __syncthreads();
  if (threadIdx.x < experts) {
    unsigned total = 0;
    for (unsigned w = 0; w < warps; ++w) {
      unsigned here = counts[w][threadIdx.x];
      counts[w][threadIdx.x] = total;
      total += here;
    }
    starts[threadIdx.x + 1] = total;
  }
  __syncthreads();
  if (warp == 0) {
    unsigned low = starts[lane + 1], high = starts[lane + 33];
#pragma unroll
    for (unsigned step = 1; step < 32; step *= 2) {
      unsigned a = __shfl_up_sync(~0u, low, step), b = __shfl_up_sync(~0u, high, step);
      if (lane >= step)
        low += a, high += b;
    }
    high += __shfl_sync(~0u, low, 31);
    starts[lane + 1] = low;
    starts[lane + 33] = high;
    if (lane == 0)
      starts[0] = 0;
  }
  __syncthreads();
  if (threadIdx.x <= experts)
    begin[threadIdx.x] = starts[threadIdx.x];
#pragma unroll 1
  for (unsigned base = first; base < last; base += 32) {
    unsigned i = base + lane;
    bool active = i < last;
    unsigned expert = active ? expertOf[i] : experts;
    unsigned same = __match_any_sync(~0u, expert);
    unsigned rank = __popc(same & ((1u << lane) - 1));
    unsigned offset = active ? counts[warp][expert] : 0;
    __syncwarp();
    if (active) {
      order[starts[expert] + offset + rank] = i;
      if (rank == 0)
        counts[warp][expert] = offset + __popc(same);
    }
    __syncwarp();
  }
}
