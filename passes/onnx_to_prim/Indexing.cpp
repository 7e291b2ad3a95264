// SPDX-License-Identifier: Apache-2.0
// Reading and writing at computed positions: Gather*, Scatter*, TensorScatter, TopK, NonZero, Compress.
#include "passes/onnx_to_prim/Lowering.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::onnx_to_prim {

using llvm::ArrayRef;
using llvm::SmallVector;

// ---- Gather --------------------------------------------------------------------------------------

static LogicalResult lowerGather(Node &node, Lowering &lowering) {
  Value x = node.getInput(0);
  auto axis = node.normalizeAxis(node.getInt("axis", 0), rank(x));
  if (failed(axis))
    return failure();
  Value indices = lowering.nonNegativeIndices(node.getInput(1), getDim(x.getType(), *axis));
  node.setResult(0, lowering.take(x, indices, *axis));
  return success();
}

static LogicalResult lowerGatherElements(Node &node, Lowering &lowering) {
  Value x = node.getInput(0), indices = node.getInput(1);
  auto axis = node.normalizeAxis(node.getInt("axis", 0), rank(x));
  if (failed(axis))
    return failure();
  if (rank(indices) != rank(x))
    return node.error() << "indices have rank " << rank(indices) << ", the data " << rank(x);
  indices = lowering.nonNegativeIndices(indices, getDim(x.getType(), *axis));
  auto type = getTensorType(getDims(indices), elementType(x));
  node.setResult(0, TakeAlongAxisOp::create(lowering.builder, lowering.getLoc(), type, x, indices, *axis));
  return success();
}

/// Index vectors (the last dimension of `indices`) into dimensions `first`, `first + 1`, ... of `x`, as i64 without
/// negative entries.
/// Where their length is open, it is `expected`, if that is known.
static FailureOr<Value> indexVectors(Node &node, Lowering &lowering, Value x, Value indices, int64_t first,
                                     std::optional<int64_t> expected) {
  int64_t last = rank(indices) - 1;
  if (last >= 0 && expected && !asConstant(getDim(indices.getType(), last))) {
    if (failed(lowering.unify(node, getDim(indices.getType(), last), lowering.size(*expected), "length of the index vectors")))
      return failure();
    Dims dims = getDims(indices);
    dims[last] = lowering.size(*expected);
    indices = lowering.castTo(indices, dims);
  }
  auto length = last < 0 ? std::nullopt : asConstant(getDim(indices.getType(), last));
  if (!length)
    return node.error() << "the last dimension of the indices must be constant: " << describe(indices.getType());
  if (*length < 1 || first + *length > rank(x))
    return node.error() << "index vectors of " << *length << " entries do not fit a tensor of rank " << rank(x);
  indices = lowering.convert(indices, lowering.i64());
  auto sizes = ArrayRef<Expr>(getDims(x)).slice(first, *length).vec();
  if (llvm::all_equal(sizes))
    return lowering.nonNegativeIndices(indices, sizes.front());
  Values parts;
  bool changed = false;
  for (int64_t i = 0; i < *length; ++i) {
    Value part = lowering.sliceAxis(indices, last, lowering.size(i), lowering.size(1));
    parts.push_back(lowering.nonNegativeIndices(part, sizes[i]));
    changed |= parts.back() != part;
  }
  return changed ? lowering.concat(parts, last) : indices;
}

