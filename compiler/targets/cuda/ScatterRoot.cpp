// SPDX-License-Identifier: Apache-2.0
// Scatters: a thread a slice across the dimensions that are not scattered. It applies all updates of its slice in order, so that
// duplicates need no atomics and give the same bits in every run.
#include "compiler/targets/cuda/Arithmetic.h"
#include "compiler/targets/cuda/KernelRoot.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::ArrayRef;
using llvm::SmallVector;

namespace dsc::cuda {

namespace {

constexpr unsigned threads = 64;

/// Nested loops over `dims`.
void overAll(KernelSource &s, ArrayRef<Expr> dims, llvm::function_ref<void(ArrayRef<Expr>)> body) {
  Indices at;
  std::function<void(size_t)> nest = [&](size_t depth) {
    if (depth == dims.size())
      return body(at);
    s.overIndex(dims[depth], [&](Expr e) {
      at.push_back(e);
      nest(depth + 1);
      at.pop_back();
    });
  };
  nest(0);
}

/// output[at] op= update, here and now.
void updateElement(KernelSource &s, ScatterKind kind, ArrayRef<Expr> at, const std::string &update, Type type) {
  std::string value = update;
  s.inOrder([&] {
    if (kind != ScatterKind::Set) {
      constexpr BinaryKind kinds[] = {BinaryKind::Add, BinaryKind::Add, BinaryKind::Mul, BinaryKind::Min, BinaryKind::Max};
      std::string old = s.load(s.outputBuffer(0), at);
      value = s.define(s.current, registerType(type), "updated", binaryText(s, kinds[unsigned(kind)], old, update, type));
    }
    s.store(s.outputBuffer(0), at, value);
  });
}

void whereValid(KernelSource &s, const std::string &valid, llvm::function_ref<void()> body) {
  if (valid.empty())
    body();
  else
    s.branch(valid, body, nullptr);
}

class ScatterNdRoot : public KernelRoot {
public:
  ScatterNdRoot(plan::KernelOp kernel, ScatterNdOp op) : KernelRoot(kernel), op(op), slices(getDims(op.getOperand())) {
    for (int64_t axis : op.getAxes()) {
      scattered.push_back(slices[axis]);
      slices[axis] = constant(1);
    }
  }

  LaunchShape launch() const override { return threadPerPosition(context, slices, threads); }

  void emit(KernelSource &s) const override {
    auto o = op;
    auto k = kernel;
    Type type = prim::elementType(o.getOperand());
    Indices at = emitThreadPosition(s, slices, threads), position = at;
    if (k.getAliases()[0] < 0)
      overAll(s, scattered, [&](ArrayRef<Expr> row) {
        for (auto [axis, e] : llvm::zip(o.getAxes(), row))
          position[axis] = e;
        s.store(s.outputBuffer(0), position, s.element(o.getOperand(), position));
      });
    SmallVector<Expr> updates = getDims(o.getIndices());
    updates.pop_back();
    overAll(s, updates, [&](ArrayRef<Expr> row) {
      std::string valid;
      for (auto [i, axis] : llvm::enumerate(o.getAxes())) {
        Indices component(row);
        component.push_back(constant(i));
        position[axis] = s.checkedIndex(o.getIndices(), component, scattered[i], valid);
      }
      Indices update(row);
      for (auto [i, e] : llvm::enumerate(at))
        if (!llvm::is_contained(o.getAxes(), int64_t(i)))
          update.push_back(e);
      whereValid(s, valid, [&] { updateElement(s, o.getKind(), position, s.element(o.getUpdates(), update), type); });
    });
  }

private:
  mutable ScatterNdOp op;
  SmallVector<Expr> slices, scattered;
};

class ScatterAlongAxisRoot : public KernelRoot {
public:
  ScatterAlongAxisRoot(plan::KernelOp kernel, ScatterAlongAxisOp op) : KernelRoot(kernel), op(op), lines(getDims(op.getOperand())) {
    extent = lines[op.getAxis()];
    lines[op.getAxis()] = constant(1);
  }

  LaunchShape launch() const override { return threadPerPosition(context, lines, threads); }

  void emit(KernelSource &s) const override {
    auto o = op;
    auto k = kernel;
    unsigned axis = o.getAxis();
    Type type = prim::elementType(o.getOperand());
    auto rows = getDims(o.getIndices());
    Indices at = emitThreadPosition(s, lines, threads), position = at;
    if (k.getAliases()[0] < 0)
      s.overIndex(extent, [&](Expr e) {
        position[axis] = e;
        s.store(s.outputBuffer(0), position, s.element(o.getOperand(), position));
      });
    // The indices may cover a part of the other dimensions only.
    std::string inside;
    for (auto [i, dim] : llvm::enumerate(rows)) {
      Expr test = s.simplified(prim::less(at[i], dim));
      if (i != axis && !isConstant(test, 1))
        inside += (inside.empty() ? "" : " && ") + s.emitTruth(test);
    }
    whereValid(s, inside, [&] {
      s.overIndex(rows[axis], [&](Expr e) {
        Indices row(at);
        row[axis] = e;
        std::string valid;
        position[axis] = s.checkedIndex(o.getIndices(), row, extent, valid);
        whereValid(s, valid, [&] { updateElement(s, o.getKind(), position, s.element(o.getUpdates(), row), type); });
      });
    });
  }

private:
  mutable ScatterAlongAxisOp op;
  SmallVector<Expr> lines;
  Expr extent;
};

} // namespace

std::unique_ptr<KernelRoot> makeScatterNdRoot(plan::KernelOp kernel, ScatterNdOp op) {
  return std::make_unique<ScatterNdRoot>(kernel, op);
}

std::unique_ptr<KernelRoot> makeScatterAlongAxisRoot(plan::KernelOp kernel, ScatterAlongAxisOp op) {
  return std::make_unique<ScatterAlongAxisRoot>(kernel, op);
}

} // namespace dsc::cuda
