// SPDX-License-Identifier: Apache-2.0
// A counting sort of rows by the matrix that they choose (plan.group_rows). One work item: it is a
// few instructions a row, against whole matrix rows that its result saves reading.
#include "compiler/targets/cpu/KernelRoot.h"
#include "compiler/targets/cpu/Schedule.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::cpu {

namespace {

class GroupRowsRoot : public KernelRoot {
public:
  GroupRowsRoot(plan::KernelOp kernel, plan::GroupRowsOp op) : KernelRoot(kernel), op(op) {}

  Expr grid() const override { return constant(context, 1); }

  void emit(KernelCode &code) const override {
    auto k = code.kernel;
    if (ValueRange(k.getYielded()) != ValueRange(op->getResults())) {
      (void)code.fail(op, "a kernel of group_rows gives its results");
      return;
    }
    emitItems(code, [&](Value) { emitSort(code); });
  }

private:
  enum Output { Order, Groups, Ends };

  static Expr load(KernelCode &code, Output output, llvm::ArrayRef<Expr> at) {
    Value v;
    code.inOrder([&] { v = code.load(code.outputBuffer(output), at); });
    return code.newSymbol(code.cast<arith::ExtSIOp>(v, code.b.getI64Type()));
  }
  static void store(KernelCode &code, Output output, llvm::ArrayRef<Expr> at, Expr e) {
    code.store(code.outputBuffer(output), at,
               code.cast<arith::TruncIOp>(code.emit(e), code.b.getI32Type()));
  }

  void emitSort(KernelCode &code) const {
    auto o = op;
    Expr matrices = code.constant(o.getMatrices()), most = code.constant(o.getMost());
    Expr zero = code.constant(0), one = code.constant(1);
    auto dims = getDims(o.getIds());
    Expr rows = product(context, dims);
    code.overIndex(matrices + 1, [&](Expr e) { store(code, Ends, {e}, zero); });
    auto idOf = [&](Expr row) {
      Value valid;
      return code.checkedIndex(o.getIds(), delinearize(row, dims, code.extents()), matrices, valid);
    };
    // ends[e + 1] counts the rows of e, then ends[e] becomes where they begin.
    code.overIndex(rows, [&](Expr row) {
      Expr id = idOf(row);
      store(code, Ends, {id + one}, load(code, Ends, {id + one}) + one);
    });
    Values carried = code.overIndex(matrices, {code.i64(0)}, [&](Expr e, Values group) -> Values {
      Expr begin = load(code, Ends, {e}), count = load(code, Ends, {e + one});
      store(code, Ends, {e + one}, begin + count);
      Expr first = code.newSymbol(group[0]), pieces = floorDiv(count + (most - 1), most);
      code.overIndex(pieces, [&](Expr piece) {
        store(code, Groups, {first + piece, zero}, begin + piece * most);
        store(code, Groups, {first + piece, one}, min(count - piece * most, most));
      });
      return {code.emit(first + pieces)};
    });
    Expr used = code.newSymbol(carried[0]);
    code.overIndex(getDims(o.getGroups())[0] - used, [&](Expr e) {
      store(code, Groups, {used + e, zero}, zero);
      store(code, Groups, {used + e, one}, zero);
    });
    // Where a matrix begins moves on to where it ends.
    code.overIndex(rows, [&](Expr row) {
      Expr id = idOf(row), at = load(code, Ends, {id});
      store(code, Order, {at}, row);
      store(code, Ends, {id}, at + one);
    });
  }

  mutable plan::GroupRowsOp op;
};

} // namespace

std::unique_ptr<KernelRoot> makeGroupRowsRoot(plan::KernelOp kernel, plan::GroupRowsOp op) {
  return std::make_unique<GroupRowsRoot>(kernel, op);
}

} // namespace dsc::cpu
