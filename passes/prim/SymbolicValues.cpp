// SPDX-License-Identifier: Apache-2.0
#include "passes/prim/SymbolicValues.h"
#include "passes/prim/IntegerArithmetic.h"
#include "llvm/ADT/APSInt.h"

using namespace mlir;
using namespace dsc;
using namespace dsc::prim;
using llvm::ArrayRef;
using llvm::SmallVector;

// ---- SymbolicTensor --------------------------------------------------------------------------------

static bool allConstant(ArrayRef<Expr> exprs) {
  return llvm::all_of(exprs, [](Expr e) { return asConstant(e).has_value(); });
}

bool SymbolicTensor::knows(ArrayRef<Expr> position) const {
  return element || (elements && allConstant(position));
}

Expr SymbolicTensor::at(ArrayRef<Expr> position) const {
  assert(position.size() == dims.size() && "a position has one index per dimension");
  if (elements && allConstant(position)) {
    int64_t offset = 0;
    for (auto [index, dim] : llvm::zip(position, dims)) {
      int64_t i = *asConstant(index), size = *asConstant(dim);
      if (i < 0 || i >= size)
        return element ? substituteIndices(element, position) : Expr();
      offset = offset * size + i;
    }
    return (*elements)[offset];
  }
  return element ? substituteIndices(element, position) : Expr();
}

// ---- One element of an operation's result -------------------------------------------------------------

namespace {

/// Computes the element at a position, whose indices are constants or d0, d1, ...; null when it is not known.
class ElementEvaluator {
public:
  ElementEvaluator(SymbolicValues &values, Operation *op, ArrayRef<Expr> resultDims)
      : values(values), op(op), dims(resultDims), context(op->getContext()) {}

  Expr at(ArrayRef<Expr> position) {
    return llvm::TypeSwitch<Operation *, Expr>(op)
        .Case<IndexExprOp>([&](auto o) { return substituteIndices(o.getExpr(), position); })
        .Case<UnaryOp, BinaryOp, CompareOp, SelectOp, ConvertOp, BroadcastOp, ReshapeOp, TransposeOp, SliceOp,
              ConcatOp, PadOp, TakeOp, TakeAlongAxisOp, GatherNdOp, ReduceOp, CumSumOp>(
            [&](auto o) { return element(o, position); })
        .Default([](Operation *) { return Expr(); });
  }

private:
  using Position = ArrayRef<Expr>;

  Expr operandAt(Value operand, Position position) {
    auto tensor = values.get(operand);
    return tensor && tensor->knows(position) ? tensor->at(position) : Expr();
  }

  /// False for floats, which stand for integers here.
  bool isIntegral(Value value) { return isa<IntegerType>(elementType(value)); }

  bool isTruth(Value value) { return elementType(value).isInteger(1); }

  Expr element(UnaryOp o, Position p) {
    Expr x = operandAt(o.getOperand(), p);
    if (!x)
      return {};
    switch (o.getKind()) {
    case UnaryKind::Neg:
      return -x;
    case UnaryKind::Abs:
      return max(x, -x);
    case UnaryKind::Sign:
      return nonNegative(x - 1) - nonNegative(-x - 1);
    case UnaryKind::Not:
      return isTruth(o.getOperand()) ? logicalNot(x) : Expr();
    case UnaryKind::Floor:
    case UnaryKind::Ceil:
    case UnaryKind::RoundEven:
      return x;
    case UnaryKind::IsNaN:
    case UnaryKind::IsInf:
      return constant(context, 0);
    default:
      return {};
    }
  }

  Expr element(BinaryOp o, Position p) {
    Expr a = operandAt(o.getLhs(), p), b = operandAt(o.getRhs(), p);
    bool truth = isTruth(o.getLhs());
    if (truth && o.getKind() == BinaryKind::And && ((a && isConstant(a, 0)) || (b && isConstant(b, 0))))
      return constant(context, 0);
    if (truth && o.getKind() == BinaryKind::Or && ((a && isConstant(a, 1)) || (b && isConstant(b, 1))))
      return constant(context, 1);
    if (!a || !b)
      return {};
    // Of floats only divisions that come out even: a fraction has no expression.
    if (!isIntegral(o.getLhs()) && o.getKind() == BinaryKind::Div && !(provablyNonZero(b, dims) && floorDiv(a, b) * b == a))
      return {};
    return apply(o.getKind(), a, b, truth, dims);
  }

