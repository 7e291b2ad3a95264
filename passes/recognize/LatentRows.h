// SPDX-License-Identifier: Apache-2.0
// The proof that the keys and values of an attention are linear images of one row per token.
//
// With K[b,h,t,d] and V[b,h,t,e] traced to their origins, V and one range of d of K are contractions of constant weights, which depend on
// the head, with the same elements of the same tensor, which do not; the other range of d are elements that do not depend on the head.
// Indices get their roles from what depends on them, not from where they stand.
#ifndef DSC_PASSES_RECOGNIZE_LATENTROWS_H
#define DSC_PASSES_RECOGNIZE_LATENTROWS_H

#include "passes/recognize/LinearImage.h"
#include "passes/recognize/Recognition.h"
#include "passes/recognize/SoftmaxAttention.h"

namespace dsc::recognize {

class LatentRows {
public:
  explicit LatentRows(SoftmaxAttention &attention) : m(attention), trace(attention.trace) {}

  /// False when it is not so. For a candidate that fails on the way `miss` says where.
  bool prove();
  std::optional<Miss> miss;

  struct KeyPart {
    SoftmaxAttention::Term *term;
    ElementTrace::Part part;
    std::optional<LinearImage> image;
  };
  LinearImage value;       ///< values as images of the rows
  KeyPart *nope = nullptr; ///< the range of keys that is an image of the rows
  KeyPart *rope = nullptr; ///< the range that all heads share; null when there is none
  Expr b, h, s;            ///< batch, head, query: indices of extent 1 where the graph has none
  bool hasQuery = false;

private:
  void readKeys(llvm::function_ref<bool(const Access &)> isWhole);
  bool missed(mlir::Operation *where, Remark remark, const llvm::Twine &expected, const llvm::Twine &found);
  bool missValues(const Access &values);
  bool assignRoles();
  bool expands(const LinearImage &image, Expr head, Expr width) const;
  bool checkKeys();

  SoftmaxAttention &m;
  ElementTrace &trace;
  llvm::SmallVector<KeyPart, 2> keys;
};

} // namespace dsc::recognize

#endif
