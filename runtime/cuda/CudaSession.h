// SPDX-License-Identifier: Apache-2.0
// A session's part that a GPU needs: a stream, the way of arguments there and back, launches.
//
// A run goes begin -> place(0) -> upload -> launch ... -> finish. Everything runs on one stream, in
// order; the host waits where a step defines a symbol, and at the end. Inputs, words of faults,
// counters and outputs share an area of the device that has its image in pinned memory, so that a
// run copies once in each direction:
//
//   [inputs][fault word of each step][counters][outputs]
//    \---------- in ----------------------/
//            \-------------- out ----------------------/
//
// Outputs whose size becomes known only in a later epoch have areas of their own.
#ifndef DSC_RUNTIME_CUDA_CUDASESSION_H
#define DSC_RUNTIME_CUDA_CUDASESSION_H

#include "runtime/cuda/CudaGraph.h"

namespace dsc {

class SessionState;

class CudaSession {
public:
  CudaSession() = default;
  CudaSession(const CudaSession &) = delete;
  CudaSession &operator=(const CudaSession &) = delete;
  ~CudaSession();

  dsc_status start(CudaDevice &device, const dsc_engine &engine, dsc_error *error);
  CudaDevice *gpu() const { return device; }
  DeviceMemory &memory() { return table; }

  // `graph`: the launches of this run may be replayed as a graph (nobody asks for their times).
  void begin(size_t entry, const EntryPlan &plan, bool graph);
  // Finds room for the inputs (epoch 0) and for the outputs of `epoch`, whose sizes are
  // `outputBytes`. An output without memory of the caller's gets the pinned memory of the area.
  dsc_status place(uint32_t epoch, const dsc_tensor *inputs, dsc_tensor *outputs,
                   const uint64_t *outputBytes, dsc_error *error);
  char *input(uint32_t i) const { return inputs[i].device; }
  char *output(uint32_t i) const { return outputs[i].device; }
  char *weight(uint32_t i) const { return loaded->weight(i); }
  char *counter(uint32_t state) const {
    return areas[0].device.data() + counterStart + uint64_t(state) * 256;
  }

  dsc_status upload(SessionState &state, dsc_error *error);
  dsc_status launch(size_t step, int64_t grid, void *const *operands, const int64_t *sizes,
                    dsc_error *error);
  // An element of a buffer, for `step`: after all launches before it.
  dsc_status readElement(size_t step, const void *buffer, uint64_t element, int64_t &value,
                         dsc_error *error);
  // Waits; faults, counters and outputs are on the host then.
  dsc_status finish(SessionState &state, dsc_error *error);
  // Graphs that are ready to be replayed.
  size_t graphCount() const;
  // After an error: nothing of the run is under way any more.
  void abandon();
  // Nanoseconds of a step of the last run, 0 of one that was not launched; times are recorded in
  // runs that begin without a graph.
  uint64_t nanoseconds(size_t step) const;

private:
  // A piece of an area on both sides.
  struct Piece {
    Block own; // where buffers are separate: the device's side
    char *device = nullptr, *pinned = nullptr, *caller = nullptr;
    uint64_t bytes = 0;
  };
  struct Area {
    Block device;
    void *pinned = nullptr;
    uint64_t pinnedBytes = 0, out = 0, end = 0; // [out, end) comes back
  };

  static CudaSession &of(DeviceMemory &table) { return *reinterpret_cast<CudaSession *>(&table); }
  dsc_status reserve(Area &area, uint64_t bytes, dsc_error *error);
  dsc_status separatePieces(uint32_t inputCount, Indices placed, dsc_error *error);
  int copyInputs(uint64_t bytes);
  int copyOutputs();
  dsc_status launchGraph(dsc_error *error);
  dsc_status launchNow(const CudaLaunch &launch, size_t step, dsc_error *error);
  dsc_status wait(dsc_error *error);
  dsc_status recordTime(size_t event, dsc_error *error);
  dsc_status failed(int code, dsc_error *error, const char *what) const;
  dsc_status checkFaults(dsc_error *error) const;
  const char *advice();

  DeviceMemory table = {}; // first: the functions of the table find the session by it
  CudaDevice *device = nullptr;
  CudaEngine *loaded = nullptr;
  CudaStream stream = nullptr;

  Array<Area> areas; // by epoch
  Array<Piece> inputs, outputs;
  uint64_t faultStart = 0, counterStart = 0;
  void *element = nullptr; // pinned, of readElement

  size_t entry = 0;
  const EntryPlan *plan = nullptr;
  bool asGraph = false;
  Array<CudaLaunch> launches; // by step
  Array<uint64_t> words;      // their arguments
  size_t usedWords = 0;

  static constexpr size_t maxGraphs = 16;
  CudaGraphCopy graphs[maxGraphs];
  uint64_t uses = 0;

  Array<CudaEvent> events; // [0]: before the first step; [i + 1]: after step i
  bool timed = false;
  char adviceText[160] = "";
};

} // namespace dsc

#endif
