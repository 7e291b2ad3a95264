// SPDX-License-Identifier: Apache-2.0
// needs: vectors
// Few rows against a matrix that is read once: result[row][column] = sum over k of x[row][k] *
// weight[column][k], sums in f32. A block has COLUMNS columns and all rows; COUNT neighbours of the
// weight are one load, `ahead` loads of a thread are under way. The order of a sum depends on the
// weight's form and size, not on the number of rows.
//   x(row, k), weight(column, k): pointers to elements; write(row, column, sum).

constexpr unsigned fewThreads = 256;

/// Rows [0, rows) of x from column k0 into shared memory, zero behind what there is, `width`
/// columns.
template <class T, unsigned ROWS, unsigned DEPTH, unsigned XCOUNT, class X>
__device__ __forceinline__ void stageRows(typename T::Storage *staged, unsigned rows, unsigned k0,
                                          unsigned depth, unsigned width, X x) {
  constexpr unsigned stride = fewThreads * XCOUNT;
#pragma unroll(DEPTH / stride > 2 ? 1 : DEPTH / stride + 1)
  for (unsigned n = 0; n < DEPTH; n += stride) {
    unsigned k = n + threadIdx.x * XCOUNT, here = k0 + k < depth ? rows : 0;
    if (k >= width)
      break;
#pragma unroll
    for (unsigned row = 0; row < ROWS; ++row) {
      Vector<T, XCOUNT> v;
      v.clear();
      if (row < here)
        v.load(x(row, k0 + k));
      v.store(staged + row * DEPTH + k);
    }
  }
}

/// Writes the sums of a block, in shared memory as `parts` times [ROWS][COLUMNS], parts added in
/// order.
template <unsigned ROWS, unsigned COLUMNS, class Write>
__device__ __forceinline__ void writeSums(const float *sums, unsigned parts, unsigned rows,
                                          unsigned firstColumn, unsigned columnCount, Write write) {
  __syncthreads();
#pragma unroll
  for (unsigned n = 0; n < ROWS * COLUMNS; n += fewThreads) {
    unsigned i = n + threadIdx.x, row = i / COLUMNS, column = firstColumn + i % COLUMNS;
    if (row >= min(rows, ROWS) || column >= columnCount)
      break;
    float sum = sums[i];
#pragma unroll 1
    for (unsigned part = 1; part < parts; ++part)
      sum += sums[part * ROWS * COLUMNS + i];
    write(row, column, sum);
  }
}

/// Neighbours of the weight lie along k: a warp has COLUMNS / 8 columns, its lanes lie along k.
template <class T, unsigned ROWS, unsigned COLUMNS, unsigned COUNT, unsigned XCOUNT, unsigned DEPTH,
          class X, class Weight, class Write>
__device__ __forceinline__ void linearFewAlongK(char *memory, unsigned rows, unsigned firstColumn,
                                                unsigned columnCount, unsigned depth, X x,
                                                Weight weight, Write write) {
  // Sums of several rows leave registers for fewer loads under way.
  constexpr unsigned each = COLUMNS / (fewThreads / 32), ahead = (ROWS > 1 ? 4 : 8) / each;
  constexpr unsigned step = 32 * COUNT, round = ahead * step;
  static_assert(DEPTH % round == 0, "chunks of whole rounds");
  auto *staged = reinterpret_cast<typename T::Storage *>(memory);
  unsigned warp = threadIdx.x / 32, lane = threadIdx.x % 32, column = firstColumn + warp * each;
  Vector<T, COUNT> words[ahead][each];
  // Number `i` of the column's groups of COUNT.
  auto load = [&](Vector<T, COUNT>(&to)[each], unsigned i) {
    unsigned here = i < depth / COUNT ? columnCount : 0;
#pragma unroll
    for (unsigned c = 0; c < each; ++c) {
      to[c].clear();
      if (column + c < here)
        to[c].load(weight(column + c, i * COUNT));
    }
  };
  float sums[ROWS][each] = {};
  // The weight is under way before the rows are.
#pragma unroll
  for (unsigned a = 0; a < ahead; ++a)
    load(words[a], a * 32 + lane);
  unsigned k0 = 0;
#pragma unroll 1
  do {
    unsigned rounds = (min(depth - k0, DEPTH) + round - 1) / round;
    __syncthreads();
    stageRows<T, ROWS, DEPTH, XCOUNT>(staged, rows, k0, depth, rounds * round, x);
    __syncthreads();
#pragma unroll 1
    for (unsigned s = 0; s < rounds * ahead; s += ahead) {
#pragma unroll
      for (unsigned a = 0; a < ahead; ++a) {
        unsigned i = (s + a) * 32 + lane;
#pragma unroll
        for (unsigned r = 0; r < ROWS; ++r) {
          Vector<T, COUNT> values;
          values.loadShared(staged + r * DEPTH + i * COUNT);
#pragma unroll
          for (unsigned n = 0; n < COUNT; ++n)
#pragma unroll
            for (unsigned c = 0; c < each; ++c)
              sums[r][c] += values.at(n) * words[a][c].at(n);
        }
        load(words[a], k0 / COUNT + i + ahead * 32);
      }
    }
    k0 += DEPTH;
  } while (k0 < depth);
#pragma unroll
  for (unsigned r = 0; r < ROWS; ++r)
#pragma unroll
    for (unsigned c = 0; c < each; ++c)
#pragma unroll
      for (unsigned distance = 16; distance; distance /= 2)
        sums[r][c] += __shfl_xor_sync(~0u, sums[r][c], distance);
  __syncthreads();
  auto *all = reinterpret_cast<float *>(memory);
  if (lane == 0) {
#pragma unroll
    for (unsigned r = 0; r < ROWS; ++r)
#pragma unroll
      for (unsigned c = 0; c < each; ++c)
        all[r * COLUMNS + warp * each + c] = sums[r][c];
  }
  writeSums<ROWS, COLUMNS>(all, 1, rows, firstColumn, columnCount, write);
}

