// SPDX-License-Identifier: Apache-2.0
#include "tools/dsc/Compare.h"

#include "tools/dsc/Convert.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <limits>

namespace dsc {

static std::vector<int64_t> position(size_t index, const std::vector<int64_t> &dims) {
  std::vector<int64_t> result(dims.size());
  auto rest = static_cast<int64_t>(index);
  for (size_t i = dims.size(); i-- > 0;) {
    result[i] = rest % dims[i];
    rest /= dims[i];
  }
  return result;
}

static void compareFloats(const NpyArray &have, const NpyArray &want, const Tolerance &tolerance,
                          Comparison &result) {
  std::vector<double> a = toDoubles(have), b = toDoubles(want);
  size_t wrong = 0, first = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i])))
      continue;
    // An infinity or a NaN that is not the same on both sides is beyond any tolerance.
    bool finite = std::isfinite(a[i]) && std::isfinite(b[i]);
    double error = finite ? std::fabs(a[i] - b[i]) : std::numeric_limits<double>::infinity();
    result.largestError = std::max(result.largestError, error);
    double allowed = tolerance.absolute + tolerance.relative * std::fabs(b[i]);
    if ((!finite || error > allowed) && wrong++ == 0)
      first = i;
  }
  if (wrong)
    result.difference = fmt::format("{} of {} elements differ, the first at [{}]: {}, expected {}", wrong,
                                    a.size(), fmt::join(position(first, have.dims), ", "), a[first],
                                    b[first]);
}

static void compareIntegers(const NpyArray &have, const NpyArray &want, Comparison &result) {
  std::vector<int64_t> a = toIntegers(have), b = toIntegers(want);
  size_t wrong = 0, first = 0;
  for (size_t i = 0; i < a.size(); ++i)
    if (a[i] != b[i]) {
      result.largestError =
          std::max(result.largestError, std::fabs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
      if (wrong++ == 0)
        first = i;
    }
  if (wrong)
    result.difference = fmt::format("{} of {} elements differ, the first at [{}]: {}, expected {}", wrong,
                                    a.size(), fmt::join(position(first, have.dims), ", "), a[first],
                                    b[first]);
}

Comparison compareArrays(const NpyArray &have, const NpyArray &want, const Tolerance &tolerance) {
  Comparison result;
  NumberClass kind = numberClass(have.type);
  if (have.dims != want.dims)
    result.difference =
        fmt::format("shape [{}], expected [{}]", fmt::join(have.dims, ", "), fmt::join(want.dims, ", "));
  else if (kind != numberClass(want.type))
    result.difference =
        fmt::format("type {}, expected {}", npyTypeName(have.type), npyTypeName(want.type));
  else if (kind == NumberClass::Float)
    compareFloats(have, want, tolerance, result);
  else
    compareIntegers(have, want, result);
  result.equal = result.difference.empty();
  if (!result.equal && result.largestError == 0)
    result.largestError = std::numeric_limits<double>::infinity();
  return result;
}

} // namespace dsc
