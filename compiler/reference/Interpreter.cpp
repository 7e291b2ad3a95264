// SPDX-License-Identifier: Apache-2.0
// Binding of arguments, the walk over a function, dispatch.
#include "compiler/reference/Interpreter.h"
#include "compiler/reference/Evaluation.h"
#include "dialects/dsc/Dsc.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::reference {

// ---- Evaluation
// ------------------------------------------------------------------------------------

LogicalResult Evaluation::fail(const llvm::Twine &message) {
  if (!quiet)
    op->emitOpError() << message;
  return failure();
}

LogicalResult Evaluation::indexError(int64_t index, int64_t size, int64_t dim) {
  return fail("index " + llvm::Twine(index) + " is out of range for dimension " + llvm::Twine(dim) +
              " of size " + llvm::Twine(size));
}

static std::optional<int64_t> lookUp(const Symbols &symbols, Expr leaf) {
  if (leaf.getKind() != ExprKind::Symbol)
    return std::nullopt;
  auto it = symbols.find(leaf.getName());
  return it == symbols.end() ? std::nullopt : std::optional(it->second);
}

FailureOr<int64_t> Evaluation::value(Expr e) {
  if (auto value = prim::evaluate(e, [&](Expr leaf) { return lookUp(symbols, leaf); }))
    return *value;
  return fail("the size '" + toString(e) + "' has no value");
}

FailureOr<Sizes> Evaluation::values(ShapeAttr exprs) {
  Sizes sizes;
  for (Expr e : exprs.toVector()) {
    auto size = value(e);
    if (failed(size))
      return failure();
    sizes.push_back(*size);
  }
  return sizes;
}

FailureOr<Sizes> Evaluation::dims(Type type) {
  Sizes sizes;
  for (Expr e : getDims(type)) {
    auto size = value(e);
    if (failed(size))
      return failure();
    if (*size < 0)
      return fail("the size '" + toString(e) + "' is negative: " + llvm::Twine(*size));
    sizes.push_back(*size);
  }
  return sizes;
}

FailureOr<Tensor> Evaluation::allocate(ArrayRef<int64_t> dims, Type elementType) {
  if (!elementSize(elementType)) {
    std::string text;
    llvm::raw_string_ostream(text) << elementType;
    return fail("the element type " + text + " is not supported by the interpreter");
  }
  auto bytes = checkedBytes(dims, elementType);
  if (!bytes || *bytes > options.tensorBytesLimit)
    return fail("the result is larger than the interpreter's limit of " +
                llvm::Twine(options.tensorBytesLimit) + " bytes");
  return Tensor::allocate(dims, elementType);
}

FailureOr<Tensor> Evaluation::allocateResult(unsigned i) {
  Type type = op->getResult(i).getType();
  auto sizes = dims(type);
  if (failed(sizes))
    return failure();
  return allocate(*sizes, cast<RankedTensorType>(type).getElementType());
}

Type Evaluation::accumulator(Type elementType) const {
  auto real = dyn_cast<FloatType>(elementType);
  if (!real)
    return elementType;
  bool wide = options.accumulateF64 || real.getWidth() == 64;
  return wide ? Type(Float64Type::get(elementType.getContext()))
              : Type(Float32Type::get(elementType.getContext()));
}

static LogicalResult evaluateDecomposed(model::Decomposable op, Evaluation &evaluation);

static LogicalResult dispatch(Evaluation &evaluation) {
  return llvm::TypeSwitch<Operation *, LogicalResult>(evaluation.op)
      .Case<ConstantOp, IndexExprOp, ExprsOp, DefineSymbolOp, RequireOp, UnaryOp, BinaryOp,
            CompareOp, SelectOp, ConvertOp, BitcastOp, BroadcastOp, ReshapeOp, TransposeOp, SliceOp,
            ConcatOp, PadOp, UpdateSliceOp, TakeOp, TakeAlongAxisOp, GatherNdOp, ScatterNdOp,
            ScatterAlongAxisOp, NonZeroOp, ReduceOp, CumSumOp, DotOp, ArgReduceOp, TopKOp>(
          [&](auto op) { return evaluate(op, evaluation); })
      .Case([&](model::Decomposable op) { return evaluateDecomposed(op, evaluation); })
      .Default([&](Operation *) {
        return evaluation.fail("is not an operation that the interpreter knows");
      });
}

// ---- Arguments
// ---------------------------------------------------------------------------------------

static std::string argumentName(func::FuncOp function, unsigned i) {
  if (auto name = function.getArgAttrOfType<StringAttr>(i, "onnx.name"))
    return name.str();
  return "#" + std::to_string(i);
}

