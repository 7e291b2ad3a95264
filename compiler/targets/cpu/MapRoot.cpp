// SPDX-License-Identifier: Apache-2.0
// Kernels whose outputs are written element by element: everything pointwise or moving, and
// reductions.
#include "compiler/targets/cpu/KernelRoot.h"
#include "compiler/targets/cpu/Schedule.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::ArrayRef;

namespace dsc::cpu {

namespace {

class MapRoot : public KernelRoot {
public:
  explicit MapRoot(plan::KernelOp kernel) : KernelRoot(kernel) {
    Domain domain;
    domain.dims = getDims(kernel.getYielded()[0]);
    domain.visit = [kernel](AccessScan &scan, ArrayRef<Expr> at) {
      auto k = kernel;
      for (Value v : k.getYielded())
        scan.visit(v, at);
      return bufferAddress(k, k.getNumInputs(), at, scan.extents);
    };
    schedule = makeSchedule(kernel, domain);
  }

  Expr grid() const override { return schedule.grid; }

  void emit(KernelCode &code) const override {
    auto yielded = code.kernel.getYielded();
    for (Value v : yielded)
      if (getDims(v) != getDims(yielded[0])) {
        (void)code.fail(code.kernel, "outputs of different shapes");
        return;
      }
    emitSchedule(code, schedule, [&](ArrayRef<Expr> at) {
      // All values before the first store: an output may share an input's buffer.
      llvm::SmallVector<Value> values;
      for (Value v : yielded)
        values.push_back(code.element(v, at));
      for (auto [o, v] : llvm::enumerate(values))
        code.store(code.outputBuffer(o), at, v);
    });
  }

private:
  Schedule schedule;
};

/// An update of a buffer in place: the block is all that is written.
class UpdateSliceRoot : public KernelRoot {
public:
  UpdateSliceRoot(plan::KernelOp kernel, UpdateSliceOp op) : KernelRoot(kernel), op(op) {
    Domain domain;
    domain.dims = getDims(op.getUpdate());
    domain.nested = false;
    domain.visit = [this](AccessScan &scan, ArrayRef<Expr> at) {
      auto k = this->kernel;
      scan.visit(this->op.getUpdate(), at);
      return bufferAddress(k, k.getNumInputs(), target(at), scan.extents);
    };
    schedule = makeSchedule(kernel, domain);
  }

  Expr grid() const override { return schedule.grid; }

  void emit(KernelCode &code) const override {
    auto update = op;
    emitSchedule(code, schedule, [&](ArrayRef<Expr> at) {
      code.store(code.outputBuffer(0), target(at), code.element(update.getUpdate(), at));
    });
  }

private:
  Indices target(ArrayRef<Expr> at) const {
    auto update = op;
    Indices result;
    for (auto [e, start] : llvm::zip(at, update.getStarts().toVector()))
      result.push_back(e + start);
    return result;
  }

  UpdateSliceOp op;
  Schedule schedule;
};

class CumSumRoot : public KernelRoot {
public:
  CumSumRoot(plan::KernelOp kernel, CumSumOp op) : KernelRoot(kernel), op(op) {
    Domain domain;
    domain.dims = getDims(op.getOperand());
    extent = domain.dims[op.getAxis()];
    domain.dims[op.getAxis()] = constant(kernel.getContext(), 1);
    domain.nested = true;
    domain.visit = [this](AccessScan &scan, ArrayRef<Expr> at) {
      auto k = this->kernel;
      auto o = this->op;
      Indices position(at);
      position[o.getAxis()] = scan.fresh(extent);
      scan.visit(o.getOperand(), position);
      return bufferAddress(k, k.getNumInputs(), position, scan.extents);
    };
    schedule = makeSchedule(kernel, domain);
  }

  Expr grid() const override { return schedule.grid; }

  void emit(KernelCode &code) const override {
    auto o = op;
    Type type = prim::elementType(o.getOperand());
    emitSchedule(code, schedule, [&](ArrayRef<Expr> at) {
      Values start{
          code.splat(code.zero(registerType(type)), schedule.width > 1 ? schedule.width : 0)};
      code.overIndex(extent, start, [&](Expr step, Values total) -> Values {
        Indices position(at);
        position[o.getAxis()] = o.getReverse() ? extent - 1 - step : step;
        Value next = code.add(total[0], code.element(o.getOperand(), position));
        // 16-bit sums are carried in f32 and rounded where they are written.
        code.store(code.outputBuffer(0), position,
                   roundTo(code, o.getExclusive() ? total[0] : next, type));
        return {next};
      });
    });
  }

private:
  CumSumOp op;
  Expr extent;
  Schedule schedule;
};

} // namespace

std::unique_ptr<KernelRoot> makeMapRoot(plan::KernelOp kernel) {
  return std::make_unique<MapRoot>(kernel);
}

std::unique_ptr<KernelRoot> makeUpdateSliceRoot(plan::KernelOp kernel, UpdateSliceOp op) {
  return std::make_unique<UpdateSliceRoot>(kernel, op);
}

std::unique_ptr<KernelRoot> makeCumSumRoot(plan::KernelOp kernel, CumSumOp op) {
  return std::make_unique<CumSumRoot>(kernel, op);
}

} // namespace dsc::cpu
