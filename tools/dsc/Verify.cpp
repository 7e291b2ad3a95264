// SPDX-License-Identifier: Apache-2.0
// dsc verify: every digest and every check.
#include "tools/dsc/Commands.h"
#include "tools/dsc/Failure.h"
#include "tools/dsc/RuntimeHandles.h"

namespace dsc {

void addVerifyCommand(CLI::App &app) {
  auto path = std::make_shared<std::string>();
  CLI::App *command =
      app.add_subcommand("verify", "Check all digests and the whole plan of an engine");
  command->add_option("ENGINE", *path, "engine file (.dsce)")->required();
  command->callback([path] {
    runCommand([&] {
      EngineHandle engine(*path, DSC_VERIFY_FULL);
      fmt::print("{}: sound\n", *path);
      return ExitOk;
    });
  });
}

} // namespace dsc
