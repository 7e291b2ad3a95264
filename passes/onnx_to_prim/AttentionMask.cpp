// SPDX-License-Identifier: Apache-2.0
// Which keys a query of ai.onnx Attention sees.
//
// A query i of this call stands at position offset + i, where offset is the length of the past, or, with an external cache
// (nonpad_kv_seqlen), nonpad_kv_seqlen[b] - S, else 0.
#include "passes/onnx_to_prim/Attention.h"
#include <limits>

using namespace mlir;
using namespace dsc::prim;

namespace dsc::onnx_to_prim {
namespace {

class MaskReader {
public:
  MaskReader(Node &node, Lowering &l, const AttentionSizes &sizes) : node(node), l(l), sizes(sizes) {}

  FailureOr<AttentionMask> read() {
    if (failed(readInput()))
      return failure();
    bool perBatch = node.hasInput(6);
    if (perBatch && failed(readLengths()))
      return failure();
    // j <= p, p - left <= j, j <= p + right for the position p of query i.
    Expr i = index(l.getContext(), 2), j = index(l.getContext(), 3);
    if (node.getInt("is_causal", 0))
      positive(i - j);
    int64_t left = node.getInt("left_window_size", -1), right = node.getInt("right_window_size", -1);
    if (left < -1 || right < -1)
      return node.error() << "window sizes must be -1 or not negative";
    if (left >= 0) {
      positive(j - i + left, /*sign=*/-1);
      mask.mayMaskRows = true;
    }
    if (right >= 0)
      positive(i - j + right);
    if (perBatch)
      padding(j);
    if (failed(combine()))
      return failure();
    return mask;
  }

private:
  /// The attn_mask input, made as long as the keys.
  LogicalResult readInput() {
    if (!node.hasInput(3))
      return success();
    Value given = node.getInput(3);
    bool isBool = elementType(given).isInteger(1);
    if (!isBool && failed(expectSameElementType(node, {node.getInput(0), given})))
      return failure();
    if (rank(given) < 1 || rank(given) > 4)
      return node.error() << "attn_mask has rank " << rank(given);
    FailureOr<Value> padded = padInput(given, isBool);
    if (failed(padded))
      return failure();
    mask.mayMaskRows = true;
    if (isBool)
      conditions.push_back(*padded);
    else
      mask.bias = *padded;
    return success();
  }

  /// From opset 24 on a mask may be shorter than the keys; the rest is masked.
  FailureOr<Value> padInput(Value given, bool isBool) {
    int64_t last = rank(given) - 1;
    Expr length = getDim(given.getType(), last);
    if (length == sizes.keys || node.opset < 24)
      return given; // broadcasting unifies the sizes
    Expr missing = sizes.keys - length;
    if (!provablyNonNegative(missing)) {
      // Sizes under different names are equal, unless the cache is longer than what it holds.
      if (!node.hasInput(6))
        return given;
      RequireOp::create(l.builder, l.getLoc(), nonNegative(missing), l.size(1),
                        l.builder.getStringAttr(node.type + ": attn_mask is longer than the keys"));
    }
    Dims dims = getDims(given), low(dims.size(), l.size(0));
    dims[last] = sizes.keys;
    Type type = elementType(given);
    Value fill = isBool ? l.scalarInt(0, type) : l.scalar(-std::numeric_limits<double>::infinity(), type);
    return Value(PadOp::create(l.builder, l.getLoc(), getTensorType(dims, type), given, fill,
                               ShapeAttr::get(l.getContext(), low)));
  }

  LogicalResult readLengths() {
    if (node.hasInput(4))
      return node.error() << "nonpad_kv_seqlen cannot be combined with past_key";
    if (failed(expectInteger(node, 6)) || failed(expectRank(node, 6, 1)))
      return failure();
    Value given = node.getInput(6);
    FailureOr<Expr> batch = l.unify(node, sizes.batch, getDim(given.getType(), 0), "batch of nonpad_kv_seqlen");
    if (failed(batch))
      return failure();
    for (Expr *size : {&sizes.batch, &sizes.queries, &sizes.keys})
      *size = l.current(*size);
    lengths = l.reshape(l.convert(given, l.i64()), {sizes.batch, l.size(1), l.size(1), l.size(1)});
    mask.mayMaskRows = true;
    return success();
  }

  /// The condition distance + sign * offset >= 0.
  void positive(Expr distance, int sign = 1) {
    Dims dims = {l.size(1), l.size(1), sizes.queries, sizes.keys};
    if (!lengths) {
      Expr offset = sizes.past ? sizes.past : l.size(0);
      conditions.push_back(l.indexExpr(nonNegative(distance + offset * sign), dims, l.i1()));
      return;
    }
    // sign * length >= sign * S - distance
    dims[0] = sizes.batch;
    Value bound = l.indexExpr((sizes.queries * sign - distance) * sign, dims, l.i64());
    CompareKind kind = sign > 0 ? CompareKind::Ge : CompareKind::Le;
    conditions.push_back(l.compare(kind, l.broadcastTo(lengths, dims), bound));
  }

  /// j < nonpad_kv_seqlen[b]
  void padding(Expr j) {
    Dims dims = {sizes.batch, l.size(1), l.size(1), sizes.keys};
    conditions.push_back(l.compare(CompareKind::Lt, l.indexExpr(j, dims, l.i64()), l.broadcastTo(lengths, dims)));
  }

  LogicalResult combine() {
    for (Value condition : conditions) {
      if (!mask.allowed) {
        mask.allowed = condition;
        continue;
      }
      Values both = {mask.allowed, condition};
      if (failed(l.broadcastAll(node, both)))
        return failure();
      mask.allowed = l.binary(BinaryKind::And, both[0], both[1]);
    }
    return success();
  }

  Node &node;
  Lowering &l;
  AttentionSizes sizes;
  AttentionMask mask;
  Values conditions;
  Value lengths; ///< nonpad_kv_seqlen as i64 [B, 1, 1, 1]
};

} // namespace

FailureOr<AttentionMask> readAttentionMask(Node &node, Lowering &l, const AttentionSizes &sizes) {
  return MaskReader(node, l, sizes).read();
}

} // namespace dsc::onnx_to_prim
