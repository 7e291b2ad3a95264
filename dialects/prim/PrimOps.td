// SPDX-License-Identifier: Apache-2.0
#ifndef DSC_PRIM_OPS_TD
#define DSC_PRIM_OPS_TD

include "dialects/prim/PrimDialect.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"

def Prim_Tensor : TensorOf<[AnyType]>;
def Prim_BoolTensor : TensorOf<[I1]>;
def Prim_IndexTensor : TensorOf<[I64]>;
def Prim_Axes : ConfinedAttr<DenseI64ArrayAttr, [DenseArrayNonNegative<DenseI64ArrayAttr>]>;
def Prim_Axis : ConfinedAttr<I64Attr, [IntNonNegative]>;

class Prim_Op<string mnemonic, list<Trait> traits = []> : Op<Prim_Dialect, mnemonic, traits> {
  let hasVerifier = 1;
}
class Prim_PureOp<string mnemonic, list<Trait> traits = []> : Prim_Op<mnemonic, !listconcat([Pure], traits)>;

class Prim_Enum<string name, string what, list<I32EnumAttrCase> cases> : I32EnumAttr<name, what, cases> {
  let cppNamespace = "::dsc::prim";
  let genSpecializedAttr = 0;
}
class Prim_EnumAttr<I32EnumAttr e, string mnemonic> : EnumAttr<Prim_Dialect, e, mnemonic> {
  let assemblyFormat = "$value";
}

// ---- Enumerations --------------------------------------------------------------------------------

def Prim_UnaryKind : Prim_Enum<"UnaryKind", "elementwise function of one operand", [
  I32EnumAttrCase<"Neg", 0, "neg">, I32EnumAttrCase<"Abs", 1, "abs">, I32EnumAttrCase<"Sign", 2, "sign">,
  I32EnumAttrCase<"Floor", 3, "floor">, I32EnumAttrCase<"Ceil", 4, "ceil">,
  I32EnumAttrCase<"RoundEven", 5, "round_even">, I32EnumAttrCase<"Sqrt", 6, "sqrt">,
  I32EnumAttrCase<"Reciprocal", 7, "reciprocal">, I32EnumAttrCase<"Exp", 8, "exp">, I32EnumAttrCase<"Log", 9, "log">,
  I32EnumAttrCase<"Sin", 10, "sin">, I32EnumAttrCase<"Cos", 11, "cos">, I32EnumAttrCase<"Tanh", 12, "tanh">,
  I32EnumAttrCase<"Erf", 13, "erf">, I32EnumAttrCase<"Not", 14, "not">, I32EnumAttrCase<"IsNaN", 15, "is_nan">,
  I32EnumAttrCase<"IsInf", 16, "is_inf">]>;
def Prim_BinaryKind : Prim_Enum<"BinaryKind", "elementwise function of two operands", [
  I32EnumAttrCase<"Add", 0, "add">, I32EnumAttrCase<"Sub", 1, "sub">, I32EnumAttrCase<"Mul", 2, "mul">,
  I32EnumAttrCase<"Div", 3, "div">, I32EnumAttrCase<"Rem", 4, "rem">, I32EnumAttrCase<"Mod", 5, "mod">,
  I32EnumAttrCase<"Pow", 6, "pow">, I32EnumAttrCase<"Min", 7, "min">, I32EnumAttrCase<"Max", 8, "max">,
  I32EnumAttrCase<"And", 9, "and">, I32EnumAttrCase<"Or", 10, "or">, I32EnumAttrCase<"Xor", 11, "xor">,
  I32EnumAttrCase<"Shl", 12, "shl">, I32EnumAttrCase<"Shr", 13, "shr">]>;
def Prim_CompareKind : Prim_Enum<"CompareKind", "ordered comparison", [
  I32EnumAttrCase<"Eq", 0, "eq">, I32EnumAttrCase<"Ne", 1, "ne">, I32EnumAttrCase<"Lt", 2, "lt">,
  I32EnumAttrCase<"Le", 3, "le">, I32EnumAttrCase<"Gt", 4, "gt">, I32EnumAttrCase<"Ge", 5, "ge">]>;
