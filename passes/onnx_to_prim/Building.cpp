// SPDX-License-Identifier: Apache-2.0
// The building blocks of Lowering that create prim operations.
#include "passes/onnx_to_prim/Lowering.h"
#include "dialects/prim/Numbers.h"
#include "dialects/prim/PrimBuilder.h"
#include "llvm/ADT/SmallBitVector.h"
#include "llvm/ADT/Sequence.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::ArrayRef;
using llvm::SmallVector;

namespace dsc::onnx_to_prim {

// ---- Constants -------------------------------------------------------------------------------------------

Value Lowering::scalar(double value, Type elementType) {
  auto type = RankedTensorType::get({}, elementType);
  return ConstantOp::create(builder, loc, type, DenseElementsAttr::get(type, numberAttr(value, elementType)));
}

Value Lowering::scalarInt(int64_t value, Type elementType) {
  auto type = RankedTensorType::get({}, elementType);
  if (isa<FloatType>(elementType))
    return scalar(double(value), elementType);
  APInt bits(cast<IntegerType>(elementType).getWidth(), uint64_t(value), /*isSigned=*/true, /*implicitTrunc=*/true);
  return ConstantOp::create(builder, loc, type, DenseElementsAttr::get(type, ArrayRef<APInt>(bits)));
}

Value Lowering::splat(double value, ArrayRef<Expr> dims, Type elementType) {
  return broadcastInDim(scalar(value, elementType), {}, dims);
}
Value Lowering::splatInt(int64_t value, ArrayRef<Expr> dims, Type elementType) {
  return broadcastInDim(scalarInt(value, elementType), {}, dims);
}

std::optional<double> Lowering::constantSplat(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (isa<BroadcastOp, ReshapeOp, ConvertOp, TransposeOp>(op)) {
      value = op->getOperand(0);
      continue;
    }
    auto c = dyn_cast<ConstantOp>(op);
    return c ? getSplatNumber(c) : std::nullopt;
  }
  return std::nullopt;
}

Value Lowering::indexExpr(Expr element, ArrayRef<Expr> dims, Type elementType) {
  return PrimBuilder(builder, loc).indexExpr(element, dims, elementType);
}

Value Lowering::exprs(ArrayRef<Expr> elements, Type elementType) {
  return ExprsOp::create(builder, loc, getTensorType({size(elements.size())}, elementType),
                         ShapeAttr::get(getContext(), elements));
}

// ---- Elementwise ------------------------------------------------------------------------------------------

FailureOr<Dims> Lowering::broadcastDims(Node &node, ArrayRef<Value> values) {
  size_t resultRank = 0;
  for (Value value : values)
    resultRank = std::max<size_t>(resultRank, rank(value));
  Dims result(resultRank, size(1));
  for (Value value : values) {
    size_t offset = resultRank - rank(value);
    for (size_t i = offset; i < resultRank; ++i) {
      // Read the dimension anew each time: unification changes types.
      auto joint = joinSizes(node, result[i], getDim(value.getType(), i - offset),
                             "sizes of operands along dimension " + llvm::Twine(i));
      if (failed(joint))
        return failure();
      result[i] = *joint;
    }
  }
  for (Expr &dim : result)
    dim = current(dim);
  return result;
}

LogicalResult Lowering::broadcastAll(Node &node, MutableArrayRef<Value> values) {
  auto dims = broadcastDims(node, values);
  if (failed(dims))
    return failure();
  for (Value &value : values)
    value = broadcastTo(value, *dims);
  return success();
}

Value Lowering::broadcastTo(Value value, ArrayRef<Expr> dims) {
  size_t offset = dims.size() - rank(value);
  SmallVector<int64_t> axes;
  Dims own = getDims(value);
  for (auto [i, dim] : llvm::enumerate(own)) {
    axes.push_back(offset + i);
    if (isConstant(dim, 1) || dim == dims[offset + i])
      continue;
    // Unified but not identical (a prim.require stands between them): same buffer, other name.
    if (provablyNonNegative(-dim + 1))
      dim = size(1);
    else if (stretches)
      value = stretch(value, i, dim = dims[offset + i]);
    else
      dim = dims[offset + i];
  }
  return broadcastInDim(castTo(value, own), axes, dims);
}

Value Lowering::stretch(Value value, int64_t axis, Expr size) {
  Expr last = getDim(value.getType(), axis) - 1;
  return take(value, indexExpr(min(index(getContext(), 0), last), {size}, i64()), axis);
}

Value Lowering::broadcastInDim(Value x, ArrayRef<int64_t> axes, ArrayRef<Expr> dims) {
  return PrimBuilder(builder, loc).broadcast(x, axes, dims);
}

