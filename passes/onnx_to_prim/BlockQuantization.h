// SPDX-License-Identifier: Apache-2.0
// Weights as com.microsoft stores them: unsigned codes, packed from the low bits up along the last axis, with one scale and zero
// point for each block of that axis.
#ifndef DSC_PASSES_ONNX_TO_PRIM_BLOCKQUANTIZATION_H
#define DSC_PASSES_ONNX_TO_PRIM_BLOCKQUANTIZATION_H

#include "passes/onnx_to_prim/Operands.h"

namespace dsc::onnx_to_prim {

/// Codes of 2, 4 or 8 bits: bytes [.., P] -> ui8 [.., count], count at most P * 8 / bits.
Value unpackCodes(Lowering &lowering, Value packed, int64_t bits, Expr count);

/// [.., blocks] -> [.., count]: each element stands for `blockSize` neighbours; the last block may be cut short.
Value repeatBlocks(Lowering &lowering, Value blocks, int64_t blockSize, Expr count);

/// (codes - zero points) * scales in f32. Codes are ui8 [.., K], scales [.., blocks]. Zero points are packed ui8 codes, floats like the
/// scales, or null: 2^(bits - 1). A diagnostic where the shapes do not fit.
mlir::FailureOr<Value> dequantizeBlocks(Node &node, Value codes, Value scales, Value zeroPoints, int64_t bits, int64_t blockSize);

} // namespace dsc::onnx_to_prim

#endif
