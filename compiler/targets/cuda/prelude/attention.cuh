// SPDX-License-Identifier: Apache-2.0
// needs: vectors matrix
// Attention of ROWS rows of scores that share their keys, by streaming softmax over tiles of TILE
// rows of the past. A tile is read once for all rows; where the values are a prefix of the keys it
// is read once for both. Scores and sums are f32. Weights enter the tensor cores in the element
// type where the result is rounded to it too, else as a sum of two parts, so that 2^-16 of them is
// lost. 256 threads.
//   query(row, d): an element as a sum's type; stageKeys(to, first), stageValues(to, first): TILE
//   rows of the past into shared memory, zero from row `end`; finish(row, past, score): scaled,
//   biased, masked; write(row, e, value, top, total): of the rows that exist.

__device__ __forceinline__ float exponential(float x) { return expf(x); }
__device__ __forceinline__ double exponential(double x) { return exp(x); }

template <class T> struct MinusInfinity {
  static __device__ __forceinline__ typename T::Sum value() {
    if constexpr (sizeof(typename T::Sum) == 8)
      return __longlong_as_double(0xfff0000000000000ll);
    else
      return __int_as_float(0xff800000);
  }
};

/// What a block keeps in shared memory: WIDTH features of a key, VALUES of a value (SHARED: the
/// first ones of the key). EXACT: weights enter the tensor cores as a sum of two parts.
template <class T, unsigned ROWS_, unsigned TILE_, unsigned STAGES_, unsigned WIDTH_,
          unsigned VALUES_, bool SHARED_, bool EXACT_>
struct AttentionShape {
  typedef typename T::Storage Storage;
  typedef typename T::Sum Sum;
  static constexpr unsigned ROWS = ROWS_, TILE = TILE_, STAGES = STAGES_, WIDTH = WIDTH_,
                            VALUES = VALUES_;
  static constexpr bool SHARED = SHARED_, matrix = sizeof(Storage) == 2, exact = matrix && EXACT_;
  /// Features are padded to whole steps, rows so that they begin in different banks.
  static constexpr unsigned whole = matrix ? 16 : 4, pad = 16 / sizeof(Storage);
  static constexpr unsigned keyWidth = (WIDTH + whole - 1) / whole * whole,
                            keyStride = keyWidth + pad;
  static constexpr unsigned valueWidth = (VALUES + whole - 1) / whole * whole,
                            valueStride = SHARED ? keyStride : valueWidth + pad;
  /// Warps along the tile and along rows; the others have parts of the features.
  static constexpr unsigned tileWarps = TILE / 16,
                            rowWarps = ROWS / 16 < 8 / tileWarps ? ROWS / 16 : 8 / tileWarps;
  static constexpr unsigned parts = matrix ? 8 / (rowWarps * tileWarps) : 1;
  static constexpr unsigned scoreStride = TILE + 4, weightStride = TILE + pad;

  static constexpr unsigned queriesAt = 0;
  static constexpr unsigned keysAt = queriesAt + ROWS * keyStride * sizeof(Storage);
  static constexpr unsigned valuesAt = keysAt + STAGES * TILE * keyStride * sizeof(Storage);
  static constexpr unsigned scoresAt =
      valuesAt + (SHARED ? 0 : STAGES * TILE * valueStride * sizeof(Storage));
  static constexpr unsigned weightsAt = scoresAt + parts * ROWS * scoreStride * sizeof(Sum);
  static constexpr unsigned stateAt =
      weightsAt + (exact ? 2 : 1) * ROWS * weightStride * sizeof(Storage);
  static constexpr unsigned bytes = stateAt + 3 * ROWS * sizeof(Sum);

  char *memory;
  __device__ __forceinline__ Storage *queries() const {
    return reinterpret_cast<Storage *>(memory + queriesAt);
  }
  __device__ __forceinline__ Storage *keys(unsigned stage) const {
    return reinterpret_cast<Storage *>(memory + keysAt) + stage * TILE * keyStride;
  }
  __device__ __forceinline__ Storage *values(unsigned stage) const {
    return SHARED ? keys(stage)
                  : reinterpret_cast<Storage *>(memory + valuesAt) + stage * TILE * valueStride;
  }
  __device__ __forceinline__ Sum *scores() const {
    return reinterpret_cast<Sum *>(memory + scoresAt);
  }
  __device__ __forceinline__ Storage *weights(unsigned part) const {
    return reinterpret_cast<Storage *>(memory + weightsAt) + part * ROWS * weightStride;
  }
  /// By row: the factor of what was summed before, the largest score, the sum of weights.
  __device__ __forceinline__ Sum *state(unsigned which) const {
    return reinterpret_cast<Sum *>(memory + stateAt) + which * ROWS;
  }
};

