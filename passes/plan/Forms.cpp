// SPDX-License-Identifier: Apache-2.0
#include "passes/plan/Forms.h"
#include "passes/plan/Fusion.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::plan {

Operation *getFormRoot(Value form) {
  Operation *op = form.getDefiningOp();
  while (isa_and_nonnull<ReshapeOp>(op))
    op = op->getOperand(0).getDefiningOp();
  return op;
}

/// Written by a kernel of its own, which writes all of it and no state.
static bool standsAlone(OpOperand &use) {
  Value form = use.get();
  while (form.hasOneUse() && form.getDefiningOp<ReshapeOp>())
    form = form.getDefiningOp()->getOperand(0);
  Operation *op = form.getDefiningOp();
  return op && form.hasOneUse() && op->getNumResults() == 1 && !op->hasAttr(inPlaceAttr) && op->getBlock() == use.getOwner()->getBlock() &&
         !isa<ReshapeOp, ConstantOp, model::ChooseOp, UpdateSliceOp, ScatterNdOp, ScatterAlongAxisOp>(op);
}

void separateForms(func::FuncOp func) {
  func.walk([](model::ChooseOp choose) {
    for (OpOperand &use : choose->getOpOperands()) {
      if (standsAlone(use))
        continue;
      OpBuilder b(choose);
      Value value = use.get();
      SmallVector<Expr> zeros(rank(value), constant(b.getContext(), 0));
      SmallVector<int64_t> ones(rank(value), 1);
      use.set(SliceOp::create(b, value.getLoc(), value.getType(), value, ShapeAttr::get(b.getContext(), zeros), ones));
    }
  });
}

/// Whether `e` is 0 or 1 by its form.
static bool isTruth(Expr e) {
  if (e.getKind() == ExprKind::Product && e.getValue() == 1)
    return llvm::all_of(e.getOperands(), [](Attribute factor) { return isTruth(cast<ExprAttr>(factor)); });
  return e.getKind() == ExprKind::NonNegative || e.getKind() == ExprKind::IsZero;
}

static Expr truth(Expr condition) { return isTruth(condition) ? condition : logicalNot(isZero(condition)); }

Needs::Needs(func::FuncOp func) {
  // Null means always, so that an operation is looked up once all its uses are known.
  for (Operation &op : llvm::reverse(func.front())) {
    std::optional<Expr> need;
    for (OpOperand &use : op.getUses()) {
      Expr here = of(use.getOwner());
      if (auto choose = dyn_cast<model::ChooseOp>(use.getOwner()); choose && choose.getFirst() != choose.getSecond()) {
        Expr condition = truth(choose.getCondition());
        if (use.getOperandNumber() == 1)
          condition = logicalNot(condition);
        here = here ? here * condition : condition;
      }
      if (need && *need != here)
        here = nullptr;
      need = here;
      if (!here)
        break;
    }
    if (need && *need)
      conditions[&op] = *need;
  }
}

} // namespace dsc::plan
