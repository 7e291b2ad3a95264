// SPDX-License-Identifier: Apache-2.0
#ifndef DSC_TOOLS_DSC_SESSIONOPTIONS_H
#define DSC_TOOLS_DSC_SESSIONOPTIONS_H

#include "tools/dsc/RuntimeHandles.h"

#include <CLI/CLI.hpp>

namespace dsc {

// --device, --driver and --threads, for the commands that run engines.
void addSessionOptions(CLI::App &command, SessionSettings &settings);

} // namespace dsc

#endif
