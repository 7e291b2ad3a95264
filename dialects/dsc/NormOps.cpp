// SPDX-License-Identifier: Apache-2.0
// Norms over the last dimension: verifiers and decompositions.
#include "dialects/dsc/Dsc.h"
#include "dialects/prim/PrimBuilder.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::model {

static Type computeType(Type element) { return element.isF64() ? element : Float32Type::get(element.getContext()); }

/// Sums over the last dimension of `x` divided by its size, [...].
static Value meanOverRows(PrimBuilder &build, Value x) {
  SmallVector<Expr> dims = getDims(x);
  Value sum = build.reduce(ReduceKind::Sum, x, {int64_t(dims.size()) - 1});
  return build.binary(BinaryKind::Div, sum, build.splat(double(*asConstant(dims.back())), getDims(sum), elementType(x)));
}

/// [...] as [..., d].
static Value spreadRows(PrimBuilder &build, Value row, ArrayRef<Expr> dims) {
  return build.broadcast(row, llvm::to_vector(llvm::seq<int64_t>(0, dims.size() - 1)), dims);
}

/// x / sqrt(mean(x^2) + epsilon)
static Value normalize(PrimBuilder &build, Value x, double epsilon) {
  Value mean = meanOverRows(build, build.binary(BinaryKind::Mul, x, x));
  Value root = build.unary(UnaryKind::Sqrt, build.binary(BinaryKind::Add, mean, build.splat(epsilon, getDims(mean), elementType(x))));
  return build.binary(BinaryKind::Mul, x, spreadRows(build, build.unary(UnaryKind::Reciprocal, root), getDims(x)));
}

static Value roundTo(PrimBuilder &build, Value x, std::optional<Type> rounded) {
  return rounded ? build.convert(build.convert(x, *rounded), elementType(x)) : x;
}

/// [d] as [..., d], in the type of `like`.
static Value parameter(PrimBuilder &build, Value row, Value like) {
  SmallVector<Expr> dims = getDims(like);
  return build.broadcast(build.convert(row, elementType(like)), {int64_t(dims.size()) - 1}, dims);
}

template <class Op>
static LogicalResult verifyNorm(Op op, ArrayRef<Value> parameters) {
  SmallVector<Expr> dims = getDims(op.getX());
  if (dims.empty() || !asConstant(dims.back()) || getDims(op.getResult()) != dims)
    return op.emitOpError("(C1): x is ") << describe(op.getX().getType()) << ", the result " << describe(op.getType());
  Type compute = computeType(elementType(op.getX()));
  auto isAllowed = [&](Type type) { return compute.isF64() ? type.isF64() : type.isF16() || type.isBF16() || type.isF32(); };
  if (!isAllowed(elementType(op.getX())) || !isAllowed(elementType(op.getResult())))
    return op.emitOpError("(C3): x is ") << describe(op.getX().getType()) << ", the result " << describe(op.getType());
  for (Value row : parameters) {
    if (row && getDims(row) != SmallVector<Expr>{dims.back()})
      return op.emitOpError("(C2): weight or bias is ") << describe(row.getType());
    if (row && !isAllowed(elementType(row)))
      return op.emitOpError("(C3): x is ") << describe(op.getX().getType()) << ", weight or bias is " << describe(row.getType());
  }
  if (std::optional<Type> rounded = op.getRounded())
    if ((!rounded->isF16() && !rounded->isBF16()) || llvm::none_of(parameters, [](Value row) { return bool(row); }))
      return op.emitOpError("(C4): rounded to ") << *rounded << (rounded->isF16() || rounded->isBF16() ? " before nothing" : "");
  if (!op.getEpsilon().isFinite() || op.getEpsilon().isNegative())
    return op.emitOpError("(C5): epsilon is ") << op.getEpsilon().convertToDouble();
  return success();
}

SmallVector<Value> RmsNormOp::decompose(OpBuilder &b) {
  PrimBuilder build(b, getLoc());
  Value y = normalize(build, build.convert(getX(), computeType(elementType(getX()))), getEpsilon().convertToDouble());
  y = roundTo(build, y, getRounded());
  if (getWeight())
    y = build.binary(BinaryKind::Mul, y, parameter(build, getWeight(), y));
  return {build.convert(y, elementType(getResult()))};
}

LogicalResult RmsNormOp::verify() { return verifyNorm(*this, {getWeight()}); }

SmallVector<Value> LayerNormOp::decompose(OpBuilder &b) {
  PrimBuilder build(b, getLoc());
  Value x = build.convert(getX(), computeType(elementType(getX())));
  Value centered = build.binary(BinaryKind::Sub, x, spreadRows(build, meanOverRows(build, x), getDims(x)));
  Value y = roundTo(build, normalize(build, centered, getEpsilon().convertToDouble()), getRounded());
  if (getWeight())
    y = build.binary(BinaryKind::Mul, y, parameter(build, getWeight(), y));
  if (getWeight() && getBias())
    y = roundTo(build, y, getRounded());
  if (getBias())
    y = build.binary(BinaryKind::Add, y, parameter(build, getBias(), y));
  return {build.convert(y, elementType(getResult()))};
}

LogicalResult LayerNormOp::verify() { return verifyNorm(*this, {getWeight(), getBias()}); }

} // namespace dsc::model
