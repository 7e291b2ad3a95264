// SPDX-License-Identifier: Apache-2.0
// Routers and experts: verifiers, whose messages cite the constraints of the descriptions, and decompositions.
#include "dialects/dsc/Dsc.h"
#include "dialects/dsc/RouterScore.h"
#include "dialects/prim/PrimBuilder.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::model {

static constexpr double infinity = std::numeric_limits<double>::infinity();

/// prim.top_k of the k largest along the last dimension.
static TopKOp topK(PrimBuilder &build, Value x, int64_t k) {
  SmallVector<Expr> dims = getDims(x);
  dims.back() = build.size(k);
  return TopKOp::create(build.b, build.loc, getTensorType(dims, elementType(x)), getTensorType(dims, build.b.getI64Type()), x, true);
}

static Value sigmoid(PrimBuilder &build, Value x) {
  Value exp = build.unary(UnaryKind::Exp, build.unary(UnaryKind::Neg, x));
  Value one = build.splat(1, getDims(x), elementType(x));
  return build.unary(UnaryKind::Reciprocal, build.binary(BinaryKind::Add, exp, one));
}

/// A value per row, [n] -> [n, width].
static Value alongRow(PrimBuilder &build, Value row, Value like) { return build.broadcast(row, {0}, getDims(like)); }

static Value softmax(PrimBuilder &build, Value x) {
  Value top = alongRow(build, build.reduce(ReduceKind::Max, x, {1}), x);
  Value exp = build.unary(UnaryKind::Exp, build.binary(BinaryKind::Sub, x, top));
  return build.binary(BinaryKind::Div, exp, alongRow(build, build.reduce(ReduceKind::Sum, exp, {1}), exp));
}

// ---- dsc.route -----------------------------------------------------------------------------------------

namespace {
/// Elementwise functions of tensors like `x`.
struct ScoreOps {
  PrimBuilder &build;
  Value x;
  Value number(double value) { return build.splat(value, getDims(x), elementType(x)); }
  Value unary(UnaryKind kind, Value v) { return build.unary(kind, v); }
  Value binary(BinaryKind kind, Value v, Value w) { return build.binary(kind, v, w); }
  Value compare(CompareKind kind, Value v, Value w) { return build.compare(kind, v, w); }
  Value select(Value condition, Value v, Value w) { return build.select(condition, v, w); }
};
} // namespace

/// `candidates` [N, E] with the experts of the groups that are not kept filled.
static Value keepGroups(PrimBuilder &build, RouteOp op, Value candidates) {
  SmallVector<Expr> all = getDims(candidates);
  Type type = elementType(candidates);
  int64_t groups = op.getGroups();
  SmallVector<Expr> grouped{all[0], build.size(groups), build.size(op.getExperts() / groups)};
  Value parts = build.reshape(candidates, grouped);
  Value value = op.getGroupScore() == GroupScore::Max
                    ? build.reduce(ReduceKind::Max, parts, {2})
                    : build.reduce(ReduceKind::Sum, topK(build, parts, 2).getValues(), {2});
  Value chosen = topK(build, value, op.getGroupsKept()).getIndices();
  SmallVector<Expr> table = getDims(value);
  Value kept = ScatterAlongAxisOp::create(build.b, build.loc, value.getType(), ScatterKind::Set, build.splat(0, table, type), chosen,
                                          build.splat(1, getDims(chosen), type), 1);
  Value isKept = build.convert(build.reshape(build.broadcast(kept, {0, 1}, grouped), all), build.b.getI1Type());
  return build.select(isKept, candidates, build.splat(op.getFill() == GroupFill::Zero ? 0 : -infinity, all, type));
}

