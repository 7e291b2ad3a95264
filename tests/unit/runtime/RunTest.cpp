// SPDX-License-Identifier: Apache-2.0
// Arguments, outputs and what a run says when they do not fit.
#include "TestEngine.h"

using namespace dsc::test;

namespace {

// z = (x + y) + w, w a weight of 3; x, y: f32[n, 3]
Bytes addEngine() {
  auto manifest = newManifest();
  Bytes weights;
  addWeight(*manifest, weights, {10, 20, 30});
  EntryWriter e(*manifest, "main");
  uint32_t n = e.symbol(SymbolSource::InputDim, 0, 0), three = e.constant(3);
  uint32_t elements = e.op(ExprOp::Mul, n, three);
  uint32_t bytes = e.op(ExprOp::Mul, elements, e.constant(4));
  uint32_t rowBytes = e.constant(12);
  e.input("x", DType::F32, {n, three});
  e.input("y", DType::F32, {n, three});
  e.output("z", DType::F32, {n, three});
  uint32_t x = e.buffer(BufferKind::Input, 0, bytes), y = e.buffer(BufferKind::Input, 1, bytes);
  uint32_t w = e.buffer(BufferKind::Weight, 0, rowBytes);
  uint32_t t = e.buffer(BufferKind::Slot, e.slot(bytes), bytes);
  uint32_t z = e.buffer(BufferKind::Output, 0, bytes);
  e.launch("add", {t, x, y}, {}, elements);
  e.launch("add", {z, t, t}, {}, elements);                           // doubles
  e.launch("add", {z, z, w}, {}, e.op(ExprOp::Min, elements, three)); // first row only
  e.finish();
  return assemble(sectionsOf(*manifest, weights));
}

class RunTest : public testing::Test {
protected:
  Opened opened{addEngine()};
  std::vector<float> x{1, 2, 3, 4, 5, 6}, y{1, 1, 1, 1, 1, 1};
};

TEST_F(RunTest, Computes) {
  ASSERT_EQ(opened.status, DSC_OK) << opened.error.message;
  TestSession s(opened.engine);
  ASSERT_EQ(s.run("main", {tensor(x, {2, 3}), tensor(y, {2, 3})}), DSC_OK) << s.error.message;
  EXPECT_EQ(s.output<float>(), (std::vector<float>{14, 26, 38, 10, 12, 14}));
  EXPECT_EQ(s.outputs[0].rank, 2);
  EXPECT_EQ(s.outputs[0].dims[0], 2);
}

TEST_F(RunTest, WritesIntoCallersMemory) {
  TestSession s(opened.engine);
  std::vector<float> z(6);
  dsc_tensor inputs[] = {tensor(x, {2, 3}), tensor(y, {2, 3})}, output = tensor(z, {2, 3});
  ASSERT_EQ(dsc_session_run(s.session, 0, inputs, 2, &output, 1, &s.error), DSC_OK)
      << s.error.message;
  EXPECT_EQ(z[0], 14);
  EXPECT_EQ(output.data, z.data());

  output = tensor(z, {3, 2});
  EXPECT_EQ(dsc_session_run(s.session, 0, inputs, 2, &output, 1, &s.error), DSC_INVALID_ARGUMENT);
  EXPECT_STREQ(s.error.message, "output 'z' is f32 [2, 3], the tensor is f32 [3, 2]");
  output = tensor(y, {2, 3});
  EXPECT_EQ(dsc_session_run(s.session, 0, inputs, 2, &output, 1, &s.error), DSC_INVALID_ARGUMENT);
  EXPECT_STREQ(s.error.message, "output 'z' overlaps input 'y' in memory");
}

TEST_F(RunTest, ZeroElements) {
  TestSession s(opened.engine);
  dsc_tensor empty = {DSC_F32, 2, {0, 3}, nullptr};
  ASSERT_EQ(s.run("main", {empty, empty}), DSC_OK) << s.error.message;
  EXPECT_EQ(s.outputs[0].dims[0], 0);
  EXPECT_NE(s.outputs[0].data, nullptr);
}

TEST_F(RunTest, NamesWhatIsWrongWithAnInput) {
  TestSession s(opened.engine);
  std::vector<int64_t> ids{1, 2, 3};
  auto refused = [&](dsc_tensor a, dsc_tensor b, const char *message) {
    EXPECT_EQ(s.run("main", {a, b}), DSC_INVALID_ARGUMENT);
    EXPECT_STREQ(s.error.message, message);
  };
  dsc_tensor good = tensor(x, {2, 3});
  refused(good, tensor(y, {1, 3}), "input 'y': dimension 0 is 1, expected 2");
  refused(tensor(x, {3, 2}), good, "input 'x': dimension 1 is 2, expected 3");
  refused(tensor(x, {6}), good, "input 'x' has rank 1, expected 2");
  refused(tensor(ids, {1, 3}), good, "input 'x' is i64, expected f32");
  refused(tensor(x, {-1, 3}), good, "input 'x': impossible dimensions [-1, 3]");
  refused(tensor(x, {INT64_MAX, 3}), good,
          "input 'x': impossible dimensions [9223372036854775807, 3]");
  dsc_tensor noData = good, crooked = good, bent = good;
  noData.data = nullptr;
  crooked.data = reinterpret_cast<char *>(x.data()) + 1;
  bent.dtype = static_cast<dsc_dtype>(99);
  refused(noData, good, "input 'x' has no data");
  refused(crooked, good, "input 'x' is not aligned to its elements");
  refused(bent, good, "input 'x' is an unknown type, expected f32");
  EXPECT_EQ(dsc_session_run(s.session, 7, nullptr, 0, nullptr, 0, &s.error), DSC_INVALID_ARGUMENT);
  EXPECT_EQ(dsc_session_run(s.session, 0, nullptr, 2, nullptr, 1, &s.error), DSC_INVALID_ARGUMENT);
  EXPECT_EQ(dsc_session_run(nullptr, 0, nullptr, 0, nullptr, 0, nullptr), DSC_INVALID_ARGUMENT);
}

TEST_F(RunTest, AllocatesNothingWhenNothingGrows) {
  TestSession s(opened.engine);
  dsc_memory_info first = {sizeof first}, second = {sizeof second};
  for (int64_t rows : {2, 1, 2})
    ASSERT_EQ(s.run("main", {tensor(x, {rows, 3}), tensor(y, {rows, 3})}), DSC_OK);
  ASSERT_EQ(dsc_session_memory(s.session, &first), DSC_OK);
  const void *memory = s.outputs[0].data;
  ASSERT_EQ(s.run("main", {tensor(x, {2, 3}), tensor(y, {2, 3})}), DSC_OK);
  ASSERT_EQ(dsc_session_memory(s.session, &second), DSC_OK);
  EXPECT_EQ(first.growths, second.growths);
  EXPECT_EQ(memory, s.outputs[0].data);
}

TEST_F(RunTest, DescribesEntries) {
  EXPECT_EQ(dsc_engine_entry_count(opened.engine), 1u);
  EXPECT_STREQ(dsc_engine_entry_name(opened.engine, 0), "main");
  EXPECT_EQ(dsc_engine_find_entry(opened.engine, "nothing"), -1);
  dsc_value_info info;
  ASSERT_EQ(dsc_entry_input(opened.engine, 0, 1, &info), DSC_OK);
  EXPECT_STREQ(info.name, "y");
  EXPECT_EQ(info.dims[0], -1);
  EXPECT_EQ(info.dims[1], 3);
  EXPECT_EQ(dsc_entry_input(opened.engine, 0, 2, &info), DSC_INVALID_ARGUMENT);
  EXPECT_STREQ(dsc_engine_isa(opened.engine), testDevice() == std::string("cpu") ? "x86-64-v2" : "cuda");
}

TEST_F(RunTest, OptionsOfANewerCallerMustBeZero) {
  struct {
    dsc_runtime_options known;
    int64_t later;
  } options = {{sizeof options, 1}, 0};
  dsc_runtime *runtime;
  EXPECT_EQ(dsc_runtime_create(&options.known, &runtime, nullptr), DSC_OK);
  dsc_runtime_destroy(runtime);
  options.later = 1;
  EXPECT_EQ(dsc_runtime_create(&options.known, &runtime, nullptr), DSC_UNSUPPORTED);
  options.known.size = 0;
  EXPECT_EQ(dsc_runtime_create(&options.known, &runtime, nullptr), DSC_INVALID_ARGUMENT);
  options.known = {sizeof options.known, -1};
  EXPECT_EQ(dsc_runtime_create(&options.known, &runtime, nullptr), DSC_INVALID_ARGUMENT);
}

} // namespace
