// SPDX-License-Identifier: Apache-2.0
// Which code a device gets, and hostile tables of images.
#include "runtime/cuda/ImageTable.h"
#include "tests/unit/cuda/CudaEngines.h"
#include "tests/unit/cuda/Nvrtc.h"

#include <cstring>
#include <elf.h>
#include <filesystem>

using namespace dsc::test;

namespace {

dsc::CudaTarget target(uint32_t kind, const char *tag) {
  dsc_section section = {};
  section.kind = kind;
  std::strcpy(section.tag, tag);
  return dsc::cudaTargetOf(section);
}

int rank(const char *tag, int capability) {
  return dsc::cudaRank(target(DSC_SECTION_CODE, tag), capability);
}

TEST(CudaTarget, Tags) {
  for (const char *wrong : {"", "sm_", "sm_x", "compute_", "compute_9b", "sm_90aa", "sm_5",
                            "x86-64-v3", "sm_-80", "cuda", "sm_123456"})
    EXPECT_EQ(target(DSC_SECTION_CODE, wrong).code, dsc::CudaCode::None) << wrong;
  EXPECT_EQ(target(DSC_SECTION_CODE, "sm_90a").code, dsc::CudaCode::Cubin);
  EXPECT_TRUE(target(DSC_SECTION_CODE, "sm_90a").thisOneOnly);
  EXPECT_EQ(target(DSC_SECTION_CODE, "compute_120").capability, 120);
  EXPECT_EQ(target(DSC_SECTION_SOURCE, "cuda").code, dsc::CudaCode::Source);
  EXPECT_EQ(target(DSC_SECTION_SOURCE, "llvm").code, dsc::CudaCode::None);
}

TEST(CudaTarget, WhatRunsWhere) {
  // Cubins: the same major version and no smaller minor one; "a": this device only.
  EXPECT_GT(rank("sm_80", 86), 0);
  EXPECT_EQ(rank("sm_86", 80), 0);
  EXPECT_EQ(rank("sm_80", 90), 0);
  EXPECT_GT(rank("sm_90a", 90), 0);
  EXPECT_EQ(rank("sm_90a", 100), 0);
  EXPECT_EQ(rank("compute_90a", 100), 0);
  EXPECT_GT(rank("compute_80", 120), 0);
  EXPECT_EQ(rank("compute_90", 89), 0);
  // Better and worse.
  EXPECT_GT(rank("sm_86", 89), rank("sm_80", 89));
  EXPECT_GT(rank("sm_90a", 90), rank("sm_90", 90));
  EXPECT_GT(rank("sm_80", 86), rank("compute_86", 86));
  EXPECT_GT(rank("compute_90", 90), rank("compute_80", 90));
  EXPECT_GT(rank("compute_80", 90), dsc::cudaRank(target(DSC_SECTION_SOURCE, "cuda"), 90));
}

// An ELF file without sections: the least that counts as a cubin.
Bytes emptyCubin() {
  Elf64_Ehdr header = {};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  Bytes bytes(sizeof header);
  std::memcpy(bytes.data(), &header, sizeof header);
  return bytes;
}

class ImageTableTest : public testing::Test {
protected:
  ImageTableTest() : sections(sumSections()) {
    Bytes weights;
    kernels = sumManifest(weights)->kernels.size();
  }
  dsc_image &image(size_t i) { return reinterpret_cast<dsc_image *>(sections[1].bytes.data())[i]; }
  void refused(const char *part) {
    Opened opened(assemble(sections));
    EXPECT_EQ(opened.status, DSC_CORRUPT) << part;
    EXPECT_CONTAINS(opened.error.message, part);
  }
  std::vector<Section> sections;
  size_t kernels = 0;
};

TEST_F(ImageTableTest, ChoosesWhatTheDeviceTakes) {
  // The simulator takes no cubin, so that the PTX behind it is used; PTX of compute_90 comes first.
  Section ptx = sections[1];
  sections[1] = {DSC_SECTION_CODE, "sm_90a", imageTable(kernels, emptyCubin())};
  sections.insert(sections.begin() + 2, ptx);
  Attempt attempt(assemble(sections));
  ASSERT_EQ(attempt.status, DSC_OK) << attempt.message();
  EXPECT_EQ(attempt.run({1, 2, 3}), DSC_OK) << attempt.message();
  EXPECT_EQ(attempt.sum, (std::vector<float>{11, 22, 33}));
  sections.erase(sections.begin() + 2);
  Attempt none(assemble(sections));
  EXPECT_EQ(none.status, DSC_UNSUPPORTED);
  EXPECT_CONTAINS(none.message(),
                  "the engine has code for sm_90a: compile the model with --target cuda:sm_90; "
                  "cannot load kernel");
}

TEST_F(ImageTableTest, OneVariantByName) {
  for (const char *isa : {"compute_80", "compute_90", "sm_80"}) {
    dsc_engine_options options = {sizeof options, DSC_VERIFY_DEFAULT, isa};
    Opened opened(assemble(sections), &options);
    Attempt attempt(opened, runtimeOptions(1, "ptxsim"));
    if (std::string(isa) == "compute_80") {
      EXPECT_EQ(attempt.status, DSC_OK) << attempt.message();
      continue;
    }
    EXPECT_EQ(attempt.status, DSC_UNSUPPORTED);
    EXPECT_CONTAINS(attempt.message(), std::string("code for compute_80 (asked for: ") + isa + ")");
  }
}

TEST_F(ImageTableTest, SourcesAreCompiledAndKept) {
  DSC_REQUIRE_NVRTC();
  char folder[] = "/tmp/dsc-cache-XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  const char *before = getenv("DSC_CACHE_DIR");
  std::string saved = before ? before : "";
  setenv("DSC_CACHE_DIR", folder, 1);
  std::string text = "extern \"C\" __global__ void add(float *out, const float *x, const float *y, "
                     "unsigned *fault) {\n"
                     "  out[blockIdx.x] = x[blockIdx.x] + y[blockIdx.x];\n}\n";
  Bytes weights;
  auto manifest = sumManifest(weights);
  manifest->kernels.resize(1); // `add`
  sections = sectionsOf(*manifest, weights);
  for (std::string source : {text, text, std::string("#error no\n")}) {
    Bytes bytes(source.begin(), source.end());
    bytes.push_back(0);
    sections[1] = {DSC_SECTION_SOURCE, "cuda", imageTable(1, bytes)};
    Attempt attempt(assemble(sections));
    if (source[0] == '#') {
      EXPECT_EQ(attempt.status, DSC_UNSUPPORTED);
      EXPECT_CONTAINS(attempt.message(), "add(1): catastrophic error: #error directive: no");
      break;
    }
    ASSERT_EQ(attempt.status, DSC_OK) << attempt.message();
    EXPECT_EQ(attempt.run({1, 2}), DSC_OK) << attempt.message();
    EXPECT_EQ(attempt.sum, (std::vector<float>{11, 22}));
  }
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder),
                          std::filesystem::directory_iterator()),
            1);
  std::filesystem::remove_all(folder);
  before ? setenv("DSC_CACHE_DIR", saved.c_str(), 1) : unsetenv("DSC_CACHE_DIR");
}

