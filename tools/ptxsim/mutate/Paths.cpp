// SPDX-License-Identifier: Apache-2.0
#include "tools/ptxsim/mutate/Paths.h"

#include <algorithm>
#include <optional>

namespace ptxsim {
namespace {

bool mentions(const Operand &operand, unsigned reg) {
  return (operand.kind == Operand::Register && operand.index == reg) ||
         std::ranges::any_of(operand.elements,
                             [&](const Operand &element) { return mentions(element, reg); });
}

/// Copies of copies that are followed.
constexpr unsigned mostCopies = 4;

/// Instructions whose first operand is no result.
bool readsAll(const Instruction &in) {
  return in.opcode == "st" || in.opcode == "bra" || in.opcode == "red" || in.opcode == "call" ||
         in.opcode == "cp" || in.opcode == "brx" || in.opcode == "ret";
}

} // namespace

Paths::Paths(const Function &function, const Ranges &ranges)
    : function(function), next(function.instructions.size()),
      previous(function.instructions.size()) {
  // Predicates that one comparison writes, always the same.
  std::map<unsigned, std::optional<bool>> constants;
  for (const Instruction &in : function.instructions)
    if (in.opcode == "setp" && !in.operands.empty())
      for (unsigned reg = 0; reg < function.registers.size(); ++reg)
        if (mentions(in.operands[0], reg)) {
          auto [at, isNew] = constants.try_emplace(reg, ranges.outcome(in));
          if (!isNew || in.guard != Instruction::always)
            at->second = std::nullopt;
        }
  std::vector<size_t> open{0};
  std::vector<bool> seen(function.instructions.size());
  while (!open.empty()) {
    size_t i = open.back();
    open.pop_back();
    if (i >= seen.size() || seen[i])
      continue;
    seen[i] = true;
    const Instruction &in = function.instructions[i];
    auto to = [&](size_t target) {
      if (target >= function.instructions.size())
        return;
      next[i].push_back(target);
      previous[target].push_back(i);
      open.push_back(target);
    };
    bool leaves = in.opcode == "bra" || in.opcode == "brx" || in.opcode == "ret" ||
                  in.opcode == "exit" || in.opcode == "trap";
    std::optional<bool> holds;
    if (in.guard == Instruction::always)
      holds = true;
    else if (auto known = constants.find(in.guard); known != constants.end() && known->second)
      holds = *known->second != in.guardNegated;
    if (!leaves || !holds || !*holds)
      to(i + 1);
    if (!leaves || (holds && !*holds))
      continue;
    if (in.opcode == "bra" && !in.operands.empty()) {
      if (auto target = function.findLabel(in.scope, in.operands[0].name))
        to(*target);
    } else if (in.opcode == "brx") {
      for (const auto &label : function.labels)
        to(label.second);
    }
  }
}

bool Paths::reads(const Instruction &in, unsigned reg) const {
  for (size_t i = readsAll(in) ? 0 : 1; i < in.operands.size(); ++i)
    if (mentions(in.operands[i], reg))
      return true;
  return !in.operands.empty() && in.operands[0].kind == Operand::Address &&
         mentions(in.operands[0], reg);
}

bool Paths::writes(const Instruction &in, unsigned reg) const {
  return !readsAll(in) && !in.operands.empty() && in.operands[0].kind != Operand::Address &&
         mentions(in.operands[0], reg);
}

bool Paths::isDead(size_t at) const {
  unsigned reg = function.instructions[at].operands[0].index;
  std::vector<bool> seen(next.size());
  std::vector<size_t> open = next[at];
  while (!open.empty()) {
    size_t i = open.back();
    open.pop_back();
    if (seen[i])
      continue;
    seen[i] = true;
    const Instruction &in = function.instructions[i];
    if (reads(in, reg))
      return false;
    if (writes(in, reg) && in.guard == Instruction::always)
      continue;
    open.insert(open.end(), next[i].begin(), next[i].end());
  }
  return true;
}

bool Paths::isRepeated(size_t at) const {
  const Instruction &in = function.instructions[at];
  return at && holds(at, in.operands[0].index, in.operands[1], at, 0);
}

bool Paths::holds(size_t before, unsigned reg, const Operand &value, size_t but,
                  unsigned depth) const {
  std::vector<bool> seen(next.size());
  std::vector<size_t> open = previous[before];
  if (depth > mostCopies)
    return false;
  while (!open.empty()) {
    size_t i = open.back();
    open.pop_back();
    if (seen[i])
      continue;
    seen[i] = true;
    const Instruction &in = function.instructions[i];
    if (writes(in, reg)) {
      if (in.opcode != "mov" || in.guard != Instruction::always || in.operands.size() != 2)
        return false;
      // The first time that this instruction is reached, others have written the register.
      if (i == but) {
        if (depth)
          return false;
        continue;
      }
      const Operand &from = in.operands[1];
      bool same = from.kind == value.kind && from.bits == value.bits;
      if (!same && !(from.kind == Operand::Register && holds(i, from.index, value, but, depth + 1)))
        return false;
      continue;
    }
    if (i == 0 || previous[i].empty())
      return false;
    open.insert(open.end(), previous[i].begin(), previous[i].end());
  }
  return true;
}

} // namespace ptxsim
