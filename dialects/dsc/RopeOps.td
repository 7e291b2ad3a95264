// SPDX-License-Identifier: Apache-2.0
#ifndef DSC_DSC_ROPE_OPS_TD
#define DSC_DSC_ROPE_OPS_TD

include "dialects/dsc/DscDialect.td"
include "mlir/IR/EnumAttr.td"

def Dsc_Pairing : I32EnumAttr<"Pairing", "which elements of a row are rotated together", [
  I32EnumAttrCase<"Half", 0, "half">, I32EnumAttrCase<"Interleaved", 1, "interleaved">]> {
  let cppNamespace = "::dsc::model";
  let genSpecializedAttr = 0;
}
def Dsc_PairingAttr : EnumAttr<Dsc_Dialect, Dsc_Pairing, "pairing"> {
  let assemblyFormat = "$value";
}

def Dsc_RopeOp : Dsc_Op<"rope", [AllTypesMatch<["x", "result"]>, AllTypesMatch<["cos", "sin"]>]> {
  let summary = "rows with pairs of elements rotated by tables of angles (RoPE)";
  let description = [{
    arXiv:2104.09864, section 3.4. A row of r elements has r / 2 pairs: pair i is elements (i, i + r / 2) where they are `half`, (2 * i, 2 * i + 1) where they are `interleaved`.
    With (a, b) pair i of a row of x by `from`, c and s its elements of the tables, pair i of the result by `to` is

    (a * c - b * s, b * c + a * s)

    in the element type. Models write `half to half`, `interleaved to interleaved` and `interleaved to half`, which DeepSeek's do on queries and keys alike.

    Constraints: (C1) x has a last dimension of known, even size r, and the result has x's type; (C2) cos and sin are of one type, with x's rank and element type, r / 2 elements in a row, and
    other dimensions that are x's or 1.

    ```mlir
    %y = dsc.rope %x, %cos, %sin interleaved to half : tensor<1x16x?x64xf32, #prim.shape<1, 16, "s", 64>>, tensor<1x1x?x32xf32, #prim.shape<1, 1, "s", 32>>
    ```
  }];
  let arguments = (ins Dsc_FloatTensor:$x, Dsc_FloatTensor:$cos, Dsc_FloatTensor:$sin, Dsc_PairingAttr:$from, Dsc_PairingAttr:$to);
  let results = (outs Dsc_FloatTensor:$result);
  let assemblyFormat = "$x `,` $cos `,` $sin $from `to` $to attr-dict `:` type($x) `,` type($cos)";
}

#endif
