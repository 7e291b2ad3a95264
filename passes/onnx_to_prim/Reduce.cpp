// SPDX-License-Identifier: Apache-2.0
// Reductions, ArgMax and ArgMin, CumSum.
#include "passes/onnx_to_prim/RuntimeAxes.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::onnx_to_prim {
namespace {

enum class Reduction { Sum, Mean, Max, Min, Prod, L1, L2, SumSquare, LogSum, LogSumExp };

/// The axes of a reduction. Where their number is open, the first `count` of `values` hold; `all` says whether every dimension
/// is reduced.
struct Axes {
  Dims values;
  Expr count, all;
};

/// The axes as given: all where none are, and none at all where ONNX wants the operation without reduction
/// (noop_with_empty_axes).
FailureOr<Axes> givenAxes(Node &node, Lowering &l, bool axesAreInput) {
  Axes axes;
  int64_t rank = prim::rank(node.getInput(0));
  bool noneMeansAll = !(axesAreInput && node.getInt("noop_with_empty_axes", 0));
  if (!axesAreInput) {
    axes.values = l.sizes(node.getInts("axes").value_or(SmallVector<int64_t>()));
  } else if (node.hasInput(1)) {
    Value given = node.getInput(1);
    std::optional<int64_t> count;
    // Dimensions that disappear are counted by the rank of the result, which is all the file can tell.
    if (auto declared = node.getDeclaredRank(0); declared && !node.getInt("keepdims", 1) && *declared <= rank)
      count = rank - *declared;
    if (Expr length = openLength(given); length && (node.getInt("keepdims", 1) || (noneMeansAll && count == rank))) {
      axes.count = length;
      axes.all = noneMeansAll ? isZero(length) : l.size(0);
      if (!node.getInt("keepdims", 1)) // a scalar comes of all axes and, with none, of all as well
        axes.all = l.size(1);
    }
    FailureOr<Dims> values = axes.count ? boundedIntegers(node, given, "axes", rank, 0)
                                        : l.integers(node, given, "axes", INT64_MIN, count);
    if (failed(values))
      return failure();
    axes.values = *values;
  }
  if (axes.values.empty() && noneMeansAll)
    axes.values = l.sizes(llvm::to_vector(llvm::seq<int64_t>(0, rank)));
  return axes;
}

Value reduceOver(Lowering &l, ReduceKind kind, Value x, ArrayRef<int64_t> axes, bool keepDims) {
  return axes.empty() ? x : l.reduce(kind, x, axes, keepDims);
}

/// log(sum(exp(x - max))) + max, where max is 0 if it is infinite (exp(inf - inf) would be NaN).
Value logSumExp(Lowering &l, Value x, ArrayRef<int64_t> axes, bool keepDims) {
  if (axes.empty())
    return x;
  Value max = l.reduce(ReduceKind::Max, x, axes, /*keepDims=*/true);
  Value zeros = l.splat(0, getDims(max), elementType(max));
  max = l.select(l.unary(UnaryKind::IsInf, max), zeros, max);
  Value sum = l.reduce(ReduceKind::Sum, l.unary(UnaryKind::Exp, binaryInto(l, BinaryKind::Sub, x, max)), axes, keepDims);
  return l.binary(BinaryKind::Add, l.unary(UnaryKind::Log, sum), l.reshape(max, getDims(sum)));
}

Value meanOver(Lowering &l, Value x, ArrayRef<int64_t> axes, bool keepDims) {
  if (axes.empty())
    return x;
  if (isFloat(elementType(x)))
    return l.mean(x, axes, keepDims);
  Expr count = l.size(1);
  for (int64_t axis : axes)
    count = count * getDim(x.getType(), axis);
  Value sum = l.reduce(ReduceKind::Sum, x, axes, keepDims);
  return l.binary(BinaryKind::Div, sum, l.indexExpr(count, getDims(sum), elementType(x)));
}

Value lowerReduction(Lowering &l, Reduction reduction, Value x, ArrayRef<int64_t> axes, bool keepDims) {
  auto sum = [&](Value v) { return reduceOver(l, ReduceKind::Sum, v, axes, keepDims); };
  switch (reduction) {
  case Reduction::Sum:
    return sum(x);
  case Reduction::Mean:
    return meanOver(l, x, axes, keepDims);
  case Reduction::Max:
    return reduceOver(l, ReduceKind::Max, x, axes, keepDims);
  case Reduction::Min:
    return reduceOver(l, ReduceKind::Min, x, axes, keepDims);
  case Reduction::Prod:
    return reduceOver(l, ReduceKind::Prod, x, axes, keepDims);
  case Reduction::L1:
    return sum(isUnsigned(elementType(x)) ? x : l.unary(UnaryKind::Abs, x));
  case Reduction::L2:
    return l.unary(UnaryKind::Sqrt, sum(l.binary(BinaryKind::Mul, x, x)));
  case Reduction::SumSquare:
    return sum(l.binary(BinaryKind::Mul, x, x));
  case Reduction::LogSum:
    return l.unary(UnaryKind::Log, sum(x));
  case Reduction::LogSumExp:
    return logSumExp(l, x, axes, keepDims);
  }
  llvm_unreachable("all reductions are listed");
}

/// The type in which a reduction is computed: sums of many steps in f32 rather than 16 bits, roots and logarithms of
/// integers in f64.
Type reductionType(Lowering &l, Reduction reduction, Type type) {
  bool isComposite = reduction != Reduction::Max && reduction != Reduction::Min;
  bool needsFloat =
      reduction == Reduction::L2 || reduction == Reduction::LogSum || reduction == Reduction::LogSumExp;
  if (needsFloat && !isFloat(type))
    return l.builder.getF64Type();
  return isComposite ? computeType(l, type) : type;
}

template <Reduction reduction, bool axesAreInput>
LogicalResult lowerReduce(Node &node, Lowering &l) {
  if (failed(expectInputs(node, 1, axesAreInput ? 2 : 1)))
    return failure();
  Value x = node.getInput(0);
  Type type = elementType(x);
  bool extremum = reduction == Reduction::Max || reduction == Reduction::Min;
  if (!(extremum && type.isInteger(1)) && failed(expectNumber(node, 0)))
    return failure();
  FailureOr<Axes> given = givenAxes(node, l, axesAreInput);
  if (failed(given))
    return failure();
  x = l.convert(x, reductionType(l, reduction, type));
  bool keepDims = node.getInt("keepdims", 1);
  Value y;
  if (!given->count && llvm::all_of(given->values, [](Expr axis) { return asConstant(axis).has_value(); })) {
    auto axes = llvm::map_to_vector(given->values, [](Expr axis) { return *asConstant(axis); });
    FailureOr<SmallVector<int64_t>> normal = node.normalizeAxes(axes, rank(x));
    if (failed(normal))
      return failure();
    llvm::sort(*normal);
    y = lowerReduction(l, reduction, x, *normal, keepDims);
  } else {
    FailureOr<Dims> normal = normalizeRuntimeAxes(node, given->values, rank(x), given->count);
    if (failed(normal))
      return failure();
    RuntimeAxes axes(l, *normal, getDims(x), given->all);
    y = axes.finish(lowerReduction(l, reduction, axes.split(x), axes.getAxes(), /*keepDims=*/false), keepDims);
  }
  node.setResult(0, l.convert(y, type));
  return success();
}

template <ReduceKind kind>
LogicalResult lowerArg(Node &node, Lowering &l) {
  if (failed(expectInputs(node, 1)) || failed(expectNumber(node, 0)))
    return failure();
  Value x = node.getInput(0);
  FailureOr<int64_t> axis = node.normalizeAxis(node.getInt("axis", 0), rank(x));
  if (failed(axis))
    return failure();
  Dims dims = getDims(x);
  dims.erase(dims.begin() + *axis);
  Value y = ArgReduceOp::create(l.builder, l.getLoc(), getTensorType(dims, l.i64()), kind, x, *axis,
                                node.getInt("select_last_index", 0) != 0);
  node.setResult(0, node.getInt("keepdims", 1) ? l.unsqueeze(y, *axis) : y);
  return success();
}

LogicalResult lowerCumSum(Node &node, Lowering &l) {
  if (failed(expectInputs(node, 2)) || failed(expectNumber(node, 0)))
    return failure();
  FailureOr<Dims> given = l.integers(node, node.getInput(1), "axis", INT64_MIN, 1);
  if (failed(given))
    return failure();
  if (given->size() != 1)
    return node.error() << "axis has " << given->size() << " elements, not one";
  Value x = node.getInput(0);
  Type type = elementType(x);
  auto cumsum = [&](Value v, int64_t axis) -> Value {
    return CumSumOp::create(l.builder, l.getLoc(), v.getType(), v, axis, node.getInt("exclusive", 0) != 0,
                            node.getInt("reverse", 0) != 0);
  };
  Value wide = l.convert(x, computeType(l, type)), y;
  if (auto constant = asConstant(given->front())) {
    FailureOr<int64_t> axis = node.normalizeAxis(*constant, rank(x));
    if (failed(axis))
      return failure();
    y = cumsum(wide, *axis);
  } else {
    FailureOr<Dims> axis = normalizeRuntimeAxes(node, *given, rank(x));
    if (failed(axis))
      return failure();
    y = l.reshape(cumsum(aroundAxis(l, wide, axis->front()), 1), getDims(x));
  }
  node.setResult(0, l.convert(y, type));
  return success();
}

/// Axes became an input at `inputFrom`.
template <Reduction reduction>
void addReduction(Registry &r, StringRef type, int64_t inputFrom) {
  r.add(type, 1, lowerReduce<reduction, false>);
  r.add(type, inputFrom, lowerReduce<reduction, true>);
}

} // namespace

void registerReduce(Registry &r) {
  addReduction<Reduction::Sum>(r, "ReduceSum", 13);
  addReduction<Reduction::Mean>(r, "ReduceMean", 18);
  addReduction<Reduction::Max>(r, "ReduceMax", 18);
  addReduction<Reduction::Min>(r, "ReduceMin", 18);
  addReduction<Reduction::Prod>(r, "ReduceProd", 18);
  addReduction<Reduction::L1>(r, "ReduceL1", 18);
  addReduction<Reduction::L2>(r, "ReduceL2", 18);
  addReduction<Reduction::SumSquare>(r, "ReduceSumSquare", 18);
  addReduction<Reduction::LogSum>(r, "ReduceLogSum", 18);
  addReduction<Reduction::LogSumExp>(r, "ReduceLogSumExp", 18);
  r.add("ArgMax", 1, lowerArg<ReduceKind::Max>);
  r.add("ArgMin", 1, lowerArg<ReduceKind::Min>);
  r.add("CumSum", 11, lowerCumSum);
}

} // namespace dsc::onnx_to_prim
