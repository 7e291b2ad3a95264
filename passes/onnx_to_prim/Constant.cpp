// SPDX-License-Identifier: Apache-2.0
// Tensors made from nothing but sizes and attributes: constants, shapes, ranges, one-hot and triangle masks.
#include "passes/onnx_to_prim/Lowering.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::onnx_to_prim {

// ---- Constants -----------------------------------------------------------------------------------

static Value constantOf(Lowering &lowering, TypedAttr value) {
  return ConstantOp::create(lowering.builder, lowering.getLoc(), value.getType(), value);
}

static LogicalResult lowerConstant(Node &node, Lowering &lowering) {
  auto vectorOf = [](int64_t size, Type element) { return RankedTensorType::get({size}, element); };
  TypedAttr value;
  if (node.hasAttr("value")) {
    value = node.getTensor("value");
  } else if (node.hasAttr("value_float")) {
    value = DenseElementsAttr::get(RankedTensorType::get({}, lowering.f32()), float(node.getFloat("value_float", 0)));
  } else if (auto floats = node.getFloats("value_floats")) {
    llvm::SmallVector<float> narrow(floats->begin(), floats->end());
    value = DenseElementsAttr::get(vectorOf(narrow.size(), lowering.f32()), llvm::ArrayRef<float>(narrow));
  } else if (node.hasAttr("value_int")) {
    value = DenseElementsAttr::get(RankedTensorType::get({}, lowering.i64()), node.getInt("value_int", 0));
  } else if (auto ints = node.getInts("value_ints")) {
    value = DenseElementsAttr::get(vectorOf(ints->size(), lowering.i64()), llvm::ArrayRef<int64_t>(*ints));
  }
  if (!value)
    return node.error() << "needs one of value, value_float, value_floats, value_int, value_ints; strings and sparse "
                           "tensors are not supported";
  node.setResult(0, constantOf(lowering, value));
  return success();
}

/// The one element of a dense tensor as a constant of rank 0.
static FailureOr<Value> scalarOf(Node &node, Lowering &lowering, TypedAttr value, llvm::StringRef name) {
  auto dense = dyn_cast_or_null<DenseElementsAttr>(value);
  if (!dense || dense.getNumElements() != 1)
    return node.error() << "attribute " << name << " must be a tensor of one element";
  auto type = RankedTensorType::get({}, dense.getElementType());
  return constantOf(lowering, cast<TypedAttr>(cast<Attribute>(dense.reshape(type))));
}

static LogicalResult lowerConstantOfShape(Node &node, Lowering &lowering) {
  auto dims = lowering.integers(node, node.getInput(0), "shape", 0, node.getDeclaredRank(0));
  if (failed(dims))
    return failure();
  for (Expr dim : *dims)
    if (provablyNonNegative(-dim - 1))
      return node.error() << "a dimension of the shape is negative: " << toString(dim);
  Value element = lowering.scalar(0, lowering.f32());
  if (node.hasAttr("value")) {
    auto given = scalarOf(node, lowering, node.getTensor("value"), "value");
    if (failed(given))
      return failure();
    element = *given;
  }
  node.setResult(0, lowering.broadcastTo(element, *dims));
  return success();
}

static LogicalResult lowerIdentity(Node &node, Lowering &) {
  if (const Values *sequence = node.getSequence(0)) {
    node.setSequence(0, *sequence);
    return success();
  }
  if (!node.hasInput(0))
    return node.error() << "needs an input";
  node.setResult(0, node.getInput(0));
  return success();
}

// ---- Shapes --------------------------------------------------------------------------------------

static LogicalResult lowerShape(Node &node, Lowering &lowering) {
  Dims dims = getDims(node.getInput(0));
  int64_t rank = dims.size();
  // Bounds beyond the rank are clamped, not refused.
  auto bound = [&](llvm::StringRef name, int64_t otherwise) {
    int64_t value = node.getInt(name, otherwise);
    return std::clamp<int64_t>(value < 0 ? value + rank : value, 0, rank);
  };
  int64_t start = bound("start", 0), end = bound("end", rank);
  auto part = llvm::ArrayRef<Expr>(dims).slice(std::min(start, end), std::max<int64_t>(end - start, 0));
  node.setResult(0, lowering.exprs(part, lowering.i64()));
  return success();
}

static LogicalResult lowerSize(Node &node, Lowering &lowering) {
  Expr count = product(lowering.getContext(), getDims(node.getInput(0)));
  node.setResult(0, lowering.indexExpr(count, {}, lowering.i64()));
  return success();
}

