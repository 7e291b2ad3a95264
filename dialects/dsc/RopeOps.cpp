// SPDX-License-Identifier: Apache-2.0
// Rotated pairs: verifier and decomposition.
#include "dialects/dsc/Dsc.h"
#include "dialects/prim/PrimBuilder.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::model {

/// The elements of a row that are first (0) or second (1) in their pairs.
static Value halfOf(PrimBuilder &build, Value x, Pairing pairing, int64_t which) {
  SmallVector<Expr> dims = getDims(x);
  int64_t last = dims.size() - 1, half = *asConstant(dims[last]) / 2;
  if (pairing == Pairing::Half)
    return build.slice(x, last, build.size(which * half), build.size(half));
  SmallVector<Expr> starts(dims.size(), build.size(0));
  SmallVector<int64_t> steps(dims.size(), 1);
  starts[last] = build.size(which);
  steps[last] = 2;
  dims[last] = build.size(half);
  return build.slice(x, starts, steps, dims);
}

SmallVector<Value> RopeOp::decompose(OpBuilder &builder) {
  PrimBuilder build(builder, getLoc());
  Value a = halfOf(build, getX(), getFrom(), 0), b = halfOf(build, getX(), getFrom(), 1);
  SmallVector<Expr> dims = getDims(a);
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(0, dims.size()));
  Value c = build.broadcast(getCos(), axes, dims), s = build.broadcast(getSin(), axes, dims);
  auto mul = [&](Value x, Value y) { return build.binary(BinaryKind::Mul, x, y); };
  Value first = build.binary(BinaryKind::Sub, mul(a, c), mul(b, s)), second = build.binary(BinaryKind::Add, mul(b, c), mul(a, s));
  int64_t last = dims.size() - 1;
  if (getTo() == Pairing::Half)
    return {build.concat({first, second}, last)};
  dims.push_back(build.size(1));
  Value pairs = build.concat({build.reshape(first, dims), build.reshape(second, dims)}, last + 1);
  return {build.reshape(pairs, getDims(getX()))};
}

LogicalResult RopeOp::verify() {
  SmallVector<Expr> x = getDims(getX()), table = getDims(getCos());
  auto width = x.empty() ? std::nullopt : asConstant(x.back());
  if (!width || *width % 2 != 0 || *width <= 0)
    return emitOpError("(C1): x is ") << describe(getX().getType());
  bool fits = table.size() == x.size() && isConstant(table.back(), *width / 2) && elementType(getCos()) == elementType(getX());
  for (size_t i = 0; fits && i + 1 < x.size(); ++i)
    fits = table[i] == x[i] || isConstant(table[i], 1);
  if (!fits)
    return emitOpError("(C2): x is ") << describe(getX().getType()) << ", the tables are " << describe(getCos().getType());
  return success();
}

} // namespace dsc::model
