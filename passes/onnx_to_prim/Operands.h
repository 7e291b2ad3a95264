// SPDX-License-Identifier: Apache-2.0
// What lowerings check of the operands of a node, and ONNX's numbers for element types.
#ifndef DSC_PASSES_ONNX_TO_PRIM_OPERANDS_H
#define DSC_PASSES_ONNX_TO_PRIM_OPERANDS_H

#include "passes/onnx_to_prim/Lowering.h"

namespace dsc::onnx_to_prim {

/// Inputs [0, required) are tensors, no more than `most` are given, and optional ones are tensors where present.
/// A diagnostic otherwise.
LogicalResult expectInputs(Node &node, unsigned required, unsigned most);
inline LogicalResult expectInputs(Node &node, unsigned count) { return expectInputs(node, count, count); }

/// All element types are equal; a diagnostic otherwise.
LogicalResult expectSameElementType(Node &node, llvm::ArrayRef<Value> values);
/// The element type of input `i` is of the kind; a diagnostic otherwise.
LogicalResult expectFloat(Node &node, unsigned i);
LogicalResult expectInteger(Node &node, unsigned i); ///< bool is none
LogicalResult expectBool(Node &node, unsigned i);
LogicalResult expectNumber(Node &node, unsigned i); ///< float or integer
LogicalResult expectRank(Node &node, unsigned i, int64_t rank);

bool isFloat(Type elementType);     ///< f16, bf16, f32, f64
bool isHalf(Type elementType);      ///< f16, bf16
bool isInteger(Type elementType);   ///< 8 to 64 bits
bool isUnsigned(Type elementType);
/// f32 in place of a 16-bit float, other types as they are: where a function of several steps shall round once.
Type computeType(Lowering &lowering, Type elementType);

/// The element type that the attribute `name` (a TensorProto.DataType) names; a diagnostic when it is unknown
/// or not one that prim has.
mlir::FailureOr<Type> elementTypeAttr(Node &node, llvm::StringRef name, int64_t otherwise);

/// The same for a type to compute in: f16, bf16, f32 or f64.
mlir::FailureOr<Type> floatTypeAttr(Node &node, llvm::StringRef name, int64_t otherwise);

/// Makes dimension i of `a` and dimension j of `b` equal (Lowering::unify) and casts both to it.
LogicalResult unifyDim(Node &node, Value &a, int64_t i, Value &b, int64_t j, const llvm::Twine &what);

/// A size that must be a multiple of another: a diagnostic where it never is, a prim.require where only the run tells.
LogicalResult requireMultiple(Node &node, Expr size, Expr of, const llvm::Twine &message);

/// `part`, which must broadcast to x, in x's shape. Open sizes are made equal as for any broadcast, but x is not stretched: a
/// diagnostic that names `what` (such as "input 2") otherwise.
mlir::FailureOr<Value> broadcastLike(Node &node, Value part, Value x, const llvm::Twine &what);

/// binary(kind, x, y) where y's shape broadcasts to x's.
Value binaryInto(Lowering &lowering, prim::BinaryKind kind, Value x, Value y);
/// The same with a constant.
Value binaryScalar(Lowering &lowering, prim::BinaryKind kind, Value x, double y);

} // namespace dsc::onnx_to_prim

#endif
