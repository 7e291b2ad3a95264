// SPDX-License-Identifier: Apache-2.0
// A module text that the simulator refuses: malformed, or with an instruction it does not know.
#pragma once

#include <stdexcept>
#include <string>

namespace ptxsim {

struct PtxError : std::runtime_error {
  PtxError(unsigned line, const std::string &what)
      : std::runtime_error("PTX line " + std::to_string(line) + ": " + what), line(line) {}
  unsigned line;
};

} // namespace ptxsim
