// SPDX-License-Identifier: Apache-2.0
// An expression prepared for evaluation at many positions.
#ifndef DSC_COMPILER_REFERENCE_EXPRPROGRAM_H
#define DSC_COMPILER_REFERENCE_EXPRPROGRAM_H

#include "dialects/prim/Expr.h"
#include "llvm/ADT/SmallVector.h"
#include <optional>

namespace dsc::reference {

/// Postfix code of an expression whose symbols have been replaced by their values.
class ExprProgram {
public:
  /// `e` has no leaves but indices.
  explicit ExprProgram(prim::Expr e);

  /// The value at a position; none where an operation is undefined (division by zero).
  std::optional<int64_t> evaluate(llvm::ArrayRef<int64_t> position);

private:
  struct Step {
    prim::ExprKind kind;
    int64_t value;
    unsigned operands;
  };
  void append(prim::Expr e);

  llvm::SmallVector<Step> steps;
  llvm::SmallVector<int64_t> stack;
};

} // namespace dsc::reference

#endif