/// Rows [first, first + ROWS) of the past, `WIDTH` elements each, into shared memory at column
/// `COLUMN`; zero from row `end`. COUNT neighbours are one copy from source(past, d); COUNT of 0:
/// source(past, d) is the element.
template <class T, unsigned ROWS, unsigned WIDTH, unsigned COUNT, class Source>
__device__ __forceinline__ void stagePast(typename T::Storage *to, unsigned stride, unsigned first,
                                          unsigned end, Source source) {
  constexpr unsigned count = COUNT ? COUNT : 1, across = WIDTH / count, all = ROWS * across;
  constexpr bool isAsync = COUNT * sizeof(typename T::Storage) == 16;
  // Copies take no registers: all of a thread are under way at once.
#pragma unroll(isAsync ? (all + 255) / 256 : 1)
  for (unsigned n = 0; n < all; n += 256) {
    unsigned i = n + threadIdx.x;
    if (all % 256 && i >= all)
      break;
    unsigned row = i / across, d = i % across * count, past = first + row;
    auto *at = to + row * stride + d;
    if constexpr (COUNT == 0) {
      *at = past < end ? T::narrow(source(past, d)) : T::narrow(0);
    } else if constexpr (isAsync) {
      copy16(at, source(past < end ? past : first, d), past < end);
    } else {
      Vector<T, COUNT> v;
      v.clear();
      if (past < end)
        v.load(source(past, d));
      v.store(at);
    }
  }
}

/// Products of queries and keys of a tile, of a warp's features each, into shared memory.
template <class T, class Shape>
__device__ __forceinline__ void multiplyKeys(Shape m, const typename T::Storage *keys) {
  if constexpr (Shape::matrix) {
    unsigned warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    unsigned row0 = warp / Shape::tileWarps % Shape::rowWarps * 16,
             t = warp % Shape::tileWarps * 16;
    unsigned part = warp / (Shape::tileWarps * Shape::rowWarps);
#pragma unroll 1
    for (unsigned row = row0; row < Shape::ROWS; row += Shape::rowWarps * 16) {
      float sums[2][4] = {};
#pragma unroll 4
      for (unsigned d0 = 0; d0 < Shape::keyWidth; d0 += Shape::parts * 16) {
        unsigned d = d0 + part * 16;
        if (Shape::keyWidth % (Shape::parts * 16) && d >= Shape::keyWidth)
          break;
        unsigned left[4], right[4];
        loadLeft<true>(left, m.queries(), Shape::keyStride, row, d);
        loadRight<true>(right, keys, Shape::keyStride, t, d);
        multiplyAdd<T>(sums[0], left, right[0], right[1]);
        multiplyAdd<T>(sums[1], left, right[2], right[3]);
      }
      float *to = m.scores() + (part * Shape::ROWS + row + lane / 4) * Shape::scoreStride + t +
                  lane % 4 * 2;
#pragma unroll
      for (unsigned j = 0; j < 2; ++j)
#pragma unroll
        for (unsigned e = 0; e < 4; ++e)
          to[e / 2 * 8 * Shape::scoreStride + j * 8 + e % 2] = sums[j][e];
    }
  } else {
    constexpr unsigned groups = 256 / Shape::TILE, each = Shape::ROWS / groups;
    unsigned t = threadIdx.x % Shape::TILE, group = threadIdx.x / Shape::TILE;
    typename Shape::Sum sums[each] = {};
    const auto *key = keys + t * Shape::keyStride, *query = m.queries() + group * Shape::keyStride;
#pragma unroll 1
    for (unsigned d = 0; d < Shape::keyWidth; d += 4) {
      typename Shape::Sum k[4];
#pragma unroll
      for (unsigned i = 0; i < 4; ++i)
        k[i] = key[d + i];
#pragma unroll
      for (unsigned r = 0; r < each; ++r)
#pragma unroll
        for (unsigned i = 0; i < 4; ++i)
          sums[r] += query[r * groups * Shape::keyStride + d + i] * k[i];
    }
#pragma unroll
    for (unsigned r = 0; r < each; ++r)
      m.scores()[(group + r * groups) * Shape::scoreStride + t] = sums[r];
  }
}