SmallVector<Value> RouteOp::decompose(OpBuilder &b) {
  PrimBuilder build(b, getLoc());
  Value scores = getScore() == ScoreKind::Softmax ? softmax(build, getLogits()) : routerScore(ScoreOps{build, getLogits()}, getScore(), Value(getLogits()));
  Value candidates = scores;
  if (getBias())
    candidates = build.binary(BinaryKind::Add, scores, build.broadcast(getBias(), {1}, getDims(scores)));
  if (getGroups() > 1)
    candidates = keepGroups(build, *this, candidates);
  TopKOp chosen = topK(build, candidates, getK());
  Value ids = chosen.getIndices();
  // Where selection and score are one tensor, the values of the choice are the weights.
  bool fromValues = candidates == scores || getSource() == WeightSource::Selection;
  Value weights = fromValues ? chosen.getValues() : build.takeAlongAxis(scores, ids, 1);
  if (getScore() == ScoreKind::SoftmaxOfChosen)
    weights = softmax(build, weights);
  Type type = elementType(weights);
  if (auto epsilon = getRenormalise()) {
    Value sum = build.reduce(ReduceKind::Sum, weights, {1});
    if (!epsilon->isZero())
      sum = build.binary(BinaryKind::Add, sum, build.splat(epsilon->convertToDouble(), getDims(sum), type));
    weights = build.binary(BinaryKind::Div, weights, alongRow(build, sum, weights));
  }
  if (!getScale().isExactlyValue(1))
    weights = build.binary(BinaryKind::Mul, weights, build.splat(getScale().convertToDouble(), getDims(weights), type));
  return {weights, ids};
}

LogicalResult RouteOp::verify() {
  auto wrong = [&](const char *constraint) { return emitOpError(constraint) << ": the logits are " << describe(getLogits().getType()); };
  if (rank(getLogits()) != 2 || getLogits().getType().isDynamicDim(1))
    return wrong("(C1): expected logits [N, E] with a constant E");
  Type type = elementType(getLogits());
  auto expertDims = ArrayRef<Expr>(getDims(getLogits())).drop_front();
  if (getBias() && (elementType(getBias()) != type || ArrayRef<Expr>(getDims(getBias())) != expertDims))
    return wrong("(C1): expected a bias [E] of the logits' type");
  if (rank(getIds()) != 2 || getIds().getType().isDynamicDim(1) || getDims(getIds())[0] != getDims(getLogits())[0] ||
      getDims(getWeights()) != getDims(getIds()) || elementType(getWeights()) != type || getK() < 1 || getK() > getExperts())
    return wrong("(C2): expected weights and ids [N, k] with 0 < k <= E");
  int64_t groups = getGroups(), kept = getGroupsKept();
  if (kept < 1 || kept > groups || getExperts() % groups || (groups == kept && groups != 1) ||
      (getGroupScore() == GroupScore::Top2Sum && getExperts() / groups < 2))
    return wrong("(C3): expected groups that divide E, of which some but not all are kept");
  if (getK() > getExperts() / groups * kept)
    return wrong("(C4): expected at most as many experts as the kept groups have");
  if (getSource() == WeightSource::Selection && !getBias() && groups == 1)
    return wrong("(C5): expected a bias or groups, or weights by score");
  return success();
}

// ---- dsc.experts ---------------------------------------------------------------------------------------

namespace {
/// Contractions of each (token, slot) with the weights of its expert. The stored tensor is what is contracted, and a slice is taken of
/// the products: the rows of the chosen experts are then read where they stand, and the halves of one tensor in one pass.
class ChosenProducts {
public:
  ChosenProducts(PrimBuilder &build, Value ids) : build(build), rows(getDims(ids)[0] * getDims(ids)[1]) {
    flatIds = build.reshape(ids, {rows});
  }

  /// weight [E, out, in], x [rows, in] -> [rows, out].
  Value contract(Value weight, Value x) {
    SmallVector<SliceOp> slices; // from the outermost, of `weight`'s or the transposed orientation
    SmallVector<bool> orientations;
    bool transposed = false; // base is [E, in, out]
    Value base = weight;
    while (Operation *def = base.getDefiningOp()) {
      unsigned out = transposed ? 2 : 1;
      if (auto transpose = dyn_cast<TransposeOp>(def); transpose && transpose.getPerm() == ArrayRef<int64_t>{0, 2, 1}) {
        transposed = !transposed;
        base = transpose.getOperand();
        continue;
      }
      auto slice = dyn_cast<SliceOp>(def);
      if (!slice || !isAlong(slice, out))
        break;
      slices.push_back(slice);
      orientations.push_back(transposed);
      base = slice.getOperand();
    }
    Value products = product(base, transposed, x);
    for (auto [slice, turned] : llvm::reverse(llvm::zip_equal(slices, orientations))) {
      unsigned out = turned ? 2 : 1;
      products = build.slice(products, {build.size(0), slice.getStarts()[out]}, {1, slice.getSteps()[out]},
                             {rows, getDim(slice.getType(), out)});
    }
    return products;
  }

