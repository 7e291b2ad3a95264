// needs: vectors
// Few rows against a matrix that is read once: result[row][column] = sum over k of
// x[row][k] * weight[column][k], sums in f32. A block has COLUMNS columns and all rows; COUNT
// neighbours of the weight are one load, `ahead` loads of a thread are under way. The order of a
// sum depends on the weight's form and size, not on the number of rows.
//   x(row, k), weight(column, k): pointers to elements; write(row, column, sum).

constexpr int fewThreads = 256;

/// Rows [0, rows) of x from column k0 into shared memory, zero behind what there is, `width` columns.
template <class T, int ROWS, int DEPTH, int XCOUNT, class X>
__device__ __forceinline__ void stageRows(typename T::Storage *staged, int rows, int k0, int depth, int width, X x) {
#pragma unroll
  for (int row = 0; row < ROWS; ++row)
#pragma unroll 1
    for (int k = threadIdx.x * XCOUNT; k < width; k += fewThreads * XCOUNT) {
      Vector<T, XCOUNT> v;
      v.clear();
      if (row < rows && k0 + k < depth)
        v.load(x(row, k0 + k));
      v.store(staged + row * DEPTH + k);
    }
}

/// Writes the sums of a block, in shared memory as `parts` times [ROWS][COLUMNS], parts added in order.
template <int ROWS, int COLUMNS, class Write>
__device__ __forceinline__ void writeSums(const float *sums, int parts, int rows, int firstColumn, int columnCount,
                                          Write write) {
  __syncthreads();
#pragma unroll 1
  for (int i = threadIdx.x; i < ROWS * COLUMNS; i += fewThreads) {
    int row = i / COLUMNS, column = firstColumn + i % COLUMNS;
    if (row >= rows || column >= columnCount)
      continue;
    float sum = sums[i];
#pragma unroll 1
    for (int part = 1; part < parts; ++part)
      sum += sums[part * ROWS * COLUMNS + i];
    write(row, column, sum);
  }
}

/// Neighbours of the weight lie along k: a warp has COLUMNS / 8 columns, its lanes lie along k.
template <class T, int ROWS, int COLUMNS, int COUNT, int XCOUNT, int DEPTH, class X, class Weight, class Write>
__device__ __forceinline__ void linearFewAlongK(char *memory, int rows, int firstColumn, int columnCount, int depth,
                                                X x, Weight weight, Write write) {
  constexpr int each = COLUMNS / (fewThreads / 32), step = 32 * COUNT;
  constexpr int ahead = 8 / each;
  static_assert(DEPTH % (step * ahead) == 0, "chunks of whole steps");
  auto *staged = reinterpret_cast<typename T::Storage *>(memory);
  int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  int column = firstColumn + warp * each;
  Vector<T, COUNT> words[ahead][each];
  auto load = [&](Vector<T, COUNT>(&to)[each], int k) {
#pragma unroll
    for (int c = 0; c < each; ++c) {
      to[c].clear();
      if (column + c < columnCount && k < depth)
        to[c].load(weight(column + c, k));
    }
  };
  float sums[ROWS][each] = {};
  // The weight is under way before the rows are.
#pragma unroll
  for (int a = 0; a < ahead; ++a)
    load(words[a], a * step + lane * COUNT);
#pragma unroll 1
  for (int k0 = 0; k0 < depth; k0 += DEPTH) {
    int steps = (min(depth - k0, DEPTH) + step - 1) / step;
    if (k0)
      __syncthreads();
    stageRows<T, ROWS, DEPTH, XCOUNT>(staged, rows, k0, depth, steps * step, x);
    __syncthreads();
#pragma unroll 1
    for (int s = 0; s < steps; s += ahead) {
#pragma unroll
      for (int a = 0; a < ahead; ++a) {
        if (s + a >= steps)
          break;
        int k = (s + a) * step + lane * COUNT;
#pragma unroll
        for (int r = 0; r < ROWS; ++r) {
          Vector<T, COUNT> values;
          values.loadShared(staged + r * DEPTH + k);
#pragma unroll
          for (int i = 0; i < COUNT; ++i)
#pragma unroll
            for (int c = 0; c < each; ++c)
              sums[r][c] += values.at(i) * words[a][c].at(i);
        }
        load(words[a], k0 + k + ahead * step);
      }
    }
  }
#pragma unroll
  for (int r = 0; r < ROWS; ++r)
#pragma unroll
    for (int c = 0; c < each; ++c)
#pragma unroll
      for (int distance = 16; distance; distance /= 2)
        sums[r][c] += __shfl_xor_sync(~0u, sums[r][c], distance);
  __syncthreads();
  auto *all = reinterpret_cast<float *>(memory);
  if (lane == 0) {
#pragma unroll
    for (int r = 0; r < ROWS; ++r)
#pragma unroll
      for (int c = 0; c < each; ++c)
        all[r * COLUMNS + warp * each + c] = sums[r][c];
  }
  writeSums<ROWS, COLUMNS>(all, 1, rows, firstColumn, columnCount, write);
}