// ---- Range ---------------------------------------------------------------------------------------

/// The number of steps from start to limit, computed at run time: max(0, ceil((limit - start) / delta)).
static Value rangeLength(Lowering &lowering, Value start, Value limit, Value delta) {
  Value distance = lowering.binary(BinaryKind::Sub, limit, start);
  Value steps;
  if (isa<FloatType>(elementType(start))) {
    Type f64 = lowering.builder.getF64Type();
    Value ratio =
        lowering.binary(BinaryKind::Div, lowering.convert(distance, f64), lowering.convert(delta, f64));
    steps = lowering.convert(lowering.unary(UnaryKind::Ceil, ratio), lowering.i64());
  } else {
    distance = lowering.convert(distance, lowering.i64());
    delta = lowering.convert(delta, lowering.i64());
    if (lowering.constantSplat(delta) == 1.0) {
      steps = distance;
    } else {
      // Truncation rounds up already where the signs differ.
      Value zero = lowering.scalarInt(0, lowering.i64());
      Value quotient = lowering.binary(BinaryKind::Div, distance, delta);
      Value rest = lowering.binary(BinaryKind::Rem, distance, delta);
      Value sameSign =
          lowering.compare(CompareKind::Eq, lowering.compare(CompareKind::Lt, distance, zero),
                           lowering.compare(CompareKind::Lt, delta, zero));
      Value up = lowering.binary(BinaryKind::And, lowering.compare(CompareKind::Ne, rest, zero), sameSign);
      steps = lowering.binary(BinaryKind::Add, quotient, lowering.convert(up, lowering.i64()));
    }
  }
  return lowering.binary(BinaryKind::Max, steps, lowering.scalarInt(0, lowering.i64()));
}

static LogicalResult lowerRange(Node &node, Lowering &lowering) {
  Value bounds[3]; // start, limit, delta
  for (unsigned i = 0; i < 3; ++i) {
    bounds[i] = node.getInput(i);
    if (!bounds[i] || !isConstant(product(lowering.getContext(), getDims(bounds[i])), 1))
      return node.error() << "start, limit and delta must have one element each";
    if (elementType(bounds[i]) != elementType(node.getInput(0)))
      return node.error() << "start, limit and delta must have one element type";
    bounds[i] = lowering.reshape(bounds[i], {});
  }
  auto [start, limit, delta] = bounds;
  if (lowering.constantSplat(delta) == 0.0)
    return node.error() << "delta must not be zero";
  Type element = elementType(start);
  Expr position = index(lowering.getContext(), 0);

  if (isa<IntegerType>(element)) {
    auto from = lowering.symbolic().elements(start), to = lowering.symbolic().elements(limit),
         step = lowering.symbolic().elements(delta);
    if (from && to && step) {
      Expr count = max(ceilDiv(to->front() - from->front(), step->front()), lowering.size(0));
      node.setResult(0, lowering.indexExpr(from->front() + position * step->front(), {count}, element));
      return success();
    }
  }

  Expr count;
  auto from = lowering.constantSplat(start), to = lowering.constantSplat(limit), step = lowering.constantSplat(delta);
  if (from && to && step)
    count = lowering.size(std::max<double>(0, std::ceil((*to - *from) / *step)));
  else
    count = lowering.defineSymbol("range", rangeLength(lowering, start, limit, delta));
  // start + i * delta, counted in i64 and only then brought to the element type.
  Value positions = lowering.convert(lowering.indexExpr(position, {count}, lowering.i64()), element);
  if (lowering.constantSplat(delta) != 1.0)
    positions = lowering.binary(BinaryKind::Mul, positions, lowering.broadcastTo(delta, {count}));
  node.setResult(0, lowering.binary(BinaryKind::Add, lowering.broadcastTo(start, {count}), positions));
  return success();
}

// ---- Matrices of zeros and ones ------------------------------------------------------------------

/// The element type with this number in ONNX's TensorProto.DataType.
static Type elementTypeOf(Builder &builder, int64_t dataType) {
  auto unsignedOf = [&](unsigned width) { return builder.getIntegerType(width, /*isSigned=*/false); };
  switch (dataType) {
  case 1:
    return builder.getF32Type();
  case 2:
    return unsignedOf(8);
  case 3:
    return builder.getIntegerType(8);
  case 4:
    return unsignedOf(16);
  case 5:
    return builder.getIntegerType(16);
  case 6:
    return builder.getIntegerType(32);
  case 7:
    return builder.getI64Type();
  case 9:
    return builder.getI1Type();
  case 10:
    return builder.getF16Type();
  case 11:
    return builder.getF64Type();
  case 12:
    return unsignedOf(32);
  case 13:
    return unsignedOf(64);
  case 16:
    return builder.getBF16Type();
  default:
    return {};
  }
}

