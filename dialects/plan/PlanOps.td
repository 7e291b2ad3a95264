// SPDX-License-Identifier: Apache-2.0
#ifndef DSC_PLAN_OPS_TD
#define DSC_PLAN_OPS_TD

include "dialects/prim/PrimDialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/OpBase.td"
include "mlir/IR/RegionKindInterface.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Plan_Dialect : Dialect {
  let name = "plan";
  let cppNamespace = "::dsc::plan";
  let summary = "a static program: kernels and their launches";
  let description = [{
    A module in plan form holds `plan.kernel`s and one `func.func` per entry, whose body is straight-line code of
    - `prim.constant` (weights and small constants), `plan.pack` (weights in another layout),
    - `plan.launch`, `plan.state`, `plan.extend`,
    - `prim.define_symbol`, `prim.require`,
    - `func.return`.

    Values are tensors with symbolic shapes; a value is one buffer, dense and row-major, except the states, whose
    rows have the distance that the session's capacity gives them (`plan.launch` passes it as a size).

    Arguments and results of an entry that are a session's state have the attribute `dsc.state = "name"`; the argument is the
    state before, the result the state after the run.
  }];
  let dependentDialects = ["::dsc::prim::PrimDialect"];
  let useDefaultAttributePrinterParser = 1;
}

def Plan_PanelsAttr : AttrDef<Plan_Dialect, "Panels"> {
  let mnemonic = "panels";
  let summary = "the layout of a contraction's constant weight";
  let description = [{
    The dimension `columns` is cut into panels of `width`; dimensions of neither `columns` nor `contracted` are outer ones. Panels stand
    one after another, outer indices first; in a panel the contracted index k (row-major over `contracted`, in that order) is outermost:

    `offset = (((outer * ceil(N / width) + n / width) * ceil(K / group) + k / group) * width + n % width) * group + k % group`

    in elements, from 0. Columns and contracted indices beyond the tensor's are zero. `group` is 1, or 2 where an instruction multiplies
    pairs of neighbours along k.

    ```mlir
    #plan.panels<columns = 1, contracted = [0], width = 64, group = 1>
    ```
  }];
  let parameters = (ins "int64_t":$columns, ArrayRefParameter<"int64_t">:$contracted, "int64_t":$width, "int64_t":$group);
  let assemblyFormat = "`<` `columns` `=` $columns `,` `contracted` `=` `[` $contracted `]` `,` `width` `=` $width `,` `group` `=` $group `>`";
}

class Plan_Op<string mnemonic, list<Trait> traits = []> : Op<Plan_Dialect, mnemonic, traits>;
def Plan_Tensor : TensorOf<[AnyType]>;

