// SPDX-License-Identifier: Apache-2.0
// Which form of latent attention is compiled for how many new tokens.
#ifndef DSC_PASSES_DSC_LATENTFORMS_H
#define DSC_PASSES_DSC_LATENTFORMS_H

#include "dialects/dsc/Dsc.h"

namespace dsc {

/// Queries for which a GPU's kernel makes keys and values of a tile, of 16-bit types; of wider ones a quarter (targets/cuda/AttentionShape.cpp).
constexpr int64_t gpuExpandedQueries = 128;

/// When the absorbed form costs less, in multiplications of one head, with s new tokens that attend to T rows each:
///
///   absorbed: s*R*(n + v) + s*T*(2*R + r)
///   expanded: e*T*R*(n + v) + s*T*(n + r + v)
///
/// where e says how often keys and values are made of a row. Once for all new tokens on a CPU: against a long past the first term of the absorbed
/// form vanishes, and s = R*(n + v) / (2*R - n - v) is where they meet, 170 for n = v = 128 over R = 512. Without a past, T = s, the first terms are
/// equal and the expanded form needs less; but its kernel takes 32 queries at a time where the absorbed one puts heads beside them, so that it
/// wins from s*(2*R + r) = 32*(n + r + v) on.
///
/// On a GPU every block makes them for its Q queries: e = ceil(s / Q). With Q = 128 a query and row cost 1,344 multiplications against 1,088 for the
/// widths above, so that a long past is never worth it; up to T = R*(n + v) / (R*(n + v) / Q - (2*R - n - v)) = 512 rows the absorbed form's projections cost more.
struct LatentForms {
  /// `expandedQueries`: Q for 16-bit types; 0: e = 1.
  LatentForms(model::LatentAttentionOp op, int64_t expandedQueries);

  /// 1 where the absorbed form is taken, else 0; of the sizes of the operation.
  prim::Expr absorbed;
  /// So many new tokens of a sequence take it in any case; none: all do.
  std::optional<int64_t> mostAbsorbed;
  /// With more of them, as many as a block has, the expanded form is taken while they attend to fewer rows than this; none: however many there are.
  std::optional<int64_t> mostRows;
};

} // namespace dsc

#endif
