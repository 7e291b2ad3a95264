// SPDX-License-Identifier: Apache-2.0
// ai.onnx Attention: softmax(softcap(Q K^T) + mask) V with grouped heads and an optional past.
#include "passes/onnx_to_prim/Attention.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace dsc::prim;

namespace dsc::onnx_to_prim {

FailureOr<Value> splitHeads(Node &node, Value x, int64_t heads) {
  Lowering &l = node.lowering;
  if (heads <= 0)
    return node.error() << "a 3-D input needs a positive number of heads";
  Dims dims = getDims(x);
  if (failed(requireMultiple(node, dims[2], l.size(heads), "the hidden size is not divisible by the number of heads")))
    return failure();
  return l.reshape(x, {dims[0], dims[1], l.size(heads), floorDiv(dims[2], l.size(heads))});
}

namespace {

enum Output { Y, PresentKey, PresentValue, Scores };
enum ScoresMode { Raw, AfterSoftcap, AfterMask, AfterSoftmax };

class Attention {
public:
  Attention(Node &node, Lowering &l) : node(node), l(l), type(elementType(node.getInput(0))) {}

  LogicalResult lower() {
    group = l.size(1);
    if (failed(readHeads()) || failed(appendPast()) || failed(groupHeads()))
      return failure();
    FailureOr<AttentionMask> read = readAttentionMask(node, l, sizes());
    if (failed(read))
      return failure();
    mask = *read;

    Value scores = rawScores();
    exposeScores(Raw, scores);
    if (double cap = node.getFloat("softcap", 0); cap > 0) {
      scores = binaryScalar(l, BinaryKind::Div, scores, cap);
      scores = binaryScalar(l, BinaryKind::Mul, l.unary(UnaryKind::Tanh, scores), cap);
    }
    exposeScores(AfterSoftcap, scores);
    FailureOr<Value> masked = applyMask(scores);
    if (failed(masked))
      return failure();
    exposeScores(AfterMask, *masked);
    FailureOr<Value> probabilities = softmax(*masked);
    if (failed(probabilities))
      return failure();
    exposeScores(AfterSoftmax, *probabilities);
    node.setResult(Y, weightedValues(*probabilities));
    return success();
  }

private:
  Expr dim(Value v, int64_t i) { return getDim(v.getType(), i); }

  AttentionSizes sizes() {
    return {dim(q, 0), dim(q, 2), dim(k, 2), node.hasInput(4) ? dim(node.getInput(4), 2) : Expr()};
  }

  /// Q, K, V as [B, heads, rows, d].
  LogicalResult readHeads() {
    if (failed(expectInputs(node, 3, node.opset < 24 ? 6 : 7)) || failed(expectFloat(node, 0)))
      return failure();
    int64_t inputRank = rank(node.getInput(0));
    if (inputRank != 3 && inputRank != 4)
      return node.error() << "input 0 has rank " << inputRank << ", neither 3 nor 4";
    isFlat = inputRank == 3;
    int64_t queryHeads = node.getInt("q_num_heads", 0), keyHeads = node.getInt("kv_num_heads", 0);
    Value *slots[] = {&q, &k, &v};
    for (unsigned i = 0; i < 3; ++i) {
      Value x = node.getInput(i);
      if (failed(expectRank(node, i, inputRank)) || (i == 1 && failed(expectSameElementType(node, {node.getInput(0), x}))))
        return failure();
      if (isFlat) {
        FailureOr<Value> split = splitHeads(node, x, i == 0 ? queryHeads : keyHeads);
        if (failed(split))
          return failure();
        x = l.transpose(*split, {0, 2, 1, 3});
      }
      *slots[i] = x;
    }
    if (elementType(v) != type)
      return node.error() << "values of another element type than keys are not supported";
    return success();
  }

  /// K and V behind their past, the present outputs, and the sizes that must agree.
  LogicalResult appendPast() {
    if (node.hasInput(4) != node.hasInput(5))
      return node.error() << "past_key and past_value must be given together";
    if (node.hasInput(4)) {
      for (auto [i, current] : {std::pair(4u, &k), std::pair(5u, &v)}) {
        Value past = node.getInput(i);
        if (failed(expectRank(node, i, 4)) || failed(expectSameElementType(node, {past, *current})))
          return failure();
        for (int64_t d : {0, 1, 3})
          if (failed(unifyDim(node, past, d, *current, d, "sizes of past and new " + Twine(i == 4 ? "keys" : "values"))))
            return failure();
        *current = l.concat({past, *current}, 2);
      }
    }
    if (failed(unifyDim(node, q, 0, k, 0, "batch of queries and keys")) ||
        failed(unifyDim(node, q, 3, k, 3, "size of queries and keys")))
      return failure();
    for (int64_t d : {0, 1, 2})
      if (failed(unifyDim(node, k, d, v, d, "sizes of keys and values")))
        return failure();
    node.setResult(PresentKey, k);
    node.setResult(PresentValue, v);
    return success();
  }

  /// How many query heads share a key head.
  LogicalResult groupHeads() {
    Expr queryHeads = dim(q, 1), keyHeads = dim(k, 1);
    if (queryHeads == keyHeads)
      return success();
    if (failed(requireMultiple(node, queryHeads, keyHeads, "query heads do not divide into key heads")))
      return failure();
    group = floorDiv(queryHeads, keyHeads);
    return success();
  }

  /// [B, H, a, b] <-> [B, Hk, group, a, b], where heads share keys.
  Value toGroups(Value x) {
    if (isConstant(group, 1))
      return x;
    Dims d = getDims(x);
    return l.reshape(x, {d[0], dim(k, 1), l.current(group), d[2], d[3]});
  }
  Value fromGroups(Value x) {
    if (isConstant(group, 1))
      return x;
    Dims d = getDims(x);
    return l.reshape(x, {d[0], d[1] * d[2], d[3], d[4]});
  }

