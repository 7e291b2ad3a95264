// SPDX-License-Identifier: Apache-2.0
// The element of each operation's result, from the elements of its operands.
#include "compiler/targets/cpu/KernelCode.h"
#include "dialects/prim/NarrowTypes.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::ArrayRef;
using llvm::SmallVector;

namespace dsc::cpu {

KernelCode::Key KernelCode::key(Value tensor, ArrayRef<Expr> at) {
  // What is loaded under a mask is zero in the other lanes: it counts under that mask only.
  Key result{tensor.getAsOpaquePointer(), mask.getAsOpaquePointer()};
  for (auto [dim, e] : llvm::zip(getDims(tensor), at))
    result.push_back((isConstant(dim, 1) ? constant(0) : e).getAsOpaquePointer());
  return result;
}

Value KernelCode::element(Value tensor, ArrayRef<Expr> at) {
  Indices positions;
  for (auto [dim, e] : llvm::zip(getDims(tensor), at))
    positions.push_back(isConstant(dim, 1) ? constant(0) : e);
  Key k = key(tensor, positions);
  if (auto it = known.find(k); it != known.end() && isOpen(it->second))
    return it->second;
  Value v = elementUncached(tensor, positions);
  known[k] = v;
  return v;
}

Value KernelCode::elementUncached(Value tensor, ArrayRef<Expr> at) {
  Type type = prim::elementType(tensor);
  if (auto argument = dyn_cast<BlockArgument>(tensor))
    return load(argument.getArgNumber(), at);
  Operation *op = tensor.getDefiningOp();
  auto operandType = [&](Value v) { return prim::elementType(v); };
  return llvm::TypeSwitch<Operation *, Value>(op)
      .Case<ConstantOp>([&](auto o) { return constantElement(o, at); })
      .Case<IndexExprOp>([&](auto o) {
        Value v = emit(simplify(substituteIndices(o.getExpr(), at), ranges));
        return emitConvert(*this, v, b.getI64Type(), type);
      })
      .Case<ExprsOp>([&](auto o) { return exprsElement(o, at); })
      .Case<UnaryOp>([&](auto o) {
        return emitUnary(*this, o.getKind(), element(o.getOperand(), at),
                         operandType(o.getOperand()));
      })
      .Case<BinaryOp>([&](auto o) {
        Value x = element(o.getLhs(), at), y = element(o.getRhs(), at);
        return emitBinary(*this, o.getKind(), x, y, type);
      })
      .Case<CompareOp>([&](auto o) {
        Value x = element(o.getLhs(), at), y = element(o.getRhs(), at);
        return emitCompare(*this, o.getKind(), x, y, operandType(o.getLhs()));
      })
      .Case<SelectOp>([&](auto o) {
        Value condition = element(o.getCondition(), at);
        Value x = element(o.getOnTrue(), at), y = element(o.getOnFalse(), at);
        return select(condition, x, y);
      })
      .Case<ConvertOp>([&](auto o) {
        return emitConvert(*this, element(o.getOperand(), at), operandType(o.getOperand()), type);
      })
      .Case<BitcastOp>([&](auto o) {
        return emitBitcast(*this, element(o.getOperand(), at), operandType(o.getOperand()), type);
      })
      .Case<BroadcastOp>([&](auto o) { return element(o.getOperand(), broadcastIndices(o, at)); })
      .Case<ReshapeOp>(
          [&](auto o) { return element(o.getOperand(), reshapeIndices(o, at, ranges)); })
      .Case<TransposeOp>([&](auto o) { return element(o.getOperand(), transposeIndices(o, at)); })
      .Case<SliceOp>([&](auto o) { return element(o.getOperand(), sliceIndices(o, at)); })
      .Case<ConcatOp>([&](auto o) { return concatElement(o, at); })
      .Case<PadOp>([&](auto o) {
        Indices inner;
        for (auto [low, e] : llvm::zip(o.getLow().toVector(), at))
          inner.push_back(e - low);
        return insideElement(o.getOperand(), inner, type,
                             [&] { return element(o.getValue(), {}); });
      })
      .Case<UpdateSliceOp>([&](auto o) {
        Indices inner;
        for (auto [start, e] : llvm::zip(o.getStarts().toVector(), at))
          inner.push_back(e - start);
        return insideElement(o.getUpdate(), inner, type,
                             [&] { return element(o.getOperand(), at); });
      })
      .Case<TakeOp>([&](auto o) {
        size_t axis = o.getAxis(), count = rank(o.getIndices());
        return takeElement(o.getOperand(), at.take_front(axis), o.getIndices(),
                           at.slice(axis, count), at.drop_front(axis + count), axis);
      })
      .Case<TakeAlongAxisOp>([&](auto o) {
        size_t axis = o.getAxis();
        return takeElement(o.getOperand(), at.take_front(axis), o.getIndices(), at,
                           at.drop_front(axis + 1), axis);
      })
      .Case<GatherNdOp>([&](auto o) { return gatherElement(o, at); })
      .Case<plan::InGroupsOp>([&](auto o) { return element(o.getIds(), at); })
      .Case<ReduceOp>([&](auto o) { return reduceElement(o, at); })
      .Case<ArgReduceOp>([&](auto o) { return argReduceElement(o, at); })
      .Case<DotOp>([&](auto o) { return dotElement(o, at); })
      .Case<model::RmsNormOp, model::LayerNormOp>([&](auto o) { return normElement(o, at); })
      .Default([&](Operation *o) {
        (void)fail(o, "not as a part of a larger kernel");
        return zero(registerType(type));
      });
}

// ---- Constants
// -----------------------------------------------------------------------------------------

Value KernelCode::globalBytes(ConstantOp op) {
  auto dense = llvm::cast<DenseElementsAttr>(op.getValue());
  std::string bytes;
  if (op.getType().getElementType().isInteger(1))
    for (bool bit : dense.getValues<bool>())
      bytes.push_back(bit);
  else
    bytes.assign(dense.getRawData().begin(), dense.getRawData().end());
  std::string name = (kernel.getSymName() + ".constant").str();
  SymbolTable table(module);
  OpBuilder top(module.getBody(), module.getBody()->begin());
  auto type = LLVM::LLVMArrayType::get(b.getI8Type(), bytes.size());
  auto global = LLVM::GlobalOp::create(top, loc, type, /*isConstant=*/true, LLVM::Linkage::Internal,
                                       name, b.getStringAttr(bytes), /*alignment=*/64);
  table.insert(global);
  Scope *root = deepest({});
  at(root);
  return LLVM::AddressOfOp::create(b, loc, global);
}

Value KernelCode::constantElement(ConstantOp op, ArrayRef<Expr> at) {
  auto dense = dyn_cast<DenseElementsAttr>(op.getValue());
  Type type = prim::elementType(op.getResult());
  if (!dense) {
    (void)fail(op, "weights are arguments of kernels");
    return zero(registerType(type));
  }
  if (dense.getNumElements() == 0)
    return zero(registerType(type));
  if (dense.isSplat()) {
    if (isNarrow(type))
      return integer(registerType(type), int64_t(dense.getRawData().front()));
    if (isa<FloatType>(type)) {
      llvm::APFloat value = dense.getSplatValue<llvm::APFloat>();
      bool lost;
      value.convert(type.isF64() ? llvm::APFloat::IEEEdouble() : llvm::APFloat::IEEEsingle(),
                    llvm::APFloat::rmNearestTiesToEven, &lost);
      return real(registerType(type), value.convertToDouble());
    }
    return integer(registerType(type), dense.getSplatValue<llvm::APInt>());
  }
  Value &pointer = globals[op];
  if (!pointer)
    pointer = globalBytes(op);
  Indices strides = denseStrides(op.getContext(), getDims(op.getResult()));
  Expr offset = constant(0);
  for (auto [e, stride] : llvm::zip(at, strides))
    offset = offset + e * stride;
  return loadAt(pointer, type, simplify(offset, ranges));
}

Value KernelCode::exprsElement(ExprsOp op, ArrayRef<Expr> at) {
  Indices strides = denseStrides(op.getContext(), getDims(op.getResult()));
  Expr position = constant(0);
  for (auto [e, stride] : llvm::zip(at, strides))
    position = position + e * stride;
  auto elements = op.getElements().toVector();
  if (elements.empty())
    return zero(registerType(prim::elementType(op.getResult())));
  if (auto known = asConstant(position); known && *known < int64_t(elements.size()))
    elements = {elements[*known]};
  Value v = emit(elements.back());
  for (size_t i = elements.size() - 1; i-- > 0;)
    v = select(equal(emit(position), i64(i)), emit(elements[i]), v);
  return emitConvert(*this, v, b.getI64Type(), prim::elementType(op.getResult()));
}

// ---- Elements that lie in one of several operands
// --------------------------------------------------------

bool KernelCode::anyVarying(ArrayRef<Expr> at) {
  return llvm::any_of(at, [&](Expr e) { return isVarying(e); });
}

Value KernelCode::concatElement(ConcatOp op, ArrayRef<Expr> at) {
  Type type = registerType(prim::elementType(op.getResult()));
  unsigned axis = op.getAxis();
  Type result = anyVarying(at) ? vectorOf(type, lanesNow.width) : type;
  Expr offset = constant(0);
  SmallVector<std::pair<Value, Indices>> parts;
  for (Value operand : op.getOperands()) {
    Indices part(at);
    part[axis] = simplify(at[axis] - offset, ranges);
    parts.push_back({operand, part});
    offset = offset + getDims(operand)[axis];
  }
  // From the last operand to the first: the first whose end is beyond the position.
  std::function<Value(size_t)> from = [&](size_t i) -> Value {
    auto &[operand, part] = parts[i];
    Expr size = getDims(operand)[axis];
    Expr inside = simplify(prim::less(part[axis], size), ranges);
    if (i + 1 == parts.size() || isConstant(inside, 1))
      return element(operand, part);
    if (isConstant(inside, 0) || isConstant(size, 0))
      return from(i + 1);
    Value condition = emitTruth(inside);
    if (lanes(condition)) {
      Value here = under(condition, result, [&] { return element(operand, part); });
      Value later = under(logicalNot(condition), result, [&] { return from(i + 1); });
      return select(condition, here, later);
    }
    unsigned width = isa<VectorType>(result) ? lanesNow.width : 0;
    return conditional(
        condition, true, result,
        [&] { return SmallVector<Value>{splat(element(operand, part), width)}; },
        [&] { return SmallVector<Value>{splat(from(i + 1), width)}; })[0];
  };
  return from(0);
}

Value KernelCode::insideElement(Value inner, Indices at, Type type,
                                llvm::function_ref<Value()> outer) {
  Value condition;
  for (auto [e, dim] : llvm::zip(at, getDims(inner))) {
    e = simplify(e, ranges);
    for (Expr test : {prim::nonNegative(e), prim::less(e, dim)}) {
      test = simplify(test, ranges);
      if (isConstant(test, 1))
        continue;
      if (isConstant(test, 0))
        return outer();
      condition = condition ? bitAnd(condition, emitTruth(test)) : emitTruth(test);
    }
  }
  if (!condition)
    return element(inner, at);
  Type scalar = registerType(type);
  bool vary = lanesNow.width && (lanes(condition) || anyVarying(at));
  Type result = vary ? vectorOf(scalar, lanesNow.width) : scalar;
  Value in = under(condition, result, [&] { return element(inner, at); });
  Value out = under(logicalNot(condition), result, outer);
  return select(condition, in, out);
}

// ---- Elements at loaded positions
// --------------------------------------------------------------------------

Value KernelCode::takeElement(Value operand, ArrayRef<Expr> before, Value indices,
                              ArrayRef<Expr> position, ArrayRef<Expr> after, int64_t axis) {
  Value valid;
  Indices at(before);
  at.push_back(checkedIndex(indices, position, getDims(operand)[axis], valid));
  llvm::append_range(at, after);
  if (!valid)
    return element(operand, at);
  Type type = registerType(prim::elementType(operand));
  return under(valid, anyVarying(at) ? vectorOf(type, lanesNow.width) : type,
               [&] { return element(operand, at); });
}

Value KernelCode::gatherElement(GatherNdOp op, ArrayRef<Expr> at) {
  size_t batch = op.getBatchDims(), outer = rank(op.getIndices()) - 1;
  auto dims = getDims(op.getOperand());
  int64_t k = *asConstant(getDims(op.getIndices()).back());
  Value valid;
  Indices inner(at.take_front(batch));
  for (int64_t i = 0; i < k; ++i) {
    Indices position(at.take_front(outer));
    position.push_back(constant(i));
    inner.push_back(checkedIndex(op.getIndices(), position, dims[batch + i], valid));
  }
  llvm::append_range(inner, at.drop_front(outer));
  if (!valid)
    return element(op.getOperand(), inner);
  Type type = registerType(prim::elementType(op.getOperand()));
  return under(valid, anyVarying(inner) ? vectorOf(type, lanesNow.width) : type,
               [&] { return element(op.getOperand(), inner); });
}

} // namespace dsc::cpu
