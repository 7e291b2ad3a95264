// SPDX-License-Identifier: Apache-2.0
#ifndef DSC_TOOLS_DSC_COMPARE_H
#define DSC_TOOLS_DSC_COMPARE_H

#include "tools/dsc/Npz.h"

namespace dsc {

struct Tolerance {
  double absolute = 1e-4, relative = 1e-4;
};

struct Comparison {
  bool equal = false;
  double largestError = 0;   // |have - want|; infinite where only one of them is, or is a NaN
  std::string difference;    // what differs and where, for a reader
};

// Floats: |have - want| <= absolute + relative * |want|, equal infinities are equal, a NaN is equal to a NaN.
// Integers and booleans exactly. Shape and class of type must agree; the width of the type need not.
Comparison compareArrays(const NpyArray &have, const NpyArray &want, const Tolerance &tolerance);

} // namespace dsc

#endif
