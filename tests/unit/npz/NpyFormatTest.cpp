// SPDX-License-Identifier: Apache-2.0
#include "tools/dsc/NpyFormat.h"
#include <gtest/gtest.h>

using namespace dsc;

namespace {

/// A version 1 file with this dictionary and these bytes behind it.
std::string file(std::string dictionary, const std::string &data) {
  std::string header("\x93NUMPY\x01\x00", 8);
  header += char(dictionary.size() & 0xff);
  header += char(dictionary.size() >> 8);
  return header + dictionary + data;
}

std::string bytesOf(std::initializer_list<int16_t> values) {
  return {reinterpret_cast<const char *>(values.begin()), values.size() * 2};
}

std::string failure(const std::string &content) {
  std::string error;
  EXPECT_FALSE(decodeNpy(content, error).has_value());
  return error;
}

TEST(NpyFormat, Matrix) {
  std::string error;
  auto a = decodeNpy(file("{'descr': '<i2', 'fortran_order': False, 'shape': (2, 3), }\n",
                          bytesOf({1, 2, 3, 4, 5, 6})),
                     error);
  ASSERT_TRUE(a) << error;
  EXPECT_EQ(a->type, NpyType::I16);
  EXPECT_EQ(a->dims, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(a->as<int16_t>()[4], 5);
}

TEST(NpyFormat, ColumnMajorIsTransposed) {
  std::string error;
  auto a = decodeNpy(file("{'descr': '<i2', 'fortran_order': True, 'shape': (2, 3), }",
                          bytesOf({1, 4, 2, 5, 3, 6})),
                     error);
  ASSERT_TRUE(a) << error;
  for (int i = 0; i < 6; ++i)
    EXPECT_EQ(a->as<int16_t>()[i], i + 1);
}

TEST(NpyFormat, ScalarAndEmpty) {
  std::string error;
  auto scalar = decodeNpy(
      file("{'descr': '<i2', 'fortran_order': False, 'shape': (), }", bytesOf({7})), error);
  ASSERT_TRUE(scalar) << error;
  EXPECT_EQ(scalar->elementCount(), 1);
  auto empty = decodeNpy(
      file("{'shape': (0, 4611686018427387904, 8), 'descr': '|b1', 'fortran_order': False}", ""),
      error);
  ASSERT_TRUE(empty) << error;
  EXPECT_EQ(empty->type, NpyType::Bool);
  EXPECT_EQ(empty->elementCount(), 0);
}

TEST(NpyFormat, RefusesWhatIsDamaged) {
  EXPECT_EQ(failure("PK\3\4 something else"), "not a .npy file");
  EXPECT_EQ(failure(""), "not a .npy file");
  std::string good =
      file("{'descr': '<i2', 'fortran_order': False, 'shape': (2,), }", bytesOf({1, 2}));
  EXPECT_EQ(failure(good.substr(0, good.size() - 1)),
            "the shape does not account for the 3 bytes of data");
  EXPECT_EQ(failure(good + "x"), "the shape does not account for the 5 bytes of data");
  EXPECT_EQ(failure(good.substr(0, 30)), "the header is longer than the file");
  std::string version = good;
  version[6] = 9;
  EXPECT_EQ(failure(version), "version 9 of the .npy format is not supported");
  EXPECT_EQ(failure(file("{'descr': '>f4', 'fortran_order': False, 'shape': (), }", "1234")),
            "big-endian elements are not supported");
  EXPECT_EQ(failure(file("{'descr': '|O', 'fortran_order': False, 'shape': (), }", "1234")),
            "element type '|O' is not supported");
  EXPECT_EQ(
      failure(file("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }",
                   "1234")),
      "the shape is too large");
  EXPECT_EQ(failure(file(
                "{'descr': '<f8', 'fortran_order': False, 'shape': (2305843009213693952,), }", "")),
            "the shape does not account for the 0 bytes of data");
  for (const char *header :
       {"{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }",
        "{'descr': '<f4', 'shape': (1,), }",
        "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,), }", "{'descr': '<f4", "",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1 1), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 1}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), } import os"})
    EXPECT_EQ(failure(file(header, "1234")), "the header is malformed") << header;
}

TEST(NpyFormat, HeaderIsNumPys) {
  NpyArray a{"x", NpyType::F32, {2, 3}, std::vector<char>(24)};
  std::string header = encodeNpyHeader(a);
  EXPECT_EQ(header.size() % 64, 0u);
  EXPECT_EQ(header.substr(10, 59), "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }");
  EXPECT_EQ(header.back(), '\n');
  for (NpyType type : {NpyType::F64, NpyType::BF16, NpyType::U8, NpyType::Bool})
    for (std::vector<int64_t> dims : {std::vector<int64_t>{}, {5}, {0}, {2, 1, 3}}) {
      NpyArray b{"", type, dims, {}};
      b.bytes.assign(b.elementCount() * npySize(type), 'a');
      std::string error, content = encodeNpyHeader(b) + std::string(b.bytes.begin(), b.bytes.end());
      auto back = decodeNpy(content, error);
      ASSERT_TRUE(back) << error;
      EXPECT_EQ(back->type, type);
      EXPECT_EQ(back->dims, dims);
      EXPECT_EQ(back->bytes, b.bytes);
    }
}

} // namespace
