// SPDX-License-Identifier: Apache-2.0
#ifndef DSC_DSC_ATTENTION_OPS_TD
#define DSC_DSC_ATTENTION_OPS_TD

include "dialects/dsc/DscDialect.td"
include "mlir/IR/BuiltinAttributes.td"

def Dsc_AttentionOp : Dsc_Op<"attention", [AttrSizedOperandSegments]> {
  let summary = "softmax attention of query heads over the rows that they share";
  let description = [{
    Of G groups, each with H query heads over one key and value head. Queries and keys come in parts, which stand for their concatenation:
    a latent cache keeps the compressed row and the rotated key in two tensors.

    score[b, g, h, s, t] = scale * sum over parts i and features d of q_i[b, g, h, s, d] * k_i[b, g, t, d], then + bias[b, g, h, s, t];
    row t is not attended to where mask[b, g, h, s, t] is false, or t > causal + s. With p = softmax of the score over the rows attended to:

    result[b, g, h, s, e] = sum over t of p[b, g, h, s, t] * v[b, g, t, e], and 0 where no row is attended to.

    Scores, softmax and sums are kept in f32 (f64 for f64).

    Constraints: (C1) as many query parts as key parts, at least one, with operands of rank 5 (q), 4 (k, v), 5 (mask, bias); (C2) the sizes b, g, h, s, t and
    those of the features agree; (C3) queries, keys, values and the result have one float element type, the bias f32 or that type; (C4) the
    result is [b, g, h, s, e]; (C5) `causal` uses no index.

    ```mlir
    %o = dsc.attention queries(%q) keys(%k) values(%v) {causal = #prim.expr<"p">, scale = 0.25 : f64}
        : (tensor<1x1x4x1x16xf32>, tensor<1x1x?x16xf32, #prim.shape<1, 1, "p + 1", 16>>, tensor<1x1x?x8xf32, #prim.shape<1, 1, "p + 1", 8>>) -> tensor<1x1x4x1x8xf32>
    ```
  }];
  let arguments = (ins Variadic<Dsc_FloatTensor>:$queries, Variadic<Dsc_FloatTensor>:$keys, Dsc_FloatTensor:$values,
                       Optional<Dsc_BoolTensor>:$mask, Optional<Dsc_FloatTensor>:$bias,
                       F64Attr:$scale, OptionalAttr<Prim_ExprAttr>:$causal);
  let results = (outs Dsc_FloatTensor:$result);
  let assemblyFormat = [{
    `queries` `(` $queries `)` `keys` `(` $keys `)` `values` `(` $values `)` (`mask` `(` $mask^ `)`)? (`bias` `(` $bias^ `)`)?
    attr-dict `:` functional-type(operands, results)
  }];
}

def Dsc_AttentionPartsOp : Dsc_Op<"attention_parts", [AttrSizedOperandSegments]> {
  let summary = "attention over each split of the past by itself";
  let description = [{
    The past is cut into n = ceil(t / rows) splits, of which split i has the rows [i * rows, (i + 1) * rows). With score as in dsc.attention and
    only the rows of a split that are attended to,

    tops[i, b, g, h, s] = max over t of score, minus infinity for no row,
    totals[i, b, g, h, s] = sum over t of exp(score - tops), sums[i, b, g, h, s, e] = sum over t of exp(score - tops) * v[b, g, t, e].

    They make dsc.attention by `dsc.attention_combine`, and can be computed side by side.

    Constraints: (C1) to (C3) and (C5) as in dsc.attention; (C4) sums are [n, b, g, h, s, e], tops and totals [n, b, g, h, s], of f32, or f64 for f64;
    (C6) `rows` uses no index.

    ```mlir
    %o, %m, %l = dsc.attention_parts "256" queries(%q) keys(%k) values(%v) {scale = 0.25 : f64}
        : (tensor<1x1x4x1x16xf32>, tensor<1x1x1000x16xf32>, tensor<1x1x1000x8xf32>) -> (tensor<4x1x1x4x1x8xf32>, tensor<4x1x1x4x1xf32>, tensor<4x1x1x4x1xf32>)
    ```
  }];
  let arguments = (ins Prim_ExprAttr:$rows, Variadic<Dsc_FloatTensor>:$queries, Variadic<Dsc_FloatTensor>:$keys, Dsc_FloatTensor:$values,
                       Optional<Dsc_BoolTensor>:$mask, Optional<Dsc_FloatTensor>:$bias,
                       F64Attr:$scale, OptionalAttr<Prim_ExprAttr>:$causal);
  let results = (outs Dsc_FloatTensor:$sums, Dsc_FloatTensor:$tops, Dsc_FloatTensor:$totals);
  let assemblyFormat = [{
    custom<ExprText>($rows) `queries` `(` $queries `)` `keys` `(` $keys `)` `values` `(` $values `)` (`mask` `(` $mask^ `)`)? (`bias` `(` $bias^ `)`)?
    attr-dict `:` functional-type(operands, results)
  }];
}

