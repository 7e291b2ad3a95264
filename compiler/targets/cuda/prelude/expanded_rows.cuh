// SPDX-License-Identifier: Apache-2.0
// needs: attention
// Keys or values of one head made from a tile of latent rows: to[t][d] = sum over k of latent[t][k]
// * weight(d, k), k ascending, rounded to the element type. The weight passes through shared memory
// 32 columns k at a time, the next ones under way.

/// What the expansion of TILE latent rows of LATENT elements into WIDTH keeps in shared memory.
template <class T, unsigned TILE_, unsigned LATENT_, unsigned WIDTH> struct ExpandedShape {
  typedef typename T::Storage Storage;
  static constexpr unsigned TILE = TILE_, LATENT = LATENT_, depth = 32;
  static constexpr bool matrix = sizeof(Storage) == 2;
  static constexpr unsigned pad = 16 / sizeof(Storage),
                            latentWidth = (LATENT + depth - 1) / depth * depth,
                            latentStride = latentWidth + pad;
  static constexpr unsigned columns = (WIDTH + 15) / 16 * 16,
                            chunk = columns * (depth + pad) > depth *(columns + pad)
                                        ? columns *(depth + pad)
                                        : depth *(columns + pad);
  static constexpr unsigned latentAt = 0, weightsAt = TILE * latentStride * sizeof(Storage);
  static constexpr unsigned bytes = weightsAt + 2 * chunk * sizeof(Storage);

  char *memory;
  __device__ __forceinline__ Storage *latent() const {
    return reinterpret_cast<Storage *>(memory + latentAt);
  }
  __device__ __forceinline__ Storage *weights(unsigned stage) const {
    return reinterpret_cast<Storage *>(memory + weightsAt) + stage * chunk;
  }
  /// Columns of latent rows that do not exist are zero from now on.
  __device__ __forceinline__ void clear() const {
#pragma unroll 1
    for (unsigned i = threadIdx.x; i < TILE * (latentWidth - LATENT); i += 256)
      latent()[i % TILE * latentStride + LATENT + i / TILE] = T::narrow(0);
  }
};

/// COUNT neighbours of the weight, along k or along d, are one copy; zero outside. COUNT of 0:
/// weight(d, k) is the element.
template <class T, class Shape, bool ALONGK, unsigned WIDTH, unsigned COUNT, class Weight>
__device__ __forceinline__ void stageWeights(typename T::Storage *to, unsigned k0, Weight weight) {
  constexpr unsigned columns = (WIDTH + 15) / 16 * 16;
  constexpr unsigned count = COUNT ? COUNT : 1, inner = ALONGK ? Shape::depth : columns;
  constexpr unsigned outer = ALONGK ? columns : Shape::depth, all = inner * outer / count;
  constexpr bool isAsync = COUNT * sizeof(typename T::Storage) == 16;
#pragma unroll(isAsync ? (all + 255) / 256 : 1)
  for (unsigned n = 0; n < all; n += 256) {
    unsigned i = n + threadIdx.x;
    if (all % 256 && i >= all)
      break;
    unsigned along = i % (inner / count) * count, across = i / (inner / count);
    unsigned d = ALONGK ? across : along, k = k0 + (ALONGK ? along : across);
    bool inside = d < WIDTH && k < Shape::LATENT;
    auto *at = to + across * (inner + Shape::pad) + along;
    if constexpr (COUNT == 0) {
      *at = inside ? T::narrow(weight(d, k)) : T::narrow(0);
    } else if constexpr (isAsync) {
      copy16(at, weight(inside ? d : 0, inside ? k : 0), inside);
    } else {
      Vector<T, COUNT> v;
      v.clear();
      if (inside)
        v.load(weight(d, k));
      v.store(at);
    }
  }
}

/// The latent rows stand in shared memory or are under way to it.
template <class T, class Shape, bool ALONGK, unsigned WIDTH, unsigned COUNT, class Weight>
__device__ __forceinline__ void expandRows(Shape m, typename T::Storage *to, unsigned toStride,
                                           Weight weight) {
  constexpr unsigned columns = (WIDTH + 15) / 16 * 16;
  constexpr unsigned stride = (ALONGK ? Shape::depth : columns) + Shape::pad;
  constexpr unsigned chunks = Shape::latentWidth / Shape::depth;
  constexpr unsigned units = Shape::TILE / 16 * (columns / 16),
                     mine = (units + 7) / 8; // of 16 rows and columns, over warps
  constexpr unsigned scalars = (Shape::TILE * columns + 255) / 256;
  typename T::Sum sums[Shape::matrix ? mine * 8 : scalars] = {};
  unsigned warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  stageWeights<T, Shape, ALONGK, WIDTH, COUNT>(m.weights(0), 0, weight);
  commitCopies();
#pragma unroll 1
  for (unsigned c = 0; c < chunks; ++c) {
    if (c + 1 < chunks)
      stageWeights<T, Shape, ALONGK, WIDTH, COUNT>(m.weights((c + 1) % 2), (c + 1) * Shape::depth,
                                                   weight);
    commitCopies();
    awaitCopies<1>();
    __syncthreads();
    const auto *now = m.weights(c % 2);
    if constexpr (Shape::matrix) {
#pragma unroll
      for (unsigned u = 0; u < mine; ++u) {
        unsigned unit = warp + u * 8;
        if (unit >= units)
          break;
#pragma unroll
        for (unsigned k = 0; k < Shape::depth; k += 16) {
          unsigned left[4], right[4];
          loadLeft<true>(left, m.latent(), Shape::latentStride, unit % (Shape::TILE / 16) * 16,
                         c * Shape::depth + k);
          loadRight<ALONGK>(right, now, stride, unit / (Shape::TILE / 16) * 16, k);
#pragma unroll
          for (unsigned half = 0; half < 2; ++half) {
            auto &sum = *reinterpret_cast<float (*)[4]>(sums + u * 8 + half * 4);
            multiplyAdd<T>(sum, left, right[half * 2], right[half * 2 + 1]);
          }
        }
      }
    } else {
#pragma unroll 1
      for (unsigned k = 0; k < Shape::depth; ++k)
#pragma unroll
        for (unsigned u = 0; u < scalars; ++u) {
          unsigned i = threadIdx.x + u * 256, d = i % columns, t = i / columns;
          if (t < Shape::TILE)
            sums[u] += m.latent()[t * Shape::latentStride + c * Shape::depth + k] *
                       now[ALONGK ? d * stride + k : k * stride + d];
        }
    }
    __syncthreads();
  }
  if constexpr (Shape::matrix) {
#pragma unroll
    for (unsigned u = 0; u < mine; ++u) {
      unsigned unit = warp + u * 8;
#pragma unroll
      for (unsigned e = 0; e < 8; ++e) {
        unsigned t = unit % (Shape::TILE / 16) * 16 + lane / 4 + e / 2 % 2 * 8;
        unsigned d = unit / (Shape::TILE / 16) * 16 + e / 4 * 8 + lane % 4 * 2 + e % 2;
        if (unit < units && (columns == WIDTH || d < WIDTH))
          to[t * toStride + d] = T::narrow(sums[u * 8 + e]);
      }
    }
  } else {
#pragma unroll
    for (unsigned u = 0; u < scalars; ++u) {
      unsigned i = threadIdx.x + u * 256, d = i % columns, t = i / columns;
      if (t < Shape::TILE && (columns == WIDTH || d < WIDTH))
        to[t * toStride + d] = T::narrow(sums[u]);
    }
  }
}
