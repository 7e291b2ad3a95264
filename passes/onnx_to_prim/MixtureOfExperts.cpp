// SPDX-License-Identifier: Apache-2.0
// MoE, QMoE and MoEGroupRouter of com.microsoft. Each token reads the weights of its k experts:
//
//   y_t = sum_j w_tj (W2[e_tj] a(W1[e_tj] x_t + b1[e_tj]) + b2[e_tj])
#include "passes/onnx_to_prim/BlockQuantization.h"
#include "passes/onnx_to_prim/Contrib.h"
#include <limits>

using namespace mlir;
using namespace dsc::prim;

namespace dsc::onnx_to_prim {
namespace {

struct Chosen {
  Value values, indices; ///< [.., k]
};

Chosen topK(Lowering &l, Value x, Expr k) {
  Dims dims = getDims(x);
  dims.back() = k;
  auto op = TopKOp::create(l.builder, l.getLoc(), getTensorType(dims, elementType(x)), getTensorType(dims, l.i64()), x,
                           /*largest=*/true);
  return {op.getValues(), op.getIndices()};
}

Value takeAlongLast(Lowering &l, Value x, Value indices) {
  return TakeAlongAxisOp::create(l.builder, l.getLoc(), getTensorType(getDims(indices), elementType(x)), x, indices,
                                 rank(x) - 1);
}

Value sigmoid(Lowering &l, Value x) {
  Value e = l.unary(UnaryKind::Exp, l.unary(UnaryKind::Neg, x));
  return l.unary(UnaryKind::Reciprocal, binaryScalar(l, BinaryKind::Add, e, 1));
}

/// Where the weights of one projection stand among the inputs; 0 for those that the operator does not have.
struct Projection {
  unsigned weights, bias, scales = 0, zeroPoints = 0;
};

class Experts {
public:
  Experts(Node &node, Lowering &l, bool quantized) : node(node), l(l), quantized(quantized) {}

  LogicalResult lower() {
    if (failed(expectOperands()) || failed(readInput()) || failed(choose()))
      return failure();
    const Projection fc1 = quantized ? Projection{2, 4, 3, 11} : Projection{2, 3};
    const Projection fc2 = quantized ? Projection{5, 7, 6, 12} : Projection{4, 5};
    const Projection fc3 = quantized ? Projection{8, 10, 9, 13} : Projection{6, 7};
    FailureOr<Value> hidden = project(fc1, x, {0}, {1});
    if (failed(hidden))
      return failure();
    FailureOr<Value> linear = Value();
    if (node.hasInput(fc3.weights) && failed(linear = project(fc3, x, {0}, {1})))
      return failure();
    FailureOr<Value> activated = activate(*hidden, *linear);
    if (failed(activated))
      return failure();
    FailureOr<Value> out = project(fc2, *activated, {0, 1}, {2});
    if (failed(out))
      return failure();
    Value weighted = l.binary(BinaryKind::Mul, *out, l.broadcastInDim(mixing, {0, 1}, getDims(*out)));
    Value y = l.reduce(ReduceKind::Sum, weighted, {1}, /*keepDims=*/false);
    node.setResult(0, l.convert(l.reshape(y, dims), type));
    return success();
  }

private:
  LogicalResult expectOperands() {
    static constexpr unsigned required[] = {0, 1, 2, 4}, requiredQuantized[] = {0, 1, 2, 3, 5, 6};
    for (unsigned i : quantized ? ArrayRef<unsigned>(requiredQuantized) : ArrayRef<unsigned>(required))
      if (!node.hasInput(i) || !node.getInput(i))
        return node.error() << "input " << i << " is missing";
    return expectInputs(node, 2, quantized ? 15 : 8);
  }

