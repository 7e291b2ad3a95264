// SPDX-License-Identifier: Apache-2.0
// The prim dialect: operations, symbolic shapes, expressions.
#ifndef DSC_DIALECTS_PRIM_PRIM_H
#define DSC_DIALECTS_PRIM_PRIM_H

#include "dialects/prim/Expr.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialects/prim/PrimDialect.h.inc"
#define GET_OP_CLASSES
#include "dialects/prim/PrimOps.h.inc"

#include "dialects/prim/Shape.h"

#endif
