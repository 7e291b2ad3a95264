// SPDX-License-Identifier: Apache-2.0
// needs: vectors
// Tensor cores: asynchronous copies into shared memory, 8x8 matrices from it, m16n8k16 products.
__device__ __forceinline__ unsigned sharedAddress(const void *p) {
  return static_cast<unsigned>(__cvta_generic_to_shared(p));
}
/// 16 bytes from global to shared memory; zeros where `inside` is false.
__device__ __forceinline__ void copy16(void *to, const void *from, bool inside) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(sharedAddress(to)), "l"(from),
               "r"(inside ? 16 : 0)
               : "memory");
}
__device__ __forceinline__ void commitCopies() {
  asm volatile("cp.async.commit_group;" ::: "memory");
}
/// Until all groups of this thread but the last `LEFT` have landed.
template <unsigned LEFT> __device__ __forceinline__ void awaitCopies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(LEFT) : "memory");
}
__device__ __forceinline__ void loadMatrices(unsigned (&r)[4], const void *from) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(sharedAddress(from))
               : "memory");
}
__device__ __forceinline__ void loadTransposed(unsigned (&r)[4], const void *from) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(sharedAddress(from))
               : "memory");
}
/// The left operand's 16 x 16 at (row, k): stored as [row][k], or as [k][row].
template <bool ALONGK>
__device__ __forceinline__ void loadLeft(unsigned (&a)[4], const unsigned short *tile,
                                         unsigned stride, unsigned row, unsigned k) {
  unsigned lane = threadIdx.x % 32;
  if constexpr (ALONGK)
    loadMatrices(a, tile + (row + lane % 16) * stride + k + lane / 16 * 8);
  else
    loadTransposed(a, tile + (k + lane % 8 + lane / 16 * 8) * stride + row + lane / 8 % 2 * 8);
}
/// The right operand's 16 x 16 at (column, k), stored as [column][k] or [k][column]: b[0], b[1] are
/// the first 8 columns.
template <bool ALONGK>
__device__ __forceinline__ void loadRight(unsigned (&b)[4], const unsigned short *tile,
                                          unsigned stride, unsigned column, unsigned k) {
  unsigned lane = threadIdx.x % 32;
  if constexpr (ALONGK)
    loadMatrices(b, tile + (column + lane % 8 + lane / 16 * 8) * stride + k + lane / 8 % 2 * 8);
  else
    loadTransposed(b, tile + (k + lane % 16) * stride + column + lane / 16 * 8);
}
template <class T>
__device__ __forceinline__ void multiplyAdd(float (&c)[4], const unsigned (&a)[4], unsigned b0,
                                            unsigned b1);
template <>
__device__ __forceinline__ void multiplyAdd<Bf16>(float (&c)[4], const unsigned (&a)[4],
                                                  unsigned b0, unsigned b1) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, "
               "{%8,%9}, {%0,%1,%2,%3};"
               : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
template <>
__device__ __forceinline__ void multiplyAdd<F16>(float (&c)[4], const unsigned (&a)[4], unsigned b0,
                                                 unsigned b1) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, "
               "{%8,%9}, {%0,%1,%2,%3};"
               : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
