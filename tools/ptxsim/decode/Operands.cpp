// SPDX-License-Identifier: Apache-2.0
// Operands of an instruction: registers, constants, special registers, addresses.
#include "tools/ptxsim/decode/Decoder.h"

#include "tools/ptxsim/core/AddressSpaces.h"

#include <bit>
#include <cstring>

namespace ptxsim {
namespace {

constexpr std::pair<std::string_view, Special> specialNames[] = {
    {"%tid.x", Special::TidX},
    {"%tid.y", Special::TidY},
    {"%tid.z", Special::TidZ},
    {"%ntid.x", Special::NtidX},
    {"%ntid.y", Special::NtidY},
    {"%ntid.z", Special::NtidZ},
    {"%ctaid.x", Special::CtaidX},
    {"%ctaid.y", Special::CtaidY},
    {"%ctaid.z", Special::CtaidZ},
    {"%nctaid.x", Special::NctaidX},
    {"%nctaid.y", Special::NctaidY},
    {"%nctaid.z", Special::NctaidZ},
    {"%laneid", Special::LaneId},
    {"%warpid", Special::WarpId},
    {"%nwarpid", Special::NwarpId},
    {"%smid", Special::SmId},
    {"%nsmid", Special::NsmId},
    {"%gridid", Special::GridId},
    {"%lanemask_eq", Special::LanemaskEq},
    {"%lanemask_le", Special::LanemaskLe},
    {"%lanemask_lt", Special::LanemaskLt},
    {"%lanemask_ge", Special::LanemaskGe},
    {"%lanemask_gt", Special::LanemaskGt},
    {"%dynamic_smem_size", Special::DynamicSmemSize},
    {"%total_smem_size", Special::TotalSmemSize},
};

bool sameWidth(Type reg, Type wanted) {
  if (reg == Type::Pred || wanted == Type::Pred)
    return reg == wanted;
  return sizeOf(reg) == sizeOf(wanted);
}

} // namespace

Slot Decoder::registerSlot(const Function &function, unsigned index) {
  return registers.at(&function).at(index);
}

Type Decoder::registerType(const Operand &operand) const {
  if (operand.kind != Operand::Register)
    fail("register expected");
  return function_->registers[operand.index].type;
}

bool Decoder::isWide(const Operand &operand) const {
  return operand.kind == Operand::Register && sizeOf(registerType(operand)) == 8;
}

Slot Decoder::constant32(uint32_t value) {
  auto [found, fresh] = constants.try_emplace({4u, value});
  if (fresh) {
    size_t at = (result_.constants.size() + 63) / 64 * 64;
    result_.constants.resize(at + 128);
    for (unsigned lane = 0; lane < 32; ++lane)
      std::memcpy(&result_.constants[at + lane * 4], &value, 4);
    found->second = {~static_cast<int32_t>(at), 0};
  }
  return found->second;
}

Slot Decoder::constant64(uint64_t value) {
  auto [found, fresh] = constants.try_emplace({8u, value});
  if (fresh) {
    size_t at = (result_.constants.size() + 63) / 64 * 64;
    result_.constants.resize(at + 256);
    for (unsigned lane = 0; lane < 32; ++lane)
      std::memcpy(&result_.constants[at + lane * 8], &value, 8);
    found->second = {~static_cast<int32_t>(at), 0};
  }
  return found->second;
}

Slot Decoder::constantPredicate(bool value) { return constant32(value ? ~0u : 0u); }

/// A register for a result that nobody reads.
Slot Decoder::scratch() {
  uint32_t at = (result_.registerBytes + 63) / 64 * 64;
  result_.registerBytes = at + 256;
  result_.useNames.push_back("_");
  return {static_cast<int32_t>(at), result_.registerUses++};
}

Slot Decoder::specialSlot(Special which) {
  for (auto [known, slot] : specials)
    if (known == which)
      return slot;
  Slot slot = scratch();
  specials.push_back({which, slot});
  return slot;
}

Slot Decoder::source(const Operand &operand, Type type, bool anyWidth) {
  if (operand.negated && type != Type::Pred)
    fail("'!' belongs before predicates");
  switch (operand.kind) {
  case Operand::Register:
    if (!anyWidth && !sameWidth(registerType(operand), type))
      fail("register '" + std::string(operand.name) + "' has the wrong width");
    return registerSlot(*function_, operand.index);
  case Operand::Special:
    for (auto [name, which] : specialNames)
      if (name == operand.name) {
        if (sizeOf(type) > 4)
          fail("special register of 32 bits expected");
        return specialSlot(which);
      }
    fail("special register '" + std::string(operand.name) + "' is not simulated");
  case Operand::Integer: {
    if (type == Type::Pred)
      return constantPredicate(operand.bits != 0);
    uint64_t bits = operand.bits;
    if (type == Type::F32 || type == Type::F64)
      fail("floating-point number expected");
    if (sizeOf(type) == 8)
      return constant64(bits);
    return constant32(static_cast<uint32_t>(sizeOf(type) == 4   ? bits
                                            : sizeOf(type) == 2 ? bits & 0xFFFF
                                                                : bits & 0xFF));
  }
  case Operand::Single:
    if (sizeOf(type) == 8)
      return constant64(std::bit_cast<uint64_t>(
          double(std::bit_cast<float>(static_cast<uint32_t>(operand.bits)))));
    return constant32(static_cast<uint32_t>(operand.bits));
  case Operand::Double:
    if (sizeOf(type) == 4)
      return constant32(
          std::bit_cast<uint32_t>(static_cast<float>(std::bit_cast<double>(operand.bits))));
    return constant64(operand.bits);
  case Operand::Symbol: {
    uint64_t address = symbolAddress(operand);
    return sizeOf(type) == 8 ? constant64(address) : constant32(static_cast<uint32_t>(address));
  }
  default:
    fail("value expected");
  }
}

Slot Decoder::result(const Operand &operand, Type type, bool anyWidth) {
  if (operand.kind == Operand::Sink)
    return scratch();
  if (operand.kind != Operand::Register)
    fail("register expected");
  if (!anyWidth && !sameWidth(registerType(operand), type))
    fail("register '" + std::string(operand.name) + "' has the wrong width");
  return registerSlot(*function_, operand.index);
}

/// Address of a variable in its own space (what mov gives).
uint64_t Decoder::symbolAddress(const Operand &operand) const {
  const Variable *variable = operand.variable;
  if (!variable)
    fail("name '" + std::string(operand.name) + "' is not declared as a variable");
  auto look = [&](const auto &map) {
    auto found = map.find(variable);
    if (found == map.end())
      fail("variable '" + variable->name + "' cannot be used here");
    return found->second + operand.bits;
  };
  switch (variable->space) {
  case Space::Shared:
    return look(shareds);
  case Space::Local:
    return look(locals);
  case Space::Param:
    if (auto found = parameters.find(variable); found != parameters.end())
      return found->second + operand.bits;
    return look(locals);
  default:
    return look(addresses);
  }
}

uint32_t Decoder::localOffset(const Variable *variable) {
  auto found = locals.find(variable);
  if (found == locals.end())
    fail("'" + variable->name + "' is no variable of a thread");
  return static_cast<uint32_t>(found->second);
}

AddressOperand Decoder::address(const Operand &operand) {
  if (operand.kind != Operand::Address)
    fail("address expected");
  AddressOperand result;
  const Operand &base = operand.elements.at(0);
  result.offset = operand.bits;
  switch (base.kind) {
  case Operand::Register:
    result.wide = isWide(base);
    result.base = source(base, result.wide ? Type::B64 : Type::B32);
    return result;
  case Operand::Integer:
    result.base = constant64(0);
    result.offset += base.bits;
    return result;
  case Operand::Symbol:
    result.base = constant64(0);
    result.offset += symbolAddress(base);
    result.space = base.variable->space;
    result.kernelParameter = parameters.contains(base.variable);
    if (result.space == Space::Param && !result.kernelParameter)
      result.space = Space::Local;
    return result;
  default:
    fail("address expected");
  }
}

} // namespace ptxsim
