// SPDX-License-Identifier: Apache-2.0
#include "passes/plan/Buffers.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::plan {

Value getBufferRoot(Value value) {
  for (;;) {
    Operation *def = value.getDefiningOp();
    if (!def)
      return value;
    if (isa<ReshapeOp, ExtendOp>(def)) {
      value = def->getOperand(0);
      continue;
    }
    auto launch = dyn_cast<LaunchOp>(def);
    if (!launch)
      return value;
    auto kernel = SymbolTable::lookupNearestSymbolFrom<KernelOp>(launch, launch.getKernelAttr());
    int64_t alias = kernel.getAliases()[cast<OpResult>(value).getResultNumber()];
    if (alias < 0)
      return value;
    value = launch.getInputs()[alias];
  }
}

bool readsInput(DefineSymbolOp define) {
  auto argument = dyn_cast<BlockArgument>(getBufferRoot(define.getValue()));
  if (!argument)
    return false;
  auto func = cast<func::FuncOp>(argument.getOwner()->getParentOp());
  return !func.getArgAttr(argument.getArgNumber(), "dsc.state");
}

Expr getBytes(Type type) {
  auto dims = getDims(type);
  int64_t bits = cast<RankedTensorType>(type).getElementTypeBitWidth();
  return product(type.getContext(), dims) * std::max<int64_t>(1, bits / 8);
}

/// A launch writes its result into this one, or a view of it.
static bool isWrittenAgain(Value value) {
  return llvm::any_of(value.getUses(), [](OpOperand &use) {
    if (isa<ReshapeOp>(use.getOwner()))
      return isWrittenAgain(use.getOwner()->getResult(0));
    auto launch = dyn_cast<LaunchOp>(use.getOwner());
    if (!launch)
      return false;
    auto kernel = SymbolTable::lookupNearestSymbolFrom<KernelOp>(launch, launch.getKernelAttr());
    return llvm::is_contained(kernel.getAliases(), int64_t(use.getOperandNumber()));
  });
}

Expr getBytesNeeded(Value value) {
  Expr bytes = getBytes(value.getType());
  Value root = getBufferRoot(value);
  auto launch = root.getDefiningOp<LaunchOp>();
  if (!launch || !launch.getConditionAttr() || isWrittenAgain(root))
    return bytes;
  return bytes * launch.getConditionAttr();
}

} // namespace dsc::plan
