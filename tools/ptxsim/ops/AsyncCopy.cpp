// SPDX-License-Identifier: Apache-2.0
// cp.async: copies from global to shared memory that land at the wait, or before.
#include "tools/ptxsim/core/AsyncCopies.h"
#include "tools/ptxsim/core/MemoryChecks.h"
#include "tools/ptxsim/ops/Addresses.h"

#include <fmt/format.h>

#include <algorithm>

namespace ptxsim {
namespace {

struct CopyOp {
  uint32_t bytes;
  bool wideDestination, wideSource, hasSourceSize, ignoreSource;
  uint64_t destinationOffset, sourceOffset;
};

/// Nearly all copies have 16 bytes: no call for those.
inline void copyBytes(uint8_t *to, const uint8_t *from, uint32_t bytes) {
  if (bytes == 16)
    std::memcpy(to, from, 16);
  else
    std::memcpy(to, from, bytes);
}

void copy(Warp &w, const Inst &i, uint32_t lanes) {
  const CopyOp &op = *static_cast<const CopyOp *>(i.extra);
  Launch &launch = w.block.launch;
  uint64_t to[32], from[32];
  laneAddresses(w, i.a, op.wideDestination, op.destinationOffset, to);
  laneAddresses(w, i.b, op.wideSource, op.sourceOffset, from);
  const uint32_t *sizes = op.hasSourceSize ? w.source<uint32_t>(i.c) : nullptr;
  uint32_t ignored = op.ignoreSource ? w.predicate(i.c) : 0;
  checkShared(w, lanes, to, op.bytes);
  countShared(w, lanes, to, op.bytes);
  uint32_t reading = 0;
  for (unsigned l = 0; l < 32; ++l)
    reading |= uint32_t(!(ignored >> l & 1) && (!sizes || sizes[l])) << l;
  reading &= lanes;
  if (!w.copies)
    w.copies = std::make_unique<AsyncCopies>();
  for (uint32_t rest = lanes; rest; rest &= rest - 1) {
    unsigned l = firstLane(rest);
    uint32_t bytes = !(reading >> l & 1) ? 0 : sizes ? sizes[l] : op.bytes;
    if (bytes > op.bytes)
      throw Fault{FaultKind::OutOfBounds, l,
                  fmt::format("a copy of {} bytes reads {} bytes", op.bytes, bytes)};
    AsyncCopies::Copy copy{
        l, AsyncCopies::open, static_cast<uint32_t>(to[l]), op.bytes, w.pc, false, {}};
    if (bytes) {
      if (from[l] % op.bytes)
        throw Fault{FaultKind::Misaligned, l,
                    fmt::format("global address {:#x} is no multiple of the copy's {} bytes",
                                from[l], op.bytes)};
      const DeviceMemory::Allocation *allocation = launch.memory.find(from[l]);
      if (!allocation || !allocation->contains(from[l], bytes))
        throw Fault{FaultKind::OutOfBounds, l,
                    fmt::format("copy of {} bytes from global address {:#x}: {}", bytes, from[l],
                                launch.memory.describe(from[l]))};
      uint32_t words = bytes / 4 * 4;
      if (words)
        noteRead(w, l, globalShadow(w, from[l]), from[l], words, w.pc);
      for (uint32_t b = words; b < bytes; ++b)
        noteRead(w, l, globalShadow(w, from[l] + b), from[l] + b, 1, w.pc);
      copyBytes(copy.data.data(), launch.memory.data(from[l]), bytes);
    }
    Shadow shadow = sharedShadow(w, to[l]);
    noteWrite(w, l, shadow, to[l], op.bytes, w.pc, nullptr, nullptr);
    for (uint32_t word = 0; word < op.bytes / 4; ++word)
      shadow.state[word] |= 0xF0;
    copy.landed = launch.random.below(2);
    uint8_t *data = w.block.shared.data.data() + to[l];
    if (copy.landed)
      copyBytes(data, copy.data.data(), op.bytes);
    else
      std::fill_n(data, op.bytes, uint8_t(0xFF));
    w.copies->pending.push_back(copy);
  }
  countGlobal(w, reading, from, op.bytes, false);
}

void commit(Warp &w, const Inst &, uint32_t lanes) {
  if (!w.copies)
    w.copies = std::make_unique<AsyncCopies>();
  w.copies->commit(lanes);
}

void wait(Warp &w, const Inst &i, uint32_t lanes) {
  if (w.copies)
    w.copies->wait(w, lanes, static_cast<uint32_t>(i.immediate), i.extra != nullptr);
}

bool decodeCopy(Decoder &d) {
  bool all = d.hasOneOf({"ca", "cg"}) == 0;
  if (!d.has("shared") && !d.has("shared::cta"))
    d.unknown();
  if (!d.has("global"))
    d.unknown();
  d.hasOneOf({"L2::64B", "L2::128B", "L2::256B"});
  // A cache policy is one more operand, which changes no result.
  size_t operands = d.operandCount() - d.has("L2::cache_hint");
  if (operands < 3 || operands > 4 || d.operand(2).kind != Operand::Integer)
    d.unknown();
  CopyOp op{};
  op.bytes = static_cast<uint32_t>(d.operand(2).bits);
  if (!(op.bytes == 16 || (all && (op.bytes == 4 || op.bytes == 8))))
    d.fail("copies have 16 bytes, with .ca also 4 or 8:");
  AddressOperand to = d.address(d.operand(0)), from = d.address(d.operand(1));
  op.wideDestination = to.base.use == 0 || to.wide;
  op.wideSource = from.base.use == 0 || from.wide;
  op.destinationOffset = to.offset;
  op.sourceOffset = from.offset;
  Inst inst;
  inst.cls = Class::AsyncCopy;
  inst.run = copy;
  inst.decides = true;
  inst.a = to.base;
  inst.b = from.base;
  if (operands == 4) {
    const Operand &last = d.operand(3);
    op.ignoreSource = last.kind == Operand::Register && d.registerType(last) == Type::Pred;
    op.hasSourceSize = !op.ignoreSource;
    inst.c = d.source(last, op.ignoreSource ? Type::Pred : Type::U32);
  }
  inst.extra = d.image().own(op);
  d.emit(inst);
  return true;
}

} // namespace

void AsyncCopies::commit(uint32_t lanes) {
  for (Copy &copy : pending)
    if ((lanes >> copy.lane & 1) && copy.group == open)
      copy.group = committed[copy.lane];
  for (uint32_t rest = lanes; rest; rest &= rest - 1)
    ++committed[firstLane(rest)];
}

void AsyncCopies::wait(Warp &warp, uint32_t lanes, uint32_t newest, bool all) {
  auto completes = [&](const Copy &copy) {
    if (!(lanes >> copy.lane & 1))
      return false;
    if (copy.group == open)
      return all;
    return copy.group + newest < committed[copy.lane];
  };
  for (const Copy &copy : pending) {
    if (!completes(copy))
      continue;
    if (!copy.landed)
      copyBytes(warp.block.shared.data.data() + copy.destination, copy.data.data(), copy.bytes);
    Shadow shadow = sharedShadow(warp, copy.destination);
    for (uint32_t word = 0; word < copy.bytes / 4; ++word) {
      shadow.state[word] = 0x0F;
      shadow.cells[word].write = {warp.clock, warp.number, 1u << copy.lane,
                                  copy.site | 15u << Access::bytesShift};
    }
  }
  std::erase_if(pending, completes);
}

bool decodeAsyncCopy(Decoder &d) {
  if (d.in().opcode != "cp" || !d.has("async"))
    return false;
  Inst inst;
  inst.cls = Class::AsyncCopy;
  if (d.has("commit_group")) {
    inst.run = commit;
    d.emit(inst);
    return true;
  }
  if (d.has("wait_all")) {
    static constexpr bool all = true;
    inst.run = wait;
    inst.extra = &all;
    d.emit(inst);
    return true;
  }
  if (d.has("wait_group")) {
    d.expectOperands(1);
    if (d.operand(0).kind != Operand::Integer)
      d.fail("number of groups expected");
    inst.run = wait;
    inst.immediate = d.operand(0).bits;
    d.emit(inst);
    return true;
  }
  return decodeCopy(d);
}

} // namespace ptxsim
