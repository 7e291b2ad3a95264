// SPDX-License-Identifier: Apache-2.0
// Lanes that exchange values: shfl, vote, match, redux, activemask, elect.
#include "tools/ptxsim/decode/Decoder.h"
#include "tools/ptxsim/ops/Lanes.h"

namespace ptxsim {
namespace {

enum class Shuffle : uint8_t { Up, Down, Butterfly, Index };

struct ShuffleInfo {
  Shuffle mode;
  Slot segment; ///< operand c: clamp in bits 0-4, segment mask in bits 8-12
  Slot inRange;
  bool hasInRange;
};

void shuffle(Warp &w, const Inst &i, uint32_t lanes) {
  const ShuffleInfo &info = *static_cast<const ShuffleInfo *>(i.extra);
  const uint32_t *a = w.source<uint32_t>(i.a), *b = w.source<uint32_t>(i.b);
  const uint32_t *c = w.source<uint32_t>(info.segment);
  uint32_t r[32], inRange = 0, defined = w.valid[i.a.use] & lanes;
  for (unsigned l = 0; l < 32; ++l) {
    uint32_t offset = b[l] & 31, clamp = c[l] & 31, segment = c[l] >> 8 & 31;
    uint32_t last = (l & segment) | (clamp & ~segment), first = l & segment;
    int from = 0;
    bool ok = false;
    switch (info.mode) {
    case Shuffle::Up:
      from = static_cast<int>(l) - static_cast<int>(offset);
      ok = from >= static_cast<int>(last);
      break;
    case Shuffle::Down:
      from = static_cast<int>(l + offset);
      ok = from <= static_cast<int>(last);
      break;
    case Shuffle::Butterfly:
      from = static_cast<int>(l ^ offset);
      ok = from <= static_cast<int>(last);
      break;
    case Shuffle::Index:
      from = static_cast<int>(first | (offset & ~segment));
      ok = from <= static_cast<int>(last);
      break;
    }
    if (!ok)
      from = static_cast<int>(l);
    r[l] = a[from];
    inRange |= uint32_t(ok) << l;
    // A lane that does not take part has no value to give.
    if ((lanes >> l & 1) && !(defined >> from & 1))
      w.poison |= 1u << l;
  }
  blend(w.result<uint32_t>(i.d), r, lanes);
  if (info.hasInRange) {
    uint32_t *p = w.result<uint32_t>(info.inRange);
    *p = (*p & ~lanes) | (inRange & lanes);
  }
}

bool decodeShuffle(Decoder &d) {
  if (!d.has("sync"))
    d.unknown();
  int mode = d.hasOneOf({"up", "down", "bfly", "idx"});
  if (mode < 0 || d.type() != Type::B32)
    d.unknown();
  d.expectOperands(5);
  ShuffleInfo info{};
  info.mode = static_cast<Shuffle>(mode);
  Inst inst;
  inst.cls = Class::Collective;
  inst.flow = Flow::Collective;
  inst.run = shuffle;
  const Operand &target = d.operand(0);
  info.hasInRange = target.kind == Operand::Pair;
  inst.d = d.result(info.hasInRange ? target.elements[0] : target, Type::B32);
  std::vector<Slot> results;
  if (info.hasInRange)
    results.push_back(info.inRange = d.result(target.elements[1], Type::Pred));
  inst.a = d.source(1, Type::B32);
  inst.b = d.source(2, Type::B32);
  info.segment = d.source(3, Type::B32);
  inst.c = d.source(4, Type::B32);
  d.operandsBeyond(inst, {info.segment}, results);
  inst.extra = d.image().own(info);
  d.emit(inst);
  return true;
}

enum Vote : uint64_t { All, Any, Uniform, Ballot, Negated = 8 };

void vote(Warp &w, const Inst &i, uint32_t lanes) {
  uint32_t holds = w.predicate(i.a);
  if (i.immediate & Negated)
    holds = ~holds;
  holds &= lanes;
  bool result = false;
  switch (i.immediate & 3) {
  case All:
    result = holds == lanes;
    break;
  case Any:
    result = holds != 0;
    break;
  case Uniform:
    result = holds == lanes || holds == 0;
    break;
  default: {
    uint32_t *d = w.result<uint32_t>(i.d);
    for (unsigned l = 0; l < 32; ++l)
      if (lanes >> l & 1)
        d[l] = holds;
    return;
  }
  }
  uint32_t *d = w.result<uint32_t>(i.d);
  *d = (*d & ~lanes) | (result ? lanes : 0);
}

bool decodeVote(Decoder &d) {
  if (!d.has("sync"))
    d.unknown();
  int mode = d.hasOneOf({"all", "any", "uni", "ballot"});
  d.type();
  if (mode < 0)
    d.unknown();
  d.expectOperands(3);
  Inst inst;
  inst.cls = Class::Collective;
  inst.flow = Flow::Collective;
  inst.run = vote;
  inst.decides = true;
  inst.immediate = static_cast<uint64_t>(mode) | (d.operand(1).negated ? Negated : 0);
  inst.d = d.result(0, mode == Ballot ? Type::B32 : Type::Pred);
  inst.a = d.source(1, Type::Pred);
  inst.c = d.source(2, Type::B32);
  d.emit(inst);
  return true;
}

template <class T, bool All> void match(Warp &w, const Inst &i, uint32_t lanes) {
  const T *a = w.source<T>(i.a);
  uint32_t *d = w.result<uint32_t>(i.d);
  uint32_t r[32] = {};
  for (unsigned l = 0; l < 32; ++l)
    for (unsigned m = 0; m < 32; ++m)
      r[l] |= uint32_t((lanes >> m & 1) && a[m] == a[l]) << m;
  bool all = r[firstLane(lanes)] == lanes;
  if (All) {
    for (unsigned l = 0; l < 32; ++l)
      r[l] = all ? lanes : 0;
    if (i.extra) {
      uint32_t *p = w.result<uint32_t>(*static_cast<const Slot *>(i.extra));
      *p = (*p & ~lanes) | (all ? lanes : 0);
    }
  }
  blend(d, r, lanes);
}

bool decodeMatch(Decoder &d) {
  int mode = d.hasOneOf({"any", "all"});
  if (!d.has("sync") || mode < 0)
    d.unknown();
  Type type = d.type();
  d.expectOperands(3);
  Inst inst;
  inst.cls = Class::Collective;
  inst.flow = Flow::Collective;
  inst.decides = true;
  bool wide = sizeOf(type) == 8;
  inst.run = mode ? (wide ? match<uint64_t, true> : match<uint32_t, true>)
                  : (wide ? match<uint64_t, false> : match<uint32_t, false>);
  const Operand &target = d.operand(0);
  bool pair = target.kind == Operand::Pair;
  inst.d = d.result(pair ? target.elements[0] : target, Type::B32);
  std::vector<Slot> results;
  if (pair) {
    results.push_back(d.result(target.elements[1], Type::Pred));
    inst.extra = d.image().own(results[0]);
  }
  inst.a = d.source(1, type);
  inst.c = d.source(2, Type::B32);
  d.operandsBeyond(inst, {}, results);
  d.emit(inst);
  return true;
}

enum Reduction : uint64_t { Add, Min, Max, And, Or, Xor };

void reduce(Warp &w, const Inst &i, uint32_t lanes) {
  const uint32_t *a = w.source<uint32_t>(i.a);
  bool isSignedType = i.immediate & 8;
  uint32_t r = a[firstLane(lanes)];
  for (unsigned l = firstLane(lanes) + 1; l < 32; ++l) {
    if (!(lanes >> l & 1))
      continue;
    bool less = isSignedType ? static_cast<int32_t>(a[l]) < static_cast<int32_t>(r) : a[l] < r;
    switch (i.immediate & 7) {
    case Add:
      r += a[l];
      break;
    case Min:
      r = less ? a[l] : r;
      break;
    case Max:
      r = less ? r : a[l];
      break;
    case And:
      r &= a[l];
      break;
    case Or:
      r |= a[l];
      break;
    default:
      r ^= a[l];
      break;
    }
  }
  uint32_t *d = w.result<uint32_t>(i.d);
  for (unsigned l = 0; l < 32; ++l)
    if (lanes >> l & 1)
      d[l] = r;
}

bool decodeRedux(Decoder &d) {
  int op = d.hasOneOf({"add", "min", "max", "and", "or", "xor"});
  if (!d.has("sync") || op < 0)
    d.unknown();
  Type type = d.type();
  if (sizeOf(type) != 4 || isFloat(type))
    d.unknown();
  d.expectOperands(3);
  Inst inst;
  inst.cls = Class::Collective;
  inst.flow = Flow::Collective;
  inst.run = reduce;
  inst.decides = true;
  inst.immediate = static_cast<uint64_t>(op) | (isSigned(type) ? 8 : 0);
  inst.d = d.result(0, type);
  inst.a = d.source(1, type);
  inst.c = d.source(2, Type::B32);
  d.emit(inst);
  return true;
}

void activeMask(Warp &w, const Inst &i, uint32_t lanes) {
  uint32_t *d = w.result<uint32_t>(i.d);
  for (unsigned l = 0; l < 32; ++l)
    if (lanes >> l & 1)
      d[l] = lanes;
}

/// elect.sync: the lowest lane of the mask is the leader.
void elect(Warp &w, const Inst &i, uint32_t lanes) {
  uint32_t *d = w.result<uint32_t>(i.d);
  for (unsigned l = 0; l < 32; ++l)
    if (lanes >> l & 1)
      d[l] = firstLane(lanes);
  uint32_t *p = w.result<uint32_t>(*static_cast<const Slot *>(i.extra));
  *p = (*p & ~lanes) | (lanes & -lanes);
}

} // namespace

bool decodeCollective(Decoder &d) {
  std::string_view op = d.in().opcode;
  if (op == "shfl")
    return decodeShuffle(d);
  if (op == "vote")
    return decodeVote(d);
  if (op == "match")
    return decodeMatch(d);
  if (op == "redux")
    return decodeRedux(d);
  if (op == "activemask") {
    d.type();
    d.expectOperands(1);
    Inst inst;
    inst.cls = Class::Collective;
    inst.run = activeMask;
    inst.d = d.result(0, Type::B32);
    d.emit(inst);
    return true;
  }
  if (op == "elect") {
    if (!d.has("sync") || d.operandCount() != 2 || d.operand(0).kind != Operand::Pair)
      d.unknown();
    Inst inst;
    inst.cls = Class::Collective;
    inst.flow = Flow::Collective;
    inst.run = elect;
    inst.d = d.result(d.operand(0).elements[0], Type::B32);
    Slot leader = d.result(d.operand(0).elements[1], Type::Pred);
    inst.extra = d.image().own(leader);
    inst.c = d.source(1, Type::B32);
    d.operandsBeyond(inst, {}, {leader});
    d.emit(inst);
    return true;
  }
  return false;
}

} // namespace ptxsim
