// SPDX-License-Identifier: Apache-2.0
#include "tools/dsc/ExpressionText.h"

#include <fmt/format.h>

namespace dsc {

using namespace format;

// Expressions share operands, so that their text can be exponentially longer than their table.
static constexpr int maxDepth = 16;

static std::string symbolText(const Manifest &manifest, const Entry &entry, uint32_t number) {
  if (entry.symbol_names() && entry.symbol_names()->Get(number)->size() > 0)
    return entry.symbol_names()->Get(number)->str();
  const Symbol &symbol = *entry.symbols()->Get(number);
  switch (symbol.source()) {
  case SymbolSource::InputDim:
    return fmt::format("{}.dim{}", entry.inputs()->Get(symbol.a())->name()->str(), symbol.b());
  case SymbolSource::InputElement:
    return fmt::format("{}[{}]", entry.inputs()->Get(symbol.a())->name()->str(), symbol.b());
  case SymbolSource::StateDim:
    return fmt::format("{}.dim{}", manifest.states()->Get(symbol.a())->name()->str(), symbol.b());
  case SymbolSource::StateCapacity:
    return fmt::format("{}.capacity", manifest.states()->Get(symbol.a())->name()->str());
  case SymbolSource::Step:
    return fmt::format("s{}", number);
  }
  return "?";
}

namespace {

enum Precedence { Sum, Product, Atom };

struct Printer {
  const Manifest &manifest;
  const Entry &entry;

  std::string print(uint32_t expression, Precedence needed, int depth) const;
  std::string call(const char *name, const ExprNode &node, int operands, int depth) const;
};

std::string Printer::call(const char *name, const ExprNode &node, int operands, int depth) const {
  std::string text = fmt::format("{}({}", name, print(node.a(), Sum, depth));
  if (operands > 1)
    text += ", " + print(node.b(), Sum, depth);
  if (operands > 2)
    text += ", " + print(node.c(), Sum, depth);
  return text + ")";
}

std::string Printer::print(uint32_t expression, Precedence needed, int depth) const {
  if (depth > maxDepth)
    return "...";
  const ExprNode &node = *entry.exprs()->Get(expression);
  auto binary = [&](const char *op, Precedence own) {
    std::string text = print(node.a(), own, depth + 1) + op + print(node.b(), own, depth + 1);
    return needed > own ? "(" + text + ")" : text;
  };
  switch (node.op()) {
  case ExprOp::Constant:
    return std::to_string(node.value());
  case ExprOp::Symbol:
    return symbolText(manifest, entry, node.a());
  case ExprOp::Add:
    return binary(" + ", Sum);
  case ExprOp::Mul:
    return binary("*", Product);
  case ExprOp::FloorDiv:
    return call("floordiv", node, 2, depth + 1);
  case ExprOp::Mod:
    return call("mod", node, 2, depth + 1);
  case ExprOp::Min:
    return call("min", node, 2, depth + 1);
  case ExprOp::Max:
    return call("max", node, 2, depth + 1);
  case ExprOp::NonNegative:
    return call("nonnegative", node, 1, depth + 1);
  case ExprOp::IsZero:
    return call("iszero", node, 1, depth + 1);
  case ExprOp::Select:
    return call("select", node, 3, depth + 1);
  }
  return "?";
}

} // namespace

std::string expressionText(const Manifest &manifest, const Entry &entry, uint32_t expression) {
  if (std::optional<int64_t> value = constantValue(entry, expression))
    return std::to_string(*value);
  return Printer{manifest, entry}.print(expression, Sum, 0);
}

static std::optional<int64_t> fold(const Entry &entry, uint32_t expression, int depth) {
  if (depth > maxDepth)
    return std::nullopt;
  const ExprNode &node = *entry.exprs()->Get(expression);
  if (node.op() == ExprOp::Constant)
    return node.value();
  if (node.op() != ExprOp::Add && node.op() != ExprOp::Mul)
    return std::nullopt;
  std::optional<int64_t> a = fold(entry, node.a(), depth + 1);
  std::optional<int64_t> b = a ? fold(entry, node.b(), depth + 1) : std::nullopt;
  int64_t result;
  if (!b || (node.op() == ExprOp::Add ? __builtin_add_overflow(*a, *b, &result)
                                      : __builtin_mul_overflow(*a, *b, &result)))
    return std::nullopt;
  return result;
}

std::optional<int64_t> constantValue(const Entry &entry, uint32_t expression) {
  return fold(entry, expression, 0);
}

} // namespace dsc
