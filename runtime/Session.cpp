// SPDX-License-Identifier: Apache-2.0
// The API of runtimes and sessions; what a run does is in Run.cpp.
#include "runtime/Session.h"

#include "runtime/Options.h"

using namespace dsc;

namespace {

// A session serves one thread at a time; that thread has its device's context meanwhile.
class Holding {
public:
  explicit Holding(dsc_session *session)
      : session(session), held(session && acquire(*session)),
        current(held ? session->runtime->cuda : nullptr) {}
  ~Holding() {
    if (held)
      session->busy.store(false, std::memory_order_release);
  }
  Holding(const Holding &) = delete;
  Holding &operator=(const Holding &) = delete;

  dsc_status status(dsc_error *error) const {
    if (held)
      return DSC_OK;
    if (!session)
      return fail(error, DSC_INVALID_ARGUMENT, "the session is NULL");
    return fail(error, DSC_BUSY, "the session is in use by another thread");
  }

private:
  static bool acquire(dsc_session &session) {
    bool free = false;
    return session.busy.compare_exchange_strong(free, true, std::memory_order_acquire);
  }
  dsc_session *session;
  bool held;
  CudaCurrent current;
};

} // namespace

static bool allocateTables(dsc_session &session) {
  uint32_t exprs = 0, symbols = 0, epochs = 1, slots = 0, buffers = 0, outputs = 0, operands = 0,
           sizes = 0;
  auto raise = [](uint32_t &to, uint32_t value) { to = value > to ? value : to; };
  for (const EntryPlan &plan : session.engine->entries) {
    raise(exprs, plan.exprCount());
    raise(symbols, count(plan.entry->symbols()));
    raise(epochs, plan.epochs);
    raise(slots, count(plan.entry->slots()));
    raise(buffers, count(plan.entry->buffers()));
    raise(outputs, count(plan.entry->outputs()));
    for (const PlanStep &step : plan.steps) {
      raise(operands, step.buffers.count);
      raise(sizes, step.sizes.count);
    }
  }
  return session.expressions.allocate(exprs, symbols) &&
         session.arena.allocate(*session.device, epochs, slots) && session.slots.allocate(slots) &&
         session.buffers.allocate(buffers) && session.outputs.allocate(outputs) &&
         session.outputBytes.allocate(outputs) && session.outputBlocks.allocate(outputs) &&
         session.operands.allocate(operands) && session.sizes.allocate(sizes);
}

static dsc_status checkDevice(const dsc_runtime &runtime, const dsc_engine &engine,
                              dsc_error *error) {
  bool cuda = engine.manifest->device() == format::Device::Cuda;
  if (cuda == (runtime.cuda != nullptr))
    return DSC_OK;
  if (cuda)
    return fail(
        error, DSC_UNSUPPORTED,
        "the engine has CUDA kernels and this runtime works on the CPU: run it with device 'cuda' "
        "or 'ptxsim', or compile the model for the CPU (--target cpu)");
  return fail(
      error, DSC_UNSUPPORTED,
      "the engine has CPU code and this runtime works on %.100s: run it with device 'cpu', or "
      "compile the model with --target cuda:sm_%d",
      runtime.cuda->name(), runtime.cuda->capability());
}

static dsc_status startSession(dsc_session &session, dsc_runtime &runtime, dsc_engine &engine,
                               const dsc_session_options &options, dsc_error *error) {
  session.runtime = &runtime;
  session.engine = &engine;
  session.device = &hostMemory();
  if (runtime.cuda) {
    session.cuda = create<CudaSession>();
    if (!session.cuda)
      return fail(error, DSC_OUT_OF_MEMORY, "no memory for a session");
    if (dsc_status status = session.cuda->start(*runtime.cuda, engine, error))
      return status;
    session.device = &session.cuda->memory();
  }
  if (!session.state.allocate(*session.device, *engine.manifest, options.capacity,
                              options.fixed_capacity != 0) ||
      !allocateTables(session))
    return fail(error, DSC_OUT_OF_MEMORY, "no memory for a session");
  return DSC_OK;
}

// What lies on the device goes before the stream and the functions that free it.
dsc_session::~dsc_session() {
  state.release();
  arena.release();
  destroy(cuda);
}

