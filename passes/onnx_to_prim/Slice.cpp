// SPDX-License-Identifier: Apache-2.0
// Parts of tensors and their surroundings: Slice, Pad, ReverseSequence.
#include "passes/onnx_to_prim/RuntimeAxes.h"

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

/// What a slice takes of one dimension: `count` elements from `start` in steps of `step`.
struct Range {
  Expr start, count, step;
};

static Range upwards(Expr start, Expr end, Expr size, Expr step) {
  Expr zero = constant(size.getContext(), 0);
  start = clampBound(start, size, zero, size);
  end = clampBound(end, size, zero, size);
  return {start, max(zero, ceilDiv(end - start, step)), step};
}

static Range downwards(Expr start, Expr end, Expr size, Expr step) {
  Expr zero = constant(size.getContext(), 0);
  // [0, size - 1], but nothing of an empty dimension.
  start = clampBound(start, size, min(zero, size - 1), size - 1);
  end = clampBound(end, size, zero - 1, size - 1);
  return {start, max(zero, ceilDiv(end - start, step)), step};
}

/// A step that only the run knows may have either sign, but is not 0.
static Range rangeOf(Expr start, Expr end, Expr size, Expr step) {
  if (auto known = asConstant(step))
    return *known > 0 ? upwards(start, end, size, step) : downwards(start, end, size, step);
  Expr one = constant(size.getContext(), 1), isUp = nonNegative(step);
  Range up = upwards(start, end, size, max(step, one)), down = downwards(start, end, size, min(step, -one));
  return {select(isUp, up.start, down.start), select(isUp, up.count, down.count), step};
}

/// Starts, ends, axes and steps of equal length; axes are in [0, rank).
struct SliceOperands {
  Dims starts, ends, axes, steps;
};

static FailureOr<SliceOperands> sliceOperands(Node &node, Lowering &lowering, int64_t rank) {
  SliceOperands given;
  Expr openCount;
  if (node.opset < 10) {
    auto from = node.getInts("starts"), to = node.getInts("ends");
    if (!from || !to)
      return node.error() << "needs starts and ends";
    given.starts = lowering.sizes(*from);
    given.ends = lowering.sizes(*to);
    if (auto axes = node.getInts("axes"))
      given.axes = lowering.sizes(*axes);
  } else {
    std::pair<Dims *, llvm::StringRef> lists[] = {
        {&given.starts, "starts"}, {&given.ends, "ends"}, {&given.axes, "axes"}, {&given.steps, "steps"}};
    auto isThere = [&](size_t i) { return i < 2 || node.hasInput(i + 1); };
    // One list of constant length tells that of the others; else they have as many elements as the tensor dimensions, of which
    // the first hold.
    std::optional<int64_t> length;
    for (size_t i = 0; i < 4; ++i)
      if (isThere(i) && !openLength(node.getInput(i + 1)) && prim::rank(node.getInput(i + 1)) == 1)
        length = asConstant(getDim(node.getInput(i + 1).getType(), 0));
    for (size_t i = 0; i < 4 && !length; ++i)
      if (isThere(i) && openLength(node.getInput(i + 1))) {
        if (openCount && failed(lowering.unify(node, openCount, openLength(node.getInput(i + 1)), "lengths of starts, ends, axes, steps")))
          return failure();
        openCount = openLength(node.getInput(i + 1));
      }
    for (auto [i, list] : llvm::enumerate(lists)) {
      if (!isThere(i))
        continue;
      Value input = node.getInput(i + 1);
      auto values = openCount ? boundedIntegers(node, input, list.second, rank, /*fill=*/i == 3)
                              : lowering.integers(node, input, list.second, INT64_MIN, length);
      if (failed(values))
        return failure();
      *list.first = *values;
    }
  }
  size_t count = given.starts.size();
  if (given.axes.empty())
    given.axes = lowering.sizes(llvm::to_vector(llvm::seq<int64_t>(0, count)));
  if (given.steps.empty())
    given.steps.assign(count, lowering.size(1));
  if (given.ends.size() != count || given.axes.size() != count || given.steps.size() != count)
    return node.error() << "starts, ends, axes and steps have different lengths";
  for (Expr step : given.steps) {
    if (isConstant(step, 0))
      return node.error() << "a step is 0";
    if (!asConstant(step))
      RequireOp::create(lowering.builder, lowering.getLoc(), isZero(step), lowering.size(0),
                        lowering.builder.getStringAttr("Slice: a step is 0"));
  }
  auto axes = normalizeRuntimeAxes(node, given.axes, rank, openCount);
  if (failed(axes))
    return failure();
  given.axes = *axes;
  return given;
}

