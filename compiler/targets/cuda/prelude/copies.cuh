// SPDX-License-Identifier: Apache-2.0
// Neighbours in memory at once; both addresses are aligned to the bytes that are copied.
__device__ void copy_4(void *to, const void *from) { *(unsigned *)to = *(const unsigned *)from; }
__device__ void copy_8(void *to, const void *from) { *(uint2 *)to = *(const uint2 *)from; }
__device__ void copy_16(void *to, const void *from) { *(uint4 *)to = *(const uint4 *)from; }
