// SPDX-License-Identifier: Apache-2.0
// ld, ldu, st in every space, scalar and vector; prefetch.
#include "tools/ptxsim/core/MemoryChecks.h"
#include "tools/ptxsim/ops/Addresses.h"

#include <fmt/format.h>

namespace ptxsim {
namespace {

struct MemoryOp {
  Space space = Space::Generic;
  Type type = Type::B32;
  unsigned element = 4; ///< bytes
  unsigned count = 1;   ///< elements
  unsigned bytes = 4;   ///< of a lane
  bool wideAddress = true;
  bool strong = false, acquire = false, release = false;
  bool readOnly = false; ///< ld.global.nc
  bool isStore = false;
  std::array<Slot, 8> values;
  std::array<uint8_t, 8> widths; ///< bytes of the value registers' lanes: 4 or 8
};

uint64_t extended(const uint8_t *at, Type type) {
  switch (sizeOf(type)) {
  case 1:
    return isSigned(type) ? static_cast<uint64_t>(static_cast<int8_t>(*at)) : *at;
  case 2: {
    uint16_t v;
    std::memcpy(&v, at, 2);
    return isSigned(type) ? static_cast<uint64_t>(static_cast<int16_t>(v)) : v;
  }
  case 4: {
    uint32_t v;
    std::memcpy(&v, at, 4);
    return isSigned(type) ? static_cast<uint64_t>(static_cast<int32_t>(v)) : v;
  }
  default: {
    uint64_t v;
    std::memcpy(&v, at, 8);
    return v;
  }
  }
}

/// `data(lane)` points at the lane's bytes.
template <class Data> void loadValues(Warp &w, const MemoryOp &op, uint32_t lanes, Data data) {
  for (unsigned e = 0; e < op.count; ++e) {
    if (op.widths[e] == 8) {
      uint64_t *d = w.result<uint64_t>(op.values[e]);
      for (uint32_t rest = lanes; rest; rest &= rest - 1) {
        unsigned l = firstLane(rest);
        d[l] = extended(data(l) + e * op.element, op.type);
      }
    } else if (op.element == 4) {
      uint32_t *d = w.result<uint32_t>(op.values[e]);
      for (uint32_t rest = lanes; rest; rest &= rest - 1) {
        unsigned l = firstLane(rest);
        std::memcpy(&d[l], data(l) + e * 4, 4);
      }
    } else {
      uint32_t *d = w.result<uint32_t>(op.values[e]);
      // 16-bit registers are kept zero-extended.
      uint32_t mask = op.widths[e] == 2 ? 0xFFFF : ~0u;
      for (uint32_t rest = lanes; rest; rest &= rest - 1) {
        unsigned l = firstLane(rest);
        d[l] = static_cast<uint32_t>(extended(data(l) + e * op.element, op.type)) & mask;
      }
    }
  }
}

void storedBytes(Warp &w, const MemoryOp &op, unsigned lane, uint8_t *bytes) {
  for (unsigned e = 0; e < op.count; ++e) {
    if (op.element == 4 && op.widths[e] == 4) // the usual case, without a call
      std::memcpy(bytes + e * 4, &w.source<uint32_t>(op.values[e])[lane], 4);
    else if (op.widths[e] == 8)
      std::memcpy(bytes + e * op.element, &w.source<uint64_t>(op.values[e])[lane], op.element);
    else
      std::memcpy(bytes + e * op.element, &w.source<uint32_t>(op.values[e])[lane], op.element);
  }
}

uint32_t siteOf(Warp &w, const MemoryOp &op) { return w.pc | (op.strong ? Access::strong : 0); }

void synchroniseLane(Warp &w, const MemoryOp &op, uint64_t key, bool store) {
  if (op.strong)
    synchronise(w, key, !store, store, op.acquire, op.release, false);
}

uint64_t sharedKey(Warp &w, uint64_t offset) { return uint64_t(w.block.firstWarp) << 24 | offset; }

void global(Warp &w, const MemoryOp &op, uint32_t lanes, const uint64_t *addresses) {
  checkGlobal(w, lanes, addresses, op.bytes, op.isStore);
  countGlobal(w, lanes, addresses, op.bytes, op.isStore);
  DeviceMemory &memory = w.block.launch.memory;
  uint32_t site = siteOf(w, op);
  for (uint32_t rest = lanes; rest; rest &= rest - 1) {
    unsigned l = firstLane(rest);
    Shadow shadow = globalShadow(w, addresses[l]);
    if (op.isStore) {
      alignas(16) uint8_t bytes[32];
      storedBytes(w, op, l, bytes);
      uint8_t *data = memory.data(addresses[l]);
      synchroniseLane(w, op, addresses[l], true);
      noteWrite(w, l, shadow, addresses[l], op.bytes, site, data, bytes);
      if (op.bytes == 4)
        std::memcpy(data, bytes, 4);
      else
        std::memcpy(data, bytes, op.bytes);
    } else {
      if (op.readOnly && shadow.cells->write.clock >= shadow.staleBefore && shadow.races)
        raceFound(w, l, shadow.cells->write, true, false, "global", addresses[l]);
      synchroniseLane(w, op, addresses[l], false);
      noteRead(w, l, shadow, addresses[l], op.bytes, site);
    }
  }
  if (!op.isStore)
    loadValues(w, op, lanes, [&](unsigned l) { return memory.data(addresses[l]); });
}

void shared(Warp &w, const MemoryOp &op, uint32_t lanes, const uint64_t *addresses) {
  checkShared(w, lanes, addresses, op.bytes);
  countShared(w, lanes, addresses, op.bytes);
  uint8_t *data = w.block.shared.data.data();
  uint32_t site = siteOf(w, op);
  for (uint32_t rest = lanes; rest; rest &= rest - 1) {
    unsigned l = firstLane(rest);
    Shadow shadow = sharedShadow(w, addresses[l]);
    if (op.isStore) {
      alignas(16) uint8_t bytes[32];
      storedBytes(w, op, l, bytes);
      synchroniseLane(w, op, sharedKey(w, addresses[l]), true);
      noteWrite(w, l, shadow, addresses[l], op.bytes, site, data + addresses[l], bytes);
      std::memcpy(data + addresses[l], bytes, op.bytes);
    } else {
      synchroniseLane(w, op, sharedKey(w, addresses[l]), false);
      noteRead(w, l, shadow, addresses[l], op.bytes, site);
    }
  }
  if (!op.isStore)
    loadValues(w, op, lanes, [&](unsigned l) { return data + addresses[l]; });
}

void local(Warp &w, const MemoryOp &op, uint32_t lanes, const uint64_t *addresses) {
  const uint32_t size = w.block.launch.image.localBytes;
  for (uint32_t rest = lanes; rest; rest &= rest - 1) {
    unsigned l = firstLane(rest);
    uint64_t at = addresses[l];
    if (at & (op.bytes - 1))
      throw Fault{
          FaultKind::Misaligned, l,
          fmt::format("local address {:#x} is no multiple of the access's {} bytes", at, op.bytes)};
    if (at >= size || op.bytes > size - at)
      throw Fault{FaultKind::OutOfBounds, l,
                  fmt::format("access of {} bytes at offset {:#x} of local memory, of which a "
                              "thread has {} bytes",
                              op.bytes, at, size)};
    uint8_t *state = w.localState.data() + (size_t(l) * size + at) / 4;
    uint32_t bits = byteBits(at, op.bytes);
    for (unsigned i = 0; i < (op.bytes <= 4 ? 1 : op.bytes / 4); ++i) {
      if (op.isStore)
        state[i] = static_cast<uint8_t>(state[i] | bits);
      else if ((state[i] & bits) != bits)
        uninitialisedFound(w, l, at, "local");
    }
    if (op.isStore) {
      alignas(16) uint8_t bytes[32];
      storedBytes(w, op, l, bytes);
      std::memcpy(w.local.data() + size_t(l) * size + at, bytes, op.bytes);
    }
  }
  if (!op.isStore)
    loadValues(w, op, lanes,
               [&](unsigned l) { return w.local.data() + size_t(l) * size + addresses[l]; });
}

void parameter(Warp &w, const MemoryOp &op, uint32_t lanes, const uint64_t *addresses) {
  const std::vector<uint8_t> &bytes = w.block.launch.parameters;
  for (uint32_t rest = lanes; rest; rest &= rest - 1) {
    unsigned l = firstLane(rest);
    if (addresses[l] >= bytes.size() || op.bytes > bytes.size() - addresses[l])
      throw Fault{FaultKind::OutOfBounds, l,
                  fmt::format("access of {} bytes at offset {:#x} of the kernel's {} bytes of "
                              "parameters",
                              op.bytes, addresses[l], bytes.size())};
    if (op.isStore)
      throw Fault{FaultKind::OutOfBounds, l, "store to a parameter of the kernel"};
  }
  loadValues(w, op, lanes, [&](unsigned l) { return bytes.data() + addresses[l]; });
}

template <Space S> void access(Warp &w, const Inst &i, uint32_t lanes) {
  const MemoryOp &op = *static_cast<const MemoryOp *>(i.extra);
  uint64_t addresses[32];
  laneAddresses(w, i.a, op.wideAddress, i.immediate, addresses);
  if constexpr (S == Space::Global || S == Space::Const)
    global(w, op, lanes, addresses);
  else if constexpr (S == Space::Shared)
    shared(w, op, lanes, addresses);
  else if constexpr (S == Space::Local)
    local(w, op, lanes, addresses);
  else if constexpr (S == Space::Param)
    parameter(w, op, lanes, addresses);
  else {
    if (uint32_t in = lanesIn(Space::Global, lanes, addresses))
      global(w, op, in, addresses), lanes &= ~in;
    if (uint32_t in = lanesIn(Space::Shared, lanes, addresses))
      shared(w, op, in, addresses), lanes &= ~in;
    if (uint32_t in = lanesIn(Space::Local, lanes, addresses))
      local(w, op, in, addresses), lanes &= ~in;
    if (uint32_t in = lanesIn(Space::Param, lanes, addresses))
      parameter(w, op, in, addresses);
  }
}

Class classOf(Space space, bool store) {
  switch (space) {
  case Space::Shared:
    return store ? Class::StoreShared : Class::LoadShared;
  case Space::Local:
    return store ? Class::StoreLocal : Class::LoadLocal;
  case Space::Const:
    return Class::LoadConst;
  case Space::Param:
    return Class::LoadParam;
  default:
    return store ? Class::StoreGlobal : Class::LoadGlobal;
  }
}

Handler handlerFor(Space space) {
  switch (space) {
  case Space::Global:
    return access<Space::Global>;
  case Space::Shared:
    return access<Space::Shared>;
  case Space::Local:
    return access<Space::Local>;
  case Space::Const:
    return access<Space::Const>;
  case Space::Param:
    return access<Space::Param>;
  default:
    return access<Space::Generic>;
  }
}

void nothing(Warp &, const Inst &, uint32_t) {}

void zero(Warp &w, const Inst &i, uint32_t lanes) {
  uint64_t *d = w.result<uint64_t>(i.d);
  for (unsigned l = 0; l < 32; ++l)
    d[l] = (lanes >> l & 1) ? 0 : d[l];
}

void consumeHints(Decoder &d) {
  d.hasOneOf({"ca", "cg", "cs", "lu", "cv", "wb", "wt"});
  d.hasOneOf({"L1::evict_normal", "L1::evict_unchanged", "L1::evict_first", "L1::evict_last",
              "L1::no_allocate"});
  d.hasOneOf({"L2::evict_first", "L2::evict_last", "L2::evict_normal"});
  d.hasOneOf({"L2::64B", "L2::128B", "L2::256B"});
}

Space consumeSpace(Decoder &d) {
  switch (d.hasOneOf({"global", "shared", "shared::cta", "local", "const", "param", "param::entry",
                      "param::func"})) {
  case 0:
    return Space::Global;
  case 1:
  case 2:
    return Space::Shared;
  case 3:
    return Space::Local;
  case 4:
    return Space::Const;
  case 5:
  case 6:
  case 7:
    return Space::Param;
  default:
    return Space::Generic;
  }
}

/// createpolicy: caches are not simulated, any number does.
bool decodePolicy(Decoder &d) {
  d.hasOneOf({"fractional", "range"});
  while (d.hasOneOf({"L2::evict_first", "L2::evict_last", "L2::evict_normal", "L2::evict_unchanged",
                     "global"}) >= 0)
    continue;
  Inst inst;
  inst.run = zero;
  inst.d = d.result(0, d.type());
  d.emit(inst);
  return true;
}

bool decodePrefetch(Decoder &d) {
  d.has("global"), d.has("local"), d.has("tensormap");
  d.hasOneOf({"L1", "L2", "L2::evict_last", "L2::evict_normal"});
  Inst inst;
  inst.run = nothing;
  inst.a = d.address(d.operand(0)).base;
  inst.cls = Class::Other;
  d.emit(inst);
  return true;
}

} // namespace

bool decodeLoadStore(Decoder &d) {
  std::string_view name = d.in().opcode;
  if (name == "prefetch" || name == "prefetchu")
    return decodePrefetch(d);
  if (name == "createpolicy")
    return decodePolicy(d);
  if (name != "ld" && name != "ldu" && name != "st")
    return false;
  MemoryOp op;
  op.isStore = name == "st";
  // Volatile accesses count as relaxed ones: they do not race with each other.
  int order = d.hasOneOf({"weak", "volatile", "relaxed", "acquire", "release", "mmio"});
  op.strong = order >= 1;
  op.acquire = order == 3;
  op.release = order == 4;
  if (order >= 2)
    d.hasOneOf({"cta", "gpu", "sys", "cluster"});
  op.space = consumeSpace(d);
  op.readOnly = d.has("nc");
  consumeHints(d);
  bool policy = d.has("L2::cache_hint"); // one more operand, which changes no result
  int vector = d.hasOneOf({"v2", "v4", "v8"});
  op.type = d.type();
  op.element = sizeOf(op.type);
  op.count = vector < 0 ? 1 : 2u << vector;
  op.bytes = op.element * op.count;
  if (op.element == 0 || op.element > 8 || op.bytes > 32)
    d.unknown();
  size_t addressIndex = op.isStore ? 0 : 1, valueIndex = op.isStore ? 1 : 0;
  d.expectOperands(policy ? 3 : 2);
  AddressOperand address = d.address(d.operand(addressIndex));
  if (op.space == Space::Generic && address.space != Space::Generic)
    op.space = address.space;
  // Parameters of device functions, and those of calls, are memory of the thread.
  if (op.space == Space::Param && !address.kernelParameter)
    op.space = address.space == Space::Generic && d.function().entry ? Space::Param : Space::Local;
  if (address.space != Space::Generic && address.space != op.space)
    d.fail("the variable lies in another space");
  op.wideAddress = address.base.use == 0 || address.wide;
  const Operand &value = d.operand(valueIndex);
  std::vector<const Operand *> elements;
  if (vector >= 0) {
    if (value.kind != Operand::Vector || value.elements.size() != op.count)
      d.fail("vector expected");
    for (const Operand &element : value.elements)
      elements.push_back(&element);
  } else {
    elements.push_back(&value);
  }
  std::vector<Slot> slots;
  for (size_t e = 0; e < elements.size(); ++e) {
    const Operand &operand = *elements[e];
    op.widths[e] = op.element == 8 ? 8 : 4;
    if (operand.kind == Operand::Register) {
      unsigned width = sizeOf(d.registerType(operand));
      if (width < op.element)
        d.fail("register '" + std::string(operand.name) + "' is too narrow");
      op.widths[e] = static_cast<uint8_t>(width == 8 ? 8 : width == 2 && !op.isStore ? 2 : 4);
    }
    slots.push_back(op.isStore ? d.source(operand, op.type, true)
                               : d.result(operand, op.type, true));
    op.values[e] = slots.back();
  }
  Inst inst;
  inst.cls = classOf(op.space, op.isStore);
  inst.run = handlerFor(op.space);
  inst.a = address.base;
  inst.immediate = address.offset;
  inst.decides = true;
  if (op.isStore)
    d.operandsBeyond(inst, slots, {});
  else
    d.operandsBeyond(inst, {}, slots);
  inst.extra = d.image().own(op);
  d.emit(inst);
  return true;
}

} // namespace ptxsim
