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
    auto visit = [kernel](AccessScan &scan, ArrayRef<Expr> at) {
      auto k = kernel;
      for (Value v : k.getYielded())
        scan.visit(v, at);
      return bufferAddress(k, k.getNumInputs(), at, scan.extents);
    };
    flat = isFlat(kernel, dims, visit);
    domain = flat ? SmallVector<Expr>{product(context, dims)} : dims;
    width = chooseWidth();
    cut = domain;
    if (width > 1)
      cut.back() = floorDiv(cut.back(), constant(width));
  }

  LaunchShape launch() const override { return {ceilDiv(product(context, cut), constant(threads)), threads}; }

  void emit(KernelSource &s) const override {
    auto yielded = s.kernel.getYielded();
    for (Value v : yielded)
      if (getDims(v) != getDims(yielded[0])) {
        s.fail(s.kernel, "outputs of different shapes");
        return;
      }
    Expr count = product(context, cut), number = s.newIndex(count);
    std::string name = s.variable("const " + s.indexType(number).str(), "number",
                                  "(" + s.indexType(number) + ")blockIdx.x * " + std::to_string(threads) + " + threadIdx.x");
    s.line("if (" + name + " >= " + s.emit(count) + ") return;");
    s.bind(number, name);
    Indices first = delinearize(number, cut, s.extents());
    s.overLanes(width, [&](Expr lane) {
      Indices at = first;
      if (width > 1)
        at.back() = at.back() * width + lane;
      if (flat)
        at = flatPosition(dims, at.back());
      // All values before the first store: an output may share an input's buffer.
      SmallVector<std::string> values;
      for (Value v : yielded)
        values.push_back(s.element(v, at));
      for (auto [o, v] : llvm::enumerate(values))
        s.store(s.outputBuffer(o), at, v);
    });
  }

private:
  static constexpr unsigned threads = 128;

  /// Elements of a thread: 16 bytes of the widest type that is loaded or stored, where they divide the last dimension.
  unsigned chooseWidth() const {
    auto k = kernel;
    if (domain.empty())
      return 1;
    unsigned bytes = 2;
    for (unsigned i = 0; i < k.getNumInputs() + k.getYielded().size(); ++i)
      bytes = std::max(bytes, storageBytes(getElementTypeOrSelf(bufferType(k, i))));
    for (unsigned w = 16 / bytes; w > 1; w /= 2)
      if (isConstant(mod(domain.back(), constant(w)), 0))
        return w;
    return 1;
  }

  SmallVector<Expr> dims, domain, cut;
  bool flat;
  unsigned width;
};

} // namespace

std::unique_ptr<KernelRoot> makeMapRoot(plan::KernelOp kernel) { return std::make_unique<MapRoot>(kernel); }

} // namespace dsc::cuda
