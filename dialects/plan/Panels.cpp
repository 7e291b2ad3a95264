// SPDX-License-Identifier: Apache-2.0
#include "dialects/plan/Panels.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::plan {

PanelLayout::PanelLayout(PanelsAttr layout, RankedTensorType type)
    : outer(1), width(layout.getWidth()), group(layout.getGroup()),
      elementBytes(std::max<int64_t>(1, type.getElementTypeBitWidth() / 8)),
      columns(type.getDimSize(layout.getColumns())) {
  SmallVector<int64_t> strides(type.getRank(), 1);
  for (int64_t i = type.getRank(); i-- > 1;)
    strides[i - 1] = strides[i] * type.getDimSize(i);
  columnStride = strides[layout.getColumns()];
  for (int64_t i = 0; i < type.getRank(); ++i)
    if (i != layout.getColumns() && !llvm::is_contained(layout.getContracted(), i)) {
      outer *= type.getDimSize(i);
      outerDims.push_back(type.getDimSize(i));
      outerStrides.push_back(strides[i]);
    }
  contracted = {0};
  for (int64_t dim : layout.getContracted()) {
    std::vector<int64_t> all;
    for (int64_t offset : contracted)
      for (int64_t i = 0; i < type.getDimSize(dim); ++i)
        all.push_back(offset + i * strides[dim]);
    contracted = std::move(all);
  }
  panels = llvm::divideCeil(columns, width);
  depth = llvm::divideCeil(contracted.size(), group);
}

template <class Element>
void PanelLayout::packAs(const Element *source, int64_t count, int64_t lane, Element *panel) const {
  // As many rows at a time as a cache line of the source has elements, so that each line is read once either way.
  constexpr int64_t block = 64 / sizeof(Element);
  int64_t size = contracted.size();
  for (int64_t first = 0; first < size; first += block)
    for (int64_t n = 0; n < count; ++n)
      for (int64_t k = first; k < std::min(first + block, size); ++k)
        panel[(k / group * width + lane + n) * group + k % group] = source[n * columnStride + contracted[k]];
}

void PanelLayout::pack(ArrayRef<char> source, int64_t number, MutableArrayRef<char> panel) const {
  assert(int64_t(panel.size()) == getPanelBytes());
  int64_t first = number % panels * width, here = std::min(width, columns - first);
  if (here < width || int64_t(contracted.size()) < depth * group)
    llvm::fill(panel, 0);
  packColumns(source, number / panels, first, here, 0, panel);
}

void PanelLayout::packColumns(ArrayRef<char> source, int64_t outerIndex, int64_t first, int64_t count, int64_t lane,
                              MutableArrayRef<char> panel) const {
  assert(first + count <= columns && lane + count <= width);
  int64_t offset = first * columnStride;
  for (size_t i = outerDims.size(); i-- > 0;) {
    offset += outerIndex % outerDims[i] * outerStrides[i];
    outerIndex /= outerDims[i];
  }
  const char *from = source.data() + offset * elementBytes;
  switch (elementBytes) {
  case 1:
    return packAs(reinterpret_cast<const uint8_t *>(from), count, lane, reinterpret_cast<uint8_t *>(panel.data()));
  case 2:
    return packAs(reinterpret_cast<const uint16_t *>(from), count, lane, reinterpret_cast<uint16_t *>(panel.data()));
  case 4:
    return packAs(reinterpret_cast<const uint32_t *>(from), count, lane, reinterpret_cast<uint32_t *>(panel.data()));
  default:
    assert(elementBytes == 8);
    return packAs(reinterpret_cast<const uint64_t *>(from), count, lane, reinterpret_cast<uint64_t *>(panel.data()));
  }
}

/// The width of panels, and their cost.
static std::pair<int64_t, int64_t> findPanels(int64_t columns) {
  // Narrow tiles do less work for each element of the other operand that they load: they must save as much in padding.
  constexpr std::pair<int64_t, int64_t> costs[] = {{64, 100}, {48, 106}, {32, 115}, {16, 150}};
  if (columns < 16)
    return {llvm::PowerOf2Ceil(columns), 16 * 150};
  std::pair<int64_t, int64_t> best{64, INT64_MAX};
  for (auto [width, cost] : costs)
    if (int64_t total = llvm::divideCeil(columns, width) * width * cost; total < best.second)
      best = {width, total};
  return best;
}

int64_t choosePanelWidth(int64_t columns) { return findPanels(columns).first; }

int64_t getPanelCost(int64_t columns) { return findPanels(columns).second; }

std::optional<OperandPath> findOperandPath(Value operand, llvm::function_ref<bool(Value)> inMemory) {
  OperandPath path{operand, {}, {}, {}};
  path.dims = llvm::to_vector(llvm::seq<int64_t>(0, rank(operand)));
  // starts and steps of the dimensions of the operand, as far as they are followed.
  MLIRContext *context = operand.getContext();
  SmallVector<Expr> starts(path.dims.size(), constant(context, 0));
  SmallVector<int64_t> steps(path.dims.size(), 1);
  auto replace = [&](llvm::function_ref<int64_t(int64_t)> dimOf) {
    for (int64_t &dim : path.dims)
      dim = dim < 0 ? -1 : dimOf(dim);
  };
  while (!inMemory(path.source)) {
    Operation *op = path.source.getDefiningOp();
    if (auto transpose = dyn_cast_if_present<TransposeOp>(op)) {
      replace([&](int64_t dim) { return transpose.getPerm()[dim]; });
    } else if (auto slice = dyn_cast_if_present<SliceOp>(op)) {
      for (auto [i, dim] : llvm::enumerate(path.dims))
        if (dim >= 0) {
          starts[i] = slice.getStarts()[dim] + starts[i] * slice.getSteps()[dim];
          steps[i] *= slice.getSteps()[dim];
        }
    } else if (auto take = dyn_cast_if_present<TakeOp>(op)) {
      int64_t axis = take.getAxis(), count = rank(take.getIndices());
      replace([&](int64_t dim) { return dim < axis ? dim : dim < axis + count ? -1 : dim - count + 1; });
    } else if (auto gather = dyn_cast_if_present<GatherNdOp>(op)) {
      int64_t batch = gather.getBatchDims(), outer = rank(gather.getIndices()) - 1;
      int64_t chosen = *asConstant(getDims(gather.getIndices()).back());
      replace([&](int64_t dim) { return dim < batch ? dim : dim < outer ? -1 : dim - outer + batch + chosen; });
    } else {
      return std::nullopt;
    }
    path.source = op->getOperand(0);
  }
  path.starts.assign(rank(path.source), nullptr);
  path.steps.assign(rank(path.source), 1);
  for (auto [i, dim] : llvm::enumerate(path.dims))
    if (dim >= 0) {
      path.starts[dim] = starts[i];
      path.steps[dim] = steps[i];
    }
  return path;
}

} // namespace dsc::plan
