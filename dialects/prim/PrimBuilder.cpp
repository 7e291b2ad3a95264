// SPDX-License-Identifier: Apache-2.0
#include "dialects/prim/PrimBuilder.h"
#include "dialects/prim/Numbers.h"

using namespace mlir;
using llvm::ArrayRef;

namespace dsc::prim {

Value PrimBuilder::splat(double value, ArrayRef<Expr> dims, Type elementType) {
  auto scalar = RankedTensorType::get({}, elementType);
  return broadcast(ConstantOp::create(b, loc, scalar, DenseElementsAttr::get(scalar, numberAttr(value, elementType))), {}, dims);
}

Value PrimBuilder::indexExpr(Expr element, ArrayRef<Expr> dims, Type elementType) {
  return IndexExprOp::create(b, loc, getTensorType(dims, elementType), element);
}

Value PrimBuilder::unary(UnaryKind kind, Value x) {
  bool predicate = kind == UnaryKind::IsNaN || kind == UnaryKind::IsInf;
  return UnaryOp::create(b, loc, predicate ? withElementType(x.getType(), b.getI1Type()) : x.getType(), kind, x);
}

Value PrimBuilder::binary(BinaryKind kind, Value x, Value y) { return BinaryOp::create(b, loc, x.getType(), kind, x, y); }

Value PrimBuilder::compare(CompareKind kind, Value x, Value y) {
  return CompareOp::create(b, loc, withElementType(x.getType(), b.getI1Type()), kind, x, y);
}

Value PrimBuilder::select(Value condition, Value onTrue, Value onFalse) {
  return SelectOp::create(b, loc, onTrue.getType(), condition, onTrue, onFalse);
}

Value PrimBuilder::convert(Value x, Type type) {
  return elementType(x) == type ? x : ConvertOp::create(b, loc, withElementType(x.getType(), type), x).getResult();
}

Value PrimBuilder::broadcast(Value x, ArrayRef<int64_t> axes, ArrayRef<Expr> dims) {
  Type type = getTensorType(dims, elementType(x));
  return type == x.getType() ? x : BroadcastOp::create(b, loc, type, x, axes).getResult();
}

Value PrimBuilder::reshape(Value x, ArrayRef<Expr> dims) {
  Type type = getTensorType(dims, elementType(x));
  return type == x.getType() ? x : ReshapeOp::create(b, loc, type, x).getResult();
}

Value PrimBuilder::transpose(Value x, ArrayRef<int64_t> perm) {
  if (llvm::equal(perm, llvm::seq<int64_t>(0, rank(x))))
    return x;
  SmallVector<Expr> dims;
  for (int64_t axis : perm)
    dims.push_back(getDim(x.getType(), axis));
  return TransposeOp::create(b, loc, getTensorType(dims, elementType(x)), x, perm);
}

Value PrimBuilder::slice(Value x, ArrayRef<Expr> starts, ArrayRef<int64_t> steps, ArrayRef<Expr> counts) {
  return SliceOp::create(b, loc, getTensorType(counts, elementType(x)), x, ShapeAttr::get(b.getContext(), starts), steps);
}

Value PrimBuilder::slice(Value x, int64_t axis, Expr start, Expr count) {
  SmallVector<Expr> dims = getDims(x), starts(dims.size(), size(0));
  if (isConstant(start, 0) && dims[axis] == count)
    return x;
  dims[axis] = count;
  starts[axis] = start;
  return slice(x, starts, SmallVector<int64_t>(dims.size(), 1), dims);
}

Value PrimBuilder::concat(ArrayRef<Value> values, int64_t axis) {
  if (values.size() == 1)
    return values[0];
  SmallVector<Expr> dims = getDims(values[0]);
  for (Value value : values.drop_front())
    dims[axis] = dims[axis] + getDim(value.getType(), axis);
  return ConcatOp::create(b, loc, getTensorType(dims, elementType(values[0])), values, axis);
}

Value PrimBuilder::reduce(ReduceKind kind, Value x, ArrayRef<int64_t> axes) {
  SmallVector<Expr> dims;
  for (auto [i, dim] : llvm::enumerate(getDims(x)))
    if (!llvm::is_contained(axes, int64_t(i)))
      dims.push_back(dim);
  return ReduceOp::create(b, loc, getTensorType(dims, elementType(x)), kind, x, axes);
}

Value PrimBuilder::dot(Value lhs, Value rhs, ArrayRef<int64_t> lhsBatch, ArrayRef<int64_t> rhsBatch,
                       ArrayRef<int64_t> lhsContract, ArrayRef<int64_t> rhsContract, Type resultElement) {
  SmallVector<Expr> dims;
  for (int64_t axis : lhsBatch)
    dims.push_back(getDim(lhs.getType(), axis));
  auto addFree = [&](Value x, ArrayRef<int64_t> batch, ArrayRef<int64_t> contract) {
    for (auto [i, dim] : llvm::enumerate(getDims(x)))
      if (!llvm::is_contained(batch, int64_t(i)) && !llvm::is_contained(contract, int64_t(i)))
        dims.push_back(dim);
  };
  addFree(lhs, lhsBatch, lhsContract);
  addFree(rhs, rhsBatch, rhsContract);
  Type type = getTensorType(dims, resultElement ? resultElement : elementType(lhs));
  return DotOp::create(b, loc, type, lhs, rhs, lhsBatch, rhsBatch, lhsContract, rhsContract);
}

Value PrimBuilder::take(Value x, Value indices, int64_t axis) {
  SmallVector<Expr> dims = getDims(x), chosen = getDims(indices);
  dims.erase(dims.begin() + axis);
  dims.insert(dims.begin() + axis, chosen.begin(), chosen.end());
  return TakeOp::create(b, loc, getTensorType(dims, elementType(x)), x, indices, axis);
}

Value PrimBuilder::takeAlongAxis(Value x, Value indices, int64_t axis) {
  return TakeAlongAxisOp::create(b, loc, withElementType(indices.getType(), elementType(x)), x, indices, axis);
}

} // namespace dsc::prim
