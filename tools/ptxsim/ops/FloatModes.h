// SPDX-License-Identifier: Apache-2.0
// Rounding, flushing of subnormals and saturation around an ordinary floating-point handler.
#pragma once

#include "tools/ptxsim/decode/Decoder.h"

namespace ptxsim {

struct FloatModes {
  enum Rounding : uint32_t { Nearest = 0, Down = 0x2000, Up = 0x4000, Zero = 0x6000 };
  Rounding rounding = Nearest;
  bool flush = false;    ///< .ftz
  bool saturate = false; ///< .sat: to [0, 1], NaN to 0
  bool wide = false;     ///< the result has 64 bits
};

/// Consumes .rn .rz .rm .rp, .ftz and .sat.
FloatModes floatModes(Decoder &d);

/// Gives the instruction this handler, in these modes.
void setHandler(Decoder &d, Inst &inst, Handler handler, const FloatModes &modes);

} // namespace ptxsim
