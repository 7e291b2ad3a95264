// SPDX-License-Identifier: Apache-2.0
// The folder of compiled kernels: hits, damage, many processes, folders that cannot be written.
#include "runtime/cuda/KernelCache.h"
#include "tests/unit/cuda/Nvrtc.h"

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

using namespace dsc;
namespace fs = std::filesystem;

namespace {

class KernelCacheTest : public testing::Test {
protected:
  void SetUp() override {
    char name[] = "/tmp/dsc-cache-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    folder = name;
  }
  void TearDown() override { fs::remove_all(folder); }

  fs::path onlyFile() const {
    fs::path found;
    for (const auto &entry : fs::directory_iterator(folder)) {
      EXPECT_TRUE(found.empty()) << found << " and " << entry.path();
      found = entry.path();
    }
    return found;
  }

  std::string folder;
  std::string source = "extern \"C\" __global__ void one(int *p) { *p = 1; }";
  NvrtcRequest request{source.c_str(), "one.cu", "compute_80"};
};

// Compiles and gives the image; "" with a failure of the test otherwise.
std::string image(KernelCache &cache, const Nvrtc &nvrtc, const NvrtcRequest &request) {
  Bytes bytes;
  dsc_error error = {};
  EXPECT_EQ(cache.compile(nvrtc, request, bytes, &error), DSC_OK) << error.message;
  return std::string(bytes.data(), bytes.size());
}

TEST_F(KernelCacheTest, CompilesEqualSourcesOnce) {
  DSC_REQUIRE_NVRTC();
  KernelCache first((folder + "/a/b").c_str(), nullptr), second((folder + "/a/b").c_str(), nullptr);
  std::string compiled = image(first, *nvrtc, request);
  EXPECT_EQ(first.misses(), 1u);
  EXPECT_EQ(image(second, *nvrtc, request), compiled);
  request.name = "two.cu"; // no part of the code without line information
  EXPECT_EQ(image(second, *nvrtc, request), compiled);
  EXPECT_EQ(second.hits(), 2u);
  EXPECT_EQ(second.misses(), 0u);
}

TEST_F(KernelCacheTest, KeepsDifferentRequestsApart) {
  DSC_REQUIRE_NVRTC();
  KernelCache cache(folder.c_str(), nullptr);
  image(cache, *nvrtc, request);
  NvrtcRequest architecture = request, lines = request, named = request, text = request;
  architecture.architecture = "compute_90";
  lines.lineInfo = named.lineInfo = true;
  named.name = "two.cu";
  text.source = "extern \"C\" __global__ void one(int *p) { *p = 2; }";
  for (const NvrtcRequest &other : {architecture, lines, named, text})
    image(cache, *nvrtc, other);
  EXPECT_EQ(cache.hits(), 0u);
  EXPECT_EQ(cache.misses(), 5u);
}

TEST_F(KernelCacheTest, TakesADamagedFileForAMissingOne) {
  DSC_REQUIRE_NVRTC();
  KernelCache cache(folder.c_str(), nullptr);
  std::string compiled = image(cache, *nvrtc, request);
  fs::path file = onlyFile();
  std::ifstream in(file, std::ios::binary);
  std::string good(std::istreambuf_iterator<char>(in), {});
  auto damaged = [&](std::string bytes) {
    std::ofstream(file, std::ios::binary).write(bytes.data(), std::streamsize(bytes.size()));
    uint32_t before = cache.misses();
    EXPECT_EQ(image(cache, *nvrtc, request), compiled);
    EXPECT_EQ(cache.misses(), before + 1);
    EXPECT_EQ(image(cache, *nvrtc, request), compiled); // mended
    EXPECT_EQ(cache.misses(), before + 1);
  };
  std::string changed = good, magic = good, huge = good;
  changed.back() ^= 1;
  magic[0] = 'X';
  std::memset(huge.data() + 24, 0xFF, 8); // bytes of the image
  damaged(changed);
  damaged(magic);
  damaged(huge);
  damaged(good.substr(0, good.size() - 1));
  damaged(good + "x");
  damaged("");
}

TEST_F(KernelCacheTest, ServesManyProcessesAtOnce) {
  DSC_REQUIRE_NVRTC();
  constexpr int processes = 8, kernels = 6;
  std::vector<pid_t> children;
  for (int p = 0; p < processes; ++p) {
    pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      KernelCache cache(folder.c_str(), nullptr);
      bool good = true;
      for (int k = 0; k < kernels; ++k) {
        std::string text = source + "// " + std::to_string((k + p) % kernels);
        Bytes first, again;
        NvrtcRequest own{text.c_str(), "one.cu", "compute_80"};
        good &= cache.compile(*nvrtc, own, first, nullptr) == DSC_OK &&
                cache.compile(*nvrtc, own, again, nullptr) == DSC_OK &&
                first.size() == again.size() &&
                !std::memcmp(first.data(), again.data(), first.size());
      }
      // What one has just stored, all find: each kernel's second request was a hit.
      _exit(good && cache.hits() >= kernels ? 0 : 1);
    }
    children.push_back(child);
  }
  for (pid_t child : children) {
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  int files = 0;
  for (const auto &entry : fs::directory_iterator(folder)) {
    EXPECT_EQ(entry.path().extension(), ".kernel"); // nothing temporary is left
    ++files;
  }
  EXPECT_EQ(files, kernels);
}

TEST_F(KernelCacheTest, ReadsASecondFolderAndNeverWritesIt) {
  DSC_REQUIRE_NVRTC();
  std::string shared = folder + "/shared", own = folder + "/own";
  KernelCache writer(shared.c_str(), nullptr), reader(own.c_str(), shared.c_str()),
      alone(nullptr, shared.c_str());
  std::string compiled = image(writer, *nvrtc, request);
  EXPECT_EQ(image(reader, *nvrtc, request), compiled);
  EXPECT_EQ(image(alone, *nvrtc, request), compiled);
  EXPECT_EQ(reader.hits() + alone.hits(), 2u);
  NvrtcRequest other = request;
  other.architecture = "compute_90";
  image(reader, *nvrtc, other);
  image(alone, *nvrtc, other);
  EXPECT_EQ(reader.misses() + alone.misses(), 2u);
  auto files = [](const std::string &path) {
    return std::distance(fs::directory_iterator(path), fs::directory_iterator());
  };
  EXPECT_EQ(files(shared), 1);
  EXPECT_EQ(files(own), 1);
}

TEST_F(KernelCacheTest, WorksWithoutAFolderThatCanBeWritten) {
  DSC_REQUIRE_NVRTC();
  std::string file = folder + "/file"; // a file where the folder should be: fails for root too
  std::ofstream(file) << "x";
  KernelCache cache((file + "/cache").c_str(), nullptr);
  std::string compiled = image(cache, *nvrtc, request);
  EXPECT_EQ(image(cache, *nvrtc, request), compiled);
  EXPECT_EQ(cache.misses(), 2u);
}

TEST_F(KernelCacheTest, FindsItsFolderInTheEnvironment) {
  DSC_REQUIRE_NVRTC();
  const char *names[] = {"DSC_CACHE_DIR", "XDG_CACHE_HOME", "HOME", "DSC_CACHE_READONLY"};
  std::vector<std::pair<const char *, std::string>> saved;
  for (const char *name : names)
    if (const char *value = getenv(name))
      saved.emplace_back(name, value);
  unsetenv("DSC_CACHE_DIR");
  unsetenv("XDG_CACHE_HOME");
  unsetenv("DSC_CACHE_READONLY");
  setenv("HOME", (folder + "/home").c_str(), 1);
  image(*std::make_unique<KernelCache>(), *nvrtc, request);
  EXPECT_TRUE(fs::exists(folder + "/home/.cache/dsc"));
  setenv("XDG_CACHE_HOME", (folder + "/xdg").c_str(), 1);
  image(*std::make_unique<KernelCache>(), *nvrtc, request);
  EXPECT_TRUE(fs::exists(folder + "/xdg/dsc"));
  setenv("DSC_CACHE_DIR", (folder + "/named").c_str(), 1);
  image(*std::make_unique<KernelCache>(), *nvrtc, request);
  EXPECT_TRUE(fs::exists(folder + "/named"));
  setenv("DSC_CACHE_DIR", "", 1);
  auto off = std::make_unique<KernelCache>();
  image(*off, *nvrtc, request);
  image(*off, *nvrtc, request);
  EXPECT_EQ(off->misses(), 2u);
  for (const char *name : names)
    unsetenv(name);
  for (const auto &[name, value] : saved)
    setenv(name, value.c_str(), 1);
}

} // namespace
