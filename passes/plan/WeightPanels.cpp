// SPDX-License-Identifier: Apache-2.0
#include "passes/plan/WeightPanels.h"
#include "dialects/dsc/Dsc.h"
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

/// The layout of the weight at the end of `path` with these of its dimensions in the lanes and contracted.
static PanelsAttr layoutOf(const OperandPath &path, int64_t columns, ArrayRef<int64_t> contracted) {
  if (columns < 0 || llvm::is_contained(contracted, -1))
    return {};
  auto type = cast<RankedTensorType>(path.source.getType());
  int64_t width = choosePanelWidth(type.getDimSize(columns));
  auto start = asConstant(path.starts[columns]);
  // A part of the columns begins at a panel: narrower ones where that helps.
  while (start && *start % width != 0 && width > 16)
    width -= 16;
  if (type.getDimSize(columns) < minColumns || !start || *start % width != 0 || path.steps[columns] != 1)
    return {};
  return PanelsAttr::get(type.getContext(), columns, contracted, width, 1);
}

/// The layout of the weight that an operand of `dot` reads on `path`.
static PanelsAttr layoutOf(DotOp dot, bool isLhs, const OperandPath &path, bool bf16Dot) {
  Value operand = isLhs ? dot.getLhs() : dot.getRhs();
  auto batch = isLhs ? dot.getLhsBatch() : dot.getRhsBatch();
  auto contract = isLhs ? dot.getLhsContract() : dot.getRhsContract();
  SmallVector<int64_t> contracted;
  for (int64_t dim : contract)
    contracted.push_back(path.dims[dim]);
  int64_t columns = -1;
  for (int64_t dim = 0; dim < rank(operand); ++dim)
    if (!llvm::is_contained(batch, dim) && !llvm::is_contained(contract, dim) && !isConstant(getDim(operand.getType(), dim), 1))
      columns = path.dims[dim];
  PanelsAttr layout = layoutOf(path, columns, contracted);
  if (!layout || !bf16Dot || contracted.size() != 1)
    return layout;
  // Pairs along the whole contracted dimension; several of these, or a part, have no pairs that stay together.
  int64_t k = contracted[0], size = cast<RankedTensorType>(path.source.getType()).getDimSize(k);
  bool pairs = elementType(operand).isBF16() && layout.getWidth() % 16 == 0 && size % 2 == 0 && isConstant(path.starts[k], 0) &&
               path.steps[k] == 1 && isConstant(getDims(operand)[contract[0]], size);
  return pairs ? PanelsAttr::get(dot.getContext(), columns, contracted, layout.getWidth(), 2) : layout;
}

/// The layout in which the expanded form reads `input`: features of a head in the lanes. Key and value weights are often parts of one
/// tensor, and then have one layout.
static PanelsAttr layoutOf(model::LatentAttentionOp op, const Fusion::Tree &tree, Value input) {
  auto isInput = [&](Value value) { return tree.inputs.contains(value); };
  PanelsAttr layout;
  int64_t readers = 0;
  for (Value weight : {op.getKeyWeight(), op.getValueWeight()}) {
    auto path = findOperandPath(weight, isInput);
    if (!path || path->source != input)
      continue;
    PanelsAttr here = layoutOf(*path, path->dims[1], {path->dims[2]});
    if (!here || (layout && (layout.getColumns() != here.getColumns() || layout.getContracted() != here.getContracted())))
      return {};
    // The narrower panels: each part begins at one.
    bool narrower = !layout || (here.getWidth() < layout.getWidth() && layout.getWidth() % here.getWidth() == 0);
    if (!narrower && here.getWidth() % layout.getWidth() != 0)
      return {};
    layout = narrower ? here : layout;
    ++readers;
  }
  int64_t uses = llvm::count_if(input.getUses(), [&](OpOperand &use) { return llvm::is_contained(tree.ops, use.getOwner()); });
  return uses == readers ? layout : PanelsAttr();
}

