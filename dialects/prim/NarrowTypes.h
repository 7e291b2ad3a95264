// SPDX-License-Identifier: Apache-2.0
// Element types below 16 bits that only hold values: floats of 8 and 4 bits, integers of 4 and 2 bits.
//
// An element takes one byte wherever dsc keeps it; only ONNX files pack the smaller ones. A narrow integer stands in the
// low bits of its byte, and readers ignore the others. Nothing is computed in these types: prim.convert and
// prim.bitcast lead in and out, every other operation merely moves elements.
#ifndef DSC_DIALECTS_PRIM_NARROWTYPES_H
#define DSC_DIALECTS_PRIM_NARROWTYPES_H

#include "mlir/IR/BuiltinTypes.h"
#include <optional>

namespace dsc::prim {

/// Integers of 2 and 4 bits.
bool isNarrowInteger(mlir::Type type);
/// Floats of 4 and 8 bits that prim knows.
bool isNarrowFloat(mlir::Type type);
inline bool isNarrow(mlir::Type type) { return isNarrowInteger(type) || isNarrowFloat(type); }

/// i8 or ui8 for a narrow integer.
mlir::IntegerType byteTypeOf(mlir::IntegerType narrow);

/// Sign, exponent and mantissa from the top bit down, with subnormals; codes are given without the sign.
/// (OCP 8-bit Floating Point Specification 1.0, OCP Microscaling Formats 1.0; the FNUZ forms: Noune et al. 2022.)
struct NarrowFormat {
  unsigned exponentBits, mantissaBits;
  int bias;
  unsigned largest;    ///< code of the largest finite value
  unsigned overflow;   ///< what larger values round to; with the sign bit set it stands for both signs
  unsigned nan;        ///< what NaN becomes; with the sign bit set likewise
  bool hasSignedZero;

  unsigned width() const { return 1 + exponentBits + mantissaBits; }
  double largestValue() const;
};

/// None for f8E8M0FNU (2^(code - 127), 255 is NaN) and for types that are not narrow floats.
std::optional<NarrowFormat> getNarrowFormat(mlir::Type type);

} // namespace dsc::prim

#endif