/// A block's part of the sums of values: columns lie over warps (f32: over threads).
template <class T, class Shape> struct AttentionSums {
  typedef typename Shape::Sum Sum;
  static constexpr unsigned tiles = Shape::valueWidth / 16; // of 16 columns
  static constexpr unsigned across = tiles >= 8   ? 8
                                     : tiles >= 4 ? 4
                                     : tiles >= 2 ? 2
                                                  : 1,
                            down = 8 / across;
  static constexpr unsigned mine = (tiles + across - 1) / across,
                            rowTiles = (Shape::ROWS / 16 + down - 1) / down;
  // Of f32: threads along columns, the others along rows.
  static constexpr unsigned lanes = Shape::VALUES > 128  ? 256
                                    : Shape::VALUES > 64 ? 128
                                    : Shape::VALUES > 32 ? 64
                                                         : 32;
  static constexpr unsigned groups = 256 / lanes, rows = Shape::ROWS / groups,
                            columns = (Shape::VALUES + lanes - 1) / lanes;
  static constexpr unsigned size = Shape::matrix ? rowTiles * mine * 8 : rows * columns;
  Sum sums[size];

  __device__ __forceinline__ void clear() {
#pragma unroll
    for (unsigned i = 0; i < size; ++i)
      sums[i] = 0;
  }
  /// Calls body(sum, row, column) for each, in the order of `sums`.
  template <class Body> __device__ __forceinline__ void each(Body body) {
    if constexpr (Shape::matrix) {
      unsigned warp = threadIdx.x / 32, lane = threadIdx.x % 32;
#pragma unroll
      for (unsigned i = 0; i < rowTiles; ++i)
#pragma unroll
        for (unsigned j = 0; j < mine; ++j) {
          unsigned rowTile = warp / across + i * down, tile = warp % across + j * across;
          if (rowTile >= Shape::ROWS / 16 || tile >= tiles)
            continue;
#pragma unroll
          for (unsigned e = 0; e < 8; ++e)
            body(sums[(i * mine + j) * 8 + e], rowTile * 16 + lane / 4 + e / 2 % 2 * 8,
                 tile * 16 + e / 4 * 8 + lane % 4 * 2 + e % 2);
        }
    } else {
#pragma unroll
      for (unsigned r = 0; r < rows; ++r)
#pragma unroll
        for (unsigned j = 0; j < columns; ++j)
          body(sums[r * columns + j], unsigned(threadIdx.x / lanes + r * groups),
               unsigned(threadIdx.x % lanes + j * lanes));
    }
  }
  __device__ __forceinline__ void scale(Shape m) {
    each([&](Sum &sum, unsigned row, unsigned) { sum *= m.state(0)[row]; });
  }
  __device__ __forceinline__ void add(Shape m, const typename T::Storage *values) {
    if constexpr (Shape::matrix) {
      unsigned warp = threadIdx.x / 32;
#pragma unroll
      for (unsigned i = 0; i < rowTiles; ++i) {
        unsigned row = (warp / across + i * down) * 16;
        if (row >= Shape::ROWS)
          break;
#pragma unroll
        for (unsigned t = 0; t < Shape::TILE; t += 16) {
          unsigned high[4], low[4];
          loadLeft<true>(high, m.weights(0), Shape::weightStride, row, t);
          if constexpr (Shape::exact)
            loadLeft<true>(low, m.weights(1), Shape::weightStride, row, t);
#pragma unroll
          for (unsigned j = 0; j < mine; ++j) {
            unsigned column = (warp % across + j * across) * 16;
            if (column >= Shape::valueWidth)
              break;
            unsigned right[4];
            loadRight<false>(right, values, Shape::valueStride, column, t);
#pragma unroll
            for (unsigned half = 0; half < 2; ++half) {
              auto &c = *reinterpret_cast<float (*)[4]>(sums + (i * mine + j) * 8 + half * 4);
              if constexpr (Shape::exact)
                multiplyAdd<T>(c, low, right[half * 2], right[half * 2 + 1]);
              multiplyAdd<T>(c, high, right[half * 2], right[half * 2 + 1]);
            }
          }
        }
      }
    } else {
      unsigned column = threadIdx.x % lanes, row = threadIdx.x / lanes;
#pragma unroll 4
      for (unsigned t = 0; t < Shape::TILE; ++t)
#pragma unroll
        for (unsigned j = 0; j < columns; ++j) {
          Sum value = column + j * lanes < Shape::VALUES
                          ? values[t * Shape::valueStride + column + j * lanes]
                          : 0;
#pragma unroll
          for (unsigned r = 0; r < rows; ++r)
            sums[r * columns + j] +=
                m.weights(0)[(row + r * groups) * Shape::weightStride + t] * value;
        }
    }
  }
};

