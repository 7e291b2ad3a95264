// SPDX-License-Identifier: Apache-2.0
// needs: minmax
// The experts of a token and their weights, by one warp. Each group of experts has lanes of its
// own, a power of two of them, whose registers hold its experts: lane `part` of a group has the
// experts part, part + lanes, part + 2 * lanes ... of it. Without groups all experts are one.
//   logit(expert), score(logit), candidate(score, expert); write(place, weight, expert).
// R says what is routed:
//   Value (float or double), round(x) to the element type; experts, groups, kept, chosen;
//   softmax, softmaxOfChosen, top2Sum, fillZero, renormalise, bySelection; epsilon, scale.

/// Integers that are ordered as the values are: NaN is the largest, -0 is +0. `lowest` is none.
template <class Value> struct OrderKey;
template <> struct OrderKey<float> {
  typedef int Key;
  static constexpr int lowest = -2147483647 - 1, minusInfinity = -2139095041;
  static __device__ __forceinline__ int flipped(int bits) {
    return bits ^ ((bits >> 31) & 0x7fffffff);
  }
  static __device__ __forceinline__ int of(float x) {
    return x != x ? 0x7fffffff : x == 0 ? 0 : flipped(__float_as_int(x));
  }
  static __device__ __forceinline__ float value(int key) { return __int_as_float(flipped(key)); }
};
template <> struct OrderKey<double> {
  typedef long long Key;
  static constexpr long long lowest = -9223372036854775807LL - 1,
                             minusInfinity = -9218868437227405313LL;
  static __device__ __forceinline__ long long flipped(long long bits) {
    return bits ^ ((bits >> 63) & 0x7fffffffffffffffLL);
  }
  static __device__ __forceinline__ long long of(double x) {
    return x != x ? 0x7fffffffffffffffLL : x == 0 ? 0 : flipped(__double_as_longlong(x));
  }
  static __device__ __forceinline__ double value(long long key) {
    return __longlong_as_double(flipped(key));
  }
};

__device__ __forceinline__ int largestOfWarp(int x) { return __reduce_max_sync(~0u, x); }
__device__ __forceinline__ long long largestOfWarp(long long x) {
#pragma unroll
  for (int distance = 16; distance; distance /= 2)
    x = max(x, __shfl_xor_sync(~0u, x, distance));
  return x;
}
/// Every lane gets the same bits: a sum of two is the same from both sides.
template <class Value> __device__ __forceinline__ Value sumOfWarp(Value x) {
#pragma unroll
  for (int distance = 16; distance; distance /= 2)
    x += __shfl_xor_sync(~0u, x, distance);
  return x;
}

/// The softmax of those elements of all lanes that exist.
template <class R, int COUNT, class Exists>
__device__ __forceinline__ void softmaxOfWarp(typename R::Value (&x)[COUNT], Exists exists) {
  typedef typename R::Value Value;
  typedef OrderKey<Value> Order;
  Value top = Order::value(Order::minusInfinity), sum = 0;
#pragma unroll
  for (int i = 0; i < COUNT; ++i)
    if (exists(i))
      top = maximum(top, x[i]);
#pragma unroll
  for (int distance = 16; distance; distance /= 2)
    top = maximum(top, __shfl_xor_sync(~0u, top, distance));
#pragma unroll
  for (int i = 0; i < COUNT; ++i)
    if (exists(i)) {
      x[i] = R::round(exp(R::round(x[i] - top)));
      sum += x[i];
    }
  sum = R::round(sumOfWarp(sum));
#pragma unroll
  for (int i = 0; i < COUNT; ++i)
    x[i] = R::round(x[i] / sum);
}

