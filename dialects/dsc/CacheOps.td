// SPDX-License-Identifier: Apache-2.0
#ifndef DSC_DSC_CACHE_OPS_TD
#define DSC_DSC_CACHE_OPS_TD

include "dialects/dsc/DscDialect.td"

def Dsc_CacheAppendOp : Dsc_Op<"cache_append"> {
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
  let extraClassDeclaration = [{
    /// The size along the axis does not change.
    bool isStatic() { return getPast().getType() == getType(); }
  }];
}

#endif