  /// bias [E, out] -> [rows, out].
  Value chosen(Value bias) { return build.take(bias, flatIds, 0); }

private:
  static bool isAlong(SliceOp slice, unsigned axis) {
    for (unsigned i = 0; i < slice.getSteps().size(); ++i)
      if (i != axis && (slice.getSteps()[i] != 1 || getDim(slice.getType(), i) != getDim(slice.getOperand().getType(), i)))
        return false;
    return true;
  }

  Value product(Value base, bool transposed, Value x) {
    Value &known = products[{base, {x, int(transposed)}}];
    if (known)
      return known;
    SmallVector<Expr> dims = getDims(x);
    Value column = build.reshape(x, {dims[0], dims[1], build.size(1)});
    Value dot = build.dot(build.take(base, flatIds, 0), column, {0}, {0}, {int64_t(transposed ? 1 : 2)}, {1});
    return known = build.reshape(dot, {rows, getDim(dot.getType(), 1)});
  }

  PrimBuilder &build;
  Expr rows;
  Value flatIds;
  llvm::DenseMap<std::pair<Value, std::pair<Value, int>>, Value> products;
};
} // namespace

/// a(g) . (u + up_offset), or a(g) without u.
static Value activate(PrimBuilder &build, ExpertsOp op, Value gate, Value up) {
  auto splat = [&](double value) { return build.splat(value, getDims(gate), elementType(gate)); };
  auto mul = [&](Value a, Value b) { return build.binary(BinaryKind::Mul, a, b); };
  auto add = [&](Value a, Value b) { return build.binary(BinaryKind::Add, a, b); };
  if (op.getLimit()) {
    double limit = op.getLimit()->convertToDouble();
    gate = build.binary(BinaryKind::Min, gate, splat(limit));
    if (up)
      up = build.binary(BinaryKind::Min, build.binary(BinaryKind::Max, up, splat(-limit)), splat(limit));
  }
  double alpha = op.getAlpha().convertToDouble();
  Value result = gate;
  switch (op.getActivation()) {
  case Activation::Silu:
    result = mul(gate, sigmoid(build, alpha == 1 ? gate : mul(gate, splat(alpha))));
    break;
  case Activation::Gelu:
    result = mul(mul(gate, splat(0.5)), add(build.unary(UnaryKind::Erf, mul(gate, splat(0.70710678118654752))), splat(1)));
    break;
  case Activation::GeluTanh: {
    Value inner = mul(add(gate, mul(mul(mul(gate, gate), gate), splat(0.044715))), splat(0.79788456080286536));
    result = mul(mul(gate, splat(0.5)), add(build.unary(UnaryKind::Tanh, inner), splat(1)));
    break;
  }
  case Activation::Relu:
    result = build.binary(BinaryKind::Max, gate, splat(0));
    break;
  case Activation::Identity:
    break;
  }
  if (!up)
    return result;
  double offset = op.getUpOffset().convertToDouble();
  return mul(result, offset == 0 ? up : add(up, splat(offset)));
}

