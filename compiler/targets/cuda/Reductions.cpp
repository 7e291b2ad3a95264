// SPDX-License-Identifier: Apache-2.0
// Elements that take a loop: reductions, positions of extremes, and dots inside larger trees. Where their result is the same for a group
// of threads, the group shares the work; the order of combination is fixed by the number of threads, so that bits are the same in
// every run.
#include "compiler/targets/cuda/Arithmetic.h"
#include "compiler/targets/cuda/Contraction.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::ArrayRef;
using llvm::formatv;
using llvm::SmallVector;
using llvm::StringRef;

namespace dsc::cuda {

bool KernelSource::isUniform(ArrayRef<Expr> at) {
  bool uniform = true;
  for (Expr e : at)
    walkLeaves(e, [&](Expr leaf) { uniform &= scopeOf(leaves[leaf])->depth <= group.scope->depth; });
  return uniform;
}

bool KernelSource::alwaysInside(Value tensor, ArrayRef<Expr> at) {
  return llvm::all_of(llvm::zip(getDims(tensor), at), [&](auto pair) {
    auto [dim, e] = pair;
    return isConstant(dim, 1) || (provablyNonNegative(e, ranges) && provablyNonNegative(dim - 1 - e, ranges));
  });
}

std::string KernelSource::hoisted(Value result, ArrayRef<Expr> at, llvm::function_ref<std::string(bool)> body) {
  // Threads of one group may take different branches, unless the branch is around the group: all must take part, or none.
  bool together = group.threads && isUniform(at) && (guard->depth <= group.scope->depth || alwaysInside(result, at));
  Scope *home = root, *around = guard;
  for (Expr e : at)
    walkLeaves(e, [&](Expr leaf) { home = deeper(home, scopeOf(leaves[leaf])); });
  if (together) {
    home = group.scope;
    around = group.guard;
  } else {
    home = deeper(home, guard);
  }
  Lanes outer = std::move(lanes);
  bool outside = outer.width == 0 || home->depth < outer.scope->depth;
  lanes = outside ? Lanes() : outer;
  std::string value;
  inside(home, around, [&] { value = body(together); });
  lanes = std::move(outer);
  return value;
}

void KernelSource::overReduced(ArrayRef<Expr> dims, bool together, Type type, llvm::function_ref<void(ArrayRef<Expr>)> body) {
  if (!together) {
    Indices at;
    std::function<void(size_t)> nest = [&](size_t depth) {
      if (depth == dims.size())
        return body(at);
      overIndex(dims[depth], [&](Expr e) {
        at.push_back(e);
        nest(depth + 1);
        at.pop_back();
      });
    };
    nest(0);
    return;
  }
  // Neighbouring threads take neighbours along the last dimension; several each.
  SmallVector<Expr> cut(dims);
  unsigned width = sharedWidth(dims, storageBytes(type), group.threads);
  if (width > 1)
    cut.back() = floorDiv(dims.back(), constant(width));
  overIndex(product(kernel.getContext(), cut), group.lane, std::to_string(group.threads), [&](Expr number) {
    Indices first = delinearize(number, cut, ranges);
    overLanes(width, [&](Expr lane) {
      Indices at = first;
      if (width > 1)
        at.back() = at.back() * width + lane;
      body(at);
    });
  });
}

std::string KernelSource::reduceElement(ReduceOp op, ArrayRef<Expr> at) {
  Type type = prim::elementType(op.getResult());
  Value operand = op.getOperand();
  auto dims = getDims(operand);
  SmallVector<Expr> reduced;
  for (int64_t axis : op.getAxes())
    reduced.push_back(dims[axis]);
  StringRef hint = stringifyReduceKind(op.getKind());
  return hoisted(op.getResult(), at, [&](bool together) {
    std::string total = variable(registerType(type), hint, identityText(op.getKind(), type));
    overReduced(reduced, together, prim::elementType(operand), [&](ArrayRef<Expr> inner) {
      Indices position;
      size_t next = 0, nextInner = 0;
      for (size_t i = 0; i < dims.size(); ++i)
        position.push_back(llvm::is_contained(op.getAxes(), int64_t(i)) ? inner[nextInner++] : at[next++]);
      line(total + " = " + combineText(*this, op.getKind(), total, element(operand, position), type) + ";");
    });
    if (together)
      total = combineThreads({total}, {registerType(type).str()}, hint, [&](ArrayRef<std::string> x, ArrayRef<std::string> y) {
        return std::vector<std::string>{combineText(*this, op.getKind(), x[0], y[0], type)};
      })[0];
    std::string rounded = roundTo(*this, total, type);
    return rounded == total ? total : define(current, registerType(type), hint, rounded);
  });
}

std::string KernelSource::argReduceElement(ArgReduceOp op, ArrayRef<Expr> at) {
  Value operand = op.getOperand();
  Type type = prim::elementType(operand);
  Expr extent = getDims(operand)[op.getAxis()];
  bool isMax = op.getKind() == ReduceKind::Max, isFloat = isa<FloatType>(type);
  StringRef orderType = storageBytes(type) == 8 ? "unsigned long long" : "unsigned", placeType = indexType(newIndex(extent));
  prelude("order");
  // The larger, the better: NaN is the best of both kinds.
  auto order = [&](const std::string &x) { return (isMax ? "orderOf(" : isFloat ? "orderOf(-" : "~orderOf(") + x + ")"; };
  return hoisted(op.getResult(), at, [&](bool together) {
    // Where all are the least there is, the first position is 0, and the last one is found.
    std::string best = variable(orderType, "best", "0"), place = variable(placeType, "place", "0");
    overReduced({extent}, together, type, [&](ArrayRef<Expr> inner) {
      Indices position(at);
      position.insert(position.begin() + op.getAxis(), inner[0]);
      std::string value = element(operand, position), number = emit(inner[0]);
      std::string rank = define(current, orderType, "rank", order(value));
      line("if (" + rank + (op.getLast() ? " >= " : " > ") + best + ") { " + best + " = " + rank + "; " + place + " = " + number + "; }");
    });
    if (!together)
      return place;
    auto combine = [&](const std::string &name, StringRef of, StringRef hint, StringRef function) {
      return combineThreads({name}, {of.str()}, hint, [&](ArrayRef<std::string> x, ArrayRef<std::string> y) {
        return std::vector<std::string>{formatv("{0}({1}, {2})", function, x[0], y[0])};
      })[0];
    };
    std::string own = define(current, orderType, "own", best), top = combine(best, orderType, "top", "max");
    std::string none = op.getLast() ? "-1" : placeType == "int" ? "2147483647" : "9223372036854775807LL";
    line(place + " = " + own + " == " + top + " ? " + place + " : " + none + ";");
    return combine(place, placeType, "first", op.getLast() ? "max" : "min");
  });
}

// ---- Contractions ---------------------------------------------------------------------------------------

Type accumulatorType(DotOp op) {
  Type from = prim::elementType(op.getLhs());
  if (!isa<FloatType>(from))
    return prim::elementType(op.getResult());
  return from.isF64() ? from : Type(Float32Type::get(op.getContext()));
}

std::string multiplyAddText(KernelSource &s, DotOp op, const std::string &l, const std::string &r, const std::string &accumulator) {
  Type from = prim::elementType(op.getLhs()), type = accumulatorType(op);
  if (isa<FloatType>(type))
    return formatv("{0}({1}, {2}, {3})", type.isF64() ? "fma" : "fmaf", l, r, accumulator);
  auto wide = [&](const std::string &x) {
    return from == type ? x : s.define(s.current, registerType(type), "wide", convertText(s, x, from, type));
  };
  std::string product = s.define(s.current, registerType(type), "product", binaryText(s, BinaryKind::Mul, wide(l), wide(r), type));
  return binaryText(s, BinaryKind::Add, accumulator, product, type);
}

std::string dotResult(KernelSource &s, DotOp op, const std::string &total) {
  Type held = accumulatorType(op), to = prim::elementType(op.getResult());
  return held == to ? total : s.define(s.current, registerType(to), "dot", convertText(s, total, held, to));
}

std::string KernelSource::dotElement(DotOp op, ArrayRef<Expr> at) {
  SmallVector<Expr> contracted;
  for (int64_t dim : op.getLhsContract())
    contracted.push_back(getDims(op.getLhs())[dim]);
  Type type = accumulatorType(op);
  return hoisted(op.getResult(), at, [&](bool together) {
    std::string total = variable(registerType(type), "dot", literal(type, 0.0));
    overReduced(contracted, together, prim::elementType(op.getLhs()), [&](ArrayRef<Expr> inner) {
      Indices lhs, rhs;
      dotIndices(op, at, inner, lhs, rhs);
      std::string l = element(op.getLhs(), lhs), r = element(op.getRhs(), rhs);
      line(total + " = " + multiplyAddText(*this, op, l, r, total) + ";");
    });
    if (together)
      total = combineThreads({total}, {registerType(type).str()}, "dot", [&](ArrayRef<std::string> x, ArrayRef<std::string> y) {
        return std::vector<std::string>{binaryText(*this, BinaryKind::Add, x[0], y[0], type)};
      })[0];
    return dotResult(*this, op, total);
  });
}

} // namespace dsc::cuda
