// SPDX-License-Identifier: Apache-2.0
// Bits: and, or, xor, not, cnot, shifts, lop3, shf, prmt, bfe, bfi, bfind, brev, clz, popc, fns.
#include "tools/ptxsim/decode/Decoder.h"
#include "tools/ptxsim/ops/Lanes.h"

namespace ptxsim {
namespace {

void emitBits(Decoder &d, Handler handler, Type out, std::initializer_list<Type> in) {
  d.expectOperands(in.size() + 1);
  Inst inst;
  inst.cls = Class::Integer;
  inst.run = handler;
  inst.d = d.result(0, out);
  Slot *slots[] = {&inst.a, &inst.b, &inst.c};
  unsigned i = 0;
  for (Type type : in) {
    *slots[i] = d.source(i + 1, type);
    ++i;
  }
  d.emit(inst);
}

template <char Op> void predicateLogic(Warp &w, const Inst &i, uint32_t lanes) {
  uint32_t a = w.predicate(i.a), b = w.predicate(i.b);
  uint32_t r = Op == '&' ? a & b : Op == '|' ? a | b : Op == '^' ? a ^ b : ~a;
  uint32_t *d = w.result<uint32_t>(i.d);
  *d = (*d & ~lanes) | (r & lanes);
}

template <class T> Handler logic(std::string_view op) {
  if (op == "and")
    return lanewise<[](T a, T b) -> T { return a & b; }>();
  if (op == "or")
    return lanewise<[](T a, T b) -> T { return a | b; }>();
  return lanewise<[](T a, T b) -> T { return a ^ b; }>();
}

/// Shift counts beyond the width clamp to it.
template <class T> T shiftLeft(T a, uint32_t n) {
  return n >= 8 * sizeof(T) ? T(0) : static_cast<T>(a << n);
}
template <class T> T shiftRight(T a, uint32_t n) {
  if (n >= 8 * sizeof(T))
    return std::is_signed_v<T> && a < 0 ? T(-1) : T(0);
  return static_cast<T>(a >> n);
}

void lop3Lanes(Warp &w, const Inst &i, uint32_t lanes) {
  const uint32_t *a = w.source<uint32_t>(i.a), *b = w.source<uint32_t>(i.b);
  const uint32_t *c = w.source<uint32_t>(i.c);
  alignas(64) uint32_t r[32];
  for (unsigned l = 0; l < 32; ++l)
    r[l] = 0;
  for (unsigned m = 0; m < 8; ++m)
    if (i.immediate >> m & 1)
      for (unsigned l = 0; l < 32; ++l)
        r[l] |= (m & 4 ? a[l] : ~a[l]) & (m & 2 ? b[l] : ~b[l]) & (m & 1 ? c[l] : ~c[l]);
  blend(w.result<uint32_t>(i.d), r, lanes);
}

bool decodeLop3(Decoder &d) {
  if (d.type() != Type::B32)
    d.unknown();
  d.expectOperands(5);
  if (d.operand(4).kind != Operand::Integer || d.operand(4).bits > 255)
    d.fail("table of 8 bits expected");
  Inst inst;
  inst.cls = Class::Integer;
  inst.run = lop3Lanes;
  inst.d = d.result(0, Type::B32);
  inst.a = d.source(1, Type::B32);
  inst.b = d.source(2, Type::B32);
  inst.c = d.source(3, Type::B32);
  inst.immediate = d.operand(4).bits;
  d.emit(inst);
  return true;
}

/// Bytes of {b, a}; the high bit of a selector nibble replicates the byte's sign.
uint32_t permute(uint32_t a, uint32_t b, uint32_t selectors) {
  uint64_t all = uint64_t(b) << 32 | a;
  uint32_t r = 0;
  for (unsigned i = 0; i < 4; ++i) {
    unsigned s = selectors >> 4 * i & 15;
    uint32_t byte = static_cast<uint32_t>(all >> 8 * (s & 7)) & 0xFF;
    if (s & 8)
      byte = byte & 0x80 ? 0xFF : 0;
    r |= byte << 8 * i;
  }
  return r;
}

template <class T> T extract(T a, uint32_t position, uint32_t length) {
  constexpr unsigned bits = 8 * sizeof(T);
  position &= 0xFF, length &= 0xFF;
  if (length == 0)
    return 0;
  using U = std::make_unsigned_t<T>;
  unsigned top = std::min(position + length - 1, bits - 1);
  U sign = std::is_signed_v<T> ? (U(a) >> top) & 1 : 0;
  U field = position >= bits ? 0 : U(a) >> position;
  unsigned have = position >= bits ? 0 : std::min(length, bits - position);
  U mask = have >= bits ? ~U(0) : (U(1) << have) - 1;
  U r = field & mask;
  if (sign)
    r |= ~mask;
  return static_cast<T>(r);
}

template <class T> T insert(T a, T b, uint32_t position, uint32_t length) {
  constexpr unsigned bits = 8 * sizeof(T);
  position &= 0xFF, length &= 0xFF;
  if (position >= bits || length == 0)
    return b;
  T mask = length >= bits ? ~T(0) : (T(1) << length) - 1;
  mask <<= position;
  return (b & ~mask) | ((a << position) & mask);
}

template <class T> void insertLanes(Warp &w, const Inst &i, uint32_t lanes) {
  const T *a = w.source<T>(i.a), *b = w.source<T>(i.b);
  const uint32_t *c = w.source<uint32_t>(i.c);
  const uint32_t *length = w.source<uint32_t>(*static_cast<const Slot *>(i.extra));
  alignas(64) T r[32];
  for (unsigned l = 0; l < 32; ++l)
    r[l] = insert<T>(a[l], b[l], c[l], length[l]);
  blend(w.result<T>(i.d), r, lanes);
}

template <class T, bool Amount> uint32_t findLeading(T a) {
  using U = std::make_unsigned_t<T>;
  U v = std::is_signed_v<T> && a < 0 ? ~U(a) : U(a);
  if (v == 0)
    return ~0u;
  unsigned position = 8 * sizeof(T) - 1 - static_cast<unsigned>(std::countl_zero(v));
  return Amount ? 8 * sizeof(T) - 1 - position : position;
}

template <class T> Handler findLeadingHandler(bool amount) {
  return amount ? lanewise<[](T a) -> uint32_t { return findLeading<T, true>(a); }>()
                : lanewise<[](T a) -> uint32_t { return findLeading<T, false>(a); }>();
}

bool decodeInsert(Decoder &d) {
  Type type = d.type();
  d.expectOperands(5);
  Inst inst;
  inst.cls = Class::Integer;
  inst.run = sizeOf(type) == 8 ? insertLanes<uint64_t> : insertLanes<uint32_t>;
  inst.d = d.result(0, type);
  inst.a = d.source(1, type);
  inst.b = d.source(2, type);
  inst.c = d.source(3, Type::U32);
  Slot length = d.source(4, Type::U32);
  inst.extra = d.image().own(length);
  d.operandsBeyond(inst, {length}, {});
  d.emit(inst);
  return true;
}

bool decodeFunnel(Decoder &d) {
  bool left = d.hasOneOf({"l", "r"}) == 0;
  bool wrap = d.hasOneOf({"clamp", "wrap"}) == 1;
  if (d.type() != Type::B32)
    d.unknown();
  Handler handler;
  // {b, a} shifted; left keeps the upper word, right the lower.
  if (left)
    handler =
        wrap ? lanewise<[](uint32_t a, uint32_t b, uint32_t c) -> uint32_t {
          return static_cast<uint32_t>((uint64_t(b) << 32 | a) << (c & 31) >> 32);
        }>()
             : lanewise<[](uint32_t a, uint32_t b, uint32_t c) -> uint32_t {
                 c = c < 32 ? c : 32;
                 return c == 32 ? a : static_cast<uint32_t>((uint64_t(b) << 32 | a) << c >> 32);
               }>();
  else
    handler = wrap ? lanewise<[](uint32_t a, uint32_t b, uint32_t c) -> uint32_t {
      return static_cast<uint32_t>((uint64_t(b) << 32 | a) >> (c & 31));
    }>()
                   : lanewise<[](uint32_t a, uint32_t b, uint32_t c) -> uint32_t {
                       return static_cast<uint32_t>((uint64_t(b) << 32 | a) >> (c < 32 ? c : 32));
                     }>();
  emitBits(d, handler, Type::B32, {Type::B32, Type::B32, Type::U32});
  return true;
}

bool decodeLogic(Decoder &d, std::string_view op) {
  Type type = d.type();
  if (type == Type::Pred) {
    Inst inst;
    inst.cls = Class::Compare;
    inst.run = op == "and"   ? predicateLogic<'&'>
               : op == "or"  ? predicateLogic<'|'>
               : op == "xor" ? predicateLogic<'^'>
                             : predicateLogic<'~'>;
    d.expectOperands(op == "not" ? 2 : 3);
    inst.d = d.result(0, type);
    inst.a = d.source(1, type);
    if (op != "not")
      inst.b = d.source(2, type);
    d.emit(inst);
    return true;
  }
  bool wide = sizeOf(type) == 8, narrow = sizeOf(type) == 2;
  if (op == "not") {
    emitBits(d,
             wide     ? lanewise<[](uint64_t a) -> uint64_t { return ~a; }>()
             : narrow ? lanewise<[](uint16_t a) -> uint16_t { return static_cast<uint16_t>(~a); }>()
                      : lanewise<[](uint32_t a) -> uint32_t { return ~a; }>(),
             type, {type});
  } else if (op == "cnot") {
    emitBits(d,
             wide     ? lanewise<[](uint64_t a) -> uint64_t { return a == 0; }>()
             : narrow ? lanewise<[](uint16_t a) -> uint16_t { return a == 0; }>()
                      : lanewise<[](uint32_t a) -> uint32_t { return a == 0; }>(),
             type, {type});
  } else {
    emitBits(d, wide ? logic<uint64_t>(op) : logic<uint32_t>(op), type, {type, type});
  }
  return true;
}

bool decodeShift(Decoder &d, bool left) {
  Type type = d.type();
  Handler handler = nullptr;
  switch (sizeOf(type)) {
  case 2:
    handler = left ? lanewise<[](uint16_t a, uint32_t n) -> uint16_t { return shiftLeft(a, n); }>()
              : isSigned(type)
                  ? lanewise<[](int16_t a, uint32_t n) -> int16_t { return shiftRight(a, n); }>()
                  : lanewise<[](uint16_t a, uint32_t n) -> uint16_t { return shiftRight(a, n); }>();
    break;
  case 4:
    handler = left ? lanewise<[](uint32_t a, uint32_t n) -> uint32_t { return shiftLeft(a, n); }>()
              : isSigned(type)
                  ? lanewise<[](int32_t a, uint32_t n) -> int32_t { return shiftRight(a, n); }>()
                  : lanewise<[](uint32_t a, uint32_t n) -> uint32_t { return shiftRight(a, n); }>();
    break;
  case 8:
    handler = left ? lanewise<[](uint64_t a, uint32_t n) -> uint64_t { return shiftLeft(a, n); }>()
              : isSigned(type)
                  ? lanewise<[](int64_t a, uint32_t n) -> int64_t { return shiftRight(a, n); }>()
                  : lanewise<[](uint64_t a, uint32_t n) -> uint64_t { return shiftRight(a, n); }>();
    break;
  default:
    d.unknown();
  }
  emitBits(d, handler, type, {type, Type::U32});
  return true;
}

} // namespace

bool decodeBits(Decoder &d) {
  std::string_view op = d.in().opcode;
  if (op == "and" || op == "or" || op == "xor" || op == "not" || op == "cnot")
    return decodeLogic(d, op);
  if (op == "shl" || op == "shr")
    return decodeShift(d, op == "shl");
  if (op == "lop3")
    return decodeLop3(d);
  if (op == "shf")
    return decodeFunnel(d);
  if (op == "prmt") {
    if (d.type() != Type::B32)
      d.unknown();
    emitBits(d, lanewise<permute>(), Type::B32, {Type::B32, Type::B32, Type::B32});
    return true;
  }
  if (op == "bfe") {
    Type type = d.type();
    Handler handler = type == Type::U32   ? lanewise<extract<uint32_t>>()
                      : type == Type::S32 ? lanewise<extract<int32_t>>()
                      : type == Type::U64 ? lanewise<extract<uint64_t>>()
                                          : lanewise<extract<int64_t>>();
    emitBits(d, handler, type, {type, Type::U32, Type::U32});
    return true;
  }
  if (op == "bfi")
    return decodeInsert(d);
  if (op == "bfind") {
    bool amount = d.has("shiftamt");
    Type type = d.type();
    emitBits(d,
             type == Type::U32   ? findLeadingHandler<uint32_t>(amount)
             : type == Type::S32 ? findLeadingHandler<int32_t>(amount)
             : type == Type::U64 ? findLeadingHandler<uint64_t>(amount)
                                 : findLeadingHandler<int64_t>(amount),
             Type::U32, {type});
    return true;
  }
  if (op == "popc" || op == "clz") {
    Type type = d.type();
    bool wide = sizeOf(type) == 8;
    Handler handler =
        op == "popc"
            ? (wide ? lanewise<[](uint64_t a) -> uint32_t { return uint32_t(std::popcount(a)); }>()
                    : lanewise<[](uint32_t a) -> uint32_t { return uint32_t(std::popcount(a)); }>())
            : (wide ? lanewise<[](uint64_t a) -> uint32_t {
                return uint32_t(std::countl_zero(a));
              }>()
                    : lanewise<[](uint32_t a) -> uint32_t {
                        return uint32_t(std::countl_zero(a));
                      }>());
    emitBits(d, handler, Type::U32, {type});
    return true;
  }
  if (op == "brev") {
    Type type = d.type();
    emitBits(d,
             sizeOf(type) == 8
                 ? lanewise<[](uint64_t a) -> uint64_t { return __builtin_bitreverse64(a); }>()
                 : lanewise<[](uint32_t a) -> uint32_t { return __builtin_bitreverse32(a); }>(),
             type, {type});
    return true;
  }
  return false;
}

} // namespace ptxsim
