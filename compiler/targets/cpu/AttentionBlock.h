// SPDX-License-Identifier: Apache-2.0
// Attention of a block of rows of scores that share their keys: what is common to all kernels of
// attention.
#ifndef DSC_COMPILER_TARGETS_CPU_ATTENTIONBLOCK_H
#define DSC_COMPILER_TARGETS_CPU_ATTENTIONBLOCK_H

#include "compiler/targets/cpu/AttentionRows.h"

namespace dsc::cpu {

/// Scratch of one block.
struct AttentionScratch {
  Scratch queries; ///< [d][row]
  Scratch scores;  ///< of a tile, [t][row]; then their weights
  Scratch sums;    ///< of a split, [e][row]
  Scratch totals;  ///< of the splits before, [e][row]
  Scratch state;   ///< [4][row]: maximum and sum of weights of a split, then of the splits before
};

/// Keys and values of the `count` rows of the past from `first`.
struct AttentionTile {
  mlir::Value first, count;
  llvm::SmallVector<TileRows, 2> keys; ///< of each part
  TileRows values;
};

class AttentionBlock {
public:
  /// Lanes of a vector of rows.
  static constexpr int64_t width = 16;
  /// Vectors of a block at most.
  static constexpr int64_t maxVectors = 2;
  /// Weighted sums of values: of the split at hand, or of those before it.
  enum class Sums { Split, Before };

  /// The `vectors` vectors of rows from `firstRow` of sequence b and group g.
  AttentionBlock(KernelCode &code, const AttentionProblem &problem, const AttentionScratch &scratch,
                 Expr b, Expr g, Expr firstRow, int64_t vectors);
  /// Rows of the past that rows up to `lastRow` attend to at most.
  static Expr limit(const AttentionProblem &problem, Expr lastRow);

  /// The queries into scratch, rows in the lanes.
  void packQueries();
  /// As before anything is attended to.
  void clear(Sums which);
  /// Adds a tile to the sums of the split.
  void step(const AttentionTile &tile);
  /// Adds the sums of the split to those of the splits before.
  void combine();
  /// Writes the results.
  void store(Sums which);
  /// Writes sums, maximum and sum of weights of the split at hand, which is number `split`.
  void storePart(Expr split);

private:
  void withRows(int64_t v, llvm::function_ref<void(Expr, Expr)> body);
  mlir::Value at(mlir::Value row, int64_t v);
  mlir::Value at(int64_t row, int64_t v);
  void loop(mlir::Value end, mlir::Value step, llvm::function_ref<void(mlir::Value)> body);
  void loop(int64_t count, llvm::function_ref<void(mlir::Value)> body);
  mlir::Value convert(mlir::Value v, mlir::Type from);
  static int64_t topOf(Sums which) { return which == Sums::Split ? 0 : 2; }
  static int64_t totalOf(Sums which) { return which == Sums::Split ? 1 : 3; }
  const Scratch &sumsOf(Sums which) const {
    return which == Sums::Split ? memory.sums : memory.totals;
  }

  Values inGroups(mlir::Value count, Values carried,
                  llvm::function_ref<Values(mlir::Value, int64_t, Values)> body);
  Values emitScores(const AttentionTile &tile, int64_t v0);
  mlir::Value larger(mlir::Value x, mlir::Value y);
  mlir::Value finishScore(mlir::Value score, Expr past, int64_t v);
  mlir::Value finite(mlir::Value top);
  Values emitWeights(mlir::Value count, int64_t v0, Values top);
  void emitSums(const TileRows &values, mlir::Value count, int64_t v0,
                llvm::ArrayRef<mlir::Value> scale);

  KernelCode &c;
  const AttentionProblem &p;
  const AttentionScratch &memory;
  Expr b, g, firstRow;
  int64_t vectors, columns, together, unroll;
  mlir::Value minusInfinity, zero;
};

} // namespace dsc::cpu

#endif
