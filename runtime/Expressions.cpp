// SPDX-License-Identifier: Apache-2.0
#include "runtime/Expressions.h"

#include "runtime/Error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

namespace dsc {

using format::ExprOp;

bool Expressions::allocate(size_t maxExprs, size_t maxSymbols) {
  return values.allocate(maxExprs) && bad.allocate(maxExprs) && symbols.allocate(maxSymbols) &&
         symbolBad.allocate(maxSymbols);
}

void Expressions::begin(const EntryPlan &newPlan) {
  plan = &newPlan;
  for (uint32_t i = 0; i < count(plan->entry->symbols()); ++i)
    symbolBad[i] = NoValue::Unknown;
  for (uint32_t i = 0; i < plan->exprCount(); ++i) {
    bad[i] = NoValue::Unknown;
    values[i] = i;
  }
}

// The quotient is rounded towards minus infinity, the remainder has the sign of the divisor.
static NoValue floorDivide(int64_t a, int64_t b, int64_t &quotient, int64_t &remainder) {
  if (b == 0)
    return NoValue::DivideByZero;
  if (b == -1) { // the one division that overflows
    remainder = 0;
    return __builtin_sub_overflow(int64_t(0), a, &quotient) ? NoValue::Overflow : NoValue::Fine;
  }
  quotient = a / b;
  remainder = a % b;
  if (remainder != 0 && (remainder < 0) != (b < 0)) {
    --quotient;
    remainder += b;
  }
  return NoValue::Fine;
}

void Expressions::evaluate(uint32_t begin, uint32_t end, uint8_t mask, uint8_t want) {
  const auto *nodes = plan->entry->exprs();
  for (uint32_t i = begin; i < end; ++i) {
    if (mask && (plan->needs[i] & mask) != want)
      continue;
    const format::ExprNode &node = *nodes->Get(i);
    int64_t value = 0, other = 0;
    NoValue why = NoValue::Fine;
    // The expression whose failure `value` names.
    auto inherit = [&](uint32_t operand) {
      why = bad[operand];
      value = values[operand];
      return why == NoValue::Fine;
    };
    ExprOp op = node.op();
    if (op == ExprOp::Constant) {
      value = node.value();
    } else if (op == ExprOp::Symbol) {
      why = symbolBad[node.a()];
      value = why == NoValue::Fine ? symbols[node.a()] : i;
    } else if (op == ExprOp::Select) {
      if (inherit(node.a()))
        inherit(value != 0 ? node.b() : node.c());
    } else if (op == ExprOp::NonNegative) {
      if (inherit(node.a()))
        value = value >= 0;
    } else if (op == ExprOp::IsZero) {
      if (inherit(node.a()))
        value = value == 0;
    } else if (inherit(node.b()) && inherit(node.a())) {
      int64_t a = value, b = values[node.b()];
      switch (op) {
      case ExprOp::Add:
        why = __builtin_add_overflow(a, b, &value) ? NoValue::Overflow : NoValue::Fine;
        break;
      case ExprOp::Mul:
        why = __builtin_mul_overflow(a, b, &value) ? NoValue::Overflow : NoValue::Fine;
        break;
      case ExprOp::FloorDiv:
        why = floorDivide(a, b, value, other);
        break;
      case ExprOp::Mod:
        why = floorDivide(a, b, other, value);
        if (why == NoValue::Overflow) // INT64_MIN mod -1 is 0; only its quotient overflows
          why = NoValue::Fine;
        break;
      case ExprOp::Min:
        value = a < b ? a : b;
        break;
      case ExprOp::Max:
        value = a > b ? a : b;
        break;
      default:
        why = NoValue::Unknown;
        break;
      }
      if (why != NoValue::Fine)
        value = i;
    }
    bad[i] = why;
    values[i] = value;
  }
}

dsc_status Expressions::get(uint32_t expr, int64_t &value, const format::Manifest &manifest,
                            dsc_error *error, const char *what, ...) const {
  value = values[expr];
  if (bad[expr] == NoValue::Fine)
    return DSC_OK;
  char name[400];
  va_list args;
  va_start(args, what);
  vsnprintf(name, sizeof name, what, args);
  va_end(args);

  // Only a symbol can be empty or out of range; name what it reads.
  const format::Entry &entry = *plan->entry;
  const format::ExprNode &node = *entry.exprs()->Get(static_cast<uint32_t>(value));
  const format::Symbol *symbol =
      node.op() == ExprOp::Symbol ? entry.symbols()->Get(node.a()) : nullptr;
  switch (bad[expr]) {
  case NoValue::Overflow:
    return fail(error, DSC_INVALID_ARGUMENT, "%s: the computation overflows 64 bits", name);
  case NoValue::DivideByZero:
    return fail(error, DSC_INVALID_ARGUMENT, "%s: division by zero", name);
  case NoValue::EmptyState:
    return fail(error, DSC_INVALID_ARGUMENT,
                "%s: state '%s' is empty: run an entry that starts it first", name,
                symbol ? text(manifest.states()->Get(symbol->a())->name()) : "?");
  case NoValue::NoElement:
    return fail(error, DSC_INVALID_ARGUMENT, "%s: input '%s' has no element %u", name,
                symbol ? text(entry.inputs()->Get(symbol->a())->name()) : "?",
                symbol ? symbol->b() : 0);
  default:
    return fail(error, DSC_CORRUPT, "%s: it depends on a value that is not yet known", name);
  }
}

} // namespace dsc
