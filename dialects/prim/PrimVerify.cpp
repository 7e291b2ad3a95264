// SPDX-License-Identifier: Apache-2.0
// Verifiers. Each message cites the constraint of the op's description that does not hold.
#include "dialects/prim/Prim.h"
#include "llvm/ADT/SmallBitVector.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::ArrayRef;
using llvm::SmallVector;

/// Dimensions with a '?' need an encoding before anything else can be asked of them.
static LogicalResult verifyEncoded(Operation *op) {
  auto check = [&](Type type) -> LogicalResult {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor)
      return op->emitOpError("works on ranked tensors, not ") << type;
    if (!tensor.hasStaticShape() && !isa_and_nonnull<ShapeAttr>(tensor.getEncoding()))
      return op->emitOpError("has a dynamic dimension without #prim.shape: ") << type;
    return success();
  };
  for (Type type : op->getOperandTypes())
    if (failed(check(type)))
      return failure();
  for (Type type : op->getResultTypes())
    if (failed(check(type)))
      return failure();
  return success();
}

static LogicalResult expectType(Operation *op, const char *constraint, Value value, ArrayRef<Expr> dims,
                                Type elementType) {
  Type expected = getTensorType(dims, elementType);
  if (value.getType() == expected)
    return success();
  return op->emitOpError(constraint) << ": expected " << expected << ", found " << value.getType();
}

static LogicalResult expectShape(Operation *op, const char *constraint, Value value, ArrayRef<Expr> dims) {
  return expectType(op, constraint, value, dims, elementType(value));
}

static LogicalResult expectAxis(Operation *op, const char *constraint, uint64_t axis, int64_t rank) {
  if (int64_t(axis) < rank)
    return success();
  return op->emitOpError(constraint) << ": axis " << axis << " of a tensor of rank " << rank;
}

static LogicalResult expectEqual(Operation *op, const char *constraint, bool holds, const char *what) {
  if (holds)
    return success();
  return op->emitOpError(constraint) << ": " << what;
}

#define VERIFY(expression)                                                                                   \
  if (failed(expression))                                                                                    \
    return failure()

LogicalResult ConstantOp::verify() {
  VERIFY(verifyEncoded(*this));
  return expectEqual(*this, "(C1)", getValue().getType() == getType(), "value and result differ in type");
}

LogicalResult IndexExprOp::verify() {
  VERIFY(verifyEncoded(*this));
  VERIFY(expectEqual(*this, "(C1)", isa<IntegerType>(elementType(getResult())), "not an integer element type"));
  bool inRange = true;
  walkLeaves(getExpr(), [&](Expr leaf) {
    inRange &= leaf.getKind() != ExprKind::Index || leaf.getValue() < rank(getResult());
  });
  return expectEqual(*this, "(C2)", inRange, "an index beyond the rank");
}

LogicalResult ExprsOp::verify() {
  VERIFY(verifyEncoded(*this));
  auto type = cast<RankedTensorType>(getType());
  VERIFY(expectEqual(*this, "(C1)", type.hasStaticShape() && size_t(type.getNumElements()) == getElements().size(),
                     "the number of elements differs from the result's"));
  VERIFY(expectEqual(*this, "(C2)", isa<IntegerType>(type.getElementType()), "not an integer element type"));
  for (Expr e : getElements().toVector())
    VERIFY(expectEqual(*this, "(C3)", !usesIndex(e), "an element depends on an index"));
  return success();
}

LogicalResult DefineSymbolOp::verify() {
  VERIFY(verifyEncoded(*this));
  auto type = cast<RankedTensorType>(getValue().getType());
  VERIFY(expectEqual(*this, "(C1)", type.hasStaticShape() && type.getNumElements() == 1, "not one element"));
  return expectEqual(*this, "(C2)", getSymbol().getKind() == ExprKind::Symbol, "not a symbol");
}

static bool fits(UnaryKind kind, Type type) {
  bool isFloat = isa<FloatType>(type);
  switch (kind) {
  case UnaryKind::Neg:
  case UnaryKind::Abs:
  case UnaryKind::Sign:
    return isFloat || !type.isInteger(1);
  case UnaryKind::Not:
    return !isFloat;
  default:
    return isFloat;
  }
}

LogicalResult UnaryOp::verify() {
  VERIFY(verifyEncoded(*this));
  bool test = getKind() == UnaryKind::IsNaN || getKind() == UnaryKind::IsInf;
  Type element = test ? IntegerType::get(getContext(), 1) : elementType(getOperand());
  VERIFY(expectType(*this, "(C1)", getResult(), getDims(getOperand()), element));
  return expectEqual(*this, "(C2)", fits(getKind(), elementType(getOperand())),
                     "the element type does not fit the kind");
}