def Prim_ReduceKind : Prim_Enum<"ReduceKind", "reduction", [
  I32EnumAttrCase<"Sum", 0, "sum">, I32EnumAttrCase<"Prod", 1, "prod">, I32EnumAttrCase<"Min", 2, "min">,
  I32EnumAttrCase<"Max", 3, "max">]>;
def Prim_ScatterKind : Prim_Enum<"ScatterKind", "what a scatter does with an element and its update", [
  I32EnumAttrCase<"Set", 0, "set">, I32EnumAttrCase<"Add", 1, "add">, I32EnumAttrCase<"Mul", 2, "mul">,
  I32EnumAttrCase<"Min", 3, "min">, I32EnumAttrCase<"Max", 4, "max">]>;

def Prim_UnaryKindAttr : Prim_EnumAttr<Prim_UnaryKind, "unary_kind">;
def Prim_BinaryKindAttr : Prim_EnumAttr<Prim_BinaryKind, "binary_kind">;
def Prim_CompareKindAttr : Prim_EnumAttr<Prim_CompareKind, "compare_kind">;
def Prim_ReduceKindAttr : Prim_EnumAttr<Prim_ReduceKind, "reduce_kind">;
def Prim_ScatterKindAttr : Prim_EnumAttr<Prim_ScatterKind, "scatter_kind">;

// ---- Constants and indices -----------------------------------------------------------------------

def Prim_ConstantOp : Prim_PureOp<"constant", [AllTypesMatch<["value", "result"]>]> {
  let summary = "a tensor known at compile time";
  let description = [{
    `value` is a `dense<...>` for small tensors and `#onnx.external<...>`, a reference to bytes in a file, for weights.

    Constraints: (C1) the type of `value` and of the result are equal.

    ```mlir
    %0 = prim.constant dense<1.0> : tensor<f32>
    ```
  }];
  let arguments = (ins TypedAttrInterface:$value);
  let results = (outs Prim_Tensor:$result);
  let assemblyFormat = "$value attr-dict";
}

def Prim_IndexExprOp : Prim_PureOp<"index_expr"> {
  let summary = "a tensor whose element is an integer expression of its position";
  let description = [{
    result[d0, d1, ...] = expr. With element type i1 the expression is 0 or 1. Positions, causal masks and
    the index arithmetic of exporters end up here.

    Constraints: (C1) the element type is an integer or i1; (C2) indices in `expr` are below the rank.

    ```mlir
    %mask = prim.index_expr "nonneg(d0 - d1 + past)" : tensor<?x?xi1, #prim.shape<"seq", "past + seq">>
    ```
  }];
  let arguments = (ins Prim_ExprAttr:$expr);
  let results = (outs Prim_Tensor:$result);
  let assemblyFormat = "custom<ExprText>($expr) attr-dict `:` type($result)";
}

def Prim_ExprsOp : Prim_PureOp<"exprs"> {
  let summary = "a small integer tensor given element by element";
  let description = [{
    The elements in row-major order: what shape arithmetic computes.

    Constraints: (C1) the result has constant dimensions and as many elements as `elements`;
    (C2) the element type is an integer or i1; (C3) no index occurs in `elements`.

    ```mlir
    %shape = prim.exprs ["batch", -1, 64] : tensor<3xi64>
    ```
  }];
  let arguments = (ins Prim_ShapeAttr:$elements);
  let results = (outs Prim_Tensor:$result);
  let assemblyFormat = "custom<ExprList>($elements) attr-dict `:` type($result)";
}

