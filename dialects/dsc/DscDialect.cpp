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
