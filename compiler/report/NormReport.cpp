// SPDX-License-Identifier: Apache-2.0
#include "compiler/report/NormReport.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::json::Object;

namespace dsc {

template <class Op>
static Object describe(Op op, StringRef kind) {
  return Object{{"kind", kind}, {"width", asConstant(getDims(op.getX()).back()).value_or(-1)},
                {"epsilon", op.getEpsilon().convertToDouble()}, {"weight", bool(op.getWeight())}};
}

std::optional<Object> describeNorm(Operation *op) {
  if (auto rms = dyn_cast<model::RmsNormOp>(op))
    return describe(rms, "rms");
  if (auto layer = dyn_cast<model::LayerNormOp>(op)) {
    Object object = describe(layer, "layer");
    object["bias"] = bool(layer.getBias());
    return object;
  }
  return std::nullopt;
}

} // namespace dsc
