// SPDX-License-Identifier: Apache-2.0
// The images of a CUDA engine's kernels: sections that begin with a table of dsc_image (layout.h).
#ifndef DSC_RUNTIME_CUDA_IMAGETABLE_H
#define DSC_RUNTIME_CUDA_IMAGETABLE_H

#include "runtime/EngineFile.h"

namespace dsc {

// What a section of a CUDA engine holds.
enum class CudaCode : uint8_t { None, Cubin, Ptx, Source };

struct CudaTarget {
  CudaCode code = CudaCode::None;
  int capability = 0;       // 90 of "sm_90a" and "compute_90"; 0 of sources
  bool thisOneOnly = false; // "sm_90a": runs on devices of this capability and no other
};

// From a section's kind and tag; None for a section that is no image table.
CudaTarget cudaTargetOf(const dsc_section &section);

// How well a device of `capability` (90 for 9.0) runs it: 0 not at all, else larger for better.
// Cubins run on devices of the same major version and no smaller minor one, PTX on all later
// devices.
int cudaRank(const CudaTarget &target, int capability);

// Checks every table of the file: ranges, alignment, zero ends of text, extents of cubins.
// DSC_CORRUPT.
dsc_status checkImageTables(const EngineFile &file, uint32_t kernels, dsc_error *error);

// Image `kernel` of a checked section.
inline const dsc_image &imageOf(const EngineFile &file, const dsc_section &section, size_t kernel) {
  return reinterpret_cast<const dsc_image *>(file.bytes(section))[kernel];
}

} // namespace dsc

#endif
