// SPDX-License-Identifier: Apache-2.0
// ai.onnx RotaryEmbedding: rotates pairs of the first rotary_embedding_dim elements of each head by tables of angles.
#include "passes/onnx_to_prim/Attention.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::onnx_to_prim {
namespace {

/// The table for each row, [B, S, half] with a head axis of size one inserted at `headAxis`.
FailureOr<Value> rowsOfTable(Node &node, Lowering &l, unsigned input, Expr half, int64_t headAxis) {
  Value table = node.getInput(input);
  if (node.hasInput(3)) {
    if (failed(expectRank(node, input, 2)) || failed(expectRank(node, 3, 2)) || failed(expectInteger(node, 3)))
      return failure();
    Value positions = l.nonNegativeIndices(node.getInput(3), getDim(table.getType(), 0));
    table = l.take(table, positions, 0);
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

LogicalResult lowerRotaryEmbedding(Node &node, Lowering &l) {
  if (failed(expectInputs(node, 3, 4)) || failed(expectFloat(node, 0)))
    return failure();
  Value x = node.getInput(0);
  if (failed(expectSameElementType(node, {x, node.getInput(1), node.getInput(2)})))
    return failure();
  if (rank(x) != 3 && rank(x) != 4)
    return node.error() << "input 0 has rank " << rank(x) << ", neither 3 nor 4";
  Dims original = getDims(x);
  bool isFlat = rank(x) == 3;
  // [B, S, H, d] from a flat input, else [B, H, S, d].
  int64_t headAxis = isFlat ? 2 : 1;
  if (isFlat) {
    FailureOr<Value> split = splitHeads(node, x, node.getInt("num_heads", 0));
    if (failed(split))
      return failure();
    x = *split;
  }
  Expr width = getDim(x.getType(), 3), rotary = width;
  if (int64_t given = node.getInt("rotary_embedding_dim", 0)) {
    rotary = l.size(given);
    if (given < 0 || (asConstant(width) && given > *asConstant(width)))
      return node.error() << "rotary_embedding_dim " << given << " of heads of size " << toString(width);
  }
  if (!isConstant(mod(rotary, l.size(2)), 0))
    return node.error() << "the rotary size " << toString(rotary) << " is odd";
  Expr half = floorDiv(rotary, l.size(2));
  FailureOr<Value> cos = rowsOfTable(node, l, 1, half, headAxis);
  if (failed(cos))
    return failure();
  FailureOr<Value> sin = rowsOfTable(node, l, 2, half, headAxis);
  if (failed(sin))
    return failure();

  bool interleaved = node.getInt("interleaved", 0);
  Value rotated = l.sliceAxis(x, 3, l.size(0), rotary);
  Values values = {partOf(l, rotated, interleaved, 0, half), partOf(l, rotated, interleaved, 1, half), *cos, *sin};
  if (failed(l.broadcastAll(node, values)))
    return failure();
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
  node.setResult(0, l.reshape(rotated, original));
  return success();
}

} // namespace

void registerRotaryEmbedding(Registry &r) { r.add("RotaryEmbedding", 23, lowerRotaryEmbedding); }

} // namespace dsc::onnx_to_prim
