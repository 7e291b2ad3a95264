// SPDX-License-Identifier: Apache-2.0
// Damage to the file: every changed byte and every truncation is refused.
#include "TestEngine.h"

#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace dsc::test;

namespace {

// One kernel, one weight, little code.
std::vector<Section> smallSections() {
  auto manifest = newManifest();
  manifest->kernels.resize(1);
  Bytes weights;
  addWeight(*manifest, weights, {1, 2, 3});
  EntryWriter e(*manifest, "main");
  uint32_t three = e.constant(3), bytes = e.constant(12);
  e.input("x", DType::F32, {three});
  e.output("y", DType::F32, {three});
  uint32_t x = e.buffer(BufferKind::Input, 0, bytes), w = e.buffer(BufferKind::Weight, 0, bytes);
  e.launch("add", {e.buffer(BufferKind::Output, 0, bytes), x, w}, {}, three);
  e.finish();
  return sectionsOf(*manifest, weights);
}

dsc_status openBytes(const Bytes &file, std::string *message = nullptr,
                     const dsc_engine_options *options = nullptr) {
  Opened opened(file, options);
  if (message)
    *message = opened.error.message;
  return opened.status;
}

TEST(EngineFileTest, TheFileItselfIsSound) {
  Opened opened(assemble(smallSections()));
  ASSERT_EQ(opened.status, DSC_OK) << opened.error.message;
  TestSession s(opened.engine);
  std::vector<float> x{1, 1, 1};
  ASSERT_EQ(s.run("main", {tensor(x, {3})}), DSC_OK) << s.error.message;
  EXPECT_EQ(s.output<float>(), (std::vector<float>{2, 3, 4}));
}

// One file, changed in place: thousands of openings.
TEST(EngineFileTest, EveryFlippedByteIsRefused) {
  Bytes file = assemble(smallSections());
  TemporaryFile temporary(file);
  int fd = open(temporary.path.c_str(), O_WRONLY);
  ASSERT_GE(fd, 0);
  for (size_t i = 0; i < file.size(); ++i) {
    char changed = static_cast<char>(file[i] ^ (1 << i % 8));
    ASSERT_EQ(pwrite(fd, &changed, 1, static_cast<off_t>(i)), 1);
    dsc_engine *engine = nullptr;
    dsc_error error = {};
    dsc_status status = dsc_engine_open(temporary.path.c_str(), nullptr, &engine, &error);
    ASSERT_TRUE(status == DSC_CORRUPT || status == DSC_UNSUPPORTED) << "byte " << i;
    ASSERT_NE(error.message[0], 0) << "byte " << i;
    ASSERT_EQ(pwrite(fd, &file[i], 1, static_cast<off_t>(i)), 1);
  }
  close(fd);
  dsc_engine *engine = nullptr;
  EXPECT_EQ(dsc_engine_open(temporary.path.c_str(), nullptr, &engine, nullptr), DSC_OK);
  dsc_engine_close(engine);
}

TEST(EngineFileTest, EveryTruncationIsRefused) {
  Bytes file = assemble(smallSections());
  TemporaryFile temporary(file);
  for (size_t size = file.size(); size-- > 0;) {
    ASSERT_EQ(truncate(temporary.path.c_str(), static_cast<off_t>(size)), 0);
    dsc_engine *engine = nullptr;
    dsc_error error = {};
    ASSERT_EQ(dsc_engine_open(temporary.path.c_str(), nullptr, &engine, &error), DSC_CORRUPT)
        << size;
    ASSERT_NE(error.message[0], 0) << size;
  }
}

TEST(EngineFileTest, WeightsOfSeveralChunks) {
  auto sections = smallSections();
  auto manifest = newManifest();
  manifest->kernels.clear();
  Bytes weights(DSC_WEIGHT_CHUNK + 64, 1);
  EntryWriter e(*manifest, "main");
  e.finish();
  Bytes file = assemble(sectionsOf(*manifest, weights));
  EXPECT_EQ(openBytes(file), DSC_OK);
  dsc_section weightSection;
  std::memcpy(&weightSection, file.data() + sizeof(dsc_file_header) + 2 * sizeof(dsc_section),
              sizeof weightSection);
  ASSERT_EQ(weightSection.kind, DSC_SECTION_WEIGHTS);
  file[weightSection.offset + DSC_WEIGHT_CHUNK + 3] ^= 1;
  std::string message;
  EXPECT_EQ(openBytes(file, &message), DSC_CORRUPT);
  EXPECT_EQ(message,
            "weights: bytes 16777216 to 16777280 do not match their digest: the file was changed");
}

// Changes the header or the table, signs it again and expects a message.
void refused(void (*change)(dsc_file_header &, dsc_section *), dsc_status status,
             const char *part) {
  Bytes file = assemble(smallSections());
  dsc_file_header header;
  dsc_section table[8];
  std::memcpy(&header, file.data(), sizeof header);
  std::memcpy(table, file.data() + sizeof header, header.section_count * sizeof *table);
  uint32_t sections = header.section_count;
  change(header, table);
  std::memcpy(file.data(), &header, sizeof header);
  std::memcpy(file.data() + sizeof header, table, sections * sizeof *table);
  if (header.section_count <= sections)
    signHeader(file);
  std::string message;
  EXPECT_EQ(openBytes(file, &message), status) << message;
  EXPECT_NE(message.find(part), std::string::npos) << message << "\n  lacks: " << part;
}

TEST(EngineFileTest, HeaderFields) {
  using H = dsc_file_header &;
  using T = dsc_section *;
  refused([](H h, T) { h.major = 9; }, DSC_UNSUPPORTED,
          "engine format 9.1; this runtime reads 1.x");
  refused([](H h, T) { h.file_bytes -= 1; }, DSC_CORRUPT, "truncated or changed");
  refused([](H h, T) { h.header_bytes = 48; }, DSC_CORRUPT, "the header says it has 48 bytes");
  refused([](H h, T) { h.section_count = 5000; }, DSC_CORRUPT, "5000 sections are more than");
  refused([](H h, T) { h.section_count = 4000; }, DSC_CORRUPT, "the section table ends at byte");
  refused([](H h, T) { h.magic[0] = 'X'; }, DSC_CORRUPT, "not an engine");
}

TEST(EngineFileTest, NewerMinorVersionLoads) {
  Bytes file = assemble(smallSections());
  reinterpret_cast<dsc_file_header *>(file.data())->minor = 7;
  signHeader(file);
  EXPECT_EQ(openBytes(file), DSC_OK);
}

TEST(EngineFileTest, SectionTable) {
  using H = dsc_file_header &;
  using T = dsc_section *;
  refused([](H, T t) { t[0].offset += 1; }, DSC_CORRUPT, "its offset is not aligned");
  refused([](H, T t) { t[1].offset += 64; }, DSC_CORRUPT,
          "section 1 (code): its offset is not aligned");
  refused([](H, T t) { t[0].offset = 0; }, DSC_CORRUPT, "it overlaps what comes before");
  refused([](H, T t) { std::swap(t[2], t[3]); }, DSC_CORRUPT, "section 2 (weight digests)");
  refused([](H, T t) { t[1].bytes = UINT64_MAX; }, DSC_CORRUPT, "beyond the end of the file");
  refused([](H, T t) { t[1].offset = uint64_t(1) << 63; }, DSC_CORRUPT,
          "beyond the end of the file");
  refused([](H, T t) { t[0].bytes -= 64; }, DSC_CORRUPT, "do not match their digest");
  refused([](H, T t) { t[0].reserved = 1; }, DSC_CORRUPT, "reserved");
  refused([](H, T t) { t[0].tag[20] = 'x'; }, DSC_CORRUPT, "tag is not padded");
  refused([](H, T t) { std::memset(t[0].tag, 'x', 32); }, DSC_CORRUPT, "tag is not padded");
  refused([](H, T t) { t[2].digest = 1; }, DSC_CORRUPT, "its digest field is not 0");
  refused([](H, T t) { t[1].kind = DSC_SECTION_MANIFEST; }, DSC_CORRUPT, "there is more than one");
  refused([](H, T t) { t[0].kind = DSC_SECTION_SOURCE; }, DSC_CORRUPT,
          "there is no manifest section");
  refused([](H, T t) { t[3].kind = DSC_SECTION_SOURCE; }, DSC_CORRUPT,
          "0 bytes of weight digests for 1 chunks");
  refused([](H, T t) { t[1].kind = DSC_SECTION_SOURCE; }, DSC_CORRUPT,
          "has kernels but no code section");
  refused([](H h, T) { h.section_count = 3; }, DSC_CORRUPT, "bytes");
}

TEST(EngineFileTest, UnknownSectionsAreIgnored) {
  auto sections = smallSections();
  sections.push_back({77, "later", Bytes(10, 'x')});
  EXPECT_EQ(openBytes(assemble(sections)), DSC_OK);
}

TEST(EngineFileTest, PicksTheBestVariantThatRuns) {
  auto sections = smallSections();
  Section code = sections[1];
  for (const char *tag : {"x86-64", "arm64", "x86-64-v2+quantum"}) {
    code.tag = tag;
    sections.insert(sections.begin() + 1, code);
  }
  Opened best(assemble(sections));
  ASSERT_EQ(best.status, DSC_OK) << best.error.message;
  EXPECT_STREQ(dsc_engine_isa(best.engine), "x86-64-v2");

  dsc_engine_options options = {sizeof options, DSC_VERIFY_FULL, "x86-64"};
  Opened forced(assemble(sections), &options);
  ASSERT_EQ(forced.status, DSC_OK) << forced.error.message;
  EXPECT_STREQ(dsc_engine_isa(forced.engine), "x86-64");

  std::string message;
  options.isa = "arm64";
  EXPECT_EQ(openBytes(assemble(sections), &message, &options), DSC_UNSUPPORTED);
  EXPECT_NE(message.find("the engine has code for x86-64-v2+quantum, arm64, x86-64, x86-64-v2"),
            std::string::npos)
      << message;
  sections = smallSections();
  sections[1].tag = "riscv64";
  EXPECT_EQ(openBytes(assemble(sections), &message), DSC_UNSUPPORTED);
  EXPECT_NE(message.find("the engine has code for riscv64"), std::string::npos) << message;
}

TEST(EngineFileTest, CodeIsChecked) {
  auto sections = smallSections();
  sections[1].bytes = Bytes(100, 'x');
  std::string message;
  EXPECT_EQ(openBytes(assemble(sections), &message), DSC_CORRUPT);
  EXPECT_EQ(message.find("cannot load code: "), 0u) << message;
}

TEST(EngineFileTest, SeveralEnginesAtOnce) {
  // Two engines with different code under one name: each must call its own.
  Opened first(assemble(smallSections()));
  auto manifest = newManifest();
  EntryWriter e(*manifest, "main");
  e.finish();
  Opened second(assemble(sectionsOf(*manifest)));
  Opened third(assemble(smallSections()));
  EXPECT_EQ(first.status, DSC_OK);
  EXPECT_EQ(second.status, DSC_OK) << second.error.message;
  EXPECT_EQ(third.status, DSC_OK);
}

TEST(EngineFileTest, OtherThingsThanEngines) {
  dsc_engine *engine;
  dsc_error error = {};
  EXPECT_EQ(dsc_engine_open("/nonexistent/engine", nullptr, &engine, &error), DSC_IO);
  EXPECT_STREQ(error.message, "cannot open '/nonexistent/engine': No such file or directory");
  EXPECT_EQ(dsc_engine_open("/", nullptr, &engine, &error), DSC_IO);
  EXPECT_STREQ(error.message, "'/' is not a regular file");
  std::string fifo = testing::TempDir() + "dsc-fifo-" + std::to_string(getpid());
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(dsc_engine_open(fifo.c_str(), nullptr, &engine, &error), DSC_IO);
  unlink(fifo.c_str());
  EXPECT_EQ(dsc_engine_open(nullptr, nullptr, &engine, &error), DSC_INVALID_ARGUMENT);
  EXPECT_EQ(openBytes(Bytes()), DSC_CORRUPT);
  EXPECT_EQ(openBytes(Bytes(4096, 'x')), DSC_CORRUPT);
}

} // namespace
