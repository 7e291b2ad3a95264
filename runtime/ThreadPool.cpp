// SPDX-License-Identifier: Apache-2.0
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include "runtime/ThreadPool.h"

#include "runtime/Error.h"

#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace dsc {

static constexpr uint32_t openBit = 0x80000000u;
static constexpr int spins =
    1000; // of `pause`: some tens of microseconds, a gap between two launches
static constexpr int32_t maxThreads = 1024;
// Tiles per thread: enough that ragged work evens out, few enough that the counter stays cold.
static constexpr int64_t tilesPerThread = 8;

static void futexWait(std::atomic<uint32_t> &word, uint32_t expected) {
  syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, expected, nullptr, nullptr, 0);
}

static void futexWakeAll(std::atomic<uint32_t> &word) {
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
}

static int32_t usableCores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  int32_t count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 0;
  if (count <= 0)
    count = static_cast<int32_t>(sysconf(_SC_NPROCESSORS_ONLN));
  return count <= 0 ? 1 : count > maxThreads ? maxThreads : count;
}

dsc_status ThreadPool::start(int32_t threads, dsc_error *error) {
  if (threads < 0 || threads > maxThreads)
    return fail(error, DSC_INVALID_ARGUMENT, "%d threads: expected 0 to %d", threads, maxThreads);
  if (threads == 0)
    threads = usableCores();
  if (!workers.allocate(static_cast<size_t>(threads - 1)))
    return fail(error, DSC_OUT_OF_MEMORY, "no memory for %d threads", threads);
  // Signals belong to the program's own threads.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  dsc_status status = DSC_OK;
  for (Worker &worker : workers) {
    worker.pool = this;
    int code = pthread_create(&worker.thread, nullptr, workerMain, &worker);
    if (code != 0) {
      status =
          fail(error, DSC_OUT_OF_MEMORY, "cannot start %d threads: %s", threads, strerror(code));
      break;
    }
    worker.started = true;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return status;
}

ThreadPool::~ThreadPool() {
  stopping.store(true);
  wake();
  for (Worker &worker : workers)
    if (worker.started)
      pthread_join(worker.thread, nullptr);
}

void ThreadPool::wake() {
  generation.fetch_add(1);
  if (sleepers.load() != 0)
    futexWakeAll(generation);
}

void ThreadPool::takeTiles() {
  for (;;) {
    int64_t begin = next.fetch_add(tile, std::memory_order_relaxed);
    if (begin >= grid)
      return;
    work(context, begin, grid - begin < tile ? grid : begin + tile);
  }
}

void ThreadPool::run(int64_t items, Work *function, void *data) {
  if (items <= 0)
    return;
  bool free = false;
  if (items == 1 || workers.size() == 0 ||
      !taken.compare_exchange_strong(free, true, std::memory_order_acquire)) {
    function(data, 0, items);
    return;
  }
  work = function, context = data, grid = items;
  int64_t tiles = threads() * tilesPerThread;
  tile = items / tiles + (items % tiles != 0);
  next.store(0, std::memory_order_relaxed);
  job.store(openBit, std::memory_order_release);
  wake();
  takeTiles();
  job.fetch_and(~openBit, std::memory_order_acq_rel);
  for (int i = 0; job.load(std::memory_order_acquire) != 0; ++i) {
    if (i < spins)
      __builtin_ia32_pause();
    else
      sched_yield(); // the worker may need this core
  }
  taken.store(false, std::memory_order_release);
}

void *ThreadPool::workerMain(void *worker) {
  static_cast<Worker *>(worker)->pool->serve();
  return nullptr;
}

// Waits for a generation other than `seen`; true when its job is still open and this worker is
// inside.
bool ThreadPool::join(uint32_t &seen) {
  for (int i = 0; i < spins && generation.load(std::memory_order_acquire) == seen; ++i)
    __builtin_ia32_pause();
  if (generation.load() == seen) {
    sleepers.fetch_add(1);
    futexWait(generation, seen);
    sleepers.fetch_sub(1);
  }
  uint32_t now = generation.load();
  if (now == seen)
    return false;
  seen = now;
  uint32_t state = job.load(std::memory_order_acquire);
  while (state & openBit)
    if (job.compare_exchange_weak(state, state + 1, std::memory_order_acq_rel))
      return true;
  return false;
}

void ThreadPool::serve() {
  uint32_t seen = 0;
  while (!stopping.load(std::memory_order_acquire)) {
    if (join(seen)) {
      takeTiles();
      job.fetch_sub(1, std::memory_order_acq_rel);
    }
  }
}

} // namespace dsc
