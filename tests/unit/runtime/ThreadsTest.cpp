// SPDX-License-Identifier: Apache-2.0
// Same input, same bits: over thread counts, over sessions at once; and one thread a session.
#include "TestEngine.h"

#include "runtime/ThreadPool.h"

#include <atomic>
#include <thread>

using namespace dsc::test;

namespace {

Bytes seriesEngine() {
  auto manifest = newManifest();
  EntryWriter e(*manifest, "main");
  uint32_t n = e.symbol(SymbolSource::InputDim, 0, 0), bytes = e.op(ExprOp::Mul, n, e.constant(4));
  uint32_t terms = e.constant(50);
  e.input("x", DType::F32, {n});
  e.output("y", DType::F32, {n});
  uint32_t from = e.buffer(BufferKind::Input, 0, bytes),
           out = e.buffer(BufferKind::Output, 0, bytes);
  for (int i = 0; i < 20; ++i) {
    uint32_t to = i == 19 ? out : e.buffer(BufferKind::Slot, e.slot(bytes), bytes);
    e.launch("series", {to, from}, {terms}, n);
    from = to;
  }
  e.finish();
  return assemble(sectionsOf(*manifest));
}

std::vector<float> ramp(size_t n) {
  std::vector<float> x(n);
  for (size_t i = 0; i < n; ++i)
    x[i] = 1.0f + static_cast<float>(i) * 0.37f;
  return x;
}

TEST(ThreadsTest, ThreadCountDoesNotChangeBits) {
  Opened opened(seriesEngine());
  ASSERT_EQ(opened.status, DSC_OK) << opened.error.message;
  for (size_t n : {1u, 2u, 7u, 1000u}) {
    std::vector<float> x = ramp(n), want;
    for (int threads : {1, 2, 3, 8}) {
      TestSession s(opened.engine, threads);
      ASSERT_EQ(s.run("main", {tensor(x, {static_cast<int64_t>(n)})}), DSC_OK) << s.error.message;
      if (threads == 1)
        want = s.output<float>();
      EXPECT_EQ(s.output<float>(), want) << threads << " threads";
    }
  }
}

TEST(ThreadsTest, SessionsAtOnceShareThePool) {
  Opened opened(seriesEngine());
  TestSession reference(opened.engine, 3);
  std::vector<float> x = ramp(500);
  ASSERT_EQ(reference.run("main", {tensor(x, {500})}), DSC_OK);
  std::vector<float> want = reference.output<float>();
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&] {
      dsc_session *session = nullptr;
      if (dsc_session_create(reference.runtime, opened.engine, nullptr, &session, nullptr))
        ++wrong;
      std::vector<float> mine = x;
      for (int i = 0; i < 50; ++i) {
        dsc_tensor input = tensor(mine, {500}), output = {};
        if (dsc_session_run(session, 0, &input, 1, &output, 1, nullptr) ||
            !std::equal(want.begin(), want.end(), static_cast<float *>(output.data)))
          ++wrong;
      }
      dsc_session_destroy(session);
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(ThreadsTest, ASecondThreadIsTurnedAway) {
  auto manifest = newManifest();
  EntryWriter e(*manifest, "main");
  uint32_t one = e.constant(1), eight = e.constant(8);
  e.input("flag", DType::I64, {one});
  e.output("out", DType::I64, {one});
  uint32_t flag = e.buffer(BufferKind::Input, 0, eight),
           out = e.buffer(BufferKind::Output, 0, eight);
  e.launch("wait_for", {out, flag}, {}, one);
  e.finish();
  Opened opened(assemble(sectionsOf(*manifest)));
  ASSERT_EQ(opened.status, DSC_OK) << opened.error.message;
  TestSession s(opened.engine, 1);
  std::vector<int64_t> go{0};
  std::atomic<int> status{-1};
  std::thread runner([&] {
    dsc_tensor input = tensor(go, {1}), output = {};
    status = dsc_session_run(s.session, 0, &input, 1, &output, 1, nullptr);
  });
  dsc_error error = {};
  // Until the runner is inside, truncating an empty session is allowed.
  while (dsc_session_truncate(s.session, 0, &error) != DSC_BUSY)
    std::this_thread::yield();
  EXPECT_STREQ(error.message, "the session is in use by another thread");
  EXPECT_EQ(dsc_session_reset(s.session, &error), DSC_BUSY);
  EXPECT_EQ(s.run("main", {tensor(go, {1})}), DSC_BUSY);
  std::atomic_ref<int64_t>(go[0]).store(1);
  runner.join();
  EXPECT_EQ(status, DSC_OK);
}

// Every item exactly once, whatever the grid.
TEST(ThreadPoolTest, CoversTheGridOnce) {
  dsc::ThreadPool pool;
  ASSERT_EQ(pool.start(4, nullptr), DSC_OK);
  for (int64_t grid : {0, 1, 2, 3, 15, 16, 17, 1000}) {
    std::vector<std::atomic<int>> hits(static_cast<size_t>(grid));
    for (int round = 0; round < 100; ++round)
      pool.run(
          grid,
          [](void *context, int64_t begin, int64_t end) {
            auto &hits = *static_cast<std::vector<std::atomic<int>> *>(context);
            for (int64_t i = begin; i < end; ++i)
              ++hits[static_cast<size_t>(i)];
          },
          &hits);
    for (auto &hit : hits)
      ASSERT_EQ(hit, 100);
  }
}

TEST(ThreadPoolTest, IdleWorkersSleep) {
  dsc::ThreadPool pool;
  ASSERT_EQ(pool.start(3, nullptr), DSC_OK);
  auto cpu = [] {
    timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
  };
  pool.run(8, [](void *, int64_t, int64_t) {}, nullptr);
  double before = cpu();
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_LT(cpu() - before, 0.1); // two spinning workers would take up to 0.6
}

} // namespace