def Plan_KernelOp : Plan_Op<"kernel", [IsolatedFromAbove, Symbol, SingleBlock]> {
  let summary = "one kernel: prim operations over its own symbols";
  let description = [{
    The body's arguments are the inputs, `plan.yield` gives the outputs. `sizes` are the kernel's symbols, in the order in which a
    launch gives their values; every symbol in a type or attribute of the body is one of them. Kernels know nothing of entries:
    equal bodies are one kernel.

    `strides` has one entry per operand (inputs, then outputs): a `#prim.shape` with the distance in elements of
    neighbours along each dimension, a `#plan.panels` for an input that `plan.pack` laid out, or unit for dense row-major. `aliases[o]` is the input whose buffer output o shares, or -1. The
    kernel then changes that buffer in place: it writes only what differs.

    `grid` is the number of independent work items, set by the target that generated the code.

    Constraints: (C1) `strides` and `aliases` have the right length; (C2) an aliased input has the output's type; (C3) symbols in
    the body are among `sizes`; (C4) the body ends in plan.yield.

    ```mlir
    plan.kernel @add sizes ["s0"] strides [unit, unit, unit] aliases [-1] {
    ^bb0(%a: tensor<?xf32, #prim.shape<"s0">>, %b: tensor<?xf32, #prim.shape<"s0">>):
      %c = prim.binary add %a, %b : tensor<?xf32, #prim.shape<"s0">>
      plan.yield %c : tensor<?xf32, #prim.shape<"s0">>
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, Prim_ShapeAttr:$sizes, ArrayAttr:$strides, DenseI64ArrayAttr:$aliases,
                       OptionalAttr<Prim_ExprAttr>:$grid);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $sym_name `sizes` custom<ExprList>($sizes) `strides` $strides `aliases` $aliases (`grid` custom<ExprText>($grid)^)?
    attr-dict-with-keyword $body
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::Block &getBlock() { return getBody().front(); }
    unsigned getNumInputs() { return getBlock().getNumArguments(); }
    ::mlir::ValueRange getYielded();
    /// Strides of operand i (inputs, then outputs); null for dense row-major.
    ::dsc::prim::ShapeAttr getOperandStrides(unsigned i) {
      return ::llvm::dyn_cast<::dsc::prim::ShapeAttr>(getStrides()[i]);
    }
    /// The layout of operand i when it is in panels; null otherwise.
    ::dsc::plan::PanelsAttr getOperandPanels(unsigned i) {
      return ::llvm::dyn_cast<::dsc::plan::PanelsAttr>(getStrides()[i]);
    }
  }];
}

def Plan_YieldOp : Plan_Op<"yield", [Terminator, Pure, HasParent<"KernelOp">]> {
  let summary = "the outputs of a kernel";
  let arguments = (ins Variadic<Plan_Tensor>:$values);
  let assemblyFormat = "attr-dict ($values^ `:` type($values))?";
}

def Plan_LaunchOp : Plan_Op<"launch", [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "runs a kernel";
  let description = [{
    `sizes[i]` is the value of the kernel's i-th symbol, over the entry's symbols. `slots[o]` is the arena slot of output o, set by
    the memory plan; -1 for an output that lives elsewhere (an entry's output, a state, an aliased input). With a condition, 0 or 1 in
    every run, the kernel runs where it is 1; else its outputs have no elements that anyone reads.

    Constraints: (C1) the kernel exists; (C2) operand, result and size counts match; (C3) types match the kernel's after replacing
    its symbols by `sizes`; (C4) an input is in panels where the kernel says so, of the same layout, and nowhere else.

    ```mlir
    %2 = plan.launch @add sizes ["batch"] (%0, %1) : (tensor<?xf32, #prim.shape<"batch">>, tensor<?xf32, #prim.shape<"batch">>)
           -> tensor<?xf32, #prim.shape<"batch">>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel, Variadic<Plan_Tensor>:$inputs, Prim_ShapeAttr:$sizes,
                       OptionalAttr<DenseI64ArrayAttr>:$slots, OptionalAttr<Prim_ExprAttr>:$condition);
  let results = (outs Variadic<Plan_Tensor>:$outputs);
  let assemblyFormat = [{
    $kernel `sizes` custom<ExprList>($sizes) (`if` custom<ExprText>($condition)^)? `(` $inputs `)` (`slots` $slots^)? attr-dict `:` functional-type($inputs, $outputs)
  }];
}

def Plan_PackOp : Plan_Op<"pack", [Pure, AllTypesMatch<["operand", "result"]>]> {
  let summary = "a constant laid out in panels";
  let description = [{
    The same values in the layout that the kernels of contractions read. No step of the program: the engine holds the bytes in this order.

    Constraints: (C1) the operand is a constant, perhaps reshaped, of constant shape; (C2) `columns` and `contracted` are different
    dimensions of it, and `width` and `group` are positive.

    ```mlir
    %1 = plan.pack %0 <columns = 1, contracted = [0], width = 64, group = 1> : tensor<512x1408xf32>
    ```
  }];
  let arguments = (ins Plan_Tensor:$operand, Plan_PanelsAttr:$layout);
  let results = (outs Plan_Tensor:$result);
  let assemblyFormat = "$operand $layout attr-dict `:` type($result)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The constant, beneath reshapes.
    ::dsc::prim::ConstantOp getConstant();
  }];
}

