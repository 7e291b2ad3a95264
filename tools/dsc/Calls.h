// SPDX-License-Identifier: Apache-2.0
// The calls of a command line: which entry, with which arrays, and what is expected back.
#ifndef DSC_TOOLS_DSC_CALLS_H
#define DSC_TOOLS_DSC_CALLS_H

#include "tools/dsc/RuntimeHandles.h"

#include <string>
#include <vector>

namespace dsc {

struct CallFiles {
  std::vector<std::string> npz;    // [ENTRY=]IO.npz, each one call
  std::vector<std::string> inputs; // NAME=@file.npy, together one more call
  std::vector<std::string> expected;
};

struct Call {
  std::string origin; // the file, or "--input"
  size_t entry = 0;
  std::vector<NpyArray> inputs;   // in the order of the entry, converted to its types
  std::vector<NpyArray> expected; // named as the outputs
};

// Reads the files and finds the entries: the one named, the only one, or the only one whose inputs
// fit.
std::vector<Call> readCalls(const EngineHandle &engine, const CallFiles &files);

} // namespace dsc

#endif
