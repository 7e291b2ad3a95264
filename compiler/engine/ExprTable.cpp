// SPDX-License-Identifier: Apache-2.0
#include "compiler/engine/ExprTable.h"

using namespace dsc::prim;
using dsc::format::ExprOp;

namespace dsc {

uint32_t ExprTable::epochOf(Expr e) const {
  uint32_t epoch = 0;
  walkLeaves(e, [&](Expr leaf) {
    auto it = symbols.find(leaf);
    if (it != symbols.end())
      epoch = std::max(epoch, it->second.epoch);
  });
  return epoch;
}

Expr ExprTable::findUndefined(Expr e) const {
  Expr undefined;
  walkLeaves(e, [&](Expr leaf) {
    if (!symbols.contains(leaf))
      undefined = leaf;
  });
  return undefined;
}

uint32_t ExprTable::node(ExprOp op, int64_t value, uint32_t a, uint32_t b, uint32_t c) {
  auto [it, isNew] = known.try_emplace({op, value, a, b, c}, nodes.size());
  if (isNew)
    nodes.emplace_back(value, a, b, c, op);
  return it->second;
}

uint32_t ExprTable::emit(Expr e) {
  auto done = numbers.find(e);
  if (done != numbers.end())
    return done->second;
  llvm::SmallVector<uint32_t> operands;
  for (mlir::Attribute operand : e.getOperands())
    operands.push_back(emit(llvm::cast<ExprAttr>(operand)));
  // Sums and products may have any number of operands.
  auto chain = [&](ExprOp op) {
    uint32_t result = operands.front();
    for (uint32_t operand : llvm::drop_begin(operands))
      result = node(op, 0, result, operand);
    return result;
  };
  uint32_t result = 0;
  switch (e.getKind()) {
  case ExprKind::Constant: result = node(ExprOp::Constant, e.getValue()); break;
  case ExprKind::Symbol: result = node(ExprOp::Symbol, 0, symbols.lookup(e).number); break;
  case ExprKind::Index: llvm_unreachable("an index in an expression of the host");
  case ExprKind::FloorDiv: result = chain(ExprOp::FloorDiv); break;
  case ExprKind::Mod: result = chain(ExprOp::Mod); break;
  case ExprKind::Min: result = chain(ExprOp::Min); break;
  case ExprKind::Max: result = chain(ExprOp::Max); break;
  case ExprKind::NonNegative: result = node(ExprOp::NonNegative, 0, operands[0]); break;
  case ExprKind::IsZero: result = node(ExprOp::IsZero, 0, operands[0]); break;
  case ExprKind::Select: result = node(ExprOp::Select, 0, operands[0], operands[1], operands[2]); break;
  case ExprKind::Product:
    result = chain(ExprOp::Mul);
    if (e.getValue() != 1)
      result = node(ExprOp::Mul, 0, result, node(ExprOp::Constant, e.getValue()));
    break;
  case ExprKind::Sum:
    result = chain(ExprOp::Add);
    if (e.getValue() != 0)
      result = node(ExprOp::Add, 0, result, node(ExprOp::Constant, e.getValue()));
    break;
  }
  return numbers[e] = result;
}

void ExprTable::finish(uint32_t epochs) {
  for (uint32_t epoch = 0; epoch < epochs; ++epoch) {
    for (Expr e : wanted)
      if (epochOf(e) == epoch)
        emit(e);
    ends.push_back(nodes.size());
  }
}

} // namespace dsc
