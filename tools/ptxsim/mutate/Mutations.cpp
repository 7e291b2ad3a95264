// SPDX-License-Identifier: Apache-2.0
#include "tools/ptxsim/mutate/Mutations.h"

#include "tools/ptxsim/mutate/Paths.h"
#include "tools/ptxsim/mutate/Ranges.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace ptxsim {
namespace {

bool has(const Instruction &in, std::string_view suffix) {
  return std::ranges::find(in.suffixes, suffix) != in.suffixes.end();
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
      : function(function), ranges(function), paths(function, ranges), found(found) {
    for (const Instruction &in : function.instructions)
      for (size_t i = 1; i < in.operands.size(); ++i)
        if (in.operands[i].kind == Operand::Register)
          uses[in.operands[i].index].push_back(&in);
  }

  void run() {
    for (at = 0; at < function.instructions.size(); ++at) {
      const Instruction &in = function.instructions[at];
      if (!paths.isReached(at))
        continue;
      if (synchronises(in))
        add(Mutation::Barrier, 0, 0, 0, "deleted");
      else if (in.opcode == "setp" && !isFloat(lastType(in)))
        bound(in);
      else if (isArithmetic(in))
        index(in);
      else if (in.opcode == "mma" || in.opcode == "ldmatrix")
        fragments(in);
      else if (in.opcode == "mov" && lastType(in) == Type::F32 &&
               in.operands.back().kind == Operand::Single && in.operands.back().bits == 0 &&
               !paths.isDead(at) && !paths.isRepeated(at))
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
        if (choosesDivision(in, 3 - i))
          return;
        auto value = static_cast<int64_t>(in.operands[i].bits);
        for (int64_t delta : shifts(in, i))
          add(Mutation::Bound, i, 0, delta,
              fmt::format("constant {} becomes {}", value, value + delta));
        return;
      }
    unsigned bits = 8 * sizeOf(lastType(in));
    bool meet = in.operands.size() < 3 ||
                ranges.of(in.operands[1], bits).meets(ranges.of(in.operands[2], bits));
    if (meet && !otherEdge(in.suffixes[0]).empty())
      add(Mutation::Bound, 0, 0, 0,
          fmt::format(".{} becomes .{}", in.suffixes[0], otherEdge(in.suffixes[0])));
  }

  /// What to add to constant operand `i` of a comparison, so that it moves over the next value,
  /// up and down, that the register can have: nothing where there is none.
  std::vector<int64_t> shifts(const Instruction &in, size_t i) const {
    unsigned bits = 8 * sizeOf(lastType(in));
    Range range = ranges.of(in.operands[3 - i], bits);
    auto value = static_cast<int64_t>(in.operands[i].bits);
    auto step = static_cast<int64_t>(range.step());
    if (range.never() || i != 2 || step <= 0 || step > 1 << 30 || std::abs(value) > 1ll << 62)
      return {1, -1};
    uint64_t positive = (bits < 64 ? (1ull << bits) - 1 : ~0ull) >> 1;
    bool negative = isSigned(lastType(in)) && range.high > positive;
    auto occurs = [&](int64_t v) {
      return negative ? v % step == 0 : v >= 0 && range.contains(static_cast<uint64_t>(v));
    };
    std::string_view relation = in.suffixes[0];
    std::vector<int64_t> deltas;
    if (relation == "eq" || relation == "ne") {
      for (int64_t delta : {step, -step})
        if (occurs(value) || occurs(value + delta))
          deltas.push_back(delta);
      return deltas;
    }
    // The relation tells values below `edge` from the others.
    int64_t edge = relation == "lt" || relation == "ge" ? value : value + 1;
    int64_t below = (edge - 1 - ((edge - 1) % step + step) % step), above = below + step;
    if (occurs(above))
      deltas.push_back(above + 1 - edge);
    if (occurs(below))
      deltas.push_back(below - edge);
    return deltas;
  }

  /// NVRTC divides numbers of 64 bits by the instruction of 32 bits where their upper halves are 0:
  /// either way is right, so this test is no bound.
  bool choosesDivision(const Instruction &in, size_t operand) const {
    const Operand &value = in.operands[operand];
    return value.kind == Operand::Register && in.operands[3 - operand].bits == 0 &&
           std::ranges::any_of(function.instructions, [&](const Instruction &other) {
             return takesUpperHalf(other) && other.operands[0].index == value.index;
           });
  }
  static bool takesUpperHalf(const Instruction &in) {
    return in.opcode == "and" && in.operands.size() == 3 &&
           in.operands[2].kind == Operand::Integer && in.operands[2].bits == 0xFFFFFFFF00000000u;
  }

  /// Whether only the upper half of the product counts: a multiplication by the inverse of a
  /// number.
  bool isReciprocal(const Instruction &in) const {
    if (in.opcode != "mul")
      return false;
    if (has(in, "hi"))
      return true;
    auto users = uses.find(in.operands[0].index);
    return has(in, "wide") && users != uses.end() &&
           std::ranges::all_of(users->second, [&](const Instruction *user) {
             return user->opcode == "shr" && user->operands.back().kind == Operand::Integer &&
                    user->operands.back().bits >= 8 * sizeOf(lastType(in));
           });
  }

  void index(const Instruction &in) {
    bool constant = false;
    for (size_t i = 1; i < in.operands.size(); ++i)
      if (in.operands[i].kind == Operand::Integer) {
        constant = true;
        shift(in, i);
      }
    if (constant || (in.opcode != "add" && in.opcode != "mad"))
      return;
    unsigned bits = 8 * sizeOf(lastType(in));
    if (ranges.of(in.operands.back(), has(in, "wide") ? 2 * bits : bits).high > 0)
      add(Mutation::Index, in.operands.size() - 1, 0, 0, "the last term is dropped");
  }

  /// Another constant operand `i` of an integer instruction.
  void shift(const Instruction &in, size_t i) {
    auto value = static_cast<int64_t>(in.operands[i].bits);
    unsigned bits = 8 * sizeOf(lastType(in));
    Range range = ranges.of(in.operands[i == 1 && in.operands.size() > 2 ? 2 : 1], bits);
    bool scales = in.opcode == "shl" || in.opcode == "mul" || in.opcode == "shr";
    if (takesUpperHalf(in) || (scales && !range.never() && range.high == 0))
      return;
    if (isReciprocal(in)) {
      // Its last digit changes quotients that no kernel computes.
      uint64_t mask = bits < 64 ? (1ull << bits) - 1 : ~0ull;
      uint64_t half = (in.operands[i].bits & mask) >> 1;
      add(Mutation::Index, i, 0, static_cast<int64_t>(half - in.operands[i].bits),
          fmt::format("the reciprocal {} is halved", value));
      return;
    }
    int64_t delta = 1;
    if (in.opcode == "and") {
      // The lowest bit that the mask lets through.
      uint64_t through = in.operands[i].bits & ~range.zeros;
      delta = static_cast<int64_t>(through & -through);
      if (!delta)
        return;
    } else if (in.opcode == "shr" || in.opcode == "shl") {
      // A shift by the width does what one by a bit less does, for signs and zeros alike.
      if (value == 8 * sizeOf(lastType(in)) - 1)
        delta = -1;
      else if (in.opcode == "shr" && !isSigned(lastType(in)) && value < 64 &&
               !(range.high >> value))
        return;
    }
    add(Mutation::Index, i, 0, delta, fmt::format("constant {} becomes {}", value, value + delta));
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
  Ranges ranges;
  Paths paths;
  std::map<unsigned, std::vector<const Instruction *>> uses;
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