PanelsAttr choosePanels(const Fusion::Tree &tree, Value input, bool bf16Dot) {
  if (auto latent = dyn_cast<model::LatentAttentionOp>(tree.ops.back()))
    return isWeight(input) ? layoutOf(latent, tree, input) : PanelsAttr();
  auto dot = dyn_cast<DotOp>(tree.ops.back());
  if (!dot || !isWeight(input) || !isReadOnce(tree, input))
    return {};
  auto isInput = [&](Value value) { return tree.inputs.contains(value); };
  for (bool isLhs : {false, true}) {
    auto path = findOperandPath(isLhs ? dot.getLhs() : dot.getRhs(), isInput);
    if (path && path->source == input)
      return layoutOf(dot, isLhs, *path, bf16Dot);
  }
  return {};
}

// ---- Rows that choose their weight -------------------------------------------------------------------------------

/// The one operand among transposes, slices and choices up to the weight that gives indices; null when there is none, or several.
static OpOperand *findChoice(Value operand) {
  OpOperand *found = nullptr;
  for (Operation *op = operand.getDefiningOp(); isa_and_present<TransposeOp, SliceOp, TakeOp, GatherNdOp>(op);
       op = op->getOperand(0).getDefiningOp()) {
    if (!isa<TakeOp, GatherNdOp>(op))
      continue;
    auto gather = dyn_cast<GatherNdOp>(op);
    if (found || (gather && (gather.getBatchDims() != 0 || !isConstant(getDims(gather.getIndices()).back(), 1))))
      return nullptr;
    found = &op->getOpOperand(1);
  }
  return found;
}

/// Whether `dot` multiplies each chosen matrix by one vector: the free dimensions of the other operand are ones, and one dimension
/// of the indices is not.
static bool isMatrixTimesVector(DotOp dot, bool isLhs, const OperandPath &path) {
  Value other = isLhs ? dot.getRhs() : dot.getLhs();
  auto batch = isLhs ? dot.getRhsBatch() : dot.getLhsBatch(), contract = isLhs ? dot.getRhsContract() : dot.getLhsContract();
  for (int64_t dim = 0; dim < rank(other); ++dim)
    if (!llvm::is_contained(batch, dim) && !llvm::is_contained(contract, dim) && !isConstant(getDims(other)[dim], 1))
      return false;
  auto dims = getDims(isLhs ? dot.getLhs() : dot.getRhs());
  return llvm::count_if(llvm::enumerate(dims), [&](auto it) { return path.dims[it.index()] < 0 && !isConstant(it.value(), 1); }) == 1;
}

void groupChosenRows(func::FuncOp func, int64_t most) {
  llvm::DenseMap<std::pair<Value, int64_t>, Value> known;
  func.walk([&](DotOp dot) {
    for (bool isLhs : {false, true}) {
      Value operand = isLhs ? dot.getLhs() : dot.getRhs();
      OpOperand *choice = findChoice(operand);
      auto path = findOperandPath(operand, isWeight);
      if (!choice || !path || !isMatrixTimesVector(dot, isLhs, *path) || !layoutOf(dot, isLhs, *path, false))
        continue;
      Operation *chooser = choice->getOwner();
      auto take = dyn_cast<TakeOp>(chooser);
      int64_t matrices = *asConstant(getDims(chooser->getOperand(0))[take ? take.getAxis() : 0]);
      Value ids = choice->get(), &grouped = known[{ids, matrices}];
      Type type = elementType(ids);
      if (matrices < 2 || !chooser->hasOneUse() || (!type.isSignlessInteger(64) && !type.isSignlessInteger(32)))
        continue;
      if (!grouped) {
        OpBuilder b(func.getContext());
        b.setInsertionPointAfterValue(ids);
        auto groups = GroupRowsOp::create(b, ids.getLoc(), ids, matrices, most);
        grouped = InGroupsOp::create(b, ids.getLoc(), ids.getType(), ids, groups.getOrder(), groups.getGroups());
      }
      choice->set(grouped);
      return;
    }
  });
}

} // namespace dsc::plan
