// SPDX-License-Identifier: Apache-2.0
// Building prim operations with inferred result types, for passes that write more than one of them.
#ifndef DSC_DIALECTS_PRIM_PRIMBUILDER_H
#define DSC_DIALECTS_PRIM_PRIMBUILDER_H

#include "dialects/prim/Prim.h"
#include "mlir/IR/Builders.h"

namespace dsc::prim {

class PrimBuilder {
public:
  PrimBuilder(mlir::OpBuilder &builder, mlir::Location loc) : b(builder), loc(loc) {}

  Expr size(int64_t value) { return constant(b.getContext(), value); }
  /// A tensor of equal elements.
  mlir::Value splat(double value, llvm::ArrayRef<Expr> dims, mlir::Type elementType);
  mlir::Value indexExpr(Expr element, llvm::ArrayRef<Expr> dims, mlir::Type elementType);

  /// Operands of elementwise operations have equal shapes.
  mlir::Value unary(UnaryKind kind, mlir::Value x);
  mlir::Value binary(BinaryKind kind, mlir::Value x, mlir::Value y);
  mlir::Value compare(CompareKind kind, mlir::Value x, mlir::Value y);
  mlir::Value select(mlir::Value condition, mlir::Value onTrue, mlir::Value onFalse);
  mlir::Value convert(mlir::Value x, mlir::Type elementType); ///< nothing when it has that type already

  /// Dimension k of x becomes dimension axes[k] of the result.
  mlir::Value broadcast(mlir::Value x, llvm::ArrayRef<int64_t> axes, llvm::ArrayRef<Expr> dims);
  mlir::Value reshape(mlir::Value x, llvm::ArrayRef<Expr> dims);
  mlir::Value transpose(mlir::Value x, llvm::ArrayRef<int64_t> perm);
  mlir::Value slice(mlir::Value x, llvm::ArrayRef<Expr> starts, llvm::ArrayRef<int64_t> steps, llvm::ArrayRef<Expr> counts);
  /// [start, start + count) along one axis.
  mlir::Value slice(mlir::Value x, int64_t axis, Expr start, Expr count);
  mlir::Value concat(llvm::ArrayRef<mlir::Value> values, int64_t axis);

  /// Reduced dimensions disappear.
  mlir::Value reduce(ReduceKind kind, mlir::Value x, llvm::ArrayRef<int64_t> axes);
  mlir::Value dot(mlir::Value lhs, mlir::Value rhs, llvm::ArrayRef<int64_t> lhsBatch, llvm::ArrayRef<int64_t> rhsBatch,
                  llvm::ArrayRef<int64_t> lhsContract, llvm::ArrayRef<int64_t> rhsContract, mlir::Type resultElement = {});
  mlir::Value take(mlir::Value x, mlir::Value indices, int64_t axis);
  mlir::Value takeAlongAxis(mlir::Value x, mlir::Value indices, int64_t axis);

  mlir::OpBuilder &b;
  mlir::Location loc;
};

} // namespace dsc::prim

#endif
