// SPDX-License-Identifier: Apache-2.0
// A PTX module as parsed: variables, functions, instructions with resolved names.
#pragma once

#include "tools/ptxsim/ptx/Type.h"

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ptxsim {

enum class Space : uint8_t { Generic, Global, Shared, Local, Const, Param };

struct Variable {
  /// Bytes [offset, offset + 8) hold the address of `symbol` plus `addend`.
  struct Reference {
    uint64_t offset;
    std::string symbol;
    int64_t addend;
  };
  std::string name;
  Space space = Space::Global;
  Type type = Type::B8;
  unsigned align = 1;
  uint64_t size = 0; ///< bytes; 0 for an unsized `.extern .shared` array
  bool external = false;
  bool initialised = false;
  std::vector<uint8_t> contents; ///< initialiser, shorter than `size` means zeros after it
  std::vector<Reference> references;
};

struct Operand {
  enum Kind : uint8_t {
    Register, ///< `index` in the function's registers, `negated` for !%p
    Special,  ///< `name` of a special register such as %tid.x
    Integer,  ///< `bits`
    Single,   ///< `bits` of a float
    Double,   ///< `bits` of a double
    Symbol,   ///< `variable`, or a label or function called `name`; plus `bits`
    Address,  ///< [elements[0] + bits]
    Vector,   ///< {elements}
    Pair,     ///< elements[0] | elements[1]
    Sink,     ///< _
    List,     ///< (elements), of a call
  };
  Kind kind = Sink;
  bool negated = false;
  unsigned index = 0;
  uint64_t bits = 0;
  const Variable *variable = nullptr;
  std::string_view name;
  std::vector<Operand> elements;
};

struct SourceLocation {
  unsigned file = 0, line = 0;
};

struct Instruction {
  static constexpr unsigned always = ~0u;
  std::string_view opcode;                ///< first word: "ld" of ld.global.u32
  std::vector<std::string_view> suffixes; ///< the others: "global", "u32"
  std::string_view spelling;              ///< all of it
  std::vector<Operand> operands;
  unsigned guard = always; ///< predicate register
  bool guardNegated = false;
  unsigned line = 0;
  unsigned scope = 0; ///< of labels
  SourceLocation source;
};

struct Register {
  std::string name;
  Type type;
};

struct Function {
  std::string name;
  bool entry = false;
  bool defined = false;
  unsigned line = 0;
  std::vector<const Variable *> parameters, results;
  std::vector<const Variable *> variables; ///< .local, .shared and .param declared in the body
  std::vector<Register> registers;
  std::vector<Instruction> instructions;
  std::array<unsigned, 3> requiredThreads{}; ///< .reqntid; zeros when absent
  std::array<unsigned, 3> maximumThreads{};  ///< .maxntid; zeros when absent
  std::vector<unsigned> scopeParents;
  std::map<std::pair<unsigned, std::string_view>, size_t> labels; ///< (scope, name) -> instruction

  /// Index of the instruction that the label names when used in `scope`; nothing if undeclared.
  std::optional<size_t> findLabel(unsigned scope, std::string_view name) const;
};

struct Module {
  std::string text;
  std::deque<Variable> variables; ///< of every space and function
  std::map<std::string, const Variable *, std::less<>> globals;
  std::map<std::string, std::unique_ptr<Function>, std::less<>> functions;
  std::map<unsigned, std::string> files; ///< of .loc
  unsigned target = 0;                   ///< 80 for sm_80
  unsigned version = 0;                  ///< 10 * major + minor of the PTX ISA

  /// The text of a line of the module, without blanks around it; lines count from 1.
  std::string_view lineText(unsigned line) const;
};

/// Parses a module; throws PtxError. The result keeps its own copy of the text.
std::unique_ptr<Module> parseModule(std::string text);

} // namespace ptxsim
