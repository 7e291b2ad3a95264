// SPDX-License-Identifier: Apache-2.0
// The realistic kernels with inputs, launches and references in double: used by tests and by the
// mutation tool.
#pragma once

#include "tests/unit/ptxsim/Gpu.h"

#include <functional>
#include <ostream>
#include <string>
#include <vector>

namespace ptxsim::test {

struct Workload {
  const char *name; ///< of the kernel and of its files
  /// Runs the kernel's cases; "" when every result is right, else what is wrong. A report of the
  /// simulator is a wrong result.
  std::function<std::string(Module &)> check;
};

/// What GoogleTest shows of one.
inline void PrintTo(const Workload &workload, std::ostream *out) { *out << workload.name; }

const std::vector<Workload> &workloads();

} // namespace ptxsim::test
