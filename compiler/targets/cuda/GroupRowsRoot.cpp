// SPDX-License-Identifier: Apache-2.0
// A counting sort of rows by the matrix that they choose (plan.group_rows), by one block: a thread
// a matrix counts its rows and later lists them, in between one thread adds up. No atomics, and the
// rows of a matrix stay in their order.
#include "compiler/targets/cuda/KernelRoot.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::formatv;

namespace dsc::cuda {

namespace {

class GroupRowsRoot : public KernelRoot {
public:
  GroupRowsRoot(plan::KernelOp kernel, plan::GroupRowsOp op) : KernelRoot(kernel), op(op) {}

  LaunchShape launch() const override { return {constant(1), threads()}; }

  void emit(KernelSource &s) const override {
    auto k = s.kernel;
    if (ValueRange(k.getYielded()) != ValueRange(op->getResults()))
      return s.fail(op, "a kernel of group_rows gives its results");
    std::string order = s.bufferName(s.outputBuffer(0)).str(),
                groups = s.bufferName(s.outputBuffer(1)).str(),
                ends = s.bufferName(s.outputBuffer(2)).str(),
                pieces = s.emit(getDims(op.getGroups())[0]);
    int64_t matrices = op.getMatrices(), most = op.getMost();
    s.line("// How many rows choose each matrix.");
    s.line(formatv("if (threadIdx.x == 0) {0}[0] = 0;", ends));
    overMatrices(s, [&](const std::string &e) {
      s.line("int count = 0;");
      overRows(s, [&](const std::string &id, const std::string &) {
        s.line(formatv("count += {0} == {1};", id, e));
      });
      s.line(formatv("{0}[{1} + 1] = count;", ends, e));
    });
    s.line("__syncthreads();");
    s.line("// Where each matrix ends, and its rows in groups.");
    s.open("if (threadIdx.x == 0)", /*conditional=*/true);
    s.line("int begin = 0, group = 0;");
    s.open(formatv("for (int e = 0; e < {0}; ++e)", matrices));
    s.line(formatv("const int end = begin + {0}[e + 1];", ends));
    s.line(formatv("{0}[e + 1] = end;", ends));
    s.open(formatv("for (; begin < end; begin += {0}, ++group)", most));
    s.line(formatv("{0}[2 * group] = begin;", groups));
    s.line(formatv("{0}[2 * group + 1] = end - begin < {1} ? end - begin : {1};", groups, most));
    s.close();
    s.line("begin = end;");
    s.close();
    s.open(formatv("for (; group < {0}; ++group)", pieces));
    s.line(formatv("{0}[2 * group] = 0;", groups));
    s.line(formatv("{0}[2 * group + 1] = 0;", groups));
    s.close();
    s.close();
    s.line("__syncthreads();");
    s.line("// The rows of each matrix, in their order.");
    overMatrices(s, [&](const std::string &e) {
      s.line(formatv("int place = {0}[{1}];", ends, e));
      overRows(s, [&](const std::string &id, const std::string &row) {
        s.line(formatv("if ({0} == {1}) {2}[place++] = {3};", id, e, order, row));
      });
    });
  }

private:
  unsigned threads() const {
    auto o = op;
    return std::min<int64_t>(llvm::alignTo(o.getMatrices(), 32), 1024);
  }

  void overMatrices(KernelSource &s, llvm::function_ref<void(const std::string &)> body) const {
    int64_t matrices = op.getMatrices();
    if (matrices <= threads()) {
      s.branch(
          "threadIdx.x < " + llvm::Twine(matrices),
          [&] { body(s.emit(s.boundIndex(constant(matrices), "threadIdx.x"))); }, nullptr);
      return;
    }
    s.overIndex(constant(op.getMatrices()), "threadIdx.x", llvm::Twine(threads()),
                [&](Expr e) { body(s.emit(e)); });
  }

  void overRows(KernelSource &s,
                llvm::function_ref<void(const std::string &, const std::string &)> body) const {
    auto dims = getDims(op.getIds());
    s.overIndex(product(context, dims), [&](Expr row) {
      std::string valid;
      Expr id = s.checkedIndex(op.getIds(), delinearize(row, dims, s.extents()),
                               constant(op.getMatrices()), valid);
      body(s.emit(id), s.emit(row));
    });
  }

  mutable plan::GroupRowsOp op;
};

} // namespace

std::unique_ptr<KernelRoot> makeGroupRowsRoot(plan::KernelOp kernel, plan::GroupRowsOp op) {
  return std::make_unique<GroupRowsRoot>(kernel, op);
}

} // namespace dsc::cuda
