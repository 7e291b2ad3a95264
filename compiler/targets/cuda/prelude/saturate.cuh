// SPDX-License-Identifier: Apache-2.0
// A float as an integer, truncated: least and most stand for what lies below low or from high on, 0
// for NaN.
template <class To, class From>
__device__ To saturate(From x, From low, From high, To least, To most) {
  return x >= high ? most : x < low ? least : x == x ? (To)x : (To)0;
}
