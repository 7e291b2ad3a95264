// SPDX-License-Identifier: Apache-2.0
// Weights in other files: where they may lie, and where not.
#include "dialects/onnx/ExternalData.h"
#include "tests/unit/import/ImportCase.h"
#include <sys/stat.h>

using namespace dsc::test;

namespace {

struct ExternalDataTest : testing::Test {
  /// Imports a model whose weight of 512 floats is said to be at `location`.
  void importAt(llvm::StringRef location, llvm::StringRef offset = "", llvm::StringRef length = "") {
    ::onnx::ModelProto model = ImportCase::makeModelWithWeight({512});
    ImportCase::setExternal(model.mutable_graph()->mutable_initializer(0), location, offset, length);
    test.import(model);
  }
  ImportCase test;
};

} // namespace

TEST_F(ExternalDataTest, IsMapped) {
  test.write("w.bin", std::string(64, 'a') + std::string(2048, 'b'));
  importAt("w.bin", "64", "2048");
  ASSERT_TRUE(test.module) << test.messages;
  dsc::onnx::ExternalAttr found;
  test.module->walk([&](dsc::onnx::ConstantOp op) { found = llvm::cast<dsc::onnx::ExternalAttr>(op.getValue()); });
  ASSERT_TRUE(found);
  EXPECT_EQ(found.getOffset(), 64);
  auto bytes = dsc::onnx::ExternalData::get(&test.context).resolve(found);
  ASSERT_TRUE(bool(bytes));
  EXPECT_EQ(llvm::StringRef(bytes->data(), bytes->size()), std::string(2048, 'b'));
}

TEST_F(ExternalDataTest, InAFolderBelow) {
  std::filesystem::create_directory(test.folder / "data");
  test.write("data/w.bin", std::string(2048, 'b'));
  importAt("./data/w.bin");
  EXPECT_TRUE(test.module) << test.messages;
}

TEST_F(ExternalDataTest, Missing) {
  importAt("w.bin");
  EXPECT_REFUSED(test, "initializer 'w': cannot open external data 'w.bin': No such file or directory");
}

TEST_F(ExternalDataTest, Absolute) {
  importAt(test.write("w.bin", std::string(2048, 'b')));
  EXPECT_REFUSED(test, "is absolute; it must be a path inside the model's folder");
}

TEST_F(ExternalDataTest, Above) {
  test.write("../w.bin", std::string(2048, 'b'));
  importAt("../w.bin");
  EXPECT_REFUSED(test, "'../w.bin' contains '..'");
}

TEST_F(ExternalDataTest, AboveByADetour) {
  std::filesystem::create_directory(test.folder / "data");
  test.write("w.bin", std::string(2048, 'b'));
  importAt("data/../w.bin");
  EXPECT_REFUSED(test, "contains '..'");
}

TEST_F(ExternalDataTest, LinkToAFile) {
  test.write("../w.bin", std::string(2048, 'b'));
  std::filesystem::create_symlink("../w.bin", test.folder / "link.bin");
  importAt("link.bin");
  EXPECT_REFUSED(test, "passes through the symbolic link 'link.bin'");
}

TEST_F(ExternalDataTest, LinkToAFolder) {
  test.write("../w.bin", std::string(2048, 'b'));
  std::filesystem::create_directory_symlink("..", test.folder / "up");
  importAt("up/w.bin");
  EXPECT_REFUSED(test, "passes through the symbolic link 'up'");
}

TEST_F(ExternalDataTest, Pipe) {
  ASSERT_EQ(mkfifo((test.folder / "pipe").c_str(), 0600), 0);
  importAt("pipe");
  EXPECT_REFUSED(test, "is not a regular file");
}

TEST_F(ExternalDataTest, Folder) {
  std::filesystem::create_directory(test.folder / "data");
  importAt("data");
  EXPECT_REFUSED(test, "is not a regular file");
}

TEST_F(ExternalDataTest, NoLocation) {
  importAt("");
  EXPECT_REFUSED(test, "external data without a location");
}

TEST_F(ExternalDataTest, ZeroByte) {
  test.write("w.bin", std::string(2048, 'b'));
  importAt(llvm::StringRef("w.bin\0x", 7));
  EXPECT_REFUSED(test, "contains a zero byte");
}

TEST_F(ExternalDataTest, TooShort) {
  test.write("w.bin", std::string(2000, 'b'));
  importAt("w.bin");
  EXPECT_REFUSED(test, "has 2000 bytes; bytes 0 to 0 + 2048 were asked for");
}

TEST_F(ExternalDataTest, OffsetBeyondTheEnd) {
  test.write("w.bin", std::string(2048, 'b'));
  importAt("w.bin", "9223372036854775807");
  EXPECT_REFUSED(test, "has 2048 bytes");
}

TEST_F(ExternalDataTest, OffsetThatOverflows) {
  test.write("w.bin", std::string(2048, 'b'));
  importAt("w.bin", "18446744073709551615");
  EXPECT_REFUSED(test, "offset '18446744073709551615' is not a size");
}

TEST_F(ExternalDataTest, NegativeOffset) {
  test.write("w.bin", std::string(2048, 'b'));
  importAt("w.bin", "-4");
  EXPECT_REFUSED(test, "offset '-4' is not a size");
}

TEST_F(ExternalDataTest, LengthOfAnotherShape) {
  test.write("w.bin", std::string(4096, 'b'));
  importAt("w.bin", "0", "4096");
  EXPECT_REFUSED(test, "external data has 4096 bytes, the shape needs 2048");
}

TEST_F(ExternalDataTest, MemoryOfAnotherProcess) {
  auto bytes = dsc::onnx::ExternalData::get(&test.context).resolve("memory:00", 0, 4);
  ASSERT_FALSE(bool(bytes));
  EXPECT_EQ(llvm::toString(bytes.takeError()),
            "the bytes of 'memory:00' exist only in the process that imported the model");
}
