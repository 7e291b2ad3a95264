// SPDX-License-Identifier: Apache-2.0
#include "tools/dsc/Compare.h"

#include <gtest/gtest.h>

#include <limits>

using namespace dsc;

namespace {

constexpr float inf = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

NpyArray floats(const std::vector<float> &values, std::vector<int64_t> dims = {}) {
  NpyArray a;
  a.dims = dims.empty() ? std::vector<int64_t>{static_cast<int64_t>(values.size())} : dims;
  const char *bytes = reinterpret_cast<const char *>(values.data());
  a.bytes.assign(bytes, bytes + values.size() * sizeof(float));
  return a;
}

NpyArray integers(const std::vector<int64_t> &values) {
  NpyArray a;
  a.type = NpyType::I64;
  a.dims = {static_cast<int64_t>(values.size())};
  const char *bytes = reinterpret_cast<const char *>(values.data());
  a.bytes.assign(bytes, bytes + values.size() * sizeof(int64_t));
  return a;
}

TEST(CompareTest, ToleranceIsAbsolutePlusRelative) {
  Tolerance t = {0.5, 0.25};
  EXPECT_TRUE(compareArrays(floats({11.5f}), floats({8}), t).equal == false);
  EXPECT_TRUE(compareArrays(floats({10.5f}), floats({8}), t).equal);
  Comparison c = compareArrays(floats({1, 2, 9}), floats({1, 2, 3}), t);
  EXPECT_FALSE(c.equal);
  EXPECT_EQ(c.largestError, 6);
  EXPECT_EQ(c.difference, "1 of 3 elements differ, the first at [2]: 9, expected 3");
}

TEST(CompareTest, InfinitiesAndNaNs) {
  Tolerance wide = {1e30, 1};
  EXPECT_TRUE(compareArrays(floats({inf, -inf, nan}), floats({inf, -inf, nan}), wide).equal);
  EXPECT_FALSE(compareArrays(floats({inf}), floats({-inf}), wide).equal);
  EXPECT_FALSE(compareArrays(floats({1}), floats({inf}), wide).equal);
  EXPECT_FALSE(compareArrays(floats({inf}), floats({1}), wide).equal);
  EXPECT_FALSE(compareArrays(floats({nan}), floats({1}), wide).equal);
  EXPECT_FALSE(compareArrays(floats({1}), floats({nan}), wide).equal);
}

TEST(CompareTest, ShapeAndTypeMustAgree) {
  EXPECT_EQ(compareArrays(floats({1, 2}, {1, 2}), floats({1, 2}), {}).difference,
            "shape [1, 2], expected [2]");
  EXPECT_EQ(compareArrays(integers({1}), floats({1}), {}).difference, "type i64, expected f32");
  EXPECT_TRUE(compareArrays(floats({}, {0, 4}), floats({}, {0, 4}), {}).equal);
}

TEST(CompareTest, IntegersAreExact) {
  EXPECT_TRUE(compareArrays(integers({1, 2}), integers({1, 2}), {}).equal);
  int64_t large = int64_t(1) << 60;
  EXPECT_FALSE(compareArrays(integers({large}), integers({large + 1}), {100, 100}).equal);
}

} // namespace