  Expr element(CompareOp o, Position p) {
    Expr a = operandAt(o.getLhs(), p), b = operandAt(o.getRhs(), p);
    return a && b ? apply(o.getKind(), a, b) : Expr();
  }

  Expr element(SelectOp o, Position p) {
    Expr c = operandAt(o.getCondition(), p);
    if (!c)
      return {};
    c = simplify(c, dims);
    if (isConstant(c, 1))
      return operandAt(o.getOnTrue(), p);
    if (isConstant(c, 0))
      return operandAt(o.getOnFalse(), p);
    Expr a = operandAt(o.getOnTrue(), p), b = operandAt(o.getOnFalse(), p);
    return a && b ? select(c, a, b) : Expr();
  }

  Expr element(ConvertOp o, Position p) {
    Expr x = operandAt(o.getOperand(), p);
    if (!x)
      return {};
    auto from = dyn_cast<IntegerType>(elementType(o.getOperand()));
    auto to = dyn_cast<IntegerType>(elementType(o.getResult()));
    if (!to) // sizes and positions are below 2^24, what f32 holds exactly
      return elementType(o.getResult()).getIntOrFloatBitWidth() >= 32 ? x : Expr();
    if (!from)
      from = IntegerType::get(context, 64);
    if (to.getWidth() == 1)
      return from.getWidth() == 1 ? x : logicalNot(isZero(x));
    if (to.getWidth() >= from.getWidth() && !to.isUnsigned())
      return x;
    // Narrowing wraps. Sizes and positions fit 32 bits (tensors are smaller than that along one dimension); anything
    // narrower, or unsigned, only as a constant in range.
    if (to.getWidth() == 32 && !to.isUnsigned() && !asConstant(x))
      return x;
    auto c = asConstant(x);
    unsigned bits = to.isUnsigned() ? to.getWidth() : to.getWidth() - 1;
    int64_t limit = bits >= 63 ? INT64_MAX : (int64_t(1) << bits) - 1;
    if (c && *c <= limit && *c >= (to.isUnsigned() ? 0 : -limit - 1))
      return x;
    return {};
  }

  Expr element(BroadcastOp o, Position p) {
    SmallVector<Expr> from;
    auto operandDims = getDims(o.getOperand());
    for (auto [i, axis] : llvm::enumerate(o.getAxes()))
      from.push_back(isConstant(operandDims[i], 1) ? constant(context, 0) : p[axis]);
    return operandAt(o.getOperand(), from);
  }

  Expr element(ReshapeOp o, Position p) {
    auto from = getDims(o.getOperand());
    auto isUnit = [](Expr dim) { return isConstant(dim, 1); };
    SmallVector<Expr> fromSizes, toSizes, nonUnit;
    for (Expr dim : from)
      if (!isUnit(dim))
        fromSizes.push_back(dim);
    for (auto [dim, index] : llvm::zip(dims, p))
      if (!isUnit(dim)) {
        toSizes.push_back(dim);
        nonUnit.push_back(index);
      }
    SmallVector<Expr> position;
    if (fromSizes == toSizes) { // only dimensions of size one come or go
      size_t next = 0;
      for (Expr dim : from)
        position.push_back(isUnit(dim) ? constant(context, 0) : nonUnit[next++]);
      return operandAt(o.getOperand(), position);
    }
    Expr linear = constant(context, 0);
    for (auto [dim, index] : llvm::zip(dims, p))
      linear = linear * dim + index;
    position.resize(from.size());
    for (size_t i = from.size(); i-- > 0;) {
      if (isUnit(from[i])) {
        position[i] = constant(context, 0);
        continue;
      }
      position[i] = i == 0 ? linear : simplify(mod(linear, from[i]), dims);
      linear = simplify(floorDiv(linear, from[i]), dims);
    }
    return operandAt(o.getOperand(), position);
  }

  Expr element(TransposeOp o, Position p) {
    SmallVector<Expr> from(p.size());
    for (auto [i, axis] : llvm::enumerate(o.getPerm()))
      from[axis] = p[i];
    return operandAt(o.getOperand(), from);
  }

  Expr element(SliceOp o, Position p) {
    SmallVector<Expr> from;
    for (auto [i, step] : llvm::enumerate(o.getSteps()))
      from.push_back(o.getStarts()[i] + p[i] * step);
    return operandAt(o.getOperand(), from);
  }

