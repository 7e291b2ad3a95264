// SPDX-License-Identifier: Apache-2.0
// Windows of the generic address space: what cvta adds and takes away.
#pragma once

#include "tools/ptxsim/core/DeviceMemory.h"

#include <cstdint>

namespace ptxsim {

constexpr uint64_t windowBytes = uint64_t(1) << 24;
constexpr uint64_t sharedWindow = uint64_t(1) << 40;
constexpr uint64_t localWindow = uint64_t(2) << 40;
constexpr uint64_t parameterWindow = uint64_t(3) << 40;

} // namespace ptxsim
