// SPDX-License-Identifier: Apache-2.0
// y[row] = x[row] / sqrt(mean(x[row]^2) + epsilon) * weight: a block a row, sums by shuffles.
extern "C" __global__ void __launch_bounds__(256)
    rms_norm(float *y, const float *x, const float *weight, unsigned width, float epsilon) {
  __shared__ float partial[8];
  const float *row = x + (unsigned long long)blockIdx.x * width;
  float sum = 0;
  for (unsigned i = threadIdx.x; i < width; i += blockDim.x)
    sum += row[i] * row[i];
  for (unsigned step = 16; step; step /= 2)
    sum += __shfl_down_sync(~0u, sum, step);
  if (threadIdx.x % 32 == 0)
    partial[threadIdx.x / 32] = sum;
  __syncthreads();
  if (threadIdx.x < 32) {
    sum = threadIdx.x < blockDim.x / 32 ? partial[threadIdx.x] : 0.0f;
    for (unsigned step = 4; step; step /= 2)
      sum += __shfl_down_sync(~0u, sum, step);
    if (threadIdx.x == 0)
      partial[0] = rsqrtf(sum / width + epsilon);
  }
  __syncthreads();
  float factor = partial[0];
  for (unsigned i = threadIdx.x; i < width; i += blockDim.x)
    y[(unsigned long long)blockIdx.x * width + i] = row[i] * factor * weight[i];
}