  Expr element(ConcatOp o, Position p) {
    size_t axis = o.getAxis();
    Expr offset = constant(context, 0), result;
    for (Value operand : o.getOperands()) {
      Expr size = getDim(operand.getType(), axis);
      SmallVector<Expr> from(p.begin(), p.end());
      from[axis] = p[axis] - offset;
      Expr inside = simplify(nonNegative(from[axis]), dims);
      Expr below = simplify(less(from[axis], size), dims);
      if (!isConstant(inside, 0) && !isConstant(below, 0) && !isConstant(size, 0)) {
        Expr e = operandAt(operand, from);
        if (!e)
          return {};
        result = result && !isConstant(inside, 1) ? simplify(select(inside, e, result), dims) : e;
        if (isConstant(below, 1) && isConstant(inside, 1))
          return result;
      }
      offset = offset + size;
    }
    return result;
  }

  Expr element(PadOp o, Position p) {
    auto operandDims = getDims(o.getOperand());
    Expr inside = constant(context, 1);
    SmallVector<Expr> from;
    for (auto [i, index] : llvm::enumerate(p)) {
      from.push_back(index - o.getLow()[i]);
      inside = inside * nonNegative(from.back()) * less(from.back(), operandDims[i]);
    }
    Expr value = operandAt(o.getValue(), {});
    inside = simplify(inside, dims);
    if (isConstant(inside, 0))
      return value;
    Expr e = operandAt(o.getOperand(), from);
    return e && value ? select(inside, e, value) : Expr();
  }

  Expr element(TakeOp o, Position p) {
    size_t axis = o.getAxis(), indexRank = rank(o.getIndices());
    Expr index = operandAt(o.getIndices(), p.slice(axis, indexRank));
    if (!index)
      return {};
    SmallVector<Expr> from(p.begin(), p.begin() + axis);
    from.push_back(simplify(index, dims));
    from.append(p.begin() + axis + indexRank, p.end());
    return operandAt(o.getOperand(), from);
  }

  Expr element(TakeAlongAxisOp o, Position p) {
    SmallVector<Expr> from(p.begin(), p.end());
    Expr index = operandAt(o.getIndices(), p);
    if (!index)
      return {};
    from[o.getAxis()] = simplify(index, dims);
    return operandAt(o.getOperand(), from);
  }

  Expr element(GatherNdOp o, Position p) {
    size_t batch = o.getBatchDims(), indexRank = rank(o.getIndices());
    int64_t k = *asConstant(getDim(o.getIndices().getType(), indexRank - 1));
    SmallVector<Expr> from(p.begin(), p.begin() + batch), vector(p.begin(), p.begin() + indexRank - 1);
    for (int64_t i = 0; i < k; ++i) {
      vector.push_back(constant(context, i));
      Expr index = operandAt(o.getIndices(), vector);
      vector.pop_back();
      if (!index)
        return {};
      from.push_back(simplify(index, dims));
    }
    from.append(p.begin() + indexRank - 1, p.end());
    return operandAt(o.getOperand(), from);
  }

  Expr element(ReduceOp o, Position p) {
    // Elements that do not vary along the axes, or few enough to go through.
    auto operandDims = getDims(o.getOperand());
    SmallVector<Expr> from(operandDims.size());
    int64_t count = 1;
    bool countable = true;
    size_t next = 0;
    for (auto [i, dim] : llvm::enumerate(operandDims)) {
      if (!llvm::is_contained(o.getAxes(), int64_t(i))) {
        from[i] = p[next++];
        continue;
      }
      auto size = asConstant(dim);
      countable = countable && size && *size <= 64 && (count *= *size) <= 64;
    }
    if (!countable || count == 0)
      return {};
    Expr result;
    for (int64_t n = 0; n < count; ++n) {
      int64_t rest = n;
      for (int64_t axis : llvm::reverse(o.getAxes())) {
        int64_t size = *asConstant(operandDims[axis]);
        from[axis] = constant(context, rest % size);
        rest /= size;
      }
      Expr e = operandAt(o.getOperand(), from);
      if (!e)
        return {};
      bool truth = isTruth(o.getOperand());
      if (!result)
        result = e;
      else if (o.getKind() == ReduceKind::Sum)
        result = truth ? Expr() : result + e;
      else if (o.getKind() == ReduceKind::Prod)
        result = result * e;
      else if (o.getKind() == ReduceKind::Min)
        result = truth ? result * e : min(result, e);
      else
        result = truth ? result + e - result * e : max(result, e);
      if (!result)
        return {};
    }
    return result;
  }

