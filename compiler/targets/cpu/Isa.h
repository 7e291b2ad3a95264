// SPDX-License-Identifier: Apache-2.0
// The instruction sets that kernels are compiled for.
#ifndef DSC_COMPILER_TARGETS_CPU_ISA_H
#define DSC_COMPILER_TARGETS_CPU_ISA_H

#include "llvm/ADT/StringRef.h"

namespace dsc::cpu {

struct Isa {
  llvm::StringRef name;
  /// Lanes of a vector register for f32.
  unsigned lanes;
  /// Rows and vectors of 16 columns of a dot's tile whose lanes are columns.
  unsigned tileRows, tileColumns;
  /// Rows and columns of a dot's tile whose lanes are contracted.
  unsigned innerRows, innerColumns;
};

/// "x86-64-v3" or "x86-64-v4"; null for others.
const Isa *findIsa(llvm::StringRef name);
/// The best of these that this processor and system can run; empty when none.
llvm::StringRef hostIsa();

} // namespace dsc::cpu

#endif
