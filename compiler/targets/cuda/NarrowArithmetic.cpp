// SPDX-License-Identifier: Apache-2.0
#include "compiler/targets/cuda/NarrowArithmetic.h"
#include "dialects/prim/NarrowTypes.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::formatv;

namespace dsc::cuda {

/// The template arguments that describe a format to the prelude.
static std::string describe(NarrowFormat format) {
  return formatv("<{0}, {1}, {2}, {3}, {4}, {5}, {6}>", format.exponentBits, format.mantissaBits, format.bias, format.largest,
                 format.overflow, format.nan, format.hasSignedZero ? "true" : "false");
}

std::string fromNarrowFloat(KernelSource &s, const std::string &byte, Type from) {
  s.prelude("narrow");
  if (isa<Float8E8M0FNUType>(from))
    return "from_exponent(" + byte + ")";
  return "from_narrow" + describe(*getNarrowFormat(from)) + "(" + byte + ")";
}

std::string toNarrowFloat(KernelSource &s, const std::string &x, Type to) {
  s.prelude("narrow");
  return "to_narrow" + describe(*getNarrowFormat(to)) + "(" + x + ")";
}

std::string fromNarrowInteger(const std::string &byte, IntegerType from) {
  unsigned width = from.getWidth();
  if (from.isUnsigned())
    return formatv("(unsigned char)({0} & {1})", byte, (1 << width) - 1);
  return formatv("(signed char)((signed char)({0} << {1}) >> {1})", byte, 8 - width);
}

std::string toNarrowInteger(const std::string &x, IntegerType to, bool saturate) {
  unsigned width = to.getWidth();
  int low = to.isUnsigned() ? 0 : -(1 << (width - 1)), high = low + (1 << width) - 1;
  std::string value = x;
  if (saturate)
    value = formatv("({0} < {1} ? {1} : {0} > {2} ? {2} : {0})", x, low, high);
  return formatv("(unsigned char)({0} & {1})", value, (1 << width) - 1);
}

} // namespace dsc::cuda
