// SPDX-License-Identifier: Apache-2.0
// Graphs: made of kernels or by capture, instantiated, changed, replayed.
#include "tools/ptxsim/driver/Context.h"

#include <algorithm>

using namespace ptxsim;

namespace {

LaunchShape shapeOf(const CUkernelNode &node) {
  return {{node.gridDimX, node.gridDimY, node.gridDimZ},
          {node.blockDimX, node.blockDimY, node.blockDimZ},
          node.sharedMemBytes};
}

/// Kernel, shape and parameters of `node` as `described`.
CUresult describe(Context &c, GraphNode &node, const CUkernelNode &described) {
  if (!c.kernels.contains(described.func))
    return cuda::InvalidHandle;
  std::vector<uint8_t> parameters;
  LaunchShape shape = shapeOf(described);
  if (CUresult result = c.check(*described.func, shape, described.kernelParams, described.extra,
                                parameters))
    return result;
  node.kernel = described.func;
  node.shape = shape;
  node.parameters = std::move(parameters);
  return cuda::Success;
}

bool belongs(const Graph &graph, const GraphNode *node) {
  return std::ranges::any_of(graph.nodes, [&](const auto &own) { return own.get() == node; });
}

} // namespace

PTXSIM_API CUresult cuGraphCreate(CUgraph *graph, unsigned flags) {
  return inContext([&](Context &c) {
    if (!graph || flags)
      return cuda::InvalidValue;
    *graph = c.graphs.insert(std::make_unique<Graph>()).first->get();
    return cuda::Success;
  });
}

/// A node depends on nodes that are there already, so that the order of their making serves.
PTXSIM_API CUresult cuGraphAddKernelNode(CUgraphNode *node, CUgraph graph, const CUgraphNode *after,
                                         size_t count, const CUkernelNode *described) {
  return inContext([&](Context &c) -> CUresult {
    if (!node || !described || (count && !after))
      return cuda::InvalidValue;
    if (!owns(c.graphs, graph))
      return cuda::InvalidHandle;
    for (size_t i = 0; i < count; ++i)
      if (!belongs(*graph, after[i]) || std::find(after, after + i, after[i]) != after + i)
        return cuda::InvalidValue;
    auto made = std::make_unique<GraphNode>();
    if (CUresult result = describe(c, *made, *described))
      return result;
    *node = made.get();
    graph->nodes.push_back(std::move(made));
    return cuda::Success;
  });
}

PTXSIM_API CUresult cuGraphAddKernelNode_v2(CUgraphNode *node, CUgraph graph,
                                            const CUgraphNode *after, size_t count,
                                            const CUkernelNode_v2 *described) {
  return cuGraphAddKernelNode(node, graph, after, count, described ? &described->first : nullptr);
}

PTXSIM_API CUresult cuGraphInstantiateWithFlags(CUgraphExec *exec, CUgraph graph,
                                                unsigned long long) {
  return inContext([&](Context &c) {
    if (!exec)
      return cuda::InvalidValue;
    if (!owns(c.graphs, graph))
      return cuda::InvalidHandle;
    auto made = std::make_unique<GraphExec>();
    for (const auto &node : graph->nodes) {
      made->numbers[node.get()] = made->nodes.size();
      made->nodes.push_back(*node);
    }
    *exec = c.execs.insert(std::move(made)).first->get();
    return cuda::Success;
  });
}

/// Counts for launches from now on. The function stays the same, as the driver demands.
PTXSIM_API CUresult cuGraphExecKernelNodeSetParams(CUgraphExec exec, CUgraphNode node,
                                                   const CUkernelNode *described) {
  return inContext([&](Context &c) -> CUresult {
    if (!described)
      return cuda::InvalidValue;
    if (!owns(c.execs, exec))
      return cuda::InvalidHandle;
    auto number = exec->numbers.find(node);
    if (number == exec->numbers.end())
      return cuda::InvalidValue;
    GraphNode &own = exec->nodes[number->second];
    if (!own.kernel || own.kernel != described->func)
      return cuda::InvalidValue;
    return describe(c, own, *described);
  });
}

PTXSIM_API CUresult cuGraphExecKernelNodeSetParams_v2(CUgraphExec exec, CUgraphNode node,
                                                      const CUkernelNode_v2 *described) {
  return cuGraphExecKernelNodeSetParams(exec, node, described ? &described->first : nullptr);
}

PTXSIM_API CUresult cuGraphLaunch(CUgraphExec exec, CUstream handle) {
  return inContext([&](Context &c) -> CUresult {
    Stream *stream = c.find(handle);
    if (!stream || !owns(c.execs, exec))
      return cuda::InvalidHandle;
    // A copy: later changes of the nodes are for later launches.
    return c.submit(*stream, [&c, nodes = exec->nodes]() -> CUresult {
      for (const GraphNode &node : nodes)
        if (CUresult result = node.kernel ? c.launch(*node.kernel, node.shape, node.parameters)
                                          : node.captured())
          return result;
      return cuda::Success;
    });
  });
}

PTXSIM_API CUresult cuGraphDestroy(CUgraph graph) {
  return inContext(
      [&](Context &c) { return erase(c.graphs, graph) ? cuda::Success : cuda::InvalidHandle; });
}

PTXSIM_API CUresult cuGraphExecDestroy(CUgraphExec exec) {
  return inContext(
      [&](Context &c) { return erase(c.execs, exec) ? cuda::Success : cuda::InvalidHandle; });
}
