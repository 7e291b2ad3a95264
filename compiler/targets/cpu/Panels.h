// SPDX-License-Identifier: Apache-2.0
// The register tiles of contractions against weights in panels (#plan.panels), for any kernel that
// has one: columns in the lanes, the contracted index ascending, one chain of multiply-adds for each
// element. The order of summation is the weight's: it does not depend on the tile, on the rows beside
// or on the instruction set.
#ifndef DSC_COMPILER_TARGETS_CPU_PANELS_H
#define DSC_COMPILER_TARGETS_CPU_PANELS_H

#include "compiler/targets/cpu/KernelCode.h"

namespace dsc::cpu {

/// The part of a panel that a tile spans: vectors [first, first + count) of panel `panel`.
struct PanelPart {
  /// The panel's first column is panel * width.
  Expr panel;
  int64_t width;
  Expr first;
  int64_t count;

  /// Lanes of a vector: 16, or all columns of a narrower panel.
  int64_t lanes() const { return std::min<int64_t>(width, 16); }
  /// The column in the lane `lane` of vector `c` of this part.
  Expr column(int64_t c, Expr lane) const {
    return panel * width + (first + c) * lanes() + lane;
  }
};

/// Calls `body` with a lane index below `lanes`, all lanes at work. One lane is no vector.
void withPanelLanes(KernelCode &code, int64_t lanes, mlir::Value mask,
                    llvm::function_ref<void(Expr)> body);

/// The lanes of vector `c` that are columns of a tensor of `columns`; null when all are.
mlir::Value panelMask(KernelCode &code, const PanelPart &part, int64_t c, Expr columns);

/// The sums of a tile, row by row: sums[r * columns + c] = start + sum over k of multiply(left(r, k),
/// right(c, k)), with k over `contracted` in row-major order. Within withPanelLanes.
/// `left` gives scalars, `right` vectors.
struct ContractedTile {
  int64_t rows, columns;
  llvm::SmallVector<Expr> contracted;
  llvm::function_ref<mlir::Value(int64_t row, llvm::ArrayRef<Expr> k)> left, right;
  llvm::function_ref<mlir::Value(mlir::Value l, mlir::Value r, mlir::Value sum)> multiplyAdd;
};
Values emitContractedTile(KernelCode &code, const ContractedTile &tile, Values start);

/// Rows of the largest tile: narrow elements need registers to widen in, where registers are few.
int64_t tileRows(const Isa &machine, mlir::Type element);

/// Two neighbours along the contracted index as one i32, the first in the low half. `first` and `second` are f32 that bf16 can hold.
mlir::Value emitPair(Code &c, mlir::Value first, mlir::Value second);
/// sum + first products + second products, by the instruction for pairs of bf16: `pair` from emitPair, `weights` 32 bf16 as i16.
mlir::Value emitPairMultiplyAdd(Code &c, mlir::Value pair, mlir::Value weights, mlir::Value sum);

/// Vectors of columns that a tile of `rows` rows spans in a panel of `vectors`: as many as the machine's
/// registers hold, and a divisor of `vectors`.
int64_t tileVectors(const Isa &machine, int64_t rows, int64_t vectors);

/// Calls `body(first, rows)` for tiles that together cover rows [0, count): as many of `most` rows as fit,
/// then smaller ones, so that few rows read a panel once or twice.
void overRowTiles(KernelCode &code, Expr count, int64_t most,
                  llvm::function_ref<void(Expr first, int64_t rows)> body);

} // namespace dsc::cpu

#endif