LogicalResult BinaryOp::verify() {
  VERIFY(verifyEncoded(*this));
  return expectEqual(*this, "(C1)", getLhs().getType() == getType() && getRhs().getType() == getType(),
                     "operands and result differ in type");
}

LogicalResult CompareOp::verify() {
  VERIFY(verifyEncoded(*this));
  VERIFY(expectEqual(*this, "(C1)", getLhs().getType() == getRhs().getType(), "operands differ in type"));
  return expectShape(*this, "(C2)", getResult(), getDims(getLhs()));
}

LogicalResult SelectOp::verify() {
  VERIFY(verifyEncoded(*this));
  VERIFY(expectEqual(*this, "(C1)", getOnTrue().getType() == getType() && getOnFalse().getType() == getType(),
                     "operands and result differ in type"));
  return expectShape(*this, "(C2)", getCondition(), getDims(getResult()));
}

LogicalResult ConvertOp::verify() {
  VERIFY(verifyEncoded(*this));
  VERIFY(expectShape(*this, "(C1)", getResult(), getDims(getOperand())));
  bool isScale = isa<Float8E8M0FNUType>(elementType(getResult())) && elementType(getOperand()) != elementType(getResult());
  return expectEqual(*this, "(C2)", !isScale, "f8E8M0FNU is reached by prim.bitcast of an exponent only");
}

LogicalResult BitcastOp::verify() {
  VERIFY(verifyEncoded(*this));
  VERIFY(expectShape(*this, "(C1)", getResult(), getDims(getOperand())));
  return expectEqual(*this, "(C2)",
                     elementType(getOperand()).getIntOrFloatBitWidth() ==
                         elementType(getResult()).getIntOrFloatBitWidth(),
                     "element types of different width");
}

LogicalResult BroadcastOp::verify() {
  VERIFY(verifyEncoded(*this));
  auto from = getDims(getOperand()), to = getDims(getResult());
  VERIFY(expectEqual(*this, "(C1)", getAxes().size() == from.size(), "one entry per operand dimension"));
  int64_t previous = -1;
  for (auto [i, dim] : llvm::enumerate(getAxes())) {
    VERIFY(expectEqual(*this, "(C1)", dim > previous && dim < int64_t(to.size()), "not increasing or beyond the rank"));
    previous = dim;
    VERIFY(expectEqual(*this, "(C2)", isConstant(from[i], 1) || from[i] == to[dim],
                       "a dimension is neither 1 nor the result's"));
  }
  return expectEqual(*this, "(C2)", elementType(getOperand()) == elementType(getResult()), "element types differ");
}

LogicalResult ReshapeOp::verify() {
  VERIFY(verifyEncoded(*this));
  VERIFY(expectEqual(*this, "(C1)", elementType(getOperand()) == elementType(getResult()), "element types differ"));
  auto from = asConstant(product(getContext(), getDims(getOperand())));
  auto to = asConstant(product(getContext(), getDims(getResult())));
  return expectEqual(*this, "(C2)", !from || !to || *from == *to, "the number of elements differs");
}

LogicalResult TransposeOp::verify() {
  VERIFY(verifyEncoded(*this));
  auto from = getDims(getOperand());
  llvm::SmallBitVector seen(from.size());
  SmallVector<Expr> to;
  for (int64_t p : getPerm()) {
    VERIFY(expectEqual(*this, "(C1)", p < int64_t(from.size()) && !seen.test(p), "not a permutation"));
    seen.set(p);
    to.push_back(from[p]);
  }
  VERIFY(expectEqual(*this, "(C1)", seen.all(), "not a permutation"));
  return expectType(*this, "(C2)", getResult(), to, elementType(getOperand()));
}

LogicalResult SliceOp::verify() {
  VERIFY(verifyEncoded(*this));
  auto from = getDims(getOperand()), to = getDims(getResult());
  VERIFY(expectEqual(*this, "(C1)", getStarts().size() == from.size() && getSteps().size() == from.size(),
                     "one start and step per dimension"));
  VERIFY(expectEqual(*this, "(C3)", from.size() == to.size() && elementType(getOperand()) == elementType(getResult()),
                     "ranks or element types differ"));
  for (auto [i, step] : llvm::enumerate(getSteps())) {
    VERIFY(expectEqual(*this, "(C2)", step != 0, "a step of zero"));
    auto size = asConstant(from[i]), count = asConstant(to[i]), start = asConstant(getStarts()[i]);
    if (!size || !count || !start || *count == 0)
      continue;
    int64_t last = *start + (*count - 1) * step;
    VERIFY(expectEqual(*this, "(C4)", *start >= 0 && *start < *size && last >= 0 && last < *size,
                       "positions out of range"));
  }
  return success();
}

