// SPDX-License-Identifier: Apache-2.0
// Positions of true elements in order: one block walks over the elements, a vote of each warp and a sum over the warps tell every
// thread how many true ones come before its own.
#include "compiler/targets/cuda/KernelRoot.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::formatv;

namespace dsc::cuda {

namespace {

class NonZeroRoot : public KernelRoot {
public:
  NonZeroRoot(plan::KernelOp kernel, NonZeroOp op) : KernelRoot(kernel), op(op) {}

  LaunchShape launch() const override { return {constant(1), threads}; }

  void emit(KernelSource &s) const override {
    auto o = op;
    auto dims = getDims(o.getOperand());
    Expr count = product(context, dims);
    std::string total = s.emit(count), capacity = s.emit(getDims(o.getResult())[1]);
    s.line("const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;");
    s.line(formatv("__shared__ int of_warps[{0}];", threads / 32));
    s.line("long long found = 0;  // in the elements before this tile");
    s.open(formatv("#pragma unroll 1\nfor (long long first = 0; first < {0}; first += {1})", total, threads));
    s.line("bool is_set = false;");
    Expr number = s.newIndex(count);
    s.own("number");
    s.line(formatv("const {0} number = ({0})(first + threadIdx.x);", s.indexType(number)));
    s.bind(number, "number");
    Indices at = delinearize(number, dims, s.extents());
    s.branch("number < " + llvm::Twine(total), [&] { s.line("is_set = " + s.element(o.getOperand(), at) + ";"); }, nullptr);
    s.line("const unsigned votes = __ballot_sync(0xffffffffu, is_set);");
    s.line("if (lane == 0) of_warps[warp] = __popc(votes);");
    s.line("__syncthreads();");
    s.line("int before = __popc(votes & ((1u << lane) - 1)), in_tile = 0;");
    s.open(formatv("for (int w = 0; w < {0}; ++w)", threads / 32));
    s.line("before += w < warp ? of_warps[w] : 0;");
    s.line("in_tile += of_warps[w];");
    s.close();
    s.branch("is_set && found + before < " + llvm::Twine(capacity), [&] {
      Expr column = s.newIndex(getDims(o.getResult())[1]);
      s.line(formatv("const {0} column = ({0})(found + before);", s.indexType(column)));
      s.own("column");
      s.bind(column, "column");
      for (auto [dim, e] : llvm::enumerate(at))
        s.store(s.outputBuffer(0), {constant(dim), column}, s.emit(e));
    }, nullptr);
    s.line("found += in_tile;");
    s.line("__syncthreads();");
    s.close();
  }

private:
  static constexpr unsigned threads = 256;
  mutable NonZeroOp op;
};

} // namespace

std::unique_ptr<KernelRoot> makeNonZeroRoot(plan::KernelOp kernel, NonZeroOp op) { return std::make_unique<NonZeroRoot>(kernel, op); }

} // namespace dsc::cuda
