// SPDX-License-Identifier: Apache-2.0
#ifndef DSC_ONNX_DIALECT_TD
#define DSC_ONNX_DIALECT_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Onnx_Dialect : Dialect {
  let name = "onnx";
  let cppNamespace = "::dsc::onnx";
  let summary = "an ONNX graph exactly as it was imported";
  let description = [{
    A node is an operation that is not registered: `"onnx.Gemm"`, or `"onnx.com.microsoft.MoE"` for a node of another
    domain than ai.onnx. Its values have the type `!onnx.any`, because what files say about inner shapes is not
    reliable; the lowering to prim infers types.

    ```mlir
    %y = "onnx.Gemm"(%x, %w) {transB = 1 : i64} : (!onnx.any, !onnx.any) -> !onnx.any loc("node_Gemm_5"("model.layers.0.mlp"))
    ```

    Attributes of nodes: INT is a signless i64 IntegerAttr, FLOAT an f32 FloatAttr, STRING a StringAttr, INTS a DenseI64ArrayAttr,
    FLOATS a DenseF32ArrayAttr, STRINGS an ArrayAttr of StringAttr, TENSOR a DenseElementsAttr or `#onnx.external`, TENSORS an ArrayAttr of those.
    GRAPH attributes are regions, named in the order of the regions by the ArrayAttr `onnx.regions`; they use values of
    the graphs around them directly and end in `onnx.yield`. Inside a function, `#onnx.attribute_ref<"alpha">` stands for an attribute of the call.
    A node whose domain's version is not the one that its function declares in `onnx.opsets` carries `onnx.opset`.

    The arguments of an entry are tensors (`?` for a dimension that is no constant) with `onnx.name` and `onnx.dims`
    (the text of each dimension, "" if it is unset); results have `onnx.name`, `onnx.dims` and `onnx.type`. A model-local function is a private func.func
    named `domain::name` or `domain::name::overload`.

    The dialect instance owns the maps of weight files (ExternalData.h).
  }];
  let useDefaultAttributePrinterParser = 1;
  let useDefaultTypePrinterParser = 1;
  let isExtensible = 0;
  let extraClassDeclaration = [{
    /// The bytes behind `#onnx.external` attributes of this context.
    ::dsc::onnx::ExternalData &getExternalData() { return *externalData; }

  private:
    std::unique_ptr<::dsc::onnx::ExternalData> externalData;

  public:
  }];
  let hasNonDefaultDestructor = 1;
}

class Onnx_Attr<string name, string mnemonic_, list<Trait> traits = []> : AttrDef<Onnx_Dialect, name, traits> {
  let mnemonic = mnemonic_;
}

def Onnx_AnyType : TypeDef<Onnx_Dialect, "Any"> {
  let mnemonic = "any";
  let summary = "the type of a value whose element type and shape are not inferred yet";
}

def Onnx_ExternalAttr : Onnx_Attr<"External", "external", [TypedAttrInterface]> {
  let summary = "a constant tensor whose bytes lie in a file";
  let description = [{
    `length` bytes from `offset` of `file`: elements little-endian in row-major order, a bool one byte each, elements below a byte
    packed from the low bits up. `file` is the path of a file below a model's folder (see ExternalData.h), or `memory:NAME` for bytes that the
    context holds. `digest` is a hash of the bytes (XXH3, 128 bits, hexadecimal), or "" if it was not computed; tensors of one digest and type are equal.

    Constraints: (C1) the type is a statically shaped tensor; (C2) `length` is the size of the type; (C3) `offset` is not negative.

    ```mlir
    #onnx.external<"model.onnx.data", 4096, 1024, "9f0a"> : tensor<16x16xf32>
    ```
  }];
  let parameters = (ins StringRefParameter<"path">:$file, "int64_t":$offset, "int64_t":$length,
                        StringRefParameter<"hash of the bytes">:$digest, AttributeSelfTypeParameter<"">:$type);
  let assemblyFormat = "`<` $file `,` $offset `,` $length `,` $digest `>`";
  let genVerifyDecl = 1;
}

def Onnx_AttributeRefAttr : Onnx_Attr<"AttributeRef", "attribute_ref"> {
  let summary = "an attribute of the node that calls the function around it";
  let parameters = (ins StringRefParameter<"name of the attribute">:$name);
  let assemblyFormat = "`<` $name `>`";
}

class Onnx_Op<string mnemonic, list<Trait> traits = []> : Op<Onnx_Dialect, mnemonic, traits>;

def Onnx_ConstantOp : Onnx_Op<"constant", [Pure]> {
  let summary = "an initializer or the value of a Constant node";
  let description = [{
    Constraints: (C1) `value` is a DenseElementsAttr or `#onnx.external`.

    ```mlir
    %0 = onnx.constant dense<[2, 3]> : tensor<2xi64>
    ```
  }];
  let arguments = (ins TypedAttrInterface:$value);
  let results = (outs Onnx_AnyType:$result);
  let assemblyFormat = "$value attr-dict";
  let hasVerifier = 1;
}

def Onnx_NoneOp : Onnx_Op<"none", [Pure]> {
  let summary = "an optional operand that is absent";
  let results = (outs NoneType:$result);
  let assemblyFormat = "attr-dict";
}

def Onnx_YieldOp : Onnx_Op<"yield", [Pure, ReturnLike, Terminator]> {
  let summary = "ends the graph in an attribute of a node";
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "attr-dict ($values^ `:` type($values))?";
}

#endif
