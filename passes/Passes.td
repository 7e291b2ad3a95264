// SPDX-License-Identifier: Apache-2.0
// Every pass of dsc, in the order in which the pipeline (compiler/Pipeline.cpp) meets their levels.
// A description shows the IR before and after and says whether the pass preserves numerics: "bitwise" (the same
// bits in every run), "reassociates" (sums in another order), or what else it changes.
#ifndef DSC_PASSES_TD
#define DSC_PASSES_TD

include "mlir/Pass/PassBase.td"

// ---- onnx -------------------------------------------------------------------------------------------

def OnnxToPrim : Pass<"onnx-to-prim", "::mlir::ModuleOp"> {
  let summary = "imported graphs become prim entries";
  let description = [{
    Every entry (a public function with `onnx.opsets`) is rewritten operator by operator. ONNX's implicit rules end
    here: broadcasting, negative axes, defaults, differences between opsets. Shapes are inferred, never read from the file; sizes
    that must be equal are unified, and what cannot be decided becomes a `prim.require`. All nodes without a lowering are reported at once.

    ```mlir
    func.func @main(%x: tensor<?x64xf32> {onnx.name = "x", onnx.dims = ["n", "64"]}) -> ... {
      %0 = "onnx.Relu"(%x) : (tensor<?x64xf32>) -> !onnx.any
    // becomes
    func.func @main(%x: tensor<?x64xf32, #prim.shape<"n", 64>> {onnx.name = "x"}) -> ... {
      %c = prim.constant dense<0.0> : tensor<f32>
      %z = prim.broadcast %c axes [] : tensor<f32> -> tensor<?x64xf32, #prim.shape<"n", 64>>
      %0 = prim.binary max %x, %z : tensor<?x64xf32, #prim.shape<"n", 64>>
    ```

    Numerics: defines them.
  }];
  let dependentDialects = ["::dsc::prim::PrimDialect", "::mlir::func::FuncDialect"];
}

// ---- prim -------------------------------------------------------------------------------------------

def ResolveIntegers : Pass<"resolve-integers", "::mlir::func::FuncOp"> {
  let summary = "integer tensors that are expressions of their positions are written as such";
  let description = [{
    Shape arithmetic, position ranges and masks are evaluated symbolically; their results become `prim.index_expr` or
    `prim.exprs`, and what computed them disappears.

    ```mlir
    %k = prim.index_expr "d0" : tensor<?xi64, #prim.shape<"t">>
    %q = prim.index_expr "d0 + past" : tensor<?xi64, #prim.shape<"s">>
    ... broadcasts ...
    %m = prim.compare le %k4, %q4 : ... -> tensor<1x1x?x?xi1, #prim.shape<1, 1, "s", "t">>
    // becomes
    %m = prim.index_expr "nonneg(d2 - d3 + past)" : tensor<1x1x?x?xi1, #prim.shape<1, 1, "s", "t">>
    ```

    Numerics: bitwise.
  }];
  let statistics = [Statistic<"numResolved", "resolved", "Number of tensors replaced by expressions">];
  let dependentDialects = ["::dsc::prim::PrimDialect"];
}

def ScatterToConcat : Pass<"scatter-to-concat", "::mlir::func::FuncOp"> {
  let summary = "scatters of consecutive rows into a fresh tensor become concatenations";
  let description = [{
    A scatter whose indices are c, c + 1, ... along one axis is a `prim.update_slice`. A block written into a fresh tensor (a
    constant or a concatenation) is a concatenation of what stays and the block; when blocks cover the tensor, nothing of it stays. Transposes
    around such scatters are composed and cancel. Targets that may be a session's state keep `prim.update_slice`.

    ```mlir
    %z = ... zeros : tensor<2x24xf32>
    %1 = prim.scatter_nd set %z, %i0, %a axes [1] : ...   // %i0: rows 0..15
    %2 = prim.scatter_nd set %1, %i1, %b axes [1] : ...   // %i1: rows 16..23
    // becomes
    %2 = prim.concat %at, %bt axis 1 : (tensor<2x16xf32>, tensor<2x8xf32>) -> tensor<2x24xf32>
    ```

    Numerics: bitwise.
  }];
  let dependentDialects = ["::dsc::prim::PrimDialect"];
}

// ---- recognize --------------------------------------------------------------------------------------

// ---- plan -------------------------------------------------------------------------------------------

#endif
