// SPDX-License-Identifier: Apache-2.0
// Integer expressions over the sizes of an entry: the language in which dsc writes shapes, offsets and the
// elements of index tensors.
//
// An Expr is an immutable, uniqued attribute in a normal form, so that equality of pointers is equality of
// polynomials: sums of products of atoms with integer coefficients, where an atom is a symbol, an index or
// one of floordiv, mod, min, max, nonneg, iszero, select. The functions below are the only way to make one
// and keep the form. Arithmetic saturates at the ends of int64.
//
// Booleans are 0 and 1: `a <= b` is nonneg(b - a), `a == b` is iszero(a - b), `not c` is 1 - c, `c and d` is c * d.
#ifndef DSC_DIALECTS_PRIM_EXPR_H
#define DSC_DIALECTS_PRIM_EXPR_H

#include "mlir/IR/Attributes.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/TensorEncoding.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <optional>
#include <string>

namespace dsc::prim {

/// Operators of the normal form. Order matters: it is the order of atoms in a printed sum.
enum class ExprKind : uint8_t {
  Symbol,      ///< a size or integer of the entry; `value` is its lower bound (0 for sizes)
  Index,       ///< d<value>: position along a dimension of the tensor whose element this describes
  FloorDiv,    ///< operands a, b
  Mod,         ///< a - b * floordiv(a, b)
  Min,
  Max,
  NonNegative, ///< a >= 0 ? 1 : 0
  IsZero,      ///< a == 0 ? 1 : 0
  Select,      ///< a != 0 ? b : c
  Product,     ///< value * operands..., at least one operand, sorted; value != 0
  Sum,         ///< value + operands..., sorted, no two alike up to a coefficient
  Constant     ///< value
};

} // namespace dsc::prim

#include "dialects/prim/PrimEnums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/prim/PrimAttrs.h.inc"

namespace dsc::prim {

using Expr = ExprAttr;

Expr constant(mlir::MLIRContext *context, int64_t value);
/// A size (lowerBound 0) or an integer of unknown sign (lowerBound INT64_MIN).
Expr symbol(mlir::MLIRContext *context, llvm::StringRef name, int64_t lowerBound = 0);
Expr index(mlir::MLIRContext *context, unsigned dim);

Expr operator+(Expr a, Expr b);
Expr operator+(Expr a, int64_t b);
Expr operator-(Expr a, Expr b);
Expr operator-(Expr a, int64_t b);
Expr operator-(Expr a);
Expr operator*(Expr a, Expr b);
Expr operator*(Expr a, int64_t b);
/// Rounds towards minus infinity. Division by a constant zero yields zero; the caller diagnoses it.
Expr floorDiv(Expr a, Expr b);
/// ceil(a / b).
Expr ceilDiv(Expr a, Expr b);
/// a - b * floorDiv(a, b): the sign of the divisor.
Expr mod(Expr a, Expr b);
/// Division and remainder that truncate towards zero (C, ONNX Div).
Expr truncDiv(Expr a, Expr b);
Expr min(Expr a, Expr b);
Expr max(Expr a, Expr b);
Expr nonNegative(Expr a);
Expr isZero(Expr a);
Expr select(Expr condition, Expr ifTrue, Expr ifFalse);
Expr lessEqual(Expr a, Expr b);
Expr less(Expr a, Expr b);
Expr equal(Expr a, Expr b);
Expr logicalNot(Expr a);

/// The value when it is the same in every run.
std::optional<int64_t> asConstant(Expr e);
inline bool isConstant(Expr e, int64_t value) { return asConstant(e) == value; }

/// Product of all sizes.
Expr product(mlir::MLIRContext *context, llvm::ArrayRef<Expr> dims);

/// Rebuilds `e` with each symbol or index for which `leaf` returns an expression replaced by it.
Expr substitute(Expr e, llvm::function_ref<std::optional<Expr>(Expr)> leaf);
/// Replaces d0, d1, ... by the given expressions (an index beyond them stays).
Expr substituteIndices(Expr e, llvm::ArrayRef<Expr> indices);
/// Calls `visit` for each symbol and index in `e`.
void walkLeaves(Expr e, llvm::function_ref<void(Expr)> visit);
bool usesIndex(Expr e);
bool usesIndex(Expr e, unsigned dim);
bool usesSymbol(Expr e, llvm::StringRef name);

/// True when e >= 0 for all sizes within their bounds and all indices d_i in [0, dims[i]). Sound, not
/// complete: false means "not proved". An index with no entry in `dims` is only known to be >= 0.
bool provablyNonNegative(Expr e, llvm::ArrayRef<Expr> dims = {});
inline bool provablyEqual(Expr a, Expr b) { return a == b; }
bool provablyNonZero(Expr e, llvm::ArrayRef<Expr> dims = {});

/// Rebuilds `e`, dropping comparisons, min, max and selects that the ranges of indices decide. `e` describes an
/// element, so that no dimension is taken to be zero.
Expr simplify(Expr e, llvm::ArrayRef<Expr> dims);

/// The same size in fewer words where its value at s = 0 and its form for s >= 1 agree, for a symbol s: what is left
/// of s rows after taking off min(s, 1) and putting it back is s.
Expr simplifySize(Expr e);

/// The value under an assignment of leaves; none when a leaf has no value or an operation is undefined.
std::optional<int64_t> evaluate(Expr e, llvm::function_ref<std::optional<int64_t>(Expr)> leaf);

/// Text form, as in `s0 + 2*s1` or `min(4, "past length" + d0)`. Names that are not identifiers, or would read as an index
/// or a function, are quoted. A symbol of unknown sign is written with a leading '$'.
std::string toString(Expr e);

/// Parses the text form and what exporters write into dim_param: + - * // % ( ), integers, names, Min, Max, Mod,
/// floor(a/b), ceiling(a/b) and the functions of the text form. On failure returns null and
/// says why in `*error`. Nesting is limited to 200 levels and the length to 64 KiB: input may be hostile.
Expr parseExpr(mlir::MLIRContext *context, llvm::StringRef text, std::string *error);

} // namespace dsc::prim

#endif
