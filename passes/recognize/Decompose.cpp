// SPDX-License-Identifier: Apache-2.0
// dsc -> prim, by what the operations say of themselves.
#include "dialects/dsc/Dsc.h"
#include "passes/Passes.h"

using namespace mlir;

namespace dsc {
#define GEN_PASS_DEF_DECOMPOSE
#include "passes/Passes.h.inc"

namespace {
struct Decompose : impl::DecomposeBase<Decompose> {
  using Base::Base;
  void runOnOperation() override {
    getOperation().walk([&](model::Decomposable op) {
      if (llvm::is_contained(keep, op->getName().getStringRef()))
        return;
      OpBuilder b(op);
      op->replaceAllUsesWith(op.decompose(b));
      op->erase();
    });
  }
};
} // namespace
} // namespace dsc
