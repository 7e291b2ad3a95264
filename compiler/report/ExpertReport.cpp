// SPDX-License-Identifier: Apache-2.0
#include "compiler/report/ExpertReport.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/recognize/Recognition.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::json::Object;

namespace dsc {

namespace {

void addRouter(Object &layer, model::RouteOp op) {
  bool grouped = op.getGroups() > 1;
  layer["experts"] = op.getExperts();
  layer["top_k"] = op.getK();
  layer["score"] = model::stringifyScoreKind(op.getScore());
  layer["bias"] = bool(op.getBias());
  layer["groups"] = int64_t(op.getGroups());
  layer["groups_kept"] = int64_t(op.getGroupsKept());
  layer["group_score"] = grouped ? model::stringifyGroupScore(op.getGroupScore()) : "none";
  layer["fill"] = grouped ? model::stringifyGroupFill(op.getFill()) : "none";
  layer["weights"] = model::stringifyWeightSource(op.getSource());
  layer["renormalise"] = op.getRenormalise().has_value();
  layer["epsilon"] = op.getRenormalise() ? op.getRenormalise()->convertToDouble() : 0.0;
  layer["scale"] = op.getScale().convertToDouble();
}

template <typename OpTy>
OpTy throughLayout(Value value) {
  while (isa_and_nonnull<ReshapeOp, ConvertOp>(value.getDefiningOp()))
    value = value.getDefiningOp()->getOperand(0);
  return value.getDefiningOp<OpTy>();
}

} // namespace

Object describeExperts(model::ExpertsOp op) {
  int64_t width = op.getGate().getType().getShape()[1];
  int64_t shared = 0;
  if (op.getSharedGate())
    shared = op.getSharedGate().getType().getShape()[0];
  else if (auto noted = op->getAttrOfType<IntegerAttr>(recognize::sharedWidthAttr))
    shared = noted.getInt();
  Object layer{{"experts", op.getExperts()},
               {"top_k", op.getK()},
               {"width", width},
               {"shared_width", shared},
               {"shared", shared / width},
               {"activation", model::stringifyActivation(op.getActivation())},
               {"alpha", op.getAlpha().convertToDouble()},
               {"up_offset", op.getUpOffset().convertToDouble()}};
  if (op.getLimit())
    layer["limit"] = op.getLimit()->convertToDouble();
  if (auto encoding = op->getAttrOfType<StringAttr>(recognize::encodingAttr))
    layer["encoding"] = encoding.getValue();
  if (auto route = throughLayout<model::RouteOp>(op.getIds())) {
    addRouter(layer, route);
    // What the router makes of the scores may not be all that is done to them.
    if (throughLayout<model::RouteOp>(op.getWeights()) != route)
      layer["weights"] = "other";
  } else {
    layer["routing"] = "table"; // by the token's id
  }
  return layer;
}

std::optional<Object> describeRouter(model::RouteOp op) {
  SmallVector<Value> pending{op.getIds()};
  while (!pending.empty())
    for (Operation *user : pending.pop_back_val().getUsers()) {
      if (isa<ReshapeOp>(user))
        pending.push_back(user->getResult(0));
      else if (!isa<func::ReturnOp>(user))
        return std::nullopt;
    }
  Object layer;
  addRouter(layer, op);
  return layer;
}

} // namespace dsc
