// SPDX-License-Identifier: Apache-2.0
// MultiHeadAttention and GroupQueryAttention of com.microsoft, computed in f32 and rounded once.
#include "passes/onnx_to_prim/Attention.h"
#include "passes/onnx_to_prim/Contrib.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace dsc::prim;

namespace dsc::onnx_to_prim {
namespace {

Expr dim(Value v, int64_t i) { return getDim(v.getType(), i); }

/// [B, S, heads * d] -> [B, heads, S, d].
FailureOr<Value> headsFirst(Node &node, Lowering &l, Value x, int64_t heads) {
  FailureOr<Value> split = splitHeads(node, x, heads);
  if (failed(split))
    return failure();
  return l.transpose(*split, {0, 2, 1, 3});
}

/// softmax(softcap(scale Q K^T) + bias, where allowed) V; with a sink, exp(sink) joins the denominator.
struct Core {
  Value q, k, v; ///< [B, H, S, d], [B, G, T, d], [B, G, T, dv]; G divides H
  double scale = 1, softcap = 0;
  Value allowed; ///< i1, broadcasts to the scores [B, H, S, T]; may be null
  Value bias;    ///< f32, likewise
  Value sink;    ///< f32 [H] or null

  /// f32 [B, S, H * dv].
  FailureOr<Value> build(Node &node, Lowering &l) const {
    Dims dq = getDims(q);
    auto heads = asConstant(dq[1]), groups = asConstant(dim(k, 1));
    if (!heads || !groups || *groups <= 0 || *heads % *groups)
      return node.error() << toString(dq[1]) << " query heads do not divide into " << toString(dim(k, 1)) << " key heads";
    Expr rows = dq[2], keys = dim(k, 2);
    Dims grouped{dq[0], l.size(*groups), l.size(*heads / *groups), rows, dq[3]};
    Value scores = l.dot(l.reshape(l.convert(q, l.f32()), grouped), l.convert(k, l.f32()), {0, 1}, {0, 1}, {4}, {3});
    scores = binaryScalar(l, BinaryKind::Mul, l.reshape(scores, {dq[0], dq[1], rows, keys}), scale);
    if (softcap > 0) {
      scores = binaryScalar(l, BinaryKind::Div, scores, softcap);
      scores = binaryScalar(l, BinaryKind::Mul, l.unary(UnaryKind::Tanh, scores), softcap);
    }
    if (bias) {
      FailureOr<Value> full = likeScores(node, bias, scores);
      if (failed(full))
        return failure();
      scores = l.binary(BinaryKind::Add, scores, *full);
    }
    if (allowed) {
      FailureOr<Value> full = likeScores(node, allowed, scores);
      if (failed(full))
        return failure();
      scores = l.select(*full, scores, l.splat(-std::numeric_limits<double>::infinity(), getDims(scores), l.f32()));
    }
    Value p = l.reshape(probabilities(l, scores), {dq[0], l.size(*groups), l.size(*heads / *groups), rows, keys});
    Value y = l.dot(p, l.convert(v, l.f32()), {0, 1}, {0, 1}, {4}, {2}); // [B, G, H / G, S, dv]
    Dims d = getDims(y);
    y = l.transpose(y, {0, 3, 1, 2, 4});
    return l.reshape(y, {d[0], d[3], d[1] * d[2] * d[4]});
  }

private:
  static FailureOr<Value> likeScores(Node &node, Value part, Value scores) {
    return broadcastLike(node, part, scores, "a mask or bias");
  }

