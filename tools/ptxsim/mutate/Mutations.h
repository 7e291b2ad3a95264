// SPDX-License-Identifier: Apache-2.0
// Seeded faults: small changes of a kernel that its tests should notice.
//
//   barrier   a barrier, wait, commit or fence is deleted
//   bound     a comparison's constant moves, up or down, over the next value that the register can
//             have; one between registers includes or excludes its edge
//   index     a constant of integer arithmetic grows by one (a mask by its lowest bit, the
//             reciprocal of a division is halved); a sum of two registers loses one; an address
//             moves by one access
//   fragment  two neighbouring registers of an mma or ldmatrix fragment change places
//   initial   a register is not set to zero (floats only: accumulators)
//
// Changes that the text shows to be none are left out: a bound beyond all values of the register
// (Ranges.h), a zero that is set twice or never used (Paths.h), the choice between two ways to
// divide.
#pragma once

#include "tools/ptxsim/ptx/Module.h"

#include <string>
#include <vector>

namespace ptxsim {

struct Mutation {
  enum Kind : uint8_t { Barrier, Bound, Index, Fragment, Initial };
  Kind kind;
  std::string function;
  unsigned number = 0; ///< among the faults of the function
  size_t instruction;
  size_t operand = 0; ///< which operand changes
  size_t element = 0; ///< of a vector operand
  int64_t delta = 0;  ///< of a constant
  unsigned line = 0;  ///< of the PTX
  std::string what;   ///< "constant 31 becomes 32"
};

/// "barrier", "bound", ...
const char *mutationKind(Mutation::Kind kind);

/// All faults of the module's functions, in the order of their lines.
std::vector<Mutation> findMutations(const Module &module);

/// Changes the module.
void apply(const Mutation &mutation, Module &module);

} // namespace ptxsim
