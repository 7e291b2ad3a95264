// SPDX-License-Identifier: Apache-2.0
// Elementwise operations. Transcendental functions of f32 are computed in f64 and rounded once: an
// oracle should not add an error of its own.
#include "compiler/reference/Arithmetic.h"
#include "compiler/reference/ElementTypes.h"
#include "compiler/reference/Evaluation.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::reference {

namespace {

template <typename T> constexpr bool isFloat = std::is_floating_point_v<T>;

/// result[i] = function(values[i]).
template <typename R, typename T, typename Function>
void map(Tensor &result, ArrayRef<T> values, Function function) {
  R *out = result.mutableData<R>();
  for (size_t i = 0, e = values.size(); i < e; ++i)
    out[i] = function(values[i]);
}
template <typename R, typename T, typename Function>
void map(Tensor &result, ArrayRef<T> lhs, ArrayRef<T> rhs, Function function) {
  R *out = result.mutableData<R>();
  for (size_t i = 0, e = lhs.size(); i < e; ++i)
    out[i] = function(lhs[i], rhs[i]);
}

template <typename T> T negate(T a) {
  if constexpr (isFloat<T>)
    return -a;
  else
    return subtract<T>(0, a);
}
template <typename T> T absolute(T a) {
  if constexpr (isFloat<T>)
    return std::fabs(a);
  else if constexpr (std::is_signed_v<T>)
    return a < 0 ? negate(a) : a;
  else
    return a;
}
template <typename T> T sign(T a) { return isNaN(a) ? a : static_cast<T>((a > T(0)) - (a < T(0))); }
template <typename T> T complement(T a) {
  if constexpr (std::is_same_v<T, bool>)
    return !a;
  else
    return static_cast<T>(~a);
}

template <typename T> void unaryAny(UnaryKind kind, ArrayRef<T> x, Tensor &result) {
  if (kind == UnaryKind::Neg)
    map<T>(result, x, negate<T>);
  else if (kind == UnaryKind::Abs)
    map<T>(result, x, absolute<T>);
  else
    map<T>(result, x, sign<T>);
}

template <typename T> void unaryFloat(UnaryKind kind, ArrayRef<T> x, Tensor &result) {
  auto wide = [&](double (*function)(double)) {
    map<T>(result, x, [&](T a) { return static_cast<T>(function(double(a))); });
  };
  switch (kind) {
  case UnaryKind::Floor:
    return wide(std::floor);
  case UnaryKind::Ceil:
    return wide(std::ceil);
  case UnaryKind::RoundEven:
    return wide(std::nearbyint); // the default mode of the floating-point environment
  case UnaryKind::Sqrt:
    return map<T>(result, x, [](T a) { return std::sqrt(a); });
  case UnaryKind::Reciprocal:
    return map<T>(result, x, [](T a) { return T(1) / a; });
  case UnaryKind::Exp:
    return wide(std::exp);
  case UnaryKind::Log:
    return wide(std::log);
  case UnaryKind::Sin:
    return wide(std::sin);
  case UnaryKind::Cos:
    return wide(std::cos);
  case UnaryKind::Tanh:
    return wide(std::tanh);
  case UnaryKind::Erf:
    return wide(std::erf);
  case UnaryKind::IsNaN:
    return map<bool>(result, x, [](T a) { return std::isnan(a); });
  case UnaryKind::IsInf:
    return map<bool>(result, x, [](T a) { return std::isinf(a); });
  default:
    return unaryAny(kind, x, result);
  }
}

/// False for kinds that T does not have.
template <typename T> bool binary(BinaryKind kind, ArrayRef<T> a, ArrayRef<T> b, Tensor &result) {
  auto with = [&](auto function) {
    map<T>(result, a, b, function);
    return true;
  };
  switch (kind) {
  case BinaryKind::Add:
    return with(add<T>);
  case BinaryKind::Sub:
    return with(subtract<T>);
  case BinaryKind::Mul:
    return with(multiply<T>);
  case BinaryKind::Div:
    return with(divide<T>);
  case BinaryKind::Rem:
    return with(remainder<T>);
  case BinaryKind::Mod:
    return with(modulo<T>);
  case BinaryKind::Pow:
    return with(power<T>);
  case BinaryKind::Min:
    return with(minimum<T>);
  case BinaryKind::Max:
    return with(maximum<T>);
  default:
    break;
  }
  if constexpr (!isFloat<T>) {
    if (kind == BinaryKind::And)
      return with([](T x, T y) { return static_cast<T>(x & y); });
    if (kind == BinaryKind::Or)
      return with([](T x, T y) { return static_cast<T>(x | y); });
    if (kind == BinaryKind::Xor)
      return with([](T x, T y) { return static_cast<T>(x ^ y); });
    if constexpr (!std::is_same_v<T, bool>) {
      if (kind == BinaryKind::Shl)
        return with(shiftLeft<T>);
      if (kind == BinaryKind::Shr)
        return with(shiftRight<T>);
    }
  }
  return false;
}

template <typename T> void compare(CompareKind kind, ArrayRef<T> a, ArrayRef<T> b, Tensor &result) {
  switch (kind) {
  case CompareKind::Eq:
    return map<bool>(result, a, b, [](T x, T y) { return x == y; });
  case CompareKind::Ne:
    return map<bool>(result, a, b, [](T x, T y) { return x != y; });
  case CompareKind::Lt:
    return map<bool>(result, a, b, [](T x, T y) { return x < y; });
  case CompareKind::Le:
    return map<bool>(result, a, b, [](T x, T y) { return x <= y; });
  case CompareKind::Gt:
    return map<bool>(result, a, b, [](T x, T y) { return x > y; });
  case CompareKind::Ge:
    return map<bool>(result, a, b, [](T x, T y) { return x >= y; });
  }
}

} // namespace

