// SPDX-License-Identifier: Apache-2.0
#ifndef DSC_DSC_OPS_TD
#define DSC_DSC_OPS_TD

include "dialects/prim/PrimDialect.td"
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
}

class Dsc_Op<string mnemonic, list<Trait> traits = []> : Op<Dsc_Dialect, mnemonic, traits>;
def Dsc_Tensor : TensorOf<[AnyType]>;

def Dsc_CacheAppendOp : Dsc_Op<"cache_append", [Pure]> {
  let summary = "a cache with new rows";
  let description = [{
    Value semantics; the plan does it in place. With a = axis, n = the size of `new` along it and `at` the row where the new ones begin:

    result[..., i, ...] = new[..., i - at, ...] for at <= i < at + n, else past[..., i, ...].

    A growing cache has rows [0, at) before and [0, at + n) after; a static cache keeps its size and replaces rows.

    Constraints: (C1) equal ranks and element types, `axis` below the rank; (C2) all dimensions but `axis` are equal; (C3) the cache is
    growing, `at` = the size of `past` along `axis` and the result has `at + n` rows, or it is static and `past` and the result have
    equal types.

    ```mlir
    %1 = dsc.cache_append %past, %new axis 1 at "past" : tensor<1x?x64xf32, #prim.shape<1, "past", 64>>, tensor<1x1x64xf32>
           -> tensor<1x?x64xf32, #prim.shape<1, "past + 1", 64>>
    ```
  }];
  let arguments = (ins Dsc_Tensor:$past, Dsc_Tensor:$update, I64Attr:$axis, Prim_ExprAttr:$at);
  let results = (outs Dsc_Tensor:$result);
  let assemblyFormat = [{
    $past `,` $update `axis` $axis `at` custom<ExprText>($at) attr-dict `:` type($past) `,` type($update) `->` type($result)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The size along the axis does not change.
    bool isStatic() { return getPast().getType() == getType(); }
  }];
}

#endif
