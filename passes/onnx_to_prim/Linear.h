// SPDX-License-Identifier: Apache-2.0
// The parts of the family of matrix products.
#ifndef DSC_PASSES_ONNX_TO_PRIM_LINEAR_H
#define DSC_PASSES_ONNX_TO_PRIM_LINEAR_H

#include "passes/onnx_to_prim/Operands.h"

namespace dsc::onnx_to_prim {

void registerEinsum(Registry &);

} // namespace dsc::onnx_to_prim

#endif