  Expr element(CumSumOp o, Position p) {
    size_t axis = o.getAxis();
    Expr size = dims[axis];
    if (auto count = asConstant(size); count && *count <= 64 && asConstant(p[axis])) {
      int64_t i = *asConstant(p[axis]);
      Expr sum = constant(context, 0);
      for (int64_t j = 0; j < *count; ++j) {
        bool counted = o.getReverse() ? j > i : j < i;
        if (!counted && (o.getExclusive() || j != i))
          continue;
        SmallVector<Expr> from(p.begin(), p.end());
        from[axis] = constant(context, j);
        Expr e = operandAt(o.getOperand(), from);
        if (!e)
          return {};
        sum = sum + e;
      }
      return sum;
    }
    Expr e = operandAt(o.getOperand(), p);
    if (e)
      e = simplify(e, dims);
    if (!e || p[axis].getKind() != ExprKind::Index || usesIndex(e, p[axis].getValue()))
      return {};
    Expr count = o.getReverse() ? size - p[axis] : p[axis] + 1;
    return e * (o.getExclusive() ? count - 1 : count);
  }

  SymbolicValues &values;
  Operation *op;
  ArrayRef<Expr> dims;
  MLIRContext *context;
};

/// a + b * d0 when the elements of a rank-1 tensor are that.
Expr affineElement(ArrayRef<Expr> elements, MLIRContext *context) {
  if (elements.empty())
    return {};
  Expr step = elements.size() > 1 ? elements[1] - elements[0] : constant(context, 0);
  for (size_t i = 1; i < elements.size(); ++i)
    if (elements[i] - elements[i - 1] != step)
      return {};
  return elements[0] + index(context, 0) * step;
}

/// Integers written as floats, exactly: below 2^24 in magnitude.
std::optional<SymbolicTensor> fromFloatConstant(DenseFPElementsAttr dense, ArrayRef<Expr> dims, MLIRContext *context) {
  if (dense.getNumElements() > SymbolicValues::maxElements || dense.getElementType().getIntOrFloatBitWidth() < 32)
    return std::nullopt;
  SymbolicTensor tensor{SmallVector<Expr>(dims), SmallVector<Expr>(), {}};
  for (const APFloat &f : dense.getValues<APFloat>()) {
    llvm::APSInt integer(32, /*isUnsigned=*/false);
    bool isExact = false;
    if (f.convertToInteger(integer, APFloat::rmTowardZero, &isExact) != APFloat::opOK || !isExact ||
        std::abs(integer.getSExtValue()) >= 1 << 24)
      return std::nullopt;
    tensor.elements->push_back(constant(context, integer.getSExtValue()));
  }
  if (dense.isSplat() && !tensor.elements->empty())
    tensor.element = tensor.elements->front();
  else if (dims.size() == 1)
    tensor.element = affineElement(*tensor.elements, context);
  return tensor;
}

std::optional<SymbolicTensor> fromConstant(ConstantOp op, ArrayRef<Expr> dims) {
  if (auto floats = dyn_cast<DenseFPElementsAttr>(op.getValue()))
    return fromFloatConstant(floats, dims, op.getContext());
  auto dense = dyn_cast<DenseIntElementsAttr>(op.getValue());
  if (!dense)
    return std::nullopt;
  bool isUnsigned = dense.getElementType().isUnsignedInteger() || dense.getElementType().isInteger(1);
  MLIRContext *context = op.getContext();
  SymbolicTensor tensor{SmallVector<Expr>(dims), std::nullopt, {}};
  auto value = [&](const APInt &v) { return constant(context, isUnsigned ? int64_t(v.getZExtValue()) : v.getSExtValue()); };
  if (dense.isSplat())
    tensor.element = value(dense.getSplatValue<APInt>());
  if (dense.getNumElements() <= SymbolicValues::maxElements) {
    tensor.elements.emplace();
    for (const APInt &v : dense.getValues<APInt>())
      tensor.elements->push_back(value(v));
    if (!tensor.element && dims.size() == 1)
      tensor.element = affineElement(*tensor.elements, context);
  }
  if (!tensor.element && !tensor.elements)
    return std::nullopt;
  return tensor;
}

} // namespace

/// Operations through which an integer expression can pass; behind others there is nothing to evaluate.
static bool mayBeInteger(Operation *op) {
  if (auto unary = dyn_cast<UnaryOp>(op))
    return unary.getKind() < UnaryKind::Sqrt || unary.getKind() >= UnaryKind::Not;
  return isa<BinaryOp, CompareOp, SelectOp, ConvertOp, BroadcastOp, ReshapeOp, TransposeOp, SliceOp, ConcatOp, PadOp, TakeOp,
             TakeAlongAxisOp, GatherNdOp, ReduceOp, CumSumOp>(op);
}

