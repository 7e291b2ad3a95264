// SPDX-License-Identifier: Apache-2.0
// Growing, fixed and counting states.
#include "TestEngine.h"

using namespace dsc::test;

namespace {

constexpr int64_t inner = 2;

// Appends x: f32[batch, new, 2] to cache: f32[batch, rows, 2]; sum: f32[batch, 2] over all rows of
// the cache; room: i64[2] = {capacity, past}.
void addAppendEntry(ManifestT &m, const std::string &name, bool starts) {
  EntryWriter e(m, name);
  uint32_t batch = e.symbol(SymbolSource::InputDim, 0, 0),
           fresh = e.symbol(SymbolSource::InputDim, 0, 1);
  uint32_t past = e.symbol(SymbolSource::StateDim, 0, 1),
           capacity = e.symbol(SymbolSource::StateCapacity, 0);
  uint32_t two = e.constant(inner), eight = e.constant(8);
  uint32_t rows = e.op(ExprOp::Add, past, fresh);
  uint32_t inBytes = e.op(ExprOp::Mul, e.op(ExprOp::Mul, batch, fresh), eight);
  uint32_t outBytes = e.op(ExprOp::Mul, batch, eight);
  uint32_t stateBytes = e.op(ExprOp::Mul, e.op(ExprOp::Mul, batch, capacity), eight);
  uint32_t sixteen = e.constant(16), one = e.constant(1);
  e.input("x", DType::F32, {batch, fresh, two});
  e.output("sum", DType::F32, {batch, two});
  e.output("room", DType::I64, {two});
  std::vector<uint32_t> before = {batch, past, two};
  e.use(0, starts, starts ? std::vector<uint32_t>{} : before, {batch, rows, two});
  uint32_t x = e.buffer(BufferKind::Input, 0, inBytes),
           sum = e.buffer(BufferKind::Output, 0, outBytes);
  uint32_t cache = e.buffer(BufferKind::State, 0, stateBytes);
  e.launch("append", {cache, x}, {capacity, past, fresh, two}, batch);
  e.launch("sum_rows", {sum, cache}, {capacity, rows, two}, batch);
  e.launch("sizes2", {e.buffer(BufferKind::Output, 1, sixteen)}, {capacity, past}, one);
  e.finish();
}

Bytes cacheEngine() {
  auto manifest = newManifest();
  addState(*manifest, "cache", StateKind::Growing, DType::F32, 3, 1);
  addAppendEntry(*manifest, "prefill", true);
  addAppendEntry(*manifest, "decode", false);
  return assemble(sectionsOf(*manifest));
}

class CacheTest : public testing::Test {
protected:
  Opened opened{cacheEngine()};
  std::vector<float> values{1, 10, 2, 20, 3, 30, 4, 40};