def Prim_DefineSymbolOp : Prim_Op<"define_symbol"> {
  let summary = "gives a fresh symbol the value of a scalar that is computed at run time";
  let description = [{
    From here on `symbol` stands for the one element of `value`. A size has the lower bound 0, which is checked at run time.

    Constraints: (C1) `value` has exactly one element; (C2) the symbol is a plain symbol.

    ```mlir
    prim.define_symbol "rows_3" = %count : tensor<i64>
    ```
  }];
  let arguments = (ins Prim_ExprAttr:$symbol, Prim_IndexTensor:$value);
  let assemblyFormat = "custom<ExprText>($symbol) `=` $value attr-dict `:` type($value)";
}

def Prim_RequireOp : Prim_Op<"require"> {
  let summary = "an equation between sizes that the graph needs to be valid";
  let description = [{
    Checked before the first kernel that could depend on it; `message` says what the graph requires.

    ```mlir
    prim.require "s43" equals "s44", "Add: operands have different sizes"
    ```
  }];
  let arguments = (ins Prim_ExprAttr:$lhs, Prim_ExprAttr:$rhs, StrAttr:$message);
  let assemblyFormat = "custom<ExprText>($lhs) `equals` custom<ExprText>($rhs) `,` $message attr-dict";
  let hasVerifier = 0;
}

// ---- Elementwise ---------------------------------------------------------------------------------

def Prim_UnaryOp : Prim_PureOp<"unary", [SameOperandsAndResultShape]> {
  let summary = "elementwise function of one operand";
  let description = [{
    `sign` of NaN is NaN; `not` is bitwise (logical on i1); integer `neg`, `abs` wrap; `round_even` is IEEE roundToIntegralTiesToEven.
    `is_nan` and `is_inf` give i1, all others the operand's element type. 16-bit floats are computed in f32 and rounded once.

    Constraints: (C1) operand and result have equal shapes; (C2) the element types fit the kind.

    ```mlir
    %1 = prim.unary exp %0 : tensor<4xf32> -> tensor<4xf32>
    ```
  }];
  let arguments = (ins Prim_UnaryKindAttr:$kind, Prim_Tensor:$operand);
  let results = (outs Prim_Tensor:$result);
  let assemblyFormat = "$kind $operand attr-dict `:` type($operand) `->` type($result)";
}

def Prim_BinaryOp : Prim_PureOp<"binary"> {
  let summary = "elementwise function of two operands";
  let description = [{
    Integer `div` truncates towards zero, `rem` has the sign of the dividend (C, fmod), `mod` the sign of the
    divisor (Python). Division of an integer by zero gives 0. `min`, `max` give NaN when an operand is NaN. `and`, `or`, `xor`
    are bitwise. `shl`, `shr` are logical; a shift by the width or more gives 0. Integer arithmetic wraps.

    Constraints: (C1) operands and result have equal types.

    ```mlir
    %2 = prim.binary add %0, %1 : tensor<4xf32>
    ```
  }];
  let arguments = (ins Prim_BinaryKindAttr:$kind, Prim_Tensor:$lhs, Prim_Tensor:$rhs);
  let results = (outs Prim_Tensor:$result);
  let assemblyFormat = "$kind $lhs `,` $rhs attr-dict `:` type($result) custom<SameTypes>(ref(type($result)), type($lhs), type($rhs))";
}

def Prim_CompareOp : Prim_PureOp<"compare"> {
  let summary = "elementwise comparison";
  let description = [{
    Any comparison with NaN but `ne` is false.

    Constraints: (C1) operands have equal types; (C2) the result is i1 of the same shape.

    ```mlir
    %2 = prim.compare lt %0, %1 : tensor<4xf32> -> tensor<4xi1>
    ```
  }];
  let arguments = (ins Prim_CompareKindAttr:$kind, Prim_Tensor:$lhs, Prim_Tensor:$rhs);
  let results = (outs Prim_BoolTensor:$result);
  let assemblyFormat = "$kind $lhs `,` $rhs attr-dict `:` type($lhs) `->` type($result) custom<SameTypes>(ref(type($lhs)), type($rhs))";
}

