// SPDX-License-Identifier: Apache-2.0
// dsc.cache_append -> prim.
#include "dialects/dsc/Dsc.h"
#include "passes/Passes.h"

using namespace mlir;
using namespace dsc::prim;
using dsc::model::CacheAppendOp;

namespace dsc {
#define GEN_PASS_DEF_DECOMPOSECACHE
#include "passes/Passes.h.inc"

namespace {
struct DecomposeCache : impl::DecomposeCacheBase<DecomposeCache> {
  using Base::Base;
  void runOnOperation() override {
    getOperation().walk([](CacheAppendOp op) {
      OpBuilder b(op);
      Value result;
      if (op.isStatic()) {
        SmallVector<Expr> starts(rank(op.getPast()), constant(b.getContext(), 0));
        starts[op.getAxis()] = op.getAt();
        result = UpdateSliceOp::create(b, op.getLoc(), op.getType(), op.getPast(), op.getUpdate(),
                                       ShapeAttr::get(b.getContext(), starts));
      } else {
        result = ConcatOp::create(b, op.getLoc(), op.getType(), ValueRange{op.getPast(), op.getUpdate()},
                                  op.getAxisAttr());
      }
      op.replaceAllUsesWith(result);
      op.erase();
    });
  }
};
} // namespace
} // namespace dsc
