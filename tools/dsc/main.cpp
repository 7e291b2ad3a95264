// SPDX-License-Identifier: Apache-2.0
#include "tools/dsc/Commands.h"

int main(int argc, char **argv) {
  CLI::App app("dsc: ONNX models with latent attention and mixtures of experts -> engines that run on their own");
  app.require_subcommand(1);
  app.set_version_flag("--version", "dsc " DSC_VERSION);
  dsc::addCompileCommand(app);
  dsc::addEvalCommand(app);
  dsc::addOpsCommand(app);
  dsc::addRunCommand(app);
  dsc::addGenerateCommand(app);
  dsc::addInspectCommand(app);
  dsc::addVerifyCommand(app);
  dsc::addBenchCommand(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::RuntimeError &failure) {
    return failure.get_exit_code();
  } catch (const CLI::ParseError &error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return 0;
}
