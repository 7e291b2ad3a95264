// SPDX-License-Identifier: Apache-2.0
#include "tools/dsc/PeakMemory.h"

#include "tools/dsc/NpyFormat.h"

#include <vector>

namespace dsc {

using namespace format;

namespace {

using Number = std::optional<int64_t>;

Number floorDiv(int64_t a, int64_t b) {
  if (b == 0 || (a == INT64_MIN && b == -1))
    return std::nullopt;
  return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

Number valueOf(const ExprNode &node, const std::vector<Number> &values, const std::vector<int64_t> &symbols) {
  if (node.op() == ExprOp::Constant)
    return node.value();
  if (node.op() == ExprOp::Symbol)
    return symbols[node.a()];
  Number a = values[node.a()];
  if (!a)
    return std::nullopt;
  if (node.op() == ExprOp::NonNegative)
    return *a >= 0;
  if (node.op() == ExprOp::IsZero)
    return *a == 0;
  if (node.op() == ExprOp::Select)
    return *a != 0 ? values[node.b()] : values[node.c()];
  Number b = values[node.b()], quotient;
  if (!b)
    return std::nullopt;
  int64_t result;
  switch (node.op()) {
  case ExprOp::Add:
    return __builtin_add_overflow(*a, *b, &result) ? Number() : Number(result);
  case ExprOp::Mul:
    return __builtin_mul_overflow(*a, *b, &result) ? Number() : Number(result);
  case ExprOp::FloorDiv:
    return floorDiv(*a, *b);
  case ExprOp::Mod:
    quotient = floorDiv(*a, *b);
    return quotient ? Number(*a - *b * *quotient) : quotient;
  case ExprOp::Min:
    return std::min(*a, *b);
  default:
    return std::max(*a, *b);
  }
}

} // namespace

std::optional<PeakMemory> peakMemory(const Manifest &manifest, const Entry &entry,
                                     const std::map<std::string, int64_t> &sizes) {
  std::vector<int64_t> symbols;
  for (uint32_t i = 0; entry.symbols() && i < entry.symbols()->size(); ++i) {
    const auto *names = entry.symbol_names();
    auto found = names && i < names->size() ? sizes.find(names->Get(i)->str()) : sizes.end();
    symbols.push_back(found == sizes.end() ? 1 : found->second);
  }
  std::vector<Number> values;
  for (uint32_t i = 0; entry.exprs() && i < entry.exprs()->size(); ++i)
    values.push_back(valueOf(*entry.exprs()->Get(i), values, symbols));
  PeakMemory peak;
  bool known = true;
  auto add = [&](int64_t &total, Number bytes) {
    known = known && bytes && *bytes >= 0 && !__builtin_add_overflow(total, *bytes, &total);
  };
  auto tensor = [&](const flatbuffers::Vector<uint32_t> &dims, DType type) {
    Number bytes = static_cast<int64_t>(npySize(static_cast<NpyType>(type)));
    for (uint32_t dim : dims)
      if (!values[dim] || __builtin_mul_overflow(*bytes, *values[dim], &*bytes))
        return Number();
    return bytes;
  };
  for (uint32_t i = 0; entry.slots() && i < entry.slots()->size(); ++i) {
    Number bytes = values[entry.slots()->Get(i)->bytes()];
    add(peak.arena, bytes ? Number((*bytes + 63) / 64 * 64) : bytes);
  }
  for (const Value *output : *entry.outputs())
    add(peak.outputs, tensor(*output->dims(), output->dtype()));
  for (uint32_t i = 0; entry.states() && i < entry.states()->size(); ++i) {
    const StateUse &use = *entry.states()->Get(i);
    add(peak.states, tensor(*use.present(), manifest.states()->Get(use.state())->dtype()));
  }
  return known ? std::optional(peak) : std::nullopt;
}

} // namespace dsc