def Prim_SelectOp : Prim_PureOp<"select"> {
  let summary = "elementwise choice";
  let description = [{
    Constraints: (C1) `on_true`, `on_false` and the result have equal types; (C2) `condition` is i1 of the same shape.

    ```mlir
    %3 = prim.select %c, %0, %1 : tensor<4xi1>, tensor<4xf32>
    ```
  }];
  let arguments = (ins Prim_BoolTensor:$condition, Prim_Tensor:$on_true, Prim_Tensor:$on_false);
  let results = (outs Prim_Tensor:$result);
  let assemblyFormat = "$condition `,` $on_true `,` $on_false attr-dict `:` type($condition) `,` type($result) custom<SameTypes>(ref(type($result)), type($on_true), type($on_false))";
}

def Prim_ConvertOp : Prim_PureOp<"convert"> {
  let summary = "change of element type";
  let description = [{
    Float to narrower float rounds to nearest even. Float to integer truncates; values out of range saturate, NaN gives 0. Integer to
    narrower integer wraps. To i1: x != 0 (NaN is true). From i1: 0 or 1. Floats beyond the range of one of 8 bits become
    its infinity or NaN; f4E2M1FN, which has neither, takes its largest value, and 0 for NaN.

    Constraints: (C1) operand and result have equal shapes; (C2) f8E8M0FNU, a bare exponent with several ways of rounding to it,
    is no result (`prim.bitcast` an ui8).

    ```mlir
    %1 = prim.convert %0 : tensor<4xf32> -> tensor<4xi64>
    ```
  }];
  let arguments = (ins Prim_Tensor:$operand);
  let results = (outs Prim_Tensor:$result);
  let assemblyFormat = "$operand attr-dict `:` type($operand) `->` type($result)";
}

def Prim_BitcastOp : Prim_PureOp<"bitcast"> {
  let summary = "the same bits as another element type of the same width";
  let description = [{
    Constraints: (C1) operand and result have equal shapes; (C2) equal widths.

    ```mlir
    %1 = prim.bitcast %0 : tensor<4xf32> -> tensor<4xi32>
    ```
  }];
  let arguments = (ins Prim_Tensor:$operand);
  let results = (outs Prim_Tensor:$result);
  let assemblyFormat = "$operand attr-dict `:` type($operand) `->` type($result)";
}

// ---- Layout ----------------------------------------------------------------------------------------

def Prim_BroadcastOp : Prim_PureOp<"broadcast"> {
  let summary = "repeats dimensions of size one and adds new ones";
  let description = [{
    result[i0, ..., in] = operand[j0, ..., jm] with jk = i(axes[k]) where the sizes are equal, else 0.

    Constraints: (C1) `axes` has one entry per operand dimension, strictly increasing, below the rank of the
    result; (C2) each operand dimension is 1 or equal to the result's dimension axes[k].

    ```mlir
    %1 = prim.broadcast %0 axes [1] : tensor<4xf32> -> tensor<2x4xf32>
    ```
  }];
  let arguments = (ins Prim_Tensor:$operand, Prim_Axes:$axes);
  let results = (outs Prim_Tensor:$result);
  let assemblyFormat = "$operand `axes` $axes attr-dict `:` type($operand) `->` type($result)";
  let hasFolder = 1;
}

def Prim_ReshapeOp : Prim_PureOp<"reshape"> {
  let summary = "the same elements in row-major order under other dimensions";
  let description = [{
    Constraints: (C1) equal element types; (C2) equal numbers of elements where both are constant. Other
    equalities are what the graph requires (`prim.require`).

    ```mlir
    %1 = prim.reshape %0 : tensor<2x4xf32> -> tensor<8xf32>
    ```
  }];
  let arguments = (ins Prim_Tensor:$operand);
  let results = (outs Prim_Tensor:$result);
  let assemblyFormat = "$operand attr-dict `:` type($operand) `->` type($result)";
  let hasFolder = 1;
}

