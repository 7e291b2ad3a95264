// SPDX-License-Identifier: Apache-2.0
#include "dialects/prim/NarrowTypes.h"
#include <cmath>

using namespace mlir;

namespace dsc::prim {

bool isNarrowInteger(Type type) {
  auto integer = dyn_cast<IntegerType>(type);
  return integer && (integer.getWidth() == 2 || integer.getWidth() == 4);
}

bool isNarrowFloat(Type type) { return isa<Float8E8M0FNUType>(type) || getNarrowFormat(type); }

IntegerType byteTypeOf(IntegerType narrow) {
  return IntegerType::get(narrow.getContext(), 8, narrow.getSignedness());
}

double NarrowFormat::largestValue() const {
  unsigned mantissa = largest & ((1u << mantissaBits) - 1);
  int exponent = int(largest >> mantissaBits) - bias;
  return std::ldexp(double((1u << mantissaBits) + mantissa), exponent - int(mantissaBits));
}

std::optional<NarrowFormat> getNarrowFormat(Type type) {
  if (isa<Float8E4M3FNType>(type))
    return NarrowFormat{4, 3, 7, 0x7e, 0x7f, 0x7f, true};
  if (isa<Float8E4M3FNUZType>(type))
    return NarrowFormat{4, 3, 8, 0x7f, 0x80, 0x80, false};
  if (isa<Float8E5M2Type>(type))
    return NarrowFormat{5, 2, 15, 0x7b, 0x7c, 0x7e, true};
  if (isa<Float8E5M2FNUZType>(type))
    return NarrowFormat{5, 2, 16, 0x7f, 0x80, 0x80, false};
  if (isa<Float4E2M1FNType>(type))
    return NarrowFormat{2, 1, 1, 0x7, 0x7, 0, true};
  return std::nullopt;
}

} // namespace dsc::prim