LogicalResult ConcatOp::verify() {
  VERIFY(verifyEncoded(*this));
  VERIFY(expectEqual(*this, "(C1)", !getOperands().empty(), "no operands"));
  auto to = getDims(getResult());
  VERIFY(expectAxis(*this, "(C2)", getAxis(), to.size()));
  Expr total = constant(getContext(), 0);
  for (Value operand : getOperands()) {
    VERIFY(expectEqual(*this, "(C2)", rank(operand) == int64_t(to.size()) && elementType(operand) == elementType(getResult()),
                       "ranks or element types differ"));
    auto dims = getDims(operand);
    total = total + dims[getAxis()];
    dims[getAxis()] = to[getAxis()];
    VERIFY(expectEqual(*this, "(C3)", dims == to, "a dimension differs from the result's"));
  }
  return expectEqual(*this, "(C4)", total == to[getAxis()], "the sizes do not add up");
}

LogicalResult PadOp::verify() {
  VERIFY(verifyEncoded(*this));
  VERIFY(expectEqual(*this, "(C1)", int64_t(getLow().size()) == rank(getOperand()), "one low per dimension"));
  VERIFY(expectType(*this, "(C2)", getValue(), {}, elementType(getOperand())));
  return expectEqual(*this, "(C3)", rank(getOperand()) == rank(getResult()) &&
                                        elementType(getOperand()) == elementType(getResult()),
                     "ranks or element types differ");
}

LogicalResult TakeOp::verify() {
  VERIFY(verifyEncoded(*this));
  auto dims = getDims(getOperand());
  VERIFY(expectAxis(*this, "(C1)", getAxis(), dims.size()));
  SmallVector<Expr> to(dims.begin(), dims.begin() + getAxis());
  llvm::append_range(to, getDims(getIndices()));
  to.append(dims.begin() + getAxis() + 1, dims.end());
  return expectType(*this, "(C2)", getResult(), to, elementType(getOperand()));
}

LogicalResult TakeAlongAxisOp::verify() {
  VERIFY(verifyEncoded(*this));
  VERIFY(expectEqual(*this, "(C1)", rank(getOperand()) == rank(getIndices()), "ranks differ"));
  VERIFY(expectAxis(*this, "(C1)", getAxis(), rank(getOperand())));
  return expectType(*this, "(C2)", getResult(), getDims(getIndices()), elementType(getOperand()));
}

LogicalResult GatherNdOp::verify() {
  VERIFY(verifyEncoded(*this));
  auto from = getDims(getOperand()), indices = getDims(getIndices());
  auto k = indices.empty() ? std::nullopt : asConstant(indices.back());
  int64_t batch = getBatchDims();
  VERIFY(expectEqual(*this, "(C1)", k && batch + *k <= int64_t(from.size()) && batch < int64_t(indices.size()),
                     "index vectors do not fit the operand"));
  VERIFY(expectEqual(*this, "(C2)", ArrayRef(from).take_front(batch) == ArrayRef(indices).take_front(batch),
                     "batch dimensions differ"));
  SmallVector<Expr> to(indices.begin(), indices.end() - 1);
  to.append(from.begin() + batch + *k, from.end());
  return expectType(*this, "(C3)", getResult(), to, elementType(getOperand()));
}

LogicalResult ScatterNdOp::verify() {
  VERIFY(verifyEncoded(*this));
  auto from = getDims(getOperand()), indices = getDims(getIndices());
  VERIFY(expectEqual(*this, "(C1)", !indices.empty() && isConstant(indices.back(), getAxes().size()),
                     "index vectors do not fit axes"));
  llvm::SmallBitVector scattered(from.size());
  for (int64_t dim : getAxes()) {
    VERIFY(expectEqual(*this, "(C2)", dim < int64_t(from.size()) && !scattered.test(dim), "axes repeat or exceed the rank"));
    scattered.set(dim);
  }
  SmallVector<Expr> updates(indices.begin(), indices.end() - 1);
  for (auto [i, dim] : llvm::enumerate(from))
    if (!scattered.test(i))
      updates.push_back(dim);
  VERIFY(expectType(*this, "(C3)", getUpdates(), updates, elementType(getOperand())));
  return expectEqual(*this, "(C4)", getType() == getOperand().getType(), "result and operand differ in type");
}

LogicalResult ScatterAlongAxisOp::verify() {
  VERIFY(verifyEncoded(*this));
  VERIFY(expectEqual(*this, "(C1)", rank(getOperand()) == rank(getIndices()), "ranks differ"));
  VERIFY(expectAxis(*this, "(C1)", getAxis(), rank(getOperand())));
  VERIFY(expectType(*this, "(C2)", getUpdates(), getDims(getIndices()), elementType(getOperand())));
  return expectEqual(*this, "(C3)", getType() == getOperand().getType(), "result and operand differ in type");
}