/// Neighbours of the weight lie along its columns: COLUMNS / COUNT threads have one k, the others of the block other ones.
template <class T, int ROWS, int COLUMNS, int COUNT, int XCOUNT, int DEPTH, class X, class Weight, class Write>
__device__ __forceinline__ void linearFewAlongN(char *memory, int rows, int firstColumn, int columnCount, int depth,
                                                X x, Weight weight, Write write) {
  constexpr int across = COLUMNS / COUNT, slots = fewThreads / across;
  constexpr int ahead = 8;
  static_assert(across <= 32 && DEPTH % (slots * ahead) == 0, "chunks of whole steps");
  auto *staged = reinterpret_cast<typename T::Storage *>(memory);
  int slot = threadIdx.x / across, own = threadIdx.x % across * COUNT;
  int column = firstColumn + own;
  Vector<T, COUNT> words[ahead];
  auto load = [&](Vector<T, COUNT> &to, int k) {
    to.clear();
    if (column < columnCount && k < depth)
      to.load(weight(column, k));
  };
  float sums[ROWS][COUNT] = {};
#pragma unroll
  for (int a = 0; a < ahead; ++a)
    load(words[a], a * slots + slot);
#pragma unroll 1
  for (int k0 = 0; k0 < depth; k0 += DEPTH) {
    int steps = (min(depth - k0, DEPTH) + slots - 1) / slots;
    if (k0)
      __syncthreads();
    stageRows<T, ROWS, DEPTH, XCOUNT>(staged, rows, k0, depth, steps * slots, x);
    __syncthreads();
#pragma unroll 1
    for (int s = 0; s < steps; s += ahead) {
#pragma unroll
      for (int a = 0; a < ahead; ++a) {
        if (s + a >= steps)
          break;
        int k = (s + a) * slots + slot;
#pragma unroll
        for (int r = 0; r < ROWS; ++r) {
          float value = T::widen(staged[r * DEPTH + k]);
#pragma unroll
          for (int i = 0; i < COUNT; ++i)
            sums[r][i] += value * words[a].at(i);
        }
        load(words[a], k0 + k + ahead * slots);
      }
    }
  }
#pragma unroll
  for (int r = 0; r < ROWS; ++r)
#pragma unroll
    for (int i = 0; i < COUNT; ++i)
#pragma unroll
      for (int distance = 16; distance >= across; distance /= 2)
        sums[r][i] += __shfl_xor_sync(~0u, sums[r][i], distance);
  __syncthreads();
  auto *all = reinterpret_cast<float *>(memory);
  if (threadIdx.x % 32 < across) {
#pragma unroll
    for (int r = 0; r < ROWS; ++r)
#pragma unroll
      for (int i = 0; i < COUNT; ++i)
        all[(threadIdx.x / 32 * ROWS + r) * COLUMNS + own + i] = sums[r][i];
  }
  writeSums<ROWS, COLUMNS>(all, fewThreads / 32, rows, firstColumn, columnCount, write);
}