TEST_F(ImageTableTest, HostileTables) {
  const Section good = sections[1];
  auto restore = [&] { sections[1] = good; };
  image(1).offset += 8;
  refused("code for compute_80, image 1: its offset is not a multiple of 16");
  restore();
  const char *outside = "image 1: it lies outside the section, or in its table";
  image(1).offset = 0;
  refused(outside);
  restore();
  image(1).offset = good.bytes.size() / 16 * 16 + 16;
  refused(outside);
  restore();
  image(1).offset = ~uint64_t(15);
  refused(outside);
  restore();
  image(1).bytes = 0;
  refused(outside);
  restore();
  image(1).bytes += 1;
  refused(outside);
  restore();
  image(1).bytes = ~uint64_t(0);
  refused(outside);
  restore();
  image(1).bytes -= 1;
  refused("image 1: the text does not end with a zero byte");
  restore();
  sections[1].bytes.resize(kernels * sizeof(dsc_image) - 1);
  refused("have no room for the images of");
  restore();
  sections[1].tag = "x86-64-v3";
  refused("a CUDA engine with code for 'x86-64-v3', which is no architecture");
  restore();
  sections.erase(sections.begin() + 1);
  refused("the engine has kernels but neither code nor sources for them");
}

TEST_F(ImageTableTest, HostileCubins) {
  const char *what = "code for sm_90a, image 0: it is no cubin, or a truncated one";
  auto refusedWith = [&](auto change) {
    Bytes cubin = emptyCubin();
    cubin.resize(sizeof(Elf64_Ehdr) + sizeof(Elf64_Shdr));
    Elf64_Ehdr header;
    Elf64_Shdr section = {};
    std::memcpy(&header, cubin.data(), sizeof header);
    header.e_shoff = sizeof header;
    header.e_shnum = 1;
    header.e_shentsize = sizeof section;
    section.sh_type = SHT_PROGBITS;
    change(header, section);
    std::memcpy(cubin.data(), &header, sizeof header);
    std::memcpy(cubin.data() + sizeof header, &section, sizeof section);
    sections[1] = {DSC_SECTION_CODE, "sm_90a", imageTable(kernels, cubin)};
  };
  refusedWith([](auto &, auto &) {});
  EXPECT_EQ(Opened(assemble(sections)).status, DSC_OK);
  refusedWith([](Elf64_Ehdr &header, auto &) { header.e_ident[0] = 0; });
  refused(what);
  refusedWith([](Elf64_Ehdr &header, auto &) { header.e_ident[EI_CLASS] = ELFCLASS32; });
  refused(what);
  refusedWith([](Elf64_Ehdr &header, auto &) { header.e_shnum = 2; });
  refused(what);
  refusedWith([](Elf64_Ehdr &header, auto &) { header.e_shentsize = 8; });
  refused(what);
  refusedWith([](Elf64_Ehdr &header, auto &) { header.e_shoff = ~uint64_t(0); });
  refused(what);
  refusedWith([](Elf64_Ehdr &header, auto &) {
    header.e_phoff = 1 << 20;
    header.e_phnum = 1;
    header.e_phentsize = sizeof(Elf64_Phdr);
  });
  refused(what);
  refusedWith([](auto &, Elf64_Shdr &section) { section.sh_size = 1 << 20; });
  refused(what);
  refusedWith([](auto &, Elf64_Shdr &section) { section.sh_offset = ~uint64_t(0) - 8; });
  refused(what);
  sections[1].bytes.resize(kernels * sizeof(dsc_image) + 48);
  refused("code for sm_90a, image 0"); // less than a header
}

