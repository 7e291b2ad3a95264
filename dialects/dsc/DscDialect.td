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

def Dsc_StackedAttr : AttrDef<Dsc_Dialect, "Stacked", [TypedAttrInterface]> {
  let mnemonic = "stacked";
  let summary = "constant tensors of one type, one after another";
  let description = [{
    The tensor [n, ...] of n parts [...]: a weight of each expert, which the file keeps apart. The bytes stay where they are; who needs them
    reads part by part.

    Constraints: (C1) there is a part, and all have one type, a tensor's; (C2) the type is that tensor with the number of parts before its dimensions.

    ```mlir
    #dsc.stacked<[dense<0.0> : tensor<4xf32>, dense<1.0> : tensor<4xf32>]> : tensor<2x4xf32>
    ```
  }];
  let parameters = (ins ArrayRefParameter<"::mlir::Attribute">:$parts, AttributeSelfTypeParameter<"">:$type);
  let assemblyFormat = "`<` `[` $parts `]` `>`";
  let genVerifyDecl = 1;
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
