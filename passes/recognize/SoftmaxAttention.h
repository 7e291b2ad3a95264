// SPDX-License-Identifier: Apache-2.0
// softmax(Q K^T) V as exporters write it: what every kind of attention has in common.
#ifndef DSC_PASSES_RECOGNIZE_SOFTMAXATTENTION_H
#define DSC_PASSES_RECOGNIZE_SOFTMAXATTENTION_H

#include "passes/recognize/ElementTrace.h"

namespace dsc::recognize {

/// result[outer..., e] = sum over t of softmax over t of (sum of terms + biases, where not masked)[outer..., t] * value[outer..., t, e],
/// every operand an Access at positions over these free indices.
struct SoftmaxAttention {
  explicit SoftmaxAttention(mlir::MLIRContext *context) : trace(context) {}

  ElementTrace trace;
  prim::DotOp dot;       ///< probabilities times values
  Indices at;            ///< one index per dimension of the dot's result; 0 where the dimension is 1
  Expr t;                ///< the attended row
  Expr e;                ///< the value's feature; null when values have one feature
  Indices outer;         ///< the other indices of the result, in its order
  Access values;
  /// The indices of the result in the order of its dimensions, those of size one left out.
  Indices order;
  /// Puts `result`, whose element at positions `at` is the attention's, in place of the attention and of the select `guard` around it, if any.
  void replaceWith(prim::PrimBuilder &build, mlir::Value result, Indices at, prim::SelectOp guard);

  /// factor * sum over `feature` of query * key; the factors of the accesses count too.
  struct Term {
    Access query, key;
    Expr feature;
    double factor;
    prim::DotOp dot;
  };
  llvm::SmallVector<Term> terms;
  /// Rows that are not attended to: where the boolean is not `attended`.
  struct Mask {
    Access access;
    bool attended;
    double score; ///< what stands there instead, or is added
  };
  llvm::SmallVector<Mask> masks;
  llvm::SmallVector<Access> biases; ///< added to the scores
  bool zeroForNaN = false;          ///< 0 stands where a probability is NaN
  std::optional<Mask> rowGuard;     ///< probabilities are 0 where this boolean, which does not depend on t, is not `attended`
};

/// What `dot` computes, if one of its operands is a softmax of a product over the contracted dimension.
std::optional<SoftmaxAttention> matchSoftmaxAttention(prim::DotOp dot);

/// True where a mask of -inf or the lowest numbers of a type stands: adding it takes all weight from a row.
bool isMaskedScore(double value);

} // namespace dsc::recognize

#endif
