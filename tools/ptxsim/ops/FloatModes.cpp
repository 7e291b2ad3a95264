// SPDX-License-Identifier: Apache-2.0
#include "tools/ptxsim/ops/FloatModes.h"

#include "tools/ptxsim/ops/Lanes.h"

namespace ptxsim {
namespace {

struct Modified {
  Handler handler;
  FloatModes modes;
};

constexpr uint32_t roundingBits = 0x6000, flushBits = 0x8040;

/// The handler is reached through memory, so the compiler cannot move its arithmetic out of the
/// stretch in which the control register differs.
void runModified(Warp &w, const Inst &i, uint32_t lanes) {
  const Modified &m = *static_cast<const Modified *>(i.extra);
  uint32_t before = _mm_getcsr();
  _mm_setcsr((before & ~(roundingBits | flushBits)) | m.modes.rounding |
             (m.modes.flush ? flushBits : 0));
  m.handler(w, i, lanes);
  _mm_setcsr(before);
  if (!m.modes.saturate)
    return;
  auto clamp = [](auto v) { return v > 0 ? (v < 1 ? v : decltype(v)(1)) : decltype(v)(0); };
  if (m.modes.wide) {
    uint64_t *d = w.result<uint64_t>(i.d);
    for (unsigned l = 0; l < 32; ++l)
      if (lanes >> l & 1)
        d[l] = std::bit_cast<uint64_t>(clamp(std::bit_cast<double>(d[l])));
  } else {
    uint32_t *d = w.result<uint32_t>(i.d);
    for (unsigned l = 0; l < 32; ++l)
      if (lanes >> l & 1)
        d[l] = std::bit_cast<uint32_t>(clamp(std::bit_cast<float>(d[l])));
  }
}

} // namespace

FloatModes floatModes(Decoder &d) {
  FloatModes modes;
  switch (d.hasOneOf({"rn", "rz", "rm", "rp"})) {
  case 1:
    modes.rounding = FloatModes::Zero;
    break;
  case 2:
    modes.rounding = FloatModes::Down;
    break;
  case 3:
    modes.rounding = FloatModes::Up;
    break;
  default:
    break;
  }
  modes.flush = d.has("ftz");
  modes.saturate = d.has("sat");
  return modes;
}

void setHandler(Decoder &d, Inst &inst, Handler handler, const FloatModes &modes) {
  inst.run = handler;
  if (modes.rounding == FloatModes::Nearest && !modes.flush && !modes.saturate)
    return;
  inst.extra = d.image().own(Modified{handler, modes});
  inst.run = runModified;
}

} // namespace ptxsim
