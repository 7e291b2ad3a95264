// SPDX-License-Identifier: Apache-2.0
// Parts of tensors and their surroundings: Slice, Pad, ReverseSequence.
#include "passes/onnx_to_prim/Lowering.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::onnx_to_prim {

using llvm::SmallVector;

// ---- Slice ---------------------------------------------------------------------------------------

/// Bounds this large or small mean "to the end", also where an exporter counts in 32 bits.
static bool isBeyondEnd(Expr e) { return asConstant(e).value_or(0) >= INT32_MAX; }
static bool isBeyondBegin(Expr e) { return asConstant(e).value_or(0) <= INT32_MIN; }

/// A bound of a slice counted from the begin and clamped to [low, high].
static Expr clampBound(Expr bound, Expr size, Expr low, Expr high) {
  if (isBeyondEnd(bound))
    return high;
  if (isBeyondBegin(bound))
    return low;
  if (provablyNonNegative(-bound - 1))
    bound = bound + size;
  else if (!provablyNonNegative(bound))
    bound = select(nonNegative(bound), bound, bound + size);
  return max(low, min(bound, high));
}

static LogicalResult lowerSlice(Node &node, Lowering &lowering) {
  Value x = node.getInput(0);
  int64_t rank = prim::rank(x);
  Dims starts, ends;
  SmallVector<int64_t> axes, steps;
  if (node.opset < 10) {
    auto from = node.getInts("starts"), to = node.getInts("ends");
    if (!from || !to)
      return node.error() << "needs starts and ends";
    starts = lowering.sizes(*from);
    ends = lowering.sizes(*to);
    if (auto given = node.getInts("axes"))
      axes = *given;
  } else {
    auto from = lowering.integers(node, node.getInput(1), "starts");
    if (failed(from))
      return failure();
    auto to = lowering.integers(node, node.getInput(2), "ends");
    if (failed(to))
      return failure();
    starts = *from;
    ends = *to;
    auto list = [&](unsigned input, llvm::StringRef name, SmallVector<int64_t> &into) -> LogicalResult {
      if (!node.hasInput(input))
        return success();
      auto values = lowering.constantIntegers(node, node.getInput(input), name);
      if (failed(values))
        return failure();
      into = *values;
      return success();
    };
    if (failed(list(3, "axes", axes)) || failed(list(4, "steps", steps)))
      return failure();
  }
  if (axes.empty())
    axes = llvm::to_vector(llvm::seq<int64_t>(0, starts.size()));
  if (steps.empty())
    steps.assign(starts.size(), 1);
  if (ends.size() != starts.size() || axes.size() != starts.size() || steps.size() != starts.size())
    return node.error() << "starts, ends, axes and steps have different lengths";
  auto normal = node.normalizeAxes(axes, rank);
  if (failed(normal))
    return failure();

  Expr zero = lowering.size(0);
  Dims first(rank, zero), counts = getDims(x);
  SmallVector<int64_t> strides(rank, 1);
  for (auto [i, axis] : llvm::enumerate(*normal)) {
    Expr size = counts[axis], start, end;
    int64_t step = steps[i];
    if (step == 0)
      return node.error() << "a step is 0";
    if (step > 0) {
      start = clampBound(starts[i], size, zero, size);
      end = clampBound(ends[i], size, zero, size);
      counts[axis] = max(zero, ceilDiv(end - start, lowering.size(step)));
    } else {
      // [0, size - 1], but nothing of an empty dimension.
      start = clampBound(starts[i], size, min(zero, size - 1), size - 1);
      end = clampBound(ends[i], size, lowering.size(-1), size - 1);
      counts[axis] = max(zero, ceilDiv(end - start, lowering.size(step)));
    }
    first[axis] = start;
    strides[axis] = step;
  }
  node.setResult(0, lowering.slice(x, first, strides, counts));
  return success();
}

// ---- Pad -----------------------------------------------------------------------------------------

/// low and high amounts of each dimension; 0 where none are given.
struct Padding {
  Dims low, high;
};

static FailureOr<Padding> paddingOf(Node &node, Lowering &lowering, int64_t rank) {
  Dims amounts;
  if (node.opset < 11) {
    auto attr = node.getInts(node.opset < 2 ? "paddings" : "pads");
    if (!attr)
      return node.error() << "needs pads";
    amounts = lowering.sizes(*attr);
  } else {
    auto given = lowering.integers(node, node.getInput(1), "pads");
    if (failed(given))
      return failure();
    amounts = *given;
  }
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  if (node.hasInput(3)) {
    auto given = lowering.constantIntegers(node, node.getInput(3), "axes");
    if (failed(given))
      return failure();
    auto normal = node.normalizeAxes(*given, rank);
    if (failed(normal))
      return failure();
    axes = *normal;
  }
  if (amounts.size() != 2 * axes.size())
    return node.error() << "pads has " << amounts.size() << " entries for " << axes.size() << " axes";
  Padding padding{Dims(rank, lowering.size(0)), Dims(rank, lowering.size(0))};
  for (auto [i, axis] : llvm::enumerate(axes)) {
    padding.low[axis] = amounts[i];
    padding.high[axis] = amounts[axes.size() + i];
  }
  return padding;
}