  Value probabilities(Lowering &l, Value scores) const {
    if (!sink)
      return l.softmax(scores, 3);
    Value most = l.reduce(ReduceKind::Max, scores, {3}, /*keepDims=*/true);
    Value extra = l.broadcastInDim(sink, {1}, getDims(most));
    most = l.binary(BinaryKind::Max, most, extra);
    Value e = l.unary(UnaryKind::Exp, binaryInto(l, BinaryKind::Sub, scores, most));
    Value sum = l.reduce(ReduceKind::Sum, e, {3}, /*keepDims=*/true);
    sum = l.binary(BinaryKind::Add, sum, l.unary(UnaryKind::Exp, l.binary(BinaryKind::Sub, extra, most)));
    return binaryInto(l, BinaryKind::Div, e, sum);
  }
};

FailureOr<double> readScale(Node &node, Value q) {
  if (double scale = node.getFloat("scale", 0))
    return scale;
  auto width = asConstant(dim(q, 3));
  if (!width || *width <= 0)
    return node.error() << "the size of heads must be known at compile time where no scale is given";
  return 1 / std::sqrt(double(*width));
}

/// The results: what the core computes in the type of the queries, and keys and values as they are now.
LogicalResult finish(Node &node, Lowering &l, Core &core) {
  FailureOr<double> scale = readScale(node, core.q);
  if (failed(scale))
    return failure();
  core.scale = *scale;
  FailureOr<Value> y = core.build(node, l);
  if (failed(y))
    return failure();
  node.setResult(0, l.convert(*y, elementType(core.q)));
  node.setResult(1, core.k);
  node.setResult(2, core.v);
  return success();
}

/// New keys or values [B, G, S, d] behind those of input `i`.
FailureOr<Value> behindPast(Node &node, Lowering &l, unsigned i, Value &current) {
  Value past = node.getInput(i);
  if (failed(expectRank(node, i, 4)) || failed(expectSameElementType(node, {past, current})))
    return failure();
  for (int64_t d : {0, 1, 3})
    if (failed(unifyDim(node, past, d, current, d, "sizes of past and new keys and values")))
      return failure();
  return l.concat({past, current}, 2);
}

// ---- MultiHeadAttention ------------------------------------------------------------------------------

class MultiHeadAttention {
public:
  MultiHeadAttention(Node &node, Lowering &l) : node(node), l(l) {}

  LogicalResult lower() {
    if (failed(readOperands()) || failed(appendPast()) || failed(readMasks()))
      return failure();
    return finish(node, l, core);
  }

private:
  LogicalResult readOperands() {
    if (failed(expectInputs(node, 1, 10)) || failed(expectFloat(node, 0)))
      return failure();
    type = elementType(node.getInput(0));
    heads = node.getInt("num_heads", 0);
    if (!node.hasInput(1) || !node.hasInput(2) || rank(node.getInput(0)) != 3)
      return node.error() << "packed queries, keys and values are not supported";
    if (node.hasInput(8) || node.hasInput(9) || node.isResultUsed(3))
      return node.error() << "shared cache buffers, beam search and the raw scores are not supported";
    Value *slots[] = {&core.q, &core.k, &core.v};
    Expr offset = l.size(0);
    for (unsigned i = 0; i < 3; ++i) {
      Value x = node.getInput(i);
      if (failed(expectSameElementType(node, {node.getInput(0), x})))
        return failure();
      if (i && rank(x) == 4) { // [B, heads, T, d] already, the keys and values of a cross attention
        *slots[i] = x;
        continue;
      }
      if (failed(expectRank(node, i, 3)))
        return failure();
      if (node.hasInput(3)) {
        FailureOr<Value> sum = addBias(x, offset);
        if (failed(sum))
          return failure();
        x = *sum;
      }
      offset = offset + dim(x, 2);
      FailureOr<Value> split = headsFirst(node, l, x, heads);
      if (failed(split))
        return failure();
      *slots[i] = *split;
    }
    return success();
  }

