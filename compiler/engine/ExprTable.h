// SPDX-License-Identifier: Apache-2.0
// Expressions of an entry as the engine's array of nodes, grouped by epoch.
#ifndef DSC_COMPILER_ENGINE_EXPRTABLE_H
#define DSC_COMPILER_ENGINE_EXPRTABLE_H

#include "dialects/prim/Expr.h"
#include "runtime/format/engine_generated.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SetVector.h"
#include <map>
#include <vector>

namespace dsc {

/// Use: define all symbols, `add` every expression, `finish`, then ask for numbers.
class ExprTable {
public:
  /// `number` of the symbol in the entry; its value is known from `epoch` on.
  void define(prim::Expr symbol, uint32_t number, uint32_t epoch) { symbols[symbol] = {number, epoch}; }
  bool isDefined(prim::Expr symbol) const { return symbols.contains(symbol); }
  /// The first epoch in which all symbols of `e` are known.
  uint32_t epochOf(prim::Expr e) const;

  /// A symbol of `e` that is not defined; null when there is none.
  prim::Expr findUndefined(prim::Expr e) const;
  void add(prim::Expr e) { wanted.insert(e); }
  void finish(uint32_t epochs);

  uint32_t number(prim::Expr e) const { return numbers.lookup(e); }
  const std::vector<format::ExprNode> &getNodes() const { return nodes; }
  /// Epoch e may evaluate nodes [0, ends[e]).
  const std::vector<uint32_t> &getEnds() const { return ends; }

private:
  struct Symbol {
    uint32_t number, epoch;
  };
  uint32_t emit(prim::Expr e);
  uint32_t node(format::ExprOp op, int64_t value, uint32_t a = 0, uint32_t b = 0, uint32_t c = 0);

  llvm::DenseMap<prim::Expr, Symbol> symbols;
  llvm::SetVector<prim::Expr> wanted;
  llvm::DenseMap<prim::Expr, uint32_t> numbers;
  std::map<std::tuple<format::ExprOp, int64_t, uint32_t, uint32_t, uint32_t>, uint32_t> known;
  std::vector<format::ExprNode> nodes;
  std::vector<uint32_t> ends;
};

} // namespace dsc

#endif
