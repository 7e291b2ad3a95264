// SPDX-License-Identifier: Apache-2.0
// Values of which a run needs one of two forms (dsc.choose).
#ifndef DSC_PASSES_PLAN_FORMS_H
#define DSC_PASSES_PLAN_FORMS_H

#include "dialects/dsc/Dsc.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"

namespace dsc::plan {

/// Makes every form of a choice the result of an operation of its own, perhaps reshaped, that only this choice uses: two such
/// operations can write one buffer. Others are copied.
void separateForms(mlir::func::FuncOp func);

/// The operation whose result, perhaps reshaped, a form is.
mlir::Operation *getFormRoot(mlir::Value form);

/// When the results of the operations of an entry are needed.
class Needs {
public:
  explicit Needs(mlir::func::FuncOp func);
  /// 0 or 1 over the entry's sizes; null where a result is needed in every run.
  prim::Expr of(mlir::Operation *op) const { return conditions.lookup(op); }

private:
  llvm::DenseMap<mlir::Operation *, prim::Expr> conditions;
};

} // namespace dsc::plan

#endif
