// SPDX-License-Identifier: Apache-2.0
// Tiles of the attention kernels: as many rows and as long tiles as shared memory has room for.
#ifndef DSC_COMPILER_TARGETS_CUDA_ATTENTIONSHAPE_H
#define DSC_COMPILER_TARGETS_CUDA_ATTENTIONSHAPE_H

#include "compiler/targets/common/AttentionProblem.h"

namespace dsc::cuda {

/// The skeletons' AttentionShape (prelude/attention.cuh), whose sums these follow.
struct AttentionShape {
  int64_t rows = 16, tile = 32, stages = 1; ///< of scores, of the past, tiles in shared memory
  int64_t width = 0, values = 0;            ///< features of a key and of a value
  bool exact = false;                       ///< weights keep the precision of sums
  bool shared = false;                      ///< values are a prefix of the keys
  int64_t element = 2, sum = 4;             ///< bytes

  int64_t bytes() const;
};

/// The skeletons' ExpandedShape: what rebuilding keys and values from latent rows needs beside it.
struct ExpandedShape {
  int64_t tile, latent, width, element;
  int64_t bytes() const;
};

/// Shared memory of a block at most: what a device of capability 8.0 has, less 1 KiB of its own.
constexpr int64_t mostShared = 163 << 10;

/// The shape for a problem, null where not even the smallest one fits. `shared` as above.
std::optional<AttentionShape> chooseShape(const target::AttentionProblem &problem, bool shared);

} // namespace dsc::cuda

#endif
