// SPDX-License-Identifier: Apache-2.0
// The proof behind dsc.experts: a value is a weighted sum of the networks that each token has chosen.
#ifndef DSC_PASSES_RECOGNIZE_EXPERTSUM_H
#define DSC_PASSES_RECOGNIZE_EXPERTSUM_H

#include "passes/recognize/FeedForward.h"

namespace dsc::recognize {

/// The experts of tokens: [..., k], each in [0, count).
struct Choice {
  mlir::Value ids;
  int64_t count, k;
  bool isLookup = false; ///< rows of a constant table
};

struct ExpertSum {
  llvm::StringRef encoding;
  FeedForward network;                    ///< weights as stored for expert d0, or for the first expert
  std::vector<FeedForward> experts;        ///< one per expert where each has tensors of its own
  Element weights;                        ///< at (token, slot)
  Element ids;                            ///< at (token, slot)
  Expr token, slot;
};

class ExpertSumMatcher {
public:
  ExpertSumMatcher(Elements &elements, Choice choice);

  /// A sum over slots: the batched and grouped encodings.
  std::optional<ExpertSum> matchSlots(mlir::Value root);
  /// A chain of sums over experts: loops over chosen tokens and dense loops.
  std::optional<ExpertSum> matchExperts(mlir::Value root);

  std::optional<Mismatch> mismatch;
  /// Of a loop: the experts that it has. Fewer than the router chooses from means that the export dropped some.
  llvm::SmallVector<int64_t> found;

  /// Positions along dimensions `dims` of row `row` of their product.
  Indices split(Expr row, llvm::ArrayRef<Expr> dims) const;
  /// `e` as a tensor [rows, count] whose element (token, last) it is; null in another layout.
  mlir::Value asRows(prim::PrimBuilder &build, const Element &e, Expr token, Expr last, Expr rows, int64_t count) const;

private:
  struct Row {
    Element network, weight;
  };
  bool begin(mlir::Value root);
  Expr chosenAt(Expr slotIndex);
  std::optional<Row> splitFactors(const Element &a, const Element &b, Expr out);
  std::optional<FeedForward> matchNetwork(const Element &y, Expr expert, llvm::ArrayRef<Expr> perToken);
  bool merge(ExpertSum &sum, llvm::ArrayRef<FeedForward> experts);
  bool matchScattered(mlir::Value indices, mlir::Value updates, mlir::Location where, ExpertSum &sum,
                      std::map<int64_t, FeedForward> &experts);
  bool matchDense(const Element &e, ExpertSum &sum, std::map<int64_t, FeedForward> &experts);
  bool isWeight(const Element &e, ExpertSum &sum);
  bool fail(mlir::Location where, llvm::StringRef expected, std::string found);

  Elements &elements;
  Choice choice;
  mlir::MLIRContext *context;
  llvm::SmallVector<Expr> tokens;
  Expr token, slot, out;
};

} // namespace dsc::recognize

#endif
