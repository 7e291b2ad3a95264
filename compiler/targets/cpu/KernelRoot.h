// SPDX-License-Identifier: Apache-2.0
// How the last operation of a kernel is cut into work items and written to memory. Its operands are
// asked element by element (KernelCode).
#ifndef DSC_COMPILER_TARGETS_CPU_KERNELROOT_H
#define DSC_COMPILER_TARGETS_CPU_KERNELROOT_H

#include "compiler/targets/cpu/KernelCode.h"
#include "dialects/dsc/Dsc.h"
#include <memory>

namespace dsc::cpu {

class KernelRoot {
public:
  explicit KernelRoot(plan::KernelOp kernel) : kernel(kernel), context(kernel.getContext()) {}
  virtual ~KernelRoot() = default;
  /// Number of independent work items: the same for every instruction set.
  virtual Expr grid() const = 0;
  /// Code for the work items [begin, end). What an item computes does not depend on the others.
  virtual void emit(KernelCode &code) const = 0;

protected:
  plan::KernelOp kernel;
  mlir::MLIRContext *context;
};

/// Fails with a diagnostic at the operation for which there is no code.
mlir::FailureOr<std::unique_ptr<KernelRoot>> makeRoot(plan::KernelOp kernel);

std::unique_ptr<KernelRoot> makeDotRoot(plan::KernelOp kernel, prim::DotOp op);
/// For a dot one of whose operands is a weight in panels; null for others.
std::unique_ptr<KernelRoot> makePanelDotRoot(plan::KernelOp kernel, prim::DotOp op);
std::unique_ptr<KernelRoot> makeAttentionRoot(plan::KernelOp kernel, model::AttentionOp op);
std::unique_ptr<KernelRoot> makeAttentionPartsRoot(plan::KernelOp kernel,
                                                   model::AttentionPartsOp op);
std::unique_ptr<KernelRoot> makeAttentionCombineRoot(plan::KernelOp kernel,
                                                     model::AttentionCombineOp op);
std::unique_ptr<KernelRoot> makeExpandedAttentionRoot(plan::KernelOp kernel,
                                                      model::LatentAttentionOp op);
std::unique_ptr<KernelRoot> makeGroupRowsRoot(plan::KernelOp kernel, plan::GroupRowsOp op);
std::unique_ptr<KernelRoot> makeMapRoot(plan::KernelOp kernel);
std::unique_ptr<KernelRoot> makeUpdateSliceRoot(plan::KernelOp kernel, prim::UpdateSliceOp op);
std::unique_ptr<KernelRoot> makeCumSumRoot(plan::KernelOp kernel, prim::CumSumOp op);
std::unique_ptr<KernelRoot> makeScatterNdRoot(plan::KernelOp kernel, prim::ScatterNdOp op);
std::unique_ptr<KernelRoot> makeScatterAlongAxisRoot(plan::KernelOp kernel,
                                                     prim::ScatterAlongAxisOp op);
std::unique_ptr<KernelRoot> makeTopKRoot(plan::KernelOp kernel, prim::TopKOp op);
std::unique_ptr<KernelRoot> makeNonZeroRoot(plan::KernelOp kernel, prim::NonZeroOp op);
std::unique_ptr<KernelRoot> makeRouteRoot(plan::KernelOp kernel, model::RouteOp op);

} // namespace dsc::cpu

#endif
