// SPDX-License-Identifier: Apache-2.0
// Elementary functions as branch-free arithmetic: kernels are freestanding, there is no libm to
// call.
//
// All functions take f32 or f64, scalar or lanes, and treat NaN and infinities as IEEE 754 and C
// do. f32 results are within 2 ulp (sin and cos up to |x| = 2^50), f64 results within a few ulp.
#ifndef DSC_COMPILER_TARGETS_CPU_MATHEXPANSION_H
#define DSC_COMPILER_TARGETS_CPU_MATHEXPANSION_H

#include "compiler/targets/cpu/Code.h"

namespace dsc::cpu {

mlir::Value emitExp(Code &c, mlir::Value x);
mlir::Value emitLog(Code &c, mlir::Value x);
mlir::Value emitSin(Code &c, mlir::Value x);
mlir::Value emitCos(Code &c, mlir::Value x);
mlir::Value emitTanh(Code &c, mlir::Value x);
mlir::Value emitErf(Code &c, mlir::Value x);
mlir::Value emitPow(Code &c, mlir::Value x, mlir::Value y);
/// fmod: x - y * trunc(x / y), exact for quotients below 2^53; the sign of x.
mlir::Value emitRem(Code &c, mlir::Value x, mlir::Value y);

/// f64 -> f32 rounded to odd, so that rounding the result once more to 16 bits is rounding once.
mlir::Value emitRoundToOdd(Code &c, mlir::Value x);
/// f32 rounded to the nearest bf16 (ties to even), still held as f32.
mlir::Value emitRoundToBf16(Code &c, mlir::Value x);

} // namespace dsc::cpu

#endif
