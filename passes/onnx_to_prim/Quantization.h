// SPDX-License-Identifier: Apache-2.0
// Rounding to quantized integers.
#ifndef DSC_PASSES_ONNX_TO_PRIM_QUANTIZATION_H
#define DSC_PASSES_ONNX_TO_PRIM_QUANTIZATION_H

#include "passes/onnx_to_prim/Operands.h"

namespace dsc::onnx_to_prim {

/// saturate(roundEven(x) + zeroPoint) as 8- or 16-bit integers `type`; x is a float tensor, `zeroPoint` (integers of
/// x's shape or a scalar) may be null. NaN gives the zero point.
Value roundAndSaturate(Lowering &lowering, Value x, Value zeroPoint, Type type);

} // namespace dsc::onnx_to_prim

#endif
