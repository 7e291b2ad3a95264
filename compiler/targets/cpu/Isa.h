// SPDX-License-Identifier: Apache-2.0
// The instruction sets that kernels are compiled for.
#ifndef DSC_COMPILER_TARGETS_CPU_ISA_H
#define DSC_COMPILER_TARGETS_CPU_ISA_H

#include "llvm/ADT/StringRef.h"

namespace dsc::cpu {

struct Isa {
  /// A level of the x86-64 psABI, and a feature: "x86-64-v4+avx512bf16".
  llvm::StringRef name;
  /// The same in LLVM's terms.
  llvm::StringRef cpu, features;
  /// Lanes of a vector register for f32.
  unsigned lanes;
  /// Rows and vectors of 16 columns of a dot's tile whose lanes are columns.
  unsigned tileRows, tileColumns;
  /// Rows and columns of a dot's tile whose lanes are contracted.
  unsigned innerRows, innerColumns;
};

/// "x86-64-v3", "x86-64-v4" or bf16DotIsa; null for others.
const Isa *findIsa(llvm::StringRef name);
/// The one with an instruction that multiplies pairs of bf16 and adds both products to an f32.
constexpr llvm::StringLiteral bf16DotIsa = "x86-64-v4+avx512bf16";
/// Whether this processor has it.
bool hostHasBf16Dot();
/// The best of these that this processor and system can run; empty when none.
llvm::StringRef hostIsa();

} // namespace dsc::cpu

#endif
