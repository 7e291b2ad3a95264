// SPDX-License-Identifier: Apache-2.0
// One run of an entry: arguments, sizes, memory, steps.
#include "runtime/DType.h"
#include "runtime/Error.h"
#include "runtime/Session.h"

#include <string.h>
#include <time.h>

namespace dsc {

using namespace format;
using ll = long long;
using ull = unsigned long long;

namespace {

class Run {
public:
  Run(dsc_session &session, size_t number, const dsc_tensor *inputs, dsc_tensor *outputs,
      dsc_error *error)
      : session(session), engine(*session.engine), number(number), plan(engine.entries[number]),
        entry(*plan.entry), values(session.expressions), inputs(inputs), outputs(outputs),
        error(error) {}

  dsc_status run();

private:
  dsc_status checkTensors();
  void readSymbols();
  dsc_status checkInputDims(uint8_t needs);
  dsc_status runChecks(uint32_t epoch, uint8_t mask, uint8_t needs);
  dsc_status decideSizes();
  dsc_status placeOutputs(uint32_t epoch);
  dsc_status placeOutput(uint32_t output);
  dsc_status placeSlots(uint32_t epoch);
  dsc_status placeBuffers(uint32_t epoch, bool statesCommitted);
  void *stateMemory(uint32_t state) const;
  dsc_status beginEpoch(uint32_t epoch);
  dsc_status runSteps();
  dsc_status runOnCuda();
  dsc_status launch(size_t step);
  dsc_status define(size_t step, uint32_t epoch);

  const char *entryName() const { return text(entry.name()); }

