// SPDX-License-Identifier: Apache-2.0
#include "compiler/report/WeightReport.h"
#include "dialects/dsc/Dsc.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc {

static int64_t bytesOf(ConstantOp op) {
  auto type = cast<RankedTensorType>(op.getType());
  return type.getNumElements() * llvm::divideCeil(type.getElementTypeBitWidth(), 8);
}

/// The part of a constant that one token needs through a use, followed through layout operations.
static double readShare(OpOperand &use, unsigned depth = 0) {
  Operation *user = use.getOwner();
  if (auto take = dyn_cast<TakeOp>(user); take && use.getOperandNumber() == 0)
    return 1.0 / std::max<int64_t>(1, cast<RankedTensorType>(use.get().getType()).getDimSize(take.getAxis()));
  if (auto experts = dyn_cast<model::ExpertsOp>(user)) {
    bool shared = use.get() == experts.getSharedGate() || use.get() == experts.getSharedUp() || use.get() == experts.getSharedDown();
    return shared ? 1 : std::min(1.0, double(experts.getK()) / double(experts.getExperts()));
  }
  if (depth > 8 || !isa<ReshapeOp, TransposeOp, SliceOp, ConvertOp, ConcatOp>(user))
    return 1;
  double most = 0;
  for (OpOperand &next : user->getResult(0).getUses())
    most = std::max(most, readShare(next, depth + 1));
  return most;
}

llvm::json::Object describeWeights(func::FuncOp entry) {
  int64_t bytes = 0;
  double read = 0;
  entry.walk([&](ConstantOp op) {
    double share = 0;
    for (OpOperand &use : op->getUses())
      share = std::max(share, readShare(use));
    bytes += bytesOf(op);
    read += share * double(bytesOf(op));
  });
  return llvm::json::Object{{"entry", entry.getName()}, {"bytes", bytes}, {"read_per_token", int64_t(read)}};
}

} // namespace dsc
