// SPDX-License-Identifier: Apache-2.0
#ifndef DSC_DSC_DIALECT_TD
#define DSC_DSC_DIALECT_TD

include "dialects/prim/PrimDialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Dsc_Dialect : Dialect {
  let name = "dsc";
  let cppNamespace = "::dsc::model";
  let summary = "what a DeepSeek-class model is made of";
  let description = [{
    Operations that recognition finds in prim. Each has a formula and a decomposition to prim, so that a recognition can be
    checked by undoing it.

    Arguments and results of an entry that are a session's state have the attribute `dsc.state = "name"`, and `dsc.state_axis`
    when the state grows along an axis. An argument without a result of the same name, or a result without an argument, is legal: the
    former reads a state, the latter starts one. `dsc.state_starts` on an argument: what the state held before is forgotten (a counter begins
    at zero).
  }];
  let dependentDialects = ["::dsc::prim::PrimDialect"];
  let useDefaultAttributePrinterParser = 1;
}

def Dsc_JoinedAttr : AttrDef<Dsc_Dialect, "Joined", [TypedAttrInterface]> {
  let mnemonic = "joined";
  let summary = "constant tensors side by side along one dimension";
  let description = [{
    The tensor [..., n0 + n1 + ..., ...] of parts [..., ni, ...] that lie side by side along `axis`, as weights that multiply one input; or [..., n, ...] of n
    parts [...] of one type, with the number of the part as the dimension `axis`: a weight of each expert, which the file keeps apart. The bytes
    stay where they are; who needs them reads part by part.

    Constraints: (C1) there is a part, and all are tensors of one element type, none itself joined; (C2) the parts have one type, or the types differ along
    `axis` alone; (C3) the type is that of the parts with the sum of their sizes along `axis`, or with the number of parts before that dimension.

    ```mlir
    #dsc.joined<[dense<0.0> : tensor<2x4xf32>, dense<1.0> : tensor<2x3xf32>] axis 1> : tensor<2x7xf32>
    #dsc.joined<[dense<0.0> : tensor<4xf32>, dense<1.0> : tensor<4xf32>] axis 0> : tensor<2x4xf32>
    ```
  }];
  let parameters = (ins ArrayRefParameter<"::mlir::Attribute">:$parts, "int64_t":$axis, AttributeSelfTypeParameter<"">:$type);
  let assemblyFormat = "`<` `[` $parts `]` `axis` $axis `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Whether each part is a dimension of its own, and not some of the columns of one.
    bool isStacked() const;
    /// Row-major, the tensor is this many times a run of each part, in order: the sizes before `axis`.
    int64_t getNumRuns() const;
    ::mlir::TypedAttr getPart(size_t i) const { return ::mlir::cast<::mlir::TypedAttr>(getParts()[i]); }
  }];
}

def Dsc_Decomposable : OpInterface<"Decomposable"> {
  let cppNamespace = "::dsc::model";
  let description = [{
    Every operation of the dialect says what it computes in prim: how recognition is checked, how the interpreter evaluates it and
    what an operation without a kernel of its own is compiled from.
  }];
  let methods = [InterfaceMethod<
    "Builds the same values from prim operations at the builder's insertion point, one per result. The operation stays.",
    "::llvm::SmallVector<::mlir::Value>", "decompose", (ins "::mlir::OpBuilder &":$builder)>];
}

class Dsc_Op<string mnemonic, list<Trait> traits = []>
    : Op<Dsc_Dialect, mnemonic, !listconcat([Pure, DeclareOpInterfaceMethods<Dsc_Decomposable>], traits)> {
  let hasVerifier = 1;
}
def Dsc_Tensor : TensorOf<[AnyType]>;
def Dsc_FloatTensor : TensorOf<[AnyFloat]>;
def Dsc_BoolTensor : TensorOf<[I1]>;
def Dsc_IndexTensor : TensorOf<[I64]>;

#endif
