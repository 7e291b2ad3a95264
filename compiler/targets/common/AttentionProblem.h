// SPDX-License-Identifier: Apache-2.0
// What the attention kernel is asked for, whether heads share their keys and values or make them
// from latent rows.
#ifndef DSC_COMPILER_TARGETS_COMMON_ATTENTIONPROBLEM_H
#define DSC_COMPILER_TARGETS_COMMON_ATTENTIONPROBLEM_H

#include "compiler/targets/common/IndexMap.h"
#include "dialects/dsc/Dsc.h"

namespace dsc::target {

/// Keys or values: rows in memory, or images of latent rows [b, t, k] under the weight [g, d, k] of
/// a head.
struct AttentionSource {
  mlir::Value rows, weight = {};
  bool operator==(const AttentionSource &) const = default;
};

/// A part of queries and keys; the parts stand for their concatenation.
struct AttentionPart {
  mlir::Value queries;
  AttentionSource keys;
  int64_t width;
};

struct AttentionProblem {
  explicit AttentionProblem(model::AttentionOp op);
  explicit AttentionProblem(model::AttentionPartsOp op);

  explicit AttentionProblem(model::LatentAttentionOp op);

  /// Positions in the operands, of sequence b, group g, head h of the group, query s, past row t
  /// and feature d. In latent attention a group is a head, and rows are the same for all.
  Indices queryAt(Expr b, Expr g, Expr h, Expr s, Expr d) const {
    return latent ? Indices{b, g, s, d} : Indices{b, g, h, s, d};
  }
  Indices rowAt(Expr b, Expr g, Expr t, Expr d) const {
    return latent ? Indices{b, t, d} : Indices{b, g, t, d};
  }
  Indices scoreAt(Expr b, Expr g, Expr h, Expr s, Expr t) const { return queryAt(b, g, h, s, t); }

  /// Rows of scores that share keys: heads of a group times queries, the heads of one query being
  /// neighbours.
  Expr rows() const { return heads * queries; }
  /// Rows of the past that one step of the streaming softmax takes. A split begins at a multiple of
  /// it.
  static constexpr int64_t tile = 64;
  /// Rows of the past of one split.
  Expr splitRows;

  mlir::Value result, mask, bias; ///< the first result
  AttentionSource values;
  llvm::SmallVector<AttentionPart, 2> parts;
  Expr batch, groups, heads, queries, length, causal;
  /// Splits end up in results of their own.
  bool inParts = false;
  int64_t valueWidth = 0, latentWidth = 0;
  double scale = 1;
  bool latent = false;
  /// The element type of all but mask and bias, and the one in which scores and sums are kept.
  mlir::Type type, accumulator;

private:
  template <class Op> void read(Op op);
};

} // namespace dsc::target

#endif