def Prim_TransposeOp : Prim_PureOp<"transpose"> {
  let summary = "permutes dimensions: result dimension i is operand dimension perm[i]";
  let description = [{
    Constraints: (C1) `perm` is a permutation of the operand's dimensions; (C2) the result's type follows.

    ```mlir
    %1 = prim.transpose %0 perm [1, 0] : tensor<2x4xf32> -> tensor<4x2xf32>
    ```
  }];
  let arguments = (ins Prim_Tensor:$operand, Prim_Axes:$perm);
  let results = (outs Prim_Tensor:$result);
  let assemblyFormat = "$operand `perm` $perm attr-dict `:` type($operand) `->` type($result)";
  let hasFolder = 1;
}

def Prim_SliceOp : Prim_PureOp<"slice"> {
  let summary = "a regular part of a tensor";
  let description = [{
    result[i0, ...] = operand[starts[0] + steps[0] * i0, ...]. Steps may be negative, not zero. All positions lie in
    the operand: the lowering of ONNX's clamping rules sees to it.

    Constraints: (C1) `starts` and `steps` have one entry per dimension; (C2) no step is zero;
    (C3) operand and result have equal ranks and element types; (C4) constant positions are in range.

    ```mlir
    %1 = prim.slice %0 starts [0, "s0 - 1"] steps [1, 1] : tensor<2x?xf32, #prim.shape<2, "s0">> -> tensor<2x1xf32>
    ```
  }];
  let arguments = (ins Prim_Tensor:$operand, Prim_ShapeAttr:$starts, DenseI64ArrayAttr:$steps);
  let results = (outs Prim_Tensor:$result);
  let assemblyFormat = "$operand `starts` custom<ExprList>($starts) `steps` $steps attr-dict `:` type($operand) `->` type($result)";
  let hasFolder = 1;
}

def Prim_ConcatOp : Prim_PureOp<"concat"> {
  let summary = "tensors one after another along an axis";
  let description = [{
    Constraints: (C1) at least one operand; (C2) equal ranks and element types; (C3) dimensions other than `axis` equal the
    result's; (C4) the result's `axis` is the sum of the operands'.

    ```mlir
    %2 = prim.concat %0, %1 axis 0 : (tensor<2xf32>, tensor<3xf32>) -> tensor<5xf32>
    ```
  }];
  let arguments = (ins Variadic<Prim_Tensor>:$operands, Prim_Axis:$axis);
  let results = (outs Prim_Tensor:$result);
  let assemblyFormat = "$operands `axis` $axis attr-dict `:` functional-type($operands, $result)";
  let hasFolder = 1;
}

def Prim_PadOp : Prim_PureOp<"pad"> {
  let summary = "surrounds a tensor with a value";
  let description = [{
    result[i0, ...] = operand[i0 - low[0], ...] where that position exists, else `value`. `low` is not negative; the
    amounts after the operand follow from the result's type.

    Constraints: (C1) one `low` per dimension; (C2) `value` is a scalar of the operand's element type; (C3) equal ranks and element types.

    ```mlir
    %1 = prim.pad %0, %v low [1] : tensor<2xf32>, tensor<f32> -> tensor<4xf32>
    ```
  }];
  let arguments = (ins Prim_Tensor:$operand, Prim_Tensor:$value, Prim_ShapeAttr:$low);
  let results = (outs Prim_Tensor:$result);
  let assemblyFormat = "$operand `,` $value `low` custom<ExprList>($low) attr-dict `:` type($operand) `,` type($value) `->` type($result)";
}

// ---- Indexing ----------------------------------------------------------------------------------------
// Indices are not negative (the lowering adds the size where ONNX allows negative ones). An index out of range
// is an error of the run.