static LogicalResult lowerEyeLike(Node &node, Lowering &lowering) {
  Value like = node.getInput(0);
  if (rank(like) != 2)
    return node.error() << "needs a matrix, not a tensor of rank " << rank(like);
  Type element = elementType(like);
  if (node.hasAttr("dtype"))
    element = elementTypeOf(lowering.builder, node.getInt("dtype", 0));
  if (!element)
    return node.error() << "dtype " << node.getInt("dtype", 0) << " is not supported";
  MLIRContext *context = lowering.getContext();
  Expr onDiagonal = equal(index(context, 1), index(context, 0) + node.getInt("k", 0));
  node.setResult(0, lowering.convert(lowering.indexExpr(onDiagonal, getDims(like), lowering.i1()), element));
  return success();
}

static LogicalResult lowerOneHot(Node &node, Lowering &lowering) {
  Value indices = lowering.convert(node.getInput(0), lowering.i64());
  auto axis = node.normalizeAxis(node.getInt("axis", -1), rank(indices) + 1);
  if (failed(axis))
    return failure();
  Value values = node.getInput(2);
  if (rank(values) != 1 || (asConstant(getDim(values.getType(), 0)).value_or(2) != 2))
    return node.error() << "values must be [off, on]";
  if (failed(lowering.unify(node, getDim(values.getType(), 0), lowering.size(2), "number of values")))
    return failure();
  values = lowering.castTo(values, {lowering.size(2)});
  auto depth = lowering.integers(node, lowering.convert(node.getInput(1), lowering.i64()), "depth", 0, 1);
  if (failed(depth))
    return failure();
  if (depth->size() != 1)
    return node.error() << "depth must have one element";

  // What stays negative after adding the depth, or reaches it, matches no position: all off, as the standard says.
  indices = lowering.nonNegativeIndices(indices, depth->front());
  Dims dims = getDims(indices);
  dims.insert(dims.begin() + *axis, depth->front());
  Value wanted = lowering.broadcastTo(lowering.unsqueeze(indices, *axis), dims);
  Value position = lowering.indexExpr(index(lowering.getContext(), *axis), dims, lowering.i64());
  auto valueAt = [&](int64_t i) {
    Value one = lowering.sliceAxis(values, 0, lowering.size(i), lowering.size(1));
    return lowering.broadcastTo(lowering.reshape(one, {}), dims);
  };
  Value off = valueAt(0), on = valueAt(1);
  node.setResult(0, lowering.select(lowering.compare(CompareKind::Eq, wanted, position), on, off));
  return success();
}

static LogicalResult lowerTrilu(Node &node, Lowering &lowering) {
  Value x = node.getInput(0);
  int64_t n = rank(x);
  if (n < 2)
    return node.error() << "needs a matrix or a batch of them, not a tensor of rank " << n;
  Expr k = lowering.size(0);
  if (node.hasInput(1)) {
    auto given = lowering.integers(node, node.getInput(1), "k");
    if (failed(given))
      return failure();
    if (given->size() != 1)
      return node.error() << "k must have one element";
    k = given->front();
  }
  MLIRContext *context = lowering.getContext();
  Expr diagonal = index(context, n - 1) - index(context, n - 2);
  Expr kept = node.getInt("upper", 1) ? lessEqual(k, diagonal) : lessEqual(diagonal, k);
  Dims dims = getDims(x);
  Type element = elementType(x);
  Value zero = isa<FloatType>(element) ? lowering.splat(0, dims, element) : lowering.splatInt(0, dims, element);
  node.setResult(0, lowering.select(lowering.indexExpr(kept, dims, lowering.i1()), x, zero));
  return success();
}

void registerConstant(Registry &registry) {
  registry.add("Constant", 1, lowerConstant);
  registry.add("ConstantOfShape", 9, lowerConstantOfShape);
  registry.add("Identity", 1, lowerIdentity);
  registry.add("Shape", 1, lowerShape);
  registry.add("Size", 1, lowerSize);
  registry.add("Range", 11, lowerRange);
  registry.add("EyeLike", 9, lowerEyeLike);
  registry.add("OneHot", 9, lowerOneHot);
  registry.add("Trilu", 14, lowerTrilu);
}

} // namespace dsc::onnx_to_prim