  LogicalResult readInput() {
    if (failed(expectFloat(node, 0)) || failed(expectFloat(node, 1)) || failed(expectRank(node, 1, 2)))
      return failure();
    for (const char *attribute : {"use_sparse_mixer", "swiglu_limit_after_activation"})
      if (node.getInt(attribute, 0))
        return node.error() << attribute << " is not supported";
    if (quantized && (node.getString("quant_type", "int") != "int" || node.getInt("weights_prepacked", -1) > 0))
      return node.error() << "only integer weights that are not prepacked are supported";
    bits = node.getInt("expert_weight_bits", 4);
    blockSize = node.getInt("block_size", 0);
    if (quantized && ((bits != 2 && bits != 4 && bits != 8) || blockSize < 0))
      return node.error() << "expert_weight_bits " << bits << ", block_size " << blockSize << " are not supported";
    x = node.getInput(0);
    type = elementType(x);
    dims = getDims(x);
    if (dims.size() < 2)
      return node.error() << "input 0 has rank " << dims.size() << ", less than 2";
    Expr tokens = product(l.getContext(), ArrayRef(dims).drop_back());
    x = l.convert(l.reshape(x, {tokens, dims.back()}), l.f32());
    logits = l.convert(node.getInput(1), l.f32());
    return unifyDim(node, x, 0, logits, 0, "number of tokens of input and router_probs");
  }

  /// The experts of each token and the weights of their sum, [T, k].
  LogicalResult choose() {
    int64_t k = node.getInt("k", 1);
    auto experts = asConstant(getDim(logits.getType(), 1));
    if (!experts || k < 1 || k > *experts)
      return node.error() << "k = " << k << " of " << toString(getDim(logits.getType(), 1)) << " experts";
    bool normalize = node.getInt("normalize_routing_weights", 0), isGiven = quantized && node.hasInput(14);
    // QMoE does not ask whether the softmax is over the chosen.
    bool ofChosen = quantized || normalize;
    Chosen chosen = topK(l, isGiven || ofChosen ? logits : l.softmax(logits, 1), l.size(k));
    indices = chosen.indices;
    if (isGiven) {
      if (failed(expectFloat(node, 14)) || failed(expectRank(node, 14, 2)))
        return failure();
      Value weights = l.convert(node.getInput(14), l.f32());
      for (int64_t d : {0, 1})
        if (failed(unifyDim(node, logits, d, weights, d, "dimensions of router_probs and router_weights")))
          return failure();
      mixing = takeAlongLast(l, weights, indices);
      if (normalize)
        mixing = binaryInto(l, BinaryKind::Div, mixing, l.reduce(ReduceKind::Sum, mixing, {1}, /*keepDims=*/true));
    } else {
      mixing = ofChosen ? l.softmax(chosen.values, 1) : chosen.values;
    }
    return success();
  }

  /// Weights of the chosen experts, f32 [T, k, out, in].
  FailureOr<Value> weightsOf(Projection p) {
    if (failed(expectRank(node, p.weights, 3)))
      return failure();
    Value w = node.getInput(p.weights);
    if (!quantized) {
      if (failed(expectFloat(node, p.weights)))
        return failure();
      return l.convert(l.take(w, indices, 0), l.f32());
    }
    if (!elementType(w).isUnsignedInteger(8) || !node.hasInput(p.scales))
      return node.error() << "input " << p.weights << " needs element type uint8 and scales";
    Value scales = node.getInput(p.scales), zeros = node.getInput(p.zeroPoints);
    Expr width = getDim(w.getType(), 2) * (8 / bits);
    auto columns = asConstant(width);
    if (!columns || *columns <= 0 || (blockSize && *columns % blockSize))
      return node.error() << "rows of " << toString(width) << " weights in blocks of " << blockSize << " are not supported";
    Value codes = unpackCodes(l, l.take(w, indices, 0), bits, width);
    scales = l.take(scales, indices, 0);
    if (zeros)
      zeros = l.take(zeros, indices, 0);
    if (!blockSize) { // one block a row; the zero points of the rows are packed
      Dims rows = getDims(codes);
      rows.pop_back();
      if (getDims(scales) != rows)
        return node.error() << "scales " << scales.getType() << " are not one a row";
      if (zeros) {
        if (!elementType(zeros).isUnsignedInteger(8) || rank(zeros) != 3)
          return node.error() << "zero points " << zeros.getType() << " are not packed codes, one a row";
        zeros = l.unsqueeze(l.convert(unpackCodes(l, zeros, bits, rows.back()), l.f32()), 3);
      }
      scales = l.unsqueeze(scales, 3);
    }
    return dequantizeBlocks(node, codes, scales, zeros, bits, blockSize ? blockSize : *columns);
  }

