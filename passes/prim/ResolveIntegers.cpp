// SPDX-License-Identifier: Apache-2.0
// Integer and boolean tensors whose elements are expressions become prim.index_expr or prim.exprs: the chains that computed
// them are dead.
#include "passes/Passes.h"
#include "passes/prim/SymbolicValues.h"
#include "mlir/IR/Iterators.h"

namespace dsc {
#define GEN_PASS_DEF_RESOLVEINTEGERS
#include "passes/Passes.h.inc"
} // namespace dsc

using namespace mlir;
using namespace dsc;
using namespace dsc::prim;

namespace {

/// An expression that costs more to evaluate per element than a load is not worth it for a tensor that exists anyway.
unsigned countOperations(Expr e) {
  unsigned count = e.getOperands().empty() ? 0 : 1;
  for (Attribute operand : e.getOperands())
    count += countOperations(cast<ExprAttr>(operand));
  return count;
}

constexpr unsigned maxOperations = 64;

struct ResolveIntegers : dsc::impl::ResolveIntegersBase<ResolveIntegers> {
  using Base::Base;

  void runOnOperation() override {
    SymbolicValues values;
    llvm::SmallVector<std::pair<Value, SymbolicTensor>> resolved;
    getOperation()->walk([&](Operation *op) {
      if (op->getName().getDialectNamespace() != "prim" || isa<ConstantOp, IndexExprOp, ExprsOp>(op))
        return;
      for (Value result : op->getResults())
        if (!result.use_empty() && isa<IntegerType>(elementType(result)))
          if (auto tensor = values.get(result))
            resolved.push_back({result, *tensor});
    });
    for (auto &[value, tensor] : resolved) {
      OpBuilder builder(value.getDefiningOp());
      builder.setInsertionPointAfter(value.getDefiningOp());
      Location loc = value.getLoc();
      Value replacement;
      if (tensor.element && countOperations(tensor.element) <= maxOperations)
        replacement = IndexExprOp::create(builder, loc, value.getType(), tensor.element);
      else if (tensor.elements)
        replacement = ExprsOp::create(builder, loc, value.getType(), ShapeAttr::get(&getContext(), *tensor.elements));
      if (!replacement)
        continue;
      value.replaceAllUsesWith(replacement);
      ++numResolved;
    }
    // Chains die from their ends.
    getOperation()->walk<WalkOrder::PostOrder, mlir::ReverseIterator>([](Operation *op) {
      if (isOpTriviallyDead(op))
        op->erase();
    });
  }
};

} // namespace
