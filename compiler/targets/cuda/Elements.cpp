// SPDX-License-Identifier: Apache-2.0
// The element of each operation's result, from the elements of its operands.
#include "compiler/targets/cuda/Arithmetic.h"
#include "dialects/prim/NarrowTypes.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>

using namespace mlir;
using namespace dsc::prim;
using llvm::ArrayRef;
using llvm::SmallVector;
using llvm::StringRef;

namespace dsc::cuda {

KernelSource::Key KernelSource::key(Value tensor, ArrayRef<Expr> at) {
  Key result{tensor.getAsOpaquePointer()};
  for (auto [dim, e] : llvm::zip(getDims(tensor), at))
    result.push_back((isConstant(dim, 1) ? constant(0) : e).getAsOpaquePointer());
  return result;
}

void KernelSource::pin(Value tensor, ArrayRef<Expr> at, StringRef name) {
  own(name);
  known[key(tensor, at)] = name.str();
}

std::string KernelSource::element(Value tensor, ArrayRef<Expr> at) {
  Indices positions;
  for (auto [dim, e] : llvm::zip(getDims(tensor), at))
    positions.push_back(isConstant(dim, 1) ? constant(0) : simplified(e));
  Key k = key(tensor, positions);
  if (auto it = known.find(k); it != known.end() && isOpen(it->second))
    return it->second;
  std::string name = elementUncached(tensor, positions);
  // What is read in order may be another value the next time.
  if (!ordered)
    known[k] = name;
  return name;
}

std::string KernelSource::elementUncached(Value tensor, ArrayRef<Expr> at) {
  Type type = prim::elementType(tensor);
  if (auto argument = dyn_cast<BlockArgument>(tensor))
    return load(argument.getArgNumber(), at);
  Operation *op = tensor.getDefiningOp();
  auto compute = [&](StringRef hint, ArrayRef<std::string> operands, const std::string &text) {
    return define(deepest(operands), registerType(type), hint, text);
  };
  return llvm::TypeSwitch<Operation *, std::string>(op)
      .Case<ConstantOp>([&](auto o) { return constantElement(o, at); })
      .Case<IndexExprOp>([&](auto o) {
        std::string position = emit(simplified(substituteIndices(o.getExpr(), at)));
        Type i64 = IntegerType::get(o.getContext(), 64);
        return type == i64 ? position : compute("position", {position}, convertText(*this, position, i64, type));
      })
      .Case<ExprsOp>([&](auto o) { return exprsElement(o, at); })
      .Case<UnaryOp>([&](auto o) {
        std::string x = element(o.getOperand(), at);
        return compute(stringifyUnaryKind(o.getKind()), {x}, unaryText(*this, o.getKind(), x, prim::elementType(o.getOperand())));
      })
      .Case<BinaryOp>([&](auto o) {
        std::string x = element(o.getLhs(), at), y = element(o.getRhs(), at);
        return compute(stringifyBinaryKind(o.getKind()), {x, y}, binaryText(*this, o.getKind(), x, y, type));
      })
      .Case<CompareOp>([&](auto o) {
        std::string x = element(o.getLhs(), at), y = element(o.getRhs(), at);
        return compute(stringifyCompareKind(o.getKind()), {x, y}, compareText(o.getKind(), x, y));
      })
      .Case<SelectOp>([&](auto o) {
        std::string condition = element(o.getCondition(), at);
        std::string x = element(o.getOnTrue(), at), y = element(o.getOnFalse(), at);
        return compute("selected", {condition, x, y}, condition + " ? " + x + " : " + y);
      })
      .Case<ConvertOp>([&](auto o) {
        std::string x = element(o.getOperand(), at);
        return compute("converted", {x}, convertText(*this, x, prim::elementType(o.getOperand()), type));
      })
      .Case<BitcastOp>([&](auto o) {
        std::string x = element(o.getOperand(), at);
        return compute("bits", {x}, bitcastText(*this, x, prim::elementType(o.getOperand()), type));
      })
      .Case<BroadcastOp>([&](auto o) { return element(o.getOperand(), broadcastIndices(o, at)); })
      .Case<ReshapeOp>([&](auto o) { return element(o.getOperand(), reshapeIndices(o, at, ranges)); })
      .Case<TransposeOp>([&](auto o) { return element(o.getOperand(), transposeIndices(o, at)); })
      .Case<SliceOp>([&](auto o) { return element(o.getOperand(), sliceIndices(o, at)); })
      .Case<ConcatOp>([&](auto o) { return concatElement(o, at); })
      .Case<PadOp>([&](auto o) {
        Indices inner;
        for (auto [low, e] : llvm::zip(o.getLow().toVector(), at))
          inner.push_back(e - low);
        return insideElement(o.getOperand(), inner, type, [&] { return element(o.getValue(), {}); });
      })
      .Case<UpdateSliceOp>([&](auto o) {
        Indices inner;
        for (auto [start, e] : llvm::zip(o.getStarts().toVector(), at))
          inner.push_back(e - start);
        return insideElement(o.getUpdate(), inner, type, [&] { return element(o.getOperand(), at); });
      })
      .Case<TakeOp>([&](auto o) {
        size_t axis = o.getAxis(), count = rank(o.getIndices());
        return takeElement(o.getOperand(), at.take_front(axis), o.getIndices(), at.slice(axis, count),
                           at.drop_front(axis + count), axis);
      })
      .Case<TakeAlongAxisOp>([&](auto o) {
        size_t axis = o.getAxis();
        return takeElement(o.getOperand(), at.take_front(axis), o.getIndices(), at, at.drop_front(axis + 1), axis);
      })
      .Case<GatherNdOp>([&](auto o) { return gatherElement(o, at); })
      .Case<plan::InGroupsOp>([&](auto o) { return element(o.getIds(), at); })
      .Case<ReduceOp>([&](auto o) { return reduceElement(o, at); })
      .Case<ArgReduceOp>([&](auto o) { return argReduceElement(o, at); })
      .Case<DotOp>([&](auto o) { return dotElement(o, at); })
      .Case<model::RmsNormOp, model::LayerNormOp>([&](auto o) { return normElement(o, at); })
      .Default([&](Operation *o) {
        fail(o, "not as a part of a larger kernel");
        return literal(type, 0.0);
      });
}

// ---- Constants ------------------------------------------------------------------------------------------

/// Whether C++ has a literal of each element that an array of the device may begin with: not of infinities and NaN.
static bool hasLiterals(DenseElementsAttr dense) {
  Type type = dense.getElementType();
  return (type.isF32() || type.isF64()) && llvm::all_of(dense.getValues<llvm::APFloat>(), [](llvm::APFloat v) { return v.isFinite(); });
}

/// The elements as they are in memory: floats, or integers of their bits.
static std::string arrayText(DenseElementsAttr dense, StringRef name) {
  Type type = dense.getElementType();
  std::string text, elementType = storageType(type).str();
  unsigned bytes = storageBytes(type);
  ArrayRef<char> raw = dense.getRawData();
  auto add = [&](const std::string &element) { text += (text.empty() ? "" : ", ") + element; };
  if (type.isInteger(1)) {
    for (bool bit : dense.getValues<bool>())
      add(bit ? "1" : "0");
  } else if (hasLiterals(dense)) {
    for (llvm::APFloat value : dense.getValues<llvm::APFloat>())
      add(literal(type, value.convertToDouble()));
  } else {
    if (type.isF32() || type.isF64())
      elementType = type.isF32() ? "int" : "long long";
    for (size_t i = 0; i < raw.size(); i += bytes) {
      uint64_t bits = 0;
      memcpy(&bits, raw.data() + i, bytes);
      llvm::APInt value(64, bits);
      bool isSigned = (type.isSignlessInteger() && !isNarrow(type)) || type.isF32() || type.isF64();
      Type integer = IntegerType::get(type.getContext(), 8 * bytes);
      add(isSigned ? literal(integer, value.trunc(8 * bytes)) : std::to_string(bits) + "ull");
    }
  }
  return llvm::formatv("__device__ const {0} {1}[{2}] = {{{3}};", elementType, name, dense.getNumElements(), text);
}

std::string KernelSource::constantElement(ConstantOp op, ArrayRef<Expr> at) {
  auto dense = dyn_cast<DenseElementsAttr>(op.getValue());
  Type type = prim::elementType(op.getResult());
  if (!dense) {
    fail(op, "weights are arguments of kernels");
    return literal(type, 0.0);
  }
  if (dense.getNumElements() == 0)
    return isNarrow(type) ? "0" : literal(type, 0.0);
  if (dense.isSplat()) {
    if (isNarrow(type))
      return std::to_string(unsigned(uint8_t(dense.getRawData().front())));
    if (isa<FloatType>(type)) {
      llvm::APFloat value = dense.getSplatValue<llvm::APFloat>();
      bool lost;
      value.convert(llvm::APFloat::IEEEdouble(), llvm::APFloat::rmNearestTiesToEven, &lost);
      return literal(type, value.convertToDouble());
    }
    return literal(type, dense.getSplatValue<llvm::APInt>());
  }
  std::string &name = arrays[op];
  if (name.empty()) {
    name = fresh("constants");
    global(arrayText(dense, name));
  }
  Expr offset = constant(0);
  for (auto [e, stride] : llvm::zip(at, denseStrides(op.getContext(), getDims(op.getResult()))))
    offset = offset + e * stride;
  offset = simplified(offset);
  Scope *home = homeOf(offset);
  std::string place = emit(offset);
  std::string stored = name + "[" + place + "]";
  if ((type.isF32() || type.isF64()) && !hasLiterals(dense))
    stored = (type.isF32() ? "__int_as_float(" : "__longlong_as_double(") + stored + ")";
  return define(home, registerType(type), "constant", fromStorage(*this, stored, type));
}

std::string KernelSource::exprsElement(ExprsOp op, ArrayRef<Expr> at) {
  Expr position = constant(0);
  for (auto [e, stride] : llvm::zip(at, denseStrides(op.getContext(), getDims(op.getResult()))))
    position = position + e * stride;
  position = simplified(position);
  Type type = prim::elementType(op.getResult()), i64 = IntegerType::get(op.getContext(), 64);
  auto elements = op.getElements().toVector();
  if (elements.empty())
    return literal(type, 0.0);
  if (auto known = asConstant(position); known && *known < int64_t(elements.size()))
    elements = {elements[*known]};
  std::string value = emit(elements.back());
  if (elements.size() > 1) {
    std::string place = emit(position), text = value;
    SmallVector<std::string> operands{place, value};
    for (size_t i = elements.size() - 1; i-- > 0;) {
      operands.push_back(emit(elements[i]));
      text = place + " == " + std::to_string(i) + " ? " + operands.back() + " : " + text;
    }
    value = define(deepest(operands), "long long", "expr", text);
  }
  return type == i64 ? value : define(scopeOf(value), registerType(type), "expr", convertText(*this, value, i64, type));
}

// ---- Elements that lie in one of several operands -------------------------------------------------------

std::string KernelSource::concatElement(ConcatOp op, ArrayRef<Expr> at) {
  Type type = prim::elementType(op.getResult());
  unsigned axis = op.getAxis();
  Expr offset = constant(0);
  SmallVector<std::pair<Value, Indices>> parts;
  for (Value operand : op.getOperands()) {
    Indices part(at);
    part[axis] = simplified(at[axis] - offset);
    parts.push_back({operand, part});
    offset = offset + getDims(operand)[axis];
  }
  // The first whose end is beyond the position.
  std::function<std::string(size_t)> from = [&](size_t i) -> std::string {
    auto &[operand, part] = parts[i];
    Expr size = getDims(operand)[axis], inside = simplified(prim::less(part[axis], size));
    if (i + 1 == parts.size() || isConstant(inside, 1))
      return element(operand, part);
    if (isConstant(inside, 0) || isConstant(size, 0))
      return from(i + 1);
    std::string condition = emitTruth(inside);
    Value here = operand;
    Indices position = part;
    return choose(condition, type, [&] { return element(here, position); }, [&] { return from(i + 1); });
  };
  return from(0);
}

std::string KernelSource::insideElement(Value inner, Indices at, Type type, llvm::function_ref<std::string()> outer) {
  std::string condition;
  for (auto [e, dim] : llvm::zip(at, getDims(inner))) {
    e = simplified(e);
    for (Expr test : {prim::nonNegative(e), prim::less(e, dim)}) {
      test = simplified(test);
      if (isConstant(test, 1))
        continue;
      if (isConstant(test, 0))
        return outer();
      condition += (condition.empty() ? "" : " && ") + emitTruth(test);
    }
  }
  if (condition.empty())
    return element(inner, at);
  return choose(condition, type, [&] { return element(inner, at); }, outer);
}

// ---- Elements at loaded positions -----------------------------------------------------------------------

std::string KernelSource::takeElement(Value operand, ArrayRef<Expr> before, Value indices, ArrayRef<Expr> position,
                                      ArrayRef<Expr> after, int64_t axis) {
  std::string valid;
  Indices at(before);
  at.push_back(checkedIndex(indices, position, getDims(operand)[axis], valid));
  llvm::append_range(at, after);
  if (valid.empty())
    return element(operand, at);
  Type type = prim::elementType(operand);
  return choose(valid, type, [&] { return element(operand, at); }, [&] { return literal(type, 0.0); });
}

std::string KernelSource::gatherElement(GatherNdOp op, ArrayRef<Expr> at) {
  size_t batch = op.getBatchDims(), outer = rank(op.getIndices()) - 1;
  auto dims = getDims(op.getOperand());
  int64_t k = *asConstant(getDims(op.getIndices()).back());
  std::string valid;
  Indices inner(at.take_front(batch));
  for (int64_t i = 0; i < k; ++i) {
    Indices position(at.take_front(outer));
    position.push_back(constant(i));
    inner.push_back(checkedIndex(op.getIndices(), position, dims[batch + i], valid));
  }
  llvm::append_range(inner, at.drop_front(outer));
  if (valid.empty())
    return element(op.getOperand(), inner);
  Type type = prim::elementType(op.getOperand());
  return choose(valid, type, [&] { return element(op.getOperand(), inner); }, [&] { return literal(type, 0.0); });
}

} // namespace dsc::cuda
