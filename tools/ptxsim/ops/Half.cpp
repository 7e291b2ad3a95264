// SPDX-License-Identifier: Apache-2.0
// f16, bf16 and their pairs: add, sub, mul, fma, min, max, abs, neg.
//
// Sums and products of two 16-bit floats are exact in double; so one rounding is made.
#include "tools/ptxsim/decode/Decoder.h"
#include "tools/ptxsim/ops/Lanes.h"

#include <cmath>

namespace ptxsim {
namespace {

struct Add {
  template <class H> static H apply(H a, H b, H) {
    return fromDouble<H>(double(toFloat(a)) + double(toFloat(b)));
  }
};
struct Sub {
  template <class H> static H apply(H a, H b, H) {
    return fromDouble<H>(double(toFloat(a)) - double(toFloat(b)));
  }
};
struct Mul {
  template <class H> static H apply(H a, H b, H) {
    return fromDouble<H>(double(toFloat(a)) * double(toFloat(b)));
  }
};
struct Fma {
  template <class H> static H apply(H a, H b, H c) {
    return fromDouble<H>(__builtin_fma(double(toFloat(a)), toFloat(b), toFloat(c)));
  }
};
struct FmaRelu {
  template <class H> static H apply(H a, H b, H c) {
    H r = Fma::apply(a, b, c);
    return toFloat(r) < 0 ? H{0} : r;
  }
};
template <bool Largest, bool Nan> struct Extreme {
  template <class H> static H apply(H a, H b, H) {
    float x = toFloat(a), y = toFloat(b);
    bool xNan = x != x, yNan = y != y;
    if (Nan ? xNan || yNan : xNan && yNan)
      return H{0x7FFF};
    if (xNan)
      return b;
    if (yNan)
      return a;
    if (x == y)
      return std::signbit(x) == Largest ? b : a;
    return (x > y) == Largest ? a : b;
  }
};
struct Neg {
  template <class H> static H apply(H a, H, H) { return H{static_cast<uint16_t>(a.bits ^ 0x8000)}; }
};
struct Abs {
  template <class H> static H apply(H a, H, H) { return H{static_cast<uint16_t>(a.bits & 0x7FFF)}; }
};

template <class H, class Op> Handler one() {
  return lanewise<[](H a, H b, H c) -> H { return Op::template apply<H>(a, b, c); }>();
}
template <class H, class Op> Handler pair() {
  return lanewise<[](uint32_t a, uint32_t b, uint32_t c) -> uint32_t {
    auto h = [](uint32_t bits) { return H{static_cast<uint16_t>(bits)}; };
    return Op::template apply<H>(h(a), h(b), h(c)).bits |
           uint32_t(Op::template apply<H>(h(a >> 16), h(b >> 16), h(c >> 16)).bits) << 16;
  }>();
}
template <class Op> Handler choose(Type type) {
  switch (type) {
  case Type::F16:
    return one<Half, Op>();
  case Type::BF16:
    return one<Bfloat, Op>();
  case Type::F16x2:
    return pair<Half, Op>();
  case Type::BF16x2:
    return pair<Bfloat, Op>();
  default:
    return nullptr;
  }
}

} // namespace

bool decodeHalf(Decoder &d) {
  std::string_view op = d.in().opcode;
  if (d.in().suffixes.empty())
    return false;
  auto last = parseType(d.in().suffixes.back());
  if (!last ||
      !(*last == Type::F16 || *last == Type::BF16 || *last == Type::F16x2 || *last == Type::BF16x2))
    return false;
  if (op != "add" && op != "sub" && op != "mul" && op != "fma" && op != "min" && op != "max" &&
      op != "neg" && op != "abs")
    return false;
  d.has("rn");
  bool nan = d.has("NaN"), relu = d.has("relu");
  // Subnormal 16-bit values are exact in the arithmetic above; .ftz would flush them.
  Type type = d.type();
  Handler handler = nullptr;
  unsigned sources = 2;
  if (relu && op != "fma")
    d.unknown();
  if (op == "add")
    handler = choose<Add>(type);
  else if (op == "sub")
    handler = choose<Sub>(type);
  else if (op == "mul")
    handler = choose<Mul>(type);
  else if (op == "min")
    handler = nan ? choose<Extreme<false, true>>(type) : choose<Extreme<false, false>>(type);
  else if (op == "max")
    handler = nan ? choose<Extreme<true, true>>(type) : choose<Extreme<true, false>>(type);
  else if (op == "fma")
    handler = relu ? choose<FmaRelu>(type) : choose<Fma>(type), sources = 3;
  else if (op == "neg")
    handler = choose<Neg>(type), sources = 1;
  else
    handler = choose<Abs>(type), sources = 1;
  d.expectOperands(sources + 1);
  Inst inst;
  inst.cls = Class::Half;
  inst.run = handler;
  inst.d = d.result(0, type);
  inst.a = d.source(1, type);
  if (sources > 1)
    inst.b = d.source(2, type);
  if (sources > 2)
    inst.c = d.source(3, type);
  d.emit(inst);
  return true;
}

} // namespace ptxsim