def Prim_TakeOp : Prim_PureOp<"take"> {
  let summary = "slices along an axis, chosen by an index tensor (numpy.take, ONNX Gather)";
  let description = [{
    result[a..., i..., b...] = operand[a..., indices[i...], b...] where a counts the dimensions before `axis`.

    Constraints: (C1) `axis` is below the operand's rank; (C2) the result's type follows.

    ```mlir
    %1 = prim.take %table, %ids axis 0 : tensor<64x8xf32>, tensor<3xi64> -> tensor<3x8xf32>
    ```
  }];
  let arguments = (ins Prim_Tensor:$operand, Prim_IndexTensor:$indices, Prim_Axis:$axis);
  let results = (outs Prim_Tensor:$result);
  let assemblyFormat = "$operand `,` $indices `axis` $axis attr-dict `:` type($operand) `,` type($indices) `->` type($result)";
}

def Prim_TakeAlongAxisOp : Prim_PureOp<"take_along_axis"> {
  let summary = "one element per index (ONNX GatherElements)";
  let description = [{
    result[i0, ..., in] = operand[i0, ..., indices[i0, ..., in], ..., in], the index standing at `axis`.

    Constraints: (C1) equal ranks, `axis` below them; (C2) the result has the shape of `indices`.

    ```mlir
    %1 = prim.take_along_axis %x, %i axis 1 : tensor<2x8xf32>, tensor<2x3xi64> -> tensor<2x3xf32>
    ```
  }];
  let arguments = (ins Prim_Tensor:$operand, Prim_IndexTensor:$indices, Prim_Axis:$axis);
  let results = (outs Prim_Tensor:$result);
  let assemblyFormat = "$operand `,` $indices `axis` $axis attr-dict `:` type($operand) `,` type($indices) `->` type($result)";
}

def Prim_GatherNdOp : Prim_PureOp<"gather_nd"> {
  let summary = "slices chosen by index vectors (ONNX GatherND)";
  let description = [{
    With b = batch_dims and k the size of the last dimension of `indices`:
    result[n1..nb, i..., r...] = operand[n1..nb, indices[n1..nb, i..., 0], ..., indices[n1..nb, i..., k-1], r...].

    Constraints: (C1) k is constant and b + k does not exceed the operand's rank; (C2) the first b dimensions are equal; (C3) the result's type follows.

    ```mlir
    %1 = prim.gather_nd %x, %i batch 0 : tensor<8x4xf32>, tensor<3x1xi64> -> tensor<3x4xf32>
    ```
  }];
  let arguments = (ins Prim_Tensor:$operand, Prim_IndexTensor:$indices, Prim_Axis:$batch_dims);
  let results = (outs Prim_Tensor:$result);
  let assemblyFormat = "$operand `,` $indices `batch` $batch_dims attr-dict `:` type($operand) `,` type($indices) `->` type($result)";
}

def Prim_ScatterNdOp : Prim_PureOp<"scatter_nd"> {
  let summary = "a tensor with slices replaced or combined at index vectors (ONNX ScatterND)";
  let description = [{
    Starts as `operand`; then for each i in row-major order the slice at
    dimensions `axes[0..k-1]` = indices[i..., 0..k-1] takes updates[i..., r...], r running over the other dimensions in order.
    `set` with equal index vectors: the last one stays.

    Constraints: (C1) the size k of the last dimension of `indices` is constant and the size of `axes`; (C2) `axes` are distinct and
    below the operand's rank; (C3) the shape of `updates` is that of `indices` without its last dimension, then the other dimensions of
    the operand; (C4) the result's type is the operand's.

    ```mlir
    %1 = prim.scatter_nd set %x, %i, %u axes [0] : tensor<8x4xf32>, tensor<3x1xi64>, tensor<3x4xf32>
    ```
  }];
  let arguments = (ins Prim_ScatterKindAttr:$kind, Prim_Tensor:$operand, Prim_IndexTensor:$indices, Prim_Tensor:$updates,
                       Prim_Axes:$axes);
  let results = (outs Prim_Tensor:$result);
  let assemblyFormat = "$kind $operand `,` $indices `,` $updates `axes` $axes attr-dict `:` type($operand) `,` type($indices) `,` type($updates) custom<SameTypes>(ref(type($operand)), type($result))";
}

