// SPDX-License-Identifier: Apache-2.0
// prim's elementwise functions on register values. `type` is the element type that prim names: it
// says how integers are signed and to how many bits a float is rounded.
#ifndef DSC_COMPILER_TARGETS_CPU_ARITHMETIC_H
#define DSC_COMPILER_TARGETS_CPU_ARITHMETIC_H

#include "compiler/targets/cpu/Code.h"
#include "dialects/prim/Prim.h"

namespace dsc::cpu {

/// True for the element types that kernels can hold: f16, bf16, f32, f64, i1, integers of 8 to 64
/// bits and narrow types, which are only moved and converted.
bool isSupported(mlir::Type type);
/// f32 for 16-bit floats, signless integers, i8 for narrow types.
mlir::Type registerType(mlir::Type type);
/// As in memory: i16 for bf16, one byte for i1.
mlir::Type storageType(mlir::Type type);
mlir::Value fromStorage(Code &c, mlir::Value v, mlir::Type type);
mlir::Value toStorage(Code &c, mlir::Value v, mlir::Type type);
/// Rounds an f32 that holds a result of a 16-bit type.
mlir::Value roundTo(Code &c, mlir::Value v, mlir::Type type);

mlir::Value emitUnary(Code &c, prim::UnaryKind kind, mlir::Value x, mlir::Type type);
mlir::Value emitBinary(Code &c, prim::BinaryKind kind, mlir::Value x, mlir::Value y,
                       mlir::Type type);
mlir::Value emitCompare(Code &c, prim::CompareKind kind, mlir::Value x, mlir::Value y,
                        mlir::Type type);
mlir::Value emitConvert(Code &c, mlir::Value x, mlir::Type from, mlir::Type to);
mlir::Value emitBitcast(Code &c, mlir::Value x, mlir::Type from, mlir::Type to);

/// The value that a reduction starts with.
mlir::Value identity(Code &c, prim::ReduceKind kind, mlir::Type type);
/// One step; sums and products of 16-bit floats are not rounded.
mlir::Value emitCombine(Code &c, prim::ReduceKind kind, mlir::Value x, mlir::Value y,
                        mlir::Type type);

} // namespace dsc::cpu

#endif
