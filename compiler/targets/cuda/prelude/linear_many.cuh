// SPDX-License-Identifier: Apache-2.0
// needs: vectors matrix
// Many rows: result[row][column] = sum over k of x[row][k] * weight[column][k] by tiles of 64 rows
// and 128 columns (f32: 64) of 256 threads. bf16 and f16 go through three stages of asynchronous
// copies to the tensor cores, f32 through shared memory to multiply-adds. Every sum has k
// ascending, whatever the tile.
//   x(row, k), weight(column, k): pointers to elements; write(row, column, sum).

constexpr unsigned manyRows = 64, manyDepth = 32;

/// `ROWS` rows (of x, or columns of the weight) and manyDepth k of an operand into shared memory,
/// as [row][k] or [k][row]; zero outside. COUNT neighbours, along k or along rows, are one copy; 8
/// are asynchronous.
template <class T, bool ALONGK, unsigned ROWS, unsigned COUNT, class Source>
__device__ __forceinline__ void stageTile(unsigned short *tile, unsigned rows, unsigned depth,
                                          unsigned firstRow, unsigned k0, Source source) {
  constexpr unsigned inner = ALONGK ? manyDepth : ROWS, outer = ALONGK ? ROWS : manyDepth,
                     stride = inner + 8;
#pragma unroll
  for (unsigned n = 0; n < inner * outer / COUNT; n += 256) {
    unsigned i = n + threadIdx.x, along = i % (inner / COUNT) * COUNT, across = i / (inner / COUNT);
    unsigned row = firstRow + (ALONGK ? across : along), k = k0 + (ALONGK ? along : across);
    bool inside = row < rows && k < depth;
    unsigned short *to = tile + across * stride + along;
    const auto *from = source(inside ? row : 0, inside ? k : 0);
    if constexpr (COUNT == 8) {
      copy16(to, from, inside);
    } else {
      Vector<T, COUNT> v;
      v.clear();
      if (inside)
        v.load(from);
      v.store(to);
    }
  }
}

template <class T, bool XALONGK, unsigned XCOUNT, bool ALONGK, unsigned COUNT, class X,
          class Weight, class Write>
__device__ __forceinline__ void linearManyMatrix(char *memory, unsigned rows, unsigned firstRow,
                                                 unsigned columnCount, unsigned firstColumn,
                                                 unsigned depth, X x, Weight weight, Write write) {
  constexpr unsigned columns = 128, stages = 3;
  constexpr unsigned xStride = (XALONGK ? manyDepth : manyRows) + 8,
                     stride = (ALONGK ? manyDepth : columns) + 8;
  constexpr unsigned xTile = xStride * (XALONGK ? manyRows : manyDepth),
                     tile = stride * (ALONGK ? columns : manyDepth);
  auto *xs = reinterpret_cast<unsigned short *>(memory), *ws = xs + stages * xTile;
  unsigned warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  unsigned warpRow = warp / 4 * 32, warpColumn = warp % 4 * 32;
  float sums[2][4][4] = {};
  unsigned tiles = (depth + manyDepth - 1) / manyDepth;
  auto stage = [&](unsigned t) {
    if (t < tiles) {
      stageTile<T, XALONGK, manyRows, XCOUNT>(xs + t % stages * xTile, rows, depth, firstRow,
                                              t * manyDepth, x);
      stageTile<T, ALONGK, columns, COUNT>(ws + t % stages * tile, columnCount, depth, firstColumn,
                                           t * manyDepth, weight);
    }
    commitCopies();
  };
#pragma unroll
  for (unsigned t = 0; t < stages - 1; ++t)
    stage(t);
#pragma unroll 1
  for (unsigned t = 0; t < tiles; ++t) {
    awaitCopies<stages - 2>();
    __syncthreads();
    stage(t + stages - 1);
    const unsigned short *xNow = xs + t % stages * xTile, *now = ws + t % stages * tile;
#pragma unroll
    for (unsigned k = 0; k < manyDepth; k += 16) {
      unsigned left[2][4], right[2][4];
#pragma unroll
      for (unsigned i = 0; i < 2; ++i)
        loadLeft<XALONGK>(left[i], xNow, xStride, warpRow + i * 16, k);
#pragma unroll
      for (unsigned j = 0; j < 2; ++j)
        loadRight<ALONGK>(right[j], now, stride, warpColumn + j * 16, k);
#pragma unroll
      for (unsigned i = 0; i < 2; ++i)
#pragma unroll
        for (unsigned j = 0; j < 4; ++j)
          multiplyAdd<T>(sums[i][j], left[i], right[j / 2][j % 2 * 2], right[j / 2][j % 2 * 2 + 1]);
    }
  }
#pragma unroll
  for (unsigned i = 0; i < 2; ++i)
#pragma unroll
    for (unsigned j = 0; j < 4; ++j)
#pragma unroll
      for (unsigned e = 0; e < 4; ++e) {
        unsigned row = firstRow + warpRow + i * 16 + lane / 4 + e / 2 * 8;
        unsigned column = firstColumn + warpColumn + j * 8 + lane % 4 * 2 + e % 2;
        if (row < rows && column < columnCount)
          write(row, column, sums[i][j][e]);
      }
}

