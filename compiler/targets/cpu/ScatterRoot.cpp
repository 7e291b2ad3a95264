// SPDX-License-Identifier: Apache-2.0
// Scatters: work items are slices across the dimensions that are not scattered, and each applies
// all updates of its slice in order, so that duplicates need no atomics and give the same bits in
// every run.
#include "compiler/targets/cpu/KernelRoot.h"
#include "compiler/targets/cpu/Schedule.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::ArrayRef;

namespace dsc::cpu {

namespace {

Value applyUpdate(KernelCode &code, ScatterKind kind, Value old, Value update, Type type) {
  switch (kind) {
  case ScatterKind::Set:
    return update;
  case ScatterKind::Add:
    return emitBinary(code, BinaryKind::Add, old, update, type);
  case ScatterKind::Mul:
    return emitBinary(code, BinaryKind::Mul, old, update, type);
  case ScatterKind::Min:
    return emitBinary(code, BinaryKind::Min, old, update, type);
  case ScatterKind::Max:
    return emitBinary(code, BinaryKind::Max, old, update, type);
  }
  llvm_unreachable("unknown kind of scatter");
}

/// Nested loops over `dims`.
void overAll(KernelCode &code, ArrayRef<Expr> dims, llvm::function_ref<void(ArrayRef<Expr>)> body) {
  Indices at;
  std::function<void(size_t)> nest = [&](size_t depth) {
    if (depth == dims.size()) {
      body(at);
      return;
    }
    code.overIndex(dims[depth], [&](Expr e) {
      at.push_back(e);
      nest(depth + 1);
      at.pop_back();
    });
  };
  nest(0);
}

/// output[at] op= update, here and now: neither the load nor the store may move.
void updateElement(KernelCode &code, ScatterKind kind, ArrayRef<Expr> at, Value update, Type type) {
  Value old;
  if (kind != ScatterKind::Set)
    code.inOrder([&] { old = code.load(code.outputBuffer(0), at); });
  code.store(code.outputBuffer(0), at, applyUpdate(code, kind, old, update, type));
}

class ScatterNdRoot : public KernelRoot {
public:
  ScatterNdRoot(plan::KernelOp kernel, ScatterNdOp op) : KernelRoot(kernel), op(op) {
    Domain domain;
    domain.dims = getDims(op.getOperand());
    for (int64_t axis : op.getAxes()) {
      scattered.push_back(domain.dims[axis]);
      domain.dims[axis] = constant(kernel.getContext(), 1);
    }
    domain.nested = true;
    domain.visit = [this](AccessScan &scan, ArrayRef<Expr> at) {
      auto k = this->kernel;
      auto o = this->op;
      Indices position(at), update;
      for (auto [axis, dim] : llvm::zip(o.getAxes(), scattered))
        position[axis] = scan.fresh(dim);
      for (Expr dim : updateRows())
        update.push_back(scan.fresh(dim));
      llvm::append_range(update, others(at));
      scan.visit(o.getUpdates(), update);
      return bufferAddress(k, k.getNumInputs(), position, scan.extents);
    };
    schedule = makeSchedule(kernel, domain);
  }

  Expr grid() const override { return schedule.grid; }

  void emit(KernelCode &code) const override {
    auto o = op;
    auto k = kernel;
    Type type = prim::elementType(o.getOperand());
    emitSchedule(code, schedule, [&](ArrayRef<Expr> at) {
      Indices position(at);
      if (k.getAliases()[0] < 0)
        overAll(code, scattered, [&](ArrayRef<Expr> row) {
          for (auto [axis, e] : llvm::zip(o.getAxes(), row))
            position[axis] = e;
          code.store(code.outputBuffer(0), position, code.element(o.getOperand(), position));
        });
      overAll(code, updateRows(), [&](ArrayRef<Expr> row) {
        Value valid;
        for (auto [i, axis] : llvm::enumerate(o.getAxes())) {
          Indices component(row);
          component.push_back(code.constant(i));
          position[axis] = code.checkedIndex(o.getIndices(), component, scattered[i], valid);
        }
        Indices update(row);
        llvm::append_range(update, others(at));
        auto apply = [&] {
          updateElement(code, o.getKind(), position, code.element(o.getUpdates(), update), type);
        };
        if (valid)
          code.conditional(valid, true, apply);
        else
          apply();
      });
    });
  }

private:
  llvm::SmallVector<Expr> updateRows() const {
    auto o = op;
    auto dims = getDims(o.getIndices());
    dims.pop_back();
    return dims;
  }
  Indices others(ArrayRef<Expr> at) const {
    auto o = op;
    Indices result;
    for (auto [i, e] : llvm::enumerate(at))
      if (!llvm::is_contained(o.getAxes(), int64_t(i)))
        result.push_back(e);
    return result;
  }

  ScatterNdOp op;
  llvm::SmallVector<Expr> scattered;
  Schedule schedule;
};

class ScatterAlongAxisRoot : public KernelRoot {
public:
  ScatterAlongAxisRoot(plan::KernelOp kernel, ScatterAlongAxisOp op) : KernelRoot(kernel), op(op) {
    Domain domain;
    domain.dims = getDims(op.getOperand());
    extent = domain.dims[op.getAxis()];
    domain.dims[op.getAxis()] = constant(kernel.getContext(), 1);
    domain.nested = true;
    // Each position has indices of its own.
    domain.scalar = true;
    domain.visit = [](AccessScan &, ArrayRef<Expr> at) { return at.empty() ? Expr() : at[0]; };
    schedule = makeSchedule(kernel, domain);
  }

  Expr grid() const override { return schedule.grid; }

  void emit(KernelCode &code) const override {
    auto o = op;
    auto k = kernel;
    unsigned axis = o.getAxis();
    Type type = prim::elementType(o.getOperand());
    auto rows = getDims(o.getIndices());
    emitSchedule(code, schedule, [&](ArrayRef<Expr> at) {
      Indices position(at);
      if (k.getAliases()[0] < 0)
        code.overIndex(extent, [&](Expr e) {
          position[axis] = e;
          code.store(code.outputBuffer(0), position, code.element(o.getOperand(), position));
        });
      // The indices may cover a part of the other dimensions only.
      Value inside;
      for (auto [i, dim] : llvm::enumerate(rows)) {
        Expr test = simplify(prim::less(at[i], dim), code.extents());
        if (i == axis || isConstant(test, 1))
          continue;
        inside = inside ? code.bitAnd(inside, code.emitTruth(test)) : code.emitTruth(test);
      }
      auto applyAll = [&] {
        code.overIndex(rows[axis], [&](Expr e) {
          Indices row(at);
          row[axis] = e;
          Value valid;
          position[axis] = code.checkedIndex(o.getIndices(), row, extent, valid);
          auto apply = [&] {
            updateElement(code, o.getKind(), position, code.element(o.getUpdates(), row), type);
          };
          if (valid)
            code.conditional(valid, true, apply);
          else
            apply();
        });
      };
      if (inside)
        code.conditional(inside, true, applyAll);
      else
        applyAll();
    });
  }

private:
  ScatterAlongAxisOp op;
  Expr extent;
  Schedule schedule;
};

} // namespace

std::unique_ptr<KernelRoot> makeScatterNdRoot(plan::KernelOp kernel, ScatterNdOp op) {
  return std::make_unique<ScatterNdRoot>(kernel, op);
}

std::unique_ptr<KernelRoot> makeScatterAlongAxisRoot(plan::KernelOp kernel, ScatterAlongAxisOp op) {
  return std::make_unique<ScatterAlongAxisRoot>(kernel, op);
}

} // namespace dsc::cpu