def Plan_GroupRowsOp : Plan_Op<"group_rows", [Pure]> {
  let summary = "rows that choose the same matrix, together";
  let description = [{
    `ids`, read row-major as P numbers in [0, matrices), choose a matrix for each of P rows. `order` [P] lists the rows by matrix, rows of one
    matrix in their order. `groups` [T, 2] has pairs (first, count): rows order[first], ..., order[first + count - 1] have one matrix and are `most` at
    most; T = min(matrices, P) + P floordiv most pairs are always enough, and those left over have count 0. `ends` [matrices + 1] is where
    each matrix ends in `order`, behind a 0. An id out of range is a fault.

    Constraints: (C1) `ids` are of type i64 or i32, `matrices` and `most` are positive; (C2) the results are as described, of type i32.

    ```mlir
    %order, %groups, %ends = plan.group_rows %ids of 4 most 48
        : tensor<6xi64> -> tensor<6xi32>, tensor<4x2xi32>, tensor<5xi32>
    ```
  }];
  let arguments = (ins Plan_Tensor:$ids, I64Attr:$matrices, I64Attr:$most);
  let results = (outs Plan_Tensor:$order, Plan_Tensor:$groups, Plan_Tensor:$ends);
  let assemblyFormat = "$ids `of` $matrices `most` $most attr-dict `:` type($ids) `->` type($order) `,` type($groups) `,` type($ends)";
  let hasVerifier = 1;
  let builders = [OpBuilder<(ins "::mlir::Value":$ids, "int64_t":$matrices, "int64_t":$most)>];
}

def Plan_InGroupsOp : Plan_Op<"in_groups", [Pure, AllTypesMatch<["ids", "result"]>]> {
  let summary = "the ids themselves, with the order in which their rows are done";
  let description = [{
    The contraction that chooses its weight by `result` handles the rows of a group together, so that it reads the weight once for all of them.
    The values are those of `ids`; so is every bit of the contraction's result.

    ```mlir
    %1 = plan.in_groups %ids by %order, %groups : tensor<6xi64>, tensor<6xi32>, tensor<4x2xi32>
    ```
  }];
  let arguments = (ins Plan_Tensor:$ids, Plan_Tensor:$order, Plan_Tensor:$groups);
  let results = (outs Plan_Tensor:$result);
  let assemblyFormat = "$ids `by` $order `,` $groups attr-dict `:` type($ids) `,` type($order) `,` type($groups)";
}

def Plan_StateOp : Plan_Op<"state", [Pure]> {
  let summary = "the buffer of a state in an entry that starts it: contents not defined";
  let description = [{
    ```mlir
    %0 = plan.state "keys.0" : tensor<1x?x64xf32, #prim.shape<1, "seq", 64>>
    ```
  }];
  let arguments = (ins StrAttr:$name);
  let results = (outs Plan_Tensor:$result);
  let assemblyFormat = "$name attr-dict `:` type($result)";
}

def Plan_ExtendOp : Plan_Op<"extend", [Pure]> {
  let summary = "the same state buffer seen with more rows: the new ones are not defined";
  let description = [{
    ```mlir
    %1 = plan.extend %0 axis 1 : tensor<1x?x64xf32, #prim.shape<1, "past", 64>> -> tensor<1x?x64xf32, #prim.shape<1, "past + seq", 64>>
    ```
  }];
  let arguments = (ins Plan_Tensor:$past, I64Attr:$axis);
  let results = (outs Plan_Tensor:$result);
  let assemblyFormat = "$past `axis` $axis attr-dict `:` type($past) `->` type($result)";
}

#endif
