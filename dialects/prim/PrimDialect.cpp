// SPDX-License-Identifier: Apache-2.0
// Registration, and the text forms of expressions and shapes.
#include "dialects/prim/ExprAssembly.h"
#include "dialects/prim/Prim.h"

using namespace mlir;
using namespace dsc::prim;

#include "dialects/prim/PrimDialect.cpp.inc"
#include "dialects/prim/PrimEnums.cpp.inc"

// ---- Text forms ------------------------------------------------------------------------------------

static Expr parseExprString(AsmParser &parser, llvm::SMLoc loc, llvm::StringRef text) {
  std::string error;
  Expr e = parseExpr(parser.getContext(), text, &error);
  if (!e)
    parser.emitError(loc, "invalid expression: ") << error;
  return e;
}

/// A string or an integer.
static Expr parseOneExpr(AsmParser &parser) {
  llvm::SMLoc loc = parser.getCurrentLocation();
  int64_t value;
  OptionalParseResult integer = parser.parseOptionalInteger(value);
  if (integer.has_value())
    return succeeded(*integer) ? constant(parser.getContext(), value) : Expr();
  std::string text;
  if (parser.parseString(&text))
    return {};
  return parseExprString(parser, loc, text);
}

static void printOneExpr(AsmPrinter &printer, Expr e) {
  if (auto value = asConstant(e))
    printer << *value;
  else
    printer.printString(toString(e));
}

ParseResult dsc::prim::parseExprText(OpAsmParser &parser, ExprAttr &e) {
  return (e = parseOneExpr(parser)) ? success() : failure();
}
void dsc::prim::printExprText(OpAsmPrinter &printer, Operation *, ExprAttr e) { printOneExpr(printer, e); }

ParseResult dsc::prim::parseExprList(OpAsmParser &parser, ShapeAttr &list) {
  llvm::SmallVector<Expr> exprs;
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, [&]() -> ParseResult {
        exprs.push_back(parseOneExpr(parser));
        return exprs.back() ? success() : failure();
      }))
    return failure();
  list = ShapeAttr::get(parser.getContext(), exprs);
  return success();
}
void dsc::prim::printExprList(OpAsmPrinter &printer, Operation *, ShapeAttr list) {
  printer << '[';
  llvm::interleaveComma(list.toVector(), printer, [&](Expr e) { printOneExpr(printer, e); });
  printer << ']';
}

/// Types that an op's constraints make equal to one that is printed.
template <typename... Types>
static ParseResult parseSameTypes(OpAsmParser &, Type first, Types &...others) {
  ((others = first), ...);
  return success();
}
template <typename... Types>
static void printSameTypes(OpAsmPrinter &, Operation *, Type, Types...) {}

Attribute ExprAttr::parse(AsmParser &parser, Type) {
  if (parser.parseLess())
    return {};
  Expr e = parseOneExpr(parser);
  if (!e || parser.parseGreater())
    return {};
  return e;
}
void ExprAttr::print(AsmPrinter &printer) const {
  printer << '<';
  printOneExpr(printer, *this);
  printer << '>';
}

Attribute ShapeAttr::parse(AsmParser &parser, Type) {
  llvm::SmallVector<Expr> exprs;
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::LessGreater, [&]() -> ParseResult {
        exprs.push_back(parseOneExpr(parser));
        return exprs.back() ? success() : failure();
      }))
    return {};
  return ShapeAttr::get(parser.getContext(), exprs);
}
void ShapeAttr::print(AsmPrinter &printer) const {
  printer << '<';
  llvm::interleaveComma(toVector(), printer, [&](Expr e) { printOneExpr(printer, e); });
  printer << '>';
}

ShapeAttr ShapeAttr::get(MLIRContext *context, llvm::ArrayRef<Expr> exprs) {
  llvm::SmallVector<Attribute> attributes(exprs.begin(), exprs.end());
  return Base::get(context, attributes);
}
Expr ShapeAttr::operator[](size_t i) const { return cast<ExprAttr>(getExprs()[i]); }
llvm::SmallVector<Expr> ShapeAttr::toVector() const {
  llvm::SmallVector<Expr> exprs;
  for (Attribute e : getExprs())
    exprs.push_back(cast<ExprAttr>(e));
  return exprs;
}

LogicalResult ShapeAttr::verifyEncoding(llvm::ArrayRef<int64_t> shape, Type,
                                        llvm::function_ref<InFlightDiagnostic()> emitError) const {
  if (shape.size() != size())
    return emitError() << "#prim.shape has " << size() << " dimensions, the tensor " << shape.size();
  for (auto [i, size] : llvm::enumerate(shape)) {
    auto value = asConstant((*this)[i]);
    if (usesIndex((*this)[i]))
      return emitError() << "dimension " << i << " of #prim.shape depends on an index";
    if (ShapedType::isDynamic(size) ? (value && *value >= 0) : value != size)
      return emitError() << "dimension " << i << " of #prim.shape differs from the tensor's";
  }
  return success();
}

// ---- Registration ----------------------------------------------------------------------------------

#define GET_ATTRDEF_CLASSES
#include "dialects/prim/PrimAttrs.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/prim/PrimOps.cpp.inc"

void PrimDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/prim/PrimAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/prim/PrimOps.cpp.inc"
      >();
}
