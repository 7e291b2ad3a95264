// SPDX-License-Identifier: Apache-2.0
// The simulated device and all that a process holds of it.
#pragma once

#include "tools/ptxsim/core/Launch.h"
#include "tools/ptxsim/decode/Decoder.h"
#include "tools/ptxsim/driver/CudaTypes.h"

#include <deque>
#include <functional>
#include <mutex>
#include <set>

namespace ptxsim {

struct Kernel {
  LoadedModule *module;
  Image image;
  uint32_t maxDynamicShared; ///< what cuFuncSetAttribute allowed
};

struct LoadedModule {
  std::unique_ptr<Module> parsed;
  Addresses addresses;
  std::map<std::string, std::unique_ptr<Kernel>, std::less<>> kernels;
};

/// Work in the order of its submission; run at once, or when somebody waits (option `streams`).
struct Stream {
  std::deque<std::function<CUresult()>> queue;
  uint64_t submitted = 0, done = 0;
  Graph *capture = nullptr;
  bool captureOrigin = false;
};

struct Event {
  Stream *stream = nullptr; ///< where it was recorded
  uint64_t index = 0;       ///< as the how manieth piece of work
  Graph *capture = nullptr;
  uint64_t instructions = 0; ///< warp instructions of the device at that moment
};

/// Captured work, or a launch whose shape and parameters may change in an executable graph.
struct GraphNode {
  std::function<CUresult()> captured;
  const Kernel *kernel = nullptr;
  LaunchShape shape;
  std::vector<uint8_t> parameters;
};

/// Nodes in an order that its streams, events and dependencies allow.
struct Graph {
  std::vector<std::unique_ptr<GraphNode>> nodes;
  void capture(std::function<CUresult()> work) {
    nodes.push_back(std::make_unique<GraphNode>());
    nodes.back()->captured = std::move(work);
  }
};
struct GraphExec {
  std::vector<GraphNode> nodes;
  std::map<const GraphNode *, size_t> numbers; ///< of the graph's nodes
};

struct Context {
  Context();
  ~Context();

  DeviceMemory memory;
  uint32_t clock = 0;
  uint64_t launches = 0, instructions = 0;
  int error = 0; ///< of a failed launch: every later call gives it, as with a real context
  std::string report;
  std::map<std::string, Counters> counters;
  Launch::SharedPool sharedPool;
  std::map<uintptr_t, size_t> pinned; ///< host memory that asynchronous copies may use later
  Stream defaultStream;
  std::set<std::unique_ptr<LoadedModule>> modules;
  std::set<std::unique_ptr<Stream>> streams;
  std::set<std::unique_ptr<Event>> events;
  std::set<std::unique_ptr<Graph>> graphs;
  std::set<std::unique_ptr<GraphExec>> execs;
  std::set<const Kernel *> kernels;

  /// The stream of a handle; null when there is none such. Handles 0, 1 and 2 are the default one.
  Stream *find(CUstream handle);
  /// Captures the work, or puts it behind the stream's other work.
  CUresult submit(Stream &stream, std::function<CUresult()> work);
  CUresult runUntil(Stream &stream, uint64_t count);
  /// All streams.
  CUresult finish();
  CUresult launch(const Kernel &kernel, const LaunchShape &shape,
                  const std::vector<uint8_t> &parameters);
  /// Checks a launch and packs its parameters into `bytes`.
  CUresult check(const Kernel &kernel, const LaunchShape &shape, void **parameters, void **extra,
                 std::vector<uint8_t> &bytes) const;
  CUresult fail(const Report &report);
};

/// The process's primary context: made by the first retain, gone with the last release.
struct Process {
  std::recursive_mutex mutex;
  bool initialised = false;
  unsigned retained = 0;
  std::unique_ptr<Context> primary;
  std::string lastReport;
};
Process &process();

/// Runs `f(Context &)` with the lock held; the errors of a missing context and of an earlier
/// failure come first.
template <class F> CUresult inContext(F f, bool evenAfterError = false) {
  std::lock_guard lock(process().mutex);
  if (!process().initialised)
    return cuda::NotInitialized;
  if (!process().primary)
    return cuda::InvalidContext;
  if (process().primary->error && !evenAfterError)
    return process().primary->error;
  return f(*process().primary);
}

template <class T> bool owns(const std::set<std::unique_ptr<T>> &set, const T *handle) {
  for (const auto &known : set)
    if (known.get() == handle)
      return true;
  return false;
}
template <class T> bool erase(std::set<std::unique_ptr<T>> &set, const T *handle) {
  for (auto at = set.begin(); at != set.end(); ++at)
    if (at->get() == handle) {
      set.erase(at);
      return true;
    }
  return false;
}

constexpr uint32_t sharedOptin(unsigned capability) {
  return capability == 80 ? 166912 : capability < 90 ? 101376 : 232448;
}

} // namespace ptxsim

#define PTXSIM_API extern "C" __attribute__((visibility("default")))
