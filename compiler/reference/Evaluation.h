// SPDX-License-Identifier: Apache-2.0
// What the evaluation of one operation gets in hand, and the list of evaluations. One file per op
// family implements them.
#ifndef DSC_COMPILER_REFERENCE_EVALUATION_H
#define DSC_COMPILER_REFERENCE_EVALUATION_H

#include "compiler/reference/Interpreter.h"
#include "dialects/prim/Prim.h"
#include "llvm/ADT/DenseMap.h"

namespace dsc::reference {

using llvm::ArrayRef;
using llvm::SmallVector;
using mlir::FailureOr;
using mlir::LogicalResult;
using mlir::Type;
using Sizes = SmallVector<int64_t>;

/// Values of symbols by name.
using Symbols = llvm::DenseMap<mlir::StringAttr, int64_t>;

class Evaluation {
public:
  Evaluation(mlir::Operation *op, ArrayRef<Tensor> operands, Symbols &symbols,
             const Options &options, bool quiet)
      : op(op), operands(operands), symbols(symbols), options(options), quiet(quiet) {}

  const Tensor &operand(unsigned i) const { return operands[i]; }
  void setResult(Tensor tensor) { results.push_back(std::move(tensor)); }

  /// A diagnostic at the operation, unless folding.
  LogicalResult fail(const llvm::Twine &message);

  /// The value of an expression without indices.
  FailureOr<int64_t> value(prim::Expr e);
  FailureOr<Sizes> values(prim::ShapeAttr exprs);
  /// The dimensions of a type in this run; none is negative.
  FailureOr<Sizes> dims(Type type);
  /// A zeroed tensor, if its size is within the limit.
  FailureOr<Tensor> allocate(ArrayRef<int64_t> dims, Type elementType);
  FailureOr<Tensor> allocateResult(unsigned i = 0);

  /// Fails when `index` is not in [0, size).
  LogicalResult checkIndex(int64_t index, int64_t size, int64_t dim) {
    if (index >= 0 && index < size)
      return mlir::success();
    return indexError(index, size, dim);
  }

  /// The type in which sums over `elementType` are kept: integers wrap in their own.
  Type accumulator(Type elementType) const;

  mlir::Operation *op;
  ArrayRef<Tensor> operands;
  SmallVector<Tensor, 2> results;
  Symbols &symbols;
  const Options &options;
  bool quiet;

private:
  LogicalResult indexError(int64_t index, int64_t size, int64_t dim);
};

// Constant.cpp
LogicalResult evaluate(prim::ConstantOp, Evaluation &);
LogicalResult evaluate(prim::IndexExprOp, Evaluation &);
LogicalResult evaluate(prim::ExprsOp, Evaluation &);
LogicalResult evaluate(prim::DefineSymbolOp, Evaluation &);
LogicalResult evaluate(prim::RequireOp, Evaluation &);
// Elementwise.cpp
LogicalResult evaluate(prim::UnaryOp, Evaluation &);
LogicalResult evaluate(prim::BinaryOp, Evaluation &);
LogicalResult evaluate(prim::CompareOp, Evaluation &);
LogicalResult evaluate(prim::SelectOp, Evaluation &);
LogicalResult evaluate(prim::ConvertOp, Evaluation &);
LogicalResult evaluate(prim::BitcastOp, Evaluation &);
// Layout.cpp
LogicalResult evaluate(prim::BroadcastOp, Evaluation &);
LogicalResult evaluate(prim::ReshapeOp, Evaluation &);
LogicalResult evaluate(prim::TransposeOp, Evaluation &);
LogicalResult evaluate(prim::SliceOp, Evaluation &);
LogicalResult evaluate(prim::ConcatOp, Evaluation &);
LogicalResult evaluate(prim::PadOp, Evaluation &);
LogicalResult evaluate(prim::UpdateSliceOp, Evaluation &);
// Indexing.cpp
LogicalResult evaluate(prim::TakeOp, Evaluation &);
LogicalResult evaluate(prim::TakeAlongAxisOp, Evaluation &);
LogicalResult evaluate(prim::GatherNdOp, Evaluation &);
LogicalResult evaluate(prim::ScatterNdOp, Evaluation &);
LogicalResult evaluate(prim::ScatterAlongAxisOp, Evaluation &);
LogicalResult evaluate(prim::NonZeroOp, Evaluation &);
// Reduce.cpp
LogicalResult evaluate(prim::ReduceOp, Evaluation &);
LogicalResult evaluate(prim::CumSumOp, Evaluation &);
// Dot.cpp
LogicalResult evaluate(prim::DotOp, Evaluation &);
// Order.cpp
LogicalResult evaluate(prim::ArgReduceOp, Evaluation &);
LogicalResult evaluate(prim::TopKOp, Evaluation &);

} // namespace dsc::reference

#endif
