// SPDX-License-Identifier: Apache-2.0
#include "passes/prim/IntegerArithmetic.h"

using namespace dsc::prim;

namespace dsc {

Expr apply(BinaryKind kind, Expr a, Expr b, bool truth, llvm::ArrayRef<Expr> extents) {
  switch (kind) {
  case BinaryKind::Add:
    return a + b;
  case BinaryKind::Sub:
    return a - b;
  case BinaryKind::Mul:
    return a * b;
  case BinaryKind::Div:
    if (!provablyNonZero(b, extents))
      return {};
    return provablyNonNegative(a, extents) && provablyNonNegative(b, extents) ? floorDiv(a, b)
                                                                              : truncDiv(a, b);
  case BinaryKind::Mod:
    return provablyNonZero(b, extents) ? mod(a, b) : Expr();
  case BinaryKind::Rem:
    if (!provablyNonZero(b, extents))
      return {};
    return provablyNonNegative(a, extents) && provablyNonNegative(b, extents)
               ? mod(a, b)
               : a - b * truncDiv(a, b);
  case BinaryKind::Min:
    return truth ? a * b : min(a, b);
  case BinaryKind::Max:
    return truth ? a + b - a * b : max(a, b);
  case BinaryKind::And:
    return truth ? a * b : Expr();
  case BinaryKind::Or:
    return truth ? a + b - a * b : Expr();
  case BinaryKind::Xor:
    return truth ? a + b - a * b * 2 : Expr();
  default:
    return {};
  }
}

Expr apply(CompareKind kind, Expr a, Expr b) {
  switch (kind) {
  case CompareKind::Eq:
    return equal(a, b);
  case CompareKind::Ne:
    return logicalNot(equal(a, b));
  case CompareKind::Lt:
    return less(a, b);
  case CompareKind::Le:
    return lessEqual(a, b);
  case CompareKind::Gt:
    return less(b, a);
  case CompareKind::Ge:
    return lessEqual(b, a);
  }
  llvm_unreachable("unknown comparison");
}

} // namespace dsc
