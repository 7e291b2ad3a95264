// SPDX-License-Identifier: Apache-2.0
// Kernels whose outputs are written element by element: a thread an element, or a vector of neighbours where the last dimension is cut
// into whole vectors. Neighbouring threads have neighbours along the last dimension.
#include "compiler/targets/common/FlatDomain.h"
#include "compiler/targets/cuda/Arithmetic.h"
#include "compiler/targets/cuda/KernelRoot.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::ArrayRef;

namespace dsc::cuda {

namespace {

class MapRoot : public KernelRoot {
public:
  explicit MapRoot(plan::KernelOp kernel) : KernelRoot(kernel), dims(getDims(kernel.getYielded()[0])) {
    flat = isFlat(kernel, dims, [kernel](AccessScan &scan, ArrayRef<Expr> at) {
      auto k = kernel;
      for (Value v : k.getYielded())
        scan.visit(v, at);
      return bufferAddress(k, k.getNumInputs(), at, scan.extents);
    });
    domain = flat ? SmallVector<Expr>{product(context, dims)} : dims;
    chooseWidth();
  }

  LaunchShape launch() const override { return threadPerPosition(context, cut, threads); }

  void emit(KernelSource &s) const override {
    Indices first = emitThreadPosition(s, cut, threads);
    s.overLanes(width, [&](Expr lane) {
      Indices at = first;
      if (width > 1)
        at.back() = at.back() * width + lane;
      if (flat)
        at = flatPosition(dims, at.back());
      emitElement(s, at);
    });
  }

protected:
  MapRoot(plan::KernelOp kernel, SmallVector<Expr> dims) : KernelRoot(kernel), dims(dims), domain(dims) { chooseWidth(); }

  virtual void emitElement(KernelSource &s, ArrayRef<Expr> at) const {
    auto yielded = s.kernel.getYielded();
    // All values before the first store: an output may share an input's buffer.
    SmallVector<std::string> values;
    for (Value v : yielded) {
      if (getDims(v) != getDims(yielded[0]))
        return s.fail(s.kernel, "outputs of different shapes");
      values.push_back(s.element(v, at));
    }
    for (auto [o, v] : llvm::enumerate(values))
      s.store(s.outputBuffer(o), at, v);
  }

private:
  static constexpr unsigned threads = 128;

  /// Elements of a thread: 16 bytes of the widest type that is stored, where they divide the last dimension.
  void chooseWidth() {
    unsigned bytes = 2;
    for (Value v : kernel.getYielded())
      bytes = std::max(bytes, storageBytes(prim::elementType(v)));
    if (!domain.empty())
      for (unsigned w = 16 / bytes; w > 1 && width == 1; w /= 2)
        if (isConstant(mod(domain.back(), constant(w)), 0))
          width = w;
    cut = domain;
    if (width > 1)
      cut.back() = floorDiv(cut.back(), constant(width));
  }

  SmallVector<Expr> dims, domain, cut;
  bool flat = false;
  unsigned width = 1;
};

/// An update of a buffer in place: the block is all that is written.
class UpdateSliceRoot : public MapRoot {
public:
  UpdateSliceRoot(plan::KernelOp kernel, UpdateSliceOp op) : MapRoot(kernel, getDims(op.getUpdate())), op(op) {}

private:
  void emitElement(KernelSource &s, ArrayRef<Expr> at) const override {
    auto update = op;
    Indices target;
    for (auto [e, start] : llvm::zip(at, update.getStarts().toVector()))
      target.push_back(e + start);
    s.store(s.outputBuffer(0), target, s.element(update.getUpdate(), at));
  }

  UpdateSliceOp op;
};

} // namespace

std::unique_ptr<KernelRoot> makeMapRoot(plan::KernelOp kernel) { return std::make_unique<MapRoot>(kernel); }

std::unique_ptr<KernelRoot> makeUpdateSliceRoot(plan::KernelOp kernel, UpdateSliceOp op) {
  return std::make_unique<UpdateSliceRoot>(kernel, op);
}

} // namespace dsc::cuda
