// SPDX-License-Identifier: Apache-2.0
// The compact form that warps execute: handlers with resolved operands.
#pragma once

#include "tools/ptxsim/core/Counters.h"
#include "tools/ptxsim/ptx/Module.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace ptxsim {

struct Warp;
struct Inst;

/// Executes the instruction for the lanes whose bits are set.
using Handler = void (*)(Warp &, const Inst &, uint32_t lanes);

/// Where an operand's 32 lanes lie: registers of up to 32 bits as uint32_t[32] (zero-extended),
/// of 64 bits as uint64_t[32], predicates as one uint32_t with a bit per lane.
struct Slot {
  int32_t offset = -1; ///< bytes into the warp's registers, or ~bytes into the constants
  uint32_t use = 0;    ///< number of the register for the initialisation check; 0: constant
};

/// What the instruction does to program counters; everything else is Plain.
enum class Flow : uint8_t {
  Plain,
  Branch,
  BranchTable,
  Call,
  Return,
  Exit,
  Collective, ///< waits for the lanes of a mask (`c`), then runs once for all of them
  WarpBarrier,
  BlockBarrier,
  Yield,
};

struct Inst {
  Handler run = nullptr;
  Slot d, a, b, c, guard;
  /// Operands beyond these: [more, more + moreSources) are read, the next moreResults written.
  uint32_t more = 0;
  uint8_t moreSources = 0, moreResults = 0;
  Class cls = Class::Other;
  Flow flow = Flow::Plain;
  bool guardNegated = false;
  bool copies = false;  ///< passes uninitialised values on instead of using them
  bool aligned = false; ///< a collective that all 32 lanes must execute together
  bool decides = false; ///< its operands decide addresses, control or what others can see
  uint32_t target = 0;  ///< instruction index of a branch or call
  uint64_t immediate = 0;
  const void *extra = nullptr; ///< description owned by the image, by family
};

struct InstOrigin {
  unsigned line = 0;
  SourceLocation source;
  const Function *function = nullptr;
};

enum class Special : uint8_t {
  TidX,
  TidY,
  TidZ,
  NtidX,
  NtidY,
  NtidZ,
  CtaidX,
  CtaidY,
  CtaidZ,
  NctaidX,
  NctaidY,
  NctaidZ,
  LaneId,
  WarpId,
  NwarpId,
  SmId,
  NsmId,
  GridId,
  LanemaskEq,
  LanemaskLe,
  LanemaskLt,
  LanemaskGe,
  LanemaskGt,
  DynamicSmemSize,
  TotalSmemSize,
  Zero,
};

/// A kernel with every function it can reach, ready to run.
struct Image {
  struct Parameter {
    uint32_t offset, size;
  };
  struct SpecialRegister {
    Special which;
    Slot slot;
  };
  const Module *module = nullptr;
  const Function *entry = nullptr;
  std::vector<Inst> code;
  std::vector<InstOrigin> origins;
  mutable std::vector<uint8_t> reached; ///< by instruction: whether any lane has executed it
  std::vector<Slot> slots;
  std::vector<char> constants;
  std::vector<SpecialRegister> specials;
  std::vector<Parameter> parameters;
  std::vector<std::string> useNames; ///< register names by Slot::use
  uint32_t parameterBytes = 0;
  uint32_t registerBytes = 0, registerUses = 2; ///< use 0: constants, use 1: results of nobody
  uint32_t staticShared = 0;                    ///< bytes; dynamic shared memory begins here
  uint32_t localBytes = 0;                      ///< of one thread
  std::vector<std::shared_ptr<void>> extras;

  template <class T> T *own(T value) {
    auto kept = std::make_shared<T>(std::move(value));
    extras.push_back(kept);
    return kept.get();
  }
};

} // namespace ptxsim
