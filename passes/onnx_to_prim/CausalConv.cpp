// SPDX-License-Identifier: Apache-2.0
// CausalConvWithState: each channel convolved with the k - 1 positions before it, which are state.
#include "passes/onnx_to_prim/Convolution.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::onnx_to_prim {
namespace {

/// [B, C, L] behind its state [B, C, k - 1], zeros where none is given.
FailureOr<Value> behindState(Node &node, Lowering &l, Value x, Expr k) {
  Value state = node.getInput(3);
  if (!state) {
    Dims dims = getDims(x);
    dims[2] = k - 1;
    return l.concat({l.splat(0, dims, elementType(x)), x}, 2);
  }
  if (failed(expectRank(node, 3, 3)) || failed(expectSameElementType(node, {x, state})))
    return failure();
  for (int64_t d : {0, 1})
    if (failed(unifyDim(node, x, d, state, d, "sizes of input and state")))
      return failure();
  FailureOr<Expr> length = l.unify(node, k - 1, getDim(state.getType(), 2), "length of the state");
  if (failed(length))
    return failure();
  Dims dims = getDims(state);
  dims[2] = *length;
  return l.concat({l.castTo(state, dims), x}, 2);
}

/// sum over t of x[b, c, l + t] * taps[c, t] for a number of taps that only the run knows.
Value sumOfTaps(Lowering &l, Value x, Value taps, Expr length) {
  Dims windows{length, getDim(taps.getType(), 1)};
  Value positions = l.indexExpr(index(l.getContext(), 0) + index(l.getContext(), 1), windows, l.i64());
  Value parts = l.take(x, positions, 2); // [B, C, length, k]
  parts = l.binary(BinaryKind::Mul, parts, l.broadcastInDim(taps, {1, 3}, getDims(parts)));
  return l.reduce(ReduceKind::Sum, parts, {3}, /*keepDims=*/false);
}

LogicalResult lowerCausalConv(Node &node, Lowering &l) {
  if (failed(expectInputs(node, 2, 4)) || failed(expectFloat(node, 0)) || failed(expectRank(node, 0, 3)) ||
      failed(expectRank(node, 1, 3)))
    return failure();
  Value x = node.getInput(0), w = node.getInput(1);
  if (failed(expectSameElementType(node, {x, w})) || failed(unifyDim(node, x, 1, w, 0, "channels")))
    return failure();
  if (isConstant(getDim(w.getType(), 2), 0))
    return node.error() << "the weight must be [channels, 1, k]";
  if (failed(l.unify(node, getDim(w.getType(), 1), l.size(1), "the weight must be [channels, 1, k]")))
    return failure();
  Expr k = getDim(w.getType(), 2);
  StringRef activation = node.getString("activation", "none");
  if (activation != "none" && activation != "silu" && activation != "swish")
    return node.error() << "unknown activation '" << activation << "'";
  FailureOr<Value> padded = behindState(node, l, x, k);
  if (failed(padded))
    return failure();

  Type type = elementType(x), compute = computeType(l, type);
  k = l.current(k);
  Expr length = getDim(padded->getType(), 2) - (k - 1), channels = getDim(padded->getType(), 1);
  Value wide = l.convert(*padded, compute), taps = l.convert(w, compute), y;
  if (!asConstant(k))
    y = sumOfTaps(l, wide, l.reshape(taps, {channels, k}), length);
  for (int64_t tap = 0; tap < asConstant(k).value_or(0); ++tap) {
    Value part = l.sliceAxis(wide, 2, l.size(tap), length);
    Value weight = l.reshape(l.sliceAxis(taps, 2, l.size(tap), l.size(1)), {channels});
    part = l.binary(BinaryKind::Mul, part, l.broadcastInDim(weight, {1}, getDims(part)));
    y = y ? l.binary(BinaryKind::Add, y, part) : part;
  }
  if (Value bias = node.getInput(2)) {
    if (failed(expectRank(node, 2, 1)) || failed(expectSameElementType(node, {x, bias})))
      return failure();
    if (failed(unifyDim(node, y, 1, bias, 0, "channels of the bias")))
      return failure();
    y = l.binary(BinaryKind::Add, y, l.broadcastInDim(l.convert(bias, compute), {1}, getDims(y)));
  }
  if (activation != "none") {
    Value e = l.unary(UnaryKind::Exp, l.unary(UnaryKind::Neg, y));
    y = l.binary(BinaryKind::Div, y, binaryScalar(l, BinaryKind::Add, e, 1));
  }
  node.setResult(0, l.convert(y, type));
  node.setResult(1, l.sliceAxis(*padded, 2, getDim(padded->getType(), 2) - (k - 1), k - 1));
  return success();
}

} // namespace

void registerCausalConv(Registry &r) { r.add("CausalConvWithState", 27, lowerCausalConv); }

} // namespace dsc::onnx_to_prim
