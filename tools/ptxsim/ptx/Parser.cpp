// SPDX-License-Identifier: Apache-2.0
// Directives of a module: variables, functions, debug sections.
#include "tools/ptxsim/ptx/Parser.h"

#include <algorithm>
#include <bit>

namespace ptxsim {

const Token &Parser::expect(std::string_view what) {
  if (!at().is(what))
    fail("'" + std::string(what) + "' expected, found '" + std::string(at().text) + "'");
  return take();
}

std::string_view Parser::takeWord() {
  if (at().kind != Token::Word)
    fail("name expected, found '" + std::string(at().text) + "'");
  return take().text;
}

uint64_t Parser::takeInteger() {
  bool negative = accept("-");
  if (at().kind != Token::Integer)
    fail("number expected, found '" + std::string(at().text) + "'");
  uint64_t bits = take().bits;
  return negative ? -bits : bits;
}

void Parser::run() {
  tokens = tokenize(module.text);
  while (at().kind != Token::End)
    topLevel();
}

void Parser::topLevel() {
  if (accept(".version")) {
    // "8.3" is one decimal number.
    if (at().kind != Token::Float)
      fail("version expected");
    module.version = static_cast<unsigned>(std::bit_cast<double>(take().bits) * 10 + 0.5);
  } else if (accept(".target")) {
    do {
      std::string_view name = takeWord();
      if (name.starts_with("sm_"))
        for (char c : name.substr(3))
          if (c >= '0' && c <= '9')
            module.target = module.target * 10 + (c - '0');
    } while (accept(","));
  } else if (accept(".address_size")) {
    if (takeInteger() != 64)
      fail("only 64-bit addresses are simulated");
  } else if (at().is(".file")) {
    fileDirective();
  } else if (accept(".section")) {
    takeWord();
    skipBraces();
  } else if (accept(".pragma")) {
    while (!accept(";"))
      take();
  } else {
    bool external = false;
    while (at().is(".visible") || at().is(".extern") || at().is(".weak") || at().is(".common"))
      external |= take().is(".extern");
    if (at().is(".entry") || at().is(".func"))
      function(external);
    else
      for (const Variable *variable : variables(external))
        module.globals[variable->name] = variable;
  }
}

void Parser::fileDirective() {
  expect(".file");
  unsigned number = static_cast<unsigned>(takeInteger());
  if (at().kind != Token::String)
    fail("file name expected");
  module.files[number] = std::string(take().text);
  while (accept(","))
    take();
}

void Parser::skipBraces() {
  expect("{");
  for (unsigned depth = 1; depth;) {
    if (at().kind == Token::End)
      fail("section without an end");
    const Token &token = take();
    depth += token.is("{");
    depth -= token.is("}");
  }
}

Variable Parser::variableHead() {
  static constexpr std::pair<std::string_view, Space> spaces[] = {
      {".global", Space::Global}, {".shared", Space::Shared}, {".local", Space::Local},
      {".const", Space::Const},   {".param", Space::Param},
  };
  Variable variable;
  bool found = false;
  for (auto [name, space] : spaces)
    if (accept(name)) {
      variable.space = space;
      found = true;
      break;
    }
  if (!found)
    fail("directive '" + std::string(at().text) + "' is unknown");
  unsigned vector = 1;
  for (;;) {
    if (accept(".align")) {
      variable.align = static_cast<unsigned>(takeInteger());
      if (!std::has_single_bit(variable.align) || variable.align > 4096)
        fail("bad alignment");
    } else if (accept(".v2")) {
      vector = 2;
    } else if (accept(".v4")) {
      vector = 4;
    } else {
      break;
    }
  }
  std::string_view word = takeWord();
  auto type = word.starts_with(".") ? parseType(word.substr(1)) : std::nullopt;
  if (!type || sizeOf(*type) == 0)
    fail("type expected, found '" + std::string(word) + "'");
  variable.type = *type;
  variable.size = sizeOf(*type) * vector;
  variable.align = std::max<unsigned>(variable.align, sizeOf(*type) * vector);
  return variable;
}

const Variable *Parser::declarator(Variable variable) {
  // .param .u64 .ptr .global .align 4 name
  while (at().kind == Token::Word && at().text.starts_with(".")) {
    if (take().is(".align"))
      takeInteger();
  }
  variable.name = std::string(takeWord());
  uint64_t element = variable.size;
  while (accept("[")) {
    if (accept("]")) {
      variable.size = 0;
      continue;
    }
    uint64_t count = takeInteger();
    if (count && variable.size > (uint64_t(1) << 40) / count)
      fail("variable is too large");
    variable.size *= count;
    expect("]");
  }
  if (accept("="))
    initialiser(variable, element);
  module.variables.push_back(std::move(variable));
  return &module.variables.back();
}

std::vector<const Variable *> Parser::variables(bool external) {
  Variable head = variableHead();
  head.external = external;
  std::vector<const Variable *> result;
  do
    result.push_back(declarator(head));
  while (accept(","));
  expect(";");
  return result;
}

void Parser::initialiser(Variable &variable, uint64_t element) {
  variable.initialised = true;
  bool braces = at().is("{");
  unsigned depth = 0;
  do {
    while (accept("{"))
      ++depth;
    if (!at().is("}"))
      initialValue(variable, sizeOf(variable.type));
    while (depth && accept("}"))
      --depth;
  } while (braces && depth && (expect(","), true));
  if (variable.size == 0)
    variable.size = (variable.contents.size() + element - 1) / element * element;
  if (variable.contents.size() > variable.size)
    fail("initialiser is larger than its variable");
}

void Parser::initialValue(Variable &variable, unsigned bytes) {
  uint64_t bits = 0;
  if (at().kind == Token::Word) {
    // name, name+4, generic(name), generic(name)+4
    bool generic = accept("generic");
    if (generic)
      expect("(");
    Variable::Reference reference{variable.contents.size(), std::string(takeWord()), 0};
    if (generic)
      expect(")");
    if (accept("+"))
      reference.addend = static_cast<int64_t>(takeInteger());
    if (bytes != 8)
      fail("an address in a variable needs 8 bytes");
    variable.references.push_back(reference);
  } else {
    bool negative = accept("-");
    Token token = take();
    if (token.kind == Token::Integer) {
      bits = negative ? -token.bits : token.bits;
    } else if (token.kind == Token::Single) {
      bits = token.bits ^ (negative ? 0x80000000u : 0u);
    } else if (token.kind == Token::Float) {
      double value = std::bit_cast<double>(token.bits) * (negative ? -1 : 1);
      bits = bytes == 4 ? std::bit_cast<uint32_t>(static_cast<float>(value))
                        : std::bit_cast<uint64_t>(value);
    } else {
      fail("bad initialiser '" + std::string(token.text) + "'");
    }
  }
  for (unsigned i = 0; i < bytes; ++i)
    variable.contents.push_back(static_cast<uint8_t>(bits >> (8 * i)));
}

void Parser::function(bool external) {
  auto result = std::make_unique<Function>();
  result->entry = take().is(".entry");
  result->line = at().line;
  result->scopeParents.push_back(0);
  std::vector<const Variable *> results;
  auto list = [&](std::vector<const Variable *> &into) {
    expect("(");
    if (accept(")"))
      return;
    do {
      into.push_back(declarator(variableHead()));
    } while (accept(","));
    expect(")");
  };
  if (at().is("("))
    list(result->results);
  result->name = std::string(takeWord());
  if (at().is("("))
    list(result->parameters);
  auto dimensions = [&](std::array<unsigned, 3> &into) {
    into = {1, 1, 1};
    unsigned i = 0;
    do {
      if (i == 3)
        fail("more than three dimensions");
      into[i++] = static_cast<unsigned>(takeInteger());
    } while (accept(","));
  };
  for (;;) {
    if (accept(".maxntid"))
      dimensions(result->maximumThreads);
    else if (accept(".reqntid"))
      dimensions(result->requiredThreads);
    else if (accept(".minnctapersm") || accept(".maxnreg") || accept(".maxnctapersm"))
      takeInteger();
    else if (accept(".noreturn") || accept(".alias"))
      continue;
    else if (accept(".pragma"))
      while (!accept(";"))
        take();
    else
      break;
  }
  Function &made = *result;
  auto &slot = module.functions[made.name];
  if (slot && slot->defined && at().is("{"))
    fail("function '" + made.name + "' is defined twice");
  if (!slot || !slot->defined)
    slot = std::move(result);
  if (accept(";"))
    return;
  if (external)
    fail("an external function has no body");
  made.defined = true;
  body(made);
}

std::unique_ptr<Module> parseModule(std::string text) {
  auto module = std::make_unique<Module>();
  // A string may carry its terminator; nothing after it belongs to the module.
  if (size_t end = text.find('\0'); end != std::string::npos)
    text.resize(end);
  module->text = std::move(text);
  Parser(*module).run();
  return module;
}

} // namespace ptxsim
