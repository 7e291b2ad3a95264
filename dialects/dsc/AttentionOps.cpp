// SPDX-License-Identifier: Apache-2.0
// Attention: verifiers, whose messages cite the constraints of the descriptions, and decompositions.
#include "dialects/dsc/Dsc.h"
#include "dialects/prim/PrimBuilder.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::model {

/// Softmax over the last dimension of `scores` [..., s, t] where `attended`, zero in rows without any.
static Value softmaxOver(PrimBuilder &build, Value scores, Value attended) {
  SmallVector<Expr> dims = getDims(scores);
  int64_t last = dims.size() - 1;
  SmallVector<int64_t> kept = llvm::to_vector(llvm::seq<int64_t>(0, last));
  Type type = elementType(scores);
  auto spread = [&](Value row) { return build.broadcast(row, kept, dims); };
  if (attended)
    scores = build.select(attended, scores, build.splat(-std::numeric_limits<double>::infinity(), dims, type));
  Value top = spread(build.reduce(ReduceKind::Max, scores, {last}));
  Value weights = build.unary(UnaryKind::Exp, build.binary(BinaryKind::Sub, scores, top));
  if (attended) // -inf - -inf in a row without any
    weights = build.select(attended, weights, build.splat(0, dims, type));
  Value sum = build.reduce(ReduceKind::Sum, weights, {last});
  if (attended) {
    SmallVector<Expr> rows = getDims(sum);
    Value zero = build.splat(0, rows, type), one = build.splat(1, rows, type);
    sum = build.select(build.compare(CompareKind::Eq, sum, zero), one, sum);
  }
  return build.binary(BinaryKind::Div, weights, spread(sum));
}

/// What mask and causal offset leave, over `dims` = [..., s, t]; null when nothing is masked.
static Value attendedRows(PrimBuilder &build, ArrayRef<Expr> dims, Value mask, Expr causal) {
  if (!causal)
    return mask;
  MLIRContext *context = build.b.getContext();
  unsigned t = dims.size() - 1, s = t - 1;
  Value below = build.indexExpr(nonNegative(causal + index(context, s) - index(context, t)), dims, build.b.getI1Type());
  return mask ? build.binary(BinaryKind::And, mask, below) : below;
}

static Type scoreType(Type element) { return element.isF64() ? element : Float32Type::get(element.getContext()); }

// ---- dsc.attention -----------------------------------------------------------------------------------

/// Scaled and biased scores [b, g, h, s, t] of dsc.attention or its parts.
template <class Op>
static Value buildScores(PrimBuilder &build, Op op, Type type) {
  Value scores;
  for (auto [q, k] : llvm::zip_equal(op.getQueries(), op.getKeys())) {
    Value part = build.dot(q, k, {0, 1}, {0, 1}, {4}, {3}, type);
    scores = scores ? build.binary(BinaryKind::Add, scores, part) : part;
  }
  scores = build.binary(BinaryKind::Mul, scores, build.splat(op.getScale().convertToDouble(), getDims(scores), type));
  return op.getBias() ? build.binary(BinaryKind::Add, scores, build.convert(op.getBias(), type)) : scores;
}

/// Checks (C1), (C2), (C3) but for the result, and (C5).
template <class Op>
static LogicalResult verifyOperands(Op op) {
  if (op.getQueries().empty() || op.getQueries().size() != op.getKeys().size() || rank(op.getValues()) != 4 ||
      !llvm::all_of(op.getQueries(), [](Value q) { return rank(q) == 5; }) ||
      !llvm::all_of(op.getKeys(), [](Value k) { return rank(k) == 4; }) || (op.getMask() && rank(op.getMask()) != 5) ||
      (op.getBias() && rank(op.getBias()) != 5))
    return op.emitOpError("(C1): expected as many query parts as key parts, queries, mask and bias of rank 5, keys and values of rank 4");
  SmallVector<Expr> q = getDims(op.getQueries()[0]), v = getDims(op.getValues());
  SmallVector<Expr> scores{q[0], q[1], q[2], q[3], v[2]};
  for (auto [query, key] : llvm::zip_equal(op.getQueries(), op.getKeys())) {
    SmallVector<Expr> a = getDims(query), k = getDims(key);
    if (ArrayRef(a).drop_back() != ArrayRef(q).drop_back() || k != SmallVector<Expr>{q[0], q[1], v[2], a[4]})
      return op.emitOpError("(C2): a query part is ") << describe(query.getType()) << ", its key part " << describe(key.getType());
  }
  if (v[0] != q[0] || v[1] != q[1])
    return op.emitOpError("(C2): values are ") << describe(op.getValues().getType());
  for (Value masking : {Value(op.getMask()), Value(op.getBias())})
    if (masking && getDims(masking) != scores)
      return op.emitOpError("(C2): mask or bias is ") << describe(masking.getType());
  Type element = elementType(op.getValues());
  auto other = [&](Value value) { return elementType(value) != element; };
  if (llvm::any_of(op.getQueries(), other) || llvm::any_of(op.getKeys(), other) ||
      (op.getBias() && other(op.getBias()) && !elementType(op.getBias()).isF32()))
    return op.emitOpError("(C3): operands and result differ in element type");
  if (op.getCausalAttr() && usesIndex(op.getCausalAttr()))
    return op.emitOpError("(C5): the causal offset '") << toString(op.getCausalAttr()) << "' depends on a position";
  return success();
}

