// SPDX-License-Identifier: Apache-2.0
// Recursive descent over the tokens of a module.
#pragma once

#include "tools/ptxsim/ptx/Lexer.h"
#include "tools/ptxsim/ptx/Module.h"
#include "tools/ptxsim/ptx/PtxError.h"

#include <algorithm>
#include <optional>

namespace ptxsim {

class Parser {
public:
  explicit Parser(Module &module) : module(module) {}
  void run();

private:
  // Directives (Parser.cpp).
  void topLevel();
  void fileDirective();
  void skipBraces();
  Variable variableHead();
  const Variable *declarator(Variable variable);
  std::vector<const Variable *> variables(bool external);
  void initialiser(Variable &variable, uint64_t element);
  void initialValue(Variable &variable, unsigned bytes);
  void function(bool external);

  // Function bodies (BodyParser.cpp).
  struct Scope {
    unsigned number;
    std::map<std::string, unsigned, std::less<>> registers;
    /// `.reg .b32 %r<5>` declares %r0 .. %r4.
    struct Range {
      unsigned first, count;
    };
    std::map<std::string, Range, std::less<>> ranges;
    std::map<std::string, const Variable *, std::less<>> variables;
  };
  void body(Function &function);
  void statement(Function &function);
  void registers(Function &function);
  void instruction(Function &function);
  Operand operand();
  Operand simpleOperand();
  std::optional<unsigned> findRegister(std::string_view name) const;
  const Variable *findVariable(std::string_view name) const;

  // Tokens.
  const Token &at() const { return tokens[position]; }
  const Token &ahead() const { return tokens[std::min(position + 1, tokens.size() - 1)]; }
  const Token &take() {
    const Token &token = tokens[position];
    if (token.kind == Token::End)
      fail("the text ends too early");
    ++position;
    return token;
  }
  bool accept(std::string_view what) {
    if (!at().is(what) || at().kind == Token::End)
      return false;
    ++position;
    return true;
  }
  const Token &expect(std::string_view what);
  std::string_view takeWord();
  uint64_t takeInteger();
  [[noreturn]] void fail(const std::string &what) const { throw PtxError(at().line, what); }

  Module &module;
  std::vector<Token> tokens;
  size_t position = 0;
  std::vector<Scope> scopes;
  SourceLocation source;
};

} // namespace ptxsim
