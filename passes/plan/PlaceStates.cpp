// SPDX-License-Identifier: Apache-2.0
#include "passes/plan/PlaceStates.h"
#include "dialects/dsc/Dsc.h"
#include "dialects/plan/Plan.h"
#include "passes/plan/Fusion.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::plan {

static Value updateInPlace(OpBuilder &b, Location loc, Value target, Value update, ArrayRef<Expr> starts) {
  auto op = UpdateSliceOp::create(b, loc, target.getType(), target, update, ShapeAttr::get(b.getContext(), starts));
  op->setAttr(inPlaceAttr, b.getI64IntegerAttr(0));
  return op;
}

/// All of `value` written over the state `target`.
static Value overwrite(OpBuilder &b, Value target, Value value) {
  SmallVector<Expr> zeros(rank(value), constant(b.getContext(), 0));
  return updateInPlace(b, value.getLoc(), target, value, zeros);
}

static void placeAppends(func::FuncOp func) {
  func.walk([](model::CacheAppendOp op) {
    OpBuilder b(op);
    SmallVector<Expr> starts(rank(op.getPast()), constant(b.getContext(), 0));
    starts[op.getAxis()] = op.getAt();
    auto argument = dyn_cast<BlockArgument>(op.getPast());
    auto func = argument ? dyn_cast<func::FuncOp>(op->getParentOp()) : func::FuncOp();
    bool isState = func && func.getArgAttr(argument.getArgNumber(), stateAxisAttr);
    Value result;
    if (isState && !op.isStatic()) {
      Value extended = ExtendOp::create(b, op.getLoc(), op.getType(), op.getPast(), op.getAxisAttr());
      result = updateInPlace(b, op.getLoc(), extended, op.getUpdate(), starts);
    } else if (op.isStatic()) {
      result = UpdateSliceOp::create(b, op.getLoc(), op.getType(), op.getPast(), op.getUpdate(),
                                     ShapeAttr::get(b.getContext(), starts));
    } else {
      result = ConcatOp::create(b, op.getLoc(), op.getType(), ValueRange{op.getPast(), op.getUpdate()}, op.getAxisAttr());
    }
    op.replaceAllUsesWith(result);
    op.erase();
  });
}

static BlockArgument findArgument(func::FuncOp func, StringAttr state) {
  for (BlockArgument argument : func.getArguments())
    if (func.getArgAttrOfType<StringAttr>(argument.getArgNumber(), "dsc.state") == state)
      return argument;
  return {};
}

/// The operand of `op` that is `state` and may be overwritten by the result; -1 for none.
static int64_t findTarget(Operation *op, BlockArgument state) {
  if (isa<UpdateSliceOp, ScatterNdOp, ScatterAlongAxisOp>(op) && op->getOperand(0) == state)
    return 0;
  if (isa<BinaryOp>(op) && rank(state) == 0)
    return op->getOperand(0) == state ? 0 : op->getOperand(1) == state ? 1 : -1;
  return -1;
}

static Value placeResult(func::FuncOp func, func::ReturnOp exit, Value value, StringAttr name, IntegerAttr axis) {
  OpBuilder b(exit);
  BlockArgument before = findArgument(func, name);
  if (!before) {
    auto state = StateOp::create(b, value.getLoc(), value.getType(), name);
    if (axis)
      state->setAttr(stateAxisAttr, axis);
    return overwrite(b, state, value);
  }
  if (value == before)
    return value;
  Operation *op = value.getDefiningOp();
  if (op && op->hasAttr(inPlaceAttr))
    return value;
  int64_t target = op ? findTarget(op, before) : -1;
  // Nothing may read what the state held before after it has been overwritten. A scalar update waits until the end.
  bool isScalar = rank(value) == 0;
  if (target >= 0 && (isScalar ? value.hasOneUse() : before.hasOneUse())) {
    if (isScalar)
      op->moveBefore(exit);
    op->setAttr(inPlaceAttr, b.getI64IntegerAttr(target));
    return value;
  }
  if (!isScalar)
    func.emitRemark() << "state '" << name.getValue() << "' is copied: its contents before the run are still read after "
                      << "its new rows are known";
  return overwrite(b, before, value);
}

void placeStates(func::FuncOp func) {
  placeAppends(func);
  auto exit = cast<func::ReturnOp>(func.front().getTerminator());
  for (OpOperand &use : exit->getOpOperands()) {
    unsigned i = use.getOperandNumber();
    if (auto name = func.getResultAttrOfType<StringAttr>(i, "dsc.state"))
      use.set(placeResult(func, exit, use.get(), name, func.getResultAttrOfType<IntegerAttr>(i, stateAxisAttr)));
  }
}

} // namespace dsc::plan