  /// One bias for queries, keys and values, one after another.
  FailureOr<Value> addBias(Value x, Expr offset) {
    if (failed(expectRank(node, 3, 1)) || failed(expectSameElementType(node, {x, node.getInput(3)})))
      return failure();
    Value bias = node.getInput(3);
    auto size = asConstant(dim(bias, 0)), end = asConstant(offset + dim(x, 2));
    if (!size || !end || *end > *size)
      return node.error() << "the bias of " << toString(dim(bias, 0)) << " elements does not fit the inputs";
    Value part = l.convert(l.sliceAxis(bias, 0, offset, dim(x, 2)), computeType(l, type));
    return l.convert(binaryInto(l, BinaryKind::Add, l.convert(x, computeType(l, type)), part), type);
  }

  LogicalResult appendPast() {
    if (node.hasInput(6) != node.hasInput(7))
      return node.error() << "past_key and past_value must be given together";
    if (node.hasInput(6))
      for (auto [i, slot] : {std::pair(6u, &core.k), std::pair(7u, &core.v)}) {
        FailureOr<Value> joined = behindPast(node, l, i, *slot);
        if (failed(joined))
          return failure();
        *slot = *joined;
      }
    if (failed(unifyDim(node, core.q, 0, core.k, 0, "batch of queries and keys")) ||
        failed(unifyDim(node, core.q, 3, core.k, 3, "size of queries and keys")))
      return failure();
    for (int64_t d : {0, 1, 2})
      if (failed(unifyDim(node, core.k, d, core.v, d, "sizes of keys and values")))
        return failure();
    return success();
  }

  LogicalResult readMasks() {
    Expr rows = dim(core.q, 2), keys = dim(core.k, 2);
    if (node.getInt("unidirectional", 0))
      core.allowed = l.indexExpr(nonNegative(index(l.getContext(), 0) + keys - rows - index(l.getContext(), 1)),
                                 {rows, keys}, l.i1());
    if (node.hasInput(4) && failed(readPadding(keys)))
      return failure();
    if (!node.hasInput(5))
      return success();
    if (failed(expectFloat(node, 5)) || failed(expectRank(node, 5, 4)))
      return failure();
    Value bias = l.convert(node.getInput(5), l.f32());
    if (core.bias) {
      Values both = {core.bias, bias};
      if (failed(l.broadcastAll(node, both)))
        return failure();
      bias = l.binary(BinaryKind::Add, both[0], both[1]);
    }
    core.bias = bias;
    return success();
  }

  /// [B] numbers of keys, [B, T] or [B, S, T] masks; what is masked has mask_filter_value added.
  LogicalResult readPadding(Expr keys) {
    Value mask = node.getInput(4);
    if (failed(expectInteger(node, 4)))
      return failure();
    if (rank(mask) == 0 || rank(mask) > 3)
      return node.error() << "key_padding_mask has rank " << rank(mask);
    FailureOr<Expr> batch = l.unify(node, dim(core.q, 0), dim(mask, 0), "batch of queries and key_padding_mask");
    if (failed(batch))
      return failure();
    Value given;
    if (rank(mask) == 1) {
      Dims pairs{*batch, keys};
      given = l.compare(CompareKind::Gt, l.broadcastInDim(l.convert(mask, l.i64()), {0}, pairs),
                        l.indexExpr(index(l.getContext(), 1), pairs, l.i64()));
    } else {
      FailureOr<Expr> total = l.unify(node, keys, dim(mask, rank(mask) - 1), "number of keys and key_padding_mask");
      if (failed(total))
        return failure();
      given = l.convert(node.getInput(4), l.i1());
    }
    Value filter = l.splat(node.getFloat("mask_filter_value", -10000), getDims(given), l.f32());
    Value bias = l.select(given, l.splat(0, getDims(given), l.f32()), filter);
    bias = l.unsqueeze(bias, 1); // heads
    core.bias = rank(given) == 3 ? bias : l.unsqueeze(bias, 1);
    return success();
  }

