// SPDX-License-Identifier: Apache-2.0
// Expressions as text: our own form, and what exporters write into dim_param.
#include "dialects/prim/Expr.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/ADT/Twine.h"

using namespace mlir;
using llvm::StringRef;

namespace dsc::prim {

namespace {

constexpr size_t maxLength = 64 << 10;
constexpr int maxDepth = 200;
/// Products are multiplied out; (a + b)*(c + d)*... doubles with every factor.
constexpr size_t maxTerms = 1024;

size_t countTerms(Expr e) { return e.getKind() == ExprKind::Sum ? e.getOperands().size() + 1 : 1; }

bool isIdentifierStart(char c) { return llvm::isAlpha(c) || c == '_'; }
bool isIdentifierChar(char c) { return llvm::isAlnum(c) || c == '_' || c == '.'; }

enum class Function { None, Min, Max, Mod, FloorDiv, Floor, Ceiling, NonNegative, IsZero, Select };

Function functionNamed(StringRef name) {
  return llvm::StringSwitch<Function>(name)
      .Cases({"min", "Min"}, Function::Min)
      .Cases({"max", "Max"}, Function::Max)
      .Cases({"mod", "Mod", "PythonMod"}, Function::Mod)
      .Cases({"floordiv", "FloorDiv"}, Function::FloorDiv)
      .Case("floor", Function::Floor)
      .Cases({"ceiling", "ceil"}, Function::Ceiling)
      .Case("nonneg", Function::NonNegative)
      .Case("iszero", Function::IsZero)
      .Case("select", Function::Select)
      .Default(Function::None);
}

bool readsAsIndex(StringRef name) {
  unsigned ignored;
  return name.starts_with("d") && !name.drop_front().getAsInteger(10, ignored);
}

bool needsQuotes(StringRef name) {
  return name.empty() || !isIdentifierStart(name.front()) || !llvm::all_of(name, isIdentifierChar) ||
         functionNamed(name) != Function::None || readsAsIndex(name);
}

void print(Expr e, std::string &out);

void printOperands(Expr e, std::string &out) {
  out += '(';
  for (auto [i, operand] : llvm::enumerate(e.getOperands())) {
    if (i)
      out += ", ";
    print(cast<ExprAttr>(operand), out);
  }
  out += ')';
}

void printFactors(Expr e, std::string &out) {
  for (auto [i, operand] : llvm::enumerate(e.getOperands())) {
    if (i)
      out += '*';
    print(cast<ExprAttr>(operand), out);
  }
}

/// Prints a term after an optional "+ " or "- ".
void printTerm(Expr term, bool first, std::string &out) {
  int64_t coefficient = term.getKind() == ExprKind::Product ? term.getValue() : 1;
  bool negative = coefficient < 0;
  out += first ? (negative ? "-" : "") : (negative ? " - " : " + ");
  if (term.getKind() != ExprKind::Product)
    return print(term, out);
  uint64_t magnitude = negative ? 0 - uint64_t(coefficient) : uint64_t(coefficient);
  if (magnitude != 1)
    out += std::to_string(magnitude) + "*";
  printFactors(term, out);
}

void print(Expr e, std::string &out) {
  switch (e.getKind()) {
  case ExprKind::Constant:
    out += std::to_string(e.getValue());
    return;
  case ExprKind::Symbol: {
    if (e.getValue() == INT64_MIN)
      out += '$';
    else if (e.getValue() != 0)
      out += "[" + std::to_string(e.getValue()) + "]";
    StringRef name = e.getName().getValue();
    if (!needsQuotes(name)) {
      out += name;
      return;
    }
    out += '\'';
    for (char c : name) {
      if (c == '\'' || c == '\\')
        out += '\\';
      out += c;
    }
    out += '\'';
    return;
  }
  case ExprKind::Index:
    out += "d" + std::to_string(e.getValue());
    return;
  case ExprKind::FloorDiv:
    out += "floordiv";
    return printOperands(e, out);
  case ExprKind::Mod:
    out += "mod";
    return printOperands(e, out);
  case ExprKind::Min:
    out += "min";
    return printOperands(e, out);
  case ExprKind::Max:
    out += "max";
    return printOperands(e, out);
  case ExprKind::NonNegative:
    out += "nonneg";
    return printOperands(e, out);
  case ExprKind::IsZero:
    out += "iszero";
    return printOperands(e, out);
  case ExprKind::Select:
    out += "select";
    return printOperands(e, out);
  case ExprKind::Product:
    return printTerm(e, /*first=*/true, out);
  case ExprKind::Sum: {
    for (auto [i, operand] : llvm::enumerate(e.getOperands()))
      printTerm(cast<ExprAttr>(operand), i == 0, out);
    int64_t offset = e.getValue();
    if (offset > 0)
      out += " + " + std::to_string(offset);
    else if (offset < 0)
      out += " - " + std::to_string(0 - uint64_t(offset));
    return;
  }
  }
}

/// Recursive descent: sum := product (('+'|'-') product)*, product := unary (('*'|'//'|'/'|'%') unary)*.
class Parser {
public:
  Parser(MLIRContext *context, StringRef text) : context(context), text(text), rest(text) {}

  Expr parse(std::string *error) {
    Expr e = text.size() <= maxLength ? parseSum(0) : fail("longer than 64 KiB");
    skipSpace();
    if (e && !rest.empty())
      e = fail("unexpected '" + rest.take_front(10).str() + "'");
    if (!e && error)
      *error = message;
    return e;
  }

private:
  Expr fail(const llvm::Twine &what) {
    if (message.empty())
      message = (what + " at column " + llvm::Twine(text.size() - rest.size() + 1)).str();
    return {};
  }

