// SPDX-License-Identifier: Apache-2.0
// Constants, index expressions, symbols.
#include "compiler/reference/ElementTypes.h"
#include "compiler/reference/Evaluation.h"
#include "compiler/reference/ExprProgram.h"
#include "dialects/dsc/Dsc.h"
#include "dialects/onnx/ExternalData.h"
#include "dialects/onnx/TensorBytes.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::reference {

FailureOr<Tensor> constantTensor(TypedAttr value, std::string &error) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type || !type.hasStaticShape() || !elementSize(type.getElementType())) {
    error = "a constant of this type is not supported";
    return failure();
  }
  if (auto dense = dyn_cast<DenseElementsAttr>(value))
    return Tensor::fromDense(dense);
  if (auto joined = dyn_cast<model::JoinedAttr>(value)) {
    std::vector<Tensor> parts;
    for (Attribute part : joined.getParts()) {
      auto tensor = constantTensor(cast<TypedAttr>(part), error);
      if (failed(tensor))
        return failure();
      parts.push_back(*tensor);
    }
    Tensor whole = Tensor::allocate(type.getShape(), type.getElementType());
    char *out = whole.mutableData<char>();
    for (int64_t run = 0, runs = joined.getNumRuns(); run < runs; ++run)
      for (const Tensor &part : parts) {
        size_t bytes = part.bytes().size() / runs;
        out = llvm::copy(part.bytes().slice(run * bytes, bytes), out);
      }
    return whole;
  }
  auto external = dyn_cast<onnx::ExternalAttr>(value);
  if (!external) {
    error = "a constant of this kind is not supported";
    return failure();
  }
  auto bytes = onnx::ExternalData::get(value.getContext()).resolve(external);
  if (!bytes) {
    error = llvm::toString(bytes.takeError());
    return failure();
  }
  if (unsigned bits = onnx::getStorageBits(type.getElementType()); bits < 8) {
    auto elements = onnx::unpackElements(*bytes, bits, type.getNumElements());
    return Tensor::fromValues<char>(type.getShape(), type.getElementType(), elements);
  }
  if (checkedBytes(type.getShape(), type.getElementType()) != bytes->size()) {
    error = "the constant's bytes do not fit its type";
    return failure();
  }
  return Tensor::view(type.getShape(), type.getElementType(), *bytes);
}

LogicalResult evaluate(ConstantOp op, Evaluation &e) {
  std::string error;
  auto tensor = constantTensor(op.getValue(), error);
  if (failed(tensor))
    return e.fail(error);
  e.setResult(*tensor);
  return success();
}

/// Expressions of several hundred nodes occur; symbols are replaced once, not per element.
LogicalResult evaluate(IndexExprOp op, Evaluation &e) {
  Expr expr = op.getExpr();
  bool complete = true;
  walkLeaves(expr, [&](Expr leaf) {
    if (leaf.getKind() == ExprKind::Symbol)
      complete &= succeeded(e.value(leaf));
  });
  if (!complete)
    return failure();
  expr = substitute(expr, [&](Expr leaf) -> std::optional<Expr> {
    if (leaf.getKind() != ExprKind::Symbol)
      return std::nullopt;
    return constant(op.getContext(), *e.value(leaf));
  });
  auto result = e.allocateResult();
  if (failed(result))
    return failure();
  ExprProgram program(expr);
  Sizes position(result->getRank(), 0);
  bool defined = true;
  withNative(result->getElementType(), [&]<typename T>() {
    T *out = result->mutableData<T>();
    for (int64_t n = 0, count = result->getNumElements(); n < count && defined; ++n) {
      auto value = program.evaluate(position);
      defined = value.has_value();
      out[n] = static_cast<T>(value.value_or(0));
      for (int64_t d = result->getRank(); d-- > 0;) {
        if (++position[d] < result->getDim(d))
          break;
        position[d] = 0;
      }
    }
  });
  if (!defined)
    return e.fail("divides by zero in '" + toString(op.getExpr()) + "'");
  e.setResult(std::move(*result));
  return success();
}

LogicalResult evaluate(ExprsOp op, Evaluation &e) {
  auto values = e.values(op.getElements());
  auto result = e.allocateResult();
  if (failed(values) || failed(result))
    return failure();
  withNative(result->getElementType(), [&]<typename T>() {
    llvm::transform(*values, result->mutableData<T>(),
                    [](int64_t value) { return static_cast<T>(value); });
  });
  e.setResult(std::move(*result));
  return success();
}

LogicalResult evaluate(DefineSymbolOp op, Evaluation &e) {
  Expr symbol = op.getSymbol();
  int64_t value = e.operand(0).values<int64_t>()[0];
  if (value < symbol.getValue())
    return e.fail("the value of '" + toString(symbol) + "' is " + llvm::Twine(value) +
                  ", below its bound " + llvm::Twine(symbol.getValue()));
  auto [it, fresh] = e.symbols.try_emplace(symbol.getName(), value);
  if (!fresh && it->second != value)
    return e.fail("the symbol '" + toString(symbol) + "' is " + llvm::Twine(it->second) +
                  " already, not " + llvm::Twine(value));
  return success();
}

LogicalResult evaluate(RequireOp op, Evaluation &e) {
  auto lhs = e.value(op.getLhs()), rhs = e.value(op.getRhs());
  if (failed(lhs) || failed(rhs))
    return failure();
  if (*lhs == *rhs)
    return success();
  return e.fail(op.getMessage() + " (" + toString(op.getLhs()) + " = " + llvm::Twine(*lhs) + ", " +
                toString(op.getRhs()) + " = " + llvm::Twine(*rhs) + ")");
}

} // namespace dsc::reference
