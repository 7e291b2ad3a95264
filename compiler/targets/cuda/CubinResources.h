// SPDX-License-Identifier: Apache-2.0
// What a compiled kernel needs of a GPU, read from its cubin: an ELF file whose section .nv.info holds attributes, as `readelf -x .nv.info`
// and `cuobjdump -elf` show them.
#ifndef DSC_COMPILER_TARGETS_CUDA_CUBINRESOURCES_H
#define DSC_COMPILER_TARGETS_CUDA_CUBINRESOURCES_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

namespace dsc::cuda {

struct KernelResources {
  unsigned registers = 0;   // of a thread
  unsigned spillBytes = 0;  // of a thread: its stack frame, when ptxas has spilled registers to it
  unsigned sharedBytes = 0; // static shared memory of a block
};

/// Of a cubin with one kernel. What is not found stays 0.
KernelResources readResources(llvm::ArrayRef<char> cubin);

} // namespace dsc::cuda

#endif
