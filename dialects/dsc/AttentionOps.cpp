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

SmallVector<Value> AttentionOp::decompose(OpBuilder &b) {
  PrimBuilder build(b, getLoc());
  Type type = scoreType(elementType(getResult()));
  Value scores;
  for (auto [q, k] : llvm::zip_equal(getQueries(), getKeys())) {
    Value part = build.dot(q, k, {0, 1}, {0, 1}, {4}, {3}, type);
    scores = scores ? build.binary(BinaryKind::Add, scores, part) : part;
  }
  SmallVector<Expr> dims = getDims(scores);
  scores = build.binary(BinaryKind::Mul, scores, build.splat(getScale().convertToDouble(), dims, type));
  if (getBias())
    scores = build.binary(BinaryKind::Add, scores, build.convert(getBias(), type));
  Value weights = softmaxOver(build, scores, attendedRows(build, dims, getMask(), getCausalAttr()));
  Value result = build.dot(weights, build.convert(getValues(), type), {0, 1}, {0, 1}, {4}, {2});
  return {build.convert(result, elementType(getResult()))};
}

LogicalResult AttentionOp::verify() {
  if (getQueries().empty() || getQueries().size() != getKeys().size() || rank(getValues()) != 4 || rank(getResult()) != 5 ||
      !llvm::all_of(getQueries(), [](Value q) { return rank(q) == 5; }) ||
      !llvm::all_of(getKeys(), [](Value k) { return rank(k) == 4; }) || (getMask() && rank(getMask()) != 5) ||
      (getBias() && rank(getBias()) != 5))
    return emitOpError("(C1): expected as many query parts as key parts, queries, mask and bias of rank 5, keys and values of rank 4");
  SmallVector<Expr> q = getDims(getQueries()[0]), v = getDims(getValues());
  SmallVector<Expr> scores{q[0], q[1], q[2], q[3], v[2]};
  for (auto [query, key] : llvm::zip_equal(getQueries(), getKeys())) {
    SmallVector<Expr> a = getDims(query), k = getDims(key);
    if (ArrayRef(a).drop_back() != ArrayRef(q).drop_back() || k != SmallVector<Expr>{q[0], q[1], v[2], a[4]})
      return emitOpError("(C2): a query part is ") << describe(query.getType()) << ", its key part " << describe(key.getType());
  }
  if (v[0] != q[0] || v[1] != q[1])
    return emitOpError("(C2): values are ") << describe(getValues().getType());
  for (Value masking : {getMask(), getBias()})
    if (masking && getDims(masking) != scores)
      return emitOpError("(C2): mask or bias is ") << describe(masking.getType());
  Type element = elementType(getResult());
  auto other = [&](Value value) { return elementType(value) != element; };
  if (llvm::any_of(getQueries(), other) || llvm::any_of(getKeys(), other) || other(getValues()) ||
      (getBias() && other(getBias()) && !elementType(getBias()).isF32()))
    return emitOpError("(C3): operands and result differ in element type");
  if (getDims(getResult()) != SmallVector<Expr>{q[0], q[1], q[2], q[3], v[3]})
    return emitOpError("(C4): the result is ") << describe(getType());
  if (getCausalAttr() && usesIndex(getCausalAttr()))
    return emitOpError("(C5): the causal offset '") << toString(getCausalAttr()) << "' depends on a position";
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
