// SPDX-License-Identifier: Apache-2.0
// For tests of the CUDA parts that need NVRTC.
#ifndef DSC_TESTS_UNIT_CUDA_NVRTC_H
#define DSC_TESTS_UNIT_CUDA_NVRTC_H

#include "runtime/cuda/Nvrtc.h"

#include <gtest/gtest.h>

// Leaves a test on a machine without NVRTC, and says so; sets `const dsc::Nvrtc *nvrtc`.
#define DSC_REQUIRE_NVRTC()                                                                        \
  dsc_error nvrtcError = {};                                                                       \
  const dsc::Nvrtc *nvrtc = dsc::processNvrtc(&nvrtcError);                                        \
  if (!nvrtc)                                                                                      \
  GTEST_SKIP() << nvrtcError.message

#endif
