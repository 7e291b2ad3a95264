// SPDX-License-Identifier: Apache-2.0
// The parts of the convolution family.
#ifndef DSC_PASSES_ONNX_TO_PRIM_CONVOLUTION_H
#define DSC_PASSES_ONNX_TO_PRIM_CONVOLUTION_H

#include "passes/onnx_to_prim/Operands.h"

namespace dsc::onnx_to_prim {

void registerCausalConv(Registry &);

} // namespace dsc::onnx_to_prim

#endif
