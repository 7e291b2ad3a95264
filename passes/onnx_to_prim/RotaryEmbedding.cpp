// SPDX-License-Identifier: Apache-2.0
// RotaryEmbedding of ai.onnx and of com.microsoft: rotates pairs of the first rotary_embedding_dim elements of each head by tables of angles.
#include "passes/onnx_to_prim/Attention.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::onnx_to_prim {
namespace {

/// The table for each row, [B, S, half] with a head axis of size one inserted at `headAxis`.
FailureOr<Value> rowsOfTable(Node &node, Lowering &l, unsigned input, Value positions, Expr half, int64_t headAxis) {
  Value table = node.getInput(input);
  if (positions) {
    if (failed(expectRank(node, input, 2)))
      return failure();
    table = l.take(table, l.nonNegativeIndices(positions, getDim(table.getType(), 0)), 0);
  } else if (failed(expectRank(node, input, 3))) {
    return failure();
  }
  if (failed(l.unify(node, half, getDim(table.getType(), 2), "half the rotary size and the width of the tables")))
    return failure();
  Dims dims = getDims(table);
  dims[2] = l.current(half);
  return l.unsqueeze(l.castTo(table, dims), headAxis);
}

/// Every second element of the last axis from `start` on, or a half of it.
Value partOf(Lowering &l, Value x, bool interleaved, int64_t part, Expr half) {
  int64_t last = rank(x) - 1;
  if (!interleaved)
    return l.sliceAxis(x, last, half * part, half);
  Dims starts(rank(x), l.size(0)), counts = getDims(x);
  SmallVector<int64_t> steps(rank(x), 1);
  starts[last] = l.size(part);
  steps[last] = 2;
  counts[last] = half;
  return l.slice(x, starts, steps, counts);
}

} // namespace

FailureOr<Value> rotate(Node &node, Lowering &l, Value x, int64_t heads, std::optional<int64_t> given,
                       RotaryTables tables) {
  Dims original = getDims(x);
  bool isFlat = rank(x) == 3;
  // [B, S, H, d] from a flat input, else [B, H, S, d].
  int64_t headAxis = isFlat ? 2 : 1;
  if (isFlat) {
    FailureOr<Value> split = splitHeads(node, x, heads);
    if (failed(split))
      return failure();
    x = *split;
  }
  Expr width = getDim(x.getType(), 3), rotary = width;
  if (given) {
    rotary = l.size(*given);
    if (*given < 0 || (asConstant(width) && *given > *asConstant(width)))
      return node.error() << "rotary_embedding_dim " << *given << " of heads of size " << toString(width);
  }
  if (failed(requireMultiple(node, rotary, l.size(2), "the rotary size is odd")))
    return failure();
  Expr half = floorDiv(rotary, l.size(2));
  FailureOr<Value> cos = rowsOfTable(node, l, tables.cos, tables.positions, half, headAxis);
  if (failed(cos))
    return failure();
  FailureOr<Value> sin = rowsOfTable(node, l, tables.sin, tables.positions, half, headAxis);
  if (failed(sin))
    return failure();

  bool interleaved = tables.interleaved;
  Value rotated = l.sliceAxis(x, 3, l.size(0), rotary);
  Values values = {partOf(l, rotated, interleaved, 0, half), partOf(l, rotated, interleaved, 1, half)};
  for (Value table : {*cos, *sin}) {
    FailureOr<Value> fitted = broadcastLike(node, table, values[0], "table of angles");
    if (failed(fitted))
      return failure();
    values.push_back(*fitted);
  }
  auto mul = [&](int a, int b) { return l.binary(BinaryKind::Mul, values[a], values[b]); };
  Value real = l.binary(BinaryKind::Sub, mul(0, 2), mul(1, 3));
  Value imaginary = l.binary(BinaryKind::Add, mul(0, 3), mul(1, 2));
  if (interleaved) {
    Dims dims = getDims(real);
    dims[3] = rotary;
    rotated = l.reshape(l.concat({l.unsqueeze(real, 4), l.unsqueeze(imaginary, 4)}, 4), dims);
  } else {
    rotated = l.concat({real, imaginary}, 3);
  }
  if (rotary != width)
    rotated = l.concat({rotated, l.sliceAxis(x, 3, rotary, width - rotary)}, 3);
  for (Expr &dim : original)
    dim = l.current(dim);
  return l.reshape(rotated, original);
}