  dsc_tensor rows(int64_t batch, int64_t count) { return tensor(values, {batch, count, inner}); }
  std::vector<float> readCache(TestSession &s, std::vector<int64_t> dims) {
    dsc_tensor t = {};
    EXPECT_EQ(dsc_session_read_state(s.session, "cache", &t, &s.error), DSC_OK) << s.error.message;
    EXPECT_EQ(std::vector<int64_t>(t.dims, t.dims + t.rank), dims);
    std::vector<float> result(static_cast<size_t>(dims[0] * dims[1] * dims[2]), -1);
    t.data = result.data();
    EXPECT_EQ(dsc_session_read_state(s.session, "cache", &t, &s.error), DSC_OK) << s.error.message;
    return result;
  }
};

TEST_F(CacheTest, GrowsByDoublingAndKeepsRows) {
  ASSERT_EQ(opened.status, DSC_OK) << opened.error.message;
  TestSession s(opened.engine, 2, 2);
  EXPECT_EQ(dsc_session_capacity(s.session), 2);
  ASSERT_EQ(s.run("prefill", {rows(2, 2)}), DSC_OK) << s.error.message;
  EXPECT_EQ(s.output<float>(), (std::vector<float>{3, 30, 7, 70}));
  for (int64_t length = 3; length <= 9; ++length) {
    ASSERT_EQ(s.run("decode", {rows(2, 1)}), DSC_OK) << s.error.message;
    EXPECT_EQ(dsc_session_length(s.session), length);
    int64_t capacity = length <= 4 ? 4 : length <= 8 ? 8 : 16;
    EXPECT_EQ(dsc_session_capacity(s.session), capacity);
    EXPECT_EQ(s.output<int64_t>(1), (std::vector<int64_t>{capacity, length - 1}));
    float n = static_cast<float>(length - 2);
    EXPECT_EQ(s.output<float>(), (std::vector<float>{3 + n, 30 + 10 * n, 7 + 2 * n, 70 + 20 * n}));
  }
  auto cache = readCache(s, {2, 9, 2});
  EXPECT_EQ(std::vector<float>(cache.begin(), cache.begin() + 6),
            (std::vector<float>{1, 10, 2, 20, 1, 10}));
  EXPECT_EQ(std::vector<float>(cache.begin() + 18, cache.begin() + 24),
            (std::vector<float>{3, 30, 4, 40, 2, 20}));
  dsc_memory_info info = {sizeof info};
  dsc_session_memory(s.session, &info);
  EXPECT_EQ(info.state_bytes, 2u * 16 * 8);
  EXPECT_EQ(info.growths, 3u);
}

TEST_F(CacheTest, FreshSessionTakesAnEntryThatDoesNotStart) {
  TestSession s(opened.engine);
  ASSERT_EQ(s.run("decode", {rows(1, 3)}), DSC_OK) << s.error.message;
  EXPECT_EQ(s.output<float>(), (std::vector<float>{6, 60}));
  EXPECT_EQ(s.output<int64_t>(1), (std::vector<int64_t>{256, 0}));
  EXPECT_EQ(dsc_session_length(s.session), 3);
}

TEST_F(CacheTest, FixedCapacityIsKept) {
  TestSession s(opened.engine, 1, 3, true);
  ASSERT_EQ(s.run("prefill", {rows(1, 3)}), DSC_OK);
  EXPECT_EQ(s.run("decode", {rows(1, 1)}), DSC_CAPACITY_EXCEEDED);
  EXPECT_STREQ(s.error.message, "4 rows exceed the session's fixed capacity of 3");
  EXPECT_EQ(dsc_session_length(s.session), 3);
  EXPECT_EQ(readCache(s, {1, 3, 2}), (std::vector<float>{1, 10, 2, 20, 3, 30}));
  ASSERT_EQ(dsc_session_truncate(s.session, 2, &s.error), DSC_OK);
  EXPECT_EQ(s.run("decode", {rows(1, 1)}), DSC_OK) << s.error.message;
}

TEST_F(CacheTest, BatchChangeNeedsAReset) {
  TestSession s(opened.engine);
  ASSERT_EQ(s.run("prefill", {rows(2, 2)}), DSC_OK);
  EXPECT_EQ(s.run("decode", {rows(1, 1)}), DSC_INVALID_ARGUMENT);
  EXPECT_STREQ(s.error.message,
               "state 'cache': dimension 0 is 2, the inputs of entry 'decode' imply 1; "
               "it cannot change before the session is reset");
  EXPECT_EQ(dsc_session_length(s.session), 2);
  EXPECT_EQ(readCache(s, {2, 2, 2}), values);
  ASSERT_EQ(s.run("decode", {rows(2, 1)}), DSC_OK) << s.error.message;
  // An entry that starts the state may use another batch, and so may any entry after a reset.
  ASSERT_EQ(s.run("prefill", {rows(1, 4)}), DSC_OK) << s.error.message;
  EXPECT_EQ(dsc_session_length(s.session), 4);
  ASSERT_EQ(dsc_session_reset(s.session, &s.error), DSC_OK);
  EXPECT_EQ(dsc_session_length(s.session), 0);
  ASSERT_EQ(s.run("decode", {rows(4, 1)}), DSC_OK) << s.error.message;
  EXPECT_EQ(s.output<float>(), values);
}

TEST_F(CacheTest, Truncates) {
  TestSession s(opened.engine);
  ASSERT_EQ(s.run("prefill", {rows(1, 4)}), DSC_OK);
  EXPECT_EQ(dsc_session_truncate(s.session, 5, &s.error), DSC_INVALID_ARGUMENT);
  EXPECT_STREQ(s.error.message, "cannot truncate 4 rows to 5");
  EXPECT_EQ(dsc_session_truncate(s.session, -1, &s.error), DSC_INVALID_ARGUMENT);
  ASSERT_EQ(dsc_session_truncate(s.session, 1, &s.error), DSC_OK);
  ASSERT_EQ(s.run("decode", {rows(1, 2)}), DSC_OK);
  EXPECT_EQ(readCache(s, {1, 3, 2}), (std::vector<float>{1, 10, 1, 10, 2, 20}));
}

TEST_F(CacheTest, ReadStateChecksItsTensor) {
  TestSession s(opened.engine);
  dsc_tensor t = {};
  EXPECT_EQ(dsc_session_read_state(s.session, "nothing", &t, &s.error), DSC_INVALID_ARGUMENT);
  EXPECT_STREQ(s.error.message, "the engine has no state 'nothing'");
  EXPECT_EQ(dsc_session_read_state(s.session, "cache", &t, &s.error), DSC_INVALID_ARGUMENT);
  EXPECT_STREQ(s.error.message, "state 'cache' is empty: no entry has used it");
  ASSERT_EQ(s.run("prefill", {rows(1, 1)}), DSC_OK);
  t = rows(1, 2);
  EXPECT_EQ(dsc_session_read_state(s.session, "cache", &t, &s.error), DSC_INVALID_ARGUMENT);
}

TEST_F(CacheTest, AbsurdCapacityIsRefused) {
  TestSession s(opened.engine, 1, INT64_MAX / 2);
  EXPECT_EQ(s.run("prefill", {rows(1, 1)}), DSC_OUT_OF_MEMORY);
  EXPECT_EQ(dsc_session_length(s.session), 0);
  dsc_session_options negative = {sizeof negative, -1, 0};
  dsc_session *none;
  EXPECT_EQ(dsc_session_create(s.runtime, opened.engine, &negative, &none, nullptr),
            DSC_INVALID_ARGUMENT);
}

TEST_F(CacheTest, DescribesStates) {
  dsc_state_info info;
  ASSERT_EQ(dsc_entry_state(opened.engine, 0, 0, &info), DSC_OK);
  EXPECT_STREQ(info.name, "cache");
  EXPECT_EQ(info.axis, 1);
  EXPECT_EQ(info.starts, 1);
  EXPECT_EQ(dsc_entry_state(opened.engine, 0, 1, &info), DSC_INVALID_ARGUMENT);
}

// total += x (a fixed state f32[n]); steps += 1 (a counter). Fails after the first step when index
// is bad.
Bytes fixedEngine() {
  auto manifest = newManifest();
  addState(*manifest, "total", StateKind::Fixed, DType::F32, 1);
  addState(*manifest, "steps", StateKind::Counter, DType::I64, 0);
  for (bool starts : {true, false}) {
    EntryWriter e(*manifest, starts ? "start" : "go");
    uint32_t n = e.symbol(SymbolSource::InputDim, 0, 0), one = e.constant(1), eight = e.constant(8);
    uint32_t bytes = e.op(ExprOp::Mul, n, e.constant(4));
    e.input("x", DType::F32, {n});
    e.input("index", DType::I64, {one});
    e.output("sum", DType::F32, {n});
    e.output("count", DType::I64, {});
    e.output("picked", DType::F32, {one});
    e.use(0, starts, starts ? std::vector<uint32_t>{} : std::vector<uint32_t>{n}, {n});
    e.use(1, starts, {}, {});
    uint32_t x = e.buffer(BufferKind::Input, 0, bytes),
             index = e.buffer(BufferKind::Input, 1, eight);
    uint32_t total = e.buffer(BufferKind::State, 0, bytes),
             steps = e.buffer(BufferKind::State, 1, eight);
    uint32_t sum = e.buffer(BufferKind::Output, 0, bytes),
             count = e.buffer(BufferKind::Output, 1, eight);
    uint32_t picked = e.buffer(BufferKind::Output, 2, e.constant(4));
    e.launch("accumulate", {total, sum, x}, {}, n);
    e.launch("advance", {steps, count}, {one}, one);
    e.launch("gather", {picked, x, index}, {n}, one, "/model/Gather_7");
    e.finish();
  }
  return assemble(sectionsOf(*manifest));
}

class FixedStateTest : public testing::Test {
protected:
  Opened opened{fixedEngine()};
  std::vector<float> x{1, 2, 3};
  std::vector<int64_t> good{1}, bad{3};
  dsc_tensor values(int64_t n = 3) { return tensor(x, {n}); }
};

TEST_F(FixedStateTest, BeginsAtZeroAndAccumulates) {
  ASSERT_EQ(opened.status, DSC_OK) << opened.error.message;
  TestSession s(opened.engine);
  for (int64_t i = 1; i <= 3; ++i) {
    ASSERT_EQ(s.run("go", {values(), tensor(good, {1})}), DSC_OK) << s.error.message;
    float n = static_cast<float>(i);
    EXPECT_EQ(s.output<float>(), (std::vector<float>{n, 2 * n, 3 * n}));
    EXPECT_EQ(s.output<int64_t>(1), (std::vector<int64_t>{i}));
    EXPECT_EQ(dsc_session_length(s.session), i);
  }
  ASSERT_EQ(s.run("start", {values(), tensor(good, {1})}), DSC_OK) << s.error.message;
  EXPECT_EQ(s.output<float>(), x);
  EXPECT_EQ(s.output<int64_t>(1), (std::vector<int64_t>{1}));
  ASSERT_EQ(dsc_session_reset(s.session, &s.error), DSC_OK);
  ASSERT_EQ(s.run("go", {values(2), tensor(good, {1})}), DSC_OK) << s.error.message;
  EXPECT_EQ(s.output<float>(), (std::vector<float>{1, 2}));
  EXPECT_EQ(s.run("go", {values(3), tensor(good, {1})}), DSC_INVALID_ARGUMENT);
}

TEST_F(FixedStateTest, TruncateSetsCounters) {
  TestSession s(opened.engine);
  for (int i = 0; i < 3; ++i)
    ASSERT_EQ(s.run("go", {values(), tensor(good, {1})}), DSC_OK);
  ASSERT_EQ(dsc_session_truncate(s.session, 1, &s.error), DSC_OK);
  ASSERT_EQ(s.run("go", {values(), tensor(good, {1})}), DSC_OK);
  EXPECT_EQ(s.output<int64_t>(1), (std::vector<int64_t>{2}));
}

TEST_F(FixedStateTest, AFaultNamesItsNodeAndStopsTheSession) {
  TestSession s(opened.engine);
  ASSERT_EQ(s.run("go", {values(), tensor(good, {1})}), DSC_OK);
  EXPECT_EQ(s.run("go", {values(), tensor(bad, {1})}), DSC_INDEX_OUT_OF_RANGE);
  EXPECT_STREQ(s.error.message, "entry 'go', step 2: an index is out of range in /model/Gather_7");
  EXPECT_EQ(dsc_session_length(s.session), 1); // the counter has gone back
  EXPECT_EQ(s.run("go", {values(), tensor(good, {1})}), DSC_INVALID_ARGUMENT);
  EXPECT_STREQ(s.error.message,
               "the last run of this session was interrupted by an error: reset or truncate it");
  ASSERT_EQ(s.run("start", {values(), tensor(good, {1})}), DSC_OK) << s.error.message;
  EXPECT_EQ(s.output<float>(), x);
  EXPECT_EQ(s.run("start", {values(), tensor(bad, {1})}), DSC_INDEX_OUT_OF_RANGE);
  EXPECT_EQ(dsc_session_length(s.session), 0);
  ASSERT_EQ(dsc_session_reset(s.session, &s.error), DSC_OK);
  EXPECT_EQ(s.run("go", {values(), tensor(good, {1})}), DSC_OK);
  EXPECT_EQ(s.output<float>(), x);
}

// Two growing states, the second of which grows by one row less.
TEST(SharedLengthTest, GrowingStatesMustAgree) {
  auto manifest = newManifest();
  addState(*manifest, "a", StateKind::Growing, DType::F32, 1, 0);
  addState(*manifest, "b", StateKind::Growing, DType::F32, 1, 0);
  EntryWriter e(*manifest, "main");
  uint32_t n = e.symbol(SymbolSource::InputDim, 0, 0), m = e.symbol(SymbolSource::InputDim, 0, 1);
  uint32_t past = e.symbol(SymbolSource::StateDim, 0, 0);
  e.input("x", DType::F32, {n, m});
  e.use(0, false, {past}, {e.op(ExprOp::Add, past, n)});
  e.use(1, false, {past}, {e.op(ExprOp::Add, past, m)});
  e.finish();
  Opened opened(assemble(sectionsOf(*manifest)));
  ASSERT_EQ(opened.status, DSC_OK) << opened.error.message;
  TestSession s(opened.engine);
  std::vector<float> x(6);
  EXPECT_EQ(s.run("main", {tensor(x, {2, 2})}), DSC_OK) << s.error.message;
  EXPECT_EQ(s.run("main", {tensor(x, {2, 3})}), DSC_INVALID_ARGUMENT);
  EXPECT_STREQ(s.error.message, "state 'b' would have 5 rows, state 'a' 4: they share one length");
  EXPECT_EQ(dsc_session_length(s.session), 2);
}

// A dimension that can only be known from the state itself.
TEST(EmptyStateTest, OtherDimensionsOfAnEmptyStateAreUnknown) {
  auto manifest = newManifest();
  addState(*manifest, "cache", StateKind::Growing, DType::F32, 2, 1);
  EntryWriter e(*manifest, "main");
  uint32_t batch = e.symbol(SymbolSource::StateDim, 0, 0),
           past = e.symbol(SymbolSource::StateDim, 0, 1);
  e.use(0, false, {batch, past}, {batch, e.op(ExprOp::Add, past, e.constant(1))});
  e.finish();
  Opened opened(assemble(sectionsOf(*manifest)));
  ASSERT_EQ(opened.status, DSC_OK) << opened.error.message;
  TestSession s(opened.engine);
  EXPECT_EQ(s.run("main", {}), DSC_INVALID_ARGUMENT);
  EXPECT_STREQ(s.error.message,
               "state 'cache', dimension 0: state 'cache' is empty: run an entry that "
               "starts it first");
}

} // namespace
