// SPDX-License-Identifier: Apache-2.0
// atom and red in global, shared and generic space.
#include "tools/ptxsim/core/MemoryChecks.h"
#include "tools/ptxsim/ops/Addresses.h"

#include <cmath>
#include <cstring>

namespace ptxsim {
namespace {

enum class Operation : uint8_t { And, Or, Xor, Cas, Exch, Add, Inc, Dec, Min, Max };

struct AtomicOp {
  Space space;
  Operation operation;
  Type type;
  unsigned bytes;
  bool acquire, release, wideAddress, isReduction;
  Slot second; ///< new value of cas
};

template <class T> T integerResult(Operation op, T old, T b, T c) {
  switch (op) {
  case Operation::And:
    return old & b;
  case Operation::Or:
    return old | b;
  case Operation::Xor:
    return old ^ b;
  case Operation::Cas:
    return old == b ? c : old;
  case Operation::Exch:
    return b;
  case Operation::Add:
    return static_cast<T>(std::make_unsigned_t<T>(old) + std::make_unsigned_t<T>(b));
  case Operation::Inc:
    return old >= b ? T(0) : static_cast<T>(old + 1);
  case Operation::Dec:
    return old == 0 || old > b ? b : static_cast<T>(old - 1);
  case Operation::Min:
    return b < old ? b : old;
  case Operation::Max:
    return old < b ? b : old;
  }
  return old;
}

template <class T> T floatResult(Operation op, T old, T b) {
  switch (op) {
  case Operation::Add:
    return old + b;
  case Operation::Min:
    return std::fmin(old, b);
  case Operation::Max:
    return std::fmax(old, b);
  default:
    return b;
  }
}

template <class H> uint32_t pairResult(Operation op, uint32_t old, uint32_t b) {
  auto one = [&](uint32_t x, uint32_t y) -> uint32_t {
    return fromFloat<H>(floatResult(op, toFloat(H{static_cast<uint16_t>(x)}),
                                    toFloat(H{static_cast<uint16_t>(y)})))
        .bits;
  };
  return one(old, b) | one(old >> 16, b >> 16) << 16;
}

uint64_t newValue(const AtomicOp &op, uint64_t old, uint64_t b, uint64_t c) {
  auto as = [&]<class T>() -> uint64_t {
    return static_cast<std::make_unsigned_t<T>>(
        integerResult<T>(op.operation, static_cast<T>(old), static_cast<T>(b), static_cast<T>(c)));
  };
  switch (op.type) {
  case Type::U32:
  case Type::B32:
    return as.template operator()<uint32_t>();
  case Type::S32:
    return as.template operator()<int32_t>();
  case Type::U64:
  case Type::B64:
    return as.template operator()<uint64_t>();
  case Type::S64:
    return as.template operator()<int64_t>();
  case Type::B16:
    return as.template operator()<uint16_t>();
  case Type::F32:
    return std::bit_cast<uint32_t>(floatResult(op.operation,
                                               std::bit_cast<float>(static_cast<uint32_t>(old)),
                                               std::bit_cast<float>(static_cast<uint32_t>(b))));
  case Type::F64:
    return std::bit_cast<uint64_t>(
        floatResult(op.operation, std::bit_cast<double>(old), std::bit_cast<double>(b)));
  case Type::F16x2:
    return pairResult<Half>(op.operation, static_cast<uint32_t>(old), static_cast<uint32_t>(b));
  case Type::BF16x2:
    return pairResult<Bfloat>(op.operation, static_cast<uint32_t>(old), static_cast<uint32_t>(b));
  case Type::F16:
    return pairResult<Half>(op.operation, static_cast<uint32_t>(old), static_cast<uint32_t>(b)) &
           0xFFFF;
  default:
    return pairResult<Bfloat>(op.operation, static_cast<uint32_t>(old), static_cast<uint32_t>(b)) &
           0xFFFF;
  }
}

uint64_t laneValue(Warp &w, Slot slot, unsigned bytes, unsigned lane) {
  return bytes == 8 ? w.source<uint64_t>(slot)[lane] : w.source<uint32_t>(slot)[lane];
}

void perform(Warp &w, const Inst &i, const AtomicOp &op, uint32_t lanes, const uint64_t *addresses,
             bool isShared) {
  if (isShared) {
    checkShared(w, lanes, addresses, op.bytes);
    countShared(w, lanes, addresses, op.bytes);
  } else {
    checkGlobal(w, lanes, addresses, op.bytes, true);
    countGlobal(w, lanes, addresses, op.bytes, true);
  }
  uint32_t site = w.pc | Access::strong;
  // Lanes of one instruction come in any order: another start for every execution.
  unsigned start = w.block.launch.random.below(32);
  for (unsigned n = 0; n < 32; ++n) {
    unsigned l = (start + n) & 31;
    if (!(lanes >> l & 1))
      continue;
    uint64_t address = addresses[l];
    Shadow shadow = isShared ? sharedShadow(w, address) : globalShadow(w, address);
    uint8_t *data =
        isShared ? w.block.shared.data.data() + address : w.block.launch.memory.data(address);
    noteRead(w, l, shadow, address, op.bytes, site);
    uint64_t old = 0, b = laneValue(w, i.b, op.bytes, l), c = laneValue(w, i.c, op.bytes, l);
    std::memcpy(&old, data, op.bytes);
    uint64_t now = newValue(op, old, b, c);
    uint64_t mask = op.bytes == 8 ? ~uint64_t(0) : (uint64_t(1) << 8 * op.bytes) - 1;
    bool writes = op.operation != Operation::Cas || old == (b & mask);
    uint64_t key = isShared ? uint64_t(w.block.firstWarp) << 24 | address : address;
    synchronise(w, key, !op.isReduction, writes, op.acquire, op.release, true);
    if (writes) {
      noteWrite(w, l, shadow, address, op.bytes, site, data, reinterpret_cast<uint8_t *>(&now));
      std::memcpy(data, &now, op.bytes);
    }
    if (!op.isReduction) {
      if (op.bytes == 8)
        w.result<uint64_t>(i.d)[l] = old;
      else
        w.result<uint32_t>(i.d)[l] = static_cast<uint32_t>(old);
    }
  }
}

void atomic(Warp &w, const Inst &i, uint32_t lanes) {
  const AtomicOp &op = *static_cast<const AtomicOp *>(i.extra);
  uint64_t addresses[32];
  laneAddresses(w, i.a, op.wideAddress, i.immediate, addresses);
  if (op.space != Space::Generic)
    return perform(w, i, op, lanes, addresses, op.space == Space::Shared);
  if (uint32_t in = lanesIn(Space::Global, lanes, addresses)) {
    perform(w, i, op, in, addresses, false);
    lanes &= ~in;
  }
  if (uint32_t in = lanesIn(Space::Shared, lanes, addresses)) {
    perform(w, i, op, in, addresses, true);
    lanes &= ~in;
  }
  if (lanes)
    throw Fault{FaultKind::Unsupported, firstLane(lanes), "atomic access to local memory"};
}

} // namespace

bool decodeAtomic(Decoder &d) {
  std::string_view name = d.in().opcode;
  if (name != "atom" && name != "red")
    return false;
  AtomicOp op{};
  op.isReduction = name == "red";
  int semantics = d.hasOneOf({"relaxed", "acquire", "release", "acq_rel"});
  op.acquire = semantics == 1 || semantics == 3;
  op.release = semantics == 2 || semantics == 3;
  d.hasOneOf({"cta", "gpu", "sys", "cluster"});
  int space = d.hasOneOf({"global", "shared", "shared::cta"});
  op.space = space < 0 ? Space::Generic : space == 0 ? Space::Global : Space::Shared;
  int operation =
      d.hasOneOf({"and", "or", "xor", "cas", "exch", "add", "inc", "dec", "min", "max"});
  if (operation < 0)
    d.unknown();
  op.operation = static_cast<Operation>(operation);
  d.has("noftz");
  op.type = d.type();
  op.bytes = sizeOf(op.type);
  if (op.bytes < 2 || op.bytes > 8 ||
      (isFloat(op.type) && (op.operation < Operation::Exch || op.operation == Operation::Inc ||
                            op.operation == Operation::Dec)))
    d.unknown();
  size_t at = op.isReduction ? 0 : 1;
  bool cas = op.operation == Operation::Cas;
  d.expectOperands(at + (cas ? 3 : 2));
  Inst inst;
  inst.cls = Class::Atomic;
  inst.run = atomic;
  inst.decides = true;
  if (!op.isReduction)
    inst.d = d.result(0, op.type);
  AddressOperand address = d.address(d.operand(at));
  if (op.space == Space::Generic && address.space != Space::Generic)
    op.space = address.space;
  op.wideAddress = address.base.use == 0 || address.wide;
  inst.a = address.base;
  inst.immediate = address.offset;
  inst.b = d.source(at + 1, op.type);
  if (cas)
    inst.c = d.source(at + 2, op.type);
  else if (op.bytes == 8)
    inst.c = d.constant64(0);
  inst.extra = d.image().own(op);
  d.emit(inst);
  return true;
}

} // namespace ptxsim
