// SPDX-License-Identifier: Apache-2.0
#include "tools/dsc/Npz.h"
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

using namespace dsc;

namespace {

class Npz : public testing::Test {
protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "npzXXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  std::string path(const char *name) const { return folder + "/" + name; }
  std::string write(const char *name, const std::string &bytes) const {
    std::ofstream(path(name), std::ios::binary) << bytes;
    return path(name);
  }
  static std::string read(const std::string &file) {
    std::stringstream content;
    content << std::ifstream(file, std::ios::binary).rdbuf();
    return content.str();
  }

  std::string folder;
};

NpyArray floats(std::string name, std::vector<float> values) {
  const char *data = reinterpret_cast<const char *>(values.data());
  return {
      std::move(name), NpyType::F32, {int64_t(values.size())}, {data, data + values.size() * 4}};
}

// numpy.savez_compressed(f, a=numpy.arange(6, dtype="int32").reshape(2, 3))
const unsigned char compressed[] = {
#include "tests/unit/npz/compressed.inc"
};

TEST_F(Npz, RoundTrip) {
  std::vector<NpyArray> arrays = {floats("in.x", {1, 2, 3}), floats("out.y.0", {}),
                                  floats("scale", {0.5f})};
  std::string error;
  ASSERT_TRUE(writeNpz(path("a.npz"), arrays, error)) << error;
  auto back = readNpz(path("a.npz"), error);
  ASSERT_TRUE(back) << error;
  ASSERT_EQ(back->size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ((*back)[i].name, arrays[i].name);
    EXPECT_EQ((*back)[i].dims, arrays[i].dims);
    EXPECT_EQ((*back)[i].bytes, arrays[i].bytes);
  }
  EXPECT_NE(findArray(*back, "scale"), nullptr);
  EXPECT_EQ(findArray(*back, "scal"), nullptr);
}

TEST_F(Npz, OneArray) {
  std::string error;
  ASSERT_TRUE(writeNpy(path("a.npy"), floats("", {1, 2}), error)) << error;
  auto back = readNpy(path("a.npy"), error);
  ASSERT_TRUE(back) << error;
  EXPECT_EQ(back->as<float>()[1], 2.f);
  EXPECT_FALSE(writeNpy(path("missing/a.npy"), floats("", {1}), error));
  EXPECT_EQ(error, path("missing/a.npy") + ": No such file or directory");
}

TEST_F(Npz, ReadsDeflatedMembers) {
  std::string error;
  auto file = write("c.npz", std::string(std::begin(compressed), std::end(compressed)));
  auto arrays = readNpz(file, error);
  ASSERT_TRUE(arrays) << error;
  ASSERT_EQ(arrays->size(), 1u);
  const NpyArray &a = arrays->front();
  EXPECT_EQ(a.name, "a");
  EXPECT_EQ(a.type, NpyType::I32);
  EXPECT_EQ(a.dims, (std::vector<int64_t>{2, 3}));
  for (int i = 0; i < 6; ++i)
    EXPECT_EQ(a.as<int32_t>()[i], i);
}

TEST_F(Npz, RefusesWhatIsDamaged) {
  std::string error;
  EXPECT_FALSE(readNpz(path("none.npz"), error));
  EXPECT_EQ(error, path("none.npz") + ": No such file or directory");
  EXPECT_FALSE(readNpz(write("text.npz", "no archive"), error));
  EXPECT_EQ(error, path("text.npz") + ": Not a zip archive");
  EXPECT_FALSE(readNpy(folder, error));
  EXPECT_EQ(error, folder + ": not a regular file");

  ASSERT_TRUE(writeNpz(path("a.npz"), std::vector{floats("x", {1, 2, 3})}, error));
  std::string good = read(path("a.npz"));
  std::string changed = good;
  size_t data = good.find("NUMPY") - 1 + 128 + 1;
  changed[data] ^= 1;
  EXPECT_FALSE(readNpz(write("crc.npz", changed), error));
  EXPECT_EQ(error, path("crc.npz") + ": x: the data do not match their checksum or size");
}

TEST_F(Npz, EveryPrefixAndEveryChangedByteIsHandled) {
  std::string good(std::begin(compressed), std::end(compressed)), error;
  for (size_t n = 0; n < good.size(); ++n)
    EXPECT_FALSE(readNpz(write("p.npz", good.substr(0, n)), error)) << n;
  for (size_t n = 0; n < good.size(); ++n) {
    std::string changed = good;
    changed[n] = char(changed[n] ^ 0xff);
    // Bytes that nothing depends on (times, attributes) may change; what is read is right or
    // refused.
    if (auto arrays = readNpz(write("b.npz", changed), error); arrays && arrays->size() == 1) {
      EXPECT_EQ(arrays->front().elementCount(), 6) << n;
    }
  }
}

} // namespace
