// SPDX-License-Identifier: Apache-2.0
#ifndef DSC_TOOLS_GPU_CHECK_REPORT_H
#define DSC_TOOLS_GPU_CHECK_REPORT_H

#include "tools/gpu_check/Case.h"
#include "tools/gpu_check/CopyRate.h"

namespace dsc::gpucheck {

struct CaseReport {
  std::string name, failure; // failure: the case could not run at all
  std::vector<Outcome> outcomes;
  bool good() const;
};

// Markdown, as docs/gpu-results.md takes it.
std::string reportText(const DeviceFacts &device, const std::vector<CaseReport> &cases,
                       const KernelTable &kernels);

} // namespace dsc::gpucheck

#endif
