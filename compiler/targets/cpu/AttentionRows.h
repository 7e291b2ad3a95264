// SPDX-License-Identifier: Apache-2.0
// A tile of keys or values as the inner loops of attention read it: in place where memory holds it
// in the type of the sums, else converted into scratch.
#ifndef DSC_COMPILER_TARGETS_CPU_ATTENTIONROWS_H
#define DSC_COMPILER_TARGETS_CPU_ATTENTIONROWS_H

#include "compiler/targets/common/AttentionProblem.h"
#include "compiler/targets/cpu/KernelCode.h"
#include "compiler/targets/cpu/Scratch.h"

namespace dsc::cpu {

/// Element (t, d) of a tile lies at base + t * rowStride + d * featureStride, in elements.
struct TileRows {
  mlir::Value base, rowStride, featureStride;
  mlir::Type type;

  mlir::Value pointerTo(KernelCode &code, mlir::Value t, mlir::Value d) const;
  /// The element `t` rows and `d` features behind `pointer`, read in the current scope.
  mlir::Value read(KernelCode &code, mlir::Value pointer, mlir::Value t, mlir::Value d) const;
};

/// The rows of one operand [b, g, t, d] of attention.
class AttentionRows {
public:
  AttentionRows() = default;
  AttentionRows(KernelCode &code, const AttentionProblem &problem, mlir::Value tensor,
                int64_t width);

  /// The `count` rows (64 at most) from row `first` of sequence b and group g; what was prepared
  /// before is lost.
  TileRows prepare(KernelCode &code, Expr b, Expr g, mlir::Value first, mlir::Value count) const;
  mlir::Value tensor() const { return operand; }

private:
  mlir::Value operand;
  const AttentionProblem *problem = nullptr;
  int64_t width = 0, stride = 0;
  Scratch scratch; ///< unused where the operand is read in place
  bool inPlace = false;
};

} // namespace dsc::cpu

#endif
