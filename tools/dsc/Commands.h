// SPDX-License-Identifier: Apache-2.0
// The subcommands of dsc. A command that fails throws CLI::RuntimeError with its exit code, after it has said why on
// stderr; docs/cli.md lists the codes.
#ifndef DSC_TOOLS_DSC_COMMANDS_H
#define DSC_TOOLS_DSC_COMMANDS_H

#include <CLI/CLI.hpp>

namespace dsc {

void addCompileCommand(CLI::App &app);
void addEvalCommand(CLI::App &app);
void addOpsCommand(CLI::App &app);

// These need the runtime only.
void addRunCommand(CLI::App &app);
void addGenerateCommand(CLI::App &app);
void addInspectCommand(CLI::App &app);
void addVerifyCommand(CLI::App &app);
void addBenchCommand(CLI::App &app);

} // namespace dsc

#endif
