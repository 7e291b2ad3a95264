// SPDX-License-Identifier: Apache-2.0
#include "passes/onnx_to_prim/SplitConcat.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::onnx_to_prim {

using llvm::ArrayRef;

FailureOr<Value> join(Node &node, Lowering &lowering, ArrayRef<Value> values, int64_t axis) {
  if (values.empty())
    return node.error() << "there is nothing to join";
  Value first = values.front();
  for (Value value : values.drop_front())
    if (rank(value) != rank(first) || elementType(value) != elementType(first))
      return node.error() << "inputs differ in rank or element type: " << describe(first.getType()) << " and "
                          << describe(value.getType());
  // Types change under our hands when a size is replaced by another, so they are read anew each time.
  for (Value value : values.drop_front())
    for (int64_t i = 0; i < rank(first); ++i)
      if (i != axis && failed(lowering.unify(node, getDim(first.getType(), i), getDim(value.getType(), i),
                                             "joined tensors differ in size")))
        return failure();
  Values same;
  for (Value value : values) {
    Dims dims = getDims(first);
    dims[axis] = getDim(value.getType(), axis);
    same.push_back(lowering.castTo(value, dims));
  }
  return same.size() == 1 ? same.front() : lowering.concat(same, axis);
}

FailureOr<Values> cut(Node &node, Lowering &lowering, Value value, int64_t axis, ArrayRef<Expr> sizes) {
  Expr total = lowering.size(0);
  for (Expr size : sizes) {
    if (provablyNonNegative(-size - 1))
      return node.error() << "the size of a piece is negative: " << toString(size);
    total = total + size;
  }
  if (failed(lowering.unify(node, total, getDim(value.getType(), axis),
                            "the sizes of the pieces do not add up to the dimension")))
    return failure();
  Values pieces;
  Expr start = lowering.size(0);
  for (Expr size : sizes) {
    size = lowering.current(size);
    pieces.push_back(lowering.sliceAxis(value, axis, start, size));
    start = start + size;
  }
  return pieces;
}

Dims chunkSizes(Lowering &lowering, Expr size, Expr chunk, int64_t count) {
  Dims sizes;
  for (int64_t i = 0; i < count; ++i) {
    Expr rest = max(lowering.size(0), size - chunk * i);
    // The first of several is whole, the last takes what is left.
    bool isLast = i + 1 == count;
    sizes.push_back(isLast ? rest : i == 0 ? chunk : min(chunk, rest));
  }
  return sizes;
}

static LogicalResult lowerConcat(Node &node, Lowering &lowering) {
  Values values;
  for (unsigned i = 0; i < node.getNumInputs(); ++i)
    if (Value value = node.getInput(i))
      values.push_back(value);
  if (values.empty())
    return node.error() << "needs at least one input";
  // The default of opset 1; later the attribute is required.
  auto axis = node.normalizeAxis(node.getInt("axis", 1), rank(values.front()));
  if (failed(axis))
    return failure();
  auto joined = join(node, lowering, values, *axis);
  if (failed(joined))
    return failure();
  node.setResult(0, *joined);
  return success();
}

static LogicalResult lowerSplit(Node &node, Lowering &lowering) {
  Value x = node.getInput(0);
  auto axis = node.normalizeAxis(node.getInt("axis", 0), rank(x));
  if (failed(axis))
    return failure();
  int64_t count = node.getNumResults();
  Expr size = getDim(x.getType(), *axis);
  Dims sizes;
  if (auto attr = node.getInts("split")) { // before opset 13
    sizes = lowering.sizes(*attr);
  } else if (node.hasInput(1)) {
    auto given = lowering.integers(node, node.getInput(1), "split", 0, count);
    if (failed(given))
      return failure();
    sizes = *given;
  } else {
    int64_t pieces = node.getInt("num_outputs", count);
    if (pieces != count || count == 0)
      return node.error() << "num_outputs is " << pieces << ", but the node has " << count << " outputs";
    Expr chunk = node.opset >= 18 ? ceilDiv(size, lowering.size(count)) : floorDiv(size, lowering.size(count));
    if (chunk * count == size || node.opset < 18) {
      sizes.assign(count, chunk);
    } else {
      // These add up by construction, which expressions with a minimum do not show.
      sizes = chunkSizes(lowering, size, chunk, count);
      for (int64_t i = 0; i < count; ++i)
        node.setResult(i, lowering.sliceAxis(x, *axis, min(chunk * i, size), sizes[i]));
      return success();
    }
  }
  if (int64_t(sizes.size()) != count)
    return node.error() << "split gives " << sizes.size() << " sizes for " << count << " outputs";
  auto pieces = cut(node, lowering, x, *axis, sizes);
  if (failed(pieces))
    return failure();
  for (auto [i, piece] : llvm::enumerate(*pieces))
    node.setResult(i, piece);
  return success();
}

void registerSplitConcat(Registry &registry) {
  registry.add("Concat", 1, lowerConcat);
  registry.add("Split", 1, lowerSplit);
}

} // namespace dsc::onnx_to_prim