static LogicalResult lowerGatherND(Node &node, Lowering &lowering) {
  Value x = node.getInput(0), indices = node.getInput(1);
  int64_t batch = node.getInt("batch_dims", 0);
  if (batch < 0 || batch >= std::min(rank(x), rank(indices)))
    return node.error() << "batch_dims " << batch << " does not fit " << describe(x.getType()) << " and "
                        << describe(indices.getType());
  for (int64_t i = 0; i < batch; ++i)
    if (failed(lowering.unify(node, getDim(x.getType(), i), getDim(indices.getType(), i), "batch dimensions differ")))
      return failure();
  Dims dims = getDims(indices), from = getDims(x);
  std::copy_n(from.begin(), batch, dims.begin());
  indices = lowering.castTo(indices, dims);
  // A result of rank r tells the length: r + length = rank(x) - batch + rank(indices) - 1.
  std::optional<int64_t> expected;
  if (auto declared = node.getDeclaredRank(0))
    expected = rank(x) - batch + rank(indices) - 1 - *declared;
  auto vectors = indexVectors(node, lowering, x, indices, batch, expected);
  if (failed(vectors))
    return failure();
  dims = getDims(*vectors);
  from = getDims(x);
  int64_t length = *asConstant(dims.back());
  dims.pop_back();
  dims.append(from.begin() + batch + length, from.end());
  auto type = getTensorType(dims, elementType(x));
  node.setResult(0, GatherNdOp::create(lowering.builder, lowering.getLoc(), type, x, *vectors, batch));
  return success();
}

// ---- Scatter -------------------------------------------------------------------------------------

static FailureOr<ScatterKind> reductionOf(Node &node) {
  auto name = node.getString("reduction", "none");
  if (name == "none")
    return ScatterKind::Set;
  if (name == "add" && node.opset >= 16)
    return ScatterKind::Add;
  if (name == "mul" && node.opset >= 16)
    return ScatterKind::Mul;
  if (name == "min" && node.opset >= 18)
    return ScatterKind::Min;
  if (name == "max" && node.opset >= 18)
    return ScatterKind::Max;
  return node.error() << "reduction '" << name << "' does not exist in opset " << node.opset;
}

/// Updates with exactly these dimensions.
static FailureOr<Value> updatesAs(Node &node, Lowering &lowering, Value x, Value updates,
                                  llvm::function_ref<Dims()> wanted) {
  if (elementType(updates) != elementType(x))
    return node.error() << "updates are " << elementType(updates) << ", the data " << elementType(x);
  if (failed(lowering.unify(node, wanted(), getDims(updates), "updates do not fit data and indices")))
    return failure();
  return lowering.castTo(updates, wanted());
}

static LogicalResult lowerScatterElements(Node &node, Lowering &lowering) {
  Value x = node.getInput(0), indices = node.getInput(1);
  auto axis = node.normalizeAxis(node.getInt("axis", 0), rank(x));
  auto kind = reductionOf(node);
  if (failed(axis) || failed(kind))
    return failure();
  if (rank(indices) != rank(x))
    return node.error() << "indices have rank " << rank(indices) << ", the data " << rank(x);
  auto updates = updatesAs(node, lowering, x, node.getInput(2), [&] { return getDims(indices); });
  if (failed(updates))
    return failure();
  indices = lowering.nonNegativeIndices(indices, getDim(x.getType(), *axis));
  node.setResult(0, ScatterAlongAxisOp::create(lowering.builder, lowering.getLoc(), x.getType(), *kind, x, indices,
                                               *updates, *axis));
  return success();
}

static LogicalResult lowerScatterND(Node &node, Lowering &lowering) {
  Value x = node.getInput(0);
  auto kind = reductionOf(node);
  if (failed(kind))
    return failure();
  auto indices = indexVectors(node, lowering, x, node.getInput(1), 0,
                              rank(x) + rank(node.getInput(1)) - 1 - rank(node.getInput(2)));
  if (failed(indices))
    return failure();
  Value vectors = *indices;
  int64_t length = *asConstant(getDims(vectors).back());
  auto updates = updatesAs(node, lowering, x, node.getInput(2), [&] {
    Dims dims = getDims(vectors), own = getDims(x);
    dims.pop_back();
    dims.append(own.begin() + length, own.end());
    return dims;
  });
  if (failed(updates))
    return failure();
  auto axes = llvm::to_vector(llvm::seq<int64_t>(0, length));
  node.setResult(0, ScatterNdOp::create(lowering.builder, lowering.getLoc(), x.getType(), *kind, x, vectors, *updates,
                                        axes));
  return success();
}

