// SPDX-License-Identifier: Apache-2.0
// cvt: between all scalar types, with rounding, saturation and packing of pairs.
//
// The usual conversions have handlers of their own; the others go through a buffer of doubles or of
// 64-bit integers, which holds every source exactly (but 64-bit integers, which stay integers).
#include "tools/ptxsim/ops/FloatModes.h"
#include "tools/ptxsim/ops/Lanes.h"

#include <cmath>
#include <limits>

namespace ptxsim {
namespace {

enum class ToWhole : uint8_t { None, Nearest, Zero, Down, Up };

struct Conversion {
  Type to = Type::None, from = Type::None;
  ToWhole whole = ToWhole::None;
  FloatModes modes;
  bool relu = false, finite = false;
  bool wideResult = false;     ///< the register has 64 bits
  bool narrowRegister = false; ///< the register has 16 bits
};

template <class T> void load(Warp &w, Slot slot, double *f, int64_t *n) {
  const auto *a = w.source<Stored<T>>(slot);
  for (unsigned l = 0; l < 32; ++l) {
    if constexpr (std::is_integral_v<T>)
      n[l] = static_cast<int64_t>(fromBits<T>(a[l]));
    else if constexpr (sizeof(T) == 2)
      f[l] = toFloat(fromBits<T>(a[l]));
    else
      f[l] = fromBits<T>(a[l]);
  }
}

void loadAny(Warp &w, Slot slot, Type type, double *f, int64_t *n) {
  switch (type) {
  case Type::U8:
  case Type::B8:
    return load<uint8_t>(w, slot, f, n);
  case Type::S8:
    return load<int8_t>(w, slot, f, n);
  case Type::U16:
    return load<uint16_t>(w, slot, f, n);
  case Type::S16:
    return load<int16_t>(w, slot, f, n);
  case Type::U32:
    return load<uint32_t>(w, slot, f, n);
  case Type::S32:
    return load<int32_t>(w, slot, f, n);
  case Type::U64:
    return load<uint64_t>(w, slot, f, n);
  case Type::S64:
    return load<int64_t>(w, slot, f, n);
  case Type::F16:
    return load<Half>(w, slot, f, n);
  case Type::BF16:
    return load<Bfloat>(w, slot, f, n);
  case Type::F32:
    return load<float>(w, slot, f, n);
  default:
    return load<double>(w, slot, f, n);
  }
}

double whole(double v, ToWhole how) {
  switch (how) {
  case ToWhole::None:
    return v;
  case ToWhole::Nearest:
    return std::nearbyint(v);
  case ToWhole::Zero:
    return std::trunc(v);
  case ToWhole::Down:
    return std::floor(v);
  case ToWhole::Up:
    return std::ceil(v);
  }
  return v;
}

struct Range {
  int64_t low;
  uint64_t high;
};
Range rangeOf(Type type) {
  unsigned bits = 8 * sizeOf(type);
  if (isSigned(type))
    return {INT64_MIN >> (64 - bits), (uint64_t(1) << (bits - 1)) - 1};
  return {0, bits == 64 ? ~uint64_t(0) : (uint64_t(1) << bits) - 1};
}

/// A float as an integer: limited to the range, NaN is 0.
uint64_t limited(double v, Type type) {
  Range range = rangeOf(type);
  if (v != v)
    return 0;
  if (v <= static_cast<double>(range.low))
    return static_cast<uint64_t>(range.low);
  if (v >= static_cast<double>(range.high))
    return range.high;
  return isSigned(type) ? static_cast<uint64_t>(static_cast<int64_t>(v)) : static_cast<uint64_t>(v);
}

/// An integer in a narrower type, wrapped or limited; extended to 64 bits by its own sign.
uint64_t fitted(int64_t n, const Conversion &c) {
  if (c.modes.saturate) {
    Range range = rangeOf(c.to);
    if (c.from == Type::U64) {
      if (static_cast<uint64_t>(n) > range.high)
        return range.high;
    } else if (n < range.low) {
      return static_cast<uint64_t>(range.low);
    } else if (n > 0 && static_cast<uint64_t>(n) > range.high) {
      return range.high;
    }
  }
  unsigned drop = 64 - 8 * sizeOf(c.to);
  return isSigned(c.to) ? static_cast<uint64_t>(int64_t(uint64_t(n) << drop) >> drop)
                        : uint64_t(n) << drop >> drop;
}

template <class H> uint32_t toHalf(double v, const Conversion &c) {
  if (c.relu && !(v > 0) && v == v)
    v = 0;
  if (c.modes.rounding == FloatModes::Zero) {
    // Odd rounding to float first, so that cutting afterwards is exact.
    float f = static_cast<float>(v);
    if (std::fabs(double(f)) > std::fabs(v))
      f = std::nextafter(f, 0.0f);
    return fromFloatToZero<H>(f).bits;
  }
  H h = fromDouble<H>(v);
  if (c.finite && std::isinf(toFloat(h)))
    h.bits = static_cast<uint16_t>(h.bits - 1);
  return h.bits;
}

float toSingle(double v, const Conversion &c) {
  float f = static_cast<float>(v);
  if (c.modes.rounding != FloatModes::Nearest && double(f) != v && v == v) {
    bool up = c.modes.rounding == FloatModes::Up || (c.modes.rounding == FloatModes::Zero && v < 0);
    if (up && double(f) < v)
      f = std::nextafter(f, std::numeric_limits<float>::infinity());
    else if (!up && double(f) > v)
      f = std::nextafter(f, -std::numeric_limits<float>::infinity());
  }
  if (c.modes.flush && std::fpclassify(f) == FP_SUBNORMAL)
    f = std::copysign(0.0f, f);
  return f == f ? f : std::bit_cast<float>(0x7FFFFFFFu);
}

float fromInteger(int64_t n, const Conversion &c) {
  // Rounded once; directed modes step from the nearest one.
  float f =
      c.from == Type::U64 ? static_cast<float>(static_cast<uint64_t>(n)) : static_cast<float>(n);
  if (c.modes.rounding == FloatModes::Nearest)
    return f;
  auto exact = c.from == Type::U64 ? static_cast<__int128>(static_cast<uint64_t>(n))
                                   : static_cast<__int128>(n);
  auto made = static_cast<__int128>(f);
  bool up = c.modes.rounding == FloatModes::Up ||
            (c.modes.rounding == FloatModes::Zero && n < 0 && c.from != Type::U64);
  if (up && made < exact)
    return std::nextafter(f, std::numeric_limits<float>::infinity());
  if (!up && made > exact)
    return std::nextafter(f, -std::numeric_limits<float>::infinity());
  return f;
}

void convertLanes(Warp &w, const Inst &i, uint32_t lanes) {
  const Conversion &c = *static_cast<const Conversion *>(i.extra);
  double f[32];
  int64_t n[32];
  loadAny(w, i.a, c.from, f, n);
  bool fromFloat = isFloat(c.from);
  uint64_t r[32];
  for (unsigned l = 0; l < 32; ++l) {
    if (fromFloat) {
      double v = whole(f[l], c.whole);
      if (c.modes.flush && c.from == Type::F32 && std::fabs(v) < 0x1p-126)
        v = std::copysign(0.0, v);
      if (c.modes.saturate && isFloat(c.to))
        v = v > 0 ? (v < 1 ? v : 1) : 0;
      switch (c.to) {
      case Type::F64:
        r[l] = std::bit_cast<uint64_t>(v);
        break;
      case Type::F32:
        r[l] = std::bit_cast<uint32_t>(toSingle(v, c));
        break;
      case Type::F16:
        r[l] = toHalf<Half>(v, c);
        break;
      case Type::BF16:
        r[l] = toHalf<Bfloat>(v, c);
        break;
      default:
        r[l] = limited(v, c.to);
        break;
      }
    } else {
      switch (c.to) {
      case Type::F64:
        r[l] = std::bit_cast<uint64_t>(c.from == Type::U64
                                           ? static_cast<double>(static_cast<uint64_t>(n[l]))
                                           : static_cast<double>(n[l]));
        break;
      case Type::F32:
        r[l] = std::bit_cast<uint32_t>(fromInteger(n[l], c));
        break;
      case Type::F16:
        r[l] = toHalf<Half>(static_cast<double>(n[l]), c);
        break;
      case Type::BF16:
        r[l] = toHalf<Bfloat>(static_cast<double>(n[l]), c);
        break;
      default:
        r[l] = fitted(n[l], c);
        break;
      }
    }
  }
  if (c.wideResult) {
    blend(w.result<uint64_t>(i.d), r, lanes);
    return;
  }
  uint32_t narrow[32];
  for (unsigned l = 0; l < 32; ++l)
    narrow[l] = static_cast<uint32_t>(c.narrowRegister ? r[l] & 0xFFFF : r[l]);
  blend(w.result<uint32_t>(i.d), narrow, lanes);
}

/// Two floats into a pair; the first operand becomes the upper half.
template <class H> void packLanes(Warp &w, const Inst &i, uint32_t lanes) {
  const Conversion &c = *static_cast<const Conversion *>(i.extra);
  const uint32_t *a = w.source<uint32_t>(i.a), *b = w.source<uint32_t>(i.b);
  uint32_t r[32];
  if (c.modes.rounding == FloatModes::Nearest && !c.relu && !c.finite) {
    for (unsigned l = 0; l < 32; ++l)
      r[l] = uint32_t(fromFloat<H>(std::bit_cast<float>(a[l])).bits) << 16 |
             fromFloat<H>(std::bit_cast<float>(b[l])).bits;
  } else {
    for (unsigned l = 0; l < 32; ++l)
      r[l] =
          toHalf<H>(std::bit_cast<float>(a[l]), c) << 16 | toHalf<H>(std::bit_cast<float>(b[l]), c);
  }
  blend(w.result<uint32_t>(i.d), r, lanes);
}

Handler quick(const Conversion &c) {
  if (c.whole != ToWhole::None || c.modes.rounding != FloatModes::Nearest || c.modes.flush ||
      c.modes.saturate || c.relu || c.finite || c.narrowRegister)
    return nullptr;
  auto is = [&](Type to, Type from) { return c.to == to && c.from == from; };
  if (!c.wideResult) {
    if (is(Type::F32, Type::F16))
      return lanewise<[](Half h) -> float { return toFloat(h); }>();
    if (is(Type::F32, Type::BF16))
      return lanewise<[](Bfloat h) -> float { return toFloat(h); }>();
    if (is(Type::F32, Type::S32))
      return lanewise<[](int32_t v) -> float { return static_cast<float>(v); }>();
    if (is(Type::F32, Type::U32))
      return lanewise<[](uint32_t v) -> float { return static_cast<float>(v); }>();
    if (is(Type::U32, Type::U64) || is(Type::S32, Type::S64) || is(Type::U32, Type::S64))
      return lanewise<[](uint64_t v) -> uint32_t { return static_cast<uint32_t>(v); }>();
    if (is(Type::U32, Type::U16))
      return lanewise<[](uint16_t v) -> uint32_t { return v; }>();
  } else {
    if (is(Type::U64, Type::U32) || is(Type::S64, Type::U32))
      return lanewise<[](uint32_t v) -> uint64_t { return v; }>();
    if (is(Type::S64, Type::S32) || is(Type::U64, Type::S32))
      return lanewise<[](int32_t v) -> int64_t { return v; }>();
  }
  return nullptr;
}

Handler quickHalf(const Conversion &c) {
  if (c.whole != ToWhole::None || c.modes.rounding != FloatModes::Nearest || c.modes.flush ||
      c.modes.saturate || c.relu || c.finite || c.wideResult)
    return nullptr;
  if (c.to == Type::F16 && c.from == Type::F32)
    return lanewise<[](float v) -> Half { return fromFloat<Half>(v); }>();
  if (c.to == Type::BF16 && c.from == Type::F32)
    return lanewise<[](float v) -> Bfloat { return fromFloat<Bfloat>(v); }>();
  return nullptr;
}

/// f32 with a mantissa of 10 bits, ties away from zero (.rna) or to even (.rn).
bool decodeTf32(Decoder &d, bool away, bool even) {
  d.has("satfinite");
  if (d.type() != Type::F32 || !(away || even))
    d.unknown();
  d.expectOperands(2);
  Inst inst;
  inst.cls = Class::Convert;
  inst.d = d.result(0, Type::B32);
  inst.a = d.source(1, Type::F32);
  inst.run =
      away ? lanewise<[](uint32_t v) -> uint32_t {
        return (v & 0x7F800000) == 0x7F800000 ? v : (v + 0x1000) & ~0x1FFFu;
      }>()
           : lanewise<[](uint32_t v) -> uint32_t {
               return (v & 0x7F800000) == 0x7F800000 ? v : (v + 0xFFF + (v >> 13 & 1)) & ~0x1FFFu;
             }>();
  d.emit(inst);
  return true;
}

void narrowLanes(Warp &w, const Inst &i, uint32_t lanes) {
  const uint64_t *a = w.source<uint64_t>(i.a);
  uint32_t r[32];
  for (unsigned l = 0; l < 32; ++l)
    r[l] = static_cast<uint32_t>(a[l]);
  blend(w.result<uint32_t>(i.d), r, lanes);
}

} // namespace

bool decodeConvert(Decoder &d) {
  if (d.in().opcode != "cvt")
    return false;
  Conversion c;
  switch (d.hasOneOf({"rni", "rzi", "rmi", "rpi"})) {
  case 0:
    c.whole = ToWhole::Nearest;
    break;
  case 1:
    c.whole = ToWhole::Zero;
    break;
  case 2:
    c.whole = ToWhole::Down;
    break;
  case 3:
    c.whole = ToWhole::Up;
    break;
  default:
    break;
  }
  bool away = d.has("rna");
  bool even = false;
  for (std::string_view suffix : d.in().suffixes)
    even |= suffix == "rn";
  c.modes = floatModes(d);
  c.relu = d.has("relu");
  c.to = d.type();
  if (c.to == Type::TF32)
    return decodeTf32(d, away, even);
  if (away)
    d.unknown();
  c.finite = d.has("satfinite");
  c.from = d.type();
  Inst inst;
  inst.cls = Class::Convert;
  if (c.to == Type::F16x2 || c.to == Type::BF16x2) {
    if (c.from != Type::F32 || c.modes.saturate || c.modes.flush)
      d.unknown();
    d.expectOperands(3);
    inst.d = d.result(0, c.to);
    inst.a = d.source(1, Type::F32);
    inst.b = d.source(2, Type::F32);
    inst.run = c.to == Type::F16x2 ? packLanes<Half> : packLanes<Bfloat>;
    inst.extra = d.image().own(c);
    d.emit(inst);
    return true;
  }
  auto known = [](Type t) {
    return isInteger(t) || t == Type::F16 || t == Type::BF16 || t == Type::F32 || t == Type::F64;
  };
  if (!known(c.to) || !known(c.from))
    d.unknown();
  d.expectOperands(2);
  Type reg = d.operand(0).kind == Operand::Sink ? c.to : d.registerType(d.operand(0));
  if (sizeOf(reg) < sizeOf(c.to) || (isFloat(c.to) && sizeOf(reg) != sizeOf(c.to)))
    d.fail("the destination register is too narrow");
  c.wideResult = sizeOf(reg) == 8;
  c.narrowRegister = sizeOf(reg) == 2 && !isFloat(c.to);
  inst.d = d.result(0, c.to, true);
  inst.a = d.source(1, c.from, true);
  if (d.isWide(d.operand(1)) && sizeOf(c.from) < 8) {
    Inst narrow;
    narrow.cls = Class::Convert;
    narrow.run = narrowLanes;
    narrow.a = inst.a;
    narrow.d = inst.a = d.scratch();
    d.emitPlain(narrow);
  }
  inst.run = quick(c);
  if (!inst.run)
    inst.run = quickHalf(c);
  if (!inst.run) {
    inst.run = convertLanes;
    inst.extra = d.image().own(c);
  }
  d.emit(inst);
  return true;
}

} // namespace ptxsim
