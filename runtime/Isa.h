// SPDX-License-Identifier: Apache-2.0
// Which code variant of an engine this processor runs.
//
// A tag is a level of the x86-64 psABI, optionally with features: "x86-64-v3",
// "x86-64-v4+avx512bf16".
#ifndef DSC_RUNTIME_ISA_H
#define DSC_RUNTIME_ISA_H

#include "runtime/EngineFile.h"

namespace dsc {

// 0 when this processor (and the registers its system saves) cannot run `tag`, else larger for
// better.
int isaRank(const char *tag);

// The code section tagged `forced`, or the best that runs here. DSC_UNSUPPORTED with the list
// otherwise.
dsc_status chooseCode(const EngineFile &file, const char *forced, const dsc_section *&code,
                      dsc_error *error);

} // namespace dsc

#endif
