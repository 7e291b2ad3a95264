// SPDX-License-Identifier: Apache-2.0
#include "tools/dsc/Compare.h"
#include "tools/dsc/Convert.h"
#include <cmath>
#include <gtest/gtest.h>
#include <limits>

using namespace dsc;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

template <typename T>
NpyArray array(NpyType type, std::vector<T> values, std::vector<int64_t> dims = {}) {
  const char *data = reinterpret_cast<const char *>(values.data());
  if (dims.empty())
    dims = {int64_t(values.size())};
  return {"x", type, dims, {data, data + values.size() * sizeof(T)}};
}
NpyArray floats(std::vector<float> values) { return array(NpyType::F32, values); }

TEST(Compare, Floats) {
  Tolerance t{1e-3, 1e-2};
  EXPECT_TRUE(compareArrays(floats({1.01f, 0.0009f}), floats({1.0f, 0.0f}), t).equal);
  Comparison c = compareArrays(floats({1.0f, 2.5f}), floats({1.0f, 2.0f}), t);
  EXPECT_FALSE(c.equal);
  EXPECT_DOUBLE_EQ(c.largestError, 0.5);
  EXPECT_EQ(c.difference, "1 of 2 elements differ, the first at [1]: 2.5, expected 2");
}

TEST(Compare, NotFinite) {
  Tolerance t;
  EXPECT_TRUE(
      compareArrays(floats({infinity, -infinity, nan}), floats({infinity, -infinity, nan}), t)
          .equal);
  EXPECT_FALSE(compareArrays(floats({infinity}), floats({-infinity}), t).equal);
  EXPECT_FALSE(compareArrays(floats({nan}), floats({1.0f}), t).equal);
  EXPECT_FALSE(compareArrays(floats({1.0f}), floats({nan}), t).equal);
  EXPECT_FALSE(compareArrays(floats({1.0f}), floats({infinity}), t).equal);
}

TEST(Compare, IntegersAreExact) {
  Tolerance loose{10, 10};
  EXPECT_TRUE(compareArrays(array<int32_t>(NpyType::I32, {1, -2}),
                            array<int64_t>(NpyType::I64, {1, -2}), loose)
                  .equal);
  EXPECT_FALSE(
      compareArrays(array<int32_t>(NpyType::I32, {1}), array<int64_t>(NpyType::I64, {2}), loose)
          .equal);
}

TEST(Compare, ShapeAndClass) {
  Tolerance t;
  EXPECT_EQ(compareArrays(floats({1, 2}), array<float>(NpyType::F32, {1, 2}, {1, 2}), t).difference,
            "shape [2], expected [1, 2]");
  EXPECT_EQ(compareArrays(floats({1}), array<int64_t>(NpyType::I64, {1}), t).difference,
            "type f32, expected i64");
  EXPECT_EQ(compareArrays(array<uint8_t>(NpyType::Bool, {1}), array<int64_t>(NpyType::I64, {1}), t)
                .difference,
            "type bool, expected i64");
  EXPECT_TRUE(compareArrays(array<uint16_t>(NpyType::BF16, {0x3f80}), floats({1.0f}), t).equal);
}

TEST(Convert, Narrows) {
  std::string error;
  NpyArray a = floats({1.0f, 257.0f, 65520.0f});
  ASSERT_TRUE(convertTo(NpyType::F16, a, error));
  EXPECT_EQ(a.as<uint16_t>()[0], 0x3c00);
  EXPECT_EQ(a.as<uint16_t>()[2], 0x7c00);
  NpyArray b = floats({257.0f, 259.0f, nan});
  ASSERT_TRUE(convertTo(NpyType::BF16, b, error));
  EXPECT_EQ(b.as<uint16_t>()[0], 0x4380);
  EXPECT_EQ(b.as<uint16_t>()[1], 0x4382);
  EXPECT_TRUE(std::isnan(floatFromBF16(b.as<uint16_t>()[2])));
  NpyArray c = array<int64_t>(NpyType::I64, {-1, 127});
  ASSERT_TRUE(convertTo(NpyType::I8, c, error));
  EXPECT_EQ(c.as<int8_t>()[0], -1);
}

TEST(Convert, Refuses) {
  std::string error;
  NpyArray a = floats({1.0f});
  EXPECT_FALSE(convertTo(NpyType::I64, a, error));
  EXPECT_EQ(error, "array 'x' is f32, expected i64");
  NpyArray b = array<int64_t>(NpyType::I64, {300});
  EXPECT_FALSE(convertTo(NpyType::I8, b, error));
  EXPECT_EQ(error, "array 'x': a value does not fit i8");
}

} // namespace
