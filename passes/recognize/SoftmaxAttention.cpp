// SPDX-License-Identifier: Apache-2.0
#include "passes/recognize/SoftmaxAttention.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::recognize {

// Exporters write the lowest finite number of the score's type, -65504 in f16; hand-written models -1e4, which also leaves no weight
// after exp in f32 but can be outweighed by another finite mask. Below half of f16's range nothing that is a score is left.
bool isMaskedScore(double value) { return value <= -3e4; }

void SoftmaxAttention::replaceWith(PrimBuilder &build, Value result, Indices positions, SelectOp guard) {
  // Dimensions of size one have no index in the attention; in `result` they may.
  for (Expr &role : positions)
    if (!llvm::is_contained(order, role))
      role = build.size(0);
  Value replaced = build.reshape(trace.materialize(build, {result, positions}, order), getDims(dot.getResult()));
  if (guard) {
    guard.replaceAllUsesWith(replaced);
    guard.erase();
  } else {
    dot.replaceAllUsesWith(replaced);
  }
}

namespace {

class Matcher {
public:
  explicit Matcher(DotOp dot) : dot(dot), m(dot.getContext()) { m.dot = dot; }

  std::optional<SoftmaxAttention> run() {
    if (dot.getLhsContract().size() != 1)
      return std::nullopt;
    for (Expr dim : getDims(dot.getResult()))
      m.at.push_back(isConstant(dim, 1) ? constant(dot.getContext(), 0) : m.trace.newIndex(dim));
    m.t = m.trace.newIndex(getDim(dot.getLhs().getType(), dot.getLhsContract()[0]));
    Indices lhs, rhs;
    dotIndices(dot, m.at, {m.t}, lhs, rhs);
    for (bool swapped : {false, true}) {
      SoftmaxAttention saved = m;
      Access probabilities = m.trace.trace(swapped ? dot.getRhs() : dot.getLhs(), swapped ? rhs : lhs);
      if (probabilities.factor == 1 && matchSoftmax(probabilities)) {
        m.values = swapped ? Access{dot.getLhs(), lhs} : Access{dot.getRhs(), rhs};
        return assignIndices() ? std::optional(std::move(m)) : std::nullopt;
      }
      m = std::move(saved);
    }
    return std::nullopt;
  }

private:

  /// Zero in place of NaN or of rows that attend to nothing; `p` becomes what stands elsewhere.
  bool matchZeros(Access &p, SelectOp select) {
    bool zeroWhenTrue = splatValue(select.getOnTrue()) == 0.0, zeroWhenFalse = splatValue(select.getOnFalse()) == 0.0;
    if (zeroWhenTrue == zeroWhenFalse)
      return false;
    Access condition = m.trace.trace(select.getCondition(), p.at);
    p = m.trace.trace(zeroWhenTrue ? select.getOnFalse() : select.getOnTrue(), p.at);
    if (p.factor != 1)
      return false;
    if (auto isNaN = condition.def<UnaryOp>(); isNaN && isNaN.getKind() == UnaryKind::IsNaN) {
      Access tested = m.trace.trace(isNaN.getOperand(), condition.at);
      m.zeroForNaN = true;
      return zeroWhenTrue && tested.tensor == p.tensor && tested.at == p.at;
    }
    if (m.rowGuard || condition.dependsOn(m.t))
      return false;
    m.rowGuard = {condition, zeroWhenFalse, 0};
    return true;
  }

  /// p = exp(x - max x) / sum exp(x - max x), NaN replaced by zero or not.
  bool matchSoftmax(Access p) {
    while (auto select = p.def<SelectOp>())
      if (!matchZeros(p, select))
        return false;
    auto quotient = p.def<BinaryOp>();
    if (!quotient)
      return false;
    Access weight = m.trace.trace(quotient.getLhs(), p.at), sum = m.trace.trace(quotient.getRhs(), p.at);
    if (quotient.getKind() == BinaryKind::Mul) {
      if (!isReciprocal(sum))
        std::swap(weight, sum);
      if (!isReciprocal(sum))
        return false;
      sum = m.trace.trace(sum.def()->getOperand(0), sum.at);
    } else if (quotient.getKind() != BinaryKind::Div) {
      return false;
    }
    auto reduce = sum.def<ReduceOp>();
    auto exp = weight.def<UnaryOp>();
    if (!reduce || reduce.getKind() != ReduceKind::Sum || !exp || exp.getKind() != UnaryKind::Exp || weight.factor != sum.factor)
      return false;
    if (!isReduced(sum, reduce, weight))
      return false;
    Access scores = m.trace.trace(exp.getOperand(), weight.at);
    if (auto difference = scores.def<BinaryOp>(); difference && difference.getKind() == BinaryKind::Sub && scores.factor == 1) {
      Access top = m.trace.trace(difference.getRhs(), scores.at), full = m.trace.trace(difference.getLhs(), scores.at);
      auto max = top.def<ReduceOp>();
      if (max && max.getKind() == ReduceKind::Max && top.factor == 1 && isReduced(top, max, full))
        scores = full;
    }
    return matchScores(scores);
  }

