// SPDX-License-Identifier: Apache-2.0
// From MLIR element types to C++ types, and conversions between them.
//
// Kernels exist for the native types: float, double, int8_t..int64_t, uint8_t..uint64_t and bool.
// Narrower floats are computed in f32 and rounded once, which is what the prim dialect prescribes:
// a kernel's operands are widened, its results narrowed.
#ifndef DSC_COMPILER_REFERENCE_ELEMENTTYPES_H
#define DSC_COMPILER_REFERENCE_ELEMENTTYPES_H

#include "compiler/reference/Tensor.h"

namespace dsc::reference {

/// Calls `call.template operator()<T>()` with the native type of `type`; false when it has none.
template <typename Call> bool withNative(mlir::Type type, Call call) {
  if (type.isF32())
    return call.template operator()<float>(), true;
  if (type.isF64())
    return call.template operator()<double>(), true;
  auto integer = llvm::dyn_cast<mlir::IntegerType>(type);
  if (!integer)
    return false;
  bool isUnsigned = integer.isUnsigned();
  switch (integer.getWidth()) {
  case 1:
    return call.template operator()<bool>(), true;
  case 8:
    return isUnsigned ? call.template operator()<uint8_t>() : call.template operator()<int8_t>(),
           true;
  case 16:
    return isUnsigned ? call.template operator()<uint16_t>() : call.template operator()<int16_t>(),
           true;
  case 32:
    return isUnsigned ? call.template operator()<uint32_t>() : call.template operator()<int32_t>(),
           true;
  case 64:
    return isUnsigned ? call.template operator()<uint64_t>() : call.template operator()<int64_t>(),
           true;
  default:
    return false;
  }
}

/// Calls with an unsigned type of the element's size: for operations that only move elements.
template <typename Call> void withSize(mlir::Type type, Call call) {
  switch (elementSize(type)) {
  case 1:
    return call.template operator()<uint8_t>();
  case 2:
    return call.template operator()<uint16_t>();
  case 4:
    return call.template operator()<uint32_t>();
  default:
    return call.template operator()<uint64_t>();
  }
}

/// f32 for narrower floats, else the type itself.
mlir::Type widened(mlir::Type elementType);

/// prim.convert. Both types have a size (elementSize).
Tensor convertElements(const Tensor &tensor, mlir::Type to);

inline Tensor widen(const Tensor &tensor) {
  return convertElements(tensor, widened(tensor.getElementType()));
}

} // namespace dsc::reference

#endif
