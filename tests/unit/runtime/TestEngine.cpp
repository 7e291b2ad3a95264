// SPDX-License-Identifier: Apache-2.0
#include "TestEngine.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string_view>
#include <unistd.h>

#include <xxhash.h>

namespace dsc::test {

EntryWriter::EntryWriter(ManifestT &manifest, const std::string &name)
    : entry(*manifest.entries.emplace_back(std::make_unique<EntryT>())), manifest(manifest) {
  entry.name = name;
}

uint32_t EntryWriter::op(ExprOp op, uint32_t a, uint32_t b, uint32_t c) {
  entry.exprs.emplace_back(0, a, b, c, op);
  return static_cast<uint32_t>(entry.exprs.size() - 1);
}

uint32_t EntryWriter::constant(int64_t value) {
  entry.exprs.emplace_back(value, 0, 0, 0, ExprOp::Constant);
  return static_cast<uint32_t>(entry.exprs.size() - 1);
}

uint32_t EntryWriter::symbol(SymbolSource source, uint32_t a, uint32_t b) {
  entry.symbols.emplace_back(a, b, source);
  return op(ExprOp::Symbol, static_cast<uint32_t>(entry.symbols.size() - 1));
}

static std::unique_ptr<ValueT> value(const std::string &name, DType dtype,
                                     std::vector<uint32_t> dims) {
  auto result = std::make_unique<ValueT>();
  result->name = name;
  result->dtype = dtype;
  result->dims = std::move(dims);
  return result;
}

uint32_t EntryWriter::input(const std::string &name, DType dtype, std::vector<uint32_t> dims) {
  entry.inputs.push_back(value(name, dtype, std::move(dims)));
  return static_cast<uint32_t>(entry.inputs.size() - 1);
}

uint32_t EntryWriter::output(const std::string &name, DType dtype, std::vector<uint32_t> dims) {
  entry.outputs.push_back(value(name, dtype, std::move(dims)));
  return static_cast<uint32_t>(entry.outputs.size() - 1);
}

uint32_t EntryWriter::slot(uint32_t bytes) {
  auto slot = std::make_unique<SlotT>();
  slot->bytes = bytes;
  slot->epoch = epoch();
  entry.slots.push_back(std::move(slot));
  return static_cast<uint32_t>(entry.slots.size() - 1);
}

uint32_t EntryWriter::buffer(BufferKind kind, uint32_t index, uint32_t bytes) {
  auto buffer = std::make_unique<BufferT>();
  buffer->kind = kind;
  buffer->index = index;
  buffer->bytes = bytes;
  buffer->epoch = epoch();
  entry.buffers.push_back(std::move(buffer));
  return static_cast<uint32_t>(entry.buffers.size() - 1);
}

void EntryWriter::use(uint32_t state, bool starts, std::vector<uint32_t> past,
                      std::vector<uint32_t> present) {
  auto use = std::make_unique<StateUseT>();
  use->state = state;
  use->starts = starts;
  use->past = std::move(past);
  use->present = std::move(present);
  entry.states.push_back(std::move(use));
}

void EntryWriter::check(uint32_t lhs, uint32_t rhs, const std::string &message) {
  auto check = std::make_unique<CheckT>();
  check->lhs = lhs;
  check->rhs = rhs;
  check->message = message;
  check->epoch = epoch();
  entry.checks.push_back(std::move(check));
}

void EntryWriter::launch(const std::string &kernel, std::vector<uint32_t> buffers,
                         std::vector<uint32_t> sizes, uint32_t grid, const std::string &source) {
  auto step = std::make_unique<StepT>();
  step->kind = StepKind::Launch;
  for (size_t i = 0; i < manifest.kernels.size(); ++i)
    if (manifest.kernels[i]->name == kernel)
      step->kernel = static_cast<uint32_t>(i);
  step->buffers = std::move(buffers);
  step->sizes = std::move(sizes);
  step->grid = grid;
  step->source = source;
  entry.steps.push_back(std::move(step));
}

uint32_t EntryWriter::define(uint32_t buffer, uint32_t element, int64_t minimum,
                             const std::string &source) {
  entry.epoch_exprs.push_back(static_cast<uint32_t>(entry.exprs.size()));
  auto step = std::make_unique<StepT>();
  step->kind = StepKind::DefineSymbol;
  step->buffers = {buffer};
  step->element = element;
  step->minimum = minimum;
  step->source = source;
  step->symbol = static_cast<uint32_t>(entry.symbols.size());
  entry.steps.push_back(std::move(step));
  return symbol(SymbolSource::Step, static_cast<uint32_t>(entry.steps.size() - 1));
}

void EntryWriter::finish() {
  entry.epoch_exprs.push_back(static_cast<uint32_t>(entry.exprs.size()));
}

std::unique_ptr<ManifestT> newManifest() {
  struct {
    const char *name;
    uint32_t operands, sizes;
    std::vector<uint32_t> outputs;
  } kernels[] = {
      {"add", 3, 0, {0}},       {"series", 2, 1, {0}},         {"append", 2, 4, {0}},
      {"sum_rows", 2, 3, {0}},  {"count_positive", 2, 1, {0}}, {"compact", 2, 1, {0}},
      {"gather", 3, 1, {0}},    {"advance", 2, 1, {0, 1}},     {"accumulate", 3, 0, {0, 1}},
      {"sizes2", 1, 2, {0}},    {"wait_for", 2, 0, {0}},       {"toy_append", 2, 2, {0}},
      {"toy_logits", 3, 3, {0}}};
  auto manifest = std::make_unique<ManifestT>();
  manifest->producer = "unit test";
  for (auto &k : kernels) {
    auto kernel = std::make_unique<KernelT>();
    kernel->name = k.name;
    kernel->operands = k.operands;
    kernel->sizes = k.sizes;
    kernel->outputs = k.outputs;
    manifest->kernels.push_back(std::move(kernel));
  }
  return manifest;
}

uint32_t addState(ManifestT &manifest, const std::string &name, StateKind kind, DType dtype,
                  uint32_t rank, uint32_t axis) {
  auto state = std::make_unique<StateT>();
  state->name = name;
  state->kind = kind;
  state->dtype = dtype;
  state->rank = rank;
  state->axis = axis;
  manifest.states.push_back(std::move(state));
  return static_cast<uint32_t>(manifest.states.size() - 1);
}

uint32_t addWeight(ManifestT &manifest, Bytes &weights, const std::vector<float> &values) {
  weights.resize((weights.size() + 63) / 64 * 64);
  auto weight = std::make_unique<WeightT>();
  weight->name = "weight";
  weight->dtype = DType::F32;
  weight->dims = {static_cast<int64_t>(values.size())};
  weight->offset = weights.size();
  weight->bytes = values.size() * sizeof(float);
  const char *bytes = reinterpret_cast<const char *>(values.data());
  weights.insert(weights.end(), bytes, bytes + weight->bytes);
  manifest.weights.push_back(std::move(weight));
  return static_cast<uint32_t>(manifest.weights.size() - 1);
}

Bytes packManifest(const ManifestT &manifest) {
  flatbuffers::FlatBufferBuilder builder;
  FinishManifestBuffer(builder, Manifest::Pack(builder, &manifest));
  const char *data = reinterpret_cast<const char *>(builder.GetBufferPointer());
  return Bytes(data, data + builder.GetSize());
}

Bytes kernelCode() {
  std::ifstream in(DSC_TEST_KERNELS, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(in), {});
}

Bytes imageTable(size_t kernels, const Bytes &image) {
  uint64_t start = (kernels * sizeof(dsc_image) + 15) / 16 * 16;
  std::vector<dsc_image> table(kernels, dsc_image{start, image.size()});
  Bytes bytes(start);
  if (kernels)
    std::memcpy(bytes.data(), table.data(), kernels * sizeof(dsc_image));
  bytes.insert(bytes.end(), image.begin(), image.end());
  return bytes;
}

Bytes cudaCode(const ManifestT &manifest) {
  std::ifstream in(DSC_TEST_PTX, std::ios::binary);
  Bytes text(std::istreambuf_iterator<char>(in), {});
  text.push_back(0);
  return imageTable(manifest.kernels.size(), text);
}

const char *testDevice() {
  const char *named = std::getenv("DSC_TEST_DEVICE");
  return named ? named : "cpu";
}

dsc_runtime_options runtimeOptions(int threads, const char *device) {
  return {sizeof(dsc_runtime_options), threads, device,
          std::string_view(device) == "ptxsim" ? DSC_TEST_SIMULATOR : nullptr};
}

std::unique_ptr<ManifestT> cudaManifest(const ManifestT &manifest) {
  Bytes packed = packManifest(manifest);
  std::unique_ptr<ManifestT> copy(GetManifest(packed.data())->UnPack());
  copy->device = Device::Cuda;
  copy->requires_.push_back("cuda");
  for (auto &kernel : copy->kernels)
    if (kernel->threads == 0)
      kernel->threads = 32;
  return copy;
}

uint64_t digest(const void *bytes, size_t size) { return XXH3_64bits(bytes, size); }

std::vector<Section> sectionsOf(const ManifestT &manifest, const Bytes &weights) {
  std::vector<Section> sections;
  if (manifest.device == Device::Cuda)
    sections = {{DSC_SECTION_MANIFEST, "", packManifest(manifest)},
                {DSC_SECTION_CODE, "compute_80", cudaCode(manifest)}};
  else if (std::string_view(testDevice()) != "cpu")
    return sectionsOf(*cudaManifest(manifest), weights);
  else
    sections = {{DSC_SECTION_MANIFEST, "", packManifest(manifest)},
                {DSC_SECTION_CODE, "x86-64-v2", kernelCode()}};
  if (weights.empty())
    return sections;
  Bytes digests;
  for (size_t at = 0; at < weights.size(); at += DSC_WEIGHT_CHUNK) {
    uint64_t d =
        digest(weights.data() + at, std::min<size_t>(DSC_WEIGHT_CHUNK, weights.size() - at));
    digests.insert(digests.end(), reinterpret_cast<char *>(&d), reinterpret_cast<char *>(&d + 1));
  }
  sections.push_back({DSC_SECTION_WEIGHTS, "", weights});
  sections.push_back({DSC_SECTION_WEIGHT_DIGESTS, "", digests});
  return sections;
}

Bytes assemble(const std::vector<Section> &sections) {
  Bytes file(sizeof(dsc_file_header) + sections.size() * sizeof(dsc_section));
  std::vector<dsc_section> table;
  for (const Section &s : sections) {
    bool paged = s.kind == DSC_SECTION_CODE || s.kind == DSC_SECTION_WEIGHTS;
    size_t align = paged ? 4096 : 64;
    file.resize((file.size() + align - 1) / align * align);
    dsc_section record = {};
    record.kind = s.kind;
    std::memcpy(record.tag, s.tag.data(), s.tag.size());
    record.offset = file.size();
    record.bytes = s.bytes.size();
    record.digest = s.kind == DSC_SECTION_WEIGHTS ? 0 : digest(s.bytes.data(), s.bytes.size());
    table.push_back(record);
    file.insert(file.end(), s.bytes.begin(), s.bytes.end());
  }
  dsc_file_header header = {};
  std::memcpy(header.magic, DSC_MAGIC, sizeof header.magic);
  header.major = DSC_FORMAT_MAJOR;
  header.minor = DSC_FORMAT_MINOR;
  header.file_bytes = file.size();
  header.header_bytes = sizeof header;
  header.section_count = static_cast<uint32_t>(sections.size());
  std::memcpy(file.data(), &header, sizeof header);
  std::memcpy(file.data() + sizeof header, table.data(), table.size() * sizeof(dsc_section));
  signHeader(file);
  return file;
}

void signHeader(Bytes &file) {
  dsc_file_header header;
  std::memcpy(&header, file.data(), sizeof header);
  header.header_digest = 0;
  std::memcpy(file.data(), &header, sizeof header);
  header.header_digest =
      digest(file.data(), sizeof header + header.section_count * sizeof(dsc_section));
  std::memcpy(file.data(), &header, sizeof header);
}

static std::string writeTemporary(const Bytes &bytes) {
  std::string path = testing::TempDir() + "dsc-engine-XXXXXX";
  int fd = mkstemp(path.data());
  size_t written = 0;
  while (written < bytes.size()) {
    ssize_t n = write(fd, bytes.data() + written, bytes.size() - written);
    if (n <= 0)
      abort();
    written += static_cast<size_t>(n);
  }
  close(fd);
  return path;
}

TemporaryFile::TemporaryFile(const Bytes &bytes) : path(writeTemporary(bytes)) {}
TemporaryFile::~TemporaryFile() { unlink(path.c_str()); }

Opened::Opened(const Bytes &file, const dsc_engine_options *options) {
  TemporaryFile temporary(file);
  status = dsc_engine_open(temporary.path.c_str(), options, &engine, &error);
  EXPECT_EQ(status == DSC_OK, engine != nullptr);
}

Opened::~Opened() { dsc_engine_close(engine); }

TestSession::TestSession(dsc_engine *engine, int threads, int64_t capacity, bool fixed)
    : engine(engine) {
  dsc_runtime_options runtimeOptions = test::runtimeOptions(threads);
  EXPECT_EQ(dsc_runtime_create(&runtimeOptions, &runtime, &error), DSC_OK) << error.message;
  dsc_session_options options = {sizeof options, capacity, fixed};
  EXPECT_EQ(dsc_session_create(runtime, engine, &options, &session, &error), DSC_OK)
      << error.message;
}

TestSession::~TestSession() {
  dsc_session_destroy(session);
  dsc_runtime_destroy(runtime);
}

dsc_status TestSession::run(const char *entry, std::vector<dsc_tensor> inputs) {
  size_t number = static_cast<size_t>(dsc_engine_find_entry(engine, entry));
  outputs.assign(dsc_entry_output_count(engine, number), dsc_tensor{});
  error.message[0] = 0;
  return dsc_session_run(session, number, inputs.data(), inputs.size(), outputs.data(),
                         outputs.size(), &error);
}

template <class T>
static dsc_tensor makeTensor(dsc_dtype dtype, std::vector<T> &values,
                             const std::vector<int64_t> &dims) {
  dsc_tensor result = {};
  result.dtype = dtype;
  result.rank = static_cast<int32_t>(dims.size());
  std::copy(dims.begin(), dims.end(), result.dims);
  result.data = values.data();
  return result;
}

dsc_tensor tensor(std::vector<float> &values, std::vector<int64_t> dims) {
  return makeTensor(DSC_F32, values, dims);
}

dsc_tensor tensor(std::vector<int64_t> &values, std::vector<int64_t> dims) {
  return makeTensor(DSC_I64, values, dims);
}

} // namespace dsc::test
