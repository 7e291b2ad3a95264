// SPDX-License-Identifier: Apache-2.0
// NVRTC opened at run time, for tests on machines that have it.
#pragma once

#include <optional>
#include <string>

namespace ptxsim::test {

/// PTX of a .cu file of tests/unit/ptxsim/kernels; nothing on a machine without NVRTC.
std::optional<std::string> compiled(const std::string &name, const char *architecture);

} // namespace ptxsim::test
