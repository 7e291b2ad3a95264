// SPDX-License-Identifier: Apache-2.0
// What a user can choose: by environment (PTXSIM_SEED=3) or ptxsim_set_option("seed", "3").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ptxsim {

struct Options {
  /// Order of blocks, warps and lanes; moment at which copies land.
  uint64_t seed = 0;
  /// Warp instructions of one launch before it counts as hung.
  uint64_t limit = 2'000'000'000;
  /// Bytes of device memory.
  uint64_t memory = uint64_t(16) << 30;
  /// Compute capability, 10 * major + minor.
  unsigned capability = 90;
  /// There is a device at all.
  bool device = true;
  bool races = true;
  /// Reading what nobody wrote: an error at the read ("strict"), or only where it decides
  /// something: addresses, branches, stores to global memory ("lazy"), or never ("off").
  enum Uninitialised { Strict, Lazy, Off } uninitialised = Strict;
  /// Print the report of a failed launch on stderr.
  bool print = true;
  /// Streams run when somebody waits for them ("late") or at once ("eager").
  bool lateStreams = false;

  /// "KERNEL:NUMBER": the fault of ptxsim_mutations to put into this kernel whenever it is loaded.
  std::string mutate;

  /// False when the name or the value is unknown.
  bool set(std::string_view name, std::string_view value);
  /// Options of the environment: PTXSIM_<NAME>. A bad value is reported on stderr.
  void readEnvironment();
};

/// The options of this process.
Options &options();

} // namespace ptxsim
