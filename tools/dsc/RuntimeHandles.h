// SPDX-License-Identifier: Apache-2.0
// The runtime's C API with destructors; failures are thrown as Failure.
#ifndef DSC_TOOLS_DSC_RUNTIMEHANDLES_H
#define DSC_TOOLS_DSC_RUNTIMEHANDLES_H

#include "tools/dsc/Npz.h"

#include "dsc/runtime.h"
#include "runtime/format/engine_generated.h"

#include <memory>
#include <string>
#include <vector>

namespace dsc {

class EngineHandle {
public:
  explicit EngineHandle(const std::string &path, dsc_verify verify = DSC_VERIFY_DEFAULT);

  dsc_engine *get() const { return engine.get(); }
  const format::Manifest &manifest() const;
  size_t entryCount() const { return dsc_engine_entry_count(engine.get()); }
  std::string entryName(size_t entry) const { return dsc_engine_entry_name(engine.get(), entry); }
  std::vector<dsc_value_info> inputs(size_t entry) const;
  std::vector<dsc_value_info> outputs(size_t entry) const;
  std::vector<dsc_state_info> states(size_t entry) const;

private:
  struct Close {
    void operator()(dsc_engine *engine) const { dsc_engine_close(engine); }
  };
  std::unique_ptr<dsc_engine, Close> engine;
};

struct SessionSettings {
  int threads = 0;
  std::string device = "cpu", driver;
  int64_t capacity = 0;
};

class SessionHandle {
public:
  SessionHandle(const EngineHandle &engine, const SessionSettings &settings);

  // Outputs are the session's memory until the next run.
  std::vector<dsc_tensor> run(size_t entry, const std::vector<dsc_tensor> &inputs);
  NpyArray readState(const std::string &name);
  int64_t length() const { return dsc_session_length(session.get()); }
  void reset();
  dsc_session *get() const { return session.get(); }

private:
  struct DestroyRuntime {
    void operator()(dsc_runtime *runtime) const { dsc_runtime_destroy(runtime); }
  };
  struct DestroySession {
    void operator()(dsc_session *session) const { dsc_session_destroy(session); }
  };
  const EngineHandle &engine;
  std::unique_ptr<dsc_runtime, DestroyRuntime> runtime;
  std::unique_ptr<dsc_session, DestroySession> session;
};

// Views and copies; NpyType has the numbers of dsc_dtype.
dsc_tensor tensorOf(NpyArray &array);
NpyArray arrayOf(const dsc_tensor &tensor, const std::string &name);

// "f32 [2, ?, 64]"
std::string typeText(dsc_dtype dtype, const int64_t *dims, int32_t rank);

} // namespace dsc

#endif