  dsc_session &session;
  const dsc_engine &engine;
  const size_t number;
  const EntryPlan &plan;
  const Entry &entry;
  Expressions &values;
  const dsc_tensor *inputs;
  dsc_tensor *outputs;
  dsc_error *error;
  bool stepsRan = false;
};

dsc_status Run::checkTensors() {
  for (uint32_t i = 0; i < entry.inputs()->size(); ++i) {
    const Value &want = *entry.inputs()->Get(i);
    const dsc_tensor &have = inputs[i];
    const char *name = text(want.name());
    dsc_dtype dtype = dsc_dtype(want.dtype());
    if (rawValue(have.dtype) != dtype)
      return fail(error, DSC_INVALID_ARGUMENT, "input '%.200s' is %s, expected %s", name,
                  dtypeName(rawValue(have.dtype)), dtypeName(dtype));
    if (have.rank != int32_t(want.dims()->size()))
      return fail(error, DSC_INVALID_ARGUMENT, "input '%.200s' has rank %d, expected %u", name,
                  have.rank, want.dims()->size());
    int64_t bytes;
    if (!tensorBytes(dtype, have.dims, have.rank, bytes))
      return fail(error, DSC_INVALID_ARGUMENT, "input '%.200s': impossible dimensions %s", name,
                  DimsText(have.dims, have.rank).text);
    if (bytes && !have.data)
      return fail(error, DSC_INVALID_ARGUMENT, "input '%.200s' has no data", name);
    if (reinterpret_cast<uintptr_t>(have.data) % dsc_dtype_size(dtype))
      return fail(error, DSC_INVALID_ARGUMENT, "input '%.200s' is not aligned to its elements",
                  name);
  }
  return DSC_OK;
}

void Run::readSymbols() {
  values.begin(plan);
  for (uint32_t i = 0; i < count(entry.symbols()); ++i) {
    const Symbol &symbol = *entry.symbols()->Get(i);
    if (symbol.source() == SymbolSource::InputDim) {
      values.setSymbol(i, inputs[symbol.a()].dims[symbol.b()]);
    } else if (symbol.source() == SymbolSource::InputElement) {
      const dsc_tensor &input = inputs[symbol.a()];
      int64_t bytes = 0;
      tensorBytes(input.dtype, input.dims, input.rank, bytes);
      if (symbol.b() < uint64_t(bytes) / dsc_dtype_size(input.dtype))
        values.setSymbol(i, readInteger(input.dtype, input.data, symbol.b()));
      else
        values.setSymbolBad(i, NoValue::NoElement);
    } else if (symbol.source() == SymbolSource::StateDim) {
      const StateUse &use = *entry.states()->Get(uint32_t(plan.stateUse[symbol.a()]));
      int64_t value = 0;
      NoValue why = session.state.dim(symbol.a(), symbol.b(), use.starts(), value);
      if (why == NoValue::Fine)
        values.setSymbol(i, value);
      else
        values.setSymbolBad(i, why);
    }
  }
}

dsc_status Run::checkInputDims(uint8_t needs) {
  for (uint32_t i = 0; i < entry.inputs()->size(); ++i) {
    const Value &input = *entry.inputs()->Get(i);
    for (uint32_t axis = 0; axis < input.dims()->size(); ++axis) {
      uint32_t expr = input.dims()->Get(axis);
      if ((plan.needs[expr] & NeedsCapacity) != needs)
        continue;
      int64_t want;
      if (dsc_status status = values.get(expr, want, *engine.manifest, error,
                                         "input '%.200s', dimension %u", text(input.name()), axis))
        return status;
      if (inputs[i].dims[axis] != want)
        return fail(error, DSC_INVALID_ARGUMENT,
                    "input '%.200s': dimension %u is %lld, expected %lld", text(input.name()), axis,
                    ll(inputs[i].dims[axis]), ll(want));
    }
  }
  return DSC_OK;
}

dsc_status Run::runChecks(uint32_t epoch, uint8_t mask, uint8_t needs) {
  for (uint32_t i : plan.checks.at(epoch)) {
    const Check &check = *entry.checks()->Get(i);
    if (mask && ((plan.needs[check.lhs()] | plan.needs[check.rhs()]) & mask) != needs)
      continue;
    const char *message = text(check.message());
    int64_t lhs, rhs;
    if (dsc_status status =
            values.get(check.lhs(), lhs, *engine.manifest, error, "%.300s", message))
      return status;
    if (dsc_status status =
            values.get(check.rhs(), rhs, *engine.manifest, error, "%.300s", message))
      return status;
    if (lhs != rhs)
      return fail(error, DSC_INVALID_ARGUMENT, "entry '%.200s': %.500s: %lld, expected %lld",
                  entryName(), message, ll(lhs), ll(rhs));
  }
  return DSC_OK;
}

// The arguments decide the states' sizes, these the capacity, and this the rest of epoch 0.
dsc_status Run::decideSizes() {
  uint32_t end = plan.exprEndOf(0);
  readSymbols();
  values.evaluate(0, end, NeedsCapacity, 0);
  if (dsc_status status = checkInputDims(0))
    return status;
  if (dsc_status status = runChecks(0, NeedsCapacity, 0))
    return status;
  if (dsc_status status = session.state.prepare(plan, values, error))
    return status;
  for (uint32_t i = 0; i < count(entry.symbols()); ++i)
    if (entry.symbols()->Get(i)->source() == SymbolSource::StateCapacity)
      values.setSymbol(i, session.state.preparedCapacity());
  values.evaluate(0, end, NeedsCapacity, NeedsCapacity);
  if (dsc_status status = checkInputDims(NeedsCapacity))
    return status;
  return runChecks(0, NeedsCapacity, NeedsCapacity);
}

dsc_status Run::placeOutput(uint32_t i) {
  const Value &output = *entry.outputs()->Get(i);
  const char *name = text(output.name());
  dsc_tensor want = {};
  want.dtype = dsc_dtype(output.dtype());
  want.rank = int32_t(output.dims()->size());
  for (uint32_t axis = 0; axis < output.dims()->size(); ++axis)
    if (dsc_status status = values.get(output.dims()->Get(axis), want.dims[axis], *engine.manifest,
                                       error, "output '%.200s', dimension %u", name, axis))
      return status;
  int64_t bytes;
  if (!tensorBytes(want.dtype, want.dims, want.rank, bytes))
    return fail(error, DSC_INVALID_ARGUMENT, "output '%.200s' would have the dimensions %s", name,
                DimsText(want.dims, want.rank).text);
  const dsc_tensor &given = outputs[i];
  if (given.data) {
    if (rawValue(given.dtype) != want.dtype || given.rank != want.rank ||
        memcmp(given.dims, want.dims, size_t(want.rank) * sizeof *want.dims))
      return fail(error, DSC_INVALID_ARGUMENT, "output '%.200s' is %s %s, the tensor is %s %s",
                  name, dtypeName(want.dtype), DimsText(want.dims, want.rank).text,
                  dtypeName(rawValue(given.dtype)), DimsText(given.dims, given.rank).text);
    if (reinterpret_cast<uintptr_t>(given.data) % dsc_dtype_size(want.dtype))
      return fail(error, DSC_INVALID_ARGUMENT, "output '%.200s' is not aligned to its elements",
                  name);
    want.data = given.data;
  } else if (!session.cuda) {
    Block &block = session.outputBlocks[i];
    if ((!block.data() || block.bytes() < uint64_t(bytes)) &&
        !block.allocate(hostMemory(), uint64_t(bytes)))
      return fail(error, DSC_OUT_OF_MEMORY, "no memory for the %lld bytes of output '%.200s'",
                  ll(bytes), name);
    want.data = block.data();
  }
  session.outputs[i] = want;
  session.outputBytes[i] = uint64_t(bytes);

  // Kernels may write an output before they have read all inputs.
  auto overlaps = [&](const void *data, uint64_t size) {
    uintptr_t a = reinterpret_cast<uintptr_t>(want.data), b = reinterpret_cast<uintptr_t>(data);
    return size && bytes && a < b + size && b < a + uint64_t(bytes);
  };
  for (uint32_t k = 0; given.data && k < entry.inputs()->size(); ++k) {
    int64_t size = 0;
    tensorBytes(inputs[k].dtype, inputs[k].dims, inputs[k].rank, size);
    if (overlaps(inputs[k].data, uint64_t(size)))
      return fail(error, DSC_INVALID_ARGUMENT, "output '%.200s' overlaps input '%.200s' in memory",
                  name, text(entry.inputs()->Get(k)->name()));
  }
  for (uint32_t k = 0; given.data && k < entry.outputs()->size(); ++k)
    if (k != i && session.outputs[k].data &&
        overlaps(session.outputs[k].data, session.outputBytes[k]))
      return fail(error, DSC_INVALID_ARGUMENT, "output '%.200s' overlaps output '%.200s' in memory",
                  name, text(entry.outputs()->Get(k)->name()));
  return DSC_OK;
}

dsc_status Run::placeOutputs(uint32_t epoch) {
  for (uint32_t i : plan.outputs.at(epoch))
    if (dsc_status status = placeOutput(i))
      return status;
  if (session.cuda)
    return session.cuda->place(epoch, inputs, session.outputs.data(), session.outputBytes.data(),
                               error);
  return DSC_OK;
}

dsc_status Run::placeSlots(uint32_t epoch) {
  Indices slots = plan.slots.at(epoch);
  if (slots.count == 0)
    return DSC_OK;
  uint64_t total = 0, alignment = session.device->alignment;
  auto roundUp = [&](uint64_t bytes) { return (bytes + alignment - 1) & ~(alignment - 1); };
  for (uint32_t i : slots) {
    int64_t bytes;
    if (dsc_status status = values.get(entry.slots()->Get(i)->bytes(), bytes, *engine.manifest,
                                       error, "entry '%.200s', size of slot %u", entryName(), i))
      return status;
    if (bytes < 0)
      return fail(error, DSC_INVALID_ARGUMENT, "entry '%.200s': slot %u would have %lld bytes",
                  entryName(), i, ll(bytes));
    // Checked one by one, so that the sum cannot wrap.
    if (uint64_t(bytes) > session.device->memory || total > session.device->memory)
      return fail(error, DSC_OUT_OF_MEMORY,
                  "entry '%.200s': slot %u of %lld bytes is beyond the memory of this machine%s",
                  entryName(), i, ll(bytes), session.device->advice(*session.device));
    session.slots[i].bytes = uint64_t(bytes);
    total += roundUp(uint64_t(bytes));
  }
  bool separate = session.device->separate, enough = true;
  char *memory = separate ? nullptr : session.arena.reserve(epoch, total);
  for (uint32_t i : slots) {
    if (separate)
      memory = session.arena.reserveExactly(i, session.slots[i].bytes);
    enough &= memory != nullptr;
    session.slots[i].data = memory;
    memory += separate || !enough ? 0 : roundUp(session.slots[i].bytes);
  }
  if (!enough)
    return fail(error, DSC_OUT_OF_MEMORY,
                "entry '%.200s': no memory for %llu bytes of activations%s", entryName(),
                ull(total), session.device->advice(*session.device));
  return DSC_OK;
}

void *Run::stateMemory(uint32_t state) const {
  if (engine.manifest->states()->Get(state)->kind() != StateKind::Counter)
    return session.state.memory(state);
  return session.cuda ? static_cast<void *>(session.cuda->counter(state))
                      : &session.state.counter(state);
}

// Finds every buffer of `epoch` and proves that what kernels may touch lies inside. States have no
// address before they are committed; their size is known.
dsc_status Run::placeBuffers(uint32_t epoch, bool statesCommitted) {
  for (uint32_t i : plan.buffers.at(epoch)) {
    const Buffer &buffer = *entry.buffers()->Get(i);
    uint32_t index = buffer.index();
    Place place;
    switch (buffer.kind()) {
    case BufferKind::Input: {
      int64_t bytes = 0;
      tensorBytes(inputs[index].dtype, inputs[index].dims, inputs[index].rank, bytes);
      place = {session.cuda ? session.cuda->input(index) : inputs[index].data, uint64_t(bytes)};
      break;
    }
    case BufferKind::Output:
      place = {session.cuda ? session.cuda->output(index) : session.outputs[index].data,
               session.outputBytes[index]};
      break;
    case BufferKind::Weight: {
      const Weight &weight = *engine.manifest->weights()->Get(index);
      place = {session.cuda ? session.cuda->weight(index)
                            : const_cast<char *>(engine.weights) + weight.offset(),
               weight.bytes()};
      break;
    }
    case BufferKind::Slot:
      place = session.slots[index];
      break;
    case BufferKind::State:
      place = {statesCommitted ? stateMemory(index) : nullptr, session.state.preparedBytes(index)};
      break;
    }
    int64_t bytes;
    if (dsc_status status = values.get(buffer.bytes(), bytes, *engine.manifest, error,
                                       "entry '%.200s', size of buffer %u", entryName(), i))
      return status;
    if (bytes < 0 || uint64_t(bytes) > place.bytes)
      return fail(error, DSC_CORRUPT,
                  "entry '%.200s': kernels would touch %lld bytes of buffer %u, which has %llu",
                  entryName(), ll(bytes), i, ull(place.bytes));
    place.bytes = uint64_t(bytes);
    session.buffers[i] = place;
  }
  return DSC_OK;
}

dsc_status Run::beginEpoch(uint32_t epoch) {
  values.evaluate(plan.exprEndOf(epoch - 1), plan.exprEndOf(epoch));
  if (dsc_status status = runChecks(epoch, 0, 0))
    return status;
  if (dsc_status status = placeOutputs(epoch))
    return status;
  if (dsc_status status = placeSlots(epoch))
    return status;
  return placeBuffers(epoch, true);
}

struct Launch {
  KernelFunction *kernel;
  void *const *operands;
  const int64_t *sizes;
  uint32_t fault;
};

dsc_status Run::launch(size_t index) {
  const PlanStep &step = plan.steps[index];
  int64_t grid;
  auto get = [&](uint32_t expr, int64_t &value, const char *what) {
    return values.get(expr, value, *engine.manifest, error, "entry '%.200s', step %zu (%.200s), %s",
                      entryName(), index, step.source, what);
  };
  if (dsc_status status = get(step.grid, grid, "grid"))
    return status;
  if (grid < 0 || grid > INT64_MAX / 4)
    return fail(error, DSC_INVALID_ARGUMENT, "entry '%.200s', step %zu (%.200s): a grid of %lld",
                entryName(), index, step.source, ll(grid));
  for (uint32_t i = 0; i < step.buffers.count; ++i)
    session.operands[i] = session.buffers[step.buffers[i]].data;
  for (uint32_t i = 0; i < step.sizes.count; ++i)
    if (dsc_status status = get(step.sizes[i], session.sizes[i], "size"))
      return status;
  if (session.cuda) {
    stepsRan = true;
    return session.cuda->launch(index, grid, session.operands.data(), session.sizes.data(), error);
  }
  Launch launch = {step.kernel, session.operands.data(), session.sizes.data(), 0};
  stepsRan = true;
  session.runtime->pool.run(
      grid,
      [](void *context, int64_t begin, int64_t end) {
        Launch &launch = *static_cast<Launch *>(context);
        launch.kernel(launch.operands, launch.sizes, begin, end, &launch.fault);
      },
      &launch);
  if (launch.fault)
    return fail(error, DSC_INDEX_OUT_OF_RANGE,
                "entry '%.200s', step %zu: an index is out of range in %.400s", entryName(), index,
                *step.source ? step.source : "a gather or scatter");
  return DSC_OK;
}

dsc_status Run::define(size_t index, uint32_t epoch) {
  const PlanStep &step = plan.steps[index];
  const Place &place = session.buffers[step.buffers[0]];
  if (place.bytes / sizeof(int64_t) <= step.element)
    return fail(error, DSC_CORRUPT,
                "entry '%.200s', step %zu: element %u of a buffer with %llu bytes", entryName(),
                index, step.element, ull(place.bytes));
  int64_t value;
  if (!session.cuda)
    value = readInteger(DSC_I64, place.data, step.element);
  else if (dsc_status status =
               session.cuda->readElement(index, place.data, step.element, value, error))
    return status;
  if (value < step.minimum)
    return fail(error, DSC_INVALID_ARGUMENT,
                "entry '%.200s', step %zu (%.200s): %lld is below %lld", entryName(), index,
                step.source, ll(value), ll(step.minimum));
  values.setSymbol(entry.steps()->Get(uint32_t(index))->symbol(), value);
  return beginEpoch(epoch);
}

static uint64_t nanoseconds() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return uint64_t(now.tv_sec) * 1000000000u + uint64_t(now.tv_nsec);
}

dsc_status Run::runSteps() {
  uint32_t epoch = 0;
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    uint64_t start = session.callback ? nanoseconds() : 0;
    dsc_status status = plan.steps[i].launch ? launch(i) : define(i, ++epoch);
    if (status)
      return status;
    if (session.callback && !session.cuda)
      session.callback(session.callbackUser, number, i, nanoseconds() - start);
  }
  return DSC_OK;
}

