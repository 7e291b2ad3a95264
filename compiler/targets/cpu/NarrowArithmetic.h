// SPDX-License-Identifier: Apache-2.0
// Narrow element types (NarrowTypes.h): registers hold their bytes, conversions lead in and out.
#ifndef DSC_COMPILER_TARGETS_CPU_NARROWARITHMETIC_H
#define DSC_COMPILER_TARGETS_CPU_NARROWARITHMETIC_H

#include "compiler/targets/cpu/Code.h"
#include "dialects/prim/NarrowTypes.h"

namespace dsc::cpu {

/// The byte of a narrow float as f32, exactly.
mlir::Value emitFromNarrowFloat(Code &c, mlir::Value byte, mlir::Type from);
/// An f32 as the byte of a narrow float, rounded to nearest even; not for f8E8M0FNU.
mlir::Value emitToNarrowFloat(Code &c, mlir::Value x, mlir::Type to);
/// The byte of a narrow integer as an i8 that is extended as its sign says.
mlir::Value emitFromNarrowInteger(Code &c, mlir::Value byte, mlir::IntegerType from);
/// An i8 as the byte of a narrow integer: brought into its range, or without its upper bits.
mlir::Value emitToNarrowInteger(Code &c, mlir::Value x, mlir::IntegerType to, bool saturate);

} // namespace dsc::cpu

#endif