  /// [T, k, out] from `v` [T, in] or [T, k, in].
  FailureOr<Value> project(Projection p, Value v, ArrayRef<int64_t> batch, ArrayRef<int64_t> contract) {
    FailureOr<Value> w = weightsOf(p);
    if (failed(w))
      return failure();
    if (failed(unifyDim(node, *w, 3, v, contract[0], "width of input " + Twine(p.weights) + " and of what it multiplies")))
      return failure();
    Value y = l.dot(*w, v, batch, batch, {3}, contract);
    if (!node.hasInput(p.bias))
      return y;
    if (failed(expectFloat(node, p.bias)) || failed(expectRank(node, p.bias, 2)))
      return failure();
    Value bias = l.convert(l.take(node.getInput(p.bias), indices, 0), l.f32());
    if (failed(unifyDim(node, y, 2, bias, 2, "width of input " + Twine(p.bias))))
      return failure();
    return l.binary(BinaryKind::Add, y, bias);
  }

  FailureOr<Value> activate(Value hidden, Value linear) {
    StringRef name = node.getString("activation_type", "relu");
    if (name == "swiglu")
      return swiglu(hidden, linear);
    Value y;
    if (name == "relu")
      y = binaryScalar(l, BinaryKind::Max, hidden, 0);
    else if (name == "silu")
      y = l.binary(BinaryKind::Mul, hidden, sigmoid(l, hidden));
    else if (name == "gelu")
      y = geluTanh(l, hidden);
    else if (name == "identity")
      y = hidden;
    else
      return node.error() << "activation_type '" << name << "' is not supported";
    return linear ? l.binary(BinaryKind::Mul, y, linear) : y;
  }

  /// gate sigmoid(alpha gate) (linear + beta), both limited first.
  FailureOr<Value> swiglu(Value hidden, Value linear) {
    int64_t fusion = node.getInt("swiglu_fusion", 0);
    if (fusion < 0 || fusion > 2 || (fusion == 0) != bool(linear))
      return node.error() << "swiglu_fusion " << fusion << (linear ? " with" : " without") << " fc3 weights";
    Value gate = hidden;
    if (fusion) {
      Dims d = getDims(hidden);
      if (!isConstant(mod(d[2], l.size(2)), 0))
        return node.error() << "fused gate and linear parts of odd width " << toString(d[2]);
      Expr half = floorDiv(d[2], l.size(2));
      auto part = [&](int64_t which) {
        if (fusion == 2)
          return l.sliceAxis(hidden, 2, half * which, half);
        return l.slice(hidden, {l.size(0), l.size(0), l.size(which)}, {1, 1, 2}, {d[0], d[1], half});
      };
      gate = part(0);
      linear = part(1);
    }
    if (node.hasAttr("swiglu_limit")) {
      double limit = node.getFloat("swiglu_limit", 0);
      gate = binaryScalar(l, BinaryKind::Min, gate, limit);
      linear = binaryScalar(l, BinaryKind::Max, binaryScalar(l, BinaryKind::Min, linear, limit), -limit);
    }
    Value scaled = binaryScalar(l, BinaryKind::Mul, gate, node.getFloat("activation_alpha", 1));
    Value opened = l.binary(BinaryKind::Mul, gate, sigmoid(l, scaled));
    double beta = node.getFloat("activation_beta", 0);
    return l.binary(BinaryKind::Mul, opened, beta == 0 ? linear : binaryScalar(l, BinaryKind::Add, linear, beta));
  }

