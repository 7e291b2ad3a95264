// SPDX-License-Identifier: Apache-2.0
// Gated feed-forward networks, read off the elements of their result.
#ifndef DSC_PASSES_RECOGNIZE_FEEDFORWARD_H
#define DSC_PASSES_RECOGNIZE_FEEDFORWARD_H

#include "dialects/prim/PrimBuilder.h"
#include "passes/recognize/Elements.h"

namespace dsc::recognize {

/// Where a weight's element (expert, out, in) lies in a stored tensor: positions over d0, d1, d2.
struct StoredWeight {
  mlir::Value value;
  Indices at;
  bool operator==(const StoredWeight &other) const { return value == other.value && at == other.at; }
  explicit operator bool() const { return bool(value); }
};

/// down * (a(gate * x) . (up * x + offset)), biases included; see dsc.experts.
struct FeedForward {
  model::Activation activation = model::Activation::Identity;
  double alpha = 1, upOffset = 0;
  std::optional<double> limit;
  StoredWeight gate, gateBias, up, upBias, down, downBias;
  int64_t width = 0, inputs = 0; ///< I and H
  Element x;                     ///< at (token, featureSymbol)
  bool hasSameForm(const FeedForward &other) const;
};

/// Stands for the position along the features of a network's input.
Expr featureSymbol(mlir::MLIRContext *context);

/// Why something is not a feed-forward network.
struct Mismatch {
  mlir::Location where;
  std::string expected, found;
};

class FeedForwardMatcher {
public:
  /// `expert` is the index of the expert or a constant, `tokens` are the indices that tell tokens apart.
  FeedForwardMatcher(Elements &elements, Expr expert, llvm::ArrayRef<Expr> tokens)
      : elements(elements), expert(expert), tokens(tokens) {}

  /// `y` is the output feature `out`, an index.
  std::optional<FeedForward> match(const Element &y, Expr out);

  std::optional<Mismatch> mismatch; ///< of the last match that failed

private:
  /// weight * x + bias at the output `out`.
  struct Linear {
    StoredWeight weight, bias;
    Element x; ///< at `in`
    Expr in;
    int64_t inputs = 0;
  };
  std::optional<Linear> matchLinear(Element e, Expr out);
  bool matchGate(llvm::ArrayRef<Element> factors, FeedForward &result, Element &gate, Element &up);
  std::optional<double> matchClamp(Element &e, bool bothSides);
  void factorsOf(const Element &e, llvm::SmallVectorImpl<Element> &factors, double &scale);
  StoredWeight stored(const Element &e, Expr out, Expr in) const;
  std::nullopt_t fail(const Element &e, llvm::StringRef expected);

  Elements &elements;
  Expr expert;
  llvm::SmallVector<Expr> tokens;
};

/// The product a * b or a dot's summand: both operands, where `e` is one.
std::optional<std::pair<Element, Element>> productOf(Elements &elements, const Element &e);

/// z, when `e` is 1 / (1 + exp(-z)).
std::optional<Element> matchSigmoid(Elements &elements, const Element &e);

/// Name of the operation that computes an element, for messages.
std::string nameOf(const Element &e);

/// [experts, out, in] of the stored tensor, by slices, transposes and reshapes of it; null where it has another form. A `count` of 0
/// leaves the dimension out.
mlir::Value readWeight(prim::PrimBuilder &build, const StoredWeight &weight, int64_t experts, int64_t outs, int64_t ins);

} // namespace dsc::recognize

#endif
