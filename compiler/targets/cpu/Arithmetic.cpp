// SPDX-License-Identifier: Apache-2.0
#include "compiler/targets/cpu/Arithmetic.h"
#include "compiler/targets/cpu/MathExpansion.h"
#include "compiler/targets/cpu/NarrowArithmetic.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include <cmath>

using namespace mlir;
using namespace dsc::prim;

namespace dsc::cpu {

bool isSupported(Type type) {
  if (isNarrow(type) || type.isF16() || type.isBF16() || type.isF32() || type.isF64() || type.isInteger(1))
    return true;
  auto integer = dyn_cast<IntegerType>(type);
  return integer && llvm::is_contained({8, 16, 32, 64}, int(integer.getWidth()));
}

Type registerType(Type type) {
  if (isNarrow(type))
    return IntegerType::get(type.getContext(), 8);
  if (type.isF16() || type.isBF16())
    return Float32Type::get(type.getContext());
  if (auto integer = dyn_cast<IntegerType>(type))
    return IntegerType::get(type.getContext(), integer.getWidth());
  return type;
}

Type storageType(Type type) {
  if (type.isF16())
    return type;
  if (type.isBF16())
    return IntegerType::get(type.getContext(), 16);
  if (type.isInteger(1))
    return IntegerType::get(type.getContext(), 8);
  return registerType(type);
}

Value fromStorage(Code &c, Value v, Type type) {
  if (type.isF16())
    return c.cast<arith::ExtFOp>(v, c.b.getF32Type());
  if (type.isBF16()) {
    Type i32 = c.b.getI32Type();
    Value wide = c.cast<arith::ExtUIOp>(v, i32);
    return c.bitcast(c.binary<arith::ShLIOp>(wide, c.integer(i32, 16)), c.b.getF32Type());
  }
  if (type.isInteger(1))
    return c.compare(arith::CmpIPredicate::ne, v, c.integer(c.b.getI8Type(), 0));
  return v;
}

Value toStorage(Code &c, Value v, Type type) {
  if (type.isF16())
    return c.cast<arith::TruncFOp>(v, type);
  if (type.isBF16()) {
    Type i32 = c.b.getI32Type();
    Value high = c.binary<arith::ShRUIOp>(c.bitcast(v, i32), c.integer(i32, 16));
    return c.cast<arith::TruncIOp>(high, c.b.getI16Type());
  }
  if (type.isInteger(1))
    return c.cast<arith::ExtUIOp>(v, c.b.getI8Type());
  return v;
}

Value roundTo(Code &c, Value v, Type type) {
  if (type.isF16())
    return c.cast<arith::ExtFOp>(c.cast<arith::TruncFOp>(v, type), c.b.getF32Type());
  return type.isBF16() ? emitRoundToBf16(c, v) : v;
}

static Value number(Code &c, Value like, double v) {
  Type type = Code::element(like);
  return isa<FloatType>(type) ? c.real(type, v) : c.integer(type, int64_t(v));
}

Value emitUnary(Code &c, UnaryKind kind, Value x, Type type) {
  switch (kind) {
  case UnaryKind::Neg:
    return c.neg(x);
  case UnaryKind::Abs:
    return type.isUnsignedInteger() ? x : c.abs(x);
  case UnaryKind::Sign: {
    Value zero = number(c, x, 0);
    if (type.isUnsignedInteger())
      return c.select(c.equal(x, zero), x, number(c, x, 1));
    // Zeros and NaN are their own signs.
    return c.select(c.greater(x, zero), number(c, x, 1),
                    c.select(c.less(x, zero), number(c, x, -1), x));
  }
  case UnaryKind::Floor:
    return c.floor(x);
  case UnaryKind::Ceil:
    return c.unary<math::CeilOp>(x);
  case UnaryKind::RoundEven:
    return c.roundEven(x);
  case UnaryKind::Sqrt:
    return roundTo(c, c.unary<math::SqrtOp>(x), type);
  case UnaryKind::Reciprocal:
    return roundTo(c, c.div(number(c, x, 1), x), type);
  case UnaryKind::Exp:
    return roundTo(c, emitExp(c, x), type);
  case UnaryKind::Log:
    return roundTo(c, emitLog(c, x), type);
  case UnaryKind::Sin:
    return roundTo(c, emitSin(c, x), type);
  case UnaryKind::Cos:
    return roundTo(c, emitCos(c, x), type);
  case UnaryKind::Tanh:
    return roundTo(c, emitTanh(c, x), type);
  case UnaryKind::Erf:
    return roundTo(c, emitErf(c, x), type);
  case UnaryKind::Not:
    return c.bitXor(x, number(c, x, -1));
  case UnaryKind::IsNaN:
    return c.isNaN(x);
  case UnaryKind::IsInf:
    return c.equal(c.abs(x), number(c, x, INFINITY));
  }
  llvm_unreachable("unknown unary kind");
}

/// Quotient or remainder without traps: by zero gives 0, by -1 wraps.
static Value emitIntegerDivision(Code &c, bool remainder, Value x, Value y, Type type) {
  Value zero = number(c, x, 0), one = number(c, x, 1);
  Value byZero = c.equal(y, zero);
  if (type.isUnsignedInteger()) {
    Value divisor = c.select(byZero, one, y);
    Value r =
        remainder ? c.binary<arith::RemUIOp>(x, divisor) : c.binary<arith::DivUIOp>(x, divisor);
    return c.select(byZero, zero, r);
  }
  Value byMinusOne = c.equal(y, number(c, x, -1));
  Value divisor = c.select(c.bitOr(byZero, byMinusOne), one, y);
  if (remainder)
    return c.select(byZero, zero, c.binary<arith::RemSIOp>(x, divisor));
  Value quotient = c.select(byMinusOne, c.neg(x), c.binary<arith::DivSIOp>(x, divisor));
  return c.select(byZero, zero, quotient);
}

/// Squaring and multiplying, wrapping; a negative exponent gives the truncated reciprocal.
static Value emitIntegerPower(Code &c, Value x, Value y, Type type) {
  Value zero = number(c, x, 0), one = number(c, x, 1);
  unsigned width = Code::element(x).getIntOrFloatBitWidth();
  Value result = one, base = x, rest = y;
  for (unsigned bit = 0; bit < width; ++bit) {
    Value set = c.equal(c.bitAnd(rest, one), one);
    result = c.select(set, c.mul(result, base), result);
    base = c.mul(base, base);
    rest = c.binary<arith::ShRUIOp>(rest, one);
  }
  if (type.isUnsignedInteger())
    return result;
  Value minusOne = number(c, x, -1);
  Value odd = c.equal(c.bitAnd(y, one), one);
  Value inverse = c.select(c.equal(x, one), one, zero);
  inverse = c.select(c.equal(x, minusOne), c.select(odd, minusOne, one), inverse);
  return c.select(c.less(y, zero), inverse, result);
}

static Value emitIntegerBinary(Code &c, BinaryKind kind, Value x, Value y, Type type) {
  bool isUnsigned = type.isUnsignedInteger() || type.isInteger(1);
  auto less = isUnsigned ? arith::CmpIPredicate::ult : arith::CmpIPredicate::slt;
  switch (kind) {
  case BinaryKind::Add:
    return c.add(x, y);
  case BinaryKind::Sub:
    return c.sub(x, y);
  case BinaryKind::Mul:
    return c.mul(x, y);
  case BinaryKind::Div:
    return emitIntegerDivision(c, false, x, y, type);
  case BinaryKind::Rem:
    return emitIntegerDivision(c, true, x, y, type);
  case BinaryKind::Mod: {
    Value r = emitIntegerDivision(c, true, x, y, type);
    if (isUnsigned)
      return r;
    Value zero = number(c, x, 0);
    Value apart = c.bitXor(c.less(r, zero), c.less(y, zero));
    Value adjust = c.bitAnd(apart, c.logicalNot(c.equal(r, zero)));
    // y = 0 has r = 0: nothing to adjust.
    return c.select(adjust, c.add(r, y), r);
  }
  case BinaryKind::Pow:
    return emitIntegerPower(c, x, y, type);
  case BinaryKind::Min:
    return c.select(c.compare(less, y, x), y, x);
  case BinaryKind::Max:
    return c.select(c.compare(less, x, y), y, x);
  case BinaryKind::And:
    return c.bitAnd(x, y);
  case BinaryKind::Or:
    return c.bitOr(x, y);
  case BinaryKind::Xor:
    return c.bitXor(x, y);
  case BinaryKind::Shl:
  case BinaryKind::Shr: {
    Value inRange =
        c.compare(arith::CmpIPredicate::ult, y, number(c, y, type.getIntOrFloatBitWidth()));
    Value amount = c.select(inRange, y, number(c, y, 0));
    Value shifted = kind == BinaryKind::Shl ? c.binary<arith::ShLIOp>(x, amount)
                                            : c.binary<arith::ShRUIOp>(x, amount);
    return c.select(inRange, shifted, number(c, x, 0));
  }
  }
  llvm_unreachable("unknown binary kind");
}

Value emitBinary(Code &c, BinaryKind kind, Value x, Value y, Type type) {
  if (isa<IntegerType>(type))
    return emitIntegerBinary(c, kind, x, y, type);
  switch (kind) {
  case BinaryKind::Add:
    return roundTo(c, c.add(x, y), type);
  case BinaryKind::Sub:
    return roundTo(c, c.sub(x, y), type);
  case BinaryKind::Mul:
    return roundTo(c, c.mul(x, y), type);
  case BinaryKind::Div:
    return roundTo(c, c.div(x, y), type);
  case BinaryKind::Rem:
    return roundTo(c, emitRem(c, x, y), type);
  case BinaryKind::Mod: {
    Value r = emitRem(c, x, y), zero = number(c, x, 0);
    Value apart = c.bitXor(c.less(r, zero), c.less(y, zero));
    Value nonZero = c.compare(arith::CmpFPredicate::ONE, r, zero);
    Value result = c.select(c.bitAnd(apart, nonZero), c.add(r, y), r);
    result = c.select(c.equal(r, zero), c.copySign(zero, y), result);
    return roundTo(c, result, type);
  }
  case BinaryKind::Pow:
    return roundTo(c, emitPow(c, x, y), type);
  case BinaryKind::Min:
    return c.binary<arith::MinimumFOp>(x, y);
  case BinaryKind::Max:
    return c.binary<arith::MaximumFOp>(x, y);
  default:
    llvm_unreachable("a bitwise function of floats");
  }
}

Value emitCompare(Code &c, CompareKind kind, Value x, Value y, Type type) {
  if (isa<FloatType>(type)) {
    constexpr arith::CmpFPredicate predicates[] = {
        arith::CmpFPredicate::OEQ, arith::CmpFPredicate::UNE, arith::CmpFPredicate::OLT,
        arith::CmpFPredicate::OLE, arith::CmpFPredicate::OGT, arith::CmpFPredicate::OGE};
    return c.compare(predicates[unsigned(kind)], x, y);
  }
  using P = arith::CmpIPredicate;
  constexpr P signedKinds[] = {P::eq, P::ne, P::slt, P::sle, P::sgt, P::sge};
  constexpr P unsignedKinds[] = {P::eq, P::ne, P::ult, P::ule, P::ugt, P::uge};
  bool isUnsigned = type.isUnsignedInteger() || type.isInteger(1);
  return c.compare((isUnsigned ? unsignedKinds : signedKinds)[unsigned(kind)], x, y);
}

static Value emitFloatToInteger(Code &c, Value x, Type to) {
  unsigned width = to.getIntOrFloatBitWidth();
  bool isUnsigned = to.isUnsignedInteger();
  Type type = registerType(to);
  double high = std::ldexp(1.0, isUnsigned ? width : width - 1), low = isUnsigned ? 0 : -high;
  Value tooLarge = c.compare(arith::CmpFPredicate::OGE, x, number(c, x, high));
  Value tooSmall = c.less(x, number(c, x, low));
  Value outside = c.bitOr(c.bitOr(tooLarge, tooSmall), c.isNaN(x));
  Value safe = c.select(outside, number(c, x, 0), x);
  Value result =
      isUnsigned ? c.cast<arith::FPToUIOp>(safe, type) : c.cast<arith::FPToSIOp>(safe, type);
  auto largest =
      isUnsigned ? llvm::APInt::getMaxValue(width) : llvm::APInt::getSignedMaxValue(width);
  auto smallest =
      isUnsigned ? llvm::APInt::getMinValue(width) : llvm::APInt::getSignedMinValue(width);
  result = c.select(tooLarge, c.integer(type, largest), result);
  return c.select(tooSmall, c.integer(type, smallest), result);
}

Value emitConvert(Code &c, Value x, Type from, Type to) {
  if (from == to)
    return x;
  if (isNarrowFloat(from))
    return emitConvert(c, emitFromNarrowFloat(c, x, from), c.b.getF32Type(), to);
  if (auto narrow = dyn_cast<IntegerType>(from); narrow && isNarrow(from))
    return emitConvert(c, emitFromNarrowInteger(c, x, narrow), byteTypeOf(narrow), to);
  if (isNarrowFloat(to)) {
    // An f64 must not be rounded twice; integers that f32 rounds are beyond all these types.
    Value wide = from.isF64() ? emitRoundToOdd(c, x) : emitConvert(c, x, from, c.b.getF32Type());
    return emitToNarrowFloat(c, wide, to);
  }
  if (auto narrow = dyn_cast<IntegerType>(to); narrow && isNarrow(to))
    return emitToNarrowInteger(c, emitConvert(c, x, from, byteTypeOf(narrow)), narrow, isa<FloatType>(from));
  Type target = registerType(to);
  if (isa<FloatType>(from)) {
    if (to.isInteger(1))
      return c.compare(arith::CmpFPredicate::UNE, x, number(c, x, 0));
    if (isa<IntegerType>(to))
      return emitFloatToInteger(c, x, to);
    if (from.isF64())
      return to.isF32() ? c.cast<arith::TruncFOp>(x, to) : roundTo(c, emitRoundToOdd(c, x), to);
    if (to.isF64())
      return c.cast<arith::ExtFOp>(x, to);
    return roundTo(c, x, to);
  }
  bool isUnsigned = from.isUnsignedInteger() || from.isInteger(1);
  if (isa<FloatType>(to)) {
    // Through f64 to 16 bits: f32 would round integers above 2^24 a first time.
    bool narrow = target != Type(to) && from.getIntOrFloatBitWidth() > 16;
    Type step = narrow ? Type(c.b.getF64Type()) : target;
    Value v = isUnsigned ? c.cast<arith::UIToFPOp>(x, step) : c.cast<arith::SIToFPOp>(x, step);
    return roundTo(c, narrow ? emitRoundToOdd(c, v) : v, to);
  }
  if (to.isInteger(1))
    return c.compare(arith::CmpIPredicate::ne, x, number(c, x, 0));
  unsigned before = from.getIntOrFloatBitWidth(), after = to.getIntOrFloatBitWidth();
  if (before == after)
    return x;
  if (before > after)
    return c.cast<arith::TruncIOp>(x, target);
  return isUnsigned ? c.cast<arith::ExtUIOp>(x, target) : c.cast<arith::ExtSIOp>(x, target);
}

Value emitBitcast(Code &c, Value x, Type from, Type to) {
  if (from.isInteger(1) || to.isInteger(1))
    return x;
  Value bits = toStorage(c, x, from);
  return fromStorage(c, c.bitcast(bits, storageType(to)), to);
}

Value identity(Code &c, ReduceKind kind, Type type) {
  Type r = registerType(type);
  bool isFloat = isa<FloatType>(r);
  if (kind == ReduceKind::Sum)
    return c.zero(r);
  if (kind == ReduceKind::Prod)
    return isFloat ? c.real(r, 1) : c.integer(r, int64_t(1));
  bool isMin = kind == ReduceKind::Min;
  if (isFloat)
    return c.real(r, isMin ? INFINITY : -INFINITY);
  unsigned width = r.getIntOrFloatBitWidth();
  if (type.isUnsignedInteger() || width == 1)
    return c.integer(r, isMin ? llvm::APInt::getMaxValue(width) : llvm::APInt::getMinValue(width));
  return c.integer(r, isMin ? llvm::APInt::getSignedMaxValue(width)
                            : llvm::APInt::getSignedMinValue(width));
}

Value emitCombine(Code &c, ReduceKind kind, Value x, Value y, Type type) {
  Type wide = registerType(type);
  bool wraps = isa<IntegerType>(type);
  switch (kind) {
  case ReduceKind::Sum:
    return c.add(x, y);
  case ReduceKind::Prod:
    return c.mul(x, y);
  case ReduceKind::Min:
    return emitBinary(c, BinaryKind::Min, x, y, wraps ? type : wide);
  case ReduceKind::Max:
    return emitBinary(c, BinaryKind::Max, x, y, wraps ? type : wide);
  }
  llvm_unreachable("unknown reduction");
}

} // namespace dsc::cpu