LogicalResult evaluate(UnaryOp op, Evaluation &e) {
  Tensor x = widen(e.operand(0));
  Type resultType = elementType(op.getResult());
  auto result = e.allocate(x.getDims(), widened(resultType));
  if (failed(result))
    return failure();
  withNative(x.getElementType(), [&]<typename T>() {
    auto values = x.values<T>();
    if constexpr (isFloat<T>)
      unaryFloat(op.getKind(), values, *result);
    else if (op.getKind() == UnaryKind::Not)
      map<T>(*result, values, complement<T>);
    else
      unaryAny(op.getKind(), values, *result);
  });
  e.setResult(convertElements(*result, resultType));
  return success();
}

LogicalResult evaluate(BinaryOp op, Evaluation &e) {
  Tensor lhs = widen(e.operand(0)), rhs = widen(e.operand(1));
  auto result = e.allocate(lhs.getDims(), lhs.getElementType());
  if (failed(result))
    return failure();
  bool known = false;
  withNative(lhs.getElementType(), [&]<typename T>() {
    known = binary<T>(op.getKind(), lhs.values<T>(), rhs.values<T>(), *result);
  });
  if (!known)
    return e.fail(stringifyBinaryKind(op.getKind()) + " does not exist for the element type");
  e.setResult(convertElements(*result, elementType(op.getResult())));
  return success();
}

LogicalResult evaluate(CompareOp op, Evaluation &e) {
  Tensor lhs = widen(e.operand(0)), rhs = widen(e.operand(1));
  auto result = e.allocate(lhs.getDims(), elementType(op.getResult()));
  if (failed(result))
    return failure();
  withNative(lhs.getElementType(), [&]<typename T>() {
    compare<T>(op.getKind(), lhs.values<T>(), rhs.values<T>(), *result);
  });
  e.setResult(std::move(*result));
  return success();
}

LogicalResult evaluate(SelectOp op, Evaluation &e) {
  auto result = e.allocate(e.operand(0).getDims(), elementType(op.getResult()));
  if (failed(result))
    return failure();
  auto condition = e.operand(0).values<bool>();
  withSize(result->getElementType(), [&]<typename T>() {
    auto ifTrue = e.operand(1).values<T>(), ifFalse = e.operand(2).values<T>();
    T *out = result->mutableData<T>();
    for (size_t i = 0; i < condition.size(); ++i)
      out[i] = condition[i] ? ifTrue[i] : ifFalse[i];
  });
  e.setResult(std::move(*result));
  return success();
}

LogicalResult evaluate(ConvertOp op, Evaluation &e) {
  Type to = elementType(op.getResult());
  if (!elementSize(to) || !elementSize(e.operand(0).getElementType()))
    return e.fail("the element type is not supported by the interpreter");
  e.setResult(convertElements(e.operand(0), to));
  return success();
}

LogicalResult evaluate(BitcastOp op, Evaluation &e) {
  e.setResult(e.operand(0).bitcast(elementType(op.getResult())));
  return success();
}

} // namespace dsc::reference
