// SPDX-License-Identifier: Apache-2.0
// Statements of a function body: registers, labels, instructions and their operands.
#include "tools/ptxsim/ptx/Parser.h"

#include <charconv>

namespace ptxsim {

void Parser::body(Function &function) {
  source = {};
  scopes.clear();
  scopes.push_back({0, {}, {}, {}});
  for (const Variable *variable : function.parameters)
    scopes[0].variables[variable->name] = variable;
  for (const Variable *variable : function.results)
    scopes[0].variables[variable->name] = variable;
  expect("{");
  while (!scopes.empty()) {
    if (accept("{")) {
      unsigned number = static_cast<unsigned>(function.scopeParents.size());
      function.scopeParents.push_back(scopes.back().number);
      scopes.push_back({number, {}, {}, {}});
    } else if (accept("}")) {
      scopes.pop_back();
    } else {
      statement(function);
    }
  }
}

void Parser::statement(Function &function) {
  if (accept(";"))
    return;
  if (at().is(".reg"))
    return registers(function);
  if (at().is(".file"))
    return fileDirective();
  if (accept(".loc")) {
    source.file = static_cast<unsigned>(takeInteger());
    source.line = static_cast<unsigned>(takeInteger());
    takeInteger();
    // , function_name NAME[+offset], inlined_at FILE LINE COLUMN
    while (accept(",")) {
      std::string_view word = takeWord();
      if (word == "function_name") {
        takeWord();
        if (accept("+"))
          takeInteger();
      } else {
        for (int i = 0; i < 3; ++i)
          takeInteger();
      }
    }
    return;
  }
  if (accept(".pragma")) {
    while (!accept(";"))
      take();
    return;
  }
  if (at().is(".local") || at().is(".shared") || at().is(".param") || at().is(".global") ||
      at().is(".const")) {
    for (const Variable *variable : variables(false)) {
      scopes.back().variables[variable->name] = variable;
      function.variables.push_back(variable);
    }
    return;
  }
  if (at().kind == Token::Word && ahead().is(":")) {
    std::string_view name = takeWord();
    expect(":");
    if (!function.labels
             .emplace(std::pair(scopes.back().number, name), function.instructions.size())
             .second)
      fail("label '" + std::string(name) + "' is declared twice");
    return;
  }
  instruction(function);
}

void Parser::registers(Function &function) {
  expect(".reg");
  std::string_view word = takeWord();
  auto type = word.starts_with(".") ? parseType(word.substr(1)) : std::nullopt;
  if (!type)
    fail("registers of type '" + std::string(word) + "' are not simulated");
  do {
    std::string name(takeWord());
    unsigned first = static_cast<unsigned>(function.registers.size());
    if (accept("<")) {
      uint64_t count = takeInteger();
      if (count > 1'000'000)
        fail("too many registers");
      expect(">");
      scopes.back().ranges[name] = {first, static_cast<unsigned>(count)};
      for (uint64_t i = 0; i < count; ++i)
        function.registers.push_back({name + std::to_string(i), *type});
    } else {
      scopes.back().registers[name] = first;
      function.registers.push_back({name, *type});
    }
  } while (accept(","));
  expect(";");
}

std::optional<unsigned> Parser::findRegister(std::string_view name) const {
  size_t stem = name.size();
  while (stem && name[stem - 1] >= '0' && name[stem - 1] <= '9')
    --stem;
  unsigned number = 0;
  bool numbered =
      stem < name.size() &&
      std::from_chars(name.data() + stem, name.data() + name.size(), number).ec == std::errc();
  for (auto scope = scopes.rbegin(); scope != scopes.rend(); ++scope) {
    if (auto found = scope->registers.find(name); found != scope->registers.end())
      return found->second;
    if (numbered)
      if (auto found = scope->ranges.find(name.substr(0, stem));
          found != scope->ranges.end() && number < found->second.count)
        return found->second.first + number;
  }
  return std::nullopt;
}

const Variable *Parser::findVariable(std::string_view name) const {
  for (auto scope = scopes.rbegin(); scope != scopes.rend(); ++scope)
    if (auto found = scope->variables.find(name); found != scope->variables.end())
      return found->second;
  auto found = module.globals.find(name);
  return found == module.globals.end() ? nullptr : found->second;
}

void Parser::instruction(Function &function) {
  Instruction result;
  result.source = source;
  result.scope = scopes.back().number;
  if (accept("@")) {
    result.guardNegated = accept("!");
    std::string_view name = takeWord();
    auto guard = findRegister(name);
    if (!guard || function.registers[*guard].type != Type::Pred)
      fail("'" + std::string(name) + "' is no predicate");
    result.guard = *guard;
  }
  result.line = at().line;
  std::string_view word = result.spelling = takeWord();
  if (word == ".branchtargets")
    word = result.spelling = word.substr(1);
  if (word.starts_with("."))
    fail("directive '" + std::string(word) + "' is unknown");
  for (size_t dot; (dot = word.find('.')) != std::string_view::npos; word.remove_prefix(dot + 1)) {
    if (result.opcode.empty())
      result.opcode = word.substr(0, dot);
    else
      result.suffixes.push_back(word.substr(0, dot));
  }
  if (result.opcode.empty())
    result.opcode = word;
  else
    result.suffixes.push_back(word);
  if (!at().is(";"))
    do
      result.operands.push_back(operand());
    while (accept(","));
  expect(";");
  function.instructions.push_back(std::move(result));
}

Operand Parser::operand() {
  Operand result;
  auto group = [&](Operand::Kind kind, std::string_view end) {
    result.kind = kind;
    if (accept(end))
      return;
    do
      result.elements.push_back(simpleOperand());
    while (accept(","));
    expect(end);
  };
  if (accept("{")) {
    group(Operand::Vector, "}");
  } else if (accept("(")) {
    group(Operand::List, ")");
  } else if (accept("[")) {
    result.kind = Operand::Address;
    result.elements.push_back(simpleOperand());
    if (accept("+"))
      result.bits = takeInteger();
    else if (accept("-"))
      result.bits = -takeInteger();
    expect("]");
  } else {
    result = simpleOperand();
    if (accept("|")) {
      Operand pair;
      pair.kind = Operand::Pair;
      pair.elements = {result, simpleOperand()};
      return pair;
    }
  }
  return result;
}

Operand Parser::simpleOperand() {
  Operand result;
  if (accept("!"))
    result.negated = true;
  bool minus = accept("-");
  Token token = take();
  switch (token.kind) {
  case Token::Integer:
    result.kind = Operand::Integer;
    result.bits = minus ? -token.bits : token.bits;
    return result;
  case Token::Single:
    result.kind = Operand::Single;
    result.bits = token.bits ^ (minus ? 0x80000000u : 0u);
    return result;
  case Token::Float:
    result.kind = Operand::Double;
    result.bits = token.bits ^ (minus ? uint64_t(1) << 63 : 0u);
    return result;
  case Token::Word:
    break;
  default:
    --position;
    fail("operand expected, found '" + std::string(token.text) + "'");
  }
  if (minus)
    fail("number expected after '-'");
  result.name = token.text;
  if (token.text == "_")
    return result;
  if (auto found = findRegister(token.text)) {
    result.kind = Operand::Register;
    result.index = *found;
    return result;
  }
  if (token.text.starts_with("%")) {
    result.kind = Operand::Special;
    return result;
  }
  result.kind = Operand::Symbol;
  result.variable = findVariable(token.text);
  // name+4 outside of brackets; inside, the bracket adds it.
  if (at().is("+") && ahead().kind == Token::Integer) {
    take();
    result.bits = take().bits;
  }
  return result;
}

} // namespace ptxsim