SmallVector<Value> ExpertsOp::decompose(OpBuilder &b) {
  PrimBuilder build(b, getLoc());
  SmallVector<Expr> slots = getDims(getIds()), x = getDims(getX());
  Expr rows = slots[0] * slots[1];
  ChosenProducts products(build, getIds());
  Value repeated = build.reshape(build.broadcast(getX(), {0, 2}, {x[0], slots[1], x[1]}), {rows, x[1]});
  auto linear = [&](Value weight, Value bias, Value row) {
    Value result = products.contract(weight, row);
    return bias ? build.binary(BinaryKind::Add, result, products.chosen(bias)) : result;
  };
  Value gate = linear(getGate(), getGateBias(), repeated);
  Value up = getUp() ? linear(getUp(), getUpBias(), repeated) : Value();
  Type sumType = elementType(getWeights());
  Value each = build.convert(linear(getDown(), getDownBias(), activate(build, *this, gate, up)), sumType);
  Value weights = build.reshape(getWeights(), {rows});
  each = build.binary(BinaryKind::Mul, each, alongRow(build, weights, each));
  Value sum = build.reduce(ReduceKind::Sum, build.reshape(each, {slots[0], slots[1], x[1]}), {1});
  Value result = build.convert(sum, elementType(getResult()));
  if (getSharedGate()) {
    auto dot = [&](Value row, Value weight) { return build.dot(row, weight, {}, {}, {1}, {1}); };
    Value sharedUp = getSharedUp() ? dot(getX(), getSharedUp()) : Value();
    Value hidden = activate(build, *this, dot(getX(), getSharedGate()), sharedUp);
    result = build.binary(BinaryKind::Add, result, dot(hidden, getSharedDown()));
  }
  return {result};
}

LogicalResult ExpertsOp::verify() {
  if (rank(getX()) != 2 || rank(getIds()) != 2 || getIds().getType().isDynamicDim(1) || getDims(getWeights()) != getDims(getIds()) ||
      getDims(getX())[0] != getDims(getIds())[0])
    return emitOpError("(C1): expected x [N, H], ids and weights [N, k], found ")
           << describe(getX().getType()) << ", " << describe(getIds().getType()) << " and " << describe(getWeights().getType());
  if (rank(getGate()) != 3 || !getGate().getType().hasStaticShape())
    return emitOpError("(C2): gate is ") << describe(getGate().getType());
  SmallVector<Expr> g = getDims(getGate()); // [E, I, H]
  auto check = [](Value value, ArrayRef<Expr> dims) { return !value || ArrayRef<Expr>(getDims(value)) == dims; };
  if (g[2] != getDims(getX())[1] || !check(getUp(), g) || !check(getDown(), {g[0], g[2], g[1]}) || !check(getGateBias(), {g[0], g[1]}) ||
      !check(getUpBias(), {g[0], g[1]}) || !check(getDownBias(), {g[0], g[2]}))
    return emitOpError("(C2): sizes of the experts' weights do not agree with gate, ") << describe(getGate().getType());
  if (bool(getSharedGate()) != bool(getSharedDown()) || bool(getSharedUp()) != (getSharedGate() && getUp()))
    return emitOpError("(C3): shared experts have the same weights as the others");
  if (getSharedGate()) {
    Expr width = getDims(getSharedGate())[0];
    if (!check(getSharedGate(), {width, g[2]}) || !check(getSharedUp(), {width, g[2]}) || !check(getSharedDown(), {g[2], width}))
      return emitOpError("(C3): sizes of the shared experts' weights do not agree");
  }
  if (!getUp() && (getUpBias() || !getUpOffset().isZero()))
    return emitOpError("(C4): up_bias and up_offset need up");
  if (getActivation() != Activation::Silu && !getAlpha().isExactlyValue(1))
    return emitOpError("(C4): alpha belongs to silu");
  Type type = elementType(getX()), weightsType = elementType(getWeights());
  for (Value value : {getGate(), getGateBias(), getUp(), getUpBias(), getDown(), getDownBias(), getSharedGate(), getSharedUp(), getSharedDown()})
    if (value && elementType(value) != type)
      return emitOpError("(C5): x is ") << describe(getX().getType()) << ", a weight is " << describe(value.getType());
  if (weightsType != type && weightsType.getIntOrFloatBitWidth() <= type.getIntOrFloatBitWidth())
    return emitOpError("(C5): x is ") << describe(getX().getType()) << ", weights are " << describe(getWeights().getType());
  if (getResult().getType() != getX().getType())
    return emitOpError("(C5): the result is ") << describe(getResult().getType());
  return success();
}

} // namespace dsc::model
