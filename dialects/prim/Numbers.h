// SPDX-License-Identifier: Apache-2.0
// Numbers in and out of attributes.
#ifndef DSC_DIALECTS_PRIM_NUMBERS_H
#define DSC_DIALECTS_PRIM_NUMBERS_H

#include "dialects/prim/Prim.h"

namespace dsc::prim {

/// The number nearest to `value` in a float type; in an integer type its low bits.
mlir::Attribute numberAttr(double value, mlir::Type elementType);
/// The number that all elements of a dense constant are; none where they differ or there are none.
std::optional<double> getSplatNumber(ConstantOp op);

} // namespace dsc::prim

#endif
