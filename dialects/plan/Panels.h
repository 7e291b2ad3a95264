// SPDX-License-Identifier: Apache-2.0
// Weights in panels (#plan.panels): sizes, packing, and how a contraction's operand reads a tensor.
#ifndef DSC_DIALECTS_PLAN_PANELS_H
#define DSC_DIALECTS_PLAN_PANELS_H

#include "dialects/plan/Plan.h"

namespace dsc::plan {

/// Sizes of one weight in panels.
class PanelLayout {
public:
  /// `type` has a constant shape, of which `layout` names dimensions.
  PanelLayout(PanelsAttr layout, mlir::RankedTensorType type);

  int64_t outer, panels, depth; // outer indices, panels of each, rows of `width * group` elements in a panel
  int64_t width, group;

  int64_t getNumPanels() const { return outer * panels; }
  int64_t getPanelBytes() const { return depth * width * group * elementBytes; }
  int64_t getBytes() const { return getNumPanels() * getPanelBytes(); }
  /// The shape of the packed bytes: [outer, panels, depth, width * group].
  llvm::SmallVector<int64_t, 4> getShape() const { return {outer, panels, depth, width * group}; }

  /// Writes panel `number` in [0, getNumPanels()) of the row-major tensor `source` to `panel`, of getPanelBytes() bytes.
  void pack(llvm::ArrayRef<char> source, int64_t number, llvm::MutableArrayRef<char> panel) const;
  /// Writes columns [first, first + count) of outer index `outerIndex` of `source` to lanes [lane, lane + count) of a panel; the rest of it stays.
  void packColumns(llvm::ArrayRef<char> source, int64_t outerIndex, int64_t first, int64_t count, int64_t lane,
                   llvm::MutableArrayRef<char> panel) const;

private:
  template <class Element>
  void packAs(const Element *source, int64_t count, int64_t lane, Element *panel) const;

  int64_t elementBytes, columns, columnStride;
  llvm::SmallVector<int64_t> outerDims, outerStrides;
  std::vector<int64_t> contracted; // distance in `source` of each contracted index
};

/// The width of panels for a weight of `columns` columns: a multiple of 16 up to 64, or a power of two below 16. Little is wasted at
/// the end and a row of a panel is whole cache lines where that is possible.
int64_t choosePanelWidth(int64_t columns);

/// What computing with a weight of `columns` columns costs in panels of that width, in hundredths of a column of the widest panels.
int64_t getPanelCost(int64_t columns);

/// How the operand of a contraction reads a tensor in memory, through operations that permute, cut and choose.
struct OperandPath {
  mlir::Value source;
  /// Of each dimension of the operand: the dimension of `source`, -1 where indices choose.
  llvm::SmallVector<int64_t> dims;
  /// Of each dimension of `source`: where the part that is read begins; null where indices choose.
  llvm::SmallVector<prim::Expr> starts;
  /// Of each dimension of `source`: the distance of what is read.
  llvm::SmallVector<int64_t> steps;
};

/// Follows `operand` through transposes, slices and choices of rows up to a value that `inMemory` accepts. None when something else
/// stands between.
std::optional<OperandPath> findOperandPath(mlir::Value operand, llvm::function_ref<bool(mlir::Value)> inMemory);

} // namespace dsc::plan

#endif
