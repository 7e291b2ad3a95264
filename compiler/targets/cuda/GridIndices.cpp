// SPDX-License-Identifier: Apache-2.0
#include "compiler/targets/cuda/GridIndices.h"

using namespace dsc::prim;

namespace dsc::cuda {

Expr GridDim::count() const { return isConstant(unit, 1) ? extent : ceilDiv(extent, unit); }

Expr gridSize(mlir::MLIRContext *context, llvm::ArrayRef<GridDim> dims) {
  Expr size = constant(context, 1);
  for (const GridDim &dim : dims)
    size = size * dim.count();
  return size;
}

/// The number of blocks along `dim` in C++.
static std::string countText(KernelSource &s, const GridDim &dim) {
  if (auto known = asConstant(dim.count()))
    return std::to_string(*known) + "u";
  std::string extent = "(unsigned)" + s.emit(dim.extent);
  if (isConstant(dim.unit, 1))
    return s.define(s.current, "unsigned", "blocks", extent);
  std::string unit =
      asConstant(dim.unit) ? s.emit(dim.unit) + "u" : "(unsigned)" + s.emit(dim.unit);
  return s.define(s.current, "unsigned", "blocks",
                  "(" + extent + " + (" + unit + " - 1)) / " + unit);
}

Indices emitGridIndices(KernelSource &s, llvm::ArrayRef<GridDim> dims) {
  Indices at(dims.size(), s.constant(0));
  llvm::SmallVector<size_t> real;
  for (auto [i, dim] : llvm::enumerate(dims))
    if (!isConstant(dim.count(), 1))
      real.push_back(i);
  std::string rest = "blockIdx.x";
  for (size_t i : llvm::reverse(real)) {
    std::string here = rest;
    if (i != real.front()) {
      std::string count = countText(s, dims[i]);
      here = rest + " % " + count;
      rest = s.define(s.current, "unsigned", "rest", rest + " / " + count);
    }
    at[i] = s.newIndex(dims[i].count());
    s.bind(at[i], s.define(s.current, s.indexType(at[i]), "block", here));
  }
  return at;
}

} // namespace dsc::cuda