LogicalResult UpdateSliceOp::verify() {
  VERIFY(verifyEncoded(*this));
  VERIFY(expectEqual(*this, "(C1)", int64_t(getStarts().size()) == rank(getOperand()), "one start per dimension"));
  VERIFY(expectEqual(*this, "(C2)", rank(getOperand()) == rank(getUpdate()) &&
                                        elementType(getOperand()) == elementType(getUpdate()),
                     "ranks or element types differ"));
  return expectEqual(*this, "(C3)", getType() == getOperand().getType(), "result and operand differ in type");
}

LogicalResult ReduceOp::verify() {
  VERIFY(verifyEncoded(*this));
  SmallVector<Expr> to;
  int64_t previous = -1;
  for (int64_t axis : getAxes()) {
    VERIFY(expectEqual(*this, "(C1)", axis > previous && axis < rank(getOperand()), "axes not increasing or beyond the rank"));
    previous = axis;
  }
  for (auto [i, dim] : llvm::enumerate(getDims(getOperand())))
    if (!llvm::is_contained(getAxes(), int64_t(i)))
      to.push_back(dim);
  return expectType(*this, "(C2)", getResult(), to, elementType(getOperand()));
}

LogicalResult ArgReduceOp::verify() {
  VERIFY(verifyEncoded(*this));
  VERIFY(expectEqual(*this, "(C1)", getKind() == ReduceKind::Min || getKind() == ReduceKind::Max, "neither min nor max"));
  VERIFY(expectAxis(*this, "(C2)", getAxis(), rank(getOperand())));
  auto to = getDims(getOperand());
  to.erase(to.begin() + getAxis());
  return expectShape(*this, "(C3)", getResult(), to);
}

LogicalResult CumSumOp::verify() {
  VERIFY(verifyEncoded(*this));
  VERIFY(expectAxis(*this, "(C1)", getAxis(), rank(getOperand())));
  return expectEqual(*this, "(C2)", getType() == getOperand().getType(), "operand and result differ in type");
}

LogicalResult DotOp::verify() {
  VERIFY(verifyEncoded(*this));
  auto lhs = getDims(getLhs()), rhs = getDims(getRhs());
  SmallVector<Expr> to;
  llvm::SmallBitVector usedLhs(lhs.size()), usedRhs(rhs.size());
  auto pair = [&](const char *constraint, ArrayRef<int64_t> l, ArrayRef<int64_t> r) -> LogicalResult {
    VERIFY(expectEqual(*this, constraint, l.size() == r.size(), "different numbers of dimensions"));
    for (auto [i, j] : llvm::zip(l, r)) {
      VERIFY(expectAxis(*this, constraint, i, lhs.size()));
      VERIFY(expectAxis(*this, constraint, j, rhs.size()));
      VERIFY(expectEqual(*this, constraint, lhs[i] == rhs[j], "sizes differ"));
      VERIFY(expectEqual(*this, "(C3)", !usedLhs.test(i) && !usedRhs.test(j), "a dimension is listed twice"));
      usedLhs.set(i);
      usedRhs.set(j);
    }
    return success();
  };
  VERIFY(pair("(C1)", getLhsBatch(), getRhsBatch()));
  for (int64_t i : getLhsBatch())
    to.push_back(lhs[i]);
  VERIFY(pair("(C2)", getLhsContract(), getRhsContract()));
  for (auto [i, dim] : llvm::enumerate(lhs))
    if (!usedLhs.test(i))
      to.push_back(dim);
  for (auto [i, dim] : llvm::enumerate(rhs))
    if (!usedRhs.test(i))
      to.push_back(dim);
  VERIFY(expectShape(*this, "(C4)", getResult(), to));
  return expectEqual(*this, "(C5)", elementType(getLhs()) == elementType(getRhs()), "element types differ");
}

LogicalResult TopKOp::verify() {
  VERIFY(verifyEncoded(*this));
  VERIFY(expectEqual(*this, "(C2)", rank(getOperand()) > 0 && rank(getValues()) == rank(getOperand()), "ranks differ"));
  auto from = getDims(getOperand()), to = getDims(getValues());
  from.back() = to.back();
  VERIFY(expectEqual(*this, "(C2)", from == to, "a dimension other than the last differs"));
  VERIFY(expectType(*this, "(C1)", getValues(), to, elementType(getOperand())));
  return expectShape(*this, "(C1)", getIndices(), to);
}

LogicalResult NonZeroOp::verify() {
  VERIFY(verifyEncoded(*this));
  return expectEqual(*this, "(C1)", rank(getResult()) == 2 && isConstant(getDim(getType(), 0), rank(getOperand())),
                     "the result is not [rank, count]");
}