  Node &node;
  Lowering &l;
  bool quantized;
  int64_t bits = 8, blockSize = 0;
  Type type;
  Dims dims;            ///< of the input
  Value x, logits;      ///< f32 [T, H], [T, E]
  Value indices, mixing; ///< [T, k]
};

template <bool quantized> LogicalResult lowerExperts(Node &node, Lowering &l) { return Experts(node, l, quantized).lower(); }

/// DeepSeek-V3's selection: sigmoid scores with a bias for the choice alone, the best groups by the sum of their best
/// experts, the best experts of those. Gives the logarithm of the chosen scores, and a sentinel elsewhere.
LogicalResult lowerGroupRouter(Node &node, Lowering &l) {
  if (failed(expectInputs(node, 1, 3)) || failed(expectFloat(node, 0)) || failed(expectRank(node, 0, 2)))
    return failure();
  if (node.hasInput(2) || node.isResultUsed(1) || node.isResultUsed(2))
    return node.error() << "a projection, and results other than the first, are not supported";
  Type type = elementType(node.getInput(0));
  Value scores = sigmoid(l, l.convert(node.getInput(0), l.f32())), ranked = scores;
  Dims dims = getDims(scores);
  int64_t k = node.getInt("top_k", 0), groups = node.getInt("n_group", 1), kept = node.getInt("topk_group", 1);
  auto experts = asConstant(dims[1]);
  if (!experts || groups < 1 || *experts % groups || kept < 1 || kept > groups || k < 1 || k > *experts / groups * kept)
    return node.error() << "top_k " << k << " of " << kept << " of " << groups << " groups of " << toString(dims[1])
                        << " experts";
  if (Value bias = node.getInput(1)) {
    if (failed(expectFloat(node, 1)) || failed(expectRank(node, 1, 1)))
      return failure();
    FailureOr<Expr> size = l.unify(node, dims[1], getDim(bias.getType(), 0), "number of experts");
    if (failed(size))
      return failure();
    ranked = binaryInto(l, BinaryKind::Add, scores, l.convert(bias, l.f32()));
  }
  if (groups > 1) {
    int64_t members = *experts / groups, summed = std::min(node.getInt("group_topk", 1), members);
    if (summed < 1)
      return node.error() << "group_topk is not positive";
    Value grouped = l.reshape(ranked, {dims[0], l.size(groups), l.size(members)});
    Value sums = l.reduce(ReduceKind::Sum, topK(l, grouped, l.size(summed)).values, {2}, /*keepDims=*/false);
    Value best = topK(l, sums, l.size(kept)).indices; // [T, kept]
    Dims pairs{dims[0], l.size(groups), l.size(kept)};
    Value isBest = l.compare(CompareKind::Eq, l.broadcastInDim(best, {0, 2}, pairs),
                             l.indexExpr(index(l.getContext(), 1), pairs, l.i64()));
    Value open = l.reduce(ReduceKind::Max, isBest, {2}, /*keepDims=*/false); // [T, groups]
    open = l.broadcastInDim(open, {0, 1}, getDims(grouped));
    grouped = l.select(open, grouped, l.splat(-std::numeric_limits<double>::infinity(), getDims(grouped), l.f32()));
    ranked = l.reshape(grouped, dims);
  }
  Value chosen = topK(l, ranked, l.size(k)).indices;
  Value logarithms = l.unary(UnaryKind::Log, binaryScalar(l, BinaryKind::Max, takeAlongLast(l, scores, chosen), 1e-20));
  Value y = l.splat(node.getFloat("router_sentinel", -10000), dims, l.f32());
  y = ScatterAlongAxisOp::create(l.builder, l.getLoc(), y.getType(), ScatterKind::Set, y, chosen, logarithms, 1);
  node.setResult(0, l.convert(y, type));
  return success();
}

} // namespace

void registerMixtureOfExperts(Registry &r) {
  r.addIn("com.microsoft", "MoE", 1, lowerExperts<false>);
  r.addIn("com.microsoft", "QMoE", 1, lowerExperts<true>);
  r.addIn("com.microsoft", "MoEGroupRouter", 1, lowerGroupRouter);
}

} // namespace dsc::onnx_to_prim