/// An operand's 64 rows and 16 k, of which a thread brings four elements, into shared memory as
/// [k][row].
template <bool ALONGK, unsigned COUNT> struct RegisterTile {
  static constexpr unsigned depth = 16, stride = manyRows + 4;
  float values[4];

  /// The position of a thread's element i.
  __device__ __forceinline__ static void place(unsigned i, unsigned &row, unsigned &k) {
    unsigned n = COUNT == 4 ? threadIdx.x * 4 + i : i * 256 + threadIdx.x;
    if (ALONGK)
      row = n / depth, k = n % depth;
    else
      row = n % manyRows, k = n / manyRows;
  }
  template <class Source>
  __device__ __forceinline__ void load(unsigned rows, unsigned firstRow, unsigned total,
                                       unsigned k0, Source source) {
    if constexpr (COUNT == 4) {
      unsigned row, k;
      place(0, row, k);
      Vector<F32, 4> v;
      v.clear();
      if (firstRow + row < rows && k0 + k < total)
        v.load(source(firstRow + row, k0 + k));
#pragma unroll
      for (unsigned i = 0; i < 4; ++i)
        values[i] = v.at(i);
    } else {
#pragma unroll
      for (unsigned i = 0; i < 4; ++i) {
        unsigned row, k;
        place(i, row, k);
        values[i] =
            firstRow + row < rows && k0 + k < total ? __ldg(source(firstRow + row, k0 + k)) : 0.0f;
      }
    }
  }
  __device__ __forceinline__ void store(float *tile) const {
#pragma unroll
    for (unsigned i = 0; i < 4; ++i) {
      unsigned row, k;
      place(i, row, k);
      tile[k * stride + row] = values[i];
    }
  }
};

template <bool XALONGK, unsigned XCOUNT, bool ALONGK, unsigned COUNT, class X, class Weight,
          class Write>
__device__ __forceinline__ void linearManyFloat(char *memory, unsigned rows, unsigned firstRow,
                                                unsigned columnCount, unsigned firstColumn,
                                                unsigned depth, X x, Weight weight, Write write) {
  typedef RegisterTile<XALONGK, XCOUNT> XTile;
  typedef RegisterTile<ALONGK, COUNT> Tile;
  constexpr unsigned step = XTile::depth, stride = XTile::stride, size = step * stride;
  auto *xs = reinterpret_cast<float *>(memory), *ws = xs + 2 * size;
  unsigned ownRow = threadIdx.x / 16 * 4, ownColumn = threadIdx.x % 16 * 4;
  float sums[4][4] = {};
  XTile xNext;
  Tile next;
  xNext.load(rows, firstRow, depth, 0, x);
  next.load(columnCount, firstColumn, depth, 0, weight);
#pragma unroll 1
  for (unsigned k0 = 0; k0 < depth; k0 += step) {
    unsigned stage = k0 / step % 2 * size;
    xNext.store(xs + stage);
    next.store(ws + stage);
    __syncthreads();
    xNext.load(rows, firstRow, depth, k0 + step, x);
    next.load(columnCount, firstColumn, depth, k0 + step, weight);
#pragma unroll
    for (unsigned k = 0; k < step; ++k) {
      float4 left = *reinterpret_cast<const float4 *>(xs + stage + k * stride + ownRow);
      float4 right = *reinterpret_cast<const float4 *>(ws + stage + k * stride + ownColumn);
      float l[4] = {left.x, left.y, left.z, left.w}, r[4] = {right.x, right.y, right.z, right.w};
#pragma unroll
      for (unsigned i = 0; i < 4; ++i)
#pragma unroll
        for (unsigned j = 0; j < 4; ++j)
          sums[i][j] += l[i] * r[j];
    }
  }
#pragma unroll
  for (unsigned i = 0; i < 4; ++i)
#pragma unroll
    for (unsigned j = 0; j < 4; ++j) {
      unsigned row = firstRow + ownRow + i, column = firstColumn + ownColumn + j;
      if (row < rows && column < columnCount)
        write(row, column, sums[i][j]);
    }
}
