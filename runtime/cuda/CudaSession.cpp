// SPDX-License-Identifier: Apache-2.0
#include "runtime/cuda/CudaSession.h"

#include "runtime/DType.h"
#include "runtime/Error.h"
#include "runtime/SessionState.h"

#include <stdio.h>
#include <string.h>

namespace dsc {

using ll = long long;
using ull = unsigned long long;

static constexpr uint64_t alignment = 256;

static CudaAddress address(const void *memory) { return reinterpret_cast<CudaAddress>(memory); }

static uint64_t roundUp(uint64_t bytes) { return (bytes + alignment - 1) / alignment * alignment; }

// Room for a tensor that will often be a little larger in the next run: so its neighbours keep
// their addresses, and graphs their nodes.
static uint64_t roomFor(uint64_t bytes) {
  uint64_t step = alignment;
  while (step < bytes / 16)
    step *= 2;
  return (bytes + step) / step * step;
}

CudaSession::~CudaSession() {
  if (!device)
    return;
  const CudaDriver &driver = device->driver;
  if (stream)
    driver.streamWait(stream);
  for (CudaEvent event : events)
    if (event)
      driver.eventDestroy(event);
  for (CudaGraphCopy &graph : graphs)
    graph.clear();
  for (auto *pieces : {&inputs, &outputs})
    for (Piece &piece : *pieces)
      piece.own.release();
  for (Area &area : areas) {
    area.device.release();
    if (area.pinned)
      driver.releaseHost(area.pinned);
  }
  if (element)
    driver.releaseHost(element);
  if (stream)
    driver.streamDestroy(stream);
  if (loaded)
    device->giveBack(loaded);
}

dsc_status CudaSession::failed(int code, dsc_error *error, const char *what) const {
  return device->driver.fail(code, error, "%.100s, entry '%.200s': %s", device->name(),
                             plan ? text(plan->entry->name()) : "", what);
}

const char *CudaSession::advice() {
  size_t available = 0, total = 0;
  device->driver.memoryInfo(&available, &total);
  snprintf(adviceText, sizeof adviceText,
           ": %.60s has %llu of %llu MiB free; use a smaller batch or capacity, or another device",
           device->name(), ull(available >> 20), ull(total >> 20));
  return adviceText;
}

dsc_status CudaSession::start(CudaDevice &on, const dsc_engine &engine, dsc_error *error) {
  device = &on;
  table.alignment = alignment;
  table.memory = on.memoryBytes();
  table.zeroed = false;
  table.separate = on.separateBuffers();
  table.allocate = [](DeviceMemory &table, uint64_t bytes) -> char * {
    CudaAddress memory = 0;
    int code = of(table).device->driver.allocate(&memory, bytes ? bytes : 1);
    return code ? nullptr : reinterpret_cast<char *>(memory);
  };
  table.release = [](DeviceMemory &table, char *memory, uint64_t) {
    // The stream may still use it.
    of(table).device->driver.streamWait(of(table).stream);
    of(table).device->driver.release(address(memory));
  };
  table.copy = [](DeviceMemory &table, void *to, const void *from, uint64_t bytes,
                  dsc_error *error) {
    CudaSession &self = of(table);
    int code =
        bytes ? self.device->driver.copyWithin(address(to), address(from), bytes, self.stream) : 0;
    return code ? self.failed(code, error, "moving a state") : DSC_OK;
  };
  table.zero = [](DeviceMemory &table, void *memory, uint64_t bytes, dsc_error *error) {
    CudaSession &self = of(table);
    int code = bytes ? self.device->driver.fill(address(memory), 0, bytes, self.stream) : 0;
    return code ? self.failed(code, error, "clearing a state") : DSC_OK;
  };
  table.read = [](DeviceMemory &table, void *to, const void *from, uint64_t bytes,
                  dsc_error *error) {
    CudaSession &self = of(table);
    int code = bytes ? self.device->driver.copyOut(to, address(from), bytes, self.stream) : 0;
    if (!code)
      code = self.device->driver.streamWait(self.stream);
    return code ? self.failed(code, error, "reading a state") : DSC_OK;
  };
  table.advice = [](DeviceMemory &table) { return of(table).advice(); };

  const CudaDriver &driver = on.driver;
  if (int code = driver.streamCreate(&stream, CudaStreamNonBlocking))
    return failed(code, error, "making a stream");
  if (int code = driver.allocateHost(&element, sizeof(int64_t)))
    return failed(code, error, "pinned memory");
  size_t epochs = 1, most[2] = {}, steps = 0, allWords = 0;
  auto raise = [](size_t &to, size_t value) { to = value > to ? value : to; };
  for (const EntryPlan &entryPlan : engine.entries) {
    raise(epochs, entryPlan.epochs);
    raise(most[0], entryPlan.entry->inputs()->size());
    raise(most[1], entryPlan.entry->outputs()->size());
    raise(steps, entryPlan.steps.size());
    size_t count = 0;
    for (const PlanStep &step : entryPlan.steps)
      count += step.launch ? step.buffers.count + step.sizes.count + 1 : 0;
    raise(allWords, count);
  }
  if (!areas.allocate(epochs) || !inputs.allocate(most[0]) || !outputs.allocate(most[1]) ||
      !launches.allocate(steps) || !words.allocate(allWords))
    return fail(error, DSC_OUT_OF_MEMORY, "no memory for a session");
  return on.acquire(engine, loaded, error);
}

void CudaSession::begin(size_t number, const EntryPlan &of, bool graph) {
  entry = number;
  plan = &of;
  timed = !graph;
  asGraph = graph && of.epochs == 1;
  usedWords = 0;
  for (Area &area : areas)
    area.out = area.end = 0;
}

dsc_status CudaSession::reserve(Area &area, uint64_t bytes, dsc_error *error) {
  area.end = bytes;
  if (area.pinned && area.pinnedBytes >= bytes)
    return DSC_OK;
  uint64_t generous = bytes + (area.pinned ? bytes / 2 : 0);
  if (area.pinned)
    device->driver.releaseHost(area.pinned);
  area.pinned = nullptr;
  area.pinnedBytes = 0;
  if (!area.device.allocate(table, generous))
    return fail(error, DSC_OUT_OF_MEMORY, "no memory for %llu bytes of inputs and outputs%s",
                ull(generous), advice());
  if (int code = device->driver.allocateHost(&area.pinned, generous)) {
    area.pinned = nullptr;
    return failed(code, error, "pinned memory for inputs and outputs");
  }
  memset(area.pinned, 0, generous);
  area.pinnedBytes = generous;
  return DSC_OK;
}

dsc_status CudaSession::place(uint32_t epoch, const dsc_tensor *given, dsc_tensor *results,
                              const uint64_t *outputBytes, dsc_error *error) {
  Area &area = areas[epoch];
  uint64_t at = 0;
  uint32_t inputCount = epoch ? 0 : plan->entry->inputs()->size();
  Indices placed = plan->outputs.at(epoch);
  // First the offsets, as if the area began at 0.
  auto put = [&](Piece &piece, uint64_t bytes) {
    piece.device = reinterpret_cast<char *>(at);
    piece.bytes = bytes;
    at += roomFor(bytes);
  };
  for (uint32_t i = 0; i < inputCount; ++i) {
    int64_t bytes = 0;
    tensorBytes(given[i].dtype, given[i].dims, given[i].rank, bytes);
    put(inputs[i], uint64_t(bytes));
  }
  uint64_t out = at;
  if (epoch == 0) {
    faultStart = at;
    at += roundUp(plan->steps.size() * sizeof(uint32_t));
    counterStart = at;
    at += plan->stateUse.size() * alignment;
  }
  for (uint32_t i : placed) {
    // Sums cannot wrap: each size was checked against int64, and these against the device.
    if (outputBytes[i] > table.memory || at > table.memory)
      return fail(error, DSC_OUT_OF_MEMORY, "no memory for the %llu bytes of output '%.200s'%s",
                  ull(outputBytes[i]), text(plan->entry->outputs()->Get(i)->name()), advice());
    put(outputs[i], outputBytes[i]);
  }
  if (at == 0)
    return DSC_OK;
  if (dsc_status status = reserve(area, at, error))
    return status;
  area.out = out;
  auto settle = [&](Piece &piece) {
    piece.pinned = static_cast<char *>(area.pinned) + address(piece.device);
    piece.device = area.device.data() + address(piece.device);
  };
  for (uint32_t i = 0; i < inputCount; ++i)
    settle(inputs[i]);
  for (uint32_t i : placed) {
    settle(outputs[i]);
    outputs[i].caller = static_cast<char *>(results[i].data);
    if (!results[i].data)
      results[i].data = outputs[i].pinned;
  }
  for (uint32_t i = 0; i < inputCount; ++i)
    if (inputs[i].bytes)
      memcpy(inputs[i].pinned, given[i].data, inputs[i].bytes);
  return table.separate ? separatePieces(inputCount, placed, error) : DSC_OK;
}

dsc_status CudaSession::separatePieces(uint32_t inputCount, Indices placed, dsc_error *error) {
  auto give = [&](Piece &piece) {
    bool there = piece.own.data() && piece.own.bytes() == piece.bytes;
    if (!there && !piece.own.allocate(table, piece.bytes))
      return false;
    piece.device = piece.own.data();
    return true;
  };
  bool enough = true;
  for (uint32_t i = 0; i < inputCount; ++i)
    enough &= give(inputs[i]);
  for (uint32_t i : placed)
    enough &= give(outputs[i]);
  return enough ? DSC_OK
                : fail(error, DSC_OUT_OF_MEMORY, "no memory for inputs and outputs%s", advice());
}

// The area's first `bytes`, or each input by itself.
int CudaSession::copyInputs(uint64_t bytes) {
  const CudaDriver &driver = device->driver;
  int code = driver.copyIn(address(areas[0].device.data()), areas[0].pinned, bytes, stream);
  for (uint32_t i = 0; table.separate && !code && i < plan->entry->inputs()->size(); ++i)
    if (inputs[i].bytes)
      code = driver.copyIn(address(inputs[i].device), inputs[i].pinned, inputs[i].bytes, stream);
  return code;
}

int CudaSession::copyOutputs() {
  const CudaDriver &driver = device->driver;
  int code = 0;
  for (Area &area : areas)
    if (area.end > area.out && !code)
      code = driver.copyOut(static_cast<char *>(area.pinned) + area.out,
                            address(area.device.data()) + area.out, area.end - area.out, stream);
  for (uint32_t i = 0; table.separate && !code && i < plan->entry->outputs()->size(); ++i)
    if (outputs[i].bytes)
      code =
          driver.copyOut(outputs[i].pinned, address(outputs[i].device), outputs[i].bytes, stream);
  return code;
}

dsc_status CudaSession::upload(SessionState &state, dsc_error *error) {
  Area &area = areas[0];
  char *pinned = static_cast<char *>(area.pinned);
  uint64_t end = counterStart + plan->stateUse.size() * alignment;
  if (end) {
    memset(pinned + faultStart, 0, end - faultStart);
    for (uint32_t i = 0; i < plan->stateUse.size(); ++i)
      memcpy(pinned + counterStart + i * alignment, &state.counter(i), sizeof(int64_t));
    if (int code = copyInputs(end))
      return failed(code, error, "copying the inputs");
  }
  if (!timed)
    return DSC_OK;
  if (events.size() < plan->steps.size() + 1) {
    for (CudaEvent event : events)
      if (event)
        device->driver.eventDestroy(event);
    if (!events.allocate(plan->steps.size() + 1))
      return fail(error, DSC_OUT_OF_MEMORY, "no memory for the times of steps");
    for (CudaEvent &event : events)
      if (int code = device->driver.eventCreate(&event, 0))
        return failed(code, error, "making an event");
  }
  return recordTime(0, error);
}

dsc_status CudaSession::recordTime(size_t event, dsc_error *error) {
  int code = timed ? device->driver.eventRecord(events[event], stream) : 0;
  return code ? failed(code, error, "recording an event") : DSC_OK;
}

dsc_status CudaSession::launch(size_t step, int64_t grid, void *const *operands,
                               const int64_t *sizes, dsc_error *error) {
  const PlanStep &planned = plan->steps[step];
  CudaLaunch &launch = launches[step];
  launch = {};
  if (grid > INT32_MAX)
    return fail(error, DSC_INVALID_ARGUMENT,
                "entry '%.200s', step %zu (%.200s): a grid of %lld blocks is beyond CUDA's limit",
                text(plan->entry->name()), step, planned.source, ll(grid));
  if (grid > 0) {
    launch.kernel = &loaded->kernel(planned.kernelNumber);
    launch.grid = static_cast<unsigned>(grid);
    launch.arguments = words.data() + usedWords;
    uint64_t *word = launch.arguments;
    for (uint32_t i = 0; i < planned.buffers.count; ++i)
      *word++ = address(operands[i]);
    for (uint32_t i = 0; i < planned.sizes.count; ++i)
      *word++ = static_cast<uint64_t>(sizes[i]);
    *word++ = address(areas[0].device.data() + faultStart + step * sizeof(uint32_t));
    launch.words = static_cast<uint32_t>(word - launch.arguments);
    usedWords += launch.words;
    if (!asGraph)
      if (dsc_status status = launchNow(launch, step, error))
        return status;
  }
  return recordTime(step + 1, error);
}

dsc_status CudaSession::launchNow(const CudaLaunch &launch, size_t step, dsc_error *error) {
  const CudaKernel &kernel = *launch.kernel;
  // Arguments as one block of memory: the driver checks its size against the function's parameters.
  size_t bytes = launch.words * sizeof(uint64_t);
  void *extra[] = {reinterpret_cast<void *>(1), launch.arguments, reinterpret_cast<void *>(2),
                   &bytes, nullptr};
  if (int code = device->driver.launch(kernel.function, launch.grid, 1, 1, kernel.threads, 1, 1,
                                       kernel.sharedBytes, stream, nullptr, extra)) {
    char what[400];
    snprintf(what, sizeof what, "step %zu (%.300s)", step, plan->steps[step].source);
    return failed(code, error, what);
  }
  return DSC_OK;
}

dsc_status CudaSession::launchGraph(dsc_error *error) {
  size_t steps = plan->steps.size();
  CudaGraphCopy *found = nullptr, *oldest = &graphs[0];
  bool any = false;
  for (size_t i = 0; i < steps; ++i)
    any |= launches[i].kernel != nullptr;
  if (!any)
    return DSC_OK;
  for (CudaGraphCopy &graph : graphs) {
    if (graph.fits(entry, launches, steps))
      found = &graph;
    if (graph.lastUse < oldest->lastUse)
      oldest = &graph;
  }
  int code = 0;
  if (!found) {
    found = oldest;
    code = found->build(device->driver, entry, launches, steps);
  }
  found->lastUse = ++uses;
  if (!code)
    code = found->replay(launches, stream);
  return code ? failed(code, error, "replaying its steps") : DSC_OK;
}

dsc_status CudaSession::checkFaults(dsc_error *error) const {
  const uint32_t *faults =
      reinterpret_cast<const uint32_t *>(static_cast<const char *>(areas[0].pinned) + faultStart);
  for (size_t i = 0; i < plan->steps.size(); ++i)
    if (faults[i])
      return fail(error, DSC_INDEX_OUT_OF_RANGE,
                  "entry '%.200s', step %zu: an index is out of range in %.400s",
                  text(plan->entry->name()), i,
                  *plan->steps[i].source ? plan->steps[i].source : "a gather or scatter");
  return DSC_OK;
}

dsc_status CudaSession::wait(dsc_error *error) {
  int code = device->driver.streamWait(stream);
  return code ? failed(code, error, "its kernels") : DSC_OK;
}

dsc_status CudaSession::readElement(size_t step, const void *buffer, uint64_t index, int64_t &value,
                                    dsc_error *error) {
  const CudaDriver &driver = device->driver;
  Area &area = areas[0];
  int code =
      driver.copyOut(element, address(buffer) + index * sizeof(int64_t), sizeof(int64_t), stream);
  if (!code)
    code =
        driver.copyOut(static_cast<char *>(area.pinned) + faultStart,
                       address(area.device.data()) + faultStart, counterStart - faultStart, stream);
  if (code)
    return failed(code, error, "reading a computed size");
  if (dsc_status status = wait(error))
    return status;
  memcpy(&value, element, sizeof value);
  if (dsc_status status = checkFaults(error))
    return status;
  return recordTime(step + 1, error); // here: the time of waiting is this step's
}

dsc_status CudaSession::finish(SessionState &state, dsc_error *error) {
  if (asGraph)
    if (dsc_status status = launchGraph(error))
      return status;
  if (int code = copyOutputs())
    return failed(code, error, "copying the outputs");
  if (dsc_status status = wait(error))
    return status;
  if (dsc_status status = checkFaults(error))
    return status;
  const char *counters = static_cast<const char *>(areas[0].pinned) + counterStart;
  for (uint32_t i = 0; i < plan->stateUse.size(); ++i)
    memcpy(&state.counter(i), counters + i * alignment, sizeof(int64_t));
  for (uint32_t i = 0; i < plan->entry->outputs()->size(); ++i)
    if (outputs[i].caller && outputs[i].bytes)
      memcpy(outputs[i].caller, outputs[i].pinned, outputs[i].bytes);
  return DSC_OK;
}

size_t CudaSession::graphCount() const {
  size_t count = 0;
  for (const CudaGraphCopy &graph : graphs)
    count += graph.built();
  return count;
}

void CudaSession::abandon() { device->driver.streamWait(stream); }

uint64_t CudaSession::nanoseconds(size_t step) const {
  float milliseconds = 0;
  if (plan->steps[step].launch && !launches[step].kernel)
    return 0;
  if (device->driver.eventElapsed(&milliseconds, events[step], events[step + 1]) != 0)
    return 0;
  return static_cast<uint64_t>(static_cast<double>(milliseconds) * 1e6);
}

} // namespace dsc
