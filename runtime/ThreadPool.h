// SPDX-License-Identifier: Apache-2.0
#ifndef DSC_RUNTIME_THREADPOOL_H
#define DSC_RUNTIME_THREADPOOL_H

#include "dsc/runtime.h"
#include "runtime/Memory.h"

#include <atomic>
#include <pthread.h>

namespace dsc {

// Fork-join over [0, grid). The caller works too. Idle workers spin for some microseconds and then
// sleep. One caller uses the workers at a time; another that comes meanwhile does its work alone,
// so that the machine is never oversubscribed and nobody waits.
class ThreadPool {
public:
  using Work = void(void *context, int64_t begin, int64_t end);

  ThreadPool() = default;
  ThreadPool(const ThreadPool &) = delete;
  ThreadPool &operator=(const ThreadPool &) = delete;
  ~ThreadPool();

  // `threads` includes the caller; 0: one per core that this process may use.
  dsc_status start(int32_t threads, dsc_error *error);
  void run(int64_t grid, Work *work, void *context);
  int32_t threads() const { return static_cast<int32_t>(workers.size()) + 1; }

private:
  struct Worker {
    pthread_t thread;
    ThreadPool *pool;
    bool started = false;
  };

  static void *workerMain(void *worker);
  void serve();
  void wake();
  void takeTiles();
  bool join(uint32_t &seen);

  // The open job. Written only while `job` is closed and nobody is inside.
  Work *work = nullptr;
  void *context = nullptr;
  int64_t grid = 0, tile = 1;

  alignas(64) std::atomic<int64_t> next{0}; // first work item not yet taken
  // Bit 31: the job is open; the bits below: workers inside it. A worker that wakes late finds the
  // job closed, so the caller never waits for a worker that sleeps.
  alignas(64) std::atomic<uint32_t> job{0};
  alignas(64) std::atomic<uint32_t> generation{0}; // futex; changes when a job opens
  std::atomic<uint32_t> sleepers{0};
  std::atomic<bool> stopping{false};
  std::atomic<bool> taken{false}; // a caller owns the workers
  Array<Worker> workers;
};

} // namespace dsc

#endif