dsc_status Run::runOnCuda() {
  CudaSession &cuda = *session.cuda;
  if (dsc_status status = cuda.upload(session.state, error))
    return status;
  if (dsc_status status = runSteps())
    return status;
  if (dsc_status status = cuda.finish(session.state, error))
    return status;
  for (size_t i = 0; session.callback && i < plan.steps.size(); ++i)
    session.callback(session.callbackUser, number, i, cuda.nanoseconds(i));
  return DSC_OK;
}

dsc_status Run::run() {
  for (uint32_t i = 0; i < entry.outputs()->size(); ++i)
    session.outputs[i].data = nullptr;
  if (dsc_status status = checkTensors())
    return status;
  if (dsc_status status = decideSizes())
    return status;
  if (session.cuda)
    session.cuda->begin(number, plan, !session.callback);
  if (dsc_status status = placeOutputs(0))
    return status;
  if (dsc_status status = placeSlots(0))
    return status;
  if (dsc_status status = placeBuffers(0, false))
    return status;
  if (dsc_status status = session.state.commit(plan, error))
    return status;
  dsc_status status = placeBuffers(0, true);
  if (status == DSC_OK)
    status = session.cuda ? runOnCuda() : runSteps();
  if (status) {
    if (session.cuda)
      session.cuda->abandon();
    session.state.abandon(plan, stepsRan);
    return status;
  }
  session.state.finish(plan);
  for (uint32_t i = 0; i < entry.outputs()->size(); ++i)
    outputs[i] = session.outputs[i];
  return DSC_OK;
}

} // namespace

dsc_status runEntry(dsc_session &session, size_t entry, const dsc_tensor *inputs,
                    dsc_tensor *outputs, dsc_error *error) {
  return Run(session, entry, inputs, outputs, error).run();
}

} // namespace dsc
