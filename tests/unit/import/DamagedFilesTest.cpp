// SPDX-License-Identifier: Apache-2.0
// Any bytes end in a module or a message.
#include "tests/unit/import/ImportCase.h"
#include <fstream>
#include <random>

using namespace dsc::test;

static std::string readFixture(const char *name) {
  const char *folder = std::getenv("DSC_MODELS");
  std::ifstream file(std::filesystem::path(folder ? folder : DSC_MODELS) / name / "model.onnx", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(DamagedFiles, TruncatedAnywhere) {
  std::string bytes = readFixture("v3_attn_op20");
  ASSERT_FALSE(bytes.empty());
  for (unsigned i = 0; i < 16; ++i) {
    ImportCase test;
    test.importBytes(llvm::StringRef(bytes).take_front(bytes.size() * i / 16));
    EXPECT_FALSE(test.module) << i;
  }
  ImportCase whole;
  EXPECT_TRUE(whole.importBytes(bytes));
}

TEST(DamagedFiles, ChangedBytes) {
  std::string bytes = readFixture("v3_router_op20");
  ASSERT_FALSE(bytes.empty());
  std::mt19937 random(7);
  for (unsigned i = 0; i < 300; ++i) {
    std::string changed = bytes;
    for (unsigned n = 0; n < 1 + i % 8; ++n)
      changed[random() % changed.size()] = char(random());
    ImportCase test;
    test.importBytes(changed); // says why, or the change does not matter
  }
}

TEST(DamagedFiles, RandomBytes) {
  std::mt19937 random(3);
  for (unsigned i = 0; i < 200; ++i) {
    std::string bytes(random() % 4096, 0);
    for (char &byte : bytes)
      byte = char(random());
    ImportCase test;
    test.importBytes(bytes);
    EXPECT_FALSE(test.module);
  }
}

TEST(DamagedFiles, EmptyMissingAndNoFile) {
  ImportCase empty;
  empty.importBytes("");
  EXPECT_REFUSED(empty, "the file is empty");
  ImportCase missing;
  missing.importFile((missing.folder / "none.onnx").string());
  EXPECT_REFUSED(missing, "No such file");
  ImportCase isFolder;
  isFolder.importFile(isFolder.folder.string());
  EXPECT_REFUSED(isFolder, "is not a regular file");
}

TEST(DamagedFiles, LengthBeyondTheEnd) {
  ImportCase test;
  test.importBytes(std::string("\x08\x0a\x3a\xff\xff\xff\xff\x7f", 8));
  EXPECT_REFUSED(test, "bytes long, but the data ends before that");
}

TEST(DamagedFiles, DeepNesting) {
  ::onnx::ModelProto model = ImportCase::makeModel();
  ::onnx::GraphProto *graph = model.mutable_graph();
  for (unsigned i = 0; i < 40; ++i) {
    auto *attribute = ImportCase::addNode(graph, "If", {"x"}, {"y"})->add_attribute();
    attribute->set_name("then_branch");
    attribute->set_type(::onnx::AttributeProto::GRAPH);
    graph = attribute->mutable_g();
  }
  // Large enough to be looked into on every level.
  graph->set_name(std::string(4096, 'n'));
  ImportCase test;
  test.import(model);
  EXPECT_REFUSED(test, "messages are nested more than 64 levels deep");
  // Small messages go to protobuf as they are, which has a limit of its own.
  graph->set_name("n");
  ImportCase small;
  small.import(model);
  EXPECT_REFUSED(small, "protobuf cannot parse them");
}

TEST(DamagedFiles, NestedRubbish) {
  // A chain of length-delimited fields in the first half, repeated so that every level is large.
  std::string bytes(5000, 'x');
  for (unsigned i = 0; i < 2000; ++i) {
    std::string header(1, i % 3 == 0 ? '\x3a' : i % 3 == 1 ? '\x0a' : '\x2a');
    for (size_t value = bytes.size(); ; value >>= 7) {
      header.push_back(char(value >= 0x80 ? value | 0x80 : value));
      if (value < 0x80)
        break;
    }
    bytes = header + bytes;
  }
  ImportCase test;
  test.importBytes(bytes);
  EXPECT_FALSE(test.module);
}
