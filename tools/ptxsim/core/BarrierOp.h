// SPDX-License-Identifier: Apache-2.0
// What bar.red computes of its predicate.
#pragma once

#include <cstdint>

namespace ptxsim {

enum class BarrierReduction : uint8_t { None, Popc, And, Or };

} // namespace ptxsim