TEST_F(ImageTableTest, HostileKernels) {
  Bytes weights;
  auto manifest = sumManifest(weights);
  auto refusedWith = [&](const char *part) {
    sections[0].bytes = packManifest(*manifest);
    refused(part);
  };
  for (uint32_t threads : {0u, 31u, 1056u, 0xFFFFFFE0u}) {
    manifest->kernels[0]->threads = threads;
    refusedWith("kernel 'add': blocks of ");
  }
  manifest->kernels[0]->threads = 32;
  manifest->kernels[0]->shared_bytes = (256 << 10) + 1;
  refusedWith("kernel 'add': 262145 bytes of shared memory");
  manifest->kernels[0]->shared_bytes = 0;
  manifest->kernels[5]->sizes = 0xFFFFFFFF;
  refusedWith("kernel 'compact': 2 buffers and 4294967295 sizes are too many parameters");
}

TEST_F(ImageTableTest, UnknownDevicesAndFeatures) {
  Bytes weights;
  auto manifest = sumManifest(weights);
  manifest->requires_.push_back("warp-drive");
  sections[0].bytes = packManifest(*manifest);
  Opened feature(assemble(sections));
  EXPECT_EQ(feature.status, DSC_UNSUPPORTED);
  EXPECT_STREQ(feature.error.message, "the engine requires 'warp-drive', which this runtime lacks");
  manifest->requires_.pop_back();
  manifest->device = Device(9);
  sections[0].bytes = packManifest(*manifest);
  Opened device(assemble(sections));
  EXPECT_EQ(device.status, DSC_UNSUPPORTED);
  EXPECT_STREQ(device.error.message, "the engine is for device number 9, which this runtime lacks");
}

} // namespace