Value Lowering::unary(UnaryKind kind, Value x) { return PrimBuilder(builder, loc).unary(kind, x); }

/// Repeats a scalar operand to the shape of the other.
static void matchScalars(Lowering &l, Value &x, Value &y) {
  if (rank(x) == 0 && rank(y) > 0)
    x = l.broadcastInDim(x, {}, getDims(y));
  else if (rank(y) == 0 && rank(x) > 0)
    y = l.broadcastInDim(y, {}, getDims(x));
}

Value Lowering::binary(BinaryKind kind, Value x, Value y) {
  matchScalars(*this, x, y);
  return PrimBuilder(builder, loc).binary(kind, x, y);
}

Value Lowering::compare(CompareKind kind, Value x, Value y) {
  matchScalars(*this, x, y);
  return PrimBuilder(builder, loc).compare(kind, x, y);
}

Value Lowering::select(Value condition, Value onTrue, Value onFalse) {
  matchScalars(*this, onTrue, onFalse);
  if (rank(condition) == 0 && rank(onTrue) > 0)
    condition = broadcastInDim(condition, {}, getDims(onTrue));
  if (rank(onTrue) == 0 && rank(condition) > 0) {
    onTrue = broadcastInDim(onTrue, {}, getDims(condition));
    onFalse = broadcastInDim(onFalse, {}, getDims(condition));
  }
  return PrimBuilder(builder, loc).select(condition, onTrue, onFalse);
}

Value Lowering::convert(Value x, Type to) { return PrimBuilder(builder, loc).convert(x, to); }

// ---- Layout ------------------------------------------------------------------------------------------------

Value Lowering::reshape(Value x, ArrayRef<Expr> dims) { return PrimBuilder(builder, loc).reshape(x, dims); }

Value Lowering::transpose(Value x, ArrayRef<int64_t> perm) { return PrimBuilder(builder, loc).transpose(x, perm); }

Value Lowering::slice(Value x, ArrayRef<Expr> from, ArrayRef<int64_t> steps, ArrayRef<Expr> counted) {
  // ONNX's clamping leaves min and max behind, most of which cancel.
  auto starts = llvm::map_to_vector(from, simplifySize), counts = llvm::map_to_vector(counted, simplifySize);
  auto type = getTensorType(counts, elementType(x));
  bool whole = type == x.getType();
  for (auto [start, step] : llvm::zip(starts, steps))
    whole = whole && isConstant(start, 0) && step == 1;
  if (whole)
    return x;
  return SliceOp::create(builder, loc, type, x, ShapeAttr::get(getContext(), starts), steps);
}

Value Lowering::sliceAxis(Value x, int64_t axis, Expr start, Expr count) {
  Dims counts = getDims(x), starts(counts.size(), size(0));
  SmallVector<int64_t> steps(counts.size(), 1);
  starts[axis] = start;
  counts[axis] = count;
  return slice(x, starts, steps, counts);
}

Value Lowering::concat(ArrayRef<Value> values, int64_t axis) { return PrimBuilder(builder, loc).concat(values, axis); }

Value Lowering::unsqueeze(Value x, int64_t axis) {
  Dims dims = getDims(x);
  dims.insert(dims.begin() + axis, size(1));
  return reshape(x, dims);
}

Value Lowering::squeeze(Value x, int64_t axis) {
  Dims dims = getDims(x);
  dims.erase(dims.begin() + axis);
  return reshape(x, dims);
}

// ---- Reductions, contractions, indexing -----------------------------------------------------------------------

Value Lowering::reduce(ReduceKind kind, Value x, ArrayRef<int64_t> axes, bool keepDims) {
  if (axes.empty())
    return x;
  SmallVector<int64_t> sorted(axes);
  llvm::sort(sorted);
  Dims kept = getDims(x);
  for (int64_t axis : sorted)
    kept[axis] = size(1);
  Value result = PrimBuilder(builder, loc).reduce(kind, x, sorted);
  return keepDims ? reshape(result, kept) : result;
}

Value Lowering::mean(Value x, ArrayRef<int64_t> axes, bool keepDims) {
  Expr count = size(1);
  for (int64_t axis : axes)
    count = count * getDim(x.getType(), axis);
  Value sum = reduce(ReduceKind::Sum, x, axes, keepDims);
  if (auto c = asConstant(count))
    return binary(BinaryKind::Div, sum, scalar(double(*c), elementType(x)));
  Value n = convert(reshape(exprs({count}, i64()), {}), elementType(x));
  return binary(BinaryKind::Div, sum, n);
}