static LogicalResult bindArguments(func::FuncOp function, ArrayRef<Tensor> arguments,
                                   Symbols &symbols) {
  if (arguments.size() != function.getNumArguments())
    return function.emitError() << "takes " << function.getNumArguments() << " arguments, not "
                                << arguments.size();
  auto fail = [&](unsigned i) -> InFlightDiagnostic {
    return function.emitError() << "argument '" << argumentName(function, i) << "': ";
  };
  for (auto [i, type] : llvm::enumerate(function.getArgumentTypes())) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor)
      return fail(i) << "not a tensor: " << type;
    if (arguments[i].getElementType() != tensor.getElementType())
      return fail(i) << "expected elements of type " << tensor.getElementType() << ", not "
                     << arguments[i].getElementType();
    if (arguments[i].getRank() != tensor.getRank())
      return fail(i) << "expected " << tensor.getRank() << " dimensions, not "
                     << arguments[i].getRank();
    for (auto [d, dim] : llvm::enumerate(getDims(type)))
      if (dim.getKind() == ExprKind::Symbol)
        symbols.try_emplace(dim.getName(), arguments[i].getDim(d));
  }
  for (auto [i, type] : llvm::enumerate(function.getArgumentTypes()))
    for (auto [d, dim] : llvm::enumerate(getDims(type))) {
      auto expected = prim::evaluate(dim, [&](Expr leaf) { return lookUp(symbols, leaf); });
      int64_t size = arguments[i].getDim(d);
      if (!expected)
        return fail(i) << "dimension " << d << " is '" << toString(dim) << "', which has no value";
      if (*expected == size)
        continue;
      auto diagnostic = fail(i) << "dimension " << d << " is " << size << ", expected ";
      if (asConstant(dim))
        return diagnostic << *expected;
      return diagnostic << toString(dim) << " = " << *expected;
    }
  return success();
}

// ---- The walk
// ------------------------------------------------------------------------------------------

/// Values that are alive, each with the number of uses still to come.
class LiveValues {
public:
  void define(Value value, Tensor tensor) {
    auto uses = std::distance(value.use_begin(), value.use_end());
    if (uses > 0)
      live.try_emplace(value, Entry{std::move(tensor), uses});
  }
  SmallVector<Tensor> take(Operation *op) {
    SmallVector<Tensor> tensors;
    for (Value operand : op->getOperands())
      tensors.push_back(live.find(operand)->second.tensor);
    for (Value operand : op->getOperands())
      if (auto it = live.find(operand); --it->second.uses == 0)
        live.erase(it);
    return tensors;
  }

private:
  struct Entry {
    Tensor tensor;
    std::ptrdiff_t uses;
  };
  llvm::DenseMap<Value, Entry> live;
};

/// Evaluates `op` and keeps its results.
static LogicalResult step(Operation &op, ArrayRef<Tensor> operands, LiveValues &values,
                          Symbols &symbols, const Options &options, bool quiet) {
  Evaluation evaluation(&op, operands, symbols, options, quiet);
  if (failed(dispatch(evaluation)))
    return failure();
  for (auto [value, tensor] : llvm::zip_equal(op.getResults(), evaluation.results)) {
    assert(tensor.getElementType() == elementType(value) && "an evaluation gave another type");
    values.define(value, std::move(tensor));
  }
  return success();
}

/// An operation of dsc is what it says of itself in prim, in a function of its own.
static LogicalResult evaluateDecomposed(model::Decomposable op, Evaluation &evaluation) {
  OpBuilder b(op.getContext());
  OwningOpRef<func::FuncOp> function = func::FuncOp::create(
      op.getLoc(), "decomposed",
      b.getFunctionType(op->getOperandTypes(), op->getResultTypes()));
  Block *block = function->addEntryBlock();
  b.setInsertionPointToEnd(block);
  Operation *copy = b.clone(*op);
  copy->setOperands(block->getArguments());
  SmallVector<Value> results = cast<model::Decomposable>(copy).decompose(b);
  copy->erase();
  func::ReturnOp::create(b, op.getLoc(), results);
  LiveValues values;
  for (auto [value, tensor] : llvm::zip(block->getArguments(), evaluation.operands))
    values.define(value, tensor);
  for (Operation &part : *block) {
    SmallVector<Tensor> operands = values.take(&part);
    if (isa<func::ReturnOp>(part))
      llvm::append_range(evaluation.results, operands);
    else if (failed(step(part, operands, values, evaluation.symbols, evaluation.options,
                         evaluation.quiet)))
      return failure();
  }
  return success();
}

FailureOr<SmallVector<Tensor>> run(func::FuncOp function, ArrayRef<Tensor> arguments,
                                   const Options &options) {
  if (!llvm::hasSingleElement(function.getBody()))
    return function.emitError("the interpreter runs functions of one block");
  Symbols symbols;
  if (failed(bindArguments(function, arguments, symbols)))
    return failure();
  LiveValues values;
  for (auto [value, tensor] : llvm::zip(function.getArguments(), arguments))
    values.define(value, tensor);
  for (Operation &op : function.getBody().front()) {
    SmallVector<Tensor> operands = values.take(&op);
    if (isa<func::ReturnOp>(op))
      return operands;
    if (failed(step(op, operands, values, symbols, options, /*quiet=*/false)))
      return failure();
  }
  return function.emitError("has no return");
}

FailureOr<SmallVector<Tensor>> foldOp(Operation *op, ArrayRef<Tensor> operands,
                                      const Options &options) {
  Symbols none;
  Evaluation evaluation(op, operands, none, options, /*quiet=*/true);
  if (failed(dispatch(evaluation)))
    return failure();
  return SmallVector<Tensor>(evaluation.results.begin(), evaluation.results.end());
}

} // namespace dsc::reference
