// SPDX-License-Identifier: Apache-2.0
#include "tools/dsc/Convert.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

using namespace dsc;

namespace {

template <class T> NpyArray array(NpyType type, const std::vector<T> &values) {
  NpyArray a;
  a.name = "a";
  a.type = type;
  a.dims = {static_cast<int64_t>(values.size())};
  a.bytes.resize(values.size() * sizeof(T));
  std::memcpy(a.bytes.data(), values.data(), a.bytes.size());
  return a;
}

TEST(ConvertTest, EveryHalfComesBack) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    auto half = static_cast<uint16_t>(bits);
    float value = floatFromF16(half), brain = floatFromBF16(half);
    if (std::isnan(value))
      EXPECT_TRUE(std::isnan(floatFromF16(f16FromFloat(value))));
    else
      EXPECT_EQ(f16FromFloat(value), half) << bits;
    if (std::isnan(brain))
      EXPECT_TRUE(std::isnan(floatFromBF16(bf16FromFloat(brain))));
    else
      EXPECT_EQ(bf16FromFloat(brain), half) << bits;
  }
}

TEST(ConvertTest, RoundsToNearestEven) {
  EXPECT_EQ(f16FromFloat(1.0f + 0x1p-11f), 0x3c00);     // halfway, even below
  EXPECT_EQ(f16FromFloat(1.0f + 3 * 0x1p-11f), 0x3c02); // halfway, even above
  EXPECT_EQ(f16FromFloat(1.0f + 0x1p-11f + 0x1p-20f), 0x3c01);
  EXPECT_EQ(f16FromFloat(65519.0f), 0x7bff);
  EXPECT_EQ(f16FromFloat(65520.0f), 0x7c00);
  EXPECT_EQ(f16FromFloat(-1e30f), 0xfc00);
  EXPECT_EQ(f16FromFloat(0x1p-25f), 0); // half of the smallest, to even
  EXPECT_EQ(f16FromFloat(0x1.8p-25f), 1);
  EXPECT_EQ(f16FromFloat(0x1.ffcp-15f + 0x1p-25f), 0x0400); // rounds up into the normal numbers
  EXPECT_EQ(bf16FromFloat(1.0f + 0x1p-8f), 0x3f80);
  EXPECT_EQ(bf16FromFloat(1.0f + 3 * 0x1p-8f), 0x3f82);
}

TEST(ConvertTest, IntegersMustFit) {
  std::string error;
  NpyArray a = array<int64_t>(NpyType::I64, {1, -1, 127});
  EXPECT_TRUE(convertTo(NpyType::I8, a, error));
  EXPECT_EQ(a.bytes.size(), 3u);
  EXPECT_EQ(toIntegers(a), (std::vector<int64_t>{1, -1, 127}));
  a = array<int64_t>(NpyType::I64, {128});
  EXPECT_FALSE(convertTo(NpyType::I8, a, error));
  EXPECT_EQ(error, "array 'a': a value does not fit i8");
  a = array<int64_t>(NpyType::I64, {0, 1});
  EXPECT_TRUE(convertTo(NpyType::Bool, a, error));
  a = array<float>(NpyType::F32, {1});
  EXPECT_FALSE(convertTo(NpyType::I64, a, error));
  EXPECT_EQ(error, "array 'a' is f32, expected i64");
}

TEST(ConvertTest, FloatsBecomeHalves) {
  std::string error;
  NpyArray a = array<float>(NpyType::F32, {1.5f, -2.0f});
  EXPECT_TRUE(convertTo(NpyType::BF16, a, error));
  EXPECT_EQ(toDoubles(a), (std::vector<double>{1.5, -2.0}));
  EXPECT_TRUE(convertTo(NpyType::F64, a, error));
  EXPECT_EQ(toDoubles(a), (std::vector<double>{1.5, -2.0}));
}

} // namespace
