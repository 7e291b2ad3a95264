// SPDX-License-Identifier: Apache-2.0
// mov (registers, vectors, addresses, special registers), cvta, isspacep, clocks.
#include "tools/ptxsim/core/AddressSpaces.h"
#include "tools/ptxsim/core/Launch.h"
#include "tools/ptxsim/decode/Decoder.h"
#include "tools/ptxsim/ops/Lanes.h"

namespace ptxsim {
namespace {

template <class T> void copyLanes(Warp &w, const Inst &i, uint32_t lanes) {
  const T *a = w.source<T>(i.a);
  T *d = w.result<T>(i.d);
  if (lanes == ~0u)
    std::memmove(d, a, 32 * sizeof(T));
  else
    blend(d, a, lanes);
}

void copyPredicate(Warp &w, const Inst &i, uint32_t lanes) {
  uint32_t *d = w.result<uint32_t>(i.d);
  *d = (*d & ~lanes) | (w.predicate(i.a) & lanes);
}

struct Pieces {
  unsigned count, bytes; ///< of the vector's elements
  unsigned total;        ///< bytes of the scalar
  std::array<Slot, 8> slots;
};

uint64_t readLane(Warp &w, Slot slot, unsigned bytes, unsigned lane) {
  return bytes == 8 ? w.source<uint64_t>(slot)[lane] : w.source<uint32_t>(slot)[lane];
}
void writeLane(Warp &w, Slot slot, unsigned bytes, unsigned lane, uint64_t value) {
  if (bytes == 8)
    w.result<uint64_t>(slot)[lane] = value;
  else
    w.result<uint32_t>(slot)[lane] = static_cast<uint32_t>(value);
}

void packLanes(Warp &w, const Inst &i, uint32_t lanes) {
  const Pieces &p = *static_cast<const Pieces *>(i.extra);
  for (unsigned l = 0; l < 32; ++l) {
    if (!(lanes >> l & 1))
      continue;
    uint64_t value = 0;
    for (unsigned e = 0; e < p.count; ++e)
      value |= readLane(w, p.slots[e], p.bytes, l) << 8 * p.bytes * e;
    writeLane(w, i.d, p.total, l, value);
  }
}

void unpackLanes(Warp &w, const Inst &i, uint32_t lanes) {
  const Pieces &p = *static_cast<const Pieces *>(i.extra);
  uint64_t mask = p.bytes == 8 ? ~uint64_t(0) : (uint64_t(1) << 8 * p.bytes) - 1;
  for (unsigned l = 0; l < 32; ++l) {
    if (!(lanes >> l & 1))
      continue;
    uint64_t value = readLane(w, i.a, p.total, l);
    for (unsigned e = 0; e < p.count; ++e)
      writeLane(w, p.slots[e], p.bytes, l, value >> 8 * p.bytes * e & mask);
  }
}

bool decodeVectorMove(Decoder &d, Type type) {
  bool pack = d.operand(1).kind == Operand::Vector;
  const Operand &vector = d.operand(pack ? 1 : 0);
  Pieces pieces{};
  pieces.count = static_cast<unsigned>(vector.elements.size());
  pieces.total = sizeOf(type);
  if (pieces.count < 2 || pieces.count > 8 || pieces.total % pieces.count || pieces.total > 8)
    d.unknown();
  pieces.bytes = pieces.total / pieces.count;
  Type element = pieces.bytes == 4 ? Type::B32 : pieces.bytes == 2 ? Type::B16 : Type::B8;
  std::vector<Slot> slots;
  for (const Operand &e : vector.elements)
    slots.push_back(pack ? d.source(e, element, pieces.bytes == 1)
                         : d.result(e, element, pieces.bytes == 1));
  std::copy(slots.begin(), slots.end(), pieces.slots.begin());
  Inst inst;
  inst.cls = Class::Move;
  inst.copies = true;
  inst.extra = d.image().own(pieces);
  if (pack) {
    inst.run = packLanes;
    inst.d = d.result(0, type);
    d.operandsBeyond(inst, slots, {});
  } else {
    inst.run = unpackLanes;
    inst.a = d.source(1, type);
    d.operandsBeyond(inst, {}, slots);
  }
  d.emit(inst);
  return true;
}

/// %clock and its relatives: warp instructions of the launch so far, never the same twice.
void readClock(Warp &w, const Inst &i, uint32_t lanes) {
  uint64_t now = w.block.launch.counters.totalWarpInstructions();
  for (unsigned l = 0; l < 32; ++l)
    if (lanes >> l & 1)
      writeLane(w, i.d, static_cast<unsigned>(i.immediate), l, now);
}

bool decodeMov(Decoder &d) {
  Type type = d.type();
  d.expectOperands(2);
  const Operand &from = d.operand(1);
  if (from.kind == Operand::Vector || d.operand(0).kind == Operand::Vector)
    return decodeVectorMove(d, type);
  Inst inst;
  inst.cls = Class::Move;
  inst.copies = true;
  inst.d = d.result(0, type);
  if (from.kind == Operand::Special &&
      (from.name == "%clock" || from.name == "%clock64" || from.name == "%globaltimer" ||
       from.name == "%globaltimer_lo" || from.name == "%clock_hi" || from.name == "%gridid")) {
    inst.run = readClock;
    inst.immediate = sizeOf(type);
    d.emit(inst);
    return true;
  }
  if (from.kind == Operand::Special && sizeOf(type) == 8)
    d.unknown();
  inst.a = d.source(1, type);
  inst.run = type == Type::Pred  ? copyPredicate
             : sizeOf(type) == 8 ? copyLanes<uint64_t>
                                 : copyLanes<uint32_t>;
  d.emit(inst);
  return true;
}

uint64_t windowOf(int space) {
  switch (space) {
  case 0:
    return sharedWindow;
  case 1:
    return localWindow;
  case 2:
    return parameterWindow;
  default:
    return 0; // global and const addresses are generic ones
  }
}

bool decodeAddressConversion(Decoder &d) {
  bool to = d.has("to");
  int space = d.hasOneOf({"shared", "local", "param", "global", "const"});
  if (space < 0 && d.has("shared::cta"))
    space = 0;
  Type type = d.type();
  if (space < 0 || sizeOf(type) != 8)
    d.unknown();
  d.expectOperands(2);
  Inst inst;
  inst.cls = Class::Integer;
  inst.d = d.result(0, type);
  const Operand &from = d.operand(1);
  inst.a = d.source(from, type);
  inst.b = d.constant64(to ? -windowOf(space) : windowOf(space));
  inst.run = lanewise<[](uint64_t a, uint64_t b) -> uint64_t { return a + b; }>();
  d.emit(inst);
  return true;
}

void isSpace(Warp &w, const Inst &i, uint32_t lanes) {
  const uint64_t *a = w.source<uint64_t>(i.a);
  uint32_t r = 0;
  for (unsigned l = 0; l < 32; ++l)
    r |= uint32_t(i.immediate ? a[l] - i.immediate < windowBytes : a[l] >= DeviceMemory::base) << l;
  uint32_t *d = w.result<uint32_t>(i.d);
  *d = (*d & ~lanes) | (r & lanes);
}

bool decodeIsSpace(Decoder &d) {
  int space = d.hasOneOf({"shared", "local", "param", "global"});
  if (space < 0 && d.has("shared::cta"))
    space = 0;
  if (space < 0)
    d.unknown();
  d.expectOperands(2);
  Inst inst;
  inst.cls = Class::Compare;
  inst.run = isSpace;
  inst.immediate = windowOf(space);
  inst.d = d.result(0, Type::Pred);
  inst.a = d.source(1, Type::B64);
  d.emit(inst);
  return true;
}

} // namespace

bool decodeMove(Decoder &d) {
  std::string_view op = d.in().opcode;
  if (op == "mov")
    return decodeMov(d);
  if (op == "cvta")
    return decodeAddressConversion(d);
  if (op == "isspacep")
    return decodeIsSpace(d);
  return false;
}

} // namespace ptxsim
