// SPDX-License-Identifier: Apache-2.0
#include "passes/plan/WeightPanels.h"
#include "dialects/plan/Panels.h"
#include "passes/plan/Buffers.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::plan {

/// Below this many columns too few lanes have work.
constexpr int64_t minColumns = 4;

/// Whether exactly one operation of the tree reads `value`, once.
static bool isReadOnce(const Fusion::Tree &tree, Value value) {
  return llvm::count_if(value.getUses(), [&](OpOperand &use) { return llvm::is_contained(tree.ops, use.getOwner()); }) == 1;
}

static bool isWeight(Value input) {
  auto type = cast<RankedTensorType>(input.getType());
  return getBufferRoot(input).getDefiningOp<ConstantOp>() && type.hasStaticShape() && type.getNumElements() > 0 &&
         (type.getElementType().isF32() || type.getElementType().isBF16() || type.getElementType().isF16());
}

PanelsAttr choosePanels(const Fusion::Tree &tree, Value input) {
  auto dot = dyn_cast<DotOp>(tree.ops.back());
  if (!dot || !isWeight(input) || !isReadOnce(tree, input))
    return {};
  auto isInput = [&](Value value) { return tree.inputs.contains(value); };
  for (bool isLhs : {false, true}) {
    Value operand = isLhs ? dot.getLhs() : dot.getRhs();
    auto path = findOperandPath(operand, isInput);
    if (!path || path->source != input)
      continue;
    auto batch = isLhs ? dot.getLhsBatch() : dot.getRhsBatch();
    auto contract = isLhs ? dot.getLhsContract() : dot.getRhsContract();
    SmallVector<int64_t> contracted;
    for (int64_t dim : contract)
      contracted.push_back(path->dims[dim]);
    int64_t columns = -1;
    for (int64_t dim = 0; dim < rank(operand); ++dim)
      if (!llvm::is_contained(batch, dim) && !llvm::is_contained(contract, dim) && !isConstant(getDim(operand.getType(), dim), 1))
        columns = path->dims[dim];
    if (columns < 0 || llvm::is_contained(contracted, -1))
      return {};
    auto type = cast<RankedTensorType>(input.getType());
    int64_t width = choosePanelWidth(type.getDimSize(columns));
    auto start = asConstant(path->starts[columns]);
    // A part of the columns begins at a panel: narrower ones where that helps.
    while (start && *start % width != 0 && width > 16)
      width -= 16;
    if (type.getDimSize(columns) < minColumns || !start || *start % width != 0 || path->steps[columns] != 1)
      return {};
    return PanelsAttr::get(input.getContext(), columns, contracted, width, 1);
  }
  return {};
}

} // namespace dsc::plan
