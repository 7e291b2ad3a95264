// SPDX-License-Identifier: Apache-2.0
// Single elements of tensors, followed backwards through whatever only moves them.
//
// An element is a value and a position in it, expressions over indices with known ranges. Reshapes, transposes, slices, broadcasts and
// concatenations vanish in positions; so do gathers, whose indices are elements of integer tensors: known ones are expressions, and one that
// depends on data (the expert that token t has in slot j) is an index of its own, an atom. Two computations that differ in layout are
// then the same elements, and a proof about "every t, j and h" is one about symbols.
#ifndef DSC_PASSES_RECOGNIZE_ELEMENTS_H
#define DSC_PASSES_RECOGNIZE_ELEMENTS_H

#include "dialects/dsc/Dsc.h"
#include "dialects/prim/IndexMap.h"
#include "passes/prim/SymbolicValues.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

namespace dsc::recognize {

using prim::Expr;
using prim::Indices;

struct Element {
  mlir::Value value;
  Indices at;

  explicit operator bool() const { return bool(value); }
  bool operator==(const Element &other) const { return value == other.value && at == other.at; }
  template <typename OpTy>
  OpTy op() const {
    return value ? llvm::dyn_cast_if_present<OpTy>(value.getDefiningOp()) : OpTy();
  }
};

inline bool isKind(const Element &e, prim::BinaryKind kind) {
  auto op = e.op<prim::BinaryOp>();
  return op && op.getKind() == kind;
}
inline bool isKind(const Element &e, prim::UnaryKind kind) {
  auto op = e.op<prim::UnaryOp>();
  return op && op.getKind() == kind;
}

class Elements {
public:
  /// Numbers of indices begin at 3: d0, d1, d2 are left to positions within weights (StoredWeight).
  explicit Elements(mlir::MLIRContext *context) : context(context), extents(3, prim::constant(context, 1)) {}

  /// An index of its own over [0, extent).
  Expr newIndex(Expr extent);
  llvm::ArrayRef<Expr> getExtents() const { return extents; }
  Expr simplify(Expr e) const;
  /// The range of an index.
  Expr extentOf(Expr index) const { return extents[index.getValue()]; }

  /// The element that `value` has at `at`, where it was computed.
  Element resolve(mlir::Value value, llvm::ArrayRef<Expr> at) { return follow(value, at, true); }
  /// The same, but not through choices by indices: where layout operations alone have moved it from.
  Element resolveLayout(mlir::Value value, llvm::ArrayRef<Expr> at) { return follow(value, at, false); }
  /// The same without changes of precision between floats on the way.
  Element resolveThroughCasts(mlir::Value value, llvm::ArrayRef<Expr> at);
  /// Operand i of the elementwise operation that computes `e`.
  Element operand(const Element &e, unsigned i) { return resolve(e.value.getDefiningOp()->getOperand(i), e.at); }
  Element withoutCasts(Element e);

  /// An integer, a truth value or a float that holds an integer; never null, for what is not known is an atom.
  Expr integer(mlir::Value value, llvm::ArrayRef<Expr> at);
  /// The element as a number known at compile time, rounded as its type is.
  std::optional<double> number(const Element &e);

  /// What an index stands for, if it is an atom.
  const Element *getAtom(Expr index) const;
  /// True when one of `indices` occurs in the position, or in that of an atom other than `except` in it.
  bool dependsOn(llvm::ArrayRef<Expr> at, llvm::ArrayRef<Expr> indices, Expr except = {}) const;
  /// True when `e` may differ from token to token, other than by the expert that the atom `expert` stands for. Of a single token the position
  /// says nothing: what is not stored is its own.
  bool isPerToken(const Element &e, llvm::ArrayRef<Expr> tokens, Expr expert = {}) const;
  /// `e` with index `from` replaced, inside atoms too.
  Expr rename(Expr e, Expr from, Expr to);
  Element rename(const Element &e, Expr from, Expr to);

  /// The same value, by the same operations from the same elements.
  bool equal(const Element &a, const Element &b) { return equal(a, b, 12); }

  /// The elements of `value` are atoms over [0, extent), whatever they are computed from.
  void keepOpaque(mlir::Value value, Expr extent) { opaque = value, opaqueExtent = extent; }

  /// Takes an atom to be something until `forget`: a constant in the case of one expert, a token in that of one row.
  void assume(Expr atom, Expr value);
  void forget();

  /// The operations that `resolve`, `integer` and `operand` went through since the last clear: what a proof has covered.
  llvm::SetVector<mlir::Operation *> visited;

private:
  Element follow(mlir::Value value, llvm::ArrayRef<Expr> at, bool throughChoices);
  Expr atom(mlir::Value value, llvm::ArrayRef<Expr> at, Expr extent);
  Expr unknown(mlir::Value value, llvm::ArrayRef<Expr> at);
  Expr computeInteger(const Element &e);
  Expr topKIndex(prim::TopKOp op, llvm::ArrayRef<Expr> at);
  Element resolveConcat(prim::ConcatOp op, const Element &e);
  bool equal(const Element &a, const Element &b, unsigned depth);
  std::optional<Expr> place(prim::TopKOp sort, Expr row);

  Expr compacted(Expr e, Indices &used) const;
  Indices reshaped(prim::ReshapeOp op, llvm::ArrayRef<Expr> at) const;

  /// `value` holds i at the place that the sort's i-th index names, for all i.
  bool isInverse(mlir::Value value, prim::TopKOp sort);
  bool proveInverse(mlir::Value value, prim::TopKOp sort);

  /// Rows sorted by an integer key, and where the rows of each key begin.
  struct Segments {
    prim::TopKOp sort;
    llvm::SmallVector<Expr> ends; ///< by key
  };
  const Segments *getSegments(prim::ConcatOp op);
  std::optional<Segments> proveSegments(prim::ConcatOp op);
  bool countsKeys(mlir::Value histogram, prim::TopKOp sort, int64_t keys);

  mlir::MLIRContext *context;
  mlir::Value opaque;
  Expr opaqueExtent;
  SymbolicValues values;
  llvm::SmallVector<Expr> extents;
  std::map<std::pair<void *, std::vector<void *>>, Expr> atoms;
  llvm::DenseMap<int64_t, Element> atomOf;   // by number of the index
  llvm::DenseMap<Expr, Element> unknownOf;   // symbols
  llvm::DenseMap<Expr, Expr> assumed;
  std::map<std::pair<void *, std::vector<void *>>, Expr> integers;
  llvm::DenseMap<mlir::Value, std::optional<Segments>> segments;
  llvm::DenseMap<std::pair<mlir::Value, mlir::Value>, bool> inverses;
};

/// A sort is the smallest-first choice of all elements of a list of integers.
bool isSort(prim::TopKOp op);

} // namespace dsc::recognize

#endif
