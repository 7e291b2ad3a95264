// SPDX-License-Identifier: Apache-2.0
#ifndef DSC_DSC_EXPERT_OPS_TD
#define DSC_DSC_EXPERT_OPS_TD

include "dialects/dsc/DscDialect.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/EnumAttr.td"

class Dsc_Enum<string name, string what, list<I32EnumAttrCase> cases> : I32EnumAttr<name, what, cases> {
  let cppNamespace = "::dsc::model";
  let genSpecializedAttr = 0;
}
class Dsc_EnumAttr<I32EnumAttr e, string mnemonic> : EnumAttr<Dsc_Dialect, e, mnemonic> {
  let assemblyFormat = "$value";
}

def Dsc_ScoreKind : Dsc_Enum<"ScoreKind", "how a router scores experts", [
  I32EnumAttrCase<"Softmax", 0, "softmax">, I32EnumAttrCase<"Sigmoid", 1, "sigmoid">,
  I32EnumAttrCase<"SoftmaxOfChosen", 2, "softmax_of_chosen">, I32EnumAttrCase<"SqrtSoftplus", 3, "sqrt_softplus">,
  I32EnumAttrCase<"None", 4, "none">]>;
def Dsc_GroupScore : Dsc_Enum<"GroupScore", "what a group of experts is chosen by", [
  I32EnumAttrCase<"Max", 0, "max">, I32EnumAttrCase<"Top2Sum", 1, "top2_sum">]>;
def Dsc_GroupFill : Dsc_Enum<"GroupFill", "what experts of groups that are not kept compete with", [
  I32EnumAttrCase<"Zero", 0, "zero">, I32EnumAttrCase<"NegInf", 1, "neg_inf">]>;
def Dsc_WeightSource : Dsc_Enum<"WeightSource", "what a chosen expert is weighted by", [
  I32EnumAttrCase<"Score", 0, "score">, I32EnumAttrCase<"Selection", 1, "selection">]>;
def Dsc_Activation : Dsc_Enum<"Activation", "activation of a feed-forward network", [
  I32EnumAttrCase<"Silu", 0, "silu">, I32EnumAttrCase<"Gelu", 1, "gelu">, I32EnumAttrCase<"GeluTanh", 2, "gelu_tanh">,
  I32EnumAttrCase<"Relu", 3, "relu">, I32EnumAttrCase<"Identity", 4, "identity">]>;

def Dsc_ScoreKindAttr : Dsc_EnumAttr<Dsc_ScoreKind, "score_kind">;
def Dsc_GroupScoreAttr : Dsc_EnumAttr<Dsc_GroupScore, "group_score">;
def Dsc_GroupFillAttr : Dsc_EnumAttr<Dsc_GroupFill, "group_fill">;
def Dsc_WeightSourceAttr : Dsc_EnumAttr<Dsc_WeightSource, "weight_source">;
def Dsc_ActivationAttr : Dsc_EnumAttr<Dsc_Activation, "activation">;

def Dsc_RouteOp : Dsc_Op<"route"> {
  let summary = "the experts of each token and their weights";
  let description = [{
    Per token n, of E experts, all in the element type of `logits`:

    1. s = score(logits[n]): `softmax` over the E experts, `sigmoid`, `sqrt_softplus` (the root of log(1 + exp(x))), `none` or `softmax_of_chosen` (the
       logits themselves up to step 4).
    2. c = s + bias. With groups of E / groups experts that follow one another, each group has a value: the `max` of its c, or the sum of its
       two largest (`top2_sum`). The `groups_kept` groups of largest value stay; in the others c is 0 (`fill zero`) or minus infinity (`fill neg_inf`). The two
       differ as soon as a c is negative.
    3. ids[n] are the k experts of largest c, in descending order.
    4. w = s[ids] (`source score`) or c[ids] (`source selection`), and its softmax over the k chosen for `softmax_of_chosen`.
    5. With `renormalise`, w = w / (sum(w) + renormalise). weights[n] = scale * w.

    Of equal values the lowest index comes first, in every choice. groups = 1 and groups = groups_kept say that groups do not matter.

    Constraints: (C1) logits are [N, E] and bias is [E], of one element type, with E constant; (C2) weights are [N, k] of that type, ids [N, k], 0 < k <=
    E; (C3) 0 < groups_kept <= groups, groups divides E, top2_sum needs groups of two experts at least, and with groups = groups_kept, groups is
    1; (C4) the k experts fit into the groups kept; (C5) `source selection` needs a bias or groups, without which it is the score.

    ```mlir
    // DeepSeek-V3: 8 groups of 32, the best 4 by the sum of their two best, 8 experts.
    %w, %ids = dsc.route sigmoid %logits bias(%b) groups 8 keep 4 by top2_sum fill neg_inf {renormalise = 0.0 : f64, scale = 2.5 : f64}
        : (tensor<4x256xf32>, tensor<256xf32>) -> (tensor<4x8xf32>, tensor<4x8xi64>)
    ```
  }];
  let arguments = (ins Dsc_ScoreKindAttr:$score, Dsc_FloatTensor:$logits, Optional<Dsc_FloatTensor>:$bias,
                       DefaultValuedAttr<I64Attr, "1">:$groups, DefaultValuedAttr<I64Attr, "1">:$groups_kept,
                       DefaultValuedAttr<Dsc_GroupScoreAttr, "GroupScore::Max">:$group_score,
                       DefaultValuedAttr<Dsc_GroupFillAttr, "GroupFill::NegInf">:$fill,
                       DefaultValuedAttr<Dsc_WeightSourceAttr, "WeightSource::Score">:$source,
                       OptionalAttr<F64Attr>:$renormalise, F64Attr:$scale);
  let results = (outs Dsc_FloatTensor:$weights, Dsc_IndexTensor:$ids);
  let assemblyFormat = [{
    $score $logits (`bias` `(` $bias^ `)`)? (`groups` $groups^ `keep` $groups_kept `by` $group_score `fill` $fill)? (`source` $source^)?
    attr-dict `:` functional-type(operands, results)
  }];
  let extraClassDeclaration = [{
    int64_t getExperts() { return getLogits().getType().getShape().back(); }
    int64_t getK() { return getIds().getType().getShape().back(); }
  }];
}

