// SPDX-License-Identifier: Apache-2.0
// Evaluation of an entry's integer expressions.
//
// An operation that overflows, divides by zero or reads something that is not there has no value,
// and neither has what is computed from it; Select passes on its chosen operand only. That is no
// error by itself: the error is to *use* an expression without a value.
#ifndef DSC_RUNTIME_EXPRESSIONS_H
#define DSC_RUNTIME_EXPRESSIONS_H

#include "dsc/runtime.h"
#include "runtime/EntryPlan.h"

namespace dsc {

// Why an expression has no value.
enum class NoValue : uint8_t { Fine = 0, Unknown, Overflow, DivideByZero, EmptyState, NoElement };

class Expressions {
public:
  [[nodiscard]] bool allocate(size_t maxExprs, size_t maxSymbols);

  // Begins a run: no symbol has a value.
  void begin(const EntryPlan &plan);
  void setSymbol(uint32_t symbol, int64_t value) {
    symbols[symbol] = value;
    symbolBad[symbol] = NoValue::Fine;
  }
  void setSymbolBad(uint32_t symbol, NoValue reason) { symbolBad[symbol] = reason; }

  // Evaluates the expressions [begin, end) whose needs & mask == want.
  void evaluate(uint32_t begin, uint32_t end, uint8_t mask = 0, uint8_t want = 0);

  bool known(uint32_t expr) const { return bad[expr] == NoValue::Fine; }
  int64_t value(uint32_t expr) const { return values[expr]; }
  NoValue reason(uint32_t expr) const { return bad[expr]; }

  // The value, or DSC_INVALID_ARGUMENT: "<what>: ...", for example "input 'x', dimension 1: the
  // size overflows".
  [[gnu::format(printf, 6, 7)]] dsc_status get(uint32_t expr, int64_t &value,
                                               const format::Manifest &manifest, dsc_error *error,
                                               const char *what, ...) const;

private:
  const EntryPlan *plan = nullptr;
  Array<int64_t> values, symbols; // values[i]: where there is none, the expression at fault
  Array<NoValue> bad, symbolBad;
};

} // namespace dsc

#endif
