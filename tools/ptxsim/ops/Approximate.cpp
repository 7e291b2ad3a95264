// SPDX-License-Identifier: Apache-2.0
// Functions that the hardware approximates: ex2, lg2, sin, cos, tanh, rsqrt.
#include "tools/ptxsim/ops/FloatModes.h"
#include "tools/ptxsim/ops/Lanes.h"

#include <cmath>

namespace ptxsim {
namespace {

/// 2^x to about one unit in the last place: as good as the hardware, and it vectorises.
inline float exp2Lane(float x) {
  // NaN becomes a number here, so that the conversion below is defined.
  float clamped = x > 129.f ? 129.f : x > -151.f ? x : -151.f;
  float whole = __builtin_rintf(clamped);
  float f = clamped - whole;
  float p = 1.5403530e-4f;
  p = __builtin_fmaf(p, f, 1.3333558e-3f);
  p = __builtin_fmaf(p, f, 9.6181291e-3f);
  p = __builtin_fmaf(p, f, 5.5504109e-2f);
  p = __builtin_fmaf(p, f, 2.4022651e-1f);
  p = __builtin_fmaf(p, f, 6.9314718e-1f);
  p = __builtin_fmaf(p, f, 1.0f);
  // In two steps, so that subnormal results round once and large ones overflow.
  int n = static_cast<int>(whole), half = n >> 1;
  float a = std::bit_cast<float>((half + 127) << 23);
  float b = std::bit_cast<float>((n - half + 127) << 23);
  float r = p * a * b;
  return x != x ? std::bit_cast<float>(0x7FFFFFFFu) : r;
}

Handler single(std::string_view op) {
  if (op == "ex2")
    return lanewise<[](float a) -> float { return exp2Lane(a); }>();
  if (op == "lg2")
    return lanewise<[](float a) -> float { return std::log2(a); }>();
  if (op == "sin")
    return lanewise<[](float a) -> float { return std::sin(a); }>();
  if (op == "cos")
    return lanewise<[](float a) -> float { return std::cos(a); }>();
  if (op == "tanh")
    return lanewise<[](float a) -> float { return std::tanh(a); }>();
  if (op == "rsqrt")
    return lanewise<[](float a) -> float {
      return a == 0 ? std::copysign(INFINITY, a) : 1.0f / std::sqrt(a);
    }>();
  return nullptr;
}

template <class H> Handler half(std::string_view op) {
  if (op == "ex2")
    return lanewise<[](H a) -> H { return fromFloat<H>(exp2Lane(toFloat(a))); }>();
  if (op == "tanh")
    return lanewise<[](H a) -> H { return fromFloat<H>(std::tanh(toFloat(a))); }>();
  return nullptr;
}

template <class H> Handler halfPair(std::string_view op) {
#define PTXSIM_PAIR(F)                                                                             \
  lanewise<[](uint32_t a) -> uint32_t {                                                            \
    auto f = [](uint32_t bits) -> uint32_t {                                                       \
      return fromFloat<H>(F(toFloat(H{static_cast<uint16_t>(bits)}))).bits;                        \
    };                                                                                             \
    return f(a) | f(a >> 16) << 16;                                                                \
  }>()
  if (op == "ex2")
    return PTXSIM_PAIR(exp2Lane);
  if (op == "tanh")
    return PTXSIM_PAIR(std::tanh);
#undef PTXSIM_PAIR
  return nullptr;
}

} // namespace

bool decodeApproximate(Decoder &d) {
  std::string_view op = d.in().opcode;
  if (op != "ex2" && op != "lg2" && op != "sin" && op != "cos" && op != "tanh" && op != "rsqrt")
    return false;
  if (!d.has("approx"))
    d.unknown();
  FloatModes modes = floatModes(d);
  Type type = d.type();
  Handler handler = nullptr;
  switch (type) {
  case Type::F32:
    handler = single(op);
    break;
  case Type::F16:
    handler = half<Half>(op);
    break;
  case Type::BF16:
    handler = half<Bfloat>(op);
    break;
  case Type::F16x2:
    handler = halfPair<Half>(op);
    break;
  case Type::BF16x2:
    handler = halfPair<Bfloat>(op);
    break;
  case Type::F64:
    if (op == "rsqrt")
      handler = lanewise<[](double a) -> double { return 1.0 / std::sqrt(a); }>();
    break;
  default:
    break;
  }
  if (!handler)
    d.unknown();
  d.expectOperands(2);
  Inst inst;
  inst.cls = Class::Special;
  inst.d = d.result(0, type);
  inst.a = d.source(1, type);
  setHandler(d, inst, handler, modes);
  d.emit(inst);
  return true;
}

} // namespace ptxsim
