// SPDX-License-Identifier: Apache-2.0
// f32 and f64: add, sub, mul, fma, mad, div, rcp, sqrt, min, max, abs, neg, copysign, testp.
#include "tools/ptxsim/ops/FloatModes.h"
#include "tools/ptxsim/ops/Lanes.h"

#include <cmath>
#include <limits>

namespace ptxsim {
namespace {

/// CUDA's NaN for f32 results; f64 keeps the host's.
template <class T> T canonical(T v) {
  if constexpr (sizeof(T) == 4)
    return v != v ? std::bit_cast<float>(0x7FFFFFFFu) : v;
  else
    return v;
}

template <class T> T smaller(T a, T b) {
  if (a != a)
    return canonical(b);
  if (b != b)
    return a;
  if (a == b)
    return std::signbit(a) ? a : b;
  return a < b ? a : b;
}
template <class T> T larger(T a, T b) {
  if (a != a)
    return canonical(b);
  if (b != b)
    return a;
  if (a == b)
    return std::signbit(a) ? b : a;
  return a > b ? a : b;
}
template <class T> T nanOr(T a, T b, T otherwise) {
  return a != a || b != b ? canonical(std::numeric_limits<T>::quiet_NaN()) : otherwise;
}

template <class T> Handler binary(std::string_view op, bool nan) {
  if (op == "add")
    return lanewise<[](T a, T b) -> T { return canonical<T>(a + b); }>();
  if (op == "sub")
    return lanewise<[](T a, T b) -> T { return canonical<T>(a - b); }>();
  if (op == "mul")
    return lanewise<[](T a, T b) -> T { return canonical<T>(a * b); }>();
  if (op == "div")
    return lanewise<[](T a, T b) -> T { return canonical<T>(a / b); }>();
  if (op == "min")
    return nan ? lanewise<[](T a, T b) -> T { return nanOr(a, b, smaller(a, b)); }>()
               : lanewise<[](T a, T b) -> T { return smaller(a, b); }>();
  if (op == "max")
    return nan ? lanewise<[](T a, T b) -> T { return nanOr(a, b, larger(a, b)); }>()
               : lanewise<[](T a, T b) -> T { return larger(a, b); }>();
  if (op == "copysign") // sign of a, magnitude of b
    return lanewise<[](T a, T b) -> T { return std::copysign(b, a); }>();
  return nullptr;
}

template <class T> Handler unary(std::string_view op) {
  if (op == "abs")
    return lanewise<[](T a) -> T { return std::fabs(a); }>();
  if (op == "neg")
    return lanewise<[](T a) -> T { return -a; }>();
  if (op == "sqrt")
    return lanewise<[](T a) -> T { return canonical<T>(std::sqrt(a)); }>();
  if (op == "rcp")
    return lanewise<[](T a) -> T { return canonical<T>(T(1) / a); }>();
  return nullptr;
}

template <class T> bool testProperty(T v, int property) {
  enum { Finite, Infinite, Number, NotANumber, Normal, Subnormal };
  switch (property) {
  case Finite:
    return std::isfinite(v);
  case Infinite:
    return std::isinf(v);
  case Number:
    return v == v;
  case NotANumber:
    return v != v;
  case Normal:
    return std::isnormal(v);
  default:
    return v == v && v != 0 && std::fabs(v) < std::numeric_limits<T>::min();
  }
}

template <class T> void testLanes(Warp &w, const Inst &i, uint32_t lanes) {
  const Stored<T> *a = w.source<Stored<T>>(i.a);
  uint32_t r = 0;
  for (unsigned l = 0; l < 32; ++l)
    r |= uint32_t(testProperty(fromBits<T>(a[l]), static_cast<int>(i.immediate))) << l;
  uint32_t *d = w.result<uint32_t>(i.d);
  *d = (*d & ~lanes) | (r & lanes);
}

bool decodeTest(Decoder &d) {
  int property = d.hasOneOf({"finite", "infinite", "number", "notanumber", "normal", "subnormal"});
  Type type = d.type();
  if (property < 0 || (type != Type::F32 && type != Type::F64))
    d.unknown();
  d.expectOperands(2);
  Inst inst;
  inst.cls = Class::Compare;
  inst.run = type == Type::F64 ? testLanes<double> : testLanes<float>;
  inst.immediate = static_cast<uint64_t>(property);
  inst.d = d.result(0, Type::Pred);
  inst.a = d.source(1, type);
  d.emit(inst);
  return true;
}

} // namespace

bool decodeFloat(Decoder &d) {
  std::string_view op = d.in().opcode;
  if (d.in().suffixes.empty())
    return false;
  auto last = parseType(d.in().suffixes.back());
  if (!last || (*last != Type::F32 && *last != Type::F64))
    return false;
  if (op == "testp")
    return decodeTest(d);
  bool wide = *last == Type::F64;
  Handler handler = nullptr;
  unsigned sources = 2;
  if (op == "add" || op == "sub" || op == "mul" || op == "div" || op == "min" || op == "max" ||
      op == "copysign") {
    bool nan = d.has("NaN");
    handler = wide ? binary<double>(op, nan) : binary<float>(op, nan);
  } else if (op == "abs" || op == "neg" || op == "sqrt" || op == "rcp") {
    sources = 1;
    handler = wide ? unary<double>(op) : unary<float>(op);
  } else if (op == "fma" || op == "mad") {
    sources = 3;
    handler = wide ? lanewise<[](double a, double b, double c) -> double {
      return __builtin_fma(a, b, c);
    }>()
                   : lanewise<[](float a, float b, float c) -> float {
                       return canonical(__builtin_fmaf(a, b, c));
                     }>();
  } else {
    return false;
  }
  // What the hardware approximates is computed exactly here: within every bound that PTX gives.
  bool approximate = d.hasOneOf({"approx", "full"}) >= 0;
  FloatModes modes = floatModes(d);
  modes.wide = wide;
  Type type = d.type();
  d.expectOperands(sources + 1);
  Inst inst;
  inst.cls = wide ? Class::Double : approximate ? Class::Special : Class::Float;
  inst.d = d.result(0, type);
  inst.a = d.source(1, type);
  if (sources > 1)
    inst.b = d.source(2, type);
  if (sources > 2)
    inst.c = d.source(3, type);
  setHandler(d, inst, handler, modes);
  d.emit(inst);
  return true;
}

} // namespace ptxsim
