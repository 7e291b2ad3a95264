// SPDX-License-Identifier: Apache-2.0
#include "compiler/targets/cuda/Arithmetic.h"
#include "compiler/targets/cuda/NarrowArithmetic.h"
#include "dialects/prim/NarrowTypes.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>

using namespace mlir;
using namespace dsc::prim;
using llvm::formatv;
using llvm::StringRef;

namespace dsc::cuda {

// ---- Types ----------------------------------------------------------------------------------------------

bool isSupported(Type type) {
  if (isNarrow(type) || type.isF16() || type.isBF16() || type.isF32() || type.isF64() || type.isInteger(1))
    return true;
  auto integer = dyn_cast<IntegerType>(type);
  return integer && llvm::is_contained({8, 16, 32, 64}, int(integer.getWidth()));
}

static bool isUnsigned(Type type) { return type.isUnsignedInteger() || type.isInteger(1); }
static bool isHalf(Type type) { return type.isF16() || type.isBF16(); }

static StringRef integerType(unsigned width, bool isUnsigned) {
  switch (width) {
  case 8:
    return isUnsigned ? "unsigned char" : "signed char";
  case 16:
    return isUnsigned ? "unsigned short" : "short";
  case 32:
    return isUnsigned ? "unsigned" : "int";
  default:
    return isUnsigned ? "unsigned long long" : "long long";
  }
}

StringRef registerType(Type type) {
  if (isNarrow(type))
    return "unsigned char";
  if (type.isInteger(1))
    return "bool";
  if (type.isF64())
    return "double";
  if (isa<FloatType>(type))
    return "float";
  return integerType(type.getIntOrFloatBitWidth(), type.isUnsignedInteger());
}

StringRef storageType(Type type) {
  if (isHalf(type))
    return "unsigned short";
  return type.isInteger(1) ? "unsigned char" : registerType(type);
}

unsigned storageBytes(Type type) {
  return isNarrow(type) || type.isInteger(1) ? 1 : type.getIntOrFloatBitWidth() / 8;
}

std::string fromStorage(KernelSource &s, const std::string &text, Type type) {
  if (isHalf(type)) {
    s.prelude("half");
    return (type.isF16() ? "from_f16(" : "from_bf16(") + text + ")";
  }
  return type.isInteger(1) ? text + " != 0" : text;
}

std::string toStorage(KernelSource &s, const std::string &text, Type type) {
  if (!isHalf(type))
    return text;
  s.prelude("half");
  return (type.isF16() ? "to_f16(" : "to_bf16(") + text + ")";
}

std::string roundTo(KernelSource &s, const std::string &text, Type type) {
  if (!isHalf(type))
    return text;
  s.prelude("half");
  return (type.isF16() ? "round_f16(" : "round_bf16(") + text + ")";
}

std::string literal(Type type, double value) {
  if (!isa<FloatType>(type))
    return literal(type, llvm::APInt(64, int64_t(value), true, true).sextOrTrunc(type.getIntOrFloatBitWidth()));
  bool wide = type.isF64();
  if (std::isnan(value))
    return wide ? "__longlong_as_double(0x7ff8000000000000LL)" : "__int_as_float(0x7fc00000)";
  if (std::isinf(value)) {
    std::string text = wide ? "__longlong_as_double(0x7ff0000000000000LL)" : "__int_as_float(0x7f800000)";
    return value < 0 ? "(-" + text + ")" : text;
  }
  char text[40];
  snprintf(text, sizeof text, wide ? "%.17g" : "%.9g", value);
  std::string number = text;
  if (number.find_first_of(".e") == std::string::npos)
    number += ".0";
  if (!wide)
    number += "f";
  return std::signbit(value) ? "(" + number + ")" : number;
}

std::string literal(Type type, const llvm::APInt &value) {
  if (type.isInteger(1))
    return value.isZero() ? "false" : "true";
  unsigned width = type.getIntOrFloatBitWidth();
  if (type.isUnsignedInteger())
    return std::to_string(value.getZExtValue()) + (width == 64 ? "ULL" : "u");
  int64_t number = value.getSExtValue();
  if (number == INT64_MIN)
    return "(-9223372036854775807LL - 1)";
  std::string text = std::to_string(number) + (width == 64 ? "LL" : "");
  if (width == 32 && number == INT32_MIN)
    return "(-2147483647 - 1)";
  return number < 0 ? "(" + text + ")" : text;
}

/// Integer arithmetic wraps: in C++ that of unsigned numbers does.
static std::string wrapping(StringRef op, const std::string &x, const std::string &y, Type type) {
  unsigned width = type.getIntOrFloatBitWidth();
  StringRef wide = width == 64 ? "unsigned long long" : "unsigned";
  if (registerType(type) == wide)
    return (x + " " + op + " " + y).str();
  return formatv("({0})(({1}){2} {3} ({1}){4})", registerType(type), wide, x, op, y);
}

// ---- One operand ----------------------------------------------------------------------------------------

std::string unaryText(KernelSource &s, UnaryKind kind, const std::string &x, Type type) {
  bool isFloat = isa<FloatType>(type), wide = type.isF64();
  std::string zero = literal(type, 0.0);
  auto call = [&](StringRef name) { return roundTo(s, (name + (wide ? "(" : "f(") + x + ")").str(), type); };
  switch (kind) {
  case UnaryKind::Neg:
    return isFloat ? "-" + x : wrapping("-", zero, x, type);
  case UnaryKind::Abs:
    if (type.isUnsignedInteger())
      return x;
    return isFloat ? call("fabs") : x + " < 0 ? " + wrapping("-", zero, x, type) + " : " + x;
  case UnaryKind::Sign:
    if (type.isUnsignedInteger())
      return x + " == 0 ? 0 : 1";
    // Zeros and NaN are their own signs.
    return formatv("{0} > {1} ? {2} : {0} < {1} ? {3} : {0}", x, zero, literal(type, 1), literal(type, -1));
  case UnaryKind::Floor:
    return call("floor");
  case UnaryKind::Ceil:
    return call("ceil");
  case UnaryKind::RoundEven:
    return call("rint");
  case UnaryKind::Sqrt:
    return call("sqrt");
  case UnaryKind::Reciprocal:
    return roundTo(s, literal(type, 1) + " / " + x, type);
  case UnaryKind::Exp:
    return call("exp");
  case UnaryKind::Log:
    return call("log");
  case UnaryKind::Sin:
    return call("sin");
  case UnaryKind::Cos:
    return call("cos");
  case UnaryKind::Tanh:
    return call("tanh");
  case UnaryKind::Erf:
    return call("erf");
  case UnaryKind::Not:
    return type.isInteger(1) ? "!" + x : formatv("({0})~{1}", registerType(type), x).str();
  case UnaryKind::IsNaN:
    return x + " != " + x;
  case UnaryKind::IsInf:
    return (wide ? "fabs(" : "fabsf(") + x + ") == " + literal(type, INFINITY);
  }
  llvm_unreachable("unknown unary kind");
}

// ---- Two operands ---------------------------------------------------------------------------------------

static std::string integerBinary(KernelSource &s, BinaryKind kind, const std::string &x, const std::string &y, Type type) {
  StringRef name = registerType(type);
  auto cast = [&](const std::string &text) { return ("(" + name + ")(" + text + ")").str(); };
  auto call = [&](StringRef function) {
    s.prelude("integer");
    return (function + "<" + name + ">(" + x + ", " + y + ")").str();
  };
  switch (kind) {
  case BinaryKind::Add:
    return type.isInteger(1) ? x + " != " + y : wrapping("+", x, y, type);
  case BinaryKind::Sub:
    return type.isInteger(1) ? x + " != " + y : wrapping("-", x, y, type);
  case BinaryKind::Mul:
    return type.isInteger(1) ? x + " && " + y : wrapping("*", x, y, type);
  case BinaryKind::Div:
    return call("quotient");
  case BinaryKind::Rem:
    return call("remainder");
  case BinaryKind::Mod:
    return call("modulo");
  case BinaryKind::Pow:
    return call("power");
  case BinaryKind::Min:
    return y + " < " + x + " ? " + y + " : " + x;
  case BinaryKind::Max:
    return x + " < " + y + " ? " + y + " : " + x;
  case BinaryKind::And:
    return type.isInteger(1) ? x + " && " + y : cast(x + " & " + y);
  case BinaryKind::Or:
    return type.isInteger(1) ? x + " || " + y : cast(x + " | " + y);
  case BinaryKind::Xor:
    return type.isInteger(1) ? x + " != " + y : cast(x + " ^ " + y);
  case BinaryKind::Shl:
    return call("shift_left");
  case BinaryKind::Shr:
    return call("shift_right");
  }
  llvm_unreachable("unknown binary kind");
}

std::string binaryText(KernelSource &s, BinaryKind kind, const std::string &x, const std::string &y, Type type) {
  if (isa<IntegerType>(type))
    return integerBinary(s, kind, x, y, type);
  auto call = [&](StringRef piece, StringRef function) {
    s.prelude(piece);
    return (function + "(" + x + ", " + y + ")").str();
  };
  bool wide = type.isF64();
  switch (kind) {
  case BinaryKind::Add:
    return roundTo(s, x + " + " + y, type);
  case BinaryKind::Sub:
    return roundTo(s, x + " - " + y, type);
  case BinaryKind::Mul:
    return roundTo(s, x + " * " + y, type);
  case BinaryKind::Div:
    return roundTo(s, x + " / " + y, type);
  case BinaryKind::Rem:
    return roundTo(s, (wide ? "fmod(" : "fmodf(") + x + ", " + y + ")", type);
  case BinaryKind::Mod:
    return roundTo(s, call("float_modulo", "float_modulo"), type);
  case BinaryKind::Pow:
    return roundTo(s, (wide ? "pow(" : "powf(") + x + ", " + y + ")", type);
  case BinaryKind::Min:
    return call("minmax", "minimum");
  case BinaryKind::Max:
    return call("minmax", "maximum");
  default:
    llvm_unreachable("a bitwise function of floats");
  }
}

std::string compareText(CompareKind kind, const std::string &x, const std::string &y) {
  constexpr const char *signs[] = {" == ", " != ", " < ", " <= ", " > ", " >= "};
  return x + signs[unsigned(kind)] + y;
}

// ---- Conversions ----------------------------------------------------------------------------------------

static std::string floatToInteger(KernelSource &s, const std::string &x, Type from, Type to) {
  s.prelude("saturate");
  unsigned width = to.getIntOrFloatBitWidth();
  bool positive = to.isUnsignedInteger();
  double high = std::ldexp(1.0, positive ? width : width - 1), low = positive ? 0 : -high;
  auto largest = positive ? llvm::APInt::getMaxValue(width) : llvm::APInt::getSignedMaxValue(width);
  auto smallest = positive ? llvm::APInt::getMinValue(width) : llvm::APInt::getSignedMinValue(width);
  return formatv("saturate<{0}>({1}, {2}, {3}, {4}, {5})", registerType(to), x, literal(from, low), literal(from, high),
                 literal(to, smallest), literal(to, largest));
}

std::string convertText(KernelSource &s, const std::string &x, Type from, Type to) {
  if (from == to)
    return x;
  auto through = [&](const std::string &text, Type type) {
    std::string name = s.define(s.scopeOf(x), registerType(type), "wide", text);
    return convertText(s, name, type, to);
  };
  MLIRContext *context = from.getContext();
  Type f32 = Float32Type::get(context);
  if (isNarrowFloat(from))
    return through(fromNarrowFloat(s, x, from), f32);
  if (auto narrow = dyn_cast<IntegerType>(from); narrow && isNarrow(from))
    return through(fromNarrowInteger(x, narrow), byteTypeOf(narrow));
  if (isNarrowFloat(to)) {
    // An f64 must not be rounded twice; integers that f32 rounds are beyond all these types.
    if (from.isF64())
      s.prelude("half");
    std::string wide = from.isF64() ? "round_to_odd(" + x + ")" : convertText(s, x, from, f32);
    return toNarrowFloat(s, wide, to);
  }
  if (auto narrow = dyn_cast<IntegerType>(to); narrow && isNarrow(to)) {
    Type byte = byteTypeOf(narrow);
    std::string name = s.define(s.scopeOf(x), registerType(byte), "byte", convertText(s, x, from, byte));
    return toNarrowInteger(name, narrow, isa<FloatType>(from));
  }
  std::string cast = ("(" + registerType(to) + ")" + x).str();
  if (isa<FloatType>(from)) {
    if (to.isInteger(1))
      return x + " != " + literal(from, 0.0);
    if (isa<IntegerType>(to))
      return floatToInteger(s, x, from, to);
    if (!from.isF64() || !isHalf(to))
      return roundTo(s, to.isF64() || from.isF64() ? cast : x, to);
    s.prelude("half");
    return roundTo(s, "round_to_odd(" + x + ")", to);
  }
  if (isa<FloatType>(to)) {
    // Through f64 to 16 bits: f32 would round integers above 2^24 a first time. Those of 64 bits that f64 rounds are rounded by it to
    // numbers that keep the last bit.
    if (!isHalf(to) || from.getIntOrFloatBitWidth() <= 16)
      return roundTo(s, cast, to);
    s.prelude("half");
    return roundTo(s, "round_to_odd((double)" + x + ")", to);
  }
  return to.isInteger(1) ? x + " != 0" : cast;
}

std::string bitcastText(KernelSource &s, const std::string &x, Type from, Type to) {
  if (from == to || from.isInteger(1) || to.isInteger(1) || isNarrow(from) == isNarrow(to)) {
    StringRef source = storageType(from), target = storageType(to);
    std::string bits = toStorage(s, x, from);
    bool floats = isa<FloatType>(from) && !isNarrow(from) && !isHalf(from);
    if (floats && !isa<FloatType>(to))
      bits = ("(" + target + ")" + (from.isF64() ? "__double_as_longlong(" : "__float_as_int(") + bits + ")").str();
    else if (!floats && (to.isF32() || to.isF64()))
      return (to.isF64() ? "__longlong_as_double((long long)" : "__int_as_float((int)") + bits + ")";
    else if (source != target)
      bits = ("(" + target + ")" + bits).str();
    return fromStorage(s, bits, to);
  }
  return ("(" + registerType(to) + ")" + x).str();
}

// ---- Reductions -----------------------------------------------------------------------------------------

std::string identityText(ReduceKind kind, Type type) {
  if (kind == ReduceKind::Sum)
    return literal(type, 0.0);
  if (kind == ReduceKind::Prod)
    return literal(type, 1);
  bool isMin = kind == ReduceKind::Min;
  if (isa<FloatType>(type))
    return literal(type, isMin ? INFINITY : -INFINITY);
  unsigned width = type.getIntOrFloatBitWidth();
  if (isUnsigned(type))
    return literal(type, isMin ? llvm::APInt::getMaxValue(width) : llvm::APInt::getMinValue(width));
  return literal(type, isMin ? llvm::APInt::getSignedMaxValue(width) : llvm::APInt::getSignedMinValue(width));
}

std::string combineText(KernelSource &s, ReduceKind kind, const std::string &x, const std::string &y, Type type) {
  Type wide = isHalf(type) ? Type(Float32Type::get(type.getContext())) : type;
  constexpr BinaryKind kinds[] = {BinaryKind::Add, BinaryKind::Mul, BinaryKind::Min, BinaryKind::Max};
  switch (kind) {
  case ReduceKind::Sum:
    return binaryText(s, kinds[0], x, y, wide);
  case ReduceKind::Prod:
    return binaryText(s, kinds[1], x, y, wide);
  case ReduceKind::Min:
    return binaryText(s, kinds[2], x, y, wide);
  case ReduceKind::Max:
    return binaryText(s, kinds[3], x, y, wide);
  }
  llvm_unreachable("unknown reduction");
}

} // namespace dsc::cuda