  Node &node;
  Lowering &l;
  Type type;
  int64_t heads = 0;
  Core core;
};

// ---- GroupQueryAttention -----------------------------------------------------------------------------

/// A row b of the batch has seqlens_k[b] + 1 keys after the call, of which the last S are new. Rows of equal length, and a
/// batch of one, have their keys behind those of the past; else each row's new keys stand behind its own past.
class GroupQueryAttention {
public:
  GroupQueryAttention(Node &node, Lowering &l) : node(node), l(l) {}

  LogicalResult lower() {
    if (failed(refuseVariants()) || failed(readOperands()) || failed(readLengths()) || failed(rotateHeads()) ||
        failed(appendPast()) || failed(readMasks()))
      return failure();
    core.softcap = node.getFloat("softcap", 0);
    return finish(node, l, core);
  }

private:
  LogicalResult refuseVariants() {
    if (failed(expectInputs(node, 1, 12)) || failed(expectFloat(node, 0)) || failed(expectRank(node, 0, 3)))
      return failure();
    if (node.getString("k_quant_type", "NONE") != "NONE" || node.getString("v_quant_type", "NONE") != "NONE" ||
        node.getInt("sliding_window_cache", 0) || node.getInt("qk_output", 0) || node.isResultUsed(3))
      return node.error() << "quantized or windowed caches and the raw scores are not supported";
    if (!node.hasInput(5) || !node.hasInput(6) || node.hasInput(3) != node.hasInput(4) ||
        node.hasInput(1) != node.hasInput(2))
      return node.error() << "needs seqlens_k, total_sequence_length, and keys and values or neither, past or new";
    return success();
  }

  LogicalResult readOperands() {
    heads = node.getInt("num_heads", 0);
    groups = node.getInt("kv_num_heads", 0);
    if (heads <= 0 || groups <= 0)
      return node.error() << "num_heads " << heads << ", kv_num_heads " << groups;
    Value q = node.getInput(0), k = node.getInput(1), v = node.getInput(2);
    type = elementType(q);
    if (!k) { // [B, S, (heads + 2 groups) * d]
      auto hidden = asConstant(dim(q, 2));
      if (!hidden || *hidden % (heads + 2 * groups))
        return node.error() << "packed width " << toString(dim(q, 2)) << " of " << heads << " + 2 * " << groups << " heads";
      int64_t width = *hidden / (heads + 2 * groups);
      Value packed = q;
      q = l.sliceAxis(packed, 2, l.size(0), l.size(heads * width));
      k = l.sliceAxis(packed, 2, l.size(heads * width), l.size(groups * width));
      v = l.sliceAxis(packed, 2, l.size((heads + groups) * width), l.size(groups * width));
    } else if (failed(expectRank(node, 1, 3)) || failed(expectRank(node, 2, 3)) ||
               failed(expectSameElementType(node, {q, k, v}))) {
      return failure();
    }
    for (auto [x, count, slot] : {std::tuple(q, heads, &core.q), {k, groups, &core.k}, {v, groups, &core.v}}) {
      FailureOr<Value> split = headsFirst(node, l, x, count);
      if (failed(split))
        return failure();
      *slot = *split;
    }
    for (Value *other : {&core.k, &core.v})
      for (int64_t d : {0, 2})
        if (failed(unifyDim(node, core.q, d, *other, d, "batch and length of queries, keys and values")))
          return failure();
    return unifyDim(node, core.q, 3, core.k, 3, "size of queries and keys");
  }