  bool isReciprocal(const Access &access) const {
    auto unary = access.def<UnaryOp>();
    return unary && unary.getKind() == UnaryKind::Reciprocal;
  }

  /// `reduced` is the reduction over t of the tensor of which `full` is an element. The reduced operand may stand behind layout operations.
  bool isReduced(const Access &reduced, ReduceOp op, const Access &full) {
    if (op.getAxes().size() != 1)
      return false;
    Indices at = reduced.at;
    at.insert(at.begin() + op.getAxes()[0], m.t);
    Access element = m.trace.trace(op.getOperand(), at);
    return element.tensor == full.tensor && element.at == full.at && element.factor == full.factor;
  }

  bool matchScores(Access x) {
    if (auto select = x.def<SelectOp>())
      return matchMaskedBySelect(x, select);
    if (auto add = x.def<BinaryOp>(); add && add.getKind() == BinaryKind::Add) {
      auto side = [&](Value operand) {
        Access access = m.trace.trace(operand, x.at);
        access.factor *= x.factor;
        return access;
      };
      Access left = side(add.getLhs()), right = side(add.getRhs());
      bool scoresLeft = isScores(left, 8), scoresRight = isScores(right, 8);
      if (scoresLeft && scoresRight)
        return matchScores(left) && matchScores(right);
      if (!scoresLeft && !scoresRight)
        return false;
      m.biases.push_back(scoresLeft ? right : left);
      return matchScores(scoresLeft ? left : right);
    }
    auto product = x.def<DotOp>();
    return product && addTerm(x, product);
  }

  bool matchMaskedBySelect(const Access &x, SelectOp select) {
    auto onTrue = splatValue(select.getOnTrue()), onFalse = splatValue(select.getOnFalse());
    bool keepsTrue = onFalse && isMaskedScore(*onFalse * x.factor), keepsFalse = onTrue && isMaskedScore(*onTrue * x.factor);
    if (keepsTrue == keepsFalse)
      return false;
    Access kept = m.trace.trace(keepsTrue ? select.getOnTrue() : select.getOnFalse(), x.at);
    kept.factor *= x.factor;
    m.masks.push_back({m.trace.trace(select.getCondition(), x.at), keepsTrue, (keepsTrue ? *onFalse : *onTrue) * x.factor});
    return matchScores(kept);
  }

  /// Whether a product of two computed tensors is found under what may be done to scores.
  bool isScores(const Access &x, unsigned depth) const {
    if (depth == 0)
      return false;
    if (auto product = x.def<DotOp>())
      return !isConstantTree(product.getLhs()) && !isConstantTree(product.getRhs());
    if (auto select = x.def<SelectOp>())
      return isScores(m.trace.trace(select.getOnTrue(), x.at), depth - 1) || isScores(m.trace.trace(select.getOnFalse(), x.at), depth - 1);
    if (auto add = x.def<BinaryOp>(); add && add.getKind() == BinaryKind::Add)
      return isScores(m.trace.trace(add.getLhs(), x.at), depth - 1) || isScores(m.trace.trace(add.getRhs(), x.at), depth - 1);
    return false;
  }

  bool addTerm(const Access &x, DotOp product) {
    if (product.getLhsContract().size() != 1)
      return false;
    Expr extent = getDim(product.getLhs().getType(), product.getLhsContract()[0]);
    if (!asConstant(extent))
      return false;
    Expr feature = m.trace.newIndex(extent);
    Indices lhs, rhs;
    dotIndices(product, x.at, {feature}, lhs, rhs);
    Access left{product.getLhs(), lhs}, right{product.getRhs(), rhs};
    Access tracedLeft = m.trace.trace(left), tracedRight = m.trace.trace(right);
    bool keysLeft = tracedLeft.dependsOn(m.t), keysRight = tracedRight.dependsOn(m.t);
    // With one attended row nothing depends on t: then the right operand has the keys, as everybody writes it.
    if (keysLeft && keysRight)
      return false;
    m.terms.push_back({keysLeft ? right : left, keysLeft ? left : right, feature, x.factor, product});
    return true;
  }

  bool assignIndices() {
    for (Expr index : m.at) {
      if (index.getKind() != ExprKind::Index)
        continue;
      m.order.push_back(index);
      bool inScores = llvm::any_of(m.terms, [&](auto &term) { return term.query.dependsOn(index) || term.key.dependsOn(index); });
      bool inValues = m.values.dependsOn(index);
      if (inValues && !inScores) {
        if (m.e)
          return false;
        m.e = index;
      } else {
        m.outer.push_back(index);
      }
    }
    return !m.terms.empty();
  }

  DotOp dot;
  SoftmaxAttention m;
};

} // namespace

std::optional<SoftmaxAttention> matchSoftmaxAttention(DotOp dot) { return Matcher(dot).run(); }

} // namespace dsc::recognize
