// SPDX-License-Identifier: Apache-2.0
// Running sums: a thread a line, in order, so that the bits are those of the reference.
#include "compiler/targets/cuda/Arithmetic.h"
#include "compiler/targets/cuda/KernelRoot.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::cuda {

namespace {

class CumSumRoot : public KernelRoot {
public:
  CumSumRoot(plan::KernelOp kernel, CumSumOp op) : KernelRoot(kernel), op(op), lines(getDims(op.getOperand())) {
    extent = lines[op.getAxis()];
    lines[op.getAxis()] = constant(1);
  }

  LaunchShape launch() const override { return threadPerPosition(context, lines, threads); }

  void emit(KernelSource &s) const override {
    auto o = op;
    Type type = prim::elementType(o.getOperand());
    Indices at = emitThreadPosition(s, lines, threads);
    std::string total = s.variable(registerType(type), "total", literal(type, 0.0));
    s.overIndex(extent, [&](Expr step) {
      at[o.getAxis()] = o.getReverse() ? extent - 1 - step : step;
      std::string value = s.element(o.getOperand(), at);
      // 16-bit sums are carried in float and rounded where they are written.
      std::string next = total + " = " + combineText(s, ReduceKind::Sum, total, value, type) + ";";
      if (!o.getExclusive())
        s.line(next);
      s.store(s.outputBuffer(0), at, roundTo(s, total, type));
      if (o.getExclusive())
        s.line(next);
    });
  }

private:
  static constexpr unsigned threads = 64;
  mutable CumSumOp op;
  SmallVector<Expr> lines;
  Expr extent;
};

} // namespace

std::unique_ptr<KernelRoot> makeCumSumRoot(plan::KernelOp kernel, CumSumOp op) { return std::make_unique<CumSumRoot>(kernel, op); }

} // namespace dsc::cuda
