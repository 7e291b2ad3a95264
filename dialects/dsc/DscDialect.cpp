// SPDX-License-Identifier: Apache-2.0
// Registration. Verifiers and decompositions stand in one file per op family.
#include "dialects/dsc/Dsc.h"
#include "dialects/prim/ExprAssembly.h"

using namespace mlir;
using namespace dsc::model;
using namespace dsc::prim;

#include "dialects/dsc/DscDialect.cpp.inc"
#include "dialects/dsc/DscEnums.cpp.inc"
#include "dialects/dsc/DscInterfaces.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/dsc/DscAttrs.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/dsc/DscOps.cpp.inc"

LogicalResult JoinedAttr::verify(llvm::function_ref<InFlightDiagnostic()> emitError, llvm::ArrayRef<Attribute> parts, int64_t axis, Type type) {
  llvm::SmallVector<RankedTensorType> types;
  for (Attribute part : parts) {
    auto typed = dyn_cast<TypedAttr>(part);
    auto tensor = typed && !isa<JoinedAttr>(part) ? dyn_cast<RankedTensorType>(typed.getType()) : RankedTensorType();
    if (!tensor || !tensor.hasStaticShape() || (!types.empty() && tensor.getElementType() != types[0].getElementType()))
      return emitError() << "(C1): the parts are not tensors of one element type";
    types.push_back(tensor);
  }
  if (types.empty())
    return emitError() << "(C1): there is no part";
  RankedTensorType first = types[0];
  llvm::SmallVector<int64_t> shape(first.getShape());
  auto whole = dyn_cast<RankedTensorType>(type);
  bool stacked = whole && whole.getRank() > first.getRank();
  if (axis < 0 || axis >= first.getRank() + stacked)
    return emitError() << "(C2): the parts have no dimension " << axis;
  if (stacked) {
    shape.insert(shape.begin() + axis, parts.size());
  } else {
    shape[axis] = 0;
    for (RankedTensorType part : types)
      shape[axis] += part.getRank() == first.getRank() ? part.getDimSize(axis) : 0;
  }
  for (RankedTensorType part : types) {
    llvm::SmallVector<int64_t> like(part.getShape());
    if (!stacked && part.getRank() == first.getRank())
      like[axis] = first.getDimSize(axis);
    if (llvm::ArrayRef<int64_t>(like) != first.getShape())
      return emitError() << "(C2): " << part << " does not fit beside " << first;
  }
  if (type != RankedTensorType::get(shape, first.getElementType()))
    return emitError() << "(C3): the parts together are " << RankedTensorType::get(shape, first.getElementType()) << ", not " << type;
  return success();
}

bool JoinedAttr::isStacked() const {
  return cast<RankedTensorType>(getType()).getRank() > cast<RankedTensorType>(getPart(0).getType()).getRank();
}

int64_t JoinedAttr::getNumRuns() const {
  int64_t runs = 1;
  for (int64_t size : cast<RankedTensorType>(getType()).getShape().take_front(getAxis()))
    runs *= size;
  return runs;
}

void DscDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/dsc/DscAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/dsc/DscOps.cpp.inc"
      >();
}
