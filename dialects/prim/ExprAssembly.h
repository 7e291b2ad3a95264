// SPDX-License-Identifier: Apache-2.0
// Custom directives of assembly formats: `custom<ExprText>($expr)` and `custom<ExprList>($shape)`.
#ifndef DSC_DIALECTS_PRIM_EXPRASSEMBLY_H
#define DSC_DIALECTS_PRIM_EXPRASSEMBLY_H

#include "dialects/prim/Expr.h"
#include "mlir/IR/OpImplementation.h"

namespace dsc::prim {

mlir::ParseResult parseExprText(mlir::OpAsmParser &parser, ExprAttr &e);
void printExprText(mlir::OpAsmPrinter &printer, mlir::Operation *, ExprAttr e);
mlir::ParseResult parseExprList(mlir::OpAsmParser &parser, ShapeAttr &list);
void printExprList(mlir::OpAsmPrinter &printer, mlir::Operation *, ShapeAttr list);

} // namespace dsc::prim

#endif
