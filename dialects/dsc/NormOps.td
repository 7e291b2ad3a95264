// SPDX-License-Identifier: Apache-2.0
#ifndef DSC_DSC_NORM_OPS_TD
#define DSC_DSC_NORM_OPS_TD

include "dialects/dsc/DscDialect.td"
include "mlir/IR/BuiltinAttributes.td"

def Dsc_RmsNormOp : Dsc_Op<"rms_norm"> {
  let summary = "rows divided by their root mean square";
  let description = [{
    With i the leading indices of x and j the last one, of d positions (arXiv:1910.07467),

    s[i] = 1 / sqrt((sum over j of x[i, j]^2) / d + epsilon),  result[i, j] = round(x[i, j] * s[i]) * weight[j]

    in f32, or f64 for an x of f64, and rounded to the result's element type at the end. `round` is to the element type `rounded`, and nothing
    where that is absent: of 16-bit models some convert before they multiply with the weight, others after it. Without a weight its factor is absent too.

    Constraints: (C1) x has a last dimension, of known size, and the result has x's shape; (C2) the weight is [d]; (C3) x, weight and result are of f16, bf16
    or f32, or all of f64; (C4) `rounded` is f16 or bf16 and there is a weight; (C5) epsilon is a number, not negative.

    ```mlir
    %0 = dsc.rms_norm %x weight(%w) {epsilon = 1.0e-6 : f64} : (tensor<2x64xf32>, tensor<64xf32>) -> tensor<2x64xf32>
    %1 = dsc.rms_norm %y weight(%v) {epsilon = 1.0e-6 : f64, rounded = bf16} : (tensor<2x64xbf16>, tensor<64xbf16>) -> tensor<2x64xbf16>
    ```
  }];
  let arguments = (ins Dsc_FloatTensor:$x, Optional<Dsc_FloatTensor>:$weight, F64Attr:$epsilon, OptionalAttr<TypeAttr>:$rounded);
  let results = (outs Dsc_FloatTensor:$result);
  let assemblyFormat = "$x (`weight` `(` $weight^ `)`)? attr-dict `:` functional-type(operands, results)";
}

def Dsc_LayerNormOp : Dsc_Op<"layer_norm", [AttrSizedOperandSegments]> {
  let summary = "rows with mean zero and variance one";
  let description = [{
    With i the leading indices of x and j the last one, of d positions (arXiv:1607.06450),

    m[i] = (sum over j of x[i, j]) / d,  s[i] = 1 / sqrt((sum over j of (x[i, j] - m[i])^2) / d + epsilon),
    result[i, j] = round(round((x[i, j] - m[i]) * s[i]) * weight[j]) + bias[j]

    in f32, or f64 for an x of f64, and rounded to the result's element type at the end; `round` is to the element type `rounded`, and nothing where that
    is absent. Without a weight its factor and the rounding of its product are absent too, without a bias its sum.

    Constraints: (C1) to (C3) and (C5) as in dsc.rms_norm, (C2) and (C3) for the bias too; (C4) `rounded` is f16 or bf16 and there is a weight or a bias.

    ```mlir
    %0 = dsc.layer_norm %x weight(%w) bias(%b) {epsilon = 1.0e-5 : f64} : (tensor<2x64xf32>, tensor<64xf32>, tensor<64xf32>) -> tensor<2x64xf32>
    ```
  }];
  let arguments = (ins Dsc_FloatTensor:$x, Optional<Dsc_FloatTensor>:$weight, Optional<Dsc_FloatTensor>:$bias, F64Attr:$epsilon,
                       OptionalAttr<TypeAttr>:$rounded);
  let results = (outs Dsc_FloatTensor:$result);
  let assemblyFormat = "$x (`weight` `(` $weight^ `)`)? (`bias` `(` $bias^ `)`)? attr-dict `:` functional-type(operands, results)";
}

#endif
