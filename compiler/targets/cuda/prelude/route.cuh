// SPDX-License-Identifier: Apache-2.0
// needs: minmax
// The experts of a token and their weights, by one warp. Each group of experts has lanes of its
// own, a power of two of them, whose registers hold its experts: lane `part` of a group has the
// experts part, part + lanes, part + 2 * lanes ... of it. Without groups all experts are one.
//   logit(expert), score(logit), candidate(score, expert); write(place, weight, expert).
// R says what is routed:
//   Value (float or double), round(x) to the element type; experts, groups, kept, chosen;
//   softmax, softmaxOfChosen, top2Sum, fillZero, renormalise, bySelection; epsilon, scale.

/// Integers that are ordered as the values are, the magnitude with its sign: -0 is 0, NaN the
/// largest. `lowest` is none.
template <class Value> struct OrderKey;
template <> struct OrderKey<float> {
  typedef int Key;
  static constexpr int lowest = -2147483647 - 1, minusInfinity = -0x7f800000;
  static __device__ __forceinline__ int of(float x) {
    const int magnitude = __float_as_int(fabsf(x));
    return x != x ? 0x7fffffff : x < 0 ? -magnitude : magnitude;
  }
  static __device__ __forceinline__ float value(int key) {
    const float magnitude = __int_as_float(abs(key));
    return key < 0 ? -magnitude : magnitude;
  }
};
template <> struct OrderKey<double> {
  typedef long long Key;
  static constexpr long long lowest = -9223372036854775807LL - 1,
                             minusInfinity = -0x7ff0000000000000LL;
  static __device__ __forceinline__ long long of(double x) {
    const long long magnitude = __double_as_longlong(fabs(x));
    return x != x ? 0x7fffffffffffffffLL : x < 0 ? -magnitude : magnitude;
  }
  static __device__ __forceinline__ double value(long long key) {
    const double magnitude = __longlong_as_double(llabs(key));
    return key < 0 ? -magnitude : magnitude;
  }
};

/// A power of two.
constexpr __device__ int lanesOfGroup(int groups) {
  int lanes = 32;
  while (lanes * groups > 32)
    lanes /= 2;
  return lanes;
}

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

/// The softmax of the elements of all lanes. Elements of minus infinity take no part.
template <class R, int COUNT>
__device__ __forceinline__ void softmaxOfWarp(typename R::Value (&x)[COUNT]) {
  typedef typename R::Value Value;
  Value top = x[0], sum = 0;
#pragma unroll
  for (int i = 1; i < COUNT; ++i)
    top = maximum(top, x[i]);
#pragma unroll
  for (int distance = 16; distance; distance /= 2)
    top = maximum(top, __shfl_xor_sync(~0u, top, distance));
#pragma unroll
  for (int i = 0; i < COUNT; ++i) {
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
  constexpr int lanes = lanesOfGroup(R::groups), slots = (size + lanes - 1) / lanes;
  const Value minusInfinity = Order::value(Order::minusInfinity);
  const int lane = threadIdx.x % 32, group = lane / lanes, part = lane % lanes;
  const int first = group * size + part;
  // Lanes behind the last group have no experts; the others may lack one in their last slot.
  auto exists = [&](int slot) {
    return group < R::groups && ((slot + 1) * lanes <= size || slot * lanes + part < size);
  };

  // What an expert is weighted by, and what it is chosen by.
  Value values[slots];
  Key keys[slots];
  auto consider = [&](int slot) {
    const Value chosenBy = candidate(values[slot], first + slot * lanes);
    keys[slot] = Order::of(chosenBy);
    if constexpr (R::bySelection)
      values[slot] = chosenBy;
  };
#pragma unroll
  for (int slot = 0; slot < slots; ++slot) {
    values[slot] = minusInfinity;
    keys[slot] = Order::lowest;
    if (exists(slot)) {
      values[slot] = score(logit(first + slot * lanes));
      if constexpr (!R::softmax)
        consider(slot);
    }
  }
  if constexpr (R::softmax) {
    softmaxOfWarp<R>(values);
#pragma unroll
    for (int slot = 0; slot < slots; ++slot)
      if (exists(slot))
        consider(slot);
  }

  if constexpr (R::groups > 1) {
    // The two largest of the group, then how many groups come before it.
    Key best = keys[0], second = Order::lowest;
#pragma unroll
    for (int slot = 1; slot < slots; ++slot) {
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
        if (exists(slot)) {
          keys[slot] = R::fillZero ? Key(0) : Order::minusInfinity;
          if constexpr (R::bySelection)
            values[slot] = R::fillZero ? Value(0) : minusInfinity;
        }
    }
  }

  // Lane `place` keeps the expert of that place.
  Value weight = minusInfinity;
  int chosen = -1;
#pragma unroll 1
  for (int place = 0; place < R::chosen; ++place) {
    Key best = keys[0];
    Value value = values[0];
    int expert = first;
#pragma unroll
    for (int slot = 1; slot < slots; ++slot)
      if (keys[slot] > best) {
        best = keys[slot];
        value = values[slot];
        expert = first + slot * lanes;
      }
    const Key top = largestOfWarp(best);
    expert = best == top ? expert : R::experts;
    const int found = __reduce_min_sync(~0u, expert);
    value = __shfl_sync(~0u, value, __ffs(__ballot_sync(~0u, expert == found)) - 1);
#pragma unroll
    for (int slot = 0; slot < slots; ++slot)
      if (first + slot * lanes == found)
        keys[slot] = Order::lowest;
    if (lane == place) {
      weight = value;
      chosen = found;
    }
  }

  if constexpr (R::softmaxOfChosen) {
    Value weights[1] = {weight};
    softmaxOfWarp<R>(weights);
    weight = weights[0];
  }
  if constexpr (R::renormalise) {
    const Value sum = R::round(sumOfWarp(chosen < 0 ? Value(0) : weight));
    weight = R::round(weight / R::round(sum + R::epsilon));
  }
  if (chosen >= 0)
    write(lane, R::round(weight * R::scale), chosen);
}