def Prim_ScatterAlongAxisOp : Prim_PureOp<"scatter_along_axis"> {
  let summary = "a tensor with one element replaced or combined per index (ONNX ScatterElements)";
  let description = [{
    Starts as `operand`; then, in row-major order, result[i0, ..., indices[i], ..., in] takes updates[i0, ..., in].

    Constraints: (C1) equal ranks, `axis` below them; (C2) `updates` has the shape of `indices`; (C3) the result's type is the operand's.

    ```mlir
    %1 = prim.scatter_along_axis add %x, %i, %u axis 0 : tensor<8xf32>, tensor<3xi64>, tensor<3xf32>
    ```
  }];
  let arguments = (ins Prim_ScatterKindAttr:$kind, Prim_Tensor:$operand, Prim_IndexTensor:$indices, Prim_Tensor:$updates,
                       Prim_Axis:$axis);
  let results = (outs Prim_Tensor:$result);
  let assemblyFormat = "$kind $operand `,` $indices `,` $updates `axis` $axis attr-dict `:` type($operand) `,` type($indices) `,` type($updates) custom<SameTypes>(ref(type($operand)), type($result))";
}

def Prim_UpdateSliceOp : Prim_PureOp<"update_slice"> {
  let summary = "a tensor with a block replaced";
  let description = [{
    result = operand, but result[starts + i] = update[i]. The block lies in the operand.

    Constraints: (C1) one start per dimension; (C2) equal ranks and element types; (C3) the result's type is the operand's.

    ```mlir
    %1 = prim.update_slice %cache, %row starts ["t", 0] : tensor<24x8xf32>, tensor<1x8xf32>
    ```
  }];
  let arguments = (ins Prim_Tensor:$operand, Prim_Tensor:$update, Prim_ShapeAttr:$starts);
  let results = (outs Prim_Tensor:$result);
  let assemblyFormat = "$operand `,` $update `starts` custom<ExprList>($starts) attr-dict `:` type($operand) `,` type($update) custom<SameTypes>(ref(type($operand)), type($result))";
}

// ---- Reductions, contractions, order -----------------------------------------------------------------------

def Prim_ReduceOp : Prim_PureOp<"reduce"> {
  let summary = "combines the elements along axes, which disappear";
  let description = [{
    The empty sum is 0, the empty product 1, the empty min and max the largest and smallest value of the type (infinities for floats).
    `min` and `max` give NaN when an element is NaN; on i1 they are "all" and "any". Sums of 16-bit floats are kept in f32.

    Constraints: (C1) `axes` are distinct, increasing and below the rank; (C2) the result's type follows.

    ```mlir
    %1 = prim.reduce sum %0 axes [1] : tensor<2x4xf32> -> tensor<2xf32>
    ```
  }];
  let arguments = (ins Prim_ReduceKindAttr:$kind, Prim_Tensor:$operand, Prim_Axes:$axes);
  let results = (outs Prim_Tensor:$result);
  let assemblyFormat = "$kind $operand `axes` $axes attr-dict `:` type($operand) `->` type($result)";
}

def Prim_ArgReduceOp : Prim_PureOp<"arg_reduce"> {
  let summary = "position of the smallest or largest element along an axis, which disappears";
  let description = [{
    Of equal elements the first, or the last when `last` is given. NaN counts as the extreme.

    Constraints: (C1) `kind` is min or max; (C2) `axis` is below the rank; (C3) the result is i64 and its shape follows.

    ```mlir
    %1 = prim.arg_reduce max %0 axis 1 : tensor<2x4xf32> -> tensor<2xi64>
    ```
  }];
  let arguments = (ins Prim_ReduceKindAttr:$kind, Prim_Tensor:$operand, Prim_Axis:$axis, UnitAttr:$last);
  let results = (outs Prim_IndexTensor:$result);
  let assemblyFormat = "$kind $operand `axis` $axis (`last` $last^)? attr-dict `:` type($operand) `->` type($result)";
}