  /// (Q sqrt(scale)) (K sqrt(scale))^T
  Value rawScores() {
    auto head = asConstant(dim(q, 3));
    Value scaledQ = q, scaledK = k;
    if (node.hasAttr("scale") || head) {
      double scale = node.hasAttr("scale") ? node.getFloat("scale", 1) : 1 / std::sqrt(double(std::max<int64_t>(*head, 1)));
      if (scale == 1)
        return scores(q, k);
      if (scale < 0) {
        scaledQ = binaryScalar(l, BinaryKind::Mul, q, scale);
      } else {
        scaledQ = binaryScalar(l, BinaryKind::Mul, q, std::sqrt(scale));
        scaledK = binaryScalar(l, BinaryKind::Mul, k, std::sqrt(scale));
      }
    } else {
      Value size = l.convert(l.reshape(l.exprs({dim(q, 3)}, l.i64()), {}), l.f32());
      Value root = l.convert(l.unary(UnaryKind::Sqrt, l.unary(UnaryKind::Sqrt, size)), type);
      scaledQ = l.binary(BinaryKind::Div, q, root);
      scaledK = l.binary(BinaryKind::Div, k, root);
    }
    return scores(scaledQ, scaledK);
  }

  Value scores(Value queries, Value keys) {
    Value left = toGroups(queries);
    int64_t last = rank(left) - 1;
    return fromGroups(l.dot(left, keys, {0, 1}, {0, 1}, {last}, {3}));
  }

  void exposeScores(ScoresMode mode, Value scores) {
    if (node.getInt("qk_matmul_output_mode", 0) == mode)
      node.setResult(Scores, l.convert(scores, type));
  }

  /// `part` in the shape of the scores.
  FailureOr<Value> likeScores(Value part, Value scores) {
    return broadcastLike(node, part, scores, "attn_mask");
  }

  Value minusInfinity(Value like) {
    return l.splat(-std::numeric_limits<double>::infinity(), getDims(like), elementType(like));
  }

  FailureOr<Value> applyMask(Value scores) {
    if (mask.bias) {
      FailureOr<Value> bias = likeScores(mask.bias, scores);
      if (failed(bias))
        return failure();
      scores = l.binary(BinaryKind::Add, scores, *bias);
    }
    if (mask.allowed) {
      FailureOr<Value> allowed = likeScores(mask.allowed, scores);
      if (failed(allowed))
        return failure();
      scores = l.select(*allowed, scores, minusInfinity(scores));
    }
    return scores;
  }

  /// i1, true for the rows that see a key; null when all do.
  FailureOr<Value> rowsWithKeys() {
    if (!mask.mayMaskRows)
      return Value();
    if (!mask.bias)
      return l.reduce(ReduceKind::Max, mask.allowed, {rank(mask.allowed) - 1}, /*keepDims=*/true);
    Value bias = mask.bias;
    if (mask.allowed) {
      Values both = {mask.allowed, bias};
      if (failed(l.broadcastAll(node, both)))
        return failure();
      bias = l.select(both[0], both[1], minusInfinity(both[1]));
    }
    Value most = l.reduce(ReduceKind::Max, bias, {rank(bias) - 1}, /*keepDims=*/true);
    return l.compare(CompareKind::Ne, most, minusInfinity(most));
  }

  FailureOr<Value> softmax(Value scores) {
    Type compute = computeType(l, type);
    if (node.hasAttr("softmax_precision")) {
      FailureOr<Type> given = floatTypeAttr(node, "softmax_precision", 1);
      if (failed(given))
        return failure();
      if (!isFloat(*given))
        return node.error() << "softmax_precision " << *given << " is not a float";
      compute = *given;
    }
    Value probabilities = l.convert(l.softmax(l.convert(scores, compute), 3), type);
    FailureOr<Value> rows = rowsWithKeys();
    if (failed(rows))
      return failure();
    if (!*rows)
      return probabilities;
    FailureOr<Value> hasKeys = likeScores(*rows, probabilities);
    if (failed(hasKeys))
      return failure();
    return l.select(*hasKeys, probabilities, l.splat(0, getDims(probabilities), type));
  }

  Value weightedValues(Value probabilities) {
    Value left = toGroups(probabilities);
    int64_t last = rank(left) - 1;
    Value y = fromGroups(l.dot(left, v, {0, 1}, {0, 1}, {last}, {2}));
    if (!isFlat)
      return y;
    y = l.transpose(y, {0, 2, 1, 3});
    Dims d = getDims(y);
    return l.reshape(y, {d[0], d[1], d[2] * d[3]});
  }

  Node &node;
  Lowering &l;
  Type type;
  bool isFlat = false;
  Expr group; ///< query heads that share a key head
  Value q, k, v; ///< [B, heads, rows, d]; k and v include the past
  AttentionMask mask;
};

LogicalResult lowerAttention(Node &node, Lowering &l) {
  if (failed(expectInputs(node, 3, 7)))
    return failure();
  int64_t mode = node.getInt("qk_matmul_output_mode", 0);
  if (mode < Raw || mode > AfterSoftmax)
    return node.error() << "qk_matmul_output_mode " << mode << " is none of 0 to 3";
  return Attention(node, l).lower();
}

} // namespace

void registerAttention(Registry &r) {
  r.add("Attention", 23, lowerAttention);
  registerRotaryEmbedding(r);
  registerLinearAttention(r);
}

} // namespace dsc::onnx_to_prim
