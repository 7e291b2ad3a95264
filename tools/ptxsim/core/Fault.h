// SPDX-License-Identifier: Apache-2.0
// What stops a kernel: thrown where it is seen, turned into a report by the launch.
#pragma once

#include <cstdint>
#include <string>

namespace ptxsim {

enum class FaultKind : uint8_t {
  OutOfBounds,
  Misaligned,
  UninitialisedMemory,
  UninitialisedRegister,
  Race,
  MissingWait,
  DivergentBarrier,
  Deadlock,
  Limit,
  Trap,
  Assert,
  BadCollective,
  Unsupported,
};

/// The word that reports begin with: "out-of-bounds".
const char *faultName(FaultKind kind);

struct Fault {
  static constexpr unsigned wholeWarp = ~0u;
  FaultKind kind;
  unsigned lane; ///< or wholeWarp
  std::string message;
};

} // namespace ptxsim
