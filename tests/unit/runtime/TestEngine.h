// SPDX-License-Identifier: Apache-2.0
// Engines made by hand: a manifest as objects, assembled into a file as docs/engine-format.md says.
#ifndef DSC_TESTS_UNIT_RUNTIME_TESTENGINE_H
#define DSC_TESTS_UNIT_RUNTIME_TESTENGINE_H

#include "dsc/runtime.h"
#include "object/engine_generated.h"
#include "runtime/format/layout.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace dsc::test {

using namespace dsc::format;
using Bytes = std::vector<char>;

// Appends to an entry in the order in which a plan is written. Calls that make expressions return
// numbers.
class EntryWriter {
public:
  EntryWriter(ManifestT &manifest, const std::string &name);

  uint32_t constant(int64_t value);
  uint32_t symbol(SymbolSource source, uint32_t a, uint32_t b = 0);
  uint32_t op(ExprOp op, uint32_t a, uint32_t b = 0, uint32_t c = 0);

  uint32_t input(const std::string &name, DType dtype, std::vector<uint32_t> dims);
  uint32_t output(const std::string &name, DType dtype, std::vector<uint32_t> dims);
  uint32_t slot(uint32_t bytes);
  uint32_t buffer(BufferKind kind, uint32_t index, uint32_t bytes);
  void use(uint32_t state, bool starts, std::vector<uint32_t> past, std::vector<uint32_t> present);
  void check(uint32_t lhs, uint32_t rhs, const std::string &message);
  void launch(const std::string &kernel, std::vector<uint32_t> buffers, std::vector<uint32_t> sizes,
              uint32_t grid, const std::string &source = "");
  // symbol = element of the buffer; the next epoch begins. Returns the expression that reads it.
  uint32_t define(uint32_t buffer, uint32_t element = 0, int64_t minimum = 0,
                  const std::string &source = "");
  void finish(); // closes the last epoch

  EntryT &entry;

private:
  uint32_t epoch() const { return static_cast<uint32_t>(entry.epoch_exprs.size()); }
  ManifestT &manifest;
};

// A manifest that knows the kernels of kernels.c.
std::unique_ptr<ManifestT> newManifest();
uint32_t addState(ManifestT &manifest, const std::string &name, StateKind kind, DType dtype,
                  uint32_t rank, uint32_t axis = 0);
uint32_t addWeight(ManifestT &manifest, Bytes &weights, const std::vector<float> &values);

struct Section {
  uint32_t kind;
  std::string tag;
  Bytes bytes;
};

Bytes packManifest(const ManifestT &manifest);
Bytes kernelCode();
// The kernels of kernels.cu for each kernel of the manifest, as PTX: a table and one image.
Bytes cudaCode(const ManifestT &manifest);
Bytes imageTable(size_t kernels, const Bytes &image);
// $DSC_TEST_DEVICE: where these tests run; "cpu" without it.
const char *testDevice();
dsc_runtime_options runtimeOptions(int threads, const char *device = testDevice());
// The manifest with what a CUDA engine's needs beside: a block an item of work.
std::unique_ptr<ManifestT> cudaManifest(const ManifestT &manifest);
// Manifest, code (tag "x86-64-v2", or "compute_80" where the tests run on a GPU), weights and their digests.
std::vector<Section> sectionsOf(const ManifestT &manifest, const Bytes &weights = {});
Bytes assemble(const std::vector<Section> &sections);
uint64_t digest(const void *bytes, size_t size);
// Writes the header's digest anew after a change of the header or the section table.
void signHeader(Bytes &file);

// A file that is gone when the test ends.
class TemporaryFile {
public:
  explicit TemporaryFile(const Bytes &bytes);
  ~TemporaryFile();
  const std::string path;
};

// Engine, runtime and session with RAII; `error` holds the last message.
class Opened {
public:
  explicit Opened(const Bytes &file, const dsc_engine_options *options = nullptr);
  ~Opened();
  dsc_status status;
  dsc_engine *engine = nullptr;
  dsc_error error = {};
};

class TestSession {
public:
  TestSession(dsc_engine *engine, int threads = 2, int64_t capacity = 0, bool fixed = false);
  ~TestSession();

  // Runs with `inputs`; outputs are the session's.
  dsc_status run(const char *entry, std::vector<dsc_tensor> inputs);
  // Output i of the last run.
  template <class T> std::vector<T> output(size_t i = 0) const {
    int64_t n = 1;
    for (int32_t k = 0; k < outputs[i].rank; ++k)
      n *= outputs[i].dims[k];
    const T *data = static_cast<const T *>(outputs[i].data);
    return std::vector<T>(data, data + n);
  }

  dsc_engine *engine;
  dsc_runtime *runtime = nullptr;
  dsc_session *session = nullptr;
  std::vector<dsc_tensor> outputs;
  dsc_error error = {};
};

dsc_tensor tensor(std::vector<float> &values, std::vector<int64_t> dims);
dsc_tensor tensor(std::vector<int64_t> &values, std::vector<int64_t> dims);

} // namespace dsc::test

#endif