// ---- SymbolicValues ------------------------------------------------------------------------------------

std::optional<SymbolicTensor> SymbolicValues::get(Value value) {
  if (auto it = stated.find(value); it != stated.end())
    return it->second;
  if (auto it = known.find(value); it != known.end())
    return it->second;
  known[value] = std::nullopt;
  auto result = compute(value);
  known[value] = result;
  return result;
}

std::optional<SymbolicTensor> SymbolicValues::compute(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  Operation *op = value.getDefiningOp();
  if (!type || !isa<IntegerType, FloatType>(type.getElementType()) || !op)
    return std::nullopt;
  MLIRContext *context = value.getContext();
  SmallVector<Expr> dims = getDims(value);
  if (auto c = dyn_cast<ConstantOp>(op))
    return fromConstant(c, dims);
  SymbolicTensor tensor{dims, std::nullopt, {}};
  if (auto exprs = dyn_cast<ExprsOp>(op)) {
    tensor.elements = exprs.getElements().toVector();
    if (dims.size() == 1)
      tensor.element = affineElement(*tensor.elements, context);
    else if (dims.empty())
      tensor.element = tensor.elements->front();
    return tensor;
  }
  // Evaluate what this depends on with an explicit stack: chains of integer operations can be long.
  SmallVector<Value> pending;
  auto pushOperands = [&](Operation *definition) {
    size_t before = pending.size();
    for (Value operand : definition->getOperands())
      if (!known.contains(operand) && !stated.contains(operand))
        pending.push_back(operand);
    return pending.size() > before;
  };
  if (mayBeInteger(op))
    pushOperands(op);
  llvm::DenseSet<Value> expanded;
  while (!pending.empty()) {
    Value v = pending.back();
    Operation *definition = v.getDefiningOp();
    if (definition && mayBeInteger(definition) && !known.contains(v) && expanded.insert(v).second && pushOperands(definition))
      continue;
    pending.pop_back();
    (void)get(v);
  }

  ElementEvaluator evaluator(*this, op, dims);
  SmallVector<Expr> position;
  for (size_t i = 0; i < dims.size(); ++i)
    position.push_back(isConstant(dims[i], 1) ? constant(context, 0) : index(context, i));
  if (Expr e = evaluator.at(position))
    tensor.element = simplify(e, dims);

  int64_t count = 1;
  for (Expr dim : dims) {
    auto size = asConstant(dim);
    count = size && *size >= 0 && *size <= maxElements && count <= maxElements ? count * *size : maxElements + 1;
  }
  if (count <= maxElements) {
    SmallVector<Expr> elements;
    for (int64_t n = 0; n < count; ++n) {
      int64_t rest = n;
      for (size_t i = dims.size(); i-- > 0;) {
        int64_t size = *asConstant(dims[i]);
        position[i] = constant(context, rest % size);
        rest /= size;
      }
      Expr e = tensor.element ? substituteIndices(tensor.element, position) : evaluator.at(position);
      if (!e)
        break;
      elements.push_back(simplify(e, {}));
    }
    if (int64_t(elements.size()) == count) {
      if (!tensor.element && dims.size() == 1)
        tensor.element = affineElement(elements, context);
      tensor.elements = std::move(elements);
    }
  }
  if (!tensor.element && !tensor.elements)
    return std::nullopt;
  return tensor;
}

std::optional<SmallVector<Expr>> SymbolicValues::elements(Value value) {
  auto tensor = get(value);
  if (!tensor || !tensor->elements)
    return std::nullopt;
  return tensor->elements;
}

void SymbolicValues::set(Value value, ArrayRef<Expr> elements) {
  SymbolicTensor tensor{getDims(value), SmallVector<Expr>(elements), {}};
  if (tensor.dims.empty())
    tensor.element = elements.front();
  else if (tensor.dims.size() == 1)
    tensor.element = affineElement(elements, value.getContext());
  stated[value] = std::move(tensor);
  known.clear();
}

void SymbolicValues::symbolsReplaced(llvm::function_ref<Expr(Expr)> replace) {
  known.clear();
  for (auto &[value, tensor] : stated) {
    tensor.dims = getDims(value);
    if (tensor.elements)
      for (Expr &e : *tensor.elements)
        e = replace(e);
    if (tensor.element)
      tensor.element = replace(tensor.element);
  }
}
