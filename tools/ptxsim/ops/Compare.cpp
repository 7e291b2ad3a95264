// SPDX-License-Identifier: Apache-2.0
// Comparison and choice: setp, set, selp, slct.
#include "tools/ptxsim/ops/FloatModes.h"
#include "tools/ptxsim/ops/Lanes.h"

namespace ptxsim {
namespace {

enum class Relation : uint8_t { Eq, Ne, Lt, Le, Gt, Ge, Equ, Neu, Ltu, Leu, Gtu, Geu, Num, Nan };

template <Relation R, class T> bool holds(T a, T b) {
  using enum Relation;
  if constexpr (R == Eq)
    return a == b;
  if constexpr (R == Ne)
    return a < b || a > b; // false for NaN
  if constexpr (R == Lt)
    return a < b;
  if constexpr (R == Le)
    return a <= b;
  if constexpr (R == Gt)
    return a > b;
  if constexpr (R == Ge)
    return a >= b;
  if constexpr (R == Equ)
    return !(a < b || a > b);
  if constexpr (R == Neu)
    return !(a == b);
  if constexpr (R == Ltu)
    return !(a >= b);
  if constexpr (R == Leu)
    return !(a > b);
  if constexpr (R == Gtu)
    return !(a <= b);
  if constexpr (R == Geu)
    return !(a < b);
  if constexpr (R == Num)
    return a == a && b == b;
  if constexpr (R == Nan)
    return a != a || b != b;
}

float comparable(Half h) { return toFloat(h); }
float comparable(Bfloat h) { return toFloat(h); }
template <class T> T comparable(T v) { return v; }

template <Relation R, class T> uint32_t compare(Warp &w, const Inst &i) {
  const Stored<T> *a = w.source<Stored<T>>(i.a), *b = w.source<Stored<T>>(i.b);
  uint32_t r = 0;
  for (unsigned l = 0; l < 32; ++l)
    r |= holds<R>(comparable(fromBits<T>(a[l])), comparable(fromBits<T>(b[l]))) ? 1u << l : 0u;
  return r;
}

struct SetInfo {
  uint32_t (*compare)(Warp &, const Inst &);
  int combine; ///< -1 none, and, or, xor
  bool negate; ///< the predicate it combines with
  bool flush;
  Slot second; ///< p of p|q gets the result, q the other one
  bool hasSecond;
  bool asFloat; ///< set: 1.0 instead of all ones
  uint32_t one;
};

uint32_t combined(const SetInfo &info, uint32_t r, uint32_t with) {
  if (info.negate)
    with = ~with;
  switch (info.combine) {
  case 0:
    return r & with;
  case 1:
    return r | with;
  case 2:
    return r ^ with;
  default:
    return r;
  }
}

uint32_t evaluate(Warp &w, const Inst &i, const SetInfo &info) {
  if (!info.flush)
    return info.compare(w, i);
  uint32_t before = _mm_getcsr();
  _mm_setcsr(before | 0x8040);
  uint32_t r = info.compare(w, i);
  _mm_setcsr(before);
  return r;
}

void setPredicate(Warp &w, const Inst &i, uint32_t lanes) {
  const SetInfo &info = *static_cast<const SetInfo *>(i.extra);
  uint32_t r = evaluate(w, i, info), with = w.predicate(i.c);
  uint32_t first = combined(info, r, with);
  uint32_t *d = w.result<uint32_t>(i.d);
  uint32_t second = combined(info, ~r, with);
  *d = (*d & ~lanes) | (first & lanes);
  if (info.hasSecond) {
    uint32_t *q = w.result<uint32_t>(info.second);
    *q = (*q & ~lanes) | (second & lanes);
  }
}

void setValue(Warp &w, const Inst &i, uint32_t lanes) {
  const SetInfo &info = *static_cast<const SetInfo *>(i.extra);
  uint32_t r = combined(info, evaluate(w, i, info), w.predicate(i.c));
  uint32_t *d = w.result<uint32_t>(i.d);
  for (unsigned l = 0; l < 32; ++l)
    if (lanes >> l & 1)
      d[l] = (r >> l & 1) ? info.one : 0;
}

/// Two 16-bit comparisons; setp gives p|q, set gives a pair.
template <Relation R, class H, bool High> uint32_t comparePart(Warp &w, const Inst &i) {
  const uint32_t *a = w.source<uint32_t>(i.a), *b = w.source<uint32_t>(i.b);
  uint32_t r = 0;
  for (unsigned l = 0; l < 32; ++l)
    r |= uint32_t(holds<R>(toFloat(H{static_cast<uint16_t>(a[l] >> 16 * High)}),
                           toFloat(H{static_cast<uint16_t>(b[l] >> 16 * High)})))
         << l;
  return r;
}

using Compare = uint32_t (*)(Warp &, const Inst &);

template <Relation R> Compare comparison(Type type, bool high) {
  switch (type) {
  case Type::U16:
  case Type::B16:
    return compare<R, uint16_t>;
  case Type::S16:
    return compare<R, int16_t>;
  case Type::U32:
  case Type::B32:
    return compare<R, uint32_t>;
  case Type::S32:
    return compare<R, int32_t>;
  case Type::U64:
  case Type::B64:
    return compare<R, uint64_t>;
  case Type::S64:
    return compare<R, int64_t>;
  case Type::F32:
    return compare<R, float>;
  case Type::F64:
    return compare<R, double>;
  case Type::F16:
    return compare<R, Half>;
  case Type::BF16:
    return compare<R, Bfloat>;
  case Type::F16x2:
    return high ? comparePart<R, Half, true> : comparePart<R, Half, false>;
  case Type::BF16x2:
    return high ? comparePart<R, Bfloat, true> : comparePart<R, Bfloat, false>;
  default:
    return nullptr;
  }
}

Compare comparison(Decoder &d, int relation, Type type, bool high = false) {
  using enum Relation;
  switch (relation) {
  case 0:
    return comparison<Eq>(type, high);
  case 1:
    return isFloat(type) ? comparison<Ne>(type, high) : comparison<Neu>(type, high);
  case 2:
  case 14:
    return comparison<Lt>(type, high);
  case 3:
  case 15:
    return comparison<Le>(type, high);
  case 4:
  case 16:
    return comparison<Gt>(type, high);
  case 5:
  case 17:
    return comparison<Ge>(type, high);
  case 6:
    return comparison<Equ>(type, high);
  case 7:
    return comparison<Neu>(type, high);
  case 8:
    return comparison<Ltu>(type, high);
  case 9:
    return comparison<Leu>(type, high);
  case 10:
    return comparison<Gtu>(type, high);
  case 11:
    return comparison<Geu>(type, high);
  case 12:
    return comparison<Num>(type, high);
  case 13:
    return comparison<Nan>(type, high);
  default:
    d.unknown();
  }
}

struct PairInfo {
  Compare low, high;
  Slot second;
  uint32_t one;
};

void setPair(Warp &w, const Inst &i, uint32_t lanes) {
  const PairInfo &info = *static_cast<const PairInfo *>(i.extra);
  uint32_t low = info.low(w, i), high = info.high(w, i);
  if (info.one == 0) {
    uint32_t *p = w.result<uint32_t>(i.d), *q = w.result<uint32_t>(info.second);
    *p = (*p & ~lanes) | (low & lanes);
    *q = (*q & ~lanes) | (high & lanes);
    return;
  }
  uint32_t *d = w.result<uint32_t>(i.d);
  for (unsigned l = 0; l < 32; ++l)
    if (lanes >> l & 1)
      d[l] = ((low >> l & 1) ? info.one : 0) | ((high >> l & 1) ? info.one << 16 : 0);
}

bool decodeSet(Decoder &d, bool predicate) {
  int relation = d.hasOneOf({"eq", "ne", "lt", "le", "gt", "ge", "equ", "neu", "ltu", "leu", "gtu",
                             "geu", "num", "nan", "lo", "ls", "hi", "hs"});
  SetInfo info{};
  info.combine = d.hasOneOf({"and", "or", "xor"});
  info.flush = d.has("ftz");
  Type out = predicate ? Type::Pred : d.type(), type = d.type();
  bool pair = type == Type::F16x2 || type == Type::BF16x2;
  Inst inst;
  inst.cls = Class::Compare;
  d.expectOperands(info.combine >= 0 ? 4 : 3);
  const Operand &target = d.operand(0);
  info.hasSecond = predicate && target.kind == Operand::Pair;
  inst.d = d.result(info.hasSecond ? target.elements[0] : target, out);
  if (info.hasSecond)
    info.second = d.result(target.elements[1], Type::Pred);
  inst.a = d.source(1, type);
  inst.b = d.source(2, type);
  if (info.combine >= 0) {
    inst.c = d.source(3, Type::Pred);
    info.negate = d.operand(3).negated;
  }
  std::vector<Slot> results;
  if (info.hasSecond)
    results.push_back(info.second);
  d.operandsBeyond(inst, {}, results);
  if (pair) {
    if (info.combine >= 0 || info.flush || (predicate && !info.hasSecond))
      d.unknown();
    PairInfo both{comparison(d, relation, type), comparison(d, relation, type, true), info.second,
                  predicate             ? 0u
                  : out == Type::F16x2  ? 0x3C00u
                  : out == Type::BF16x2 ? 0x3F80u
                                        : 0xFFFFu};
    inst.extra = d.image().own(both);
    inst.run = setPair;
    d.emit(inst);
    return true;
  }
  info.compare = comparison(d, relation, type);
  if (!info.compare)
    d.unknown();
  info.one = out == Type::F32    ? 0x3F800000u
             : out == Type::F16  ? 0x3C00u
             : out == Type::BF16 ? 0x3F80u
             : sizeOf(out) == 2  ? 0xFFFFu
                                 : ~0u;
  inst.extra = d.image().own(info);
  inst.run = predicate ? setPredicate : setValue;
  d.emit(inst);
  return true;
}

/// Only the value that a lane chooses needs to be there.
struct Choices {
  Slot a, b;
};

uint32_t chosenUndefined(Warp &w, const Choices &from, uint32_t p) {
  return ~((p & w.valid[from.a.use]) | (~p & w.valid[from.b.use]));
}

template <class T> void selectLanes(Warp &w, const Inst &i, uint32_t lanes) {
  const Choices &from = *static_cast<const Choices *>(i.extra);
  const T *a = w.source<T>(from.a), *b = w.source<T>(from.b);
  uint32_t p = w.predicate(i.c);
  alignas(64) T r[32];
  for (unsigned l = 0; l < 32; ++l)
    r[l] = (p >> l & 1) ? a[l] : b[l];
  w.poison |= lanes & chosenUndefined(w, from, p);
  blend(w.result<T>(i.d), r, lanes);
}

void selectPredicate(Warp &w, const Inst &i, uint32_t lanes) {
  const Choices &from = *static_cast<const Choices *>(i.extra);
  uint32_t p = w.predicate(i.c), r = (p & w.predicate(from.a)) | (~p & w.predicate(from.b));
  uint32_t *d = w.result<uint32_t>(i.d);
  w.poison |= lanes & chosenUndefined(w, from, p);
  *d = (*d & ~lanes) | (r & lanes);
}

template <class T> void selectBySign(Warp &w, const Inst &i, uint32_t lanes) {
  const T *a = w.source<T>(i.a), *b = w.source<T>(i.b);
  const uint32_t *c = w.source<uint32_t>(i.c);
  alignas(64) T r[32];
  for (unsigned l = 0; l < 32; ++l) {
    bool first = i.immediate ? std::bit_cast<float>(c[l]) >= 0 : static_cast<int32_t>(c[l]) >= 0;
    r[l] = first ? a[l] : b[l];
  }
  blend(w.result<T>(i.d), r, lanes);
}

bool decodeSelect(Decoder &d) {
  Type type = d.type();
  d.expectOperands(4);
  Inst inst;
  inst.cls = Class::Move;
  inst.run = type == Type::Pred  ? selectPredicate
             : sizeOf(type) == 8 ? selectLanes<uint64_t>
                                 : selectLanes<uint32_t>;
  inst.d = d.result(0, type);
  Choices from{d.source(1, type), d.source(2, type)};
  inst.c = d.source(3, Type::Pred);
  if (d.operand(3).negated)
    std::swap(from.a, from.b);
  inst.extra = d.image().own(from);
  d.emit(inst);
  return true;
}

bool decodeSlct(Decoder &d) {
  d.has("ftz");
  Type type = d.type(), by = d.type();
  d.expectOperands(4);
  Inst inst;
  inst.cls = Class::Move;
  inst.run = sizeOf(type) == 8 ? selectBySign<uint64_t> : selectBySign<uint32_t>;
  inst.immediate = by == Type::F32;
  inst.d = d.result(0, type);
  inst.a = d.source(1, type);
  inst.b = d.source(2, type);
  inst.c = d.source(3, by);
  d.emit(inst);
  return true;
}

} // namespace

bool decodeCompare(Decoder &d) {
  std::string_view op = d.in().opcode;
  if (op == "setp" || op == "set")
    return decodeSet(d, op == "setp");
  if (op == "selp")
    return decodeSelect(d);
  if (op == "slct")
    return decodeSlct(d);
  return false;
}

} // namespace ptxsim
