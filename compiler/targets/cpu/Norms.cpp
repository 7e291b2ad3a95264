// SPDX-License-Identifier: Apache-2.0
// Elements of norms: the numbers of a row are computed once, outside of the loop over its elements.
#include "compiler/targets/cpu/KernelCode.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::ArrayRef;

namespace dsc::cpu {

Value KernelCode::ofRow(Operation *op, unsigned number, ArrayRef<Expr> row, llvm::function_ref<Value()> compute) {
  // Outside of lanes a mask does not matter, unless no lane may exist at all.
  bool underMask = anyVarying(row) || maskMayBeEmpty;
  Key key{op, underMask ? mask.getAsOpaquePointer() : nullptr};
  for (Expr e : row)
    key.push_back(e.getAsOpaquePointer());
  Value &value = rows[{number, key}];
  if (!value || !isOpen(value))
    value = compute();
  return value;
}

Value KernelCode::sumOverRow(Value x, ArrayRef<Expr> row, llvm::function_ref<Value(Value)> term, bool squared) {
  Expr extent = getDims(x).back();
  Type type = registerType(prim::elementType(x));
  bool varying = anyVarying(row);
  unsigned width = varying ? lanesNow.width : laneCount(extent);
  return hoisted(row, vectorOf(type, varying ? width : 0), [&] {
    Value none = splat(zero(type), width);
    auto body = [&](Expr e, Values carried) -> Values {
      Indices at(row);
      at.push_back(e);
      Value v = splat(term(element(x, at)), width);
      if (mask && !varying)
        v = select(mask, v, none);
      return {squared ? fma(v, v, carried[0]) : add(carried[0], v)};
    };
    Value total = varying ? overIndex(extent, {none}, body)[0] : overLanes(extent, width, {none}, body)[0];
    return varying ? total : combineLanes(total, [&](Value a, Value b) { return add(a, b); });
  });
}

/// 1 / sqrt(sum / count + epsilon)
static Value inverseRoot(KernelCode &code, Value sum, int64_t count, double epsilon) {
  Type type = Code::element(sum);
  Value mean = code.div(sum, code.real(type, double(count)));
  Value root = emitUnary(code, UnaryKind::Sqrt, code.add(mean, code.real(type, epsilon)), type);
  return code.div(code.real(type, 1), root);
}

static Value rounded(KernelCode &code, Value v, std::optional<Type> type) { return type ? roundTo(code, v, *type) : v; }

Value KernelCode::normElement(model::RmsNormOp op, ArrayRef<Expr> at) {
  ArrayRef<Expr> row = at.drop_back();
  Value x = op.getX();
  int64_t count = *asConstant(getDims(x).back());
  Value scale = ofRow(op, 0, row, [&] {
    Value sum = sumOverRow(x, row, [](Value v) { return v; }, /*squared=*/true);
    return inverseRoot(*this, sum, count, op.getEpsilon().convertToDouble());
  });
  Value y = rounded(*this, mul(element(x, at), scale), op.getRounded());
  if (op.getWeight())
    y = mul(y, element(op.getWeight(), at.take_back()));
  return roundTo(*this, y, prim::elementType(op.getResult()));
}

Value KernelCode::normElement(model::LayerNormOp op, ArrayRef<Expr> at) {
  ArrayRef<Expr> row = at.drop_back();
  Value x = op.getX();
  int64_t count = *asConstant(getDims(x).back());
  Value mean = ofRow(op, 0, row, [&] {
    Value sum = sumOverRow(x, row, [](Value v) { return v; }, /*squared=*/false);
    return div(sum, real(Code::element(sum), double(count)));
  });
  Value scale = ofRow(op, 1, row, [&] {
    Value sum = sumOverRow(x, row, [&](Value v) { return sub(v, mean); }, /*squared=*/true);
    return inverseRoot(*this, sum, count, op.getEpsilon().convertToDouble());
  });
  Value y = rounded(*this, mul(sub(element(x, at), mean), scale), op.getRounded());
  if (op.getWeight())
    y = mul(y, element(op.getWeight(), at.take_back()));
  if (op.getWeight() && op.getBias())
    y = rounded(*this, y, op.getRounded());
  if (op.getBias())
    y = add(y, element(op.getBias(), at.take_back()));
  return roundTo(*this, y, prim::elementType(op.getResult()));
}

} // namespace dsc::cpu
