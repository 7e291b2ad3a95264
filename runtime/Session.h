// SPDX-License-Identifier: Apache-2.0
#ifndef DSC_RUNTIME_SESSION_H
#define DSC_RUNTIME_SESSION_H

#include "runtime/Arena.h"
#include "runtime/Engine.h"
#include "runtime/Expressions.h"
#include "runtime/SessionState.h"
#include "runtime/ThreadPool.h"
#include "runtime/cuda/CudaSession.h"

#include <atomic>

struct dsc_runtime {
  ~dsc_runtime() { dsc::destroy(cuda); }
  dsc::ThreadPool pool;
  dsc::CudaDevice *cuda = nullptr; // null: engines run on this machine's processor
};

// Where a buffer of the running entry lies, and how much of it there is.
namespace dsc {
struct Place {
  void *data = nullptr;
  uint64_t bytes = 0;
};
} // namespace dsc

// Everything a run needs is allocated here once, for the largest entry.
struct dsc_session {
  ~dsc_session();
  dsc_runtime *runtime = nullptr;
  dsc_engine *engine = nullptr;
  std::atomic<bool> busy{false};

  dsc::CudaSession *cuda = nullptr;
  dsc::DeviceMemory *device = nullptr; // where states and arena lie
  dsc::SessionState state;
  dsc::Expressions expressions;
  dsc::Arena arena;
  dsc::Array<dsc::Block> outputBlocks; // memory for outputs that the caller left to the session

  // Of the run at hand.
  dsc::Array<dsc::Place> slots, buffers;
  dsc::Array<dsc_tensor> outputs;
  dsc::Array<uint64_t> outputBytes;
  dsc::Array<void *> operands;
  dsc::Array<int64_t> sizes;

  dsc_step_callback callback = nullptr;
  void *callbackUser = nullptr;
};

namespace dsc {

// Run.cpp; the caller holds the session.
dsc_status runEntry(dsc_session &session, size_t entry, const dsc_tensor *inputs,
                    dsc_tensor *outputs, dsc_error *error);

} // namespace dsc

#endif
