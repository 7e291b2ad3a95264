// SPDX-License-Identifier: Apache-2.0
// A case of the package: an engine, calls of its entries, what must come back and what the
// simulator gave.
//
// A folder with engine.dsce and calls.txt, whose lines are
//
//   session                          what follows begins anew
//   call ENTRY ATOL RTOL
//   in NAME FILE.npy                 of the call before
//   out NAME FILE.npy                expected; also of an output that has become state
//
// and simulator.txt with simulator/*.npy, written by `record`.
#ifndef DSC_TOOLS_GPU_CHECK_CASE_H
#define DSC_TOOLS_GPU_CHECK_CASE_H

#include "tools/dsc/Compare.h"
#include "tools/gpu_check/KernelTable.h"

#include "dsc/runtime.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace dsc::gpucheck {

struct Call {
  bool fresh = false; // begins a session
  std::string entry;
  Tolerance tolerance;
  std::vector<NpyArray> inputs, expected;
  std::vector<std::filesystem::path> recorded; // of each expected array: where the simulator's is
};

// Of one call.
struct Outcome {
  std::string entry, failure;      // failure: "" when all outputs are as expected
  double largestError = 0;         // to what is expected
  double simulatorDifference = -1; // to what the simulator gave; -1: nothing is recorded
  double seconds = 0;              // the shortest of the repetitions
};

class Case {
public:
  // Throws std::runtime_error with what is wrong with the folder.
  explicit Case(const std::filesystem::path &folder);

  const std::string &name() const { return caseName; }
  // All calls once for their values, then `repeat` times for the time of calls and of kernels.
  std::vector<Outcome> run(dsc_runtime *runtime, int repeat, KernelTable &kernels);
  // All calls once; keeps the outputs and the simulator's counters in the folder.
  void record(dsc_runtime *runtime);

private:
  struct Session;
  std::vector<NpyArray> results(Session &session, const Call &call);

  std::filesystem::path folder;
  std::string caseName;
  std::vector<Call> calls;
};

} // namespace dsc::gpucheck

#endif
