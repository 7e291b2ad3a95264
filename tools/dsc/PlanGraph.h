// SPDX-License-Identifier: Apache-2.0
// The plan of an engine as a graph for Graphviz.
#ifndef DSC_TOOLS_DSC_PLANGRAPH_H
#define DSC_TOOLS_DSC_PLANGRAPH_H

#include "runtime/format/engine_generated.h"
#include <string>

namespace dsc {

// One cluster per entry: a node per launch (what its kernel computes, the ONNX node it comes from), per input, output and state; an edge
// from the writer of a buffer to each reader. Weights are counted in the label of their reader.
std::string planGraph(const format::Manifest &manifest);

} // namespace dsc

#endif
