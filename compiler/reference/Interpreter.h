// SPDX-License-Identifier: Apache-2.0
// The reference interpreter of the prim dialect: does what each op's description says, and shares
// no code with what compiles it. It is the oracle of tests, the constant folder, and the judge of
// passes.
#ifndef DSC_COMPILER_REFERENCE_INTERPRETER_H
#define DSC_COMPILER_REFERENCE_INTERPRETER_H

#include "compiler/reference/Tensor.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Operation.h"
#include <functional>

namespace dsc::reference {

struct Options {
  /// Sums of `dot`, `reduce` and `cumsum` over floats are kept in f64 and rounded once to the
  /// result's type.
  bool accumulateF64 = false;
  /// Larger tensors are an error: a hostile size must not take the machine down.
  uint64_t tensorBytesLimit = uint64_t(16) << 30;
};

/// Runs a function whose body is prim operations and one return.
///
/// `arguments` have the declared element types and ranks. Symbols get their values from the first
/// argument that has them as a dimension by itself; all other dimensions must agree with them.
/// Errors are diagnostics: at the function for arguments (naming the argument and the dimension),
/// else at the operation (an index out of range, an equation that does not hold, a size that is
/// negative or too large).
mlir::FailureOr<llvm::SmallVector<Tensor>>
run(mlir::func::FuncOp function, llvm::ArrayRef<Tensor> arguments, const Options &options = {});

/// Evaluates one prim operation on known operands, for folding. Fails silently where the result
/// depends on symbols or the operation would be an error at run time.
mlir::FailureOr<llvm::SmallVector<Tensor>>
foldOp(mlir::Operation *op, llvm::ArrayRef<Tensor> operands, const Options &options = {});

/// The tensor of a prim.constant's value: `dense<...>` or a reference to a weight's bytes. On
/// failure says why in `error`.
mlir::FailureOr<Tensor> constantTensor(mlir::TypedAttr value, std::string &error);

} // namespace dsc::reference

#endif
