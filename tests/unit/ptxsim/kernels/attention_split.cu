// SPDX-License-Identifier: Apache-2.0
// Attention of one query a head over T cached rows of 64 values, split over blocks: streaming
// softmax in each, the block that comes last joins the parts in their order.
// grid (heads, splits), 128 threads. partial: [heads, splits, 66] (64 sums, maximum, denominator);
// tickets: [heads], zero before and after.
typedef unsigned int u32;

constexpr u32 width = 64, warps = 4;

__device__ __forceinline__ float exp2Approximate(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

extern "C" __global__ void __launch_bounds__(128)
    attention_split(float *out, const float *q, const float *keys, const float *values,
                    float *partial, u32 *tickets, u32 T, float scale) {
  __shared__ float sums[warps][width];
  __shared__ float maxima[warps], denominators[warps];
  __shared__ u32 ticket;
  u32 head = blockIdx.x, split = blockIdx.y, splits = gridDim.y;
  u32 warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  u32 perSplit = (T + splits - 1) / splits;
  u32 begin = split * perSplit, end = begin + perSplit < T ? begin + perSplit : T;

  float2 query = reinterpret_cast<const float2 *>(q + head * width)[lane];
  query.x *= scale, query.y *= scale;
  float most = -1e30f, denominator = 0, x = 0, y = 0;
#pragma unroll 1
  for (u32 t = begin + warp; t < end; t += warps) {
    float2 key = reinterpret_cast<const float2 *>(keys + (head * (size_t)T + t) * width)[lane];
    float score = query.x * key.x + query.y * key.y;
#pragma unroll
    for (u32 step = 16; step; step /= 2)
      score += __shfl_xor_sync(~0u, score, step);
    float now = most > score ? most : score;
    float shrink = exp2Approximate(most - now), weight = exp2Approximate(score - now);
    float2 value = reinterpret_cast<const float2 *>(values + (head * (size_t)T + t) * width)[lane];
    x = x * shrink + weight * value.x;
    y = y * shrink + weight * value.y;
    denominator = denominator * shrink + weight;
    most = now;
  }
  sums[warp][2 * lane] = x;
  sums[warp][2 * lane + 1] = y;
  if (lane == 0) {
    maxima[warp] = most;
    denominators[warp] = denominator;
  }
  __syncthreads();
  float *mine = partial + (head * (size_t)splits + split) * (width + 2);
  if (threadIdx.x < width) {
    float all = maxima[0];
    for (u32 w = 1; w < warps; ++w)
      all = all > maxima[w] ? all : maxima[w];
    float sum = 0, total = 0;
    for (u32 w = 0; w < warps; ++w) {
      float shrink = exp2Approximate(maxima[w] - all);
      sum += sums[w][threadIdx.x] * shrink;
      total += denominators[w] * shrink;
    }
    mine[threadIdx.x] = sum;
    if (threadIdx.x == 0) {
      mine[width] = all;
      mine[width + 1] = total;
    }
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    __threadfence();
    ticket = atomicAdd(&tickets[head], 1u);
    __threadfence();
  }
  __syncthreads();
  if (ticket != splits - 1 || threadIdx.x >= width)
    return;
  const float *parts = partial + head * (size_t)splits * (width + 2);
  float all = parts[width];
#pragma unroll 1
  for (u32 s = 1; s < splits; ++s) {
    float other = parts[s * (width + 2) + width];
    all = all > other ? all : other;
  }
  float sum = 0, total = 0;
#pragma unroll 1
  for (u32 s = 0; s < splits; ++s) {
    const float *part = parts + s * (width + 2);
    float shrink = exp2Approximate(part[width] - all);
    sum += part[threadIdx.x] * shrink;
    total += part[width + 1] * shrink;
  }
  out[head * width + threadIdx.x] = sum / total;
  if (threadIdx.x == 0)
    tickets[head] = 0;
}