extern "C" {

dsc_status dsc_runtime_create(const dsc_runtime_options *given, dsc_runtime **runtime,
                              dsc_error *error) {
  if (!runtime)
    return fail(error, DSC_INVALID_ARGUMENT, "dsc_runtime_create needs a place for the runtime");
  *runtime = nullptr;
  dsc_runtime_options options;
  if (dsc_status status = readOptions(given, options, error))
    return status;
  dsc_runtime *created = create<dsc_runtime>();
  bool gpu = options.device && *options.device && strcmp(options.device, "cpu");
  if (created && gpu)
    created->cuda = create<CudaDevice>();
  if (!created || (gpu && !created->cuda)) {
    destroy(created);
    return fail(error, DSC_OUT_OF_MEMORY, "no memory for a runtime");
  }
  dsc_status status = gpu ? created->cuda->open(options.device, options.driver, error) : DSC_OK;
  if (status == DSC_OK) // a GPU's sessions need the calling thread only
    status = created->pool.start(gpu ? 1 : options.threads, error);
  if (status == DSC_OK)
    *runtime = created;
  else
    destroy(created);
  return status;
}

void dsc_runtime_destroy(dsc_runtime *runtime) { destroy(runtime); }

dsc_status dsc_session_create(dsc_runtime *runtime, dsc_engine *engine,
                              const dsc_session_options *given, dsc_session **session,
                              dsc_error *error) {
  if (!runtime || !engine || !session)
    return fail(error, DSC_INVALID_ARGUMENT,
                "dsc_session_create needs a runtime, an engine and a place for the session");
  *session = nullptr;
  dsc_session_options options;
  if (dsc_status status = readOptions(given, options, error))
    return status;
  if (options.capacity < 0)
    return fail(error, DSC_INVALID_ARGUMENT, "a capacity of %lld rows",
                static_cast<long long>(options.capacity));
  if (dsc_status status = checkDevice(*runtime, *engine, error))
    return status;
  CudaCurrent current(runtime->cuda);
  dsc_session *created = create<dsc_session>();
  dsc_status status = created ? startSession(*created, *runtime, *engine, options, error)
                              : fail(error, DSC_OUT_OF_MEMORY, "no memory for a session");
  if (status)
    destroy(created);
  else
    *session = created;
  return status;
}

void dsc_session_destroy(dsc_session *session) {
  CudaCurrent current(session ? session->runtime->cuda : nullptr);
  destroy(session);
}

dsc_status dsc_session_run(dsc_session *session, size_t entry, const dsc_tensor *inputs,
                           size_t input_count, dsc_tensor *outputs, size_t output_count,
                           dsc_error *error) {
  Holding holding(session);
  if (dsc_status status = holding.status(error))
    return status;
  if (entry >= session->engine->entries.size())
    return fail(error, DSC_INVALID_ARGUMENT, "entry %zu of %zu", entry,
                session->engine->entries.size());
  const format::Entry &plan = *session->engine->entries[entry].entry;
  const char *name = text(plan.name());
  if (input_count != plan.inputs()->size() || output_count != plan.outputs()->size())
    return fail(error, DSC_INVALID_ARGUMENT,
                "entry '%.200s' takes %u inputs and gives %u outputs, not %zu and %zu", name,
                plan.inputs()->size(), plan.outputs()->size(), input_count, output_count);
  if ((input_count && !inputs) || (output_count && !outputs))
    return fail(error, DSC_INVALID_ARGUMENT, "entry '%.200s': no array of %s", name,
                input_count && !inputs ? "inputs" : "outputs");
  return runEntry(*session, entry, inputs, outputs, error);
}

int64_t dsc_session_length(const dsc_session *session) {
  return session ? session->state.length() : 0;
}

int64_t dsc_session_capacity(const dsc_session *session) {
  return session ? session->state.capacity() : 0;
}

dsc_status dsc_session_reset(dsc_session *session, dsc_error *error) {
  Holding holding(session);
  dsc_status status = holding.status(error);
  if (status == DSC_OK)
    session->state.reset();
  return status;
}

dsc_status dsc_session_truncate(dsc_session *session, int64_t length, dsc_error *error) {
  Holding holding(session);
  if (dsc_status status = holding.status(error))
    return status;
  return session->state.truncate(length, error);
}

dsc_status dsc_session_read_state(dsc_session *session, const char *name, dsc_tensor *tensor,
                                  dsc_error *error) {
  Holding holding(session);
  if (dsc_status status = holding.status(error))
    return status;
  if (!name || !tensor)
    return fail(error, DSC_INVALID_ARGUMENT, "dsc_session_read_state needs a name and a tensor");
  return session->state.read(name, tensor, error);
}

dsc_status dsc_session_memory(const dsc_session *session, dsc_memory_info *info) {
  if (!session || !info || info->size < sizeof(size_t))
    return DSC_INVALID_ARGUMENT;
  dsc_memory_info full = {info->size, session->arena.bytes(), session->state.bytes(),
                          session->arena.growths() + session->state.growths()};
  memcpy(info, &full, info->size < sizeof full ? info->size : sizeof full);
  return DSC_OK;
}

dsc_status dsc_session_profile(dsc_session *session, dsc_step_callback callback, void *user) {
  Holding holding(session);
  dsc_status status = holding.status(nullptr);
  if (status == DSC_OK) {
    session->callback = callback;
    session->callbackUser = user;
  }
  return status;
}

} // extern "C"
