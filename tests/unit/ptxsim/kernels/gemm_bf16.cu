// SPDX-License-Identifier: Apache-2.0
// C[M, N] = A[M, K] B[N, K]^T: bf16 in, f32 sums; 64x64x32 tiles, two stages of cp.async, ldmatrix,
// mma.sync. M and N are any, K a multiple of 8.
typedef unsigned short bf16;
typedef unsigned int u32;

constexpr u32 tileM = 64, tileN = 64, tileK = 32;
constexpr u32 stride = tileK + 8; // halves a row: rows start in different banks

__device__ __forceinline__ u32 sharedAddress(const void *p) {
  return static_cast<u32>(__cvta_generic_to_shared(p));
}
__device__ __forceinline__ void copy16(u32 to, const void *from, int bytes) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from), "r"(bytes)
               : "memory");
}
__device__ __forceinline__ void loadMatrices(u32 (&r)[4], u32 address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(address)
               : "memory");
}
__device__ __forceinline__ void multiplyAdd(float (&c)[4], const u32 (&a)[4], u32 b0, u32 b1) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, "
               "{%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
               : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

/// One tile of a matrix with `rows` rows and K columns; what lies outside becomes zero.
__device__ __forceinline__ void loadTile(bf16 *tile, const bf16 *matrix, u32 row0, u32 rows, u32 k0,
                                         u32 K) {
  #pragma unroll
  for (u32 n = 0; n < 64 * tileK / 8; n += 128) {
    u32 i = n + threadIdx.x;
    u32 row = i / (tileK / 8), column = i % (tileK / 8) * 8;
    bool inside = row0 + row < rows && k0 + column < K;
    const bf16 *from = inside ? matrix + (size_t)(row0 + row) * K + k0 + column : matrix;
    copy16(sharedAddress(tile + row * stride + column), from, inside ? 16 : 0);
  }
}

extern "C" __global__ void __launch_bounds__(128)
    gemm_bf16(float *C, const bf16 *A, const bf16 *B, u32 M, u32 N, u32 K) {
  __shared__ __align__(16) bf16 a[2][tileM * stride];
  __shared__ __align__(16) bf16 b[2][tileN * stride];
  u32 row0 = blockIdx.y * tileM, column0 = blockIdx.x * tileN;
  u32 warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  u32 warpRow = warp / 2 * 32, warpColumn = warp % 2 * 32;
  float sum[2][4][4] = {};

  u32 tiles = (K + tileK - 1) / tileK;
  loadTile(a[0], A, row0, M, 0, K);
  loadTile(b[0], B, column0, N, 0, K);
  asm volatile("cp.async.commit_group;" ::: "memory");
#pragma unroll 1
  for (u32 t = 0; t < tiles; ++t) {
    u32 now = t & 1;
    if (t + 1 < tiles) {
      loadTile(a[now ^ 1], A, row0, M, (t + 1) * tileK, K);
      loadTile(b[now ^ 1], B, column0, N, (t + 1) * tileK, K);
    }
    asm volatile("cp.async.commit_group;" ::: "memory");
    asm volatile("cp.async.wait_group 1;" ::: "memory");
    __syncthreads();
#pragma unroll
    for (u32 k = 0; k < tileK; k += 16) {
      u32 fragmentA[2][4], fragmentB[2][4];
      for (u32 i = 0; i < 2; ++i)
        loadMatrices(fragmentA[i], sharedAddress(&a[now][(warpRow + i * 16 + lane % 16) * stride +
                                                         k + lane / 16 * 8]));
      for (u32 j = 0; j < 2; ++j)
        loadMatrices(fragmentB[j],
                     sharedAddress(&b[now][(warpColumn + j * 16 + lane % 8 + lane / 16 * 8) * stride +
                                           k + lane / 8 % 2 * 8]));
      for (u32 i = 0; i < 2; ++i)
        for (u32 j = 0; j < 4; ++j)
          multiplyAdd(sum[i][j], fragmentA[i], fragmentB[j / 2][j % 2 * 2],
                      fragmentB[j / 2][j % 2 * 2 + 1]);
    }
    __syncthreads();
  }
  for (u32 i = 0; i < 2; ++i)
    for (u32 j = 0; j < 4; ++j)
      for (u32 e = 0; e < 4; ++e) {
        u32 row = row0 + warpRow + i * 16 + lane / 4 + e / 2 * 8;
        u32 column = column0 + warpColumn + j * 8 + lane % 4 * 2 + e % 2;
        if (row < M && column < N)
          C[(size_t)row * N + column] = sum[i][j][e];
      }
}