template <class R, class Logit, class Score, class Candidate, class Write>
__device__ __forceinline__ void routeToken(Logit logit, Score score, Candidate candidate,
                                           Write write) {
  typedef typename R::Value Value;
  typedef OrderKey<Value> Order;
  typedef typename Order::Key Key;
  constexpr int size = R::experts / R::groups;
  constexpr int most = 32 / R::groups;
  constexpr int lanes = most >= 32   ? 32
                        : most >= 16 ? 16
                        : most >= 8  ? 8
                        : most >= 4  ? 4
                        : most >= 2  ? 2
                                     : 1;
  constexpr int slots = (size + lanes - 1) / lanes;
  const int lane = threadIdx.x % 32, group = lane / lanes, part = lane % lanes;
  // Lanes behind the last group have no experts.
  const int mine = group < R::groups ? size : 0, first = group * size + part;
  auto exists = [&](int slot) { return slot * lanes + part < mine; };

  Value scores[slots];
#pragma unroll
  for (int slot = 0; slot < slots; ++slot)
    scores[slot] = exists(slot) ? logit(first + slot * lanes) : Value(0);
  if constexpr (R::softmax)
    softmaxOfWarp<R>(scores, exists);
  Key keys[slots];
#pragma unroll
  for (int slot = 0; slot < slots; ++slot) {
    scores[slot] = score(scores[slot]);
    keys[slot] =
        exists(slot) ? Order::of(candidate(scores[slot], first + slot * lanes)) : Order::lowest;
  }

  if constexpr (R::groups > 1) {
    // The two largest of the group, then how many groups come before it.
    Key best = Order::lowest, second = Order::lowest;
#pragma unroll
    for (int slot = 0; slot < slots; ++slot) {
      second = max(second, min(best, keys[slot]));
      best = max(best, keys[slot]);
    }
#pragma unroll
    for (int distance = lanes / 2; distance; distance /= 2) {
      const Key other = __shfl_xor_sync(~0u, best, distance);
      second = max(min(best, other), max(second, __shfl_xor_sync(~0u, second, distance)));
      best = max(best, other);
    }
    if constexpr (R::top2Sum)
      best = Order::of(R::round(Order::value(best) + Order::value(second)));
    int before = 0;
#pragma unroll
    for (int g = 0; g < R::groups; ++g) {
      const Key other = __shfl_sync(~0u, best, g * lanes);
      before += other > best || (other == best && g < group);
    }
    if (before >= R::kept) {
#pragma unroll
      for (int slot = 0; slot < slots; ++slot)
        if (exists(slot))
          keys[slot] = R::fillZero ? Key(0) : Order::minusInfinity;
    }
  }

  // Lane `place` keeps the expert of that place.
  Value weights[1] = {};
  int chosen = 0;
#pragma unroll 1
  for (int place = 0; place < R::chosen; ++place) {
    Key best = Order::lowest;
    Value value = 0;
    int expert = 0x7fffffff;
#pragma unroll
    for (int slot = 0; slot < slots; ++slot)
      if (keys[slot] > best) {
        best = keys[slot];
        value = scores[slot];
        expert = first + slot * lanes;
      }
    const Key top = largestOfWarp(best);
    const int found = __reduce_min_sync(~0u, best == top ? expert : 0x7fffffff);
    if constexpr (R::bySelection)
      value = Order::value(top);
    else
      value = __shfl_sync(~0u, value, __ffs(__ballot_sync(~0u, expert == found)) - 1);
#pragma unroll
    for (int slot = 0; slot < slots; ++slot)
      if (first + slot * lanes == found)
        keys[slot] = Order::lowest;
    if (lane == place) {
      weights[0] = value;
      chosen = found;
    }
  }

  const bool hasPlace = lane < R::chosen;
  if constexpr (R::softmaxOfChosen)
    softmaxOfWarp<R>(weights, [&](int) { return hasPlace; });
  if constexpr (R::renormalise) {
    const Value sum = R::round(sumOfWarp(hasPlace ? weights[0] : Value(0)));
    weights[0] = R::round(weights[0] / R::round(sum + R::epsilon));
  }
  if (hasPlace)
    write(lane, R::round(weights[0] * R::scale), chosen);
}
