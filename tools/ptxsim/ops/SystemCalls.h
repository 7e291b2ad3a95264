// SPDX-License-Identifier: Apache-2.0
// Functions of the device runtime that a kernel calls without defining them.
#pragma once

#include "tools/ptxsim/decode/Decoder.h"

namespace ptxsim {

/// Emits a call of vprintf or __assertfail; false for any other name. Arguments and results are
/// variables of the calling thread.
bool emitSystemCall(Decoder &d, std::string_view name,
                    const std::vector<const Variable *> &arguments,
                    const std::vector<const Variable *> &results);

} // namespace ptxsim
