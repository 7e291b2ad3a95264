// SPDX-License-Identifier: Apache-2.0
// Layout of a kernel: functions it reaches, registers, shared and local memory, parameters.
#include "tools/ptxsim/decode/Decoder.h"

#include "tools/ptxsim/core/Races.h"

#include <algorithm>
#include <set>

namespace ptxsim {
namespace {

uint64_t alignUp(uint64_t value, uint64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

template <class Visit> void forEachSymbol(const std::vector<Operand> &operands, Visit visit) {
  for (const Operand &operand : operands) {
    if (operand.kind == Operand::Symbol)
      visit(operand);
    forEachSymbol(operand.elements, visit);
  }
}

} // namespace

Decoder::Decoder(const Module &module, const Addresses &addresses, const Function &entry)
    : module_(module), addresses(addresses), entry(entry) {}

Image Decoder::run() {
  result_.module = &module_;
  result_.entry = &entry;
  result_.useNames = {"a constant", "nothing"};
  constant32(0);
  reach(entry);
  layout();
  for (const Function *function : reached)
    decodeFunction(*function);
  for (const Fixup &fixup : fixups) {
    function_ = fixup.function;
    instruction = fixup.instruction;
    auto index = fixup.function->findLabel(fixup.instruction->scope, fixup.label);
    if (!index)
      fail("label '" + std::string(fixup.label) + "' is not declared");
    uint32_t target = positions[fixup.function].at(*index);
    if (fixup.table)
      fixup.table->push_back(target);
    else
      result_.code[fixup.inst].target = target;
  }
  for (auto [inst, function] : calls)
    result_.code[inst].target = starts.at(function);
  for (auto [which, slot] : specials)
    result_.specials.push_back({which, slot});
  result_.reached.resize(result_.code.size());
  return std::move(result_);
}

/// Depth first over calls; a function that calls itself has no static frame.
void Decoder::reach(const Function &function) {
  if (std::ranges::find(onPath, &function) != onPath.end())
    throw PtxError(function.line, "recursion in '" + function.name + "' is not simulated");
  if (std::ranges::find(reached, &function) != reached.end())
    return;
  reached.push_back(&function);
  onPath.push_back(&function);
  for (const Instruction &in : function.instructions)
    if (in.opcode == "call")
      forEachSymbol(in.operands, [&](const Operand &operand) {
        if (const Function *callee = findFunction(operand.name);
            !operand.variable && callee && callee->defined)
          reach(*callee);
      });
  onPath.pop_back();
}

void Decoder::layout() {
  for (const Function *function : reached) {
    for (const Register &reg : function->registers) {
      uint32_t bytes = reg.type == Type::Pred ? 4 : sizeOf(reg.type) == 8 ? 256 : 128;
      if (sizeOf(reg.type) > 8)
        throw PtxError(function->line, "128-bit register '" + reg.name + "' is not simulated");
      uint32_t at = static_cast<uint32_t>(alignUp(result_.registerBytes, std::min(bytes, 64u)));
      registers[function].push_back({static_cast<int32_t>(at), result_.registerUses++});
      result_.registerBytes = at + bytes;
      if (result_.registerBytes > (64u << 20))
        throw PtxError(function->line, "too many registers");
      result_.useNames.push_back(reg.name);
    }
    auto place = [&](const Variable *variable) {
      uint64_t at = alignUp(result_.localBytes, std::max(variable->align, 4u));
      locals[variable] = at;
      result_.localBytes = static_cast<uint32_t>(alignUp(at + variable->size, 4));
    };
    for (const Variable *variable : function->variables)
      if (variable->space == Space::Local || variable->space == Space::Param)
        place(variable);
    if (function != &entry) {
      for (const Variable *variable : function->parameters)
        place(variable);
      for (const Variable *variable : function->results)
        place(variable);
    }
  }
  result_.localBytes = static_cast<uint32_t>(alignUp(result_.localBytes, 16));
  if (result_.localBytes > 512 * 1024)
    throw PtxError(entry.line, "a thread's local memory exceeds 512 KiB");
  for (const Variable *variable : entry.parameters) {
    uint64_t at = alignUp(result_.parameterBytes, variable->align);
    parameters[variable] = at;
    result_.parameters.push_back(
        {static_cast<uint32_t>(at), static_cast<uint32_t>(variable->size)});
    result_.parameterBytes = static_cast<uint32_t>(at + variable->size);
  }
  // Shared variables that the kernel's code names; the unsized one begins where they end.
  std::vector<const Variable *> used;
  std::set<const Variable *> seen;
  uint32_t dynamicAlign = 16;
  for (const Function *function : reached) {
    auto use = [&](const Variable *variable) {
      if (variable->space == Space::Shared && seen.insert(variable).second) {
        used.push_back(variable);
        if (variable->size == 0)
          dynamicAlign = std::max(dynamicAlign, variable->align);
      }
    };
    for (const Variable *variable : function->variables)
      use(variable);
    for (const Instruction &in : function->instructions)
      forEachSymbol(in.operands, [&](const Operand &operand) {
        if (operand.variable)
          use(operand.variable);
      });
  }
  uint64_t at = 0;
  for (const Variable *variable : used)
    if (variable->size) {
      at = alignUp(at, variable->align);
      shareds[variable] = at;
      at += variable->size;
    }
  if (at > maxStaticShared)
    throw PtxError(entry.line, "kernel '" + entry.name + "' declares " + std::to_string(at) +
                                   " bytes of static shared memory, the limit is 49152");
  bool dynamic = false;
  for (const Variable *variable : used)
    dynamic |= variable->size == 0;
  result_.staticShared = static_cast<uint32_t>(dynamic ? alignUp(at, dynamicAlign) : at);
  for (const Variable *variable : used)
    if (variable->size == 0)
      shareds[variable] = result_.staticShared;
}

void Decoder::decodeFunction(const Function &function) {
  function_ = &function;
  starts[&function] = static_cast<uint32_t>(result_.code.size());
  auto &places = positions[&function];
  for (const Instruction &in : function.instructions) {
    instruction = &in;
    consumed = 0;
    places.push_back(static_cast<uint32_t>(result_.code.size()));
    decodeInstruction();
  }
  // A label may stand behind the last instruction; running off the end returns.
  places.push_back(static_cast<uint32_t>(result_.code.size()));
  Instruction end;
  end.opcode = end.spelling = "ret";
  end.line = function.instructions.empty() ? function.line : function.instructions.back().line;
  instruction = &end;
  consumed = 0;
  decodeInstruction();
}

void Decoder::decodeInstruction() {
  static constexpr Family families[] = {
      decodeMove,    decodeInteger,     decodeFloat,   decodeLoadStore,
      decodeCompare, decodeBits,        decodeConvert, decodeControl,
      decodeHalf,    decodeApproximate, decodeBarrier, decodeCollective,
      decodeAtomic,  decodeAsyncCopy,   decodeMatrix,  decodeMma,
  };
  for (Family family : families)
    if (family(*this))
      return;
  unknown();
}

// ---- suffixes
// ------------------------------------------------------------------------------------

bool Decoder::has(std::string_view suffix) {
  for (size_t i = 0; i < instruction->suffixes.size(); ++i)
    if (!(consumed >> i & 1) && instruction->suffixes[i] == suffix) {
      consumed |= uint64_t(1) << i;
      return true;
    }
  return false;
}

int Decoder::hasOneOf(std::initializer_list<std::string_view> suffixes) {
  int index = 0;
  for (std::string_view suffix : suffixes) {
    if (has(suffix))
      return index;
    ++index;
  }
  return -1;
}

bool Decoder::hasType() const {
  for (size_t i = 0; i < instruction->suffixes.size(); ++i)
    if (!(consumed >> i & 1) && parseType(instruction->suffixes[i]))
      return true;
  return false;
}

Type Decoder::type() {
  for (size_t i = 0; i < instruction->suffixes.size(); ++i)
    if (!(consumed >> i & 1))
      if (auto type = parseType(instruction->suffixes[i])) {
        consumed |= uint64_t(1) << i;
        return *type;
      }
  unknown();
}

void Decoder::fail(const std::string &what) const {
  throw PtxError(instruction->line, what + " in `" + text() + "`");
}

void Decoder::unknown() const {
  throw PtxError(instruction->line,
                 "instruction `" + std::string(instruction->spelling) + "` is not simulated");
}

std::string Decoder::text() const { return std::string(module_.lineText(instruction->line)); }

void Decoder::expectOperands(size_t count) const {
  if (instruction->operands.size() != count)
    fail("expected " + std::to_string(count) + " operands");
}

// ---- emission
// ------------------------------------------------------------------------------------

Slot Decoder::guard() {
  if (instruction->guard == Instruction::always)
    return constantPredicate(true);
  return registerSlot(*function_, instruction->guard);
}

Inst &Decoder::emit(Inst inst) {
  for (size_t i = 0; i < instruction->suffixes.size(); ++i)
    if (!(consumed >> i & 1))
      throw PtxError(instruction->line, "modifier `." + std::string(instruction->suffixes[i]) +
                                            "` of `" + std::string(instruction->spelling) +
                                            "` is not simulated");
  return emitPlain(inst);
}

Inst &Decoder::emitPlain(Inst inst) {
  Slot none = constant32(0);
  for (Slot *slot : {&inst.a, &inst.b, &inst.c})
    if (slot->offset == -1 && slot->use == 0)
      *slot = none;
  if (inst.d.offset == -1)
    inst.d = {0, 1};
  inst.guard = guard();
  inst.guardNegated = instruction->guard != Instruction::always && instruction->guardNegated;
  result_.code.push_back(inst);
  result_.origins.push_back({instruction->line, instruction->source, function_});
  if (result_.code.size() > Access::siteMask)
    throw PtxError(instruction->line, "the kernel has too many instructions");
  return result_.code.back();
}

void Decoder::operandsBeyond(Inst &inst, const std::vector<Slot> &sources,
                             const std::vector<Slot> &results) {
  inst.more = static_cast<uint32_t>(result_.slots.size());
  inst.moreSources = static_cast<uint8_t>(sources.size());
  inst.moreResults = static_cast<uint8_t>(results.size());
  result_.slots.insert(result_.slots.end(), sources.begin(), sources.end());
  result_.slots.insert(result_.slots.end(), results.begin(), results.end());
}

void Decoder::branchTo(std::string_view label) {
  fixups.push_back(
      {static_cast<uint32_t>(result_.code.size()) - 1, function_, instruction, label, nullptr});
}

void Decoder::branchTable(const Operand &label, std::vector<uint32_t> *table) {
  auto at = function_->findLabel(instruction->scope, label.name);
  if (!at || *at >= function_->instructions.size() ||
      function_->instructions[*at].opcode != "branchtargets")
    fail("'" + std::string(label.name) + "' is no list of branch targets");
  const Instruction &list = function_->instructions[*at];
  for (const Operand &target : list.operands)
    fixups.push_back({0, function_, &list, target.name, table});
}

uint32_t Decoder::callee(std::string_view name) {
  const Function *function = findFunction(name);
  calls.push_back({static_cast<uint32_t>(result_.code.size()) - 1, function});
  return 0;
}

const Function *Decoder::findFunction(std::string_view name) const {
  auto found = module_.functions.find(name);
  return found == module_.functions.end() ? nullptr : found->second.get();
}

} // namespace ptxsim
