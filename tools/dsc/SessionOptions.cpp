// SPDX-License-Identifier: Apache-2.0
#include "tools/dsc/SessionOptions.h"

namespace dsc {

void addSessionOptions(CLI::App &command, SessionSettings &settings) {
  command
      .add_option("--device", settings.device,
                  "where to run: cpu, cuda, cuda:NUMBER, or ptxsim (the simulator of a GPU)")
      ->capture_default_str();
  command.add_option("--driver", settings.driver,
                     "library of the CUDA driver (libcuda.so.1, for ptxsim libptxsim.so)");
  command.add_option("--threads", settings.threads, "of the CPU; 0: one per core");
}

} // namespace dsc
