// SPDX-License-Identifier: Apache-2.0
// Follows an element of a tensor back to the operation that computed it.
//
// Transposes, reshapes, broadcasts, slices, concatenations, conversions between floats and products with a scalar only move or scale
// elements: through them an element at a position that is given by expressions over free indices is an element of another tensor
// at other positions. What an exporter did to a layout disappears, however it did it; what is left says on which indices an
// operand depends. Recognisers compare these positions.
#ifndef DSC_PASSES_RECOGNIZE_ELEMENTTRACE_H
#define DSC_PASSES_RECOGNIZE_ELEMENTTRACE_H

#include "dialects/prim/IndexMap.h"
#include "dialects/prim/PrimBuilder.h"

namespace dsc::recognize {

using prim::Expr;
using prim::Indices;

/// `factor` times the element of `tensor` at `at`.
struct Access {
  mlir::Value tensor;
  Indices at;
  double factor = 1;

  mlir::Operation *def() const { return tensor.getDefiningOp(); }
  template <typename Op> Op def() const { return tensor.getDefiningOp<Op>(); }
  bool dependsOn(Expr index) const;
};

/// The number that all elements of a tensor are, if the compiler knows it: constants and arithmetic on them.
std::optional<double> splatValue(mlir::Value value);
/// True when every element is known at compile time: constants under layout operations and conversions.
bool isConstantTree(mlir::Value value);

class ElementTrace {
public:
  explicit ElementTrace(mlir::MLIRContext *context) : context(context) {}

  /// A free index with values in [0, extent).
  Expr newIndex(Expr extent);
  Expr extentOf(Expr index) const { return extents[index.getValue()]; }
  llvm::ArrayRef<Expr> getExtents() const { return extents; }
  Expr simplify(Expr e) const { return prim::simplify(e, extents); }
  Access substitute(Access access, Expr index, Expr by) const;

  /// The origin: a tensor that is computed, or whose layout the index does not resolve (a concatenation of which several operands are read).
  Access trace(Access access) const;
  Access trace(mlir::Value tensor, llvm::ArrayRef<Expr> at) const { return trace(Access{tensor, Indices(at), 1}); }

  /// A part of the range of an index in which the element has one origin.
  struct Part {
    int64_t start, size; ///< of the range
    Expr index;          ///< counts from 0 within the part; free in the accesses
    Access whole;        ///< as the concatenation has it
    Access access;       ///< its origin
  };
  /// The parts, in order, into which concatenations cut the range of `along`, whose extent is constant. A part that `isWhole` is not cut again.
  llvm::SmallVector<Part, 4> split(const Access &access, Expr along, llvm::function_ref<bool(const Access &)> isWhole);

  /// The tensor whose element at (indices...) is `access` without its factor, built from layout operations. Null when a position is
  /// not affine with nested strides.
  mlir::Value materialize(prim::PrimBuilder &build, const Access &access, llvm::ArrayRef<Expr> indices) const;
  /// The same for the point nearest to the origin of `access` that has such positions, to which `access` is set.
  mlir::Value materializeNearOrigin(prim::PrimBuilder &build, Access &access, llvm::ArrayRef<Expr> indices) const;

private:
  bool step(Access &access) const;

  mlir::MLIRContext *context;
  Indices extents;
};

} // namespace dsc::recognize

#endif
