// SPDX-License-Identifier: Apache-2.0
#include "tools/ptxsim/mutate/Mutations.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace ptxsim {
namespace {

bool has(const Instruction &in, std::string_view suffix) {
  return std::ranges::find(in.suffixes, suffix) != in.suffixes.end();
}

Type lastType(const Instruction &in) {
  return in.suffixes.empty() ? Type::None : parseType(in.suffixes.back()).value_or(Type::None);
}

bool synchronises(const Instruction &in) {
  return in.opcode == "bar" || in.opcode == "barrier" || in.opcode == "membar" ||
         in.opcode == "fence" ||
         (in.opcode == "cp" &&
          (has(in, "wait_group") || has(in, "wait_all") || has(in, "commit_group")));
}

bool isArithmetic(const Instruction &in) {
  static constexpr std::string_view opcodes[] = {"add", "sub", "mul", "mad", "shl",
                                                 "shr", "and", "div", "rem", "bfe"};
  Type type = lastType(in);
  return (isInteger(type) || isBits(type)) &&
         std::ranges::find(opcodes, in.opcode) != std::end(opcodes);
}

/// The relation whose edge is the other side of a bound: lt <-> le, gt <-> ge.
std::string_view otherEdge(std::string_view relation) {
  static constexpr std::pair<std::string_view, std::string_view> edges[] = {
      {"lt", "le"}, {"le", "lt"}, {"gt", "ge"}, {"ge", "gt"}};
  for (auto [from, to] : edges)
    if (from == relation)
      return to;
  return {};
}

unsigned accessBytes(const Instruction &in) {
  unsigned count = has(in, "v4") ? 4 : has(in, "v2") ? 2 : 1;
  if (in.opcode == "cp" || in.opcode == "ldmatrix")
    return 16;
  return sizeOf(lastType(in)) * count;
}

class Finder {
public:
  Finder(const Function &function, std::vector<Mutation> &found)
      : function(function), found(found) {}

  void run() {
    for (at = 0; at < function.instructions.size(); ++at) {
      const Instruction &in = function.instructions[at];
      if (synchronises(in))
        add(Mutation::Barrier, 0, 0, 0, "deleted");
      else if (in.opcode == "setp" && !isFloat(lastType(in)))
        bound(in);
      else if (isArithmetic(in))
        index(in);
      else if (in.opcode == "mma" || in.opcode == "ldmatrix")
        fragments(in);
      else if (in.opcode == "mov" && lastType(in) == Type::F32 &&
               in.operands.back().kind == Operand::Single && in.operands.back().bits == 0)
        add(Mutation::Initial, 0, 0, 0, "deleted");
      if (in.opcode == "ld" || in.opcode == "st" || in.opcode == "atom" || in.opcode == "red" ||
          in.opcode == "cp" || in.opcode == "ldmatrix")
        addresses(in);
    }
  }

private:
  void add(Mutation::Kind kind, size_t operand, size_t element, int64_t delta, std::string what) {
    found.push_back({kind, function.name, 0, at, operand, element, delta,
                     function.instructions[at].line, std::move(what)});
  }

  void bound(const Instruction &in) {
    for (size_t i = 1; i < std::min<size_t>(3, in.operands.size()); ++i)
      if (in.operands[i].kind == Operand::Integer) {
        auto value = static_cast<int64_t>(in.operands[i].bits);
        for (int64_t delta : {1, -1})
          add(Mutation::Bound, i, 0, delta,
              fmt::format("constant {} becomes {}", value, value + delta));
        return;
      }
    if (!otherEdge(in.suffixes[0]).empty())
      add(Mutation::Bound, 0, 0, 0,
          fmt::format(".{} becomes .{}", in.suffixes[0], otherEdge(in.suffixes[0])));
  }

  void index(const Instruction &in) {
    bool constant = false;
    for (size_t i = 1; i < in.operands.size(); ++i)
      if (in.operands[i].kind == Operand::Integer) {
        constant = true;
        auto value = static_cast<int64_t>(in.operands[i].bits);
        // A shift by the width does what one by a bit less does, for signs and zeros alike.
        bool shift = in.opcode == "shl" || in.opcode == "shr";
        int64_t delta = shift && value == 8 * sizeOf(lastType(in)) - 1 ? -1 : 1;
        add(Mutation::Index, i, 0, delta,
            fmt::format("constant {} becomes {}", value, value + delta));
      }
    if (!constant && (in.opcode == "add" || in.opcode == "mad"))
      add(Mutation::Index, in.operands.size() - 1, 0, 0, "the last term is dropped");
  }

  void fragments(const Instruction &in) {
    for (size_t i = 0; i < in.operands.size(); ++i)
      for (size_t e = 0;
           e + 1 < in.operands[i].elements.size() && in.operands[i].kind == Operand::Vector;
           e += 2) {
        // An accumulator's registers change places going in and coming out with the same effect on
        // a chain of products: the operands are what counts.
        if (in.opcode == "mma" && i != 1 && i != 2)
          continue;
        add(Mutation::Fragment, i, e, 0,
            fmt::format("registers {} and {} of operand {} change places", e, e + 1, i));
      }
  }

  void addresses(const Instruction &in) {
    if (has(in, "param"))
      return;
    for (size_t i = 0; i < in.operands.size(); ++i)
      if (in.operands[i].kind == Operand::Address)
        add(Mutation::Index, i, 0, accessBytes(in),
            fmt::format("the address grows by {}", accessBytes(in)));
  }

  const Function &function;
  std::vector<Mutation> &found;
  size_t at = 0;
};

} // namespace

const char *mutationKind(Mutation::Kind kind) {
  static constexpr const char *names[] = {"barrier", "bound", "index", "fragment", "initial"};
  return names[kind];
}

std::vector<Mutation> findMutations(const Module &module) {
  std::vector<Mutation> found;
  for (const auto &[name, function] : module.functions)
    Finder(*function, found).run();
  std::ranges::sort(found, {}, [](const Mutation &m) {
    return std::tuple(m.line, m.operand, m.element, -m.delta);
  });
  std::map<std::string, unsigned> count;
  for (Mutation &mutation : found)
    mutation.number = count[mutation.function]++;
  return found;
}

void apply(const Mutation &m, Module &module) {
  Instruction &in = module.functions.at(m.function)->instructions.at(m.instruction);
  switch (m.kind) {
  case Mutation::Barrier:
  case Mutation::Initial:
    // An instruction that does nothing keeps the places of labels.
    in.opcode = in.spelling = "branchtargets";
    in.suffixes.clear();
    in.operands.clear();
    return;
  case Mutation::Bound:
    if (m.delta)
      in.operands[m.operand].bits += static_cast<uint64_t>(m.delta);
    else
      in.suffixes[0] = otherEdge(in.suffixes[0]);
    return;
  case Mutation::Index: {
    Operand &operand = in.operands[m.operand];
    if (operand.kind == Operand::Integer || operand.kind == Operand::Address) {
      operand.bits += static_cast<uint64_t>(m.delta);
    } else {
      operand = Operand();
      operand.kind = Operand::Integer;
    }
    return;
  }
  case Mutation::Fragment:
    std::swap(in.operands[m.operand].elements[m.element],
              in.operands[m.operand].elements[m.element + 1]);
    return;
  }
}

} // namespace ptxsim
