// SPDX-License-Identifier: Apache-2.0
// Operators that keep every element: reshapes, transposes, repetitions.
#include "passes/onnx_to_prim/RuntimeAxes.h"
#include <numeric>

using namespace mlir;
using namespace dsc::prim;

namespace dsc::onnx_to_prim {

using llvm::ArrayRef;
using llvm::SmallVector;

// ---- Reshape -------------------------------------------------------------------------------------

/// Removes from both lists the dimensions they share.
static void cancel(Dims &a, Dims &b) {
  for (size_t i = 0; i < a.size();) {
    auto *same = llvm::find(b, a[i]);
    if (same == b.end()) {
      ++i;
      continue;
    }
    b.erase(same);
    a.erase(a.begin() + i);
  }
}

static SmallVector<Expr> termsOf(Expr e) {
  SmallVector<Expr> terms;
  if (e.getKind() != ExprKind::Sum)
    return {e};
  if (e.getValue() != 0)
    terms.push_back(constant(e.getContext(), e.getValue()));
  for (Attribute term : e.getOperands())
    terms.push_back(cast<ExprAttr>(term));
  return terms;
}

/// a / b where b divides a as a polynomial; null otherwise. Long division, led by one term of b.
static Expr divideExactly(Expr a, Expr b) {
  if (isConstant(a, 0))
    return a;
  for (Expr lead : termsOf(b)) {
    Expr rest = a, quotient = constant(a.getContext(), 0);
    for (int step = 0; step < 16; ++step) {
      bool advanced = false;
      for (Expr term : termsOf(rest)) {
        Expr factor = floorDiv(term, lead);
        if (isConstant(factor, 0) || factor * lead != term)
          continue;
        quotient = quotient + factor;
        rest = rest - factor * b;
        advanced = true;
        break;
      }
      if (isConstant(rest, 0))
        return quotient;
      if (!advanced)
        break;
    }
  }
  return {};
}

/// Whether an integer that is no size, but may have any sign, occurs in `e`.
static bool isOfAnySign(Expr e) {
  bool found = false;
  walkLeaves(e, [&](Expr leaf) { found |= leaf.getKind() == ExprKind::Symbol && leaf.getValue() < 0; });
  return found;
}

/// Reads 0 and -1 in a shape whose elements are sizes or expressions over them; the latter stand for themselves.
static FailureOr<Dims> resolveShape(Node &node, Lowering &lowering, ArrayRef<Expr> shape, ArrayRef<Expr> input,
                                    bool allowZero) {
  Dims dims, others;
  std::optional<size_t> inferred;
  for (size_t i = 0; i < shape.size(); ++i) {
    Expr e = shape[i];
    if (isConstant(e, -1)) {
      if (inferred)
        return node.error() << "the shape has more than one -1";
      inferred = i;
      dims.push_back(e);
      continue;
    }
    if (provablyNonNegative(-e - 1))
      return node.error() << "a dimension of the shape is negative: " << toString(e);
    if (!allowZero && isConstant(e, 0)) {
      if (i >= input.size())
        return node.error() << "dimension " << i << " of the shape is 0, but the input has only " << input.size();
      e = input[i];
    } else if (failed(lowering.unify(node, e, max(e, lowering.size(0)), "a dimension of the shape is negative"))) {
      return failure();
    }
    dims.push_back(e);
    others.push_back(e);
  }
  if (!inferred)
    return dims;

  Dims from(input);
  cancel(from, others);
  Expr total = product(lowering.getContext(), from), known = product(lowering.getContext(), others);
  if (isConstant(known, 0))
    return node.error() << "-1 in the shape has no definite value: the other dimensions have no elements";
  Expr quotient = divideExactly(total, known);
  if (!quotient) {
    auto from = asConstant(total), to = asConstant(known);
    if (from && to)
      return node.error() << "the shape does not divide the number of elements: " << *from << " by " << *to;
    quotient = floorDiv(total, known);
  }
  dims[*inferred] = quotient;
  return dims;
}

/// The same for elements that only the run knows: their dimensions are symbols, whose values are computed
/// from the shape as ONNX says.
static FailureOr<Dims> resolveAtRunTime(Node &node, Lowering &lowering, Value shape, ArrayRef<Expr> input, bool allowZero) {
  if (prim::rank(shape) != 1 || !asConstant(getDim(shape.getType(), 0)))
    return node.error() << "the rank of the result must be constant; the shape is " << describe(shape.getType());
  int64_t rank = *asConstant(getDim(shape.getType(), 0));
  MLIRContext *context = lowering.getContext();
  shape = lowering.convert(shape, lowering.i64());
  auto splat = [&](int64_t value) { return lowering.splatInt(value, {lowering.size(rank)}, lowering.i64()); };
  if (!allowZero) {
    Dims kept(input.take_front(std::min<size_t>(rank, input.size())));
    kept.resize(rank, lowering.size(0));
    Value isZero = lowering.compare(CompareKind::Eq, shape, splat(0));
    shape = lowering.select(isZero, lowering.exprs(kept, lowering.i64()), shape);
  }
  Value isInferred = lowering.compare(CompareKind::Eq, shape, splat(-1));
  Value known = lowering.reduce(ReduceKind::Prod, lowering.select(isInferred, splat(1), shape), {0}, false);
  Value total = lowering.indexExpr(product(context, input), {}, lowering.i64());
  Value rest = lowering.binary(BinaryKind::Div, total, known);
  shape = lowering.select(isInferred, lowering.broadcastTo(rest, {lowering.size(rank)}), shape);
  Dims dims;
  for (int64_t i = 0; i < rank; ++i) {
    Value element = lowering.sliceAxis(shape, 0, lowering.size(i), lowering.size(1));
    auto size = lowering.symbolic().elements(element);
    bool isSize = size && !isOfAnySign(size->front());
    dims.push_back(isSize ? size->front() : lowering.defineSymbol("shape", element));
  }
  return dims;
}

/// The greatest constant that divides every coefficient of both.
static int64_t commonFactor(Expr a, Expr b) {
  int64_t factor = 0;
  for (Expr e : {a, b})
    for (Expr term : termsOf(e)) {
      bool hasValue = term.getKind() == ExprKind::Product || term.getKind() == ExprKind::Constant;
      factor = std::gcd(factor, hasValue ? term.getValue() : 1);
    }
  return std::max<int64_t>(factor, 1);
}

static LogicalResult lowerReshape(Node &node, Lowering &lowering) {
  Value x = node.getInput(0);
  MLIRContext *context = lowering.getContext();
  bool allowZero = node.getInt("allowzero", 0);
  FailureOr<Dims> dims;
  Value given = node.getInput(1);
  if (auto declared = node.getDeclaredRank(0); given && declared && openLength(given)) {
    if (failed(lowering.unify(node, openLength(given), lowering.size(*declared), "number of elements of the shape")))
      return failure();
    given = lowering.castTo(given, {lowering.size(*declared)});
  }
  if (auto attr = node.getInts("shape")) { // before opset 5
    dims = resolveShape(node, lowering, lowering.sizes(*attr), getDims(x), allowZero);
  } else {
    auto shape = lowering.symbolic().elements(given);
    if (shape && llvm::none_of(*shape, isOfAnySign))
      dims = resolveShape(node, lowering, *shape, getDims(x), allowZero);
    else
      dims = resolveAtRunTime(node, lowering, given, getDims(x), allowZero);
  }
  if (failed(dims))
    return failure();
  Dims from = getDims(x), to = *dims;
  Expr have = product(context, from), want = product(context, to);
  if (have != want) {
    cancel(from, to);
    have = product(context, from);
    want = product(context, to);
    Expr factor = lowering.size(commonFactor(have, want));
    if (failed(lowering.unify(node, floorDiv(have, factor), floorDiv(want, factor),
                              "input and result have different numbers of elements")))
      return failure();
  }
  // A size may have been replaced by another.
  for (Expr &dim : *dims)
    dim = lowering.current(dim);
  node.setResult(0, lowering.reshape(x, *dims));
  return success();
}

static LogicalResult lowerFlatten(Node &node, Lowering &lowering) {
  Value x = node.getInput(0);
  Dims dims = getDims(x);
  int64_t rank = dims.size(), axis = node.getInt("axis", 1);
  if (axis < -rank || axis > rank)
    return node.error() << "axis " << axis << " is out of range for a tensor of rank " << rank;
  if (axis < 0)
    axis += rank;
  auto all = ArrayRef<Expr>(dims);
  MLIRContext *context = lowering.getContext();
  node.setResult(0, lowering.reshape(x, {product(context, all.take_front(axis)), product(context, all.drop_front(axis))}));
  return success();
}

/// The axes of Squeeze and Unsqueeze: an attribute before opset 13, then an input. None when not given.
/// How many there are tells the rank of the result, where only the file does.
static FailureOr<std::optional<Dims>> axesOf(Node &node, Lowering &lowering) {
  if (auto attr = node.getInts("axes"))
    return std::optional(lowering.sizes(*attr));
  if (!node.hasInput(1))
    return std::optional<Dims>();
  std::optional<int64_t> count;
  if (auto declared = node.getDeclaredRank(0))
    count = std::abs(*declared - rank(node.getInput(0)));
  auto axes = lowering.integers(node, node.getInput(1), "axes", INT64_MIN, count);
  if (failed(axes))
    return failure();
  return std::optional(std::move(*axes));
}

static LogicalResult lowerSqueeze(Node &node, Lowering &lowering) {
  Value x = node.getInput(0);
  auto given = axesOf(node, lowering);
  if (failed(given))
    return failure();
  Dims axes;
  if (*given) {
    auto normal = normalizeRuntimeAxes(node, **given, rank(x));
    if (failed(normal))
      return failure();
    axes = *normal;
    for (int64_t d = 0; d < rank(x); ++d) {
      Expr isAxis = lowering.size(0);
      for (Expr axis : axes)
        isAxis = isAxis + equal(axis, lowering.size(d));
      if (failed(lowering.unify(node, select(isAxis, getDim(x.getType(), d), lowering.size(1)), lowering.size(1),
                                "a squeezed dimension must be 1")))
        return failure();
    }
  } else {
    for (auto [i, dim] : llvm::enumerate(getDims(x)))
      if (isConstant(dim, 1))
        axes.push_back(lowering.size(i));
  }
  node.setResult(0, lowering.reshape(x, RuntimeAxes(lowering, axes, getDims(x)).keptDims()));
  return success();
}

static LogicalResult lowerUnsqueeze(Node &node, Lowering &lowering) {
  Value x = node.getInput(0);
  auto given = axesOf(node, lowering);
  if (failed(given))
    return failure();
  if (!*given)
    return node.error() << "needs axes";
  int64_t rank = prim::rank(x) + (*given)->size();
  auto axes = normalizeRuntimeAxes(node, **given, rank);
  if (failed(axes))
    return failure();
  // Dimension i of the result is new, or that of the operand which the number of old ones before it tells.
  Dims dims;
  Expr position = lowering.size(0);
  for (int64_t i = 0; i < rank; ++i) {
    Expr isNew = lowering.size(0), dim = lowering.size(1);
    for (Expr axis : *axes)
      isNew = isNew + equal(axis, lowering.size(i));
    for (auto [at, own] : llvm::enumerate(getDims(x)))
      dim = select(equal(position, lowering.size(at)), own, dim);
    dims.push_back(select(isNew, lowering.size(1), dim));
    position = position + logicalNot(isNew);
  }
  node.setResult(0, lowering.reshape(x, dims));
  return success();
}

// ---- Transpose and its compositions --------------------------------------------------------------

static LogicalResult lowerTranspose(Node &node, Lowering &lowering) {
  Value x = node.getInput(0);
  int64_t rank = prim::rank(x);
  SmallVector<int64_t> perm;
  if (auto given = node.getInts("perm")) {
    auto axes = node.normalizeAxes(*given, rank);
    if (failed(axes))
      return failure();
    if (int64_t(axes->size()) != rank)
      return node.error() << "perm has " << axes->size() << " entries for a tensor of rank " << rank;
    perm = *axes;
  } else {
    perm = llvm::to_vector(llvm::reverse(llvm::seq<int64_t>(0, rank)));
  }
  node.setResult(0, lowering.transpose(x, perm));
  return success();
}

/// Blocks of depth to blocks of space: [N, b*b*C, H, W] -> [N, C, b*H, b*W].
static LogicalResult lowerDepthToSpace(Node &node, Lowering &lowering) {
  Value x = node.getInput(0);
  Dims d = getDims(x);
  int64_t block = node.getInt("blocksize", 0);
  if (d.size() != 4 || block <= 0)
    return node.error() << "needs an input of rank 4 and a positive blocksize";
  Expr b = lowering.size(block), depth = floorDiv(d[1], b * b);
  if (depth * b * b != d[1])
    return node.error() << "the depth " << toString(d[1]) << " is not a multiple of " << block * block;
  auto mode = node.getString("mode", "DCR");
  if (mode != "DCR" && mode != "CRD")
    return node.error() << "mode must be DCR or CRD, not '" << mode << "'";
  if (mode == "DCR") {
    x = lowering.reshape(x, {d[0], b, b, depth, d[2], d[3]});
    x = lowering.transpose(x, {0, 3, 4, 1, 5, 2});
  } else {
    x = lowering.reshape(x, {d[0], depth, b, b, d[2], d[3]});
    x = lowering.transpose(x, {0, 1, 4, 2, 5, 3});
  }
  node.setResult(0, lowering.reshape(x, {d[0], depth, d[2] * b, d[3] * b}));
  return success();
}

static LogicalResult lowerSpaceToDepth(Node &node, Lowering &lowering) {
  Value x = node.getInput(0);
  Dims d = getDims(x);
  int64_t block = node.getInt("blocksize", 0);
  if (d.size() != 4 || block <= 0)
    return node.error() << "needs an input of rank 4 and a positive blocksize";
  Expr b = lowering.size(block), height = floorDiv(d[2], b), width = floorDiv(d[3], b);
  if (height * b != d[2] || width * b != d[3])
    return node.error() << "height and width must be multiples of " << block;
  auto mode = node.getString("mode", "DCR");
  if (mode != "DCR" && mode != "CRD")
    return node.error() << "mode must be DCR or CRD, not '" << mode << "'";
  x = lowering.reshape(x, {d[0], d[1], height, b, width, b});
  x = mode == "DCR" ? lowering.transpose(x, {0, 3, 5, 1, 2, 4}) : lowering.transpose(x, {0, 1, 3, 5, 2, 4});
  node.setResult(0, lowering.reshape(x, {d[0], d[1] * b * b, height, width}));
  return success();
}

// ---- Repetition ----------------------------------------------------------------------------------

static LogicalResult lowerTile(Node &node, Lowering &lowering) {
  Value x = node.getInput(0);
  auto repeats = lowering.integers(node, node.getInput(1), "repeats", 0, rank(x));
  if (failed(repeats))
    return failure();
  Dims dims = getDims(x);
  if (repeats->size() != dims.size())
    return node.error() << "repeats has " << repeats->size() << " entries for a tensor of rank " << dims.size();
  // A repeated dimension becomes two: [.., r, d, ..], merged again at the end.
  Dims split, merged;
  SmallVector<int64_t> axes;
  for (auto [dim, times] : llvm::zip(dims, *repeats)) {
    if (provablyNonNegative(-times - 1))
      return node.error() << "a number of repeats is negative: " << toString(times);
    if (!isConstant(times, 1) && !isConstant(dim, 1))
      split.push_back(times);
    axes.push_back(split.size());
    split.push_back(isConstant(dim, 1) ? times : dim);
    merged.push_back(dim * times);
  }
  node.setResult(0, lowering.reshape(lowering.broadcastInDim(x, axes, split), merged));
  return success();
}

/// A shape of open length behind as many ones as make it `rank` long.
static Value alignRight(Node &node, Lowering &lowering, Value shape, int64_t rank) {
  Expr missing = lowering.size(rank) - getDim(shape.getType(), 0);
  Type type = elementType(shape);
  RequireOp::create(lowering.builder, lowering.getLoc(), min(missing, lowering.size(0)), lowering.size(0),
                    lowering.builder.getStringAttr(node.type + ": the shape has more than " + Twine(rank) + " elements"));
  return PadOp::create(lowering.builder, lowering.getLoc(), getTensorType({lowering.size(rank)}, type), shape,
                       lowering.scalarInt(1, type), ShapeAttr::get(lowering.getContext(), ArrayRef<Expr>{max(missing, lowering.size(0))}));
}

static LogicalResult lowerExpand(Node &node, Lowering &lowering) {
  Value x = node.getInput(0);
  Value given = node.getInput(1);
  if (Expr length = openLength(given)) {
    // Of a shape whose length is open, the file tells the rank of the result: ones stand before the shape.
    auto declared = node.getDeclaredRank(0);
    if (!declared)
      return node.error() << "the rank of the result must be constant; the shape is " << describe(given.getType());
    if (*declared > prim::rank(x)) {
      if (failed(lowering.unify(node, length, lowering.size(*declared), "number of elements of the shape")))
        return failure();
      given = lowering.castTo(given, {lowering.size(*declared)});
    } else {
      given = alignRight(node, lowering, given, prim::rank(x));
    }
  }
  auto shape = lowering.integers(node, given, "shape");
  if (failed(shape))
    return failure();
  size_t rank = std::max<size_t>(shape->size(), prim::rank(x));
  size_t skipInput = rank - prim::rank(x);
  auto shapeAt = [&](size_t i) {
    return i + shape->size() < rank ? lowering.size(1) : (*shape)[i + shape->size() - rank];
  };
  // First what must be equal, then, with the sizes that remain, the result.
  Dims joined(rank);
  for (size_t i = skipInput; i < rank; ++i) {
    Expr have = getDim(x.getType(), i - skipInput), want = shapeAt(i);
    if (isConstant(have, 1) || isConstant(want, 1) || have == want)
      continue;
    if (lowering.requireUnit(node, have)) {
      Dims dims = getDims(x);
      dims[i - skipInput] = lowering.size(1);
      x = lowering.castTo(x, dims);
      continue;
    }
    if (lowering.canStretch() && !asConstant(have) && !provablyNonNegative(-want + 1)) {
      auto joint = lowering.joinSizes(node, have, want, "a dimension can be expanded only from 1");
      if (failed(joint))
        return failure();
      joined[i] = *joint;
      continue;
    }
    // An element that only the run knows may be 1, which leaves the dimension as it is; so does one like min(rows, 1).
    if (!provablyNonNegative(want) || provablyNonNegative(-want + 1))
      want = select(isZero(want - 1), have, want);
    if (failed(lowering.unify(node, have, want, "a dimension can be expanded only from 1")))
      return failure();
    shape = lowering.integers(node, given, "shape");
    if (failed(shape))
      return failure();
  }
  Dims dims;
  for (size_t i = 0; i < rank; ++i) {
    Expr want = shapeAt(i);
    if (i >= skipInput)
      if (Expr have = getDim(x.getType(), i - skipInput); !isConstant(have, 1))
        want = joined[i] ? lowering.current(joined[i]) : have;
    if (provablyNonNegative(-want - 1))
      return node.error() << "a dimension of the shape is negative: " << toString(want);
    dims.push_back(want);
  }
  node.setResult(0, lowering.broadcastTo(x, dims));
  return success();
}

void registerLayout(Registry &registry) {
  registry.add("Reshape", 1, lowerReshape);
  registry.add("Flatten", 1, lowerFlatten);
  registry.add("Squeeze", 1, lowerSqueeze);
  registry.add("Unsqueeze", 1, lowerUnsqueeze);
  registry.add("Transpose", 1, lowerTranspose);
  registry.add("DepthToSpace", 1, lowerDepthToSpace);
  registry.add("SpaceToDepth", 1, lowerSpaceToDepth);
  registry.add("Tile", 6, lowerTile);
  registry.add("Expand", 8, lowerExpand);
}

} // namespace dsc::onnx_to_prim
