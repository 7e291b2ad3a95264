// SPDX-License-Identifier: Apache-2.0
// What values the registers of a function can have, as far as its text tells: bits that are never
// set and bounds, the same for all places (registers of PTX are assigned nearly once).
#pragma once

#include "tools/ptxsim/ptx/Module.h"

namespace ptxsim {

/// Values of a register, as unsigned numbers of its width.
struct Range {
  uint64_t low = 1, high = 0; ///< low > high: never written
  uint64_t zeros = ~0ull;     ///< bits that are never set
  uint64_t ones = ~0ull;      ///< bits that are always set

  static Range all(unsigned bits);
  static Range only(uint64_t value) { return {value, value, ~value, value}; }
  bool never() const { return low > high; }
  /// The lowest bit that can be set; 0 when the value is always 0.
  uint64_t step() const { return ~zeros & (zeros + 1); }
  bool contains(uint64_t value) const {
    return value >= low && value <= high && !(value & zeros) && (value & ones) == ones;
  }
  /// Whether two registers may hold the same value.
  bool meets(const Range &other) const {
    return low <= other.high && other.low <= high && !(ones & other.zeros) && !(zeros & other.ones);
  }
  bool operator==(const Range &) const = default;
};

class Ranges {
public:
  /// Threads are numbered below `.maxntid`: whoever launches fewer has smaller numbers.
  explicit Ranges(const Function &function);
  /// Of a source operand that is read with `bits` bits.
  Range of(const Operand &operand, unsigned bits) const;
  /// What a comparison of a register with a constant gives, where it is always the same.
  std::optional<bool> outcome(const Instruction &setp) const;

private:
  Range result(const Instruction &in) const;
  void write(const Operand &target, const Range &value);

  const Function &function;
  std::vector<Range> known;
  std::vector<unsigned> changes;
  bool changed = false;
};

/// The last suffix that names a type: of the sources, where there are two.
Type lastType(const Instruction &in);

} // namespace ptxsim
