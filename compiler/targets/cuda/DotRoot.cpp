// SPDX-License-Identifier: Apache-2.0
// Contractions of any shape and type: a thread an element of the result, the contracted index ascending. What makes contractions fast
// has roots of its own; this one takes what is left.
#include "compiler/targets/cuda/Contraction.h"
#include "compiler/targets/cuda/KernelRoot.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::cuda {

namespace {

class DotRoot : public KernelRoot {
public:
  DotRoot(plan::KernelOp kernel, DotOp op) : KernelRoot(kernel), op(op), dims(getDims(op.getResult())) {}

  LaunchShape launch() const override { return threadPerPosition(context, dims, threads); }

  void emit(KernelSource &s) const override {
    auto o = op;
    Value yielded = s.kernel.getYielded()[0];
    if (getDims(yielded) != dims) {
      s.fail(o, "a dot under operations that change its shape");
      return;
    }
    Indices at = emitThreadPosition(s, dims, threads);
    s.pin(o.getResult(), at, s.element(o.getResult(), at));
    s.store(s.outputBuffer(0), at, s.element(yielded, at));
  }

private:
  static constexpr unsigned threads = 128;
  mutable DotOp op;
  SmallVector<Expr> dims;
};

} // namespace

std::unique_ptr<KernelRoot> makeDotRoot(plan::KernelOp kernel, DotOp op) { return std::make_unique<DotRoot>(kernel, op); }

} // namespace dsc::cuda
