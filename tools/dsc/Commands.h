// SPDX-License-Identifier: Apache-2.0
// The subcommands of dsc. A command that fails throws CLI::RuntimeError with its exit code, after it has said why on
// stderr: 1 for a failure (a difference in eval and run), 2 for a wrong command line.
#ifndef DSC_TOOLS_DSC_COMMANDS_H
#define DSC_TOOLS_DSC_COMMANDS_H

#include <CLI/CLI.hpp>

namespace dsc {

void addCompileCommand(CLI::App &app);
void addEvalCommand(CLI::App &app);
void addOpsCommand(CLI::App &app);

} // namespace dsc

#endif
