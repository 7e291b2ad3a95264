// SPDX-License-Identifier: Apache-2.0
// Elements as memory holds them, loads of up to 16 bytes, and what the skeletons share.
struct Bf16 {
  typedef unsigned short Storage;
  typedef float Sum;
  static __device__ __forceinline__ float widen(unsigned short bits) {
    float v;
    asm("mov.b32 %0, {%1, %2};" : "=f"(v) : "h"((unsigned short)0), "h"(bits));
    return v;
  }
  static __device__ __forceinline__ unsigned short narrow(float v) {
    unsigned short bits;
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(bits) : "f"(v));
    return bits;
  }
};
struct F16 {
  typedef unsigned short Storage;
  typedef float Sum;
  static __device__ __forceinline__ float widen(unsigned short bits) {
    float v;
    asm("cvt.f32.f16 %0, %1;" : "=f"(v) : "h"(bits));
    return v;
  }
  static __device__ __forceinline__ unsigned short narrow(float v) {
    unsigned short bits;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(v));
    return bits;
  }
};
struct F32 {
  typedef float Storage;
  typedef float Sum;
  static __device__ __forceinline__ float widen(float v) { return v; }
  static __device__ __forceinline__ float narrow(float v) { return v; }
};
struct F64 {
  typedef double Storage;
  typedef double Sum;
  static __device__ __forceinline__ double widen(double v) { return v; }
  static __device__ __forceinline__ double narrow(double v) { return v; }
};

/// COUNT neighbours of type T as words; COUNT elements are 2, 4, 8 or 16 bytes.
template <class T, int COUNT> struct Vector {
  static constexpr int bytes = COUNT * sizeof(typename T::Storage);
  static constexpr int words = bytes / 4 ? bytes / 4 : 1;
  unsigned word[words];

  __device__ __forceinline__ void clear() {
    for (int i = 0; i < words; ++i)
      word[i] = 0;
  }
  /// From memory that the kernel does not write.
  __device__ __forceinline__ void load(const typename T::Storage *from) {
    if constexpr (bytes == 16) {
      uint4 v = __ldg(reinterpret_cast<const uint4 *>(from));
      word[0] = v.x, word[1] = v.y, word[2] = v.z, word[3] = v.w;
    } else if constexpr (bytes == 8) {
      uint2 v = __ldg(reinterpret_cast<const uint2 *>(from));
      word[0] = v.x, word[1] = v.y;
    } else if constexpr (bytes == 4) {
      word[0] = __ldg(reinterpret_cast<const unsigned *>(from));
    } else {
      word[0] = __ldg(reinterpret_cast<const unsigned short *>(from));
    }
  }
  __device__ __forceinline__ void loadShared(const typename T::Storage *from) {
    if constexpr (bytes == 16) {
      uint4 v = *reinterpret_cast<const uint4 *>(from);
      word[0] = v.x, word[1] = v.y, word[2] = v.z, word[3] = v.w;
    } else if constexpr (bytes == 8) {
      uint2 v = *reinterpret_cast<const uint2 *>(from);
      word[0] = v.x, word[1] = v.y;
    } else if constexpr (bytes == 4) {
      word[0] = *reinterpret_cast<const unsigned *>(from);
    } else {
      word[0] = *reinterpret_cast<const unsigned short *>(from);
    }
  }
  __device__ __forceinline__ void store(typename T::Storage *to) const {
    if constexpr (bytes == 16)
      *reinterpret_cast<uint4 *>(to) = make_uint4(word[0], word[1], word[2], word[3]);
    else if constexpr (bytes == 8)
      *reinterpret_cast<uint2 *>(to) = make_uint2(word[0], word[1]);
    else if constexpr (bytes == 4)
      *reinterpret_cast<unsigned *>(to) = word[0];
    else
      *reinterpret_cast<unsigned short *>(to) = (unsigned short)word[0];
  }
  __device__ __forceinline__ float at(int i) const {
    if constexpr (sizeof(typename T::Storage) == 4) {
      return __uint_as_float(word[i]);
    } else {
      unsigned short low, high;
      asm("mov.b32 {%0, %1}, %2;" : "=h"(low), "=h"(high) : "r"(word[i / 2]));
      return T::widen(i % 2 ? high : low);
    }
  }
};