def Dsc_AttentionCombineOp : Dsc_Op<"attention_combine"> {
  let summary = "attention from its splits";
  let description = [{
    With m = max over i of tops[i] and w[i] = exp(tops[i] - m), result = (sum over i of w[i] * sums[i]) / (sum over i of w[i] * totals[i]), and 0
    where no row is attended to. Splits are added in order.

    Constraints: (C1) sums are [n, b, g, h, s, e], tops and totals [n, b, g, h, s], the result is [b, g, h, s, e]; (C2) sums, tops and totals have one
    element type, f32, or f64 like the result.

    ```mlir
    %r = dsc.attention_combine %o, %m, %l : tensor<4x1x1x4x1x8xf32>, tensor<4x1x1x4x1xf32>, tensor<4x1x1x4x1xf32> -> tensor<1x1x4x1x8xf32>
    ```
  }];
  let arguments = (ins Dsc_FloatTensor:$sums, Dsc_FloatTensor:$tops, Dsc_FloatTensor:$totals);
  let results = (outs Dsc_FloatTensor:$result);
  let assemblyFormat = "$sums `,` $tops `,` $totals attr-dict `:` type($sums) `,` type($tops) `,` type($totals) `->` type($result)";
}

def Dsc_LatentAttentionOp : Dsc_Op<"latent_attention", [AttrSizedOperandSegments]> {
  let summary = "attention whose keys and values are per-head linear images of one latent row per token (MLA)";
  let description = [{
    DeepSeek-V2 (arXiv:2405.04434), section 2.1. With n, r, v the widths of the part of a head without positions, of the rotated part and of a
    value, and R the width of the latent row, token t has the key of head h and its value

    k[b, h, t] = concat(key_weight[h] * latent[b, t], rope_key[b, t]),  v[b, h, t] = value_weight[h] * latent[b, t]

    and result[b, h, s] = dsc.attention of concat(query[b, h, s], rope_query[b, h, s]) over them; mask, bias, causal and scale as there.
    Neither is a key or value of a past token ever needed: `key_weight` moves to the query and `value_weight` to the result (absorbed
    form), or keys and values are made per tile (expanded form). `expanded` says that the latter has been chosen.

    Constraints: (C1) query is [b, h, s, n], rope_query [b, h, s, r], latent [b, t, R], rope_key [b, t, r], key_weight [h, n, R], value_weight
    [h, v, R], mask and bias [b, h, s, t], the result [b, h, s, v]; (C2) rope_query and rope_key are both there or both absent (r = 0);
    (C3) all but mask and bias have one float element type, the bias f32 or that type; (C4) `causal` uses no index.

    ```mlir
    %o = dsc.latent_attention query(%q) rope(%qr, %kr) latent(%c) weights(%wk, %wv) {causal = #prim.expr<"p">, scale = 0.2 : f64}
        : (tensor<1x4x1x16xf32>, tensor<1x4x1x8xf32>, tensor<1x?x8xf32, #prim.shape<1, "p + 1", 8>>, tensor<1x?x32xf32, #prim.shape<1, "p + 1", 32>>,
           tensor<4x16x32xf32>, tensor<4x16x32xf32>) -> tensor<1x4x1x16xf32>
    ```
  }];
  let arguments = (ins Dsc_FloatTensor:$query, Optional<Dsc_FloatTensor>:$rope_query, Optional<Dsc_FloatTensor>:$rope_key,
                       Dsc_FloatTensor:$latent, Dsc_FloatTensor:$key_weight, Dsc_FloatTensor:$value_weight,
                       Optional<Dsc_BoolTensor>:$mask, Optional<Dsc_FloatTensor>:$bias,
                       F64Attr:$scale, OptionalAttr<Prim_ExprAttr>:$causal, UnitAttr:$expanded);
  let results = (outs Dsc_FloatTensor:$result);
  let assemblyFormat = [{
    `query` `(` $query `)` (`rope` `(` $rope_query^ `,` $rope_key `)`)? `latent` `(` $latent `)` `weights` `(` $key_weight `,` $value_weight `)`
    (`mask` `(` $mask^ `)`)? (`bias` `(` $bias^ `)`)? attr-dict `:` functional-type(operands, results)
  }];
}

#endif
