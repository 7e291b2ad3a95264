// SPDX-License-Identifier: Apache-2.0
#include "tools/ptxsim/mutate/Ranges.h"

#include <algorithm>
#include <bit>
#include <optional>

namespace ptxsim {
namespace {

constexpr uint64_t mask(unsigned bits) { return bits >= 64 ? ~0ull : (1ull << bits) - 1; }

/// A range that grows more often than this is a loop's: its bounds are given up.
constexpr unsigned mostChanges = 8;

bool has(const Instruction &in, std::string_view suffix) {
  return std::ranges::find(in.suffixes, suffix) != in.suffixes.end();
}

Range tidied(Range r, unsigned bits) {
  r.zeros |= ~mask(bits);
  r.ones &= mask(bits);
  r.high = std::min(r.high, ~r.zeros);
  if (r.high < mask(bits))
    r.zeros |= ~mask(64 - std::countl_zero(r.high));
  return r;
}

Range join(const Range &a, const Range &b) {
  if (a.never() || b.never())
    return a.never() ? b : a;
  return {std::min(a.low, b.low), std::max(a.high, b.high), a.zeros & b.zeros, a.ones & b.ones};
}

/// Trailing bits that are never set.
uint64_t tail(const Range &r) { return r.step() ? r.step() - 1 : ~0ull; }

Range sum(const Range &a, const Range &b, unsigned bits) {
  Range r = Range::all(bits);
  r.zeros |= tail(a) & tail(b);
  // A constant behind the other's last bit.
  if (b.low == b.high && !(b.low & ~tail(a)))
    r.ones = a.ones | b.low;
  if (a.high <= mask(bits) - b.high)
    r.low = a.low + b.low, r.high = a.high + b.high;
  return r;
}

Range difference(const Range &a, const Range &b, unsigned bits) {
  Range r = Range::all(bits);
  r.zeros |= tail(a) & tail(b);
  if (a.low >= b.high)
    r.low = a.low - b.high, r.high = a.high - b.low;
  return r;
}

Range product(const Range &a, const Range &b, unsigned bits) {
  Range r = Range::all(bits);
  unsigned low = std::countr_one(tail(a)) + std::countr_one(tail(b));
  r.zeros |= mask(std::min(low, bits));
  if (auto high = static_cast<unsigned __int128>(a.high) * b.high; high <= mask(bits))
    r.low = a.low * b.low, r.high = a.high * b.high;
  return r;
}

/// Whether a signed reading of `bits` bits is the same number.
bool isNatural(const Range &r, unsigned bits) { return r.high <= mask(bits) >> 1; }

} // namespace

Type lastType(const Instruction &in) {
  return in.suffixes.empty() ? Type::None : parseType(in.suffixes.back()).value_or(Type::None);
}

Range Range::all(unsigned bits) { return {0, mask(bits), ~mask(bits), 0}; }

Ranges::Ranges(const Function &function)
    : function(function), known(function.registers.size()), changes(function.registers.size()) {
  do {
    changed = false;
    for (const Instruction &in : function.instructions)
      if (!in.operands.empty() && in.opcode != "st" && in.opcode != "bra")
        write(in.operands[0], result(in));
  } while (changed);
}

void Ranges::write(const Operand &target, const Range &value) {
  if (target.kind == Operand::Vector || target.kind == Operand::Pair ||
      target.kind == Operand::List) {
    for (const Operand &element : target.elements)
      write(element, Range::all(64));
    return;
  }
  if (target.kind != Operand::Register)
    return;
  unsigned bits = 8 * sizeOf(function.registers[target.index].type);
  Range &old = known[target.index];
  Range now = value.never() ? old : tidied(join(old, tidied(value, bits)), bits);
  if (now == old)
    return;
  if (++changes[target.index] > mostChanges)
    now.low = 0, now.high = ~now.zeros;
  changed |= now != old;
  old = now;
}

Range Ranges::of(const Operand &operand, unsigned bits) const {
  switch (operand.kind) {
  case Operand::Register: {
    const Range &r = known[operand.index];
    if (r.never() || r.high <= mask(bits))
      return r;
    return {0, mask(bits) & ~r.zeros, r.zeros | ~mask(bits), r.ones & mask(bits)};
  }
  case Operand::Integer:
    return Range::only(operand.bits & mask(bits));
  case Operand::Special:
    for (unsigned i = 0; i < 3; ++i)
      if (operand.name == std::string("%tid.") + "xyz"[i] && function.maximumThreads[i])
        return tidied({0, function.maximumThreads[i] - 1, 0, 0}, 32);
    if (operand.name == "%laneid")
      return tidied({0, 31, 0, 0}, 32);
    return Range::all(bits);
  default:
    return Range::all(bits);
  }
}

std::optional<bool> Ranges::outcome(const Instruction &setp) const {
  Type type = lastType(setp);
  if (setp.opcode != "setp" || setp.operands.size() != 3 || isFloat(type) ||
      setp.operands[0].kind != Operand::Register || setp.operands[2].kind != Operand::Integer)
    return std::nullopt;
  unsigned bits = 8 * sizeOf(type);
  Range range = of(setp.operands[1], bits);
  uint64_t value = setp.operands[2].bits & mask(bits);
  if (range.never() || (isSigned(type) && (!isNatural(range, bits) || value > mask(bits) >> 1)))
    return std::nullopt;
  std::string_view relation = setp.suffixes[0];
  bool equality = relation == "eq" || relation == "ne";
  if (equality && !range.contains(value))
    return relation == "ne";
  bool below = relation == "lt" || relation == "le", strict = relation == "lt" || relation == "ge";
  if (equality || !(below || relation == "gt" || relation == "ge"))
    return std::nullopt;
  // Whether values lie below the edge, or all above it.
  if (strict ? range.high < value : range.high <= value)
    return below;
  if (strict ? range.low >= value : range.low > value)
    return !below;
  return std::nullopt;
}

Range Ranges::result(const Instruction &in) const {
  Type type = lastType(in);
  unsigned bits = 8 * sizeOf(type);
  if (in.opcode == "ld")
    return Range::all(bits && !isSigned(type) ? bits : 64);
  bool integer = isInteger(type) || isBits(type);
  if (!integer || in.operands.size() < 2)
    return Range::all(64);
  std::vector<Range> from;
  for (size_t i = 1; i < in.operands.size(); ++i) {
    from.push_back(of(in.operands[i], bits));
    if (from.back().never() && i < 3)
      return {};
  }
  const Range &a = from[0], &b = from.size() > 1 ? from[1] : from[0];
  bool natural = !isSigned(type) || (isNatural(a, bits) && isNatural(b, bits));
  unsigned wide = has(in, "wide") ? 2 * bits : bits;
  bool plain = !has(in, "hi") && !has(in, "sat") && !has(in, "cc") && (natural || !has(in, "wide"));
  if (in.opcode == "mov" && from.size() == 1)
    return a;
  if (in.opcode == "cvt") {
    Type to = Type::None;
    for (std::string_view suffix : in.suffixes)
      if (to == Type::None)
        to = parseType(suffix).value_or(Type::None);
    unsigned width = 8 * sizeOf(to);
    if (isFloat(to) || !width)
      return Range::all(64);
    if (natural && a.high <= mask(width))
      return a;
    Range r = Range::all(width);
    r.zeros |= tail(a);
    return r;
  }
  if (in.opcode == "add" && plain)
    return sum(a, b, bits);
  if (in.opcode == "sub" && plain)
    return difference(a, b, bits);
  if (in.opcode == "mul" && plain)
    return product(a, b, wide);
  if (in.opcode == "mad" && plain && from.size() == 3)
    return sum(product(a, b, wide), of(in.operands[3], wide), wide);
  if (in.opcode == "min" && natural)
    return {std::min(a.low, b.low), std::min(a.high, b.high), a.zeros & b.zeros, a.ones & b.ones};
  if (in.opcode == "max" && natural)
    return {std::max(a.low, b.low), std::max(a.high, b.high), a.zeros & b.zeros, a.ones & b.ones};
  if (in.opcode == "selp")
    return join(a, b);
  if (in.opcode == "and")
    return tidied({0, std::min(a.high, b.high), a.zeros | b.zeros, a.ones & b.ones}, bits);
  if (in.opcode == "or")
    return tidied({std::max(a.low, b.low), mask(bits), a.zeros & b.zeros, a.ones | b.ones}, bits);
  if (in.opcode == "xor")
    return tidied({0, mask(bits), a.zeros & b.zeros, 0}, bits);
  if (in.opcode == "popc")
    return tidied({0, 64, 0, 0}, 32);
  bool constant = b.low == b.high && b.low < bits;
  if (in.opcode == "shl" && constant) {
    Range by = product(a, Range::only(1ull << b.low), bits);
    by.ones = a.ones << b.low & mask(bits);
    by.zeros |= a.zeros << b.low & mask(bits) & ~mask(static_cast<unsigned>(b.low));
    return by;
  }
  if (in.opcode == "shr" && constant && natural)
    return tidied({a.low >> b.low, a.high >> b.low, a.zeros >> b.low, a.ones >> b.low}, bits);
  if (in.opcode == "bfe" && from.size() == 3 && !isSigned(type) && from[2].low == from[2].high)
    return tidied({0, mask(static_cast<unsigned>(std::min<uint64_t>(from[2].low, 64))), 0, 0},
                  bits);
  if (in.opcode == "div" && natural && b.low)
    return tidied({a.low / b.high, a.high / b.low, 0, 0}, bits);
  if (in.opcode == "rem" && natural && b.low)
    return tidied({0, std::min(a.high, b.high - 1), 0, 0}, bits);
  if (in.opcode == "mul" && has(in, "hi") && natural) {
    auto high = static_cast<unsigned __int128>(a.high) * b.high >> bits;
    return tidied({0, static_cast<uint64_t>(high), 0, 0}, bits);
  }
  return Range::all(64);
}

} // namespace ptxsim
