// SPDX-License-Identifier: Apache-2.0
// Symbolic evaluation of integer and boolean tensors: an element is an expression over its own position and the
// entry's symbols.
//
// This is what turns an exporter's shape chains, position ranges and forty-node causal masks into expressions. It looks
// only at prim operations, so the lowering of ONNX and the canonical form share it.
#ifndef DSC_PASSES_PRIM_SYMBOLICVALUES_H
#define DSC_PASSES_PRIM_SYMBOLICVALUES_H

#include "dialects/prim/Prim.h"
#include <optional>

namespace dsc {

/// What is known of an integer or i1 tensor, or of a float tensor that holds integers.
struct SymbolicTensor {
  llvm::SmallVector<prim::Expr> dims;
  /// Row-major, when the tensor is small and has constant dimensions.
  std::optional<llvm::SmallVector<prim::Expr>> elements;
  /// Over d0, d1, ... (in [0, dims[i])); null when only `elements` is known.
  prim::Expr element;

  /// The element at a position.
  prim::Expr at(llvm::ArrayRef<prim::Expr> position) const;
  /// True when `at` can answer for this position: `elements` needs constants.
  bool knows(llvm::ArrayRef<prim::Expr> position) const;
};

/// Evaluates the definitions of values on demand and remembers the answers.
class SymbolicValues {
public:
  /// Tensors with at most this many elements are also kept element by element.
  static constexpr int64_t maxElements = 1024;

  /// None when the tensor depends on data or holds fractions.
  std::optional<SymbolicTensor> get(mlir::Value value);

  /// All elements, row-major, of a tensor with constant dimensions and at most maxElements elements.
  std::optional<llvm::SmallVector<prim::Expr>> elements(mlir::Value value);

  /// States that the elements of `value` are these (its symbols are defined from it).
  void set(mlir::Value value, llvm::ArrayRef<prim::Expr> elements);

  /// Forgets everything but what `set` said, whose symbols are replaced: after a substitution in the IR.
  void symbolsReplaced(llvm::function_ref<prim::Expr(prim::Expr)> replace);

private:
  std::optional<SymbolicTensor> compute(mlir::Value value);

  llvm::DenseMap<mlir::Value, std::optional<SymbolicTensor>> known;
  llvm::DenseMap<mlir::Value, SymbolicTensor> stated;
};

} // namespace dsc

#endif