def Prim_CumSumOp : Prim_PureOp<"cumsum"> {
  let summary = "running sum along an axis";
  let description = [{
    result[i] = sum of operand[j], j <= i; j < i when `exclusive`; counted from the end when `reverse`.

    Constraints: (C1) `axis` is below the rank; (C2) operand and result have equal types.

    ```mlir
    %1 = prim.cumsum %0 axis 1 : tensor<2x4xi64>
    ```
  }];
  let arguments = (ins Prim_Tensor:$operand, Prim_Axis:$axis, UnitAttr:$exclusive, UnitAttr:$reverse);
  let results = (outs Prim_Tensor:$result);
  let assemblyFormat = "$operand `axis` $axis (`exclusive` $exclusive^)? (`reverse` $reverse^)? attr-dict `:` type($operand) custom<SameTypes>(ref(type($operand)), type($result))";
}

def Prim_DotOp : Prim_PureOp<"dot"> {
  let summary = "batched contraction with explicit dimension numbers";
  let description = [{
    result[b..., m..., n...] = sum over c of lhs[b, m, c] * rhs[b, n, c]: batch dimensions in the order given, then the remaining
    dimensions of lhs, then of rhs, each in order. 16-bit floats accumulate in f32, integers wrap in the result's type (operands are
    extended first).

    Constraints: (C1) as many batch dimensions on both sides, of equal sizes; (C2) as many contracting dimensions, of equal sizes; (C3) no
    dimension is listed twice; (C4) the result's shape follows; (C5) equal element types of the operands.

    ```mlir
    %2 = prim.dot %a, %b batch [0] x [0] contract [2] x [1] : tensor<2x3x4xf32>, tensor<2x4x5xf32> -> tensor<2x3x5xf32>
    ```
  }];
  let arguments = (ins Prim_Tensor:$lhs, Prim_Tensor:$rhs, Prim_Axes:$lhs_batch, Prim_Axes:$rhs_batch,
                       Prim_Axes:$lhs_contract, Prim_Axes:$rhs_contract);
  let results = (outs Prim_Tensor:$result);
  let assemblyFormat = "$lhs `,` $rhs `batch` $lhs_batch `x` $rhs_batch `contract` $lhs_contract `x` $rhs_contract attr-dict `:` type($lhs) `,` type($rhs) `->` type($result)";
}

def Prim_TopKOp : Prim_PureOp<"top_k"> {
  let summary = "the k largest or smallest elements along the last axis, in order";
  let description = [{
    values are sorted (descending when `largest`), equal elements by ascending index; NaN counts as the largest. k is the size of
    the results' last dimension, not above the operand's.

    Constraints: (C1) `values` has the operand's element type, `indices` i64, equal shapes; (C2) all dimensions but the last equal the operand's.

    ```mlir
    %v, %i = prim.top_k %0 largest : tensor<2x8xf32> -> tensor<2x4xf32>, tensor<2x4xi64>
    ```
  }];
  let arguments = (ins Prim_Tensor:$operand, UnitAttr:$largest);
  let results = (outs Prim_Tensor:$values, Prim_IndexTensor:$indices);
  let assemblyFormat = "$operand (`largest` $largest^)? attr-dict `:` type($operand) `->` type($values) `,` type($indices)";
}

def Prim_NonZeroOp : Prim_PureOp<"nonzero"> {
  let summary = "positions of the true elements in row-major order";
  let description = [{
    result[k, n] is the position along dimension k of the n-th true element. The number of true elements is a symbol that a
    `prim.define_symbol` before this op has counted.

    Constraints: (C1) the result has two dimensions, the first the operand's rank.

    ```mlir
    %1 = prim.nonzero %0 : tensor<2x4xi1> -> tensor<2x?xi64, #prim.shape<2, "n0">>
    ```
  }];
  let arguments = (ins Prim_BoolTensor:$operand);
  let results = (outs Prim_IndexTensor:$result);
  let assemblyFormat = "$operand attr-dict `:` type($operand) `->` type($result)";
}

#endif