/// The rows of the past in [begin, end) for the rows [0, rows) of the block.
template <class T, class Shape, class Query, class Keys, class Values, class Finish, class Write>
__device__ __forceinline__ void attention(Shape m, unsigned rows, unsigned begin, unsigned end,
                                          Query query, Keys stageKeys, Values stageValues,
                                          Finish finish, Write write) {
  typedef typename Shape::Sum Sum;
  constexpr unsigned threads = 256 / Shape::ROWS, each = Shape::TILE / threads;
  const Sum none = MinusInfinity<T>::value();
#pragma unroll 1
  for (unsigned n = 0; n < Shape::ROWS * Shape::keyWidth; n += 256) {
    unsigned i = n + threadIdx.x, row = i / Shape::keyWidth, d = i % Shape::keyWidth;
    if (Shape::ROWS * Shape::keyWidth % 256 && row >= Shape::ROWS)
      break;
    m.queries()[row * Shape::keyStride + d] =
        row < rows && d < Shape::WIDTH ? T::narrow(query(row, d)) : T::narrow(0);
  }
  // Columns beyond the features are zero from now on.
#pragma unroll 1
  for (unsigned stage = 0; stage < Shape::STAGES; ++stage) {
#pragma unroll 1
    for (unsigned i = threadIdx.x; i < Shape::TILE * (Shape::keyWidth - Shape::WIDTH); i += 256)
      m.keys(stage)[i % Shape::TILE * Shape::keyStride + Shape::WIDTH + i / Shape::TILE] =
          T::narrow(0);
    if constexpr (!Shape::SHARED) {
#pragma unroll 1
      for (unsigned i = threadIdx.x; i < Shape::TILE * (Shape::valueWidth - Shape::VALUES);
           i += 256)
        m.values(stage)[i % Shape::TILE * Shape::valueStride + Shape::VALUES + i / Shape::TILE] =
            T::narrow(0);
    }
  }
  AttentionSums<T, Shape> sums;
  sums.clear();
  unsigned row = threadIdx.x / threads, own = threadIdx.x % threads;
  Sum top = none, total = 0;
  auto stage = [&](unsigned first) {
    unsigned slot = (first - begin) / Shape::TILE % Shape::STAGES;
    if (first < end) {
      stageKeys(m.keys(slot), first);
      if constexpr (!Shape::SHARED)
        stageValues(m.values(slot), first);
    }
    commitCopies();
  };
  stage(begin);
#pragma unroll 1
  for (unsigned first = begin; first < end; first += Shape::TILE) {
    unsigned slot = (first - begin) / Shape::TILE % Shape::STAGES;
    if constexpr (Shape::STAGES > 1)
      stage(first + Shape::TILE);
    awaitCopies<Shape::STAGES - 1>();
    __syncthreads();
    multiplyKeys<T>(m, m.keys(slot));
    __syncthreads();
    Sum scores[each], now = top;
#pragma unroll
    for (unsigned i = 0; i < each; ++i) {
      unsigned t = own + i * threads;
      Sum score = m.scores()[row * Shape::scoreStride + t];
#pragma unroll
      for (unsigned part = 1; part < Shape::parts; ++part)
        score += m.scores()[(part * Shape::ROWS + row) * Shape::scoreStride + t];
      scores[i] = row < rows && first + t < end ? finish(row, first + t, score) : none;
      now = scores[i] > now ? scores[i] : now;
    }
#pragma unroll
    for (unsigned distance = threads / 2; distance; distance /= 2) {
      Sum other = __shfl_xor_sync(~0u, now, distance);
      now = other > now ? other : now;
    }
    Sum reference = now == none ? Sum(0) : now, before = exponential(top - reference), sum = 0;
#pragma unroll
    for (unsigned i = 0; i < each; ++i) {
      unsigned at = row * Shape::weightStride + own + i * threads;
      Sum weight = exponential(scores[i] - reference);
      sum += weight;
      auto high = T::narrow(weight);
      m.weights(0)[at] = high;
      if constexpr (Shape::exact)
        m.weights(1)[at] = T::narrow(weight - T::widen(high));
    }
#pragma unroll
    for (unsigned distance = threads / 2; distance; distance /= 2)
      sum += __shfl_xor_sync(~0u, sum, distance);
    total = total * before + sum;
    top = now;
    if (own == 0)
      m.state(0)[row] = before;
    __syncthreads();
    sums.scale(m);
    sums.add(m, m.values(slot));
    __syncthreads();
    if constexpr (Shape::STAGES == 1)
      stage(first + Shape::TILE);
  }
  if (own == 0) {
    m.state(1)[row] = top;
    m.state(2)[row] = total;
  }
  __syncthreads();
  sums.each([&](Sum sum, unsigned r, unsigned e) {
    // Columns beyond the values are there where a tile or the threads have more.
    if (r < rows && (Shape::VALUES % (Shape::matrix ? 16 : AttentionSums<T, Shape>::lanes) == 0 ||
                     e < Shape::VALUES))
      write(r, e, sum, m.state(1)[r], m.state(2)[r]);
  });
}
