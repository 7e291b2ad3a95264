// SPDX-License-Identifier: Apache-2.0
// Integer arithmetic: add, sub, mul, mad, div, rem, min, max, abs, neg, sad, dp4a, dp2a.
#include "tools/ptxsim/decode/Decoder.h"
#include "tools/ptxsim/ops/Lanes.h"

#include <algorithm>

namespace ptxsim {
namespace {

template <class T> using Unsigned = std::make_unsigned_t<T>;
template <class T>
using Wider = std::conditional_t<
    std::is_signed_v<T>,
    std::conditional_t<sizeof(T) == 2, int32_t,
                       std::conditional_t<sizeof(T) == 4, int64_t, __int128>>,
    std::conditional_t<sizeof(T) == 2, uint32_t,
                       std::conditional_t<sizeof(T) == 4, uint64_t, unsigned __int128>>>;

/// Calls f.operator()<T>() with the C++ type of an integer type.
template <class F> Handler byType(Type type, F f) {
  switch (type) {
  case Type::U16:
  case Type::B16:
    return f.template operator()<uint16_t>();
  case Type::S16:
    return f.template operator()<int16_t>();
  case Type::U32:
  case Type::B32:
    return f.template operator()<uint32_t>();
  case Type::S32:
    return f.template operator()<int32_t>();
  case Type::U64:
  case Type::B64:
    return f.template operator()<uint64_t>();
  case Type::S64:
    return f.template operator()<int64_t>();
  default:
    return nullptr;
  }
}

template <class T> T wrapMul(T a, T b) {
  using W = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;
  return static_cast<T>(W(Unsigned<T>(a)) * W(Unsigned<T>(b)));
}
template <class T> T highMul(T a, T b) {
  return static_cast<T>((Wider<T>(a) * Wider<T>(b)) >> (8 * sizeof(T)));
}
template <class T> T wrapAdd(T a, T b) { return static_cast<T>(Unsigned<T>(a) + Unsigned<T>(b)); }
template <class T> T wrapSub(T a, T b) { return static_cast<T>(Unsigned<T>(a) - Unsigned<T>(b)); }

/// The hardware gives all ones for a division by zero, and wraps the lowest number by -1.
template <class T> T divide(T a, T b) {
  if (b == 0)
    return static_cast<T>(-1);
  if constexpr (std::is_signed_v<T>)
    if (b == -1)
      return wrapSub<T>(0, a);
  return static_cast<T>(a / b);
}
template <class T> T remainder(T a, T b) {
  if (b == 0)
    return a;
  if constexpr (std::is_signed_v<T>)
    if (b == -1)
      return 0;
  return static_cast<T>(a % b);
}

int32_t saturate(int64_t v) {
  return static_cast<int32_t>(v > INT32_MAX ? INT32_MAX : v < INT32_MIN ? INT32_MIN : v);
}

enum class Chain : uint8_t { Add, Subtract, MultiplyLow, MultiplyHigh };

struct CarryOp {
  bool in, out;
  Slot carry; ///< CC.CF, a bit per lane: the carry of sums, the borrow of differences
};

template <Chain C, class T> void carryChain(Warp &w, const Inst &i, uint32_t lanes) {
  using W = Wider<T>;
  const CarryOp &op = *static_cast<const CarryOp *>(i.extra);
  const T *a = w.source<T>(i.a), *b = w.source<T>(i.b), *c = w.source<T>(i.c);
  T *d = w.result<T>(i.d);
  uint32_t *carry = w.result<uint32_t>(op.carry);
  uint32_t out = 0;
  for (uint32_t rest = lanes; rest; rest &= rest - 1) {
    unsigned l = firstLane(rest);
    W in = op.in ? *carry >> l & 1 : 0, sum = 0;
    if constexpr (C == Chain::Add)
      sum = W(a[l]) + b[l] + in;
    else if constexpr (C == Chain::Subtract)
      sum = W(a[l]) - b[l] - in;
    else if constexpr (C == Chain::MultiplyLow)
      sum = W(wrapMul(a[l], b[l])) + c[l] + in;
    else
      sum = W(highMul(a[l], b[l])) + c[l] + in;
    d[l] = static_cast<T>(sum);
    out |= uint32_t(sum >> (8 * sizeof(T)) & 1) << l;
  }
  if (op.out)
    *carry = (*carry & ~lanes) | out;
}

bool fixed(Decoder &d, Type type, Handler handler, unsigned sources) {
  if (!handler)
    d.unknown();
  d.expectOperands(sources + 1);
  Inst inst;
  inst.cls = Class::Integer;
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

bool decodeMultiply(Decoder &d, bool add) {
  enum { Low, High, Wide };
  int part = d.hasOneOf({"lo", "hi", "wide"});
  bool sat = d.has("sat");
  Type type = d.type();
  if (part == -1 || !(isInteger(type) || isBits(type)))
    d.unknown();
  Inst inst;
  inst.cls = Class::Integer;
  Type out = type;
  if (part == Wide)
    out = type == Type::U16   ? Type::U32
          : type == Type::S16 ? Type::S32
          : type == Type::U32 ? Type::U64
                              : Type::S64;
  d.expectOperands(add ? 4 : 3);
  inst.d = d.result(0, out);
  inst.a = d.source(1, type);
  inst.b = d.source(2, type);
  if (add)
    inst.c = d.source(3, out);
  if (sat) {
    if (part != High || type != Type::S32 || !add)
      d.unknown();
    inst.run = lanewise<[](int32_t a, int32_t b, int32_t c) -> int32_t {
      return saturate(int64_t(highMul(a, b)) + c);
    }>();
  } else if (part == Low) {
    inst.run = byType(type, [&]<class T>() {
      return add ? lanewise<[](T a, T b, T c) -> T { return wrapAdd(wrapMul(a, b), c); }>()
                 : lanewise<[](T a, T b) -> T { return wrapMul(a, b); }>();
    });
  } else if (part == High) {
    inst.run = byType(type, [&]<class T>() {
      return add ? lanewise<[](T a, T b, T c) -> T { return wrapAdd(highMul(a, b), c); }>()
                 : lanewise<[](T a, T b) -> T { return highMul(a, b); }>();
    });
  } else {
    inst.run = byType(type, [&]<class T>() -> Handler {
      if constexpr (sizeof(T) == 8) {
        return nullptr;
      } else {
        using W = Wider<T>;
        return add ? lanewise<[](T a, T b, W c) -> W { return wrapAdd<W>(wrapMul<W>(a, b), c); }>()
                   : lanewise<[](T a, T b) -> W { return wrapMul<W>(a, b); }>();
      }
    });
  }
  if (!inst.run)
    d.unknown();
  d.emit(inst);
  return true;
}

bool decodeMul24(Decoder &d, bool add) {
  bool high = d.hasOneOf({"lo", "hi"}) == 1;
  Type type = d.type();
  if (high || add)
    d.unknown();
  return fixed(d, type,
               type == Type::S32 ? lanewise<[](int32_t a, int32_t b) -> int32_t {
                 return static_cast<int32_t>(int64_t(a << 8 >> 8) * int64_t(b << 8 >> 8));
               }>()
                                 : lanewise<[](uint32_t a, uint32_t b) -> uint32_t {
                                     return (a & 0xFFFFFF) * (b & 0xFFFFFF);
                                   }>(),
               2);
}

/// add{c}, sub{c}, mad{c} with .cc or c: the carry lives in one register of the whole kernel.
bool decodeCarry(Decoder &d, Chain chain, bool in) {
  CarryOp op{in, d.has("cc"), d.specialSlot(Special::Zero)};
  bool multiply = chain == Chain::MultiplyLow || chain == Chain::MultiplyHigh;
  Type type = d.type();
  // A signed high product would need the signed kind of sum.
  if (sizeOf(type) < 4 || (chain == Chain::MultiplyHigh && isSigned(type)))
    d.unknown();
  d.expectOperands(multiply ? 4 : 3);
  Inst inst;
  inst.cls = Class::Integer;
  inst.d = d.result(0, type);
  inst.a = d.source(1, type);
  inst.b = d.source(2, type);
  if (multiply)
    inst.c = d.source(3, type);
  inst.extra = d.image().own(op);
  auto choose = [&]<class T>() -> Handler {
    switch (chain) {
    case Chain::Add:
      return carryChain<Chain::Add, T>;
    case Chain::Subtract:
      return carryChain<Chain::Subtract, T>;
    case Chain::MultiplyLow:
      return carryChain<Chain::MultiplyLow, T>;
    default:
      return carryChain<Chain::MultiplyHigh, T>;
    }
  };
  inst.run = sizeOf(type) == 8 ? choose.operator()<uint64_t>() : choose.operator()<uint32_t>();
  d.emit(inst);
  return true;
}

bool usesCarry(const Decoder &d) {
  return std::ranges::find(d.in().suffixes, "cc") != d.in().suffixes.end();
}

/// add, min, max of two 16-bit integers in a register.
template <class T> Handler pairs(std::string_view op) {
  static constexpr auto both = [](auto f, uint32_t a, uint32_t b) -> uint32_t {
    auto one = [&](unsigned shift) {
      return uint32_t(
                 static_cast<uint16_t>(f(static_cast<T>(a >> shift), static_cast<T>(b >> shift))))
             << shift;
    };
    return one(0) | one(16);
  };
  if (op == "add")
    return lanewise<[](uint32_t a, uint32_t b) -> uint32_t {
      return both([](T x, T y) { return x + y; }, a, b);
    }>();
  if (op == "min")
    return lanewise<[](uint32_t a, uint32_t b) -> uint32_t {
      return both([](T x, T y) { return x < y ? x : y; }, a, b);
    }>();
  return lanewise<[](uint32_t a, uint32_t b) -> uint32_t {
    return both([](T x, T y) { return x < y ? y : x; }, a, b);
  }>();
}

bool decodePairs(Decoder &d, std::string_view op) {
  bool isSignedPair = d.hasOneOf({"u16x2", "s16x2"}) == 1;
  return fixed(d, Type::B32, isSignedPair ? pairs<int16_t>(op) : pairs<uint16_t>(op), 2);
}

bool decodeDot(Decoder &d, bool four) {
  int half = four ? 0 : d.hasOneOf({"lo", "hi"});
  Type first = d.type(), second = d.hasType() ? d.type() : first;
  d.expectOperands(4);
  Inst inst;
  inst.cls = Class::Integer;
  inst.d = d.result(0, Type::B32);
  inst.a = d.source(1, Type::B32);
  inst.b = d.source(2, Type::B32);
  inst.c = d.source(3, Type::B32);
  if (half == -1)
    d.unknown();
#define PTXSIM_DOT(A, B)                                                                           \
  (four   ? lanewise<[](uint32_t a, uint32_t b, uint32_t c) -> uint32_t {                          \
    for (int i = 0; i < 4; ++i)                                                                    \
      c += static_cast<uint32_t>(int32_t(A##8_t(a >> 8 * i)) * int32_t(B##8_t(b >> 8 * i)));       \
    return c;                                                                                      \
  }>()                                                                                             \
   : half ? lanewise<[](uint32_t a, uint32_t b, uint32_t c) -> uint32_t {                          \
       for (int i = 0; i < 2; ++i)                                                                 \
         c += static_cast<uint32_t>(int32_t(A##16_t(a >> 16 * i)) *                                \
                                    int32_t(B##8_t(b >> (16 + 8 * i))));                           \
       return c;                                                                                   \
     }>()                                                                                          \
          : lanewise<[](uint32_t a, uint32_t b, uint32_t c) -> uint32_t {                          \
              for (int i = 0; i < 2; ++i)                                                          \
                c += static_cast<uint32_t>(int32_t(A##16_t(a >> 16 * i)) *                         \
                                           int32_t(B##8_t(b >> (8 * i))));                         \
              return c;                                                                            \
            }>())
  bool s1 = isSigned(first), s2 = isSigned(second);
  inst.run = s1 ? (s2 ? PTXSIM_DOT(int, int) : PTXSIM_DOT(int, uint))
                : (s2 ? PTXSIM_DOT(uint, int) : PTXSIM_DOT(uint, uint));
#undef PTXSIM_DOT
  d.emit(inst);
  return true;
}

/// Whether the instruction's last suffix is an integer type: floats share the opcodes.
bool integerInstruction(const Decoder &d) {
  if (d.in().suffixes.empty())
    return false;
  auto type = parseType(d.in().suffixes.back());
  return type && (isInteger(*type) || isBits(*type));
}

} // namespace

bool decodeInteger(Decoder &d) {
  std::string_view op = d.in().opcode;
  if ((op == "add" || op == "min" || op == "max") && !d.in().suffixes.empty() &&
      (d.in().suffixes.back() == "u16x2" || d.in().suffixes.back() == "s16x2"))
    return decodePairs(d, op);
  if (!integerInstruction(d))
    return false;
  if (op == "madc" || (op == "mad" && usesCarry(d))) {
    int part = d.hasOneOf({"lo", "hi"});
    if (part < 0)
      d.unknown();
    return decodeCarry(d, part ? Chain::MultiplyHigh : Chain::MultiplyLow, op == "madc");
  }
  if (op == "mul" || op == "mad")
    return decodeMultiply(d, op == "mad");
  if (op == "mul24" || op == "mad24")
    return decodeMul24(d, op == "mad24");
  if (op == "dp4a" || op == "dp2a")
    return decodeDot(d, op == "dp4a");
  if (op == "addc" || op == "subc")
    return decodeCarry(d, op == "subc" ? Chain::Subtract : Chain::Add, true);
  if (op == "add" || op == "sub") {
    if (usesCarry(d))
      return decodeCarry(d, op == "sub" ? Chain::Subtract : Chain::Add, false);
    bool sat = d.has("sat");
    Type type = d.type();
    if (sat) {
      if (type != Type::S32)
        d.unknown();
      return fixed(
          d, type,
          op == "add"
              ? lanewise<[](int32_t a, int32_t b) -> int32_t { return saturate(int64_t(a) + b); }>()
              : lanewise<[](int32_t a, int32_t b) -> int32_t {
                  return saturate(int64_t(a) - b);
                }>(),
          2);
    }
    return fixed(d, type,
                 byType(type,
                        [&]<class T>() {
                          return op == "add"
                                     ? lanewise<[](T a, T b) -> T { return wrapAdd(a, b); }>()
                                     : lanewise<[](T a, T b) -> T { return wrapSub(a, b); }>();
                        }),
                 2);
  }
  if (op == "div" || op == "rem") {
    Type type = d.type();
    return fixed(d, type,
                 byType(type,
                        [&]<class T>() {
                          return op == "div"
                                     ? lanewise<[](T a, T b) -> T { return divide(a, b); }>()
                                     : lanewise<[](T a, T b) -> T { return remainder(a, b); }>();
                        }),
                 2);
  }
  if (op == "min" || op == "max") {
    bool relu = d.has("relu");
    Type type = d.type();
    if (relu)
      d.unknown();
    return fixed(d, type,
                 byType(type,
                        [&]<class T>() {
                          return op == "min"
                                     ? lanewise<[](T a, T b) -> T { return b < a ? b : a; }>()
                                     : lanewise<[](T a, T b) -> T { return a < b ? b : a; }>();
                        }),
                 2);
  }
  if (op == "abs" || op == "neg") {
    Type type = d.type();
    return fixed(
        d, type,
        byType(type,
               [&]<class T>() {
                 return op == "neg"
                            ? lanewise<[](T a) -> T { return wrapSub<T>(0, a); }>()
                            : lanewise<[](T a) -> T { return a < T(0) ? wrapSub<T>(0, a) : a; }>();
               }),
        1);
  }
  if (op == "sad") {
    Type type = d.type();
    return fixed(d, type,
                 byType(type,
                        []<class T>() {
                          return lanewise<[](T a, T b, T c) -> T {
                            return wrapAdd<T>(c, a < b ? wrapSub(b, a) : wrapSub(a, b));
                          }>();
                        }),
                 3);
  }
  return false;
}

} // namespace ptxsim