/// Writes rows of new keys or values into a cache, from a position of each batch entry on.
static LogicalResult lowerTensorScatter(Node &node, Lowering &lowering) {
  Value cache = node.getInput(0);
  auto axis = node.normalizeAxis(node.getInt("axis", -2), rank(cache));
  if (failed(axis))
    return failure();
  auto mode = node.getString("mode", "linear");
  if (mode != "linear" && mode != "circular")
    return node.error() << "mode must be linear or circular, not '" << mode << "'";
  if (*axis == 0)
    return node.error() << "axis must not be the batch dimension";
  if (rank(node.getInput(1)) != rank(cache))
    return node.error() << "the update has rank " << rank(node.getInput(1)) << ", the cache " << rank(cache);
  Value given = node.getInput(1);
  auto updates = updatesAs(node, lowering, cache, given, [&] {
    Dims dims = getDims(cache);
    dims[*axis] = getDim(given.getType(), *axis);
    return dims;
  });
  if (failed(updates))
    return failure();
  if (!node.hasInput(2) && mode == "linear") {
    Dims starts(rank(cache), lowering.size(0));
    node.setResult(0, UpdateSliceOp::create(lowering.builder, lowering.getLoc(), cache.getType(), cache, *updates,
                                            ShapeAttr::get(lowering.getContext(), starts)));
    return success();
  }
  if (node.hasInput(2) &&
      failed(lowering.unify(node, getDims(node.getInput(2)), {getDim(cache.getType(), 0)}, "one index per batch entry")))
    return failure();

  // Index vectors [batch, row] of shape [B, S, 2], and the updates with these two dimensions first.
  MLIRContext *context = lowering.getContext();
  Expr batch = getDim(cache.getType(), 0), rows = getDim(updates->getType(), *axis), size = getDim(cache.getType(), *axis);
  Dims pairs{batch, rows};
  Value row = lowering.indexExpr(index(context, 1), pairs, lowering.i64());
  if (node.hasInput(2)) {
    Value start = lowering.castTo(lowering.convert(node.getInput(2), lowering.i64()), {batch});
    row = lowering.binary(BinaryKind::Add, row, lowering.broadcastInDim(start, {0}, pairs));
  }
  if (mode == "circular") {
    Value modulus = lowering.broadcastTo(lowering.reshape(lowering.exprs({size}, lowering.i64()), {}), pairs);
    row = lowering.binary(BinaryKind::Mod, row, modulus);
  }
  Value entry = lowering.indexExpr(index(context, 0), pairs, lowering.i64());
  Value vectors = lowering.concat({lowering.unsqueeze(entry, 2), lowering.unsqueeze(row, 2)}, 2);
  SmallVector<int64_t> perm{0, *axis};
  for (int64_t i = 1; i < rank(cache); ++i)
    if (i != *axis)
      perm.push_back(i);
  node.setResult(0, ScatterNdOp::create(lowering.builder, lowering.getLoc(), cache.getType(), ScatterKind::Set, cache,
                                        vectors, lowering.transpose(*updates, perm), ArrayRef<int64_t>{0, *axis}));
  return success();
}

// ---- Selection -----------------------------------------------------------------------------------

static LogicalResult lowerTopK(Node &node, Lowering &lowering) {
  Value x = node.getInput(0);
  auto axis = node.normalizeAxis(node.getInt("axis", -1), rank(x));
  if (failed(axis))
    return failure();
  Expr k;
  if (node.opset < 10) {
    k = lowering.size(node.getInt("k", -1));
  } else {
    auto given = lowering.integers(node, node.getInput(1), "k", 0, 1);
    if (failed(given))
      return failure();
    if (given->size() != 1)
      return node.error() << "k must have one element";
    k = given->front();
  }
  Expr size = getDim(x.getType(), *axis);
  if (provablyNonNegative(-k - 1) || provablyNonNegative(k - size - 1))
    return node.error() << "k = " << toString(k) << " is not between 0 and the size " << toString(size);
  // Attribute `sorted` only permits another order; results are always in order.
  auto perm = llvm::to_vector(llvm::seq<int64_t>(0, rank(x)));
  std::swap(perm[*axis], perm.back()); // its own inverse
  x = lowering.transpose(x, perm);
  Dims dims = getDims(x);
  dims.back() = k;
  auto op = TopKOp::create(lowering.builder, lowering.getLoc(), getTensorType(dims, elementType(x)),
                           getTensorType(dims, lowering.i64()), x, node.getInt("largest", 1) != 0);
  node.setResult(0, lowering.transpose(op.getValues(), perm));
  node.setResult(1, lowering.transpose(op.getIndices(), perm));
  return success();
}

