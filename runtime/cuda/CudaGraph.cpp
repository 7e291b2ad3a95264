// SPDX-License-Identifier: Apache-2.0
#include "runtime/cuda/CudaGraph.h"

#include <string.h>

namespace dsc {

namespace {

// Arguments as one block of memory: the driver checks its size against the function's parameters.
struct NodeOf {
  size_t bytes;
  void *extra[5];
  CudaKernelNode node;
  NodeOf(const CudaLaunch &launch)
      : bytes(launch.words * sizeof(uint64_t)), extra{reinterpret_cast<void *>(1), launch.arguments,
                                                      reinterpret_cast<void *>(2), &bytes, nullptr},
        node{launch.kernel->function,    launch.grid, 1,    1, launch.kernel->threads, 1, 1,
             launch.kernel->sharedBytes, nullptr,     extra} {}
  NodeOf(const NodeOf &) = delete;
  NodeOf &operator=(const NodeOf &) = delete;
};

} // namespace

CudaGraphCopy::~CudaGraphCopy() { clear(); }

void CudaGraphCopy::clear() {
  if (exec)
    driver->graphExecDestroy(exec);
  if (graph)
    driver->graphDestroy(graph);
  exec = nullptr;
  graph = nullptr;
}

int CudaGraphCopy::build(const CudaDriver &of, size_t number, const Array<CudaLaunch> &launches,
                         size_t steps) {
  clear();
  driver = &of;
  entry = number;
  size_t count = 0, allWords = 0;
  for (size_t i = 0; i < steps; ++i)
    if (launches[i].kernel)
      ++count, allWords += launches[i].words;
  if (!nodes.allocate(count) || !words.allocate(allWords))
    return CudaErrorOutOfMemory;
  int code = driver->graphCreate(&graph, 0);
  size_t node = 0, word = 0;
  for (size_t i = 0; i < steps && !code; ++i) {
    const CudaLaunch &launch = launches[i];
    if (!launch.kernel)
      continue;
    nodes[node] = {nullptr, launch.kernel, uint32_t(i), launch.grid, word};
    memcpy(&words[word], launch.arguments, launch.words * sizeof(uint64_t));
    NodeOf described(launch);
    code =
        driver->graphAddKernel(&nodes[node].handle, graph, node ? &nodes[node - 1].handle : nullptr,
                               node ? 1 : 0, &described.node);
    word += launch.words;
    ++node;
  }
  if (!code)
    code = driver->graphInstantiate(&exec, graph, 0);
  if (code)
    clear();
  return code;
}

bool CudaGraphCopy::fits(size_t number, const Array<CudaLaunch> &launches, size_t steps) const {
  if (!exec || entry != number)
    return false;
  size_t node = 0;
  for (size_t i = 0; i < steps; ++i) {
    if (!launches[i].kernel)
      continue;
    if (node == nodes.size() || nodes[node].step != i)
      return false;
    ++node;
  }
  return node == nodes.size();
}

int CudaGraphCopy::replay(const Array<CudaLaunch> &launches, CudaStream stream) {
  for (Node &node : nodes) {
    const CudaLaunch &launch = launches[node.step];
    size_t bytes = launch.words * sizeof(uint64_t);
    if (node.grid == launch.grid && !memcmp(&words[node.firstWord], launch.arguments, bytes))
      continue;
    NodeOf described(launch);
    if (int code = driver->graphSetKernel(exec, node.handle, &described.node))
      return code;
    node.grid = launch.grid;
    memcpy(&words[node.firstWord], launch.arguments, bytes);
  }
  return driver->graphLaunch(exec, stream);
}

} // namespace dsc