namespace {

LogicalResult expectOperands(Node &node, Value x, Value cos, Value sin) {
  if (failed(expectFloat(node, 0)) || failed(expectSameElementType(node, {x, cos, sin})))
    return failure();
  if (rank(x) != 3 && rank(x) != 4)
    return node.error() << "input 0 has rank " << rank(x) << ", neither 3 nor 4";
  return success();
}

std::optional<int64_t> rotaryAttribute(Node &node) {
  int64_t given = node.getInt("rotary_embedding_dim", 0);
  return given ? std::optional(given) : std::nullopt;
}

LogicalResult lowerRotaryEmbedding(Node &node, Lowering &l) {
  if (failed(expectInputs(node, 3, 4)))
    return failure();
  Value x = node.getInput(0);
  if (failed(expectOperands(node, x, node.getInput(1), node.getInput(2))))
    return failure();
  Value positions = node.getInput(3);
  if (positions && (failed(expectRank(node, 3, 2)) || failed(expectInteger(node, 3))))
    return failure();
  FailureOr<Value> y = rotate(node, l, x, node.getInt("num_heads", 0), rotaryAttribute(node), 
                              {1, 2, positions, node.getInt("interleaved", 0) != 0});
  if (failed(y))
    return failure();
  node.setResult(0, *y);
  return success();
}

/// Inputs are x, positions, cos, sin. Positions are [B, S], or [1]: that of the first token. Without num_heads, the
/// width of the tables tells the size of a head.
LogicalResult lowerContribRotary(Node &node, Lowering &l) {
  if (failed(expectInputs(node, 4)) || failed(expectRank(node, 2, 2)) || failed(expectInteger(node, 1)))
    return failure();
  Value x = node.getInput(0), positions = l.convert(node.getInput(1), l.i64());
  if (failed(expectOperands(node, x, node.getInput(2), node.getInput(3))))
    return failure();
  if (node.getInt("is_packed_batching", 0) || node.getFloat("scale", 1) != 1)
    return node.error() << "packed batches and a scale are not supported";
  bool isFlat = rank(x) == 3;
  std::optional<int64_t> rotary = rotaryAttribute(node);
  int64_t heads = node.getInt("num_heads", 0);
  if (isFlat && !heads) {
    auto hidden = asConstant(getDim(x.getType(), 2)), half = asConstant(getDim(node.getInput(2).getType(), 1));
    if (rotary || !hidden || !half || *half <= 0 || *hidden % (2 * *half))
      return node.error() << "needs num_heads: the tables do not tell the size of a head";
    heads = *hidden / (2 * *half);
  }
  Expr tokens = getDim(x.getType(), isFlat ? 1 : 2);
  if (rank(positions) == 1) {
    FailureOr<Expr> one = l.unify(node, getDim(positions.getType(), 0), l.size(1), "number of first positions");
    if (failed(one))
      return failure();
    Dims dims = {l.size(1), l.current(tokens)};
    Value first = l.broadcastInDim(l.reshape(positions, {}), {}, dims);
    positions = l.binary(BinaryKind::Add, first, l.indexExpr(index(l.getContext(), 1), dims, l.i64()));
  } else if (rank(positions) != 2) {
    return node.error() << "position_ids has rank " << rank(positions) << ", neither 1 nor 2";
  }
  FailureOr<Value> y = rotate(node, l, x, heads, rotary, {2, 3, positions, node.getInt("interleaved", 0) != 0});
  if (failed(y))
    return failure();
  node.setResult(0, *y);
  return success();
}

} // namespace

void registerRotaryEmbedding(Registry &r) {
  r.add("RotaryEmbedding", 23, lowerRotaryEmbedding);
  r.addIn("com.microsoft", "RotaryEmbedding", 1, lowerContribRotary);
}

} // namespace dsc::onnx_to_prim
