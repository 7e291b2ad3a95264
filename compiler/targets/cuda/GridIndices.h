// SPDX-License-Identifier: Apache-2.0
// Which block of a grid with several dimensions this is.
#ifndef DSC_COMPILER_TARGETS_CUDA_GRIDINDICES_H
#define DSC_COMPILER_TARGETS_CUDA_GRIDINDICES_H

#include "compiler/targets/cuda/KernelSource.h"

namespace dsc::cuda {

/// A dimension of a grid: ceil(extent / unit) blocks, `unit` elements each.
struct GridDim {
  Expr extent, unit;
  Expr count() const;
};

/// The number of all blocks.
Expr gridSize(mlir::MLIRContext *context, llvm::ArrayRef<GridDim> dims);
/// blockIdx.x as a position in the row-major order over `dims`, in blocks: variables of the current
/// scope, from divisions of 32 bits without sign.
Indices emitGridIndices(KernelSource &source, llvm::ArrayRef<GridDim> dims);

} // namespace dsc::cuda

#endif
