// SPDX-License-Identifier: Apache-2.0
// Symbolic shapes of tensor types.
#ifndef DSC_DIALECTS_PRIM_SHAPE_H
#define DSC_DIALECTS_PRIM_SHAPE_H

#include "dialects/prim/Expr.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Value.h"

namespace dsc::prim {

/// The dimensions of a ranked tensor type as expressions. Every `?` must be covered by a #prim.shape encoding.
llvm::SmallVector<Expr> getDims(mlir::Type type);
inline llvm::SmallVector<Expr> getDims(mlir::Value value) { return getDims(value.getType()); }
Expr getDim(mlir::Type type, unsigned i);

/// The one tensor type with these dimensions: constants are static, and only a type with a symbolic dimension
/// carries an encoding.
mlir::RankedTensorType getTensorType(llvm::ArrayRef<Expr> dims, mlir::Type elementType);

/// The same dimensions with another element type.
mlir::RankedTensorType withElementType(mlir::Type type, mlir::Type elementType);

inline mlir::Type elementType(mlir::Value value) {
  return llvm::cast<mlir::RankedTensorType>(value.getType()).getElementType();
}
inline int64_t rank(mlir::Value value) { return llvm::cast<mlir::RankedTensorType>(value.getType()).getRank(); }

/// "s0 x 64 x f32", for messages.
std::string describe(mlir::Type type);

} // namespace dsc::prim

#endif
