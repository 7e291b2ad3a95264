// SPDX-License-Identifier: Apache-2.0
#ifndef DSC_DSC_FORM_OPS_TD
#define DSC_DSC_FORM_OPS_TD

include "dialects/dsc/DscDialect.td"

def Dsc_ChooseOp : Dsc_Op<"choose", [AllTypesMatch<["first", "second", "result"]>]> {
  let summary = "one of two forms of the same value, by a condition on sizes";
  let description = [{
    result = `condition` != 0 ? first : second. The condition is an expression of the entry's sizes, so it is known before anything runs:
    what only the form not chosen needs is neither computed nor given memory.

    Constraints: (C1) both forms and the result have equal types; (C2) `condition` uses no index.

    ```mlir
    %o = dsc.choose "nonneg(169 - s)" %absorbed, %expanded : tensor<1x4x?x16xf32, #prim.shape<1, 4, "s", 16>>
    ```
  }];
  let arguments = (ins Prim_ExprAttr:$condition, Dsc_Tensor:$first, Dsc_Tensor:$second);
  let results = (outs Dsc_Tensor:$result);
  let assemblyFormat = "custom<ExprText>($condition) $first `,` $second attr-dict `:` type($result)";
}

#endif
