// SPDX-License-Identifier: Apache-2.0
// Launches of one run, replayed as one piece.
#ifndef DSC_RUNTIME_CUDA_CUDAGRAPH_H
#define DSC_RUNTIME_CUDA_CUDAGRAPH_H

#include "runtime/Memory.h"
#include "runtime/cuda/CudaEngine.h"

namespace dsc {

// What a step launches in this run; its arguments are words of 8 bytes.
struct CudaLaunch {
  const CudaKernel *kernel = nullptr; // null: not launched
  unsigned grid = 0;
  uint64_t *arguments = nullptr;
  uint32_t words = 0;
};

// A linear graph of an entry's launched steps. One that launches the same steps with other
// arguments is the same graph with changed nodes.
class CudaGraphCopy {
public:
  CudaGraphCopy() = default;
  CudaGraphCopy(const CudaGraphCopy &) = delete;
  CudaGraphCopy &operator=(const CudaGraphCopy &) = delete;
  ~CudaGraphCopy();

  // Makes the graph of these launches; 0 or the driver's error.
  int build(const CudaDriver &driver, size_t entry, const Array<CudaLaunch> &launches,
            size_t steps);
  bool fits(size_t entry, const Array<CudaLaunch> &launches, size_t steps) const;
  // Changes the nodes whose grid or arguments are others than last time, and launches.
  int replay(const Array<CudaLaunch> &launches, CudaStream stream);

  uint64_t lastUse = 0;
  bool built() const { return exec != nullptr; }
  void clear();

private:
  struct Node {
    CudaGraphNode handle = nullptr;
    const CudaKernel *kernel = nullptr;
    uint32_t step = 0;
    unsigned grid = 0;
    size_t firstWord = 0;
  };
  const CudaDriver *driver = nullptr;
  size_t entry = 0;
  CudaGraph graph = nullptr;
  CudaGraphExec exec = nullptr;
  Array<Node> nodes;
  Array<uint64_t> words; // arguments of all nodes, as they are in the executable graph
};

} // namespace dsc

#endif
