// SPDX-License-Identifier: Apache-2.0
// Questions about all paths through a function.
#pragma once

#include "tools/ptxsim/mutate/Ranges.h"

namespace ptxsim {

class Paths {
public:
  /// Branches that always go one way, by the ranges of what they compare, go that way only.
  Paths(const Function &function, const Ranges &ranges);
  bool isReached(size_t at) const { return at == 0 || !previous[at].empty(); }
  /// Whether what instruction `at` writes to its register is written again before any use.
  bool isDead(size_t at) const;
  /// Whether on every path to instruction `at`, a `mov` of a constant, the register was last given
  /// the same constant by another such instruction.
  bool isRepeated(size_t at) const;

private:
  /// Whether in front of instruction `before` the register has this value on every path, written by
  /// `mov` alone, and not by instruction `but`.
  bool holds(size_t before, unsigned reg, const Operand &value, size_t but, unsigned depth) const;
  bool reads(const Instruction &in, unsigned reg) const;
  bool writes(const Instruction &in, unsigned reg) const;

  const Function &function;
  std::vector<std::vector<size_t>> next, previous;
};

} // namespace ptxsim
