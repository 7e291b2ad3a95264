// SPDX-License-Identifier: Apache-2.0
// Parts of the normal form that its simplification needs.
#ifndef DSC_DIALECTS_PRIM_EXPRFORMS_H
#define DSC_DIALECTS_PRIM_EXPRFORMS_H

#include "dialects/prim/Expr.h"

namespace dsc::prim {

/// The expression of e's kind with other operands, in normal form.
Expr rebuild(Expr e, llvm::ArrayRef<Expr> operands);

/// Splits e into b * quotient + rest, term by term, for a divisor that is one term. A positive number is split as well: what a slice
/// adds to a position does not hide where a block begins.
std::pair<Expr, Expr> divideTerms(Expr e, Expr divisor);

} // namespace dsc::prim

#endif
