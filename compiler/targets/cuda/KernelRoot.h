// SPDX-License-Identifier: Apache-2.0
// How the last operation of a kernel is cut into blocks and written to memory. Its operands are asked element by element
// (KernelSource).
#ifndef DSC_COMPILER_TARGETS_CUDA_KERNELROOT_H
#define DSC_COMPILER_TARGETS_CUDA_KERNELROOT_H

#include "compiler/targets/cuda/KernelSource.h"
#include "dialects/dsc/Dsc.h"
#include <memory>

namespace dsc::cuda {

struct LaunchShape {
  Expr grid;               // blocks; an expression over the kernel's sizes
  unsigned threads = 128;  // of a block, a multiple of 32
  unsigned sharedBytes = 0; // dynamic shared memory; arrays with a name in the source come on top
};

class KernelRoot {
public:
  explicit KernelRoot(plan::KernelOp kernel) : kernel(kernel), context(kernel.getContext()) {}
  virtual ~KernelRoot() = default;
  virtual LaunchShape launch() const = 0;
  /// The body of the kernel. What a block computes does not depend on the others.
  virtual void emit(KernelSource &source) const = 0;

protected:
  Expr constant(int64_t value) const { return prim::constant(context, value); }

  plan::KernelOp kernel;
  mlir::MLIRContext *context;
};

/// A thread for each position of `dims`, neighbours along the last one.
LaunchShape threadPerPosition(mlir::MLIRContext *context, llvm::ArrayRef<Expr> dims, unsigned threads);
/// The position of this thread; threads beyond the last one return.
Indices emitThreadPosition(KernelSource &source, llvm::ArrayRef<Expr> dims, unsigned threads);

/// Fails with a diagnostic at the operation for which there is no code.
mlir::FailureOr<std::unique_ptr<KernelRoot>> makeRoot(plan::KernelOp kernel);

std::unique_ptr<KernelRoot> makeDotRoot(plan::KernelOp kernel, prim::DotOp op);
/// For operands in memory, of f32, f16 and bf16; null for others.
std::unique_ptr<KernelRoot> makeLinearRoot(plan::KernelOp kernel, prim::DotOp op);
std::unique_ptr<KernelRoot> makeAttentionRoot(plan::KernelOp kernel, model::AttentionOp op);
std::unique_ptr<KernelRoot> makeAttentionPartsRoot(plan::KernelOp kernel, model::AttentionPartsOp op);
std::unique_ptr<KernelRoot> makeAttentionCombineRoot(plan::KernelOp kernel, model::AttentionCombineOp op);
/// Keys and values are made per tile.
std::unique_ptr<KernelRoot> makeExpandedAttentionRoot(plan::KernelOp kernel, model::LatentAttentionOp op);
std::unique_ptr<KernelRoot> makeMapRoot(plan::KernelOp kernel);
std::unique_ptr<KernelRoot> makeUpdateSliceRoot(plan::KernelOp kernel, prim::UpdateSliceOp op);
/// For kernels whose reductions a warp or a block evaluates together; null for others.
std::unique_ptr<KernelRoot> makeReduceRoot(plan::KernelOp kernel);
std::unique_ptr<KernelRoot> makeCumSumRoot(plan::KernelOp kernel, prim::CumSumOp op);
std::unique_ptr<KernelRoot> makeScatterNdRoot(plan::KernelOp kernel, prim::ScatterNdOp op);
std::unique_ptr<KernelRoot> makeScatterAlongAxisRoot(plan::KernelOp kernel, prim::ScatterAlongAxisOp op);
std::unique_ptr<KernelRoot> makeTopKRoot(plan::KernelOp kernel, prim::TopKOp op);
std::unique_ptr<KernelRoot> makeNonZeroRoot(plan::KernelOp kernel, prim::NonZeroOp op);
std::unique_ptr<KernelRoot> makeRouteRoot(plan::KernelOp kernel, model::RouteOp op);
std::unique_ptr<KernelRoot> makeGroupRowsRoot(plan::KernelOp kernel, plan::GroupRowsOp op);

} // namespace dsc::cuda

#endif
