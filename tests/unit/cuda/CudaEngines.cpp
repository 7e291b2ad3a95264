// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/cuda/CudaEngines.h"

namespace dsc::test {

std::unique_ptr<ManifestT> sumManifest(Bytes &weights) {
  auto manifest = newManifest();
  addWeight(*manifest, weights, {10, 20, 30, 40});
  EntryWriter e(*manifest, "main");
  uint32_t n = e.symbol(SymbolSource::InputDim, 0, 0);
  uint32_t bytes = e.op(ExprOp::Mul, n, e.constant(4));
  e.input("x", DType::F32, {n});
  e.output("z", DType::F32, {n});
  uint32_t x = e.buffer(BufferKind::Input, 0, bytes);
  uint32_t w = e.buffer(BufferKind::Weight, 0, e.constant(16));
  uint32_t z = e.buffer(BufferKind::Output, 0, bytes);
  e.launch("add", {z, x, w}, {}, n, "/model/Add");
  e.finish();
  return cudaManifest(*manifest);
}

std::vector<Section> sumSections() {
  Bytes weights;
  auto manifest = sumManifest(weights);
  return sectionsOf(*manifest, weights);
}

void Attempt::start(dsc_engine *engine, const dsc_runtime_options &options) {
  status = dsc_runtime_create(&options, &runtime, &error);
  if (status == DSC_OK)
    status = dsc_session_create(runtime, engine, nullptr, &session, &error);
}

Attempt::Attempt(const Opened &engine, const dsc_runtime_options &options) {
  EXPECT_EQ(engine.status, DSC_OK) << engine.error.message;
  start(engine.engine, options);
}

Attempt::Attempt(const Bytes &engine, const char *device) : own(std::make_unique<Opened>(engine)) {
  EXPECT_EQ(own->status, DSC_OK) << own->error.message;
  start(own->engine, runtimeOptions(1, device));
}

Attempt::~Attempt() {
  dsc_session_destroy(session);
  dsc_runtime_destroy(runtime);
}

dsc_status Attempt::run(std::vector<float> x) {
  sum.assign(x.size(), -1);
  dsc_tensor input = tensor(x, {int64_t(x.size())}), output = tensor(sum, {int64_t(x.size())});
  return status = dsc_session_run(session, 0, &input, 1, &output, 1, &error);
}

} // namespace dsc::test
