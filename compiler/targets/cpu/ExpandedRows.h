// SPDX-License-Identifier: Apache-2.0
// A tile of keys or values of one head, made from a tile of latent rows: row[t][d] = sum over k of
// latent[t][k] * weight[head][d][k].
#ifndef DSC_COMPILER_TARGETS_CPU_EXPANDEDROWS_H
#define DSC_COMPILER_TARGETS_CPU_EXPANDEDROWS_H

#include "compiler/targets/cpu/AttentionRows.h"

namespace dsc::cpu {

class ExpandedRows {
public:
  ExpandedRows() = default;
  /// `weight` is [g, d, k] with d below `width`.
  ExpandedRows(KernelCode &code, const AttentionProblem &problem, mlir::Value weight,
               int64_t width);

  /// The images of the `count` rows of `latent` under the weight of head g.
  TileRows prepare(KernelCode &code, Expr g, const TileRows &latent, mlir::Value count) const;

private:
  void emitBlock(KernelCode &code, Expr g, const TileRows &latent, mlir::Value first, int64_t rows,
                 Expr column, int64_t vectors) const;

  const AttentionProblem *problem = nullptr;
  mlir::Value weight;
  int64_t width = 0, stride = 0;
  Scratch scratch;
};

} // namespace dsc::cpu

#endif
