// SPDX-License-Identifier: Apache-2.0
// Which rows a query attends to, in the terms of dsc.attention: a causal offset, a boolean tensor, an additive bias.
#ifndef DSC_PASSES_RECOGNIZE_ATTENTIONMASK_H
#define DSC_PASSES_RECOGNIZE_ATTENTIONMASK_H

#include "passes/recognize/SoftmaxAttention.h"

namespace dsc::recognize {

class AttentionMask {
public:
  /// Reads the masks and biases of an attention. `s` is the index of the query among the new tokens; null when there is one query.
  AttentionMask(const SoftmaxAttention &attention, Expr s);

  /// True when every query provably attends to a row.
  bool isNonEmpty() const;
  /// A select by "no row is attended to" that puts zero in place of `result`, the attention's result; null when there is none.
  prim::SelectOp findGuard(mlir::Value result) const;
  /// What it means that a boolean is not `attended`.
  enum class RowGuard {
    Unknown,
    Never,     ///< that does not happen
    EmptyRows, ///< no row is attended to
  };
  RowGuard readRowGuard(Access condition, bool attended) const;

  /// The operands and attributes of dsc.attention. `indices` are those of the mask's dimensions, ending in s, t. When a row without any attended row
  /// may exist and is not made zero (`guarded`), masks of finite scores stay additive, so that its weights are uniform as the graph has it.
  struct Operands {
    prim::ExprAttr causal;
    mlir::Value mask, bias;
  };
  std::optional<Operands> build(prim::PrimBuilder &build, llvm::ArrayRef<Expr> indices, bool guarded) const;

private:
  /// A conjunction over the rows attended to.
  struct Conditions {
    llvm::SmallVector<Expr> exprs;                                ///< 0 or 1, over the free indices
    llvm::SmallVector<std::pair<Access, bool>> tensors;           ///< the boolean and what it must be
    bool operator==(const Conditions &other) const;
  };
  void addCondition(Conditions &to, Access access, bool attended) const;
  void addCondition(Conditions &to, Expr e) const;
  void readBias(const Access &access);
  Expr causalOffset(Expr condition) const;

  const SoftmaxAttention &attention;
  Expr s;
  Conditions conditions;
  llvm::SmallVector<Access> biases; ///< additive terms that are no mask
  double score = 0;                 ///< the highest of the masked scores
};

} // namespace dsc::recognize

#endif
