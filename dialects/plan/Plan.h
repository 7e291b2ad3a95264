// SPDX-License-Identifier: Apache-2.0
// The plan dialect: kernels and their launches.
#ifndef DSC_DIALECTS_PLAN_PLAN_H
#define DSC_DIALECTS_PLAN_PLAN_H

#include "dialects/prim/Prim.h"
#include "mlir/IR/SymbolTable.h"

#include "dialects/plan/PlanDialect.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/plan/PlanAttrs.h.inc"
#define GET_OP_CLASSES
#include "dialects/plan/PlanOps.h.inc"

#endif
