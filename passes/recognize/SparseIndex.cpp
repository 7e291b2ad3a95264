// SPDX-License-Identifier: Apache-2.0
// Masks that an indexer chose (DeepSeek sparse attention, DeepSeek-V3.2-Exp report, section 2.1): of the scores
// I[s, t] = sum over index heads j of w[s, j] * relu(q_I[s, j] . k_I[t]) the k largest per query are attended to.
#include "passes/recognize/SparseIndex.h"
#include "dialects/dsc/Dsc.h"
#include "passes/Passes.h"
#include "passes/recognize/ElementTrace.h"
#include "passes/recognize/Recognition.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc {
#define GEN_PASS_DEF_RECOGNIZESPARSEINDEX
#include "passes/Passes.h.inc"

namespace {
using namespace recognize;

/// The operand that is not a known number; null when there are two or none.
Value unknownSide(BinaryOp op) {
  bool left = bool(splatValue(op.getLhs())), right = bool(splatValue(op.getRhs()));
  return left == right ? Value() : left ? op.getRhs() : op.getLhs();
}

/// Through what neither chooses nor computes.
Value origin(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (isa<ReshapeOp, TransposeOp, BroadcastOp, ConvertOp>(op)) {
      value = op->getOperand(0);
      continue;
    }
    auto binary = dyn_cast<BinaryOp>(op);
    Value other = binary && (binary.getKind() == BinaryKind::Mul || binary.getKind() == BinaryKind::Div) ? unknownSide(binary) : Value();
    if (!other)
      break;
    value = other;
  }
  return value;
}

/// The choice that positions come from: negative ones have been made positive by adding the size.
TopKOp findChoice(Value indices) {
  while (Operation *op = indices.getDefiningOp()) {
    if (auto choice = dyn_cast<TopKOp>(op))
      return indices == choice.getIndices() ? choice : TopKOp();
    if (auto select = dyn_cast<SelectOp>(op))
      indices = select.getOnFalse();
    else if (isa<ConvertOp, ReshapeOp, BroadcastOp>(op))
      indices = op->getOperand(0);
    else
      return nullptr;
  }
  return nullptr;
}

/// The top-k whose positions, written into a constant, make the mask: alone, or with other conditions.
TopKOp findMaskChoice(Value mask, unsigned depth = 0) {
  Operation *op = mask.getDefiningOp();
  if (!op || depth > 16)
    return nullptr;
  if (auto scatter = dyn_cast<ScatterAlongAxisOp>(op)) {
    auto before = splatValue(scatter.getOperand()), written = splatValue(scatter.getUpdates());
    return before && written && *before != *written ? findChoice(scatter.getIndices()) : TopKOp();
  }
  if (isa<UnaryOp, BinaryOp, CompareOp, SelectOp, BroadcastOp, ReshapeOp, TransposeOp, ConvertOp>(op))
    for (Value operand : op->getOperands())
      if (TopKOp choice = findMaskChoice(operand, depth + 1))
        return choice;
  return nullptr;
}

struct IndexScores {
  int64_t heads, dim;
};

/// sum over j of w_j * relu(q_j . k), masked or not.
std::optional<IndexScores> matchIndexScores(Value scores) {
  scores = origin(scores);
  while (Operation *op = scores.getDefiningOp()) { // the rows that may not be chosen
    if (auto select = dyn_cast<SelectOp>(op))
      scores = origin(splatValue(select.getOnTrue()) ? select.getOnFalse() : select.getOnTrue());
    else if (auto add = dyn_cast<BinaryOp>(op); add && add.getKind() == BinaryKind::Add)
      scores = origin(isa_and_nonnull<DotOp>(origin(add.getLhs()).getDefiningOp()) ? add.getLhs() : add.getRhs());
    else
      break;
  }
  // The heads are what the weighted sum runs over.
  Value rectified;
  std::optional<int64_t> heads;
  auto isRelu = [](Value side) {
    auto max = origin(side).getDefiningOp<BinaryOp>();
    return max && max.getKind() == BinaryKind::Max && (splatValue(max.getLhs()) == 0.0 || splatValue(max.getRhs()) == 0.0);
  };
  if (auto weighted = scores.getDefiningOp<DotOp>(); weighted && weighted.getLhsContract().size() == 1) {
    heads = asConstant(getDim(weighted.getLhs().getType(), weighted.getLhsContract()[0]));
    rectified = isRelu(weighted.getLhs()) ? weighted.getLhs() : weighted.getRhs();
  } else if (auto sum = scores.getDefiningOp<ReduceOp>(); sum && sum.getKind() == ReduceKind::Sum && sum.getAxes().size() == 1) {
    heads = asConstant(getDim(sum.getOperand().getType(), sum.getAxes()[0]));
    if (auto product = sum.getOperand().getDefiningOp<BinaryOp>(); product && product.getKind() == BinaryKind::Mul)
      rectified = isRelu(product.getLhs()) ? product.getLhs() : product.getRhs();
  }
  if (!heads || !rectified || !isRelu(rectified))
    return std::nullopt;
  auto product = origin(unknownSide(origin(rectified).getDefiningOp<BinaryOp>())).getDefiningOp<DotOp>();
  auto dim = product && product.getLhsContract().size() == 1 ? asConstant(getDim(product.getLhs().getType(), product.getLhsContract()[0])) : std::nullopt;
  return dim ? std::optional(IndexScores{*heads, *dim}) : std::nullopt;
}

struct RecognizeSparseIndex : impl::RecognizeSparseIndexBase<RecognizeSparseIndex> {
  using Base::Base;
  void runOnOperation() override {
    Builder b(&getContext());
    llvm::DenseSet<Operation *> seen;
    getOperation().walk([&](model::LatentAttentionOp op) {
      TopKOp choice;
      for (Value masking : {op.getMask(), op.getBias()})
        if (masking && !choice)
          choice = findMaskChoice(masking);
      if (!choice)
        return;
      auto scores = matchIndexScores(choice.getOperand());
      if (!scores || !choice.getLargest())
        return addMiss(getOperation(), {Remark::SparseIndexScores, choice.getLoc(), "a weighted sum over heads of relu(q k)",
                                        "scores of another kind"});
      SmallVector<NamedAttribute> fields{b.getNamedAttr("heads", b.getI64IntegerAttr(scores->heads)),
                                         b.getNamedAttr("dim", b.getI64IntegerAttr(scores->dim)),
                                         b.getNamedAttr("top_k", b.getI64IntegerAttr(topK(choice)))};
      if (!seen.insert(choice).second)
        fields.push_back(b.getNamedAttr("shared", b.getUnitAttr()));
      op->setAttr(sparseIndexAttr, b.getDictionaryAttr(fields));
      ++numMatched;
    });
  }

private:
  /// The number of rows chosen when there are enough: min(rows, k) or k.
  static int64_t topK(TopKOp choice) {
    Expr count = getDims(choice.getIndices()).back();
    if (count.getKind() == ExprKind::Min)
      for (Attribute operand : count.getOperands())
        if (auto k = asConstant(cast<ExprAttr>(operand)))
          return *k;
    return asConstant(count).value_or(0);
  }
};

} // namespace
} // namespace dsc