SmallVector<Value> AttentionOp::decompose(OpBuilder &b) {
  PrimBuilder build(b, getLoc());
  Type type = scoreType(elementType(getResult()));
  Value scores = buildScores(build, *this, type);
  Value weights = softmaxOver(build, scores, attendedRows(build, getDims(scores), getMask(), getCausalAttr()));
  Value result = build.dot(weights, build.convert(getValues(), type), {0, 1}, {0, 1}, {4}, {2});
  return {build.convert(result, elementType(getResult()))};
}

LogicalResult AttentionOp::verify() {
  if (rank(getResult()) != 5)
    return emitOpError("(C4): the result is ") << describe(getType());
  if (failed(verifyOperands(*this)))
    return failure();
  if (elementType(getResult()) != elementType(getValues()))
    return emitOpError("(C3): operands and result differ in element type");
  SmallVector<Expr> q = getDims(getQueries()[0]), v = getDims(getValues());
  if (getDims(getResult()) != SmallVector<Expr>{q[0], q[1], q[2], q[3], v[3]})
    return emitOpError("(C4): the result is ") << describe(getType());
  return success();
}

Expr getSplitRows(Expr length) {
  MLIRContext *context = length.getContext();
  constexpr int64_t tile = 64, splits = 16;
  return max(constant(context, 256), ceilDiv(length, constant(context, splits * tile)) * tile);
}

// ---- dsc.attention_parts, dsc.attention_combine --------------------------------------------------------

/// 0 where `top` is minus infinity, so that differences are numbers.
static Value finite(PrimBuilder &build, Value top) {
  SmallVector<Expr> dims = getDims(top);
  Type type = elementType(top);
  Value none = build.splat(-std::numeric_limits<double>::infinity(), dims, type);
  return build.select(build.compare(CompareKind::Eq, top, none), build.splat(0, dims, type), top);
}

SmallVector<Value> AttentionPartsOp::decompose(OpBuilder &b) {
  PrimBuilder build(b, getLoc());
  MLIRContext *context = b.getContext();
  Type type = elementType(getSums());
  Value scores = buildScores(build, *this, type);
  Value attended = attendedRows(build, getDims(scores), getMask(), getCausalAttr());
  SmallVector<Expr> dims = getDims(scores);
  dims.insert(dims.begin(), getDim(getSums().getType(), 0));
  // [n, b, g, h, s, t]: row t belongs to the split that it lies in.
  Expr row = index(context, 5) - getRows() * index(context, 0);
  Value inside = build.indexExpr(nonNegative(row) * nonNegative(getRows() - row - 1), dims, b.getI1Type());
  if (attended)
    inside = build.binary(BinaryKind::And, inside, build.broadcast(attended, {1, 2, 3, 4, 5}, dims));
  scores = build.select(inside, build.broadcast(scores, {1, 2, 3, 4, 5}, dims),
                        build.splat(-std::numeric_limits<double>::infinity(), dims, type));
  Value tops = build.reduce(ReduceKind::Max, scores, {5});
  Value weights = build.unary(UnaryKind::Exp, build.binary(BinaryKind::Sub, scores, build.broadcast(finite(build, tops), {0, 1, 2, 3, 4}, dims)));
  Value totals = build.reduce(ReduceKind::Sum, weights, {5});
  Value sums = build.dot(weights, build.convert(getValues(), type), {1, 2}, {0, 1}, {5}, {2}); // [b, g, n, h, s, e]
  return {build.transpose(sums, {2, 0, 1, 3, 4, 5}), tops, totals};
}

LogicalResult AttentionPartsOp::verify() {
  if (failed(verifyOperands(*this)))
    return failure();
  SmallVector<Expr> q = getDims(getQueries()[0]), v = getDims(getValues());
  SmallVector<Expr> state{ceilDiv(v[2], getRows()), q[0], q[1], q[2], q[3]}, sums = state;
  sums.push_back(v[3]);
  Type type = scoreType(elementType(getValues()));
  for (Value result : getResults())
    if (getDims(result) != (result == getSums() ? sums : state) || elementType(result) != type)
      return emitOpError("(C4): a result is ") << describe(result.getType());
  if (usesIndex(getRows()))
    return emitOpError("(C6): the rows of a split '") << toString(getRows()) << "' depend on a position";
  return success();
}