  /// Where each row's new keys begin, [B] i64: `start`, and as one expression where it is that of all rows.
  LogicalResult readLengths() {
    Value lengths = l.convert(node.getInput(5), l.i64());
    batch = dim(core.q, 0), rows = dim(core.q, 2);
    pastKeys = node.hasInput(3) ? dim(node.getInput(3), 2) : l.size(0);
    if (rank(lengths) == 2)
      lengths = l.reshape(lengths, {product(l.getContext(), getDims(lengths))});
    if (rank(lengths) != 1)
      return node.error() << "seqlens_k has rank " << rank(lengths);
    FailureOr<Expr> size = l.unify(node, batch, dim(lengths, 0), "batch and number of seqlens_k");
    if (failed(size))
      return failure();
    // The cache holds what came before; as large a buffer as will ever be needed is another matter.
    FailureOr<Dims> total = l.integers(node, node.getInput(6), "total_sequence_length", 0);
    if (failed(total))
      return failure();
    if (total->size() != 1)
      return node.error() << "total_sequence_length must have one element";
    if (failed(l.unify(node, total->front(), pastKeys + rows, "total_sequence_length and the keys of past and new")))
      return failure();
    if (isConstant(batch, 1) || isConstant(pastKeys, 0)) {
      common = pastKeys;
      if (isConstant(batch, 1)) {
        FailureOr<Dims> last = l.integers(node, lengths, "seqlens_k", 0);
        if (failed(last) ||
            failed(l.unify(node, last->front() + 1, pastKeys + rows, "seqlens_k and the keys of past and new")))
          return failure();
      }
      return success();
    }
    refresh();
    lengths = l.castTo(lengths, {batch});
    Value start = l.binary(BinaryKind::Add, lengths, l.indexExpr(l.size(1) - rows, getDims(lengths), l.i64()));
    starts = l.binary(BinaryKind::Max, start, l.splatInt(0, getDims(start), l.i64()));
    return success();
  }

  /// Sizes in terms of the symbols that unification has left.
  void refresh() {
    for (Expr *e : {&batch, &rows, &pastKeys})
      *e = l.current(*e);
    if (common)
      common = l.current(*common);
  }

  LogicalResult rotateHeads() {
    refresh();
    if (!node.getInt("do_rotary", 0))
      return success();
    if (!node.hasInput(7) || !node.hasInput(8) || failed(expectRank(node, 7, 2)) || failed(expectRank(node, 8, 2)))
      return node.error() << "do_rotary needs tables of rank 2";
    if (failed(expectSameElementType(node, {core.q, node.getInput(7), node.getInput(8)})))
      return failure();
    Dims tokens{batch, rows};
    Value positions = node.getInput(9);
    if (positions) {
      if (failed(expectRank(node, 9, 2)) || failed(expectInteger(node, 9)))
        return failure();
      positions = l.convert(positions, l.i64());
    } else if (common) {
      positions = l.indexExpr(*common + index(l.getContext(), 1), tokens, l.i64());
    } else {
      positions = l.binary(BinaryKind::Add, l.broadcastInDim(starts, {0}, tokens),
                           l.indexExpr(index(l.getContext(), 1), tokens, l.i64()));
    }
    auto half = asConstant(dim(node.getInput(7), 1));
    if (!half)
      return node.error() << "the width of the tables must be known at compile time";
    RotaryTables tables{7, 8, positions, node.getInt("rotary_interleaved", 0) != 0};
    for (Value *x : {&core.q, &core.k}) {
      FailureOr<Value> y = rotate(node, l, *x, 0, 2 * *half, tables);
      if (failed(y))
        return failure();
      *x = *y;
    }
    return success();
  }

  LogicalResult appendPast() {
    if (!node.hasInput(3))
      return success();
    for (auto [i, slot] : {std::pair(3u, &core.k), std::pair(4u, &core.v)}) {
      if (rank(node.getInput(i)) == 4 &&
          failed(l.unify(node, l.current(pastKeys), dim(node.getInput(i), 2), "number of past keys and values")))
        return failure();
      FailureOr<Value> joined = behindPast(node, l, i, *slot);
      if (failed(joined))
        return failure();
      *slot = common ? *joined : shifted(*joined);
    }
    return success();
  }