/// Neighbours of the weight lie along its columns: COLUMNS / COUNT threads have one k, the others
/// of the block other ones.
template <class T, unsigned ROWS, unsigned COLUMNS, unsigned COUNT, unsigned XCOUNT, unsigned DEPTH,
          class X, class Weight, class Write>
__device__ __forceinline__ void linearFewAlongN(char *memory, unsigned rows, unsigned firstColumn,
                                                unsigned columnCount, unsigned depth, X x,
                                                Weight weight, Write write) {
  constexpr unsigned across = COLUMNS / COUNT, slots = fewThreads / across,
                     ahead = ROWS > 1 ? 4 : 8, round = ahead * slots;
  static_assert(across <= 32 && DEPTH % round == 0, "chunks of whole rounds");
  auto *staged = reinterpret_cast<typename T::Storage *>(memory);
  unsigned slot = threadIdx.x / across, own = threadIdx.x % across;
  bool exists = own < (columnCount - firstColumn) / COUNT;
  Vector<T, COUNT> words[ahead];
  auto load = [&](Vector<T, COUNT> &to, unsigned k) {
    to.clear();
    if (exists && k < depth)
      to.load(weight(firstColumn + own * COUNT, k));
  };
  float sums[ROWS][COUNT] = {};
#pragma unroll
  for (unsigned a = 0; a < ahead; ++a)
    load(words[a], a * slots + slot);
  unsigned k0 = 0;
#pragma unroll 1
  do {
    unsigned rounds = (min(depth - k0, DEPTH) + round - 1) / round;
    __syncthreads();
    stageRows<T, ROWS, DEPTH, XCOUNT>(staged, rows, k0, depth, rounds * round, x);
    __syncthreads();
#pragma unroll 1
    for (unsigned s = 0; s < rounds * ahead; s += ahead) {
#pragma unroll
      for (unsigned a = 0; a < ahead; ++a) {
        unsigned k = (s + a) * slots + slot;
#pragma unroll
        for (unsigned r = 0; r < ROWS; ++r) {
          float value = T::widen(staged[r * DEPTH + k]);
#pragma unroll
          for (unsigned n = 0; n < COUNT; ++n)
            sums[r][n] += value * words[a].at(n);
        }
        load(words[a], k0 + k + round);
      }
    }
    k0 += DEPTH;
  } while (k0 < depth);
#pragma unroll
  for (unsigned r = 0; r < ROWS; ++r)
#pragma unroll
    for (unsigned n = 0; n < COUNT; ++n)
#pragma unroll
      for (unsigned distance = 16; distance >= across; distance /= 2)
        sums[r][n] += __shfl_xor_sync(~0u, sums[r][n], distance);
  __syncthreads();
  auto *all = reinterpret_cast<float *>(memory);
  if (threadIdx.x % 32 < across) {
#pragma unroll
    for (unsigned r = 0; r < ROWS; ++r)
#pragma unroll
      for (unsigned n = 0; n < COUNT; ++n)
        all[(threadIdx.x / 32 * ROWS + r) * COLUMNS + own * COUNT + n] = sums[r][n];
  }
  writeSums<ROWS, COLUMNS>(all, fewThreads / 32, rows, firstColumn, columnCount, write);
}
