// SPDX-License-Identifier: Apache-2.0
#ifndef DSC_RUNTIME_ENGINE_H
#define DSC_RUNTIME_ENGINE_H

#include "runtime/CodeImage.h"
#include "runtime/EngineFile.h"
#include "runtime/EntryPlan.h"

// Immutable once open; shared by any number of sessions.
struct dsc_engine {
  dsc::EngineFile file;
  dsc::CodeImage code;
  const dsc::format::Manifest *manifest = nullptr;
  const char *weights = nullptr;
  const char *isa = "";
  char forcedIsa[32] = ""; // of a CUDA engine, whose code is chosen with a session's device
  dsc::Array<dsc::KernelFunction *> kernels;
  dsc::Array<dsc::EntryPlan> entries;
};

#endif
