// SPDX-License-Identifier: Apache-2.0
// Elements of norms: the numbers of a row are computed once, by all threads that share the row.
#include "compiler/targets/cuda/Arithmetic.h"
#include "dialects/dsc/Dsc.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::ArrayRef;
using llvm::StringRef;

namespace dsc::cuda {

std::string KernelSource::ofRow(Operation *op, unsigned number, ArrayRef<Expr> row, llvm::function_ref<std::string()> compute) {
  Key key{op};
  for (Expr e : row)
    key.push_back(e.getAsOpaquePointer());
  std::string &name = rows[{number, key}];
  if (name.empty() || !isOpen(name))
    name = compute();
  return name;
}

std::string KernelSource::sumOverRow(Value x, ArrayRef<Expr> row, llvm::function_ref<std::string(const std::string &)> term, bool squared) {
  Type type = prim::elementType(x);
  StringRef name = registerType(type);
  return hoisted(x, row, [&](bool together) {
    std::string total = variable(name, squared ? "squares" : "sum", literal(type, 0.0));
    overReduced({getDims(x).back()}, together, type, [&](ArrayRef<Expr> inner) {
      Indices at(row);
      at.push_back(inner[0]);
      std::string v = term(element(x, at));
      line(total + " = " + (squared ? (type.isF64() ? "fma(" : "fmaf(") + v + ", " + v + ", " + total + ")" : total + " + " + v) + ";");
    });
    if (!together)
      return total;
    return combineThreads({total}, {name.str()}, "total", [&](ArrayRef<std::string> a, ArrayRef<std::string> b) {
      return std::vector<std::string>{a[0] + " + " + b[0]};
    })[0];
  });
}

/// 1 / sqrt(sum / count + epsilon), in the scope of the sum.
static std::string inverseRoot(KernelSource &s, const std::string &sum, int64_t count, double epsilon, Type type) {
  Scope *scope = s.scopeOf(sum);
  StringRef name = registerType(type);
  std::string mean = s.define(scope, name, "mean", sum + " / " + literal(type, double(count)));
  std::string root = s.define(scope, name, "root", (type.isF64() ? "sqrt(" : "sqrtf(") + mean + " + " + literal(type, epsilon) + ")");
  return s.define(scope, name, "scale", literal(type, 1) + " / " + root);
}

/// `text` as a variable at the scope of its operands, rounded where a type says so.
static std::string step(KernelSource &s, ArrayRef<std::string> operands, const std::string &text, Type type, std::optional<Type> rounded) {
  return s.define(s.deepest(operands), registerType(type), "normed", rounded ? roundTo(s, text, *rounded) : text);
}

static std::string asElement(KernelSource &s, const std::string &y, Type type) {
  return type.isF16() || type.isBF16() ? step(s, {y}, y, type, type) : y;
}

std::string KernelSource::normElement(model::RmsNormOp op, ArrayRef<Expr> at) {
  ArrayRef<Expr> row = at.drop_back();
  Value x = op.getX();
  Type type = prim::elementType(x);
  std::string scale = ofRow(op, 0, row, [&] {
    std::string sum = sumOverRow(x, row, [](const std::string &v) { return v; }, /*squared=*/true);
    return inverseRoot(*this, sum, *asConstant(getDims(x).back()), op.getEpsilon().convertToDouble(), type);
  });
  std::string v = element(x, at), y = step(*this, {v, scale}, v + " * " + scale, type, op.getRounded());
  if (op.getWeight()) {
    std::string w = element(op.getWeight(), at.take_back());
    y = step(*this, {y, w}, y + " * " + w, type, std::nullopt);
  }
  return asElement(*this, y, prim::elementType(op.getResult()));
}

std::string KernelSource::normElement(model::LayerNormOp op, ArrayRef<Expr> at) {
  ArrayRef<Expr> row = at.drop_back();
  Value x = op.getX();
  Type type = prim::elementType(x);
  int64_t count = *asConstant(getDims(x).back());
  std::string mean = ofRow(op, 0, row, [&] {
    std::string sum = sumOverRow(x, row, [](const std::string &v) { return v; }, /*squared=*/false);
    return define(scopeOf(sum), registerType(type), "mean", sum + " / " + literal(type, double(count)));
  });
  auto centred = [&](const std::string &v) { return define(deepest({v, mean}), registerType(type), "centred", v + " - " + mean); };
  std::string scale = ofRow(op, 1, row, [&] {
    return inverseRoot(*this, sumOverRow(x, row, centred, /*squared=*/true), count, op.getEpsilon().convertToDouble(), type);
  });
  std::string c = centred(element(x, at)), y = step(*this, {c, scale}, c + " * " + scale, type, op.getRounded());
  if (op.getWeight()) {
    std::string w = element(op.getWeight(), at.take_back());
    y = step(*this, {y, w}, y + " * " + w, type, op.getBias() ? op.getRounded() : std::nullopt);
  }
  if (op.getBias()) {
    std::string b = element(op.getBias(), at.take_back());
    y = step(*this, {y, b}, y + " + " + b, type, std::nullopt);
  }
  return asElement(*this, y, prim::elementType(op.getResult()));
}

} // namespace dsc::cuda
