// SPDX-License-Identifier: Apache-2.0
// Sizes that a run computes.
#include "TestEngine.h"

using namespace dsc::test;

namespace {

// positive: f32[count] = the positive elements of x: f32[n]; `minimum` of the count.
Bytes compactEngine(int64_t minimum) {
  auto manifest = newManifest();
  EntryWriter e(*manifest, "main");
  uint32_t n = e.symbol(SymbolSource::InputDim, 0, 0), one = e.constant(1), eight = e.constant(8);
  uint32_t four = e.constant(4), bytes = e.op(ExprOp::Mul, n, four);
  e.input("x", DType::F32, {n});
  uint32_t x = e.buffer(BufferKind::Input, 0, bytes);
  uint32_t count = e.buffer(BufferKind::Slot, e.slot(eight), eight);
  e.launch("count_positive", {count, x}, {n}, one);
  uint32_t found = e.define(count, 0, minimum, "/model/NonZero");
  uint32_t foundBytes = e.op(ExprOp::Mul, found, four);
  uint32_t kept = e.buffer(BufferKind::Slot, e.slot(foundBytes), foundBytes);
  e.output("positive", DType::F32, {found});
  uint32_t out = e.buffer(BufferKind::Output, 0, foundBytes);
  e.check(found, e.op(ExprOp::Min, found, n), "more than there are");
  e.launch("compact", {kept, x}, {n}, one);
  e.launch("add", {out, kept, kept}, {}, found);
  e.finish();
  return assemble(sectionsOf(*manifest));
}

TEST(EpochTest, SizesFollowTheData) {
  Opened opened(compactEngine(0));
  ASSERT_EQ(opened.status, DSC_OK) << opened.error.message;
  dsc_value_info info;
  ASSERT_EQ(dsc_entry_output(opened.engine, 0, 0, &info), DSC_OK);
  EXPECT_EQ(info.dims[0], -1);
  TestSession s(opened.engine);
  std::vector<float> x{-1, 2, 0, 3, -5, 4}, none{-1, -2};
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(s.run("main", {tensor(x, {6})}), DSC_OK) << s.error.message;
    EXPECT_EQ(s.output<float>(), (std::vector<float>{4, 6, 8}));
    ASSERT_EQ(s.run("main", {tensor(none, {2})}), DSC_OK) << s.error.message;
    EXPECT_EQ(s.outputs[0].dims[0], 0);
  }
}

TEST(EpochTest, CallersMemoryIsCheckedWhenTheSizeIsKnown) {
  Opened opened(compactEngine(0));
  TestSession s(opened.engine);
  std::vector<float> x{-1, 2, 3}, out(3);
  dsc_tensor input = tensor(x, {3}), output = tensor(out, {3});
  EXPECT_EQ(dsc_session_run(s.session, 0, &input, 1, &output, 1, &s.error), DSC_INVALID_ARGUMENT);
  EXPECT_STREQ(s.error.message, "output 'positive' is f32 [2], the tensor is f32 [3]");
  output = tensor(out, {2});
  EXPECT_EQ(dsc_session_run(s.session, 0, &input, 1, &output, 1, &s.error), DSC_OK)
      << s.error.message;
  EXPECT_EQ(out, (std::vector<float>{4, 6, 0}));
}

TEST(EpochTest, MinimumIsChecked) {
  Opened opened(compactEngine(2));
  TestSession s(opened.engine);
  std::vector<float> x{-1, 2, -3};
  EXPECT_EQ(s.run("main", {tensor(x, {3})}), DSC_INVALID_ARGUMENT);
  EXPECT_STREQ(s.error.message, "entry 'main', step 1 (/model/NonZero): 1 is below 2");
}

TEST(EpochTest, StepsAreReportedToTheProfile) {
  Opened opened(compactEngine(0));
  TestSession s(opened.engine);
  std::vector<size_t> steps;
  dsc_session_profile(
      s.session,
      [](void *user, size_t, size_t step, uint64_t) {
        static_cast<std::vector<size_t> *>(user)->push_back(step);
      },
      &steps);
  std::vector<float> x{1, 2};
  ASSERT_EQ(s.run("main", {tensor(x, {2})}), DSC_OK);
  EXPECT_EQ(steps, (std::vector<size_t>{0, 1, 2, 3}));
}

} // namespace
