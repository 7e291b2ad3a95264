// SPDX-License-Identifier: Apache-2.0
#ifndef DSC_PRIM_DIALECT_TD
#define DSC_PRIM_DIALECT_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/TensorEncoding.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"

def Prim_Dialect : Dialect {
  let name = "prim";
  let cppNamespace = "::dsc::prim";
  let summary = "tensor primitives with symbolic shapes: what any ONNX graph becomes";
  let description = [{
    About forty operations on ranked tensors. Nothing is implicit: operands of elementwise operations have equal
    shapes (`prim.broadcast` says where a dimension is repeated), axes are not negative, indices are not negative, attributes
    have no defaults that depend on a version.

    Shapes are symbolic. A dimension that is not a constant is `?` in the type, and the type's encoding `#prim.shape` gives
    it as an integer expression over the entry's symbols (see Expr.h):

    ```mlir
    tensor<?x?x64xf32, #prim.shape<"batch", "past + seq", 64>>
    ```

    A tensor with only constant dimensions has no encoding. A symbol gets its value from the first argument of
    the function that has it as a dimension by itself, or from `prim.define_symbol`.
  }];
  let useDefaultAttributePrinterParser = 1;
  let hasConstantMaterializer = 0;
}

class Prim_Attr<string name, string mnemonic_, list<Trait> traits = []> : AttrDef<Prim_Dialect, name, traits> {
  let mnemonic = mnemonic_;
}

def Prim_ExprAttr : Prim_Attr<"Expr", "expr"> {
  let summary = "an integer expression in normal form";
  let description = [{ `#prim.expr<"2*s0 + d1 - 1">`; see Expr.h. }];
  let parameters = (ins "::dsc::prim::ExprKind":$kind, "int64_t":$value, "::mlir::StringAttr":$name,
                        ArrayRefParameter<"::mlir::Attribute">:$operands);
  let hasCustomAssemblyFormat = 1;
}

def Prim_ShapeAttr : Prim_Attr<"Shape", "shape",
    [DeclareAttrInterfaceMethods<VerifiableTensorEncoding, ["verifyEncoding"]>]> {
  let summary = "a list of integer expressions: the dimensions of a tensor, or offsets along them";
  let parameters = (ins ArrayRefParameter<"::mlir::Attribute">:$exprs);
  let hasCustomAssemblyFormat = 1;
  let extraClassDeclaration = [{
    static ShapeAttr get(::mlir::MLIRContext *context, ::llvm::ArrayRef<::dsc::prim::ExprAttr> exprs);
    size_t size() const { return getExprs().size(); }
    ::dsc::prim::ExprAttr operator[](size_t i) const;
    ::llvm::SmallVector<::dsc::prim::ExprAttr> toVector() const;
  }];
}

#endif
