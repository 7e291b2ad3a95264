// SPDX-License-Identifier: Apache-2.0
#include "compiler/reference/ExprProgram.h"
#include "llvm/Support/MathExtras.h"

using dsc::prim::Expr;
using dsc::prim::ExprKind;

namespace dsc::reference {

ExprProgram::ExprProgram(Expr e) { append(e); }

void ExprProgram::append(Expr e) {
  for (mlir::Attribute operand : e.getOperands())
    append(llvm::cast<prim::ExprAttr>(operand));
  steps.push_back({e.getKind(), e.getValue(), unsigned(e.getOperands().size())});
}

// Saturation at the ends of int64, as everywhere in expressions.
static int64_t add(int64_t a, int64_t b) {
  int64_t result;
  if (!llvm::AddOverflow(a, b, result))
    return result;
  return a > 0 ? INT64_MAX : INT64_MIN;
}
static int64_t multiply(int64_t a, int64_t b) {
  int64_t result;
  if (!llvm::MulOverflow(a, b, result))
    return result;
  return (a > 0) == (b > 0) ? INT64_MAX : INT64_MIN;
}
static int64_t floorDivide(int64_t a, int64_t b) {
  if (b == -1)
    return a == INT64_MIN ? INT64_MAX : -a;
  return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

std::optional<int64_t> ExprProgram::evaluate(llvm::ArrayRef<int64_t> position) {
  stack.clear();
  for (const Step &step : steps) {
    if (step.operands == 0) {
      assert(step.kind != ExprKind::Symbol && "a symbol without a value");
      stack.push_back(step.kind == ExprKind::Index ? position[step.value] : step.value);
      continue;
    }
    const int64_t *v = stack.end() - step.operands;
    int64_t result = step.value;
    switch (step.kind) {
    case ExprKind::FloorDiv:
      if (v[1] == 0)
        return std::nullopt;
      result = floorDivide(v[0], v[1]);
      break;
    case ExprKind::Mod:
      if (v[1] == 0)
        return std::nullopt;
      result = v[1] == -1 ? 0 : v[0] - v[1] * floorDivide(v[0], v[1]);
      break;
    case ExprKind::Min:
      result = std::min(v[0], v[1]);
      break;
    case ExprKind::Max:
      result = std::max(v[0], v[1]);
      break;
    case ExprKind::NonNegative:
      result = v[0] >= 0;
      break;
    case ExprKind::IsZero:
      result = v[0] == 0;
      break;
    case ExprKind::Select:
      result = v[0] != 0 ? v[1] : v[2];
      break;
    case ExprKind::Product:
      for (unsigned i = 0; i < step.operands; ++i)
        result = multiply(result, v[i]);
      break;
    case ExprKind::Sum:
      for (unsigned i = 0; i < step.operands; ++i)
        result = add(result, v[i]);
      break;
    case ExprKind::Symbol:
    case ExprKind::Index:
    case ExprKind::Constant:
      llvm_unreachable("a leaf has no operands");
    }
    stack.truncate(stack.size() - step.operands);
    stack.push_back(result);
  }
  return stack.back();
}

} // namespace dsc::reference
