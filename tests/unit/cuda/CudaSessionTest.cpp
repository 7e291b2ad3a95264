// SPDX-License-Identifier: Apache-2.0
// Runs on a device: graphs of changing steps, times, memory that is shared and given back. The
// tests of tests/unit/runtime run there too (runtime.ptxsim).
#include "tests/unit/cuda/CudaEngines.h" // first: it has the tables as objects
#include "tests/unit/cuda/Simulator.h"

#include "runtime/Session.h"

using namespace dsc::test;

namespace {

using Floats = std::vector<float>;

// out = x plus, for each bit of the element 0 of `mask`, its number of steps of `add` with y: step
// i has a grid of n where bit i is set and is not launched otherwise.
Bytes maskedEngine() {
  auto manifest = newManifest();
  EntryWriter e(*manifest, "main");
  uint32_t n = e.symbol(SymbolSource::InputDim, 0, 0),
           mask = e.symbol(SymbolSource::InputElement, 2, 0);
  uint32_t bytes = e.op(ExprOp::Mul, n, e.constant(4)), two = e.constant(2), one = e.constant(1);
  e.input("x", DType::F32, {n});
  e.input("y", DType::F32, {n});
  e.input("mask", DType::I64, {one});
  e.output("z", DType::F32, {n});
  uint32_t x = e.buffer(BufferKind::Input, 0, bytes), y = e.buffer(BufferKind::Input, 1, bytes);
  uint32_t z = e.buffer(BufferKind::Output, 0, bytes);
  uint32_t zero = e.buffer(BufferKind::Slot, e.slot(bytes), bytes);
  e.launch("series", {zero, x}, {one}, e.constant(0)); // never
  e.launch("add", {z, x, y}, {}, n);
  uint32_t rest = mask;
  for (int bit = 0; bit < 5; ++bit) {
    e.launch("add", {z, z, y}, {}, e.op(ExprOp::Mul, n, e.op(ExprOp::Mod, rest, two)), "bit");
    rest = e.op(ExprOp::FloorDiv, rest, two);
  }
  e.finish();
  return assemble(sectionsOf(*cudaManifest(*manifest)));
}

class CudaSessionTest : public testing::TestWithParam<const char *> {
protected:
  SimulatorOption streams{"streams", GetParam(), "eager"};
  dsc_runtime_options options = runtimeOptions(1, "ptxsim");
};

// More sets of launched steps than there are graphs, in a changing order, with changing sizes and
// places.
TEST_P(CudaSessionTest, GraphsFollowTheLaunchedSteps) {
  Opened opened(maskedEngine());
  Attempt attempt(opened, options);
  ASSERT_EQ(attempt.status, DSC_OK) << attempt.message();
  std::vector<dsc_tensor> first;
  for (int run = 0; run < 100; ++run) {
    std::vector<int64_t> mask = {run < 5 ? 3 : (run * 7) % 32};
    size_t n = size_t(run * 37 % 300);
    Floats x(n), y(n), want(n);
    for (size_t i = 0; i < n; ++i) {
      x[i] = float(i) + float(run), y[i] = float(i % 7);
      want[i] = x[i] + y[i] * float(1 + __builtin_popcountll(uint64_t(mask[0])));
    }
    dsc_tensor inputs[] = {tensor(x, {int64_t(n)}), tensor(y, {int64_t(n)}), tensor(mask, {1})},
               output = {};
    ASSERT_EQ(dsc_session_run(attempt.session, 0, inputs, 3, &output, 1, &attempt.error), DSC_OK)
        << attempt.message();
    const float *got = static_cast<const float *>(output.data);
    ASSERT_EQ(Floats(got, got + n), want) << "run " << run;
    // Runs 1 to 5 launch the same steps: one graph, whatever the sizes. Then each run has another
    // set, and the oldest graphs make room.
    size_t graphs = run == 0 ? 0 : run < 6 ? 1 : std::min<size_t>(size_t(run) - 4, 16);
    EXPECT_EQ(attempt.session->cuda->graphCount(), graphs) << "run " << run;
  }
}

TEST_P(CudaSessionTest, TimesOfEveryStep) {
  Opened opened(maskedEngine());
  Attempt attempt(opened, options);
  ASSERT_EQ(attempt.status, DSC_OK) << attempt.message();
  std::vector<std::pair<size_t, uint64_t>> times;
  dsc_session_profile(
      attempt.session,
      [](void *user, size_t, size_t step, uint64_t nanoseconds) {
        static_cast<decltype(times) *>(user)->emplace_back(step, nanoseconds);
      },
      &times);
  Floats x = {1, 2}, y = {3, 4};
  std::vector<int64_t> mask = {2};
  dsc_tensor inputs[] = {tensor(x, {2}), tensor(y, {2}), tensor(mask, {1})}, output = {};
  for (int run = 0; run < 2; ++run) {
    times.clear();
    ASSERT_EQ(dsc_session_run(attempt.session, 0, inputs, 3, &output, 1, &attempt.error), DSC_OK)
        << attempt.message();
    EXPECT_EQ(static_cast<const float *>(output.data)[1], 10);
    ASSERT_EQ(times.size(), 7u);
    for (size_t i = 0; i < 7; ++i) {
      EXPECT_EQ(times[i].first, i);
      EXPECT_EQ(times[i].second > 0, i == 1 || i == 3) << i; // launched
    }
  }
  dsc_session_profile(attempt.session, nullptr, nullptr);
  EXPECT_EQ(dsc_session_run(attempt.session, 0, inputs, 3, &output, 1, &attempt.error), DSC_OK);
}

// positive = the positive elements of x: a computed size between two launches.
Bytes compactEngine() {
  auto manifest = newManifest();
  EntryWriter e(*manifest, "main");
  uint32_t n = e.symbol(SymbolSource::InputDim, 0, 0), four = e.constant(4), one = e.constant(1);
  e.input("x", DType::F32, {n});
  uint32_t x = e.buffer(BufferKind::Input, 0, e.op(ExprOp::Mul, n, four));
  uint32_t eight = e.constant(8);
  uint32_t count = e.buffer(BufferKind::Slot, e.slot(eight), eight);
  e.launch("count_positive", {count, x}, {n}, one);
  uint32_t found = e.define(count);
  e.output("positive", DType::F32, {found});
  uint32_t positive = e.buffer(BufferKind::Output, 0, e.op(ExprOp::Mul, found, four));
  e.launch("compact", {positive, x}, {n}, one);
  e.finish();
  return assemble(sectionsOf(*cudaManifest(*manifest)));
}

// Times come from this run's events, also behind a computed size.
TEST_P(CudaSessionTest, TimesBehindComputedSizes) {
  Opened opened(compactEngine());
  Attempt attempt(opened, options);
  ASSERT_EQ(attempt.status, DSC_OK) << attempt.message();
  std::vector<uint64_t> times;
  dsc_session_profile(
      attempt.session,
      [](void *user, size_t, size_t, uint64_t nanoseconds) {
        static_cast<decltype(times) *>(user)->push_back(nanoseconds);
      },
      &times);
  auto timesOf = [&](Floats x) {
    times.clear();
    dsc_tensor input = tensor(x, {int64_t(x.size())}), output = {};
    EXPECT_EQ(dsc_session_run(attempt.session, 0, &input, 1, &output, 1, &attempt.error), DSC_OK)
        << attempt.message();
    EXPECT_EQ(output.dims[0], int64_t(x.size()) - 1);
    return times;
  };
  std::vector<uint64_t> small = timesOf({1, -1, 3}),
                        large = timesOf({1, 2, 3, 4, 5, 6, 7, 8, 9, -1});
  EXPECT_EQ(timesOf({1, -1, 3}), small); // the simulator counts instructions
  ASSERT_EQ(small.size(), 3u);
  EXPECT_GT(small[0], 0u);
  EXPECT_GT(large[0], small[0]);
  EXPECT_GT(large[2], small[2]);
}

uint64_t freeBytes(dsc_runtime *runtime) {
  dsc::CudaCurrent current(runtime->cuda);
  size_t available = 0, total = 0;
  EXPECT_EQ(runtime->cuda->driver.memoryInfo(&available, &total), 0);
  return available;
}

TEST_P(CudaSessionTest, SessionsShareWeightsAndGiveAllBack) {
  Bytes weights;
  auto manifest = sumManifest(weights);
  constexpr int64_t large = 20 << 20; // more than the pinned buffers that it goes through
  weights.resize(large);
  for (int64_t i = 16; i < large; ++i)
    weights[size_t(i)] = char(i * 31 >> 7);
  auto more = std::make_unique<WeightT>();
  more->name = "more";
  more->dtype = DType::U8;
  more->dims = {large - 64};
  more->offset = 64;
  more->bytes = large - 64;
  manifest->weights.push_back(std::move(more));
  Opened opened(assemble(sectionsOf(*manifest, weights)));
  ASSERT_EQ(opened.status, DSC_OK) << opened.error.message;
  dsc_runtime *runtime = nullptr;
  dsc_error error = {};
  ASSERT_EQ(dsc_runtime_create(&options, &runtime, &error), DSC_OK) << error.message;
  uint64_t before = freeBytes(runtime);
  dsc_session *sessions[3] = {};
  for (auto &session : sessions)
    ASSERT_EQ(dsc_session_create(runtime, opened.engine, nullptr, &session, &error), DSC_OK)
        << error.message;
  uint64_t used = before - freeBytes(runtime);
  EXPECT_GE(used, uint64_t(large) - 64);
  EXPECT_LT(used, uint64_t(large) + 4096); // once
  // The bytes arrived, across the boundaries of the buffers.
  Floats values((large - 64) / 4), want((large - 64) / 4);
  {
    dsc::CudaCurrent current(runtime->cuda);
    std::memcpy(want.data(), weights.data() + 64, large - 64);
    ASSERT_EQ(sessions[0]->device->read(*sessions[0]->device, values.data(),
                                        sessions[0]->cuda->weight(1), large - 64, &error),
              DSC_OK)
        << error.message;
  }
  EXPECT_EQ(std::memcmp(values.data(), want.data(), large - 64), 0);
  for (int i = 0; i < 3; ++i) {
    Floats x = {float(i)}, z(1);
    dsc_tensor input = tensor(x, {1}), output = tensor(z, {1});
    ASSERT_EQ(dsc_session_run(sessions[i], 0, &input, 1, &output, 1, &error), DSC_OK)
        << error.message;
    EXPECT_EQ(z[0], float(10 + i));
    dsc_session_destroy(sessions[i]);
  }
  EXPECT_EQ(freeBytes(runtime), before);
  dsc_runtime_destroy(runtime);
}

INSTANTIATE_TEST_SUITE_P(Streams, CudaSessionTest, testing::Values("eager", "late"));

} // namespace
