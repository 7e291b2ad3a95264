// SPDX-License-Identifier: Apache-2.0
// prim's elementwise functions as C++ expressions over register variables. `type` is the element type that prim names: it says how
// integers are signed and to how many bits a float is rounded.
#ifndef DSC_COMPILER_TARGETS_CUDA_ARITHMETIC_H
#define DSC_COMPILER_TARGETS_CUDA_ARITHMETIC_H

#include "compiler/targets/cuda/KernelSource.h"

namespace dsc::cuda {

/// True for the element types that kernels can hold: f16, bf16, f32, f64, i1, integers of 8 to 64 bits and narrow types, which are only
/// moved and converted.
bool isSupported(mlir::Type type);
/// C++ type of a variable that holds an element.
llvm::StringRef registerType(mlir::Type type);
/// C++ type of an element in memory, and its bytes.
llvm::StringRef storageType(mlir::Type type);
unsigned storageBytes(mlir::Type type);
/// Text that converts an element from memory to a register and back; `text` is parsed as an operand.
std::string fromStorage(KernelSource &s, const std::string &text, mlir::Type type);
std::string toStorage(KernelSource &s, const std::string &text, mlir::Type type);
/// Rounds a float that holds a result of a 16-bit type; others stay as they are.
std::string roundTo(KernelSource &s, const std::string &text, mlir::Type type);

/// A literal of a register type: of an integer type the value, of a float the number.
std::string literal(mlir::Type type, double value);
std::string literal(mlir::Type type, const llvm::APInt &value);

std::string unaryText(KernelSource &s, prim::UnaryKind kind, const std::string &x, mlir::Type type);
std::string binaryText(KernelSource &s, prim::BinaryKind kind, const std::string &x, const std::string &y, mlir::Type type);
std::string compareText(prim::CompareKind kind, const std::string &x, const std::string &y);
std::string convertText(KernelSource &s, const std::string &x, mlir::Type from, mlir::Type to);
std::string bitcastText(KernelSource &s, const std::string &x, mlir::Type from, mlir::Type to);

/// The value that a reduction starts with.
std::string identityText(prim::ReduceKind kind, mlir::Type type);
/// One step; sums and products of 16-bit floats are not rounded.
std::string combineText(KernelSource &s, prim::ReduceKind kind, const std::string &x, const std::string &y, mlir::Type type);

} // namespace dsc::cuda

#endif