/// Positions of elements other than zero, [rank, n]. Their number is a constant where the elements are, else a symbol.
static Value nonZero(Lowering &lowering, Value x) {
  if (rank(x) == 0)
    x = lowering.reshape(x, {lowering.size(1)});
  Dims dims = getDims(x);
  auto known = lowering.symbolic().elements(x);
  if (known && llvm::all_of(*known, [](Expr e) { return asConstant(e).has_value(); })) {
    SmallVector<SmallVector<Expr>> positions(dims.size());
    for (auto [n, element] : llvm::enumerate(*known)) {
      if (isConstant(element, 0))
        continue;
      int64_t rest = n;
      for (size_t i = dims.size(); i-- > 0;) {
        int64_t size = *asConstant(dims[i]);
        positions[i].push_back(lowering.size(rest % size));
        rest /= size;
      }
    }
    SmallVector<Expr> all;
    for (auto &row : positions)
      llvm::append_range(all, row);
    Expr count = lowering.size(positions.front().size());
    return lowering.reshape(lowering.exprs(all, lowering.i64()), {lowering.size(dims.size()), count});
  }
  Value isTrue = lowering.convert(x, lowering.i1());
  auto axes = llvm::to_vector(llvm::seq<int64_t>(0, dims.size()));
  Value total = lowering.reduce(ReduceKind::Sum, lowering.convert(isTrue, lowering.i64()), axes, false);
  Expr count = lowering.defineSymbol("nonzero", total);
  auto type = getTensorType({lowering.size(dims.size()), count}, lowering.i64());
  return NonZeroOp::create(lowering.builder, lowering.getLoc(), type, isTrue);
}

static LogicalResult lowerNonZero(Node &node, Lowering &lowering) {
  node.setResult(0, nonZero(lowering, node.getInput(0)));
  return success();
}

static LogicalResult lowerCompress(Node &node, Lowering &lowering) {
  Value x = node.getInput(0), condition = node.getInput(1);
  if (rank(condition) != 1)
    return node.error() << "the condition must have rank 1, not " << rank(condition);
  int64_t axis = 0;
  if (node.hasAttr("axis")) {
    auto given = node.normalizeAxis(node.getInt("axis", 0), rank(x));
    if (failed(given))
      return failure();
    axis = *given;
  } else {
    x = lowering.reshape(x, {product(lowering.getContext(), getDims(x))});
  }
  Value positions = nonZero(lowering, condition);
  positions = lowering.reshape(positions, {getDim(positions.getType(), 1)});
  node.setResult(0, lowering.take(x, positions, axis));
  return success();
}

void registerIndexing(Registry &registry) {
  registry.add("Gather", 1, lowerGather);
  registry.add("GatherElements", 11, lowerGatherElements);
  registry.add("GatherND", 11, lowerGatherND);
  registry.add("Scatter", 9, lowerScatterElements);
  registry.add("ScatterElements", 11, lowerScatterElements);
  registry.add("ScatterND", 11, lowerScatterND);
  registry.add("TensorScatter", 24, lowerTensorScatter);
  registry.add("TopK", 1, lowerTopK);
  registry.add("NonZero", 9, lowerNonZero);
  registry.add("Compress", 9, lowerCompress);
}

} // namespace dsc::onnx_to_prim
