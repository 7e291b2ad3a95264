// SPDX-License-Identifier: Apache-2.0
#ifndef DSC_TOOLS_DSC_EXPRESSIONTEXT_H
#define DSC_TOOLS_DSC_EXPRESSIONTEXT_H

#include "runtime/format/engine_generated.h"

#include <optional>
#include <string>

namespace dsc {

// An entry's expression for a reader: "past + seq", "4*batch*(past + 1)". Long ones end in "...".
std::string expressionText(const format::Manifest &manifest, const format::Entry &entry,
                           uint32_t expression);

// Its value where it is a plain constant or made of such.
std::optional<int64_t> constantValue(const format::Entry &entry, uint32_t expression);

} // namespace dsc

#endif