Value Lowering::dot(Value lhs, Value rhs, ArrayRef<int64_t> lhsBatch, ArrayRef<int64_t> rhsBatch,
                    ArrayRef<int64_t> lhsContract, ArrayRef<int64_t> rhsContract, Type resultElement) {
  return PrimBuilder(builder, loc).dot(lhs, rhs, lhsBatch, rhsBatch, lhsContract, rhsContract, resultElement);
}

FailureOr<Value> Lowering::matmul(Node &node, Value a, Value b, Type resultElement) {
  if (rank(a) == 0 || rank(b) == 0)
    return node.error() << "a matrix product of a scalar";
  bool vectorA = rank(a) == 1, vectorB = rank(b) == 1;
  if (vectorA)
    a = unsqueeze(a, 0);
  if (vectorB)
    b = unsqueeze(b, 1);
  Expr kA = getDim(a.getType(), rank(a) - 1), kB = getDim(b.getType(), rank(b) - 2);
  auto k = unify(node, kA, kB, "inner sizes of the product");
  if (failed(k))
    return failure();
  auto withSize = [&](Value v, int64_t axis) {
    Dims dims = getDims(v);
    dims[axis] = current(*k);
    return castTo(v, dims);
  };
  a = withSize(a, rank(a) - 1);
  b = withSize(b, rank(b) - 2);

  // Leading dimensions: those of b that are one everywhere need no batch, the rows of a are just more rows.
  auto leading = [](Value v) { return rank(v) - 2; };
  bool plainB = llvm::all_of(ArrayRef(getDims(b)).drop_back(2), [](Expr dim) { return isConstant(dim, 1); });
  Value result;
  if (plainB && leading(b) <= leading(a)) {
    Dims dims = getDims(b);
    Value matrix = reshape(b, ArrayRef(dims).take_back(2));
    result = dot(a, matrix, {}, {}, {rank(a) - 1}, {0}, resultElement);
  } else {
    Value headA = a, headB = b;
    // Broadcast the leading dimensions, keeping the matrices.
    size_t batchRank = std::max(leading(a), leading(b));
    Dims batch(batchRank, size(1));
    for (Value *v : {&headA, &headB})
      for (int64_t i = 0, e = leading(*v); i < e; ++i) {
        size_t at = batchRank - e + i;
        auto joint = joinSizes(node, batch[at], getDim(v->getType(), i), "leading sizes of the product");
        if (failed(joint))
          return failure();
        batch[at] = *joint;
      }
    for (Expr &dim : batch)
      dim = current(dim);
    auto batchAxes = llvm::to_vector(llvm::seq<int64_t>(0, batchRank));
    for (Value *v : {&headA, &headB}) {
      Dims dims = batch, own = getDims(*v);
      dims.append(own.end() - 2, own.end());
      *v = broadcastTo(*v, dims);
    }
    result = dot(headA, headB, batchAxes, batchAxes, {int64_t(batchRank) + 1}, {int64_t(batchRank)}, resultElement);
  }
  if (vectorB)
    result = squeeze(result, rank(result) - 1);
  if (vectorA)
    result = squeeze(result, rank(result) - (vectorB ? 1 : 2));
  return result;
}

Value Lowering::softmax(Value x, int64_t axis) {
  Dims dims = getDims(x);
  auto repeat = [&](Value reduced) {
    auto axes = llvm::to_vector(llvm::seq<int64_t>(0, dims.size()));
    return broadcastInDim(reduced, axes, dims);
  };
  Value shifted = binary(BinaryKind::Sub, x, repeat(reduce(ReduceKind::Max, x, {axis}, true)));
  Value e = unary(UnaryKind::Exp, shifted);
  return binary(BinaryKind::Div, e, repeat(reduce(ReduceKind::Sum, e, {axis}, true)));
}

Value Lowering::take(Value x, Value indices, int64_t axis) { return PrimBuilder(builder, loc).take(x, indices, axis); }

Value Lowering::nonNegativeIndices(Value indices, Expr size) {
  indices = convert(indices, i64());
  if (auto known = symbolicValues.get(indices)) {
    bool safe = known->element ? provablyNonNegative(known->element, known->dims)
                               : llvm::all_of(*known->elements, [](Expr e) { return provablyNonNegative(e); });
    if (safe)
      return indices;
  }
  Value zero = scalarInt(0, i64());
  Value n = asConstant(size) ? scalarInt(*asConstant(size), i64()) : reshape(exprs({size}, i64()), {});
  Value negative = compare(CompareKind::Lt, indices, zero);
  return select(negative, binary(BinaryKind::Add, indices, n), indices);
}

} // namespace dsc::onnx_to_prim
