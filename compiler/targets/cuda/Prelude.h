// SPDX-License-Identifier: Apache-2.0
// Pieces of CUDA C++ that sources begin with: the files of the folder prelude, by name without ".cuh". A file whose first line after
// the licence is "// needs: A B" comes behind the pieces A and B.
#ifndef DSC_COMPILER_TARGETS_CUDA_PRELUDE_H
#define DSC_COMPILER_TARGETS_CUDA_PRELUDE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <string>

namespace dsc::cuda {

/// The pieces and what they need, each once, in an order in which nothing is used before it is declared.
std::string preludeText(llvm::ArrayRef<llvm::StringRef> pieces);

} // namespace dsc::cuda

#endif
