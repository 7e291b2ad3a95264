// SPDX-License-Identifier: Apache-2.0
// The arithmetic of prim.dot, for kernels that make its loops themselves.
#ifndef DSC_COMPILER_TARGETS_CUDA_CONTRACTION_H
#define DSC_COMPILER_TARGETS_CUDA_CONTRACTION_H

#include "compiler/targets/cuda/KernelSource.h"

namespace dsc::cuda {

/// f32 for 16-bit floats, else the operands' type for floats and the result's type for integers.
mlir::Type accumulatorType(prim::DotOp op);
/// accumulator + l * r in the accumulator's type; l and r are elements of the operands.
std::string multiplyAddText(KernelSource &s, prim::DotOp op, const std::string &l, const std::string &r, const std::string &accumulator);
/// The variable that holds the sum `total` as an element of the result.
std::string dotResult(KernelSource &s, prim::DotOp op, const std::string &total);

} // namespace dsc::cuda

#endif
