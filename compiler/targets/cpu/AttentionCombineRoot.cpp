// SPDX-License-Identifier: Apache-2.0
// The splits of attention added in order, by the arithmetic of AttentionBlock::combine: a work item
// is one row, its features lie in the lanes.
#include "compiler/targets/cpu/KernelRoot.h"
#include "compiler/targets/cpu/MathExpansion.h"
#include "compiler/targets/cpu/Schedule.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::cpu {

namespace {

class AttentionCombineRoot : public KernelRoot {
public:
  AttentionCombineRoot(plan::KernelOp kernel, model::AttentionCombineOp op)
      : KernelRoot(kernel), op(op) {
    auto dims = getDims(op.getResult());
    items.assign(dims.begin(), dims.end() - 1);
    features = dims.back();
    splits = getDim(op.getSums().getType(), 0);
  }

  Expr grid() const override { return product(context, items); }

  void emit(KernelCode &code) const override {
    if (!isa_and_nonnull<model::AttentionCombineOp>(code.kernel.getYielded()[0].getDefiningOp())) {
      (void)code.fail(code.kernel, "attention under operations");
      return;
    }
    emitItems(code, [&](Value item) {
      Indices row = emitDelinearize(code, item, items);
      unsigned width = KernelCode::laneCount(features);
      code.inOrder([&] {
        code.overLanes(features, width, {}, [&](Expr e, Values) {
          emitFeatures(code, row, e, width > 1 ? width : 0);
          return Values();
        });
      });
    });
  }

private:
  void emitFeatures(KernelCode &code, const Indices &row, Expr e, unsigned lanes) const {
    auto o = op;
    Type type = prim::elementType(o.getSums());
    Value none = code.real(type, -std::numeric_limits<double>::infinity()), zero = code.zero(type),
          one = code.real(type, 1);
    auto factor = [&](Value top, Value reference) {
      return emitExp(code, code.sub(top, reference));
    };
    // The maximum, the sum of weights and the weighted sums of the splits so far.
    Values start{none, zero, code.splat(zero, lanes)};
    Values all = code.overIndex(splits, start, [&](Expr i, Values before) -> Values {
      Indices at{i};
      llvm::append_range(at, row);
      Value top = code.element(o.getTops(), at), total = code.element(o.getTotals(), at);
      at.push_back(e);
      Value sums = code.element(o.getSums(), at);
      Value now = code.select(code.greater(top, before[0]), top, before[0]);
      Value reference = code.select(code.equal(now, none), zero, now);
      Value old = factor(before[0], reference), here = factor(top, reference);
      return {now, code.fma(total, here, code.mul(before[1], old)),
              code.splat(code.fma(sums, here, code.mul(before[2], old)), lanes)};
    });
    Value scale = code.div(one, code.select(code.equal(all[1], zero), one, all[1]));
    Indices at(row);
    at.push_back(e);
    code.store(code.outputBuffer(0), at,
               roundTo(code, code.mul(all[2], scale), prim::elementType(o.getResult())));
  }

  model::AttentionCombineOp op;
  llvm::SmallVector<Expr> items;
  Expr features, splits;
};

} // namespace

std::unique_ptr<KernelRoot> makeAttentionCombineRoot(plan::KernelOp kernel,
                                                     model::AttentionCombineOp op) {
  return std::make_unique<AttentionCombineRoot>(kernel, op);
}

} // namespace dsc::cpu
