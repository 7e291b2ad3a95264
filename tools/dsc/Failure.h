// SPDX-License-Identifier: Apache-2.0
#ifndef DSC_TOOLS_DSC_FAILURE_H
#define DSC_TOOLS_DSC_FAILURE_H

#include "dsc/runtime.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <stdexcept>
#include <string>

namespace dsc {

// What `dsc` returns to the shell; docs/cli.md lists them.
enum ExitCode {
  ExitOk = 0,
  ExitDifferent = 1, // a comparison failed
  ExitUsage = 2,     // bad command line or bad input
  ExitRefused = 3,   // the engine is damaged, or made for something else
  ExitRun = 4        // the run failed: out of memory, capacity exceeded, an index out of range
};

// Ends a command with a message and an exit code.
class Failure : public std::runtime_error {
public:
  Failure(int code, const std::string &message) : std::runtime_error(message), code(code) {}
  Failure(dsc_status status, const dsc_error &error)
      : std::runtime_error(error.message), code(exitCodeOf(status)) {}
  const int code;

  static int exitCodeOf(dsc_status status) {
    switch (status) {
    case DSC_OK:
      return ExitOk;
    case DSC_INVALID_ARGUMENT:
    case DSC_IO:
      return ExitUsage;
    case DSC_CORRUPT:
    case DSC_UNSUPPORTED:
      return ExitRefused;
    default:
      return ExitRun;
    }
  }
};

template <class Body> int exitCodeOf(Body body) {
  try {
    return body();
  } catch (const Failure &failure) {
    fmt::print(stderr, "dsc: error: {}\n", failure.what());
    return failure.code;
  } catch (const std::bad_alloc &) {
    fmt::print(stderr, "dsc: error: out of memory\n");
    return ExitRun;
  }
}

// Runs a command's body, which returns an exit code; a Failure is printed and becomes one. Any code
// but 0 leaves as the exception that main expects of a command.
template <class Body> void runCommand(Body body) {
  if (int code = exitCodeOf(body))
    throw CLI::RuntimeError(code);
}

} // namespace dsc

#endif