SmallVector<Value> AttentionCombineOp::decompose(OpBuilder &b) {
  PrimBuilder build(b, getLoc());
  Type type = elementType(getSums());
  SmallVector<Expr> dims = getDims(getSums());
  Value top = finite(build, build.reduce(ReduceKind::Max, getTops(), {0}));
  Value weights = build.unary(UnaryKind::Exp, build.binary(BinaryKind::Sub, getTops(), build.broadcast(top, {1, 2, 3, 4}, getDims(getTops()))));
  Value total = build.reduce(ReduceKind::Sum, build.binary(BinaryKind::Mul, weights, getTotals()), {0});
  SmallVector<Expr> rows = getDims(total);
  total = build.select(build.compare(CompareKind::Eq, total, build.splat(0, rows, type)), build.splat(1, rows, type), total);
  Value sum = build.reduce(ReduceKind::Sum, build.binary(BinaryKind::Mul, getSums(), build.broadcast(weights, {0, 1, 2, 3, 4}, dims)), {0});
  Value result = build.binary(BinaryKind::Div, sum, build.broadcast(total, {0, 1, 2, 3}, getDims(sum)));
  return {build.convert(result, elementType(getResult()))};
}

LogicalResult AttentionCombineOp::verify() {
  SmallVector<Expr> sums = getDims(getSums()), state = sums, result = sums;
  if (sums.size() != 6)
    return emitOpError("(C1): sums are ") << describe(getSums().getType());
  state.pop_back();
  result.erase(result.begin());
  if (getDims(getTops()) != state || getDims(getTotals()) != state || getDims(getResult()) != result)
    return emitOpError("(C1): sizes do not agree");
  Type type = scoreType(elementType(getResult()));
  if (elementType(getSums()) != type || elementType(getTops()) != type || elementType(getTotals()) != type)
    return emitOpError("(C2): element types do not agree");
  return success();
}

// ---- dsc.latent_attention ----------------------------------------------------------------------------

SmallVector<Value> LatentAttentionOp::decompose(OpBuilder &b) {
  PrimBuilder build(b, getLoc());
  // [b, t, h, x] from the latent rows.
  auto expand = [&](Value weight) { return build.transpose(build.dot(getLatent(), weight, {}, {}, {2}, {2}), {0, 2, 1, 3}); };
  SmallVector<Expr> q = getDims(getQuery());
  auto grouped = [&](Value x) { // one head in each of h groups
    SmallVector<Expr> dims = getDims(x);
    dims.insert(dims.begin() + 2, build.size(1));
    return build.reshape(x, dims);
  };
  SmallVector<Value> queries{grouped(getQuery())}, keys{expand(getKeyWeight())};
  if (getRopeKey()) {
    SmallVector<Expr> k = getDims(getRopeKey());
    queries.push_back(grouped(getRopeQuery()));
    keys.push_back(build.broadcast(getRopeKey(), {0, 2, 3}, {k[0], q[1], k[1], k[2]}));
  }
  Value mask = getMask() ? grouped(getMask()) : Value(), bias = getBias() ? grouped(getBias()) : Value();
  SmallVector<Expr> result = getDims(getResult());
  SmallVector<Expr> dims{result[0], result[1], build.size(1), result[2], result[3]};
  auto attention = AttentionOp::create(b, getLoc(), getTensorType(dims, elementType(getResult())), queries, keys,
                                       expand(getValueWeight()), mask, bias, getScaleAttr(), getCausalAttr());
  Value value = build.reshape(attention.decompose(b)[0], result);
  attention.erase();
  return {value};
}

LogicalResult LatentAttentionOp::verify() {
  if (bool(getRopeQuery()) != bool(getRopeKey()))
    return emitOpError("(C2): only one of rope_query and rope_key is there");
  if (rank(getQuery()) != 4 || rank(getLatent()) != 3 || rank(getKeyWeight()) != 3 || rank(getValueWeight()) != 3 ||
      rank(getResult()) != 4)
    return emitOpError("(C1): an operand or the result has another rank");
  SmallVector<Expr> q = getDims(getQuery()), c = getDims(getLatent()), v = getDims(getValueWeight());
  auto check = [&](Value value, ArrayRef<Expr> dims) { return !value || ArrayRef<Expr>(getDims(value)) == dims; };
  if (c[0] != q[0] || v[0] != q[1] || v[2] != c[2] || !check(getKeyWeight(), {q[1], q[3], c[2]}) ||
      !check(getResult(), {q[0], q[1], q[2], v[1]}) || !check(getMask(), {q[0], q[1], q[2], c[1]}) ||
      !check(getBias(), {q[0], q[1], q[2], c[1]}))
    return emitOpError("(C1): sizes do not agree");
  if (getRopeKey()) {
    SmallVector<Expr> r = getDims(getRopeQuery());
    if (r.size() != 4 || !check(getRopeQuery(), {q[0], q[1], q[2], r[3]}) || !check(getRopeKey(), {q[0], c[1], r[3]}))
      return emitOpError("(C1): sizes of the rotated parts do not agree");
  }
  Type element = elementType(getResult());
  for (Value value : {getQuery(), getRopeQuery(), getRopeKey(), getLatent(), getKeyWeight(), getValueWeight()})
    if (value && elementType(value) != element)
      return emitOpError("(C3): operands and result differ in element type");
  if (getBias() && elementType(getBias()) != element && !elementType(getBias()).isF32())
    return emitOpError("(C3): operands and result differ in element type");
  if (getCausalAttr() && usesIndex(getCausalAttr()))
    return emitOpError("(C4): the causal offset '") << toString(getCausalAttr()) << "' depends on a position";
  return success();
}

} // namespace dsc::model