def Dsc_ExpertsOp : Dsc_Op<"experts", [AttrSizedOperandSegments]> {
  let summary = "the weighted sum of the feed-forward networks that each token has chosen";
  let description = [{
    result[n] = sum over slots j, in their order, of weights[n, j] * F_e(x[n]) with e = ids[n, j], and + S(x[n]) at last with shared experts.

    F_e(x) = down[e] * (a(g) . (u + up_offset)) + down_bias[e], g = gate[e] * x + gate_bias[e], u = up[e] * x + up_bias[e]; with a `limit`, g is at most limit
    and u in [-limit, limit] from here on. a(g) is g * sigmoid(alpha * g) for `silu` and has no alpha for `gelu` (with erf), `gelu_tanh`, `relu` and
    `identity`. Without `up`, F_e(x) = down[e] * a(g) + down_bias[e]. S is the same function of weights shared_gate, shared_up, shared_down without an index and without biases,
    whose width may be another.

    Contractions accumulate in f32 (f64 for f64) and round to the element type of x; the sum over slots is in the type of `weights`.

    Orientations: a weight's last dimension is the one that is contracted. Files that store another one arrive as `prim.transpose`, `prim.slice` or
    `prim.reshape` of the stored tensor: gate and up are often the halves of one constant, or its even and odd rows.

    Constraints: (C1) x is [N, H], ids and weights are [N, k]; (C2) gate and up are [E, I, H], down is [E, H, I], with E, I, H constant; gate_bias and up_bias are [E,
    I], down_bias is [E, H]; (C3) shared_gate and shared_up are [J, H], shared_down is [H, J]: both gate and down or neither, and shared_up exactly
    with up; (C4) up_bias, and an up_offset other than 0, only with up; alpha other than 1 only with silu; (C5) everything but ids and weights has one float
    element type, weights that or a wider one; the result is [N, H] of it.

    ```mlir
    %y = dsc.experts silu %x ids(%ids) weights(%w) gate(%g) up(%u) down(%d)
        : (tensor<4x64xf32>, tensor<4x2xi64>, tensor<4x2xf32>, tensor<8x16x64xf32>, tensor<8x16x64xf32>, tensor<8x64x16xf32>) -> tensor<4x64xf32>
    ```
  }];
  let arguments = (ins Dsc_ActivationAttr:$activation, Dsc_FloatTensor:$x, Dsc_IndexTensor:$ids, Dsc_FloatTensor:$weights,
                       Dsc_FloatTensor:$gate, Optional<Dsc_FloatTensor>:$gate_bias, Optional<Dsc_FloatTensor>:$up,
                       Optional<Dsc_FloatTensor>:$up_bias, Dsc_FloatTensor:$down, Optional<Dsc_FloatTensor>:$down_bias,
                       Optional<Dsc_FloatTensor>:$shared_gate, Optional<Dsc_FloatTensor>:$shared_up,
                       Optional<Dsc_FloatTensor>:$shared_down,
                       DefaultValuedAttr<F64Attr, "1.0">:$alpha, OptionalAttr<F64Attr>:$limit,
                       DefaultValuedAttr<F64Attr, "0.0">:$up_offset);
  let results = (outs Dsc_FloatTensor:$result);
  let assemblyFormat = [{
    $activation $x `ids` `(` $ids `)` `weights` `(` $weights `)` `gate` `(` $gate (`,` $gate_bias^)? `)` (`up` `(` $up^ (`,` $up_bias^)? `)`)?
    `down` `(` $down (`,` $down_bias^)? `)` 
    (`shared_gate` `(` $shared_gate^ `)`)? (`shared_up` `(` $shared_up^ `)`)? (`shared_down` `(` $shared_down^ `)`)?
    attr-dict `:` functional-type(operands, results)
  }];
  let extraClassDeclaration = [{
    int64_t getExperts() { return getGate().getType().getShape()[0]; }
    int64_t getK() { return getIds().getType().getShape().back(); }
  }];
}

#endif