  void skipSpace() { rest = rest.ltrim(" \t\n\r"); }

  bool consume(StringRef token) {
    skipSpace();
    return rest.consume_front(token);
  }

  Expr parseSum(int depth) {
    if (depth > maxDepth)
      return fail("nested too deeply");
    Expr left = parseProduct(depth);
    while (left) {
      bool minus = false;
      if (consume("-"))
        minus = true;
      else if (!consume("+"))
        break;
      Expr right = parseProduct(depth);
      if (!right)
        return {};
      left = minus ? left - right : left + right;
    }
    return left;
  }

  Expr parseProduct(int depth) {
    Expr left = parseUnary(depth);
    while (left) {
      enum { Times, Divide, Remainder } what;
      skipSpace();
      if (rest.starts_with("**"))
        return fail("powers are not supported");
      if (consume("*"))
        what = Times;
      else if (consume("//") || consume("/"))
        what = Divide;
      else if (consume("%"))
        what = Remainder;
      else
        break;
      Expr right = parseUnary(depth);
      if (!right)
        return {};
      if (countTerms(left) * countTerms(right) > maxTerms)
        return fail("too many terms");
      if (what != Times && isConstant(right, 0))
        return fail("division by zero");
      left = what == Times ? left * right : what == Divide ? floorDiv(left, right) : mod(left, right);
    }
    return left;
  }

  Expr parseUnary(int depth) {
    bool negative = false;
    while (consume("-"))
      negative = !negative;
    Expr e = parseAtom(depth);
    return e && negative ? -e : e;
  }

  Expr parseAtom(int depth) {
    skipSpace();
    if (rest.empty())
      return fail("expression ends early");
    if (consume("(")) {
      Expr e = parseSum(depth + 1);
      if (e && !consume(")"))
        return fail("expected ')'");
      return e;
    }
    if (llvm::isDigit(rest.front())) {
      int64_t value;
      if (rest.consumeInteger(10, value))
        return fail("integer out of range");
      return constant(context, value);
    }
    int64_t lowerBound = 0;
    if (rest.consume_front("$"))
      lowerBound = INT64_MIN;
    else if (rest.consume_front("[")) {
      bool negative = rest.consume_front("-");
      if (rest.consumeInteger(10, lowerBound) || !rest.consume_front("]"))
        return fail("expected [lower bound]");
      if (negative)
        lowerBound = -lowerBound;
    }
    if (rest.consume_front("'")) {
      std::string name;
      while (!rest.empty() && rest.front() != '\'') {
        if (rest.front() == '\\')
          rest = rest.drop_front();
        if (rest.empty())
          break;
        name += rest.front();
        rest = rest.drop_front();
      }
      if (!rest.consume_front("'"))
        return fail("unterminated quote");
      return symbol(context, name, lowerBound);
    }
    if (!isIdentifierStart(rest.front()))
      return fail("unexpected '" + llvm::Twine(rest.front()) + "'");
    StringRef name = rest.take_while(isIdentifierChar);
    rest = rest.drop_front(name.size());
    if (Function function = functionNamed(name); function != Function::None && consume("("))
      return parseCall(function, name, depth);
    if (readsAsIndex(name)) {
      unsigned dim = 0;
      (void)name.drop_front().getAsInteger(10, dim);
      return index(context, dim);
    }
    return symbol(context, name, lowerBound);
  }

  Expr parseCall(Function function, StringRef name, int depth) {
    llvm::SmallVector<Expr> arguments;
    do {
      Expr e = parseSum(depth + 1);
      if (!e)
        return {};
      arguments.push_back(e);
    } while (consume(","));
    if (!consume(")"))
      return fail("expected ')'");
    bool variadic = function == Function::Min || function == Function::Max;
    size_t expected = function == Function::Select ? 3
                      : function == Function::Mod || function == Function::FloorDiv ? 2
                                                                                    : 1;
    if (!variadic && arguments.size() != expected)
      return fail(name + " takes " + llvm::Twine(expected) + " arguments");
    switch (function) {
    case Function::Min:
    case Function::Max: {
      Expr e = arguments.front();
      for (Expr other : llvm::drop_begin(arguments))
        e = function == Function::Min ? min(e, other) : max(e, other);
      return e;
    }
    case Function::Mod:
    case Function::FloorDiv:
      if (isConstant(arguments[1], 0))
        return fail("division by zero");
      return function == Function::Mod ? mod(arguments[0], arguments[1])
                                       : floorDiv(arguments[0], arguments[1]);
    case Function::Floor: // '/' inside already rounds down
      return arguments[0];
    case Function::Ceiling: {
      Expr e = arguments[0];
      if (e.getKind() == ExprKind::FloorDiv)
        return ceilDiv(cast<ExprAttr>(e.getOperands()[0]), cast<ExprAttr>(e.getOperands()[1]));
      return fail("ceiling of anything but a quotient");
    }
    case Function::NonNegative:
      return nonNegative(arguments[0]);
    case Function::IsZero:
      return isZero(arguments[0]);
    case Function::Select:
      return select(arguments[0], arguments[1], arguments[2]);
    case Function::None:
      break;
    }
    llvm_unreachable("not a function");
  }

  MLIRContext *context;
  StringRef text, rest;
  std::string message;
};

} // namespace

std::string toString(Expr e) {
  std::string out;
  print(e, out);
  return out;
}

Expr parseExpr(MLIRContext *context, StringRef text, std::string *error) {
  return Parser(context, text).parse(error);
}

} // namespace dsc::prim