static LogicalResult padWithConstant(Node &node, Lowering &lowering, const Padding &padding) {
  Value x = node.getInput(0);
  Type element = elementType(x);
  Value fill;
  if (node.opset >= 11 && node.hasInput(2)) {
    fill = node.getInput(2);
    if (elementType(fill) != element || !isConstant(product(lowering.getContext(), getDims(fill)), 1))
      return node.error() << "constant_value must be one " << element << ", found " << describe(fill.getType());
    fill = lowering.reshape(fill, {});
  } else {
    double value = node.opset < 11 ? node.getFloat("value", 0) : 0;
    fill = isa<FloatType>(element) ? lowering.scalar(value, element) : lowering.scalarInt(0, element);
  }
  // Negative amounts cut first; an amount only the run knows may do either.
  Expr zero = lowering.size(0);
  Dims starts, counts = getDims(x), low, result;
  for (auto [i, dim] : llvm::enumerate(counts)) {
    Expr cutLow = max(zero, -padding.low[i]), cutHigh = max(zero, -padding.high[i]);
    result.push_back(dim + padding.low[i] + padding.high[i]);
    starts.push_back(cutLow);
    low.push_back(max(zero, padding.low[i]));
    dim = dim - cutLow - cutHigh;
    if (provablyNonNegative(-dim - 1))
      return node.error() << "negative pads remove more than dimension " << i << " has";
  }
  if (counts != getDims(x))
    x = lowering.slice(x, starts, SmallVector<int64_t>(counts.size(), 1), counts);
  if (result != counts)
    x = PadOp::create(lowering.builder, lowering.getLoc(), getTensorType(result, element), x, fill,
                      ShapeAttr::get(lowering.getContext(), low));
  node.setResult(0, x);
  return success();
}

static LogicalResult lowerPad(Node &node, Lowering &lowering) {
  Value x = node.getInput(0);
  auto padding = paddingOf(node, lowering, rank(x));
  if (failed(padding))
    return failure();
  auto mode = node.getString("mode", "constant");
  if (mode == "constant")
    return padWithConstant(node, lowering, *padding);

  // The other modes read the operand at a position that depends on one index only: a take per axis.
  Expr zero = lowering.size(0), position = index(lowering.getContext(), 0);
  for (int64_t axis = 0; axis < rank(x); ++axis) {
    if (isConstant(padding->low[axis], 0) && isConstant(padding->high[axis], 0))
      continue;
    Expr size = getDim(x.getType(), axis), from = position - padding->low[axis], last = size - 1;
    if (isConstant(size, 0))
      return node.error() << "mode " << mode << " cannot pad an empty dimension";
    if (mode == "edge") {
      from = max(zero, min(from, last));
    } else if (mode == "reflect") {
      // Of period 2 (size - 1): up, then down without repeating the ends. One element is its own reflection.
      from = mod(from, max(last * 2, lowering.size(1)));
      from = min(from, last * 2 - from);
    } else if (mode == "wrap") {
      from = mod(from, size);
    } else {
      return node.error() << "mode must be constant, edge, reflect or wrap, not '" << mode << "'";
    }
    Expr padded = size + padding->low[axis] + padding->high[axis];
    x = lowering.take(x, lowering.indexExpr(simplify(from, {padded}), {padded}, lowering.i64()), axis);
  }
  node.setResult(0, x);
  return success();
}

// ---- ReverseSequence -----------------------------------------------------------------------------

static LogicalResult lowerReverseSequence(Node &node, Lowering &lowering) {
  Value x = node.getInput(0), lengths = lowering.convert(node.getInput(1), lowering.i64());
  auto batch = node.normalizeAxis(node.getInt("batch_axis", 1), rank(x));
  auto time = node.normalizeAxis(node.getInt("time_axis", 0), rank(x));
  if (failed(batch) || failed(time))
    return failure();
  if (*batch == *time || rank(lengths) != 1)
    return node.error() << "needs one length per batch entry, and a batch axis other than the time axis";
  if (failed(lowering.unify(node, getDim(lengths.getType(), 0), getDim(x.getType(), *batch),
                            "one length per batch entry")))
    return failure();
  Dims dims = getDims(x);
  lengths = lowering.broadcastInDim(lowering.castTo(lengths, {dims[*batch]}), {*batch}, dims);
  Value position = lowering.indexExpr(index(lowering.getContext(), *time), dims, lowering.i64());
  Value mirrored = lowering.binary(BinaryKind::Sub, lengths, position);
  mirrored = lowering.binary(BinaryKind::Sub, mirrored, lowering.splatInt(1, dims, lowering.i64()));
  Value from = lowering.select(lowering.compare(CompareKind::Lt, position, lengths), mirrored, position);
  node.setResult(0, TakeAlongAxisOp::create(lowering.builder, lowering.getLoc(), x.getType(), x, from, *time));
  return success();
}

void registerSlice(Registry &registry) {
  registry.add("Slice", 1, lowerSlice);
  registry.add("Pad", 1, lowerPad);
  registry.add("ReverseSequence", 10, lowerReverseSequence);
}

} // namespace dsc::onnx_to_prim
