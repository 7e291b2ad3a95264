// SPDX-License-Identifier: Apache-2.0
// The parts of the elementwise family, which fills several files.
#ifndef DSC_PASSES_ONNX_TO_PRIM_ELEMENTWISE_H
#define DSC_PASSES_ONNX_TO_PRIM_ELEMENTWISE_H

#include "passes/onnx_to_prim/Operands.h"

namespace dsc::onnx_to_prim {

void registerLogic(Registry &);      // comparisons, And, Not, bits, Where, IsNaN
void registerActivation(Registry &); // Sigmoid, Gelu, Softplus, ...
void registerCast(Registry &);       // Cast, CastLike, BitCast

/// The inputs [0, count), of one element type, brought to their common shape.
mlir::FailureOr<Values> broadcastInputs(Node &node, unsigned count);

/// Cast as ONNX defines it: `saturate` concerns floats of 8 bits, `roundMode` (up, down, nearest) f8E8M0FNU.
mlir::FailureOr<Value> castElements(Node &node, Lowering &lowering, Value x, Type type, bool saturate = true,
                              llvm::StringRef roundMode = "up");

} // namespace dsc::onnx_to_prim

#endif
