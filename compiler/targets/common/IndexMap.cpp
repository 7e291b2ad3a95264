// SPDX-License-Identifier: Apache-2.0
#include "compiler/targets/common/IndexMap.h"
#include "dialects/plan/Panels.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::ArrayRef;

namespace dsc::target {

Indices delinearize(Expr number, ArrayRef<Expr> dims, ArrayRef<Expr> extents) {
  Indices result(dims.size(), constant(number.getContext(), 0));
  SmallVector<unsigned> real;
  for (auto [i, dim] : llvm::enumerate(dims))
    if (!isConstant(dim, 1))
      real.push_back(i);
  Indices strides = denseStrides(number.getContext(), dims);
  for (unsigned i : real) {
    Expr position = i == real.back() ? number : simplify(floorDiv(number, strides[i]), extents);
    result[i] = i == real.front() ? position : simplify(mod(position, dims[i]), extents);
  }
  return result;
}

Type bufferType(plan::KernelOp kernel, unsigned operand) {
  unsigned inputs = kernel.getNumInputs();
  return operand < inputs ? kernel.getBlock().getArgument(operand).getType()
                          : kernel.getYielded()[operand - inputs].getType();
}

Indices bufferStrides(plan::KernelOp kernel, unsigned operand) {
  if (ShapeAttr strides = kernel.getOperandStrides(operand)) {
    auto list = strides.toVector();
    return Indices(list.begin(), list.end());
  }
  return denseStrides(kernel.getContext(), getDims(bufferType(kernel, operand)));
}

Expr panelAddress(plan::PanelsAttr layout, RankedTensorType type, ArrayRef<Expr> at,
                  ArrayRef<Expr> extents) {
  plan::PanelLayout sizes(layout, type);
  MLIRContext *context = layout.getContext();
  Expr outer = constant(context, 0), k = outer;
  for (auto [i, position] : llvm::enumerate(at))
    if (int64_t(i) != layout.getColumns() && !llvm::is_contained(layout.getContracted(), i))
      outer = outer * type.getDimSize(i) + position;
  for (int64_t dim : layout.getContracted())
    k = k * type.getDimSize(dim) + at[dim];
  Expr n = at[layout.getColumns()], width = constant(context, sizes.width);
  // In parts: that a panel begins at its first column is seen on small expressions only.
  Expr panel = simplify(floorDiv(n, width), extents), column = simplify(mod(n, width), extents);
  Expr row = (outer * sizes.panels + panel) * sizes.depth;
  if (sizes.group == 1)
    return (row + k) * sizes.width + column;
  Expr group = constant(context, sizes.group);
  return ((row + simplify(floorDiv(k, group), extents)) * sizes.width + column) * sizes.group +
         simplify(mod(k, group), extents);
}

Expr bufferAddress(plan::KernelOp kernel, unsigned operand, ArrayRef<Expr> at,
                   ArrayRef<Expr> extents) {
  if (plan::PanelsAttr layout = kernel.getOperandPanels(operand))
    return panelAddress(layout, cast<RankedTensorType>(bufferType(kernel, operand)), at, extents);
  auto dims = getDims(bufferType(kernel, operand));
  Indices strides = bufferStrides(kernel, operand);
  Expr address = constant(kernel.getContext(), 0);
  for (auto [i, dim] : llvm::enumerate(dims))
    if (!isConstant(dim, 1))
      address = address + at[i] * strides[i];
  return simplify(address, extents);
}

} // namespace dsc::target
