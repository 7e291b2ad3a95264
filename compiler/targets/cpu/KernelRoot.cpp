// SPDX-License-Identifier: Apache-2.0
#include "compiler/targets/cpu/KernelRoot.h"
#include "dialects/prim/NarrowTypes.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::cpu {

static LogicalResult checkTypes(plan::KernelOp kernel) {
  auto check = [&](Operation *op, Type type) -> LogicalResult {
    Type element = getElementTypeOrSelf(type);
    if (isSupported(element))
      return success();
    return op->emitError() << "the CPU target has no code for the element type " << element;
  };
  for (Type type : kernel.getBlock().getArgumentTypes())
    if (failed(check(kernel, type)))
      return failure();
  for (Operation &op : kernel.getBlock()) {
    bool computes = isa<UnaryOp, BinaryOp, CompareOp, ReduceOp, ArgReduceOp, CumSumOp, DotOp, TopKOp>(op);
    if (computes && llvm::any_of(op.getOperandTypes(), [](Type t) { return isNarrow(getElementTypeOrSelf(t)); }))
      return op.emitError() << "the CPU target converts and moves elements of "
                            << getElementTypeOrSelf(op.getOperandTypes()[0]) << " and computes nothing with them";
    for (Type type : op.getResultTypes())
      if (failed(check(&op, type)))
        return failure();
  }
  return success();
}

/// The dot that only pointwise operations of the same shape separate from the output, and no other
/// loop does.
static DotOp findDot(plan::KernelOp kernel) {
  if (kernel.getYielded().size() != 1)
    return nullptr;
  DotOp found;
  llvm::SmallVector<Value> work{kernel.getYielded()[0]};
  llvm::SmallPtrSet<Operation *, 8> seen;
  while (!work.empty()) {
    Operation *op = work.pop_back_val().getDefiningOp();
    if (!op || !seen.insert(op).second)
      continue;
    if (auto dot = dyn_cast<DotOp>(op)) {
      if (found)
        return nullptr;
      found = dot;
    } else if (isa<UnaryOp, BinaryOp, CompareOp, SelectOp, ConvertOp, BitcastOp>(op)) {
      llvm::append_range(work, op->getOperands());
    }
  }
  return found;
}

FailureOr<std::unique_ptr<KernelRoot>> makeRoot(plan::KernelOp kernel) {
  if (failed(checkTypes(kernel)))
    return failure();
  Operation *last = kernel.getYielded().empty() ? nullptr : kernel.getYielded()[0].getDefiningOp();
  bool inPlace = llvm::any_of(kernel.getAliases(), [](int64_t alias) { return alias >= 0; });
  if (DotOp dot = findDot(kernel)) {
    if (auto root = makePanelDotRoot(kernel, dot))
      return root;
    return makeDotRoot(kernel, dot);
  }
  auto root =
      llvm::TypeSwitch<Operation *, std::unique_ptr<KernelRoot>>(last)
          .Case<plan::GroupRowsOp>([&](auto op) { return makeGroupRowsRoot(kernel, op); })
          .Case<CumSumOp>([&](auto op) { return makeCumSumRoot(kernel, op); })
          .Case<ScatterNdOp>([&](auto op) { return makeScatterNdRoot(kernel, op); })
          .Case<ScatterAlongAxisOp>([&](auto op) { return makeScatterAlongAxisRoot(kernel, op); })
          .Case<TopKOp>([&](auto op) { return makeTopKRoot(kernel, op); })
          .Case<model::AttentionOp>([&](auto op) { return makeAttentionRoot(kernel, op); })
          .Case<model::AttentionPartsOp>([&](auto op) { return makeAttentionPartsRoot(kernel, op); })
          .Case<model::AttentionCombineOp>([&](auto op) { return makeAttentionCombineRoot(kernel, op); })
          .Case<model::LatentAttentionOp>([&](auto op) { return makeExpandedAttentionRoot(kernel, op); })
          .Case<NonZeroOp>([&](auto op) { return makeNonZeroRoot(kernel, op); })
          .Case<model::RouteOp>([&](auto op) { return makeRouteRoot(kernel, op); })
          .Default([](Operation *) { return nullptr; });
  if (root)
    return root;
  if (auto update = dyn_cast_if_present<UpdateSliceOp>(last); update && inPlace)
    return makeUpdateSliceRoot(kernel, update);
  return makeMapRoot(kernel);
}

} // namespace dsc::cpu