  /// Key j of row b: joined[j] below its start, then the new ones, zero behind them. `joined` is [B, G, P + S, d].
  Value shifted(Value joined) {
    Dims d = getDims(joined), places{d[0], d[2]};
    Value start = l.broadcastInDim(starts, {0}, places);
    Value j = l.indexExpr(index(l.getContext(), 1), places, l.i64());
    Value isOld = l.compare(CompareKind::Lt, j, start);
    Value distance = l.binary(BinaryKind::Sub, j, start); // into the new keys
    Value isNew = l.compare(CompareKind::Lt, distance, l.indexExpr(rows, places, l.i64()));
    Value from = l.binary(BinaryKind::Add, distance, l.indexExpr(pastKeys, places, l.i64()));
    from = l.select(isOld, j, l.select(isNew, from, l.splatInt(0, places, l.i64())));
    Value keep = l.binary(BinaryKind::Or, isOld, isNew);
    Value indices = l.broadcastInDim(from, {0, 2}, d);
    Value moved = TakeAlongAxisOp::create(l.builder, l.getLoc(), joined.getType(), joined, indices, 2);
    return l.select(l.broadcastInDim(keep, {0, 2}, d), moved, l.splat(0, d, type));
  }

  LogicalResult readMasks() {
    refresh();
    int64_t window = node.getInt("local_window_size", -1);
    Expr keys = dim(core.k, 2);
    if (node.getInt("causal", 1)) {
      if (common) {
        // How far key j lies behind query i.
        Expr behind = *common + index(l.getContext(), 0) - index(l.getContext(), 1);
        Expr allowed = nonNegative(behind);
        if (window > 0)
          allowed = allowed * less(behind, l.size(window));
        core.allowed = l.indexExpr(allowed, {rows, keys}, l.i1());
      } else {
        Dims places{batch, rows, keys};
        Value behind = l.indexExpr(index(l.getContext(), 1) - index(l.getContext(), 2), places, l.i64());
        behind = l.binary(BinaryKind::Add, behind, l.broadcastInDim(starts, {0}, places));
        Value allowed = l.compare(CompareKind::Ge, behind, l.splatInt(0, places, l.i64()));
        if (window > 0)
          allowed = l.binary(BinaryKind::And, allowed,
                             l.compare(CompareKind::Lt, behind, l.splatInt(window, places, l.i64())));
        core.allowed = l.unsqueeze(allowed, 1);
      }
    } else if (!common || window > 0) {
      return node.error() << "attention that is not causal, of rows of different lengths or with a window, is not supported";
    }
    if (node.hasInput(10)) {
      if (failed(expectFloat(node, 10)) || failed(expectRank(node, 10, 4)))
        return failure();
      core.bias = l.convert(node.getInput(10), l.f32());
    }
    if (node.hasInput(11)) {
      if (failed(expectFloat(node, 11)) || failed(expectRank(node, 11, 1)))
        return failure();
      FailureOr<Expr> size = l.unify(node, l.size(heads), dim(node.getInput(11), 0), "number of heads and sinks");
      if (failed(size))
        return failure();
      core.sink = l.convert(l.castTo(node.getInput(11), {l.size(heads)}), l.f32());
    } else if (node.getInt("smooth_softmax", -1) > 0) {
      core.sink = l.splat(0, {l.size(heads)}, l.f32());
    }
    return success();
  }

  Node &node;
  Lowering &l;
  Type type;
  int64_t heads = 0, groups = 0;
  Expr batch, rows, pastKeys;
  std::optional<Expr> common; ///< where the new keys of all rows begin
  Value starts;               ///< else where those of each do, [B]
  Core core;
};

LogicalResult lowerMultiHeadAttention(Node &node, Lowering &l) { return MultiHeadAttention(node, l).lower(); }
LogicalResult lowerGroupQueryAttention(Node &node, Lowering &l) { return GroupQueryAttention(node, l).lower(); }

} // namespace

void registerContribAttention(Registry &r) {
  r.addIn("com.microsoft", "MultiHeadAttention", 1, lowerMultiHeadAttention);
  r.addIn("com.microsoft", "GroupQueryAttention", 1, lowerGroupQueryAttention);
}

} // namespace dsc::onnx_to_prim
