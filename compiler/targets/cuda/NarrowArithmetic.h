// SPDX-License-Identifier: Apache-2.0
// Narrow element types (NarrowTypes.h): registers hold their bytes, conversions lead in and out.
#ifndef DSC_COMPILER_TARGETS_CUDA_NARROWARITHMETIC_H
#define DSC_COMPILER_TARGETS_CUDA_NARROWARITHMETIC_H

#include "compiler/targets/cuda/KernelSource.h"

namespace dsc::cuda {

/// The byte of a narrow float as a float, exactly.
std::string fromNarrowFloat(KernelSource &s, const std::string &byte, mlir::Type from);
/// A float as the byte of a narrow float, rounded to nearest even; not for f8E8M0FNU.
std::string toNarrowFloat(KernelSource &s, const std::string &x, mlir::Type to);
/// The byte of a narrow integer as a signed or unsigned char.
std::string fromNarrowInteger(const std::string &byte, mlir::IntegerType from);
/// A signed or unsigned char as the byte of a narrow integer: brought into its range, or without its upper bits.
std::string toNarrowInteger(const std::string &x, mlir::IntegerType to, bool saturate);

} // namespace dsc::cuda

#endif
