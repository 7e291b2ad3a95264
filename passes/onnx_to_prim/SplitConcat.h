// SPDX-License-Identifier: Apache-2.0
// Cutting and joining along one axis, for tensors and for sequences of them.
#ifndef DSC_PASSES_ONNX_TO_PRIM_SPLITCONCAT_H
#define DSC_PASSES_ONNX_TO_PRIM_SPLITCONCAT_H

#include "passes/onnx_to_prim/Lowering.h"

namespace dsc::onnx_to_prim {

/// The tensors one after another. Other dimensions are unified; differing ranks or element types are a diagnostic.
mlir::FailureOr<Value> join(Node &node, Lowering &lowering, llvm::ArrayRef<Value> values, int64_t axis);

/// Pieces of the given sizes along an axis; the sizes must add up to the dimension (unified).
mlir::FailureOr<Values> cut(Node &node, Lowering &lowering, Value value, int64_t axis, llvm::ArrayRef<Expr> sizes);

/// Sizes of `count` pieces of `chunk` elements that together hold `size`, the last ones smaller or empty where it ends.
Dims chunkSizes(Lowering &lowering, Expr size, Expr chunk, int64_t count);

} // namespace dsc::onnx_to_prim

#endif
