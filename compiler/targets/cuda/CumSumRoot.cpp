// SPDX-License-Identifier: Apache-2.0
// Running sums: a thread a line, in order, so that the bits of floats are those of the reference. Integers that are neighbours in memory
// have a warp a line.
#include "compiler/targets/cuda/Arithmetic.h"
#include "compiler/targets/cuda/KernelRoot.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::StringRef;
using llvm::Twine;

namespace dsc::cuda {

namespace {

class CumSumRoot : public KernelRoot {
public:
  CumSumRoot(plan::KernelOp kernel, CumSumOp op) : KernelRoot(kernel), op(op), lines(getDims(op.getOperand())) {
    extent = lines[op.getAxis()];
    lines[op.getAxis()] = constant(1);
    bool isLast = llvm::all_of(llvm::ArrayRef<Expr>(lines).drop_front(op.getAxis()), [](Expr dim) { return isConstant(dim, 1); });
    byWarps = isLast && isa<IntegerType>(prim::elementType(op.getOperand()));
  }

  LaunchShape launch() const override {
    if (byWarps)
      return {ceilDiv(product(context, lines), constant(threads / 32)), threads};
    return threadPerPosition(context, lines, threads);
  }

  void emit(KernelSource &s) const override {
    if (byWarps)
      return emitScan(s);
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
  /// 32 neighbours at a time: lanes add what stands 1, 2, 4, 8 and 16 before them, then the sum of the lines' beginning.
  void emitScan(KernelSource &s) const {
    auto o = op;
    Type type = prim::elementType(o.getOperand());
    Expr count = product(context, lines), line = s.newIndex(count), step = s.newIndex(extent);
    StringRef lineType = s.indexType(line), stepType = s.indexType(step), name = registerType(type);
    s.line("const int lane = threadIdx.x % 32;");
    s.line("const " + Twine(lineType) + " number = (" + lineType + ")blockIdx.x * " + Twine(threads / 32) + " + threadIdx.x / 32;");
    s.line("if (number >= " + Twine(s.emit(count)) + ") return;");
    s.own("number");
    s.bind(line, "number");
    Indices at = delinearize(line, lines, s.extents());
    std::string size = s.emit(extent), before = s.variable(name, "before", "0");
    auto sum = [&](const std::string &x, const std::string &y) { return combineText(s, ReduceKind::Sum, x, y, type); };
    s.open("#pragma unroll 1\nfor (" + Twine(stepType) + " first = 0; first < " + size + "; first += 32)");
    s.own("first");
    s.bind(step, s.define(s.current, stepType, "step", "first + lane"));
    at[o.getAxis()] = o.getReverse() ? extent - 1 - step : step;
    std::string own = s.variable(name, "own", "0");
    s.open("if (first + lane < " + Twine(size) + ")", /*conditional=*/true);
    s.line(own + " = " + s.element(o.getOperand(), at) + ";");
    s.close();
    std::string total = s.variable(name, "total", own);
    s.open("#pragma unroll\nfor (int distance = 1; distance < 32; distance *= 2)");
    std::string other = s.define(s.current, name, "other", "__shfl_up_sync(0xffffffffu, " + total + ", distance)");
    s.line("if (lane >= distance) " + total + " = " + sum(total, other) + ";");
    s.close();
    total = s.define(s.current, name, "total", sum(before, total));
    std::string result = total;
    if (o.getExclusive()) {
      std::string shifted = s.define(s.current, name, "shifted", "__shfl_up_sync(0xffffffffu, " + total + ", 1)");
      result = s.define(s.current, name, "exclusive", "lane ? " + shifted + " : " + before);
    }
    s.open("if (first + lane < " + Twine(size) + ")", /*conditional=*/true);
    s.store(s.outputBuffer(0), at, result);
    s.close();
    s.line(before + " = __shfl_sync(0xffffffffu, " + total + ", 31);");
    s.close();
  }

  static constexpr unsigned threads = 64;
  bool byWarps;
  mutable CumSumOp op;
  SmallVector<Expr> lines;
  Expr extent;
};

} // namespace

std::unique_ptr<KernelRoot> makeCumSumRoot(plan::KernelOp kernel, CumSumOp op) { return std::make_unique<CumSumRoot>(kernel, op); }

} // namespace dsc::cuda
