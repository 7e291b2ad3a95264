// SPDX-License-Identifier: Apache-2.0
// What prim's elementwise operations compute on integers, as expressions.
#ifndef DSC_PASSES_PRIM_INTEGERARITHMETIC_H
#define DSC_PASSES_PRIM_INTEGERARITHMETIC_H

#include "dialects/prim/Prim.h"

namespace dsc {

/// `a` and `b` combined; of truth values (0 or 1) with `truth`. Indices in them lie within
/// `extents`. Null where no expression says it: bits of integers, a divisor that may be zero.
prim::Expr apply(prim::BinaryKind kind, prim::Expr a, prim::Expr b, bool truth,
                 llvm::ArrayRef<prim::Expr> extents);

/// 1 where the comparison holds, else 0.
prim::Expr apply(prim::CompareKind kind, prim::Expr a, prim::Expr b);

} // namespace dsc

#endif