static LogicalResult lowerSlice(Node &node, Lowering &lowering) {
  Value x = node.getInput(0);
  int64_t rank = prim::rank(x);
  auto given = sliceOperands(node, lowering, rank);
  if (failed(given))
    return failure();

  Dims starts(rank, lowering.size(0)), counts = getDims(x);
  SmallVector<int64_t> strides(rank, 1);
  SmallVector<std::pair<int64_t, Range>> gathered;
  for (int64_t d = 0; d < rank; ++d) {
    Expr size = counts[d];
    Range range{lowering.size(0), size, lowering.size(1)};
    for (size_t i = 0; i < given->axes.size(); ++i) {
      Expr isHere = equal(given->axes[i], lowering.size(d));
      if (isConstant(isHere, 0))
        continue;
      Range own = rangeOf(given->starts[i], given->ends[i], size, given->steps[i]);
      range = {select(isHere, own.start, range.start), select(isHere, own.count, range.count),
               select(isHere, own.step, range.step)};
    }
    if (auto step = asConstant(range.step)) {
      starts[d] = range.start;
      counts[d] = range.count;
      strides[d] = *step;
    } else {
      gathered.push_back({d, range});
    }
  }
  x = lowering.slice(x, starts, strides, counts);
  // prim.slice has constant steps; others are positions to take.
  for (auto [d, range] : gathered) {
    Expr position = range.start + index(lowering.getContext(), 0) * range.step;
    x = lowering.take(x, lowering.indexExpr(position, {range.count}, lowering.i64()), d);
  }
  node.setResult(0, x);
  return success();
}

// ---- Pad -----------------------------------------------------------------------------------------

/// low and high amounts of each dimension; 0 where none are given.
struct Padding {
  Dims low, high;
};

static FailureOr<Padding> paddingOf(Node &node, Lowering &lowering, int64_t rank) {
  Dims amounts;
  Expr openCount; ///< of axes, of which the first hold
  if (node.opset < 11) {
    auto attr = node.getInts(node.opset < 2 ? "paddings" : "pads");
    if (!attr)
      return node.error() << "needs pads";
    amounts = lowering.sizes(*attr);
  } else {
    Value pads = node.getInput(1), axes = node.getInput(3);
    // Half as many axes as amounts: where one number is constant, it tells the other.
    std::optional<int64_t> count = 2 * rank;
    if (axes)
      count = openLength(axes) ? std::nullopt : std::optional(2 * product(lowering.getContext(), getDims(axes)).getValue());
    if (!count && openLength(pads)) {
      if (failed(lowering.unify(node, openLength(pads), openLength(axes) * 2, "two amounts for each axis")))
        return failure();
      openCount = openLength(axes);
      for (Expr from : {lowering.size(0), openCount}) {
        auto half = boundedIntegers(node, lowering.sliceAxis(pads, 0, from, openCount), "pads", rank, 0);
        if (failed(half))
          return failure();
        llvm::append_range(amounts, *half);
      }
    } else {
      auto given = lowering.integers(node, pads, "pads", INT64_MIN, count);
      if (failed(given))
        return failure();
      amounts = *given;
    }
  }
  Dims axes = lowering.sizes(llvm::to_vector(llvm::seq<int64_t>(0, rank)));
  if (node.hasInput(3)) {
    auto given = openCount ? boundedIntegers(node, node.getInput(3), "axes", rank, 0)
                           : lowering.integers(node, node.getInput(3), "axes", INT64_MIN, amounts.size() / 2);
    if (failed(given))
      return failure();
    auto normal = normalizeRuntimeAxes(node, *given, rank, openCount);
    if (failed(normal))
      return failure();
    axes = *normal;
  }
  if (amounts.size() != 2 * axes.size())
    return node.error() << "pads has " << amounts.size() << " entries for " << axes.size() << " axes";
  Padding padding{Dims(rank, lowering.size(0)), Dims(rank, lowering.size(0))};
  for (auto [i, axis] : llvm::enumerate(axes))
    for (int64_t d = 0; d < rank; ++d) {
      Expr isHere = equal(axis, lowering.size(d));
      padding.low[d] = select(isHere, amounts[i], padding.low[d]);
      padding.high[d] = select(isHere, amounts[axes.size() + i], padding.high[d]);
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
