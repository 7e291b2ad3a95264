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

LogicalResult StackedAttr::verify(llvm::function_ref<InFlightDiagnostic()> emitError, llvm::ArrayRef<Attribute> parts, Type type) {
  auto typeOf = [](Attribute part) {
    auto typed = dyn_cast<TypedAttr>(part);
    return typed ? dyn_cast<RankedTensorType>(typed.getType()) : RankedTensorType();
  };
  RankedTensorType part = parts.empty() ? RankedTensorType() : typeOf(parts[0]);
  if (!part || !llvm::all_of(parts, [&](Attribute other) { return typeOf(other) == part; }))
    return emitError() << "(C1): the parts are not tensors of one type";
  llvm::SmallVector<int64_t> shape(part.getShape());
  shape.insert(shape.begin(), parts.size());
  if (type != RankedTensorType::get(shape, part.getElementType()))
    return emitError() << "(C2): " << parts.size() << " times " << part << " is not " << type;
  return success();
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
