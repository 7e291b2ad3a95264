// SPDX-License-Identifier: Apache-2.0
// The parts of the com.microsoft family.
#ifndef DSC_PASSES_ONNX_TO_PRIM_CONTRIB_H
#define DSC_PASSES_ONNX_TO_PRIM_CONTRIB_H

#include "passes/onnx_to_prim/Operands.h"

namespace dsc::onnx_to_prim {

void registerBlockQuantization(Registry &);
void registerMixtureOfExperts(Registry &);
void registerContribAttention(Registry &);

/// x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))
Value geluTanh(Lowering &lowering, Value x);

} // namespace dsc::onnx_to_prim

#endif
